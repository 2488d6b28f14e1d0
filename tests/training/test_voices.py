"""Voices by espeak-ng: spoken ones come through as they are, and sung ones keep their length."""

import shutil

import numpy as np
import pytest
import soundfile

from synesthete.errors import SynestheteError
from synesthete.training.voices import RATE_HZ, vocode, voices


def program(folder, text):
    path = folder / "espeak-ng"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(folder)


def test_a_sung_voice_keeps_its_length(rng):
    spoken = rng.uniform(-0.5, 0.5, 2 * RATE_HZ).astype(np.float32)
    song = vocode(rng, spoken)
    assert song.shape == spoken.shape and np.isfinite(song).all() and np.abs(song).max() <= 0.81


def test_a_missing_espeak_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SynestheteError, match="espeak-ng.* not installed.*apt install espeak-ng"):
        list(voices(1, seed=0))
    assert list(voices(0, seed=0)) == []


def test_what_espeak_says_comes_out(tmp_path, monkeypatch):
    """A stand-in for the program: it says the same tone each time, which is spoken or sung."""
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * 22_050) / 22_050)
    soundfile.write(tmp_path / "said.wav", tone, 22_050)
    monkeypatch.setenv("PATH", program(tmp_path, f"cat {tmp_path}/said.wav"), prepend=":")
    said = list(voices(8, seed=0))
    assert all(len(voice) == len(tone) for voice in said)
    is_spoken = [bool(np.allclose(voice, tone, atol=1e-3)) for voice in said]
    assert any(is_spoken) and not all(is_spoken)


def test_an_espeak_that_fails_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", program(tmp_path, "echo no such voice >&2; exit 3"), prepend=":")
    with pytest.raises(SynestheteError, match=r"espeak-ng failed \(3\): no such voice"):
        list(voices(1, seed=0))


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
def test_voices_are_the_same_for_the_same_seed():
    first, again = (list(voices(2, seed=3)) for _ in range(2))
    for voice, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(voice, other)
        assert 2 < len(voice) / RATE_HZ < 60 and np.abs(voice).max() > 0.05
