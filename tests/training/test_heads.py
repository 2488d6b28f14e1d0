"""The last layer's solution, against what is known of the data it is given."""

import numpy as np

from synesthete.training.config import TrainingConfig
from synesthete.training.heads import fit_last_layer, identity_head, likeness_head


def test_likeness_finds_a_linear_relation(rng):
    features = rng.standard_normal((4_000, 12)).astype(np.float32) + 3
    truth = rng.standard_normal((5, 12)).astype(np.float32)
    weight, bias = likeness_head(features, features @ truth.T + 1)
    vectors = features @ weight.T + bias
    np.testing.assert_allclose(vectors, features @ truth.T + 1, atol=0.5)
    assert np.corrcoef(vectors[:, 0], (features @ truth.T)[:, 0])[0, 1] > 0.999


def test_identity_ignores_what_a_phone_changes(rng):
    clean = rng.standard_normal((300, 8)).astype(np.float32)
    phone = clean.copy()
    phone[:, :4] += rng.standard_normal((300, 4)) * 5
    weight, bias = identity_head(clean, phone, np.arange(300), size=4, temperature=0.1, seed=0)
    seen, again = (views @ weight.T + bias for views in (clean, phone))
    seen, again = (views / np.linalg.norm(views, axis=1, keepdims=True) for views in (seen, again))
    assert np.mean((again @ seen.T).argmax(axis=1) == np.arange(300)) > 0.9
    assert np.linalg.norm(weight[:, :4]) < 0.3 * np.linalg.norm(weight[:, 4:])


def test_the_same_seed_gives_the_same_head(rng):
    clean, phone = rng.standard_normal((2, 50, 6)).astype(np.float32)
    once, again = (identity_head(clean, phone, np.arange(50), 3, 0.1, seed=4)[0] for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert once.shape == (3, 6)


def test_likeness_keeps_the_teachers_cosines_however_it_is_standardised(rng):
    features = rng.standard_normal((3_000, 40)).astype(np.float32)
    effects = features[:, :30] * np.linspace(8, 0.5, 30, dtype=np.float32)  # principal axes, the loudest first
    config = TrainingConfig(likeness_size=30, identity_size=2)
    weight, bias = fit_last_layer(features, features, effects, np.arange(3_000), config)
    vectors = (features @ weight.T + bias)[:, :30]
    assert weight.shape == (32, 40)
    standardised = vectors / vectors.std(axis=0)
    ours, theirs = (rows[:200] / np.linalg.norm(rows[:200], axis=1, keepdims=True) for rows in (standardised, effects))
    assert np.corrcoef((ours @ ours.T).ravel(), (theirs @ theirs.T).ravel())[0, 1] > 0.9
