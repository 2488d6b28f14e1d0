"""Where FluidSynth and its sound fonts are found, and that what it plays is what the MIDI file says."""

import shutil

import mido
import numpy as np
import pytest

from synesthete.errors import SynestheteError
from synesthete.training import fluidsynth
from synesthete.training.fluidsynth import sound_font, sound_fonts, synthesise
from tests.sounds import needs_fluidsynth


def test_a_missing_synthesizer_is_named(monkeypatch):
    monkeypatch.setattr(fluidsynth.shutil, "which", lambda name: None)
    with pytest.raises(SynestheteError, match="FluidSynth.*apt install fluidsynth"):
        sound_font()


def test_a_missing_sound_font_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(fluidsynth.shutil, "which", lambda name: str(tmp_path / "bin" / name))
    monkeypatch.setenv(fluidsynth.SOUND_FONT_VARIABLE, str(tmp_path / "nothing.sf2"))
    with pytest.raises(SynestheteError, match="fluid-soundfont-gm"):
        sound_font()


def test_the_named_sound_font_comes_first_and_none_twice(monkeypatch, tmp_path):
    for name in ("sf2/b.sf2", "sf2/a.sf2", "sf3/c.sf3"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "sf2" / "link.sf2").symlink_to(tmp_path / "sf2" / "b.sf2")
    monkeypatch.setattr(fluidsynth.shutil, "which", lambda name: "/usr/bin/fluidsynth")
    monkeypatch.setenv(fluidsynth.SOUND_FONT_VARIABLE, str(tmp_path / "sf2" / "b.sf2"))
    assert [path.name for path in sound_fonts()] == ["b.sf2", "a.sf2", "c.sf3"]


@needs_fluidsynth
def test_the_note_that_is_written_is_heard(tmp_path):
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.Message("program_change", program=19, time=0))  # an organ: a steady pitch
    track.append(mido.Message("note_on", note=69, velocity=100, time=0))
    track.append(mido.Message("note_off", note=69, time=1920))
    file.tracks.append(track)
    file.save(tmp_path / "a.mid")
    samples = synthesise(tmp_path / "a.mid", sound_font(), 22_050, ["-R", "0", "-C", "0"])
    assert samples.ndim == 2 and samples.shape[1] == 2 and 2 < len(samples) / 22_050 < 10
    spectrum = np.abs(np.fft.rfft(samples[:22_050].mean(axis=1)))
    peaks = {round(hz / 440) * 440 for hz in np.argsort(spectrum)[-5:] if abs(hz - round(hz / 440) * 440) < 8}
    assert 440 in peaks or 880 in peaks


@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="needs fluidsynth")
def test_a_file_that_is_no_midi_is_a_sentence(tmp_path):
    (tmp_path / "a.mid").write_text("no music")
    (tmp_path / "b.sf2").write_text("no sounds")
    with pytest.raises(SynestheteError, match=r"FluidSynth .*a\.mid"):
        synthesise(tmp_path / "a.mid", tmp_path / "b.sf2", 22_050)
