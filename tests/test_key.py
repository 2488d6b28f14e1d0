"""The key of sounds whose key is known, and the profiles against those of the book."""

import numpy as np
import pytest

from synesthete.key import MAJOR, TONICS, estimate_key, key_profiles, likeliest_key
from synesthete.settings import AUDIO
from synesthete.spectrogram import compute_spectrogram

RATE_HZ = AUDIO.sample_rate_hz


def chords(degrees, shift=0, thirds=(4, 3, 3, 4, 4, 3, 3)):
    """Triads on degrees of the major scale of C over their roots, a second each."""
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    seconds = np.arange(RATE_HZ) / RATE_HZ
    parts = []
    for degree in degrees:
        notes = [int(scale[degree]), int(scale[degree]) + thirds[degree], int(scale[degree]) + 7]
        hertz = [261.63 * 2 ** ((note + shift) / 12) for note in notes]
        hertz.append(hertz[0] / 2)
        parts.append(sum(np.sin(2 * np.pi * n * f * seconds) / n**2 for f in hertz for n in (1, 2)))
    return (0.1 * np.concatenate(parts)).astype(np.float32)


@pytest.mark.parametrize("shift", range(-5, 7))
def test_a_cadence_is_in_its_key(shift):
    key = estimate_key([compute_spectrogram(chords([0, 3, 4, 0, 5, 1, 4, 0], shift))])
    assert key is not None and (key.tonic, key.is_minor) == (shift % 12, False)
    assert key.name == f"{TONICS[shift % 12]} major"


def test_minor_is_told_from_major():
    key = estimate_key([compute_spectrogram(chords([5, 1, 2, 5, 3, 1, 2, 5], thirds=(4, 3, 4, 4, 4, 3, 3)))])
    assert key is not None and key.name == "A minor"


def test_profiles_correlate_as_numpy_says():
    classes = np.arange(12.0) ** 2
    expected = np.corrcoef(classes, np.roll(MAJOR, 7))[0, 1]
    centred = classes - classes.mean()
    assert key_profiles()[7] @ centred / np.linalg.norm(centred) == pytest.approx(expected)


def test_the_profile_itself_is_its_key():
    for tonic in range(12):
        key = likeliest_key(np.roll(MAJOR, tonic))
        assert key is not None and (key.tonic, key.is_minor) == (tonic, False) and key.correlation > 0.999


def test_nothing_is_said_of_what_has_no_key(rng):
    noise = 0.1 * rng.standard_normal(10 * RATE_HZ)
    every_key = np.concatenate([chords([0], shift) for shift in range(12)])
    for samples in (noise, every_key, np.zeros(5 * RATE_HZ)):
        assert estimate_key([compute_spectrogram(samples)]) is None
