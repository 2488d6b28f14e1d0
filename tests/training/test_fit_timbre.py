"""The reference of the encoder ``timbre``, from segments and from files."""

import numpy as np
import pytest
import soundfile

from synesthete.encoders.timbre import N_NUMBERS, REMEDY, STEM, Timbre
from synesthete.encoders.weights import read
from synesthete.errors import OptionError
from synesthete.training import fit_timbre

RATE = 22_050


def test_too_little_music_is_refused(rng):
    with pytest.raises(OptionError, match="324 axes need more segments of music than 40"):
        fit_timbre.fit([rng.standard_normal((40, N_NUMBERS))], "noise")


def test_the_command_writes_what_the_encoder_reads(tmp_path, rng):
    for number in range(7):
        seconds = np.arange(60 * RATE) / RATE
        sound = np.sin(2 * np.pi * 200 * (number + 1) * seconds * (1 + seconds / 60))
        sound += 0.1 * rng.standard_normal(sound.size)
        soundfile.write(tmp_path / f"{number}.wav", 0.3 * sound, RATE)
    files = [str(tmp_path / f"{number}.wav") for number in range(7)] + [str(tmp_path / "6.wav")] * 3
    assert fit_timbre.main([*files, "--made-from", "sweeps", "--folder", str(tmp_path / "models")]) == 0
    assert Timbre(read(tmp_path / "models", STEM, REMEDY)).embedding_size == N_NUMBERS
