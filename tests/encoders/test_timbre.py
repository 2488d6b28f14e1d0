"""The flat Gaussian against scipy and librosa, and the reference that turns it."""

import numpy as np
import pytest
import scipy.linalg

from synesthete.encoders import timbre
from synesthete.encoders.timbre import N_MFCC, N_NUMBERS, N_UPPER, Timbre, cepstrum, gaussians
from synesthete.encoders.weights import read
from synesthete.errors import EncoderError
from synesthete.settings import Paths
from synesthete.spectrogram import compute_spectrogram
from synesthete.training import fit_timbre

RATE = 22_050


@pytest.fixture
def clouds(rng):
    return rng.standard_normal((3, N_MFCC, 60)) * rng.uniform(1, 20, (3, N_MFCC, 1)) + 7


def test_the_cepstrum_is_librosas(rng):
    librosa = pytest.importorskip("librosa")
    spectrogram = compute_spectrogram(rng.standard_normal(RATE).astype(np.float32))
    expected = librosa.feature.mfcc(S=spectrogram.mel_db(), n_mfcc=N_MFCC + 1)[1:]
    np.testing.assert_allclose(cepstrum(spectrogram.mel_db(), -80.0), expected, atol=1e-3)


def test_the_floor_counts(rng):
    mel_db = rng.uniform(-80, 0, (128, 5)).astype(np.float32)
    np.testing.assert_array_equal(cepstrum(mel_db), cepstrum(np.maximum(mel_db, -60), -80.0))


def test_gaussians_hold_the_matrix_logarithm(clouds):
    made = gaussians(clouds)
    assert made.shape == (3, N_NUMBERS)
    for cloud, numbers in zip(clouds, made, strict=True):
        expected = scipy.linalg.logm(np.cov(cloud, bias=True) + np.eye(N_MFCC))
        np.testing.assert_allclose(numbers[:N_UPPER] @ numbers[:N_UPPER], np.sum(expected**2))  # Frobenius
        np.testing.assert_allclose(numbers[N_UPPER:], cloud.mean(axis=1))


def test_distances_are_log_euclidean(clouds):
    logarithms = [scipy.linalg.logm(np.cov(cloud, bias=True) + np.eye(N_MFCC)) for cloud in clouds]
    made = gaussians(clouds)[:, :N_UPPER]
    expected = np.linalg.norm(logarithms[0] - logarithms[1])
    np.testing.assert_allclose(np.linalg.norm(made[0] - made[1]), expected)


def test_order_does_not_matter(clouds):
    np.testing.assert_allclose(gaussians(clouds[:, :, ::-1]), gaussians(clouds), atol=1e-9)


def test_one_frame_is_a_gaussian_too(clouds):
    made = gaussians(clouds[:, :, :1])
    np.testing.assert_allclose(made[:, :N_UPPER], 0, atol=1e-12)


@pytest.fixture
def segments(rng):
    return [rng.standard_normal((40, N_NUMBERS)) + rng.standard_normal(N_NUMBERS) for _ in range(10)]


def test_the_reference_makes_an_encoder(segments, rng):
    made = fit_timbre.fit(segments, "noise")
    encoder = Timbre(made)
    features = np.stack([compute_spectrogram(rng.standard_normal(RATE)).inner().feature_matrix() for _ in range(2)])
    expected = (gaussians(cepstrum(features[:, :128])) - made.tensors["mean"]) @ made.tensors["axes"]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode(features), expected, atol=1e-5)
    assert Timbre(fit_timbre.fit(segments[1:], "noise")).fingerprint  # other weights load as well


def test_other_shapes_are_refused(segments):
    with pytest.raises(EncoderError, match=r"'timbre' needs feature matrices .* \(2, 3\)"):
        Timbre(fit_timbre.fit(segments, "noise")).encode(np.zeros((2, 3)))


def test_missing_weights_name_the_command(tmp_path):
    with pytest.raises(EncoderError, match="python -m synesthete.training.fit_timbre FILES"):
        read(tmp_path, timbre.STEM, timbre.REMEDY)


def test_what_ships_says_what_it_was_made_from():
    card = read(Paths().models, timbre.STEM, timbre.REMEDY).card
    assert "openly licensed" in card["made_from"] and card["n_segments"] > N_NUMBERS
