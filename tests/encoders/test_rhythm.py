"""Rhythm is the same at another tempo, and at twice and half of it; another rhythm is another."""

import numpy as np
import pytest

from synesthete.encoders.rhythm import SHORTEST_LAG, Rhythm, log_lags, shift_free
from synesthete.errors import EncoderError
from synesthete.settings import AUDIO
from synesthete.spectrogram import compute_spectrogram

RATE_HZ = AUDIO.sample_rate_hz
# What sounds in which of 16 steps of a bar: a low drum, a middle one, a high one.
PATTERNS = {
    "rock": ("x.......x.......", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "son": ("x.....x.........", "x..x..x...x.x...", "x...x...x...x..."),
    "samba": ("x..xx..xx..xx..x", "..x....x..x...x.", "xxxxxxxxxxxxxxxx"),
    "waltz": ("x...........x...", "....x...x.......", "x...x...x...x..."),
}
BANDS_HZ = (80, 600, 5000)


def drums(name, bpm, seconds=12.0):
    rng = np.random.default_rng(7)
    samples = 1e-4 * rng.standard_normal(round(seconds * RATE_HZ))
    times = np.arange(3000) / RATE_HZ
    for row, hertz in zip(PATTERNS[name], BANDS_HZ, strict=True):
        hit = np.sin(2 * np.pi * hertz * times) * np.exp(-times * 40)
        for step in range(int((seconds - 0.2) * bpm / 15)):
            if row[step % 16] == "x":
                begin = round(step * 15 / bpm * RATE_HZ)
                samples[begin : begin + 3000] += 0.2 * hit
    return samples.astype(np.float32)


def vector(samples):
    spectrogram = compute_spectrogram(samples).inner()
    return Rhythm().encode(spectrogram.slice(0, 427).feature_matrix()[None])[0]


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_the_same_rhythm_at_another_tempo_is_nearest(factor):
    as_written = {name: vector(drums(name, 100)) for name in PATTERNS}
    for name in PATTERNS:
        faster = vector(drums(name, 100 * factor))
        cosines = {other: float(faster @ v) for other, v in as_written.items()}
        assert max(cosines, key=cosines.get) == name, (name, cosines)


def test_a_shift_of_all_rows_changes_nothing(rng):
    rows = rng.random((2, 4, 32))
    np.testing.assert_allclose(shift_free(rows, 6), shift_free(np.roll(rows, 5, axis=2), 6), atol=1e-6)
    one_moved = np.concatenate([np.roll(rows[:, :1], 5, axis=2), rows[:, 1:]], axis=1)
    assert np.abs(shift_free(rows, 6) - shift_free(one_moved, 6)).max() > 0.01


def test_lags_are_read_between_frames():
    """Of a straight line any point between two frames is known."""
    correlations = np.linspace(1, 0, 400)[None]
    per_second = 43.0
    lags = SHORTEST_LAG * 2 ** (np.arange(192) / 32) * per_second
    expected = np.interp(lags, np.arange(400), correlations[0])
    found = log_lags(correlations, per_second)[0]
    middle = slice(60, 130)  # neither fades in nor out
    np.testing.assert_allclose(found[middle], (expected - expected.mean())[middle], atol=1e-9)


def test_an_odd_shape_is_told():
    with pytest.raises(EncoderError, match=r"'rhythm' needs feature matrices .* got the shape \(2, 3\)"):
        Rhythm().encode(np.zeros((2, 3)))
