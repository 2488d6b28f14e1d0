"""Harmony is the same in every key; major is not minor, and the order of chords is heard."""

import numpy as np
import pytest

from synesthete.encoders.harmony import CHROMA_ROWS, PAIRS, PARTS, Harmony, bispectrum, moves, patches
from synesthete.errors import EncoderError
from synesthete.spectrogram import compute_spectrogram
from tests.test_key import chords

N_FRAMES = 427


def matrix(chroma):
    """A feature matrix in which only the chroma [12, n_frames] counts."""
    rows = np.zeros((166, chroma.shape[1]), dtype=np.float32)
    rows[CHROMA_ROWS] = chroma
    return rows


def vector(samples):
    spectrogram = compute_spectrogram(samples).inner()
    return Harmony().encode(spectrogram.slice(0, N_FRAMES).feature_matrix()[None])[0]


def test_turned_chroma_has_the_same_vector(rng):
    chroma = rng.random((12, N_FRAMES)) ** 4
    turned = np.stack([matrix(np.roll(chroma, shift, axis=0)) for shift in range(12)])
    vectors = Harmony().encode(turned)
    np.testing.assert_allclose(vectors, np.broadcast_to(vectors[0], vectors.shape), atol=1e-5)
    assert vectors.shape[1] == sum(PARTS.values()) == Harmony.embedding_size


@pytest.mark.parametrize("shift", [-5, -2, 1, 4, 6])
def test_the_same_chords_in_another_key_are_nearer_than_others(shift):
    progressions = ([0, 3, 4, 0, 5, 1, 4, 0, 0, 3], [5, 3, 0, 4, 5, 3, 0, 4, 5, 3], [1, 4, 0, 0, 1, 4, 0, 0, 1, 4])
    as_written = [vector(chords(degrees)) for degrees in progressions]
    for number, degrees in enumerate(progressions):
        moved = vector(chords(degrees, shift))
        assert int(np.argmax([moved @ v for v in as_written])) == number


def test_major_is_not_minor():
    """Their intervals are the same, upside down: only the imaginary parts of the bispectrum tell."""
    frames = {name: np.zeros((1, 12, 5)) for name in ("major", "minor")}
    frames["major"][:, [0, 4, 7]] = 1 / 3
    frames["minor"][:, [0, 3, 7]] = 1 / 3
    major, minor = (bispectrum(np.fft.fft(chroma, axis=1))[0] for chroma in frames.values())
    half = len(PAIRS)
    np.testing.assert_allclose(major[:half], minor[:half], atol=1e-9)
    np.testing.assert_allclose(major[half:], -minor[half:], atol=1e-9)
    assert np.abs(major[half:]).max() > 0.1


def test_the_bispectrum_is_that_of_the_definition(rng):
    chroma = rng.random((12, 3))
    spectrum = np.fft.fft(chroma, axis=0)
    (i, j), row = PAIRS[7], 7
    products = [spectrum[i, t] * spectrum[j, t] * np.conj(spectrum[(i + j) % 12, t]) for t in range(3)]
    expected = np.mean([np.sqrt(abs(p)) * np.exp(1j * np.angle(p)) for p in products])
    found = bispectrum(spectrum[None])[0]
    assert found[row] + 1j * found[row + len(PAIRS)] == pytest.approx(expected)


def test_which_chord_comes_first_is_heard(rng):
    chroma = rng.random((1, 12, N_FRAMES)) ** 4
    forwards, backwards = (moves(np.fft.fft(rows, axis=1)) for rows in (chroma, chroma[:, :, ::-1]))
    assert np.abs(forwards - backwards).max() > 0.01


def test_patches_do_not_depend_on_where_a_segment_begins(rng):
    chroma = np.zeros((1, 12, N_FRAMES))
    chroma[:, :, 100:200] = rng.random((1, 12, 100))
    np.testing.assert_allclose(patches(chroma), patches(np.roll(chroma, 40, axis=2)), rtol=0.2, atol=0.1)


def test_an_odd_shape_is_told():
    with pytest.raises(EncoderError, match=r"'harmony' needs feature matrices .* got the shape \(2, 3\)"):
        Harmony().encode(np.zeros((2, 3)))
