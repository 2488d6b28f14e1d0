"""What is said of two sounds, where it is known what they are."""

import numpy as np
import pytest

from synesthete.explain.picture import Attribution
from synesthete.explain.sentence import describe, sentence
from synesthete.explain.shares import Share
from synesthete.spectrogram import compute_spectrogram, mel_frequencies
from tests.sounds import tone

RATE = 22_050


def picture(samples):
    return compute_spectrogram(samples.astype(np.float32)).inner().stacked_image()


def clicks(rng):
    samples = 1e-4 * rng.standard_normal(3 * RATE)
    for start in range(0, len(samples) - 200, RATE // 4):
        samples[start : start + 200] += rng.standard_normal(200)
    return samples


def chord(*frequencies_hz):
    return sum(tone(3.0, frequency, RATE, 0.2) for frequency in frequencies_hz)


def attribution(low_hz, high_hz, layers):
    """All of the likeness between two frequencies."""
    hz = mel_frequencies()
    marks = np.repeat(((hz >= low_hz) & (hz < high_hz))[:, None], 4, axis=1)
    values = np.stack([marks, np.zeros_like(marks), np.zeros_like(marks)]).astype(np.float32)
    names = dict(zip(("mel", "chroma", "tonnetz"), layers, strict=True))
    return Attribution((values, values), (marks, marks), 0.8, 0.2, 0.7, names)


def test_only_what_is_true_of_both_is_said(rng):
    low, high, struck = picture(chord(100, 150)), picture(chord(3000, 4000)), picture(clicks(rng))
    assert describe([low, low]) == "dark, steady sounds"
    assert describe([high, high]) == "bright, steady sounds"
    assert describe([struck, struck]) == "bright, percussive sounds"
    assert describe([low, high]) == "steady sounds"
    assert describe([high, struck]) == "bright sounds"
    assert describe([low, struck]) == ""
    assert describe([]) == ""


@pytest.mark.parametrize(
    ("low_hz", "high_hz", "layers", "said"),
    [
        (0, 200, (0.5, 0.05, 0.0), "Alike mostly in timbre, most of all in the bass."),
        (400, 1500, (0.2, 0.3, 0.0), "Alike in harmony and timbre, most of all in the middle register."),
        (3000, 9000, (0.5, -0.2, 0.01), "Alike mostly in timbre, most of all in the treble."),
        (0, 12_000, (0.1, 0.1, 0.5), "Alike mostly in tonality."),
    ],
)
def test_the_layer_and_the_band_that_carry_it(low_hz, high_hz, layers, said):
    assert sentence([], attribution(low_hz, high_hz, layers), [], []) == said


def test_without_a_picture_the_parts_are_said_and_without_parts_that_nothing_is_known():
    parts = [Share("timbre", 0.4, 0.8), Share("a new part", 0.02, 0.1)]
    assert sentence(parts, None, [], ["jazz", "piano"]) == "Alike mostly in tone colour. Words for both: jazz, piano."
    assert sentence(parts[:1], None, [], []) == "How alike they are is known, but not in what."
    low = picture(chord(100, 150))
    assert sentence([], None, [low, low], []) == "Both have dark, steady sounds."


def test_silence_is_described_by_nothing():
    silent = np.zeros((3, 128, 20), dtype=np.float32)
    assert describe([silent, silent]) == ""
