"""The statistics and the reference that whitens them."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.fft

from synesthete import settings
from synesthete.encoders import weights
from synesthete.encoders.statistics import N_STATISTICS, REMEDY, STEM, Statistics, statistics
from synesthete.errors import EncoderError
from synesthete.spectrogram import compute_spectrogram
from synesthete.training.fit_statistics import fit

RATE = settings.SPECTROGRAM.sample_rate_hz


@pytest.fixture
def rows(rng):
    return rng.standard_normal((300, N_STATISTICS)) * np.geomspace(0.01, 100, N_STATISTICS) + 7


def test_statistics_are_mean_minimum_and_maximum(rng):
    features = compute_spectrogram(rng.standard_normal(RATE).astype(np.float32)).feature_matrix()
    found = statistics(features[None], floor_db=-80.0)
    expected = np.concatenate([features.mean(axis=1), features.min(axis=1), features.max(axis=1)])
    np.testing.assert_allclose(found[0], expected, atol=1e-3)


def test_the_floor_counts_for_mel_and_mfcc(rng):
    features = compute_spectrogram(rng.standard_normal(RATE) * np.geomspace(1, 1e-4, RATE)).feature_matrix()
    mel_db = np.maximum(features[:128], -50)
    found = statistics(features[None])[0]
    np.testing.assert_allclose(found[166 : 166 + 128], mel_db.min(axis=1), atol=1e-4)
    mfcc = scipy.fft.dct(mel_db, axis=0, norm="ortho")[:20]
    np.testing.assert_allclose(found[128:148], mfcc.mean(axis=1), atol=1e-3)


def test_turning_back_changes_no_cosine(rows, rng):
    made = fit(rows, "noise")
    features = np.stack([compute_spectrogram(rng.standard_normal(RATE)).inner().feature_matrix() for _ in range(4)])
    scores = np.clip((statistics(features) - made.tensors["mean"]) / made.tensors["std"], -4, 4)
    turned = scores @ made.tensors["axes"]
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    found = Statistics(made).encode(features)
    assert found.shape == (4, N_STATISTICS)
    np.testing.assert_allclose(found @ found.T, turned @ turned.T, atol=1e-4)


def test_the_reference_survives_the_disk(rows, tmp_path, rng):
    made = fit(rows, "noise")
    weights.write(tmp_path, STEM, made.tensors, made.card)
    read = weights.read(tmp_path, STEM, REMEDY)
    features = compute_spectrogram(rng.standard_normal(2 * RATE)).inner().feature_matrix()[None]
    np.testing.assert_array_equal(Statistics(made).encode(features), Statistics(read).encode(features))


def test_the_fingerprint_follows_the_reference(rows, tmp_path):
    prints = []
    for number, part in enumerate((rows, rows[:200])):
        made = fit(part, "noise")
        weights.write(tmp_path / str(number), STEM, made.tensors, made.card)
        prints.append(Statistics(weights.read(tmp_path / str(number), STEM, REMEDY)).fingerprint)
    assert prints[0] != prints[1]


def test_wrong_features_are_refused(rows):
    encoder = Statistics(fit(rows, "noise"))
    with pytest.raises(EncoderError, match=r"needs feature matrices \[n, 166, .*\(1, 3, 128, 9\)"):
        encoder.encode(np.zeros((1, 3, 128, 9), dtype=np.float32))


def test_another_size_is_refused(rows):
    made = fit(rows, "noise")
    with pytest.raises(EncoderError, match="'axes' has the shape .498, 128., expected was .498, 64."):
        Statistics(replace(made, card=made.card | {"n_axes": 64}))
