"""Gathering: what a program or a folder that is missing does to a training, before anything is done."""

import dataclasses

import mido
import numpy as np
import pytest
import soundfile

from synesthete.errors import SynestheteError
from synesthete.training import gather as gathering
from synesthete.training.config import TrainingConfig
from synesthete.training.gather import check_programs, gather, save_sounds
from synesthete.training.sources import RATE_HZ, Sound
from synesthete.training.track_list import write_track_list

NOTHING = TrainingConfig(n_midi_renders=0, n_bands=0, n_voices=0)


@pytest.fixture
def folder(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.random.default_rng(1).uniform(-0.3, 0.3, 2 * RATE_HZ), RATE_HZ)
    write_track_list(tmp_path, [{"track_id": "a", "file": "a.wav", "artist": "Ada", "album": "open"}])
    mido.MidiFile().save(tmp_path / "a.mid")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "program"),
    [
        ({"n_midi_renders": 1}, r"FluidSynth.* not installed.*without: --n-midi-renders 0\.$"),
        ({"n_bands": 1}, r"MMA.* not installed.*without: --n-bands 0\. FluidSynth.*without: --n-bands 0\.$"),
        ({"n_voices": 1}, r"espeak-ng.* not installed.*without: --n-voices 0\.$"),
    ],
)
def test_missing_programs_are_named_before_anything_is_done(options, program, folder, monkeypatch):
    monkeypatch.setenv("PATH", "")
    config = dataclasses.replace(NOTHING, **options)
    with pytest.raises(SynestheteError, match=program):
        gather(config, [folder], folder, folder / "set")
    assert not list((folder / "set").iterdir())
    source = {"n_midi_renders": "midi", "n_bands": "bands", "n_voices": "voices"}
    (folder / "set" / f"{source[next(iter(options))]}.done").touch()  # what is gathered needs no program
    gather(config, [folder], folder, folder / "set")
    assert [path.name for path in (folder / "set" / "music").glob("*.npy")] == ["open--a.npy"]


def test_all_missing_programs_are_named_at_once(folder, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        SynestheteError, match="FluidSynth.*without: --n-midi-renders 0 --n-bands 0. MMA.*espeak-ng"
    ) as refused:
        check_programs(TrainingConfig(), folder, gathering.SOURCES)
    assert str(refused.value).count("'apt install fluidsynth'") == 1


def test_without_midi_pieces_nothing_plays_them(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    check_programs(dataclasses.replace(NOTHING, n_midi_renders=3), tmp_path, gathering.SOURCES)


def test_missing_folders_are_named(folder, tmp_path):
    with pytest.raises(SynestheteError, match=r"There is no .*nowhere.tracks\.csv"):
        gather(NOTHING, [tmp_path / "nowhere"], folder, tmp_path / "set")
    with pytest.raises(SynestheteError, match="There is no folder .*nowhere of MIDI"):
        gather(NOTHING, [folder], tmp_path / "nowhere", tmp_path / "set")


def test_sounds_are_kept_as_16_bit_arrays(tmp_path):
    save_sounds(iter([Sound("a", "open", "Ada", np.array([0.0, 0.5, -2.0], np.float32))]), tmp_path)
    assert np.load(tmp_path / "open--a.npy").tolist() == [0, 16384, -32767]
    assert (tmp_path / "open--a.json").read_text() == (
        '{"name": "a", "collection": "open", "artist": "Ada", "n_samples": 3}'
    )
