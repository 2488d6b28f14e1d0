"""The statistics and the reference that whitens them."""

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.fft

from synesthete import settings
from synesthete.encoders import standardise, weights
from synesthete.encoders.statistics import N_STATISTICS, REMEDY, STEM, Statistics, statistics
from synesthete.errors import EncoderError, OptionError
from synesthete.spectrogram import compute_spectrogram

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


def test_the_reference_whitens(rows):
    made = standardise.fit(rows, "noise", n_axes=20)
    turned = (rows - made.tensors["mean"]) / made.tensors["std"] @ made.tensors["axes"]
    np.testing.assert_allclose(np.cov(turned.T), np.eye(20), atol=1e-3)


def test_turning_back_changes_no_cosine(rows, rng):
    made = standardise.fit(rows, "noise")
    features = np.stack([compute_spectrogram(rng.standard_normal(RATE)).inner().feature_matrix() for _ in range(4)])
    scores = np.clip((statistics(features) - made.tensors["mean"]) / made.tensors["std"], -4, 4)
    turned = scores @ made.tensors["axes"]
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    found = Statistics(made).encode(features)
    assert found.shape == (4, N_STATISTICS)
    np.testing.assert_allclose(found @ found.T, turned @ turned.T, atol=1e-4)


def test_the_same_music_gives_the_same_reference(rows):
    first, second = (standardise.fit(rows[order], "noise") for order in (slice(None), slice(None, None, -1)))
    np.testing.assert_allclose(first.tensors["axes"], second.tensors["axes"], atol=1e-4)


def test_a_row_that_never_moves_is_harmless(rows):
    rows[:, 3] = 1.0
    made = standardise.fit(rows, "noise")
    assert all(np.isfinite(value).all() for value in made.tensors.values())


def test_too_few_segments_are_refused(rows):
    with pytest.raises(OptionError, match="128 axes need more than 128 segments of music, got 100"):
        standardise.fit(rows[:100], "noise")


def test_no_music_is_refused():
    with pytest.raises(OptionError, match="no audio among the files"):
        standardise.collect([])


def test_the_reference_survives_the_disk(rows, tmp_path, rng):
    made = standardise.fit(rows, "noise")
    weights.write(tmp_path, STEM, made.tensors, made.card)
    read = weights.read(tmp_path, STEM, REMEDY)
    features = compute_spectrogram(rng.standard_normal(2 * RATE)).inner().feature_matrix()[None]
    np.testing.assert_array_equal(Statistics(made).encode(features), Statistics(read).encode(features))


def test_the_fingerprint_follows_the_reference(rows, tmp_path):
    prints = []
    for number, part in enumerate((rows, rows[:200])):
        made = standardise.fit(part, "noise")
        weights.write(tmp_path / str(number), STEM, made.tensors, made.card)
        prints.append(Statistics(weights.read(tmp_path / str(number), STEM, REMEDY)).fingerprint)
    assert prints[0] != prints[1]


def test_the_command_writes_what_the_encoder_reads(tmp_path, rng, capsys):
    import soundfile

    for number in range(3):
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * rng.standard_normal(115 * RATE), RATE)
    command = [str(tmp_path), "--made-from", "three noises", "--folder", str(tmp_path / "out")]
    with pytest.raises(OptionError, match="name more files"):
        standardise.main(command)
    for number in range(3, 6):
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * rng.standard_normal(70 * RATE), RATE)
    assert standardise.main(command) == 0
    assert "of 6 files" in capsys.readouterr().out
    card = json.loads((tmp_path / "out" / f"{STEM}.json").read_text())
    assert card["made_from"] == "three noises"
    assert Statistics(weights.read(tmp_path / "out", STEM, REMEDY)).embedding_size == 498


def test_wrong_features_are_refused(rows):
    encoder = Statistics(standardise.fit(rows, "noise"))
    with pytest.raises(EncoderError, match=r"needs feature matrices \[n, 166, .*\(1, 3, 128, 9\)"):
        encoder.encode(np.zeros((1, 3, 128, 9), dtype=np.float32))


def test_another_size_is_refused(rows):
    made = standardise.fit(rows, "noise")
    with pytest.raises(EncoderError, match="'axes' has the shape .498, 128., expected was .498, 64."):
        Statistics(replace(made, card=made.card | {"n_axes": 64}))
