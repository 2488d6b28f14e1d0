"""Renders of MIDI pieces: as written, or varied; silence and what is no MIDI."""

import mido
import numpy as np
import pytest

from synesthete.errors import SynestheteError
from synesthete.training.midi import RATE_HZ, _excerpt, render_midi
from synesthete.training.sources import midi_renders
from tests.sounds import needs_fluidsynth


def scale(path, n_notes=120, kind=1):
    file = mido.MidiFile(type=kind, ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.Message("program_change", program=3, time=0))
    for number in range(n_notes):
        for channel, note in ((0, 60 + number % 12), (9, 38)):
            track.append(mido.Message("note_on", channel=channel, note=note, velocity=90, time=0))
        for channel, note in ((0, 60 + number % 12), (9, 38)):
            track.append(mido.Message("note_off", channel=channel, note=note, time=240 if channel == 0 else 0))
    file.tracks.append(track)
    file.save(path)
    return path


def played(excerpt, channel):
    return [m.note for m in excerpt.tracks[0] if m.type == "note_on" and m.channel == channel and m.velocity]


def test_the_original_keeps_notes_and_instruments(tmp_path):
    excerpt = _excerpt(np.random.default_rng(0), scale(tmp_path / "a.mid"), is_original=True, seconds=20)
    notes = played(excerpt, 0)
    assert len(notes) > 60 and set(np.diff(notes)) == {1, -11}
    assert [m.program for m in excerpt.tracks[0] if m.type == "program_change"] == [3]


def test_a_variation_moves_the_key_but_not_the_drums(tmp_path):
    path = scale(tmp_path / "a.mid")
    excerpts = [_excerpt(np.random.default_rng(seed), path, is_original=False, seconds=20) for seed in range(6)]
    assert len({min(played(excerpt, 0)) for excerpt in excerpts}) > 2
    assert all(set(played(excerpt, 9)) == {38} for excerpt in excerpts)
    assert len({round(excerpt.length, 2) for excerpt in excerpts}) > 2
    first = [m.channel for m in excerpts[0].tracks[0][:15]]
    assert sorted(first) == [channel for channel in range(16) if channel != 9]  # instruments before the first note


@needs_fluidsynth
def test_a_render_repeats_from_its_seed(tmp_path):
    path = scale(tmp_path / "a.mid")
    once, again = (render_midi(np.random.default_rng(2), path, is_original=False, seconds=20) for _ in range(2))
    np.testing.assert_allclose(once, again, atol=1e-3)
    assert once.dtype == np.float32 and 15 * RATE_HZ <= len(once) <= 20 * RATE_HZ and np.abs(once).max() <= 0.901


@needs_fluidsynth
def test_what_is_too_short_is_left_out(tmp_path):
    scale(tmp_path / "a.mid", n_notes=8)
    assert render_midi(np.random.default_rng(2), tmp_path / "a.mid", is_original=True) is None
    assert list(midi_renders(tmp_path, 2, seed=0)) == []


@pytest.mark.parametrize("content", [b"", b"no music", b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk\x00\x00"])
def test_what_is_no_midi_is_named(tmp_path, content):
    (tmp_path / "bad.mid").write_bytes(content)
    with pytest.raises(SynestheteError, match=r"bad\.mid cannot be read as MIDI"):
        render_midi(np.random.default_rng(0), tmp_path / "bad.mid", is_original=True)


def test_several_pieces_in_one_file_are_named(tmp_path):
    with pytest.raises(SynestheteError, match=r"many\.mid is a MIDI file of type 2"):
        render_midi(np.random.default_rng(0), scale(tmp_path / "many.mid", kind=2), is_original=True)
