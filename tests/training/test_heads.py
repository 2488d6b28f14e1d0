"""The last layer's solution, against what is known of the data it is given."""

import numpy as np

from synesthete.training.heads import identity_head, likeness_head, reduced, whitened


def test_likeness_finds_a_linear_relation(rng):
    features = rng.standard_normal((4_000, 12)).astype(np.float32) + 3
    truth = rng.standard_normal((5, 12)).astype(np.float32)
    weight, bias = likeness_head(features, features @ truth.T + 1)
    vectors = features @ weight.T + bias
    np.testing.assert_allclose(vectors, features @ truth.T + 1, atol=0.5)
    assert np.corrcoef(vectors[:, 0], (features @ truth.T)[:, 0])[0, 1] > 0.999


def test_whitening_spreads_evenly_what_changes_within_a_recording(rng):
    groups = np.repeat(np.arange(60), 20)
    within = rng.standard_normal((1_200, 5)).astype(np.float32) * [9, 3, 1, 1, 0.5]
    clean = (rng.standard_normal((60, 5)) * 4)[groups] + within
    weight, bias = whitened((np.eye(5), np.ones(5)), clean, clean, groups)
    left = within @ weight.T
    spread = np.linalg.eigvalsh(np.cov(left.T))
    before = np.linalg.eigvalsh(np.cov(within.T))
    assert spread.max() / spread.min() < 0.1 * before.max() / before.min()
    np.testing.assert_allclose(bias, weight.sum(axis=1), atol=1e-5)


def test_whitening_leaves_single_segments_alone(rng):
    clean = rng.standard_normal((30, 4))
    weight, bias = whitened((np.eye(4), np.zeros(4)), clean, clean, np.arange(30))
    np.testing.assert_array_equal(weight, np.eye(4))
    np.testing.assert_array_equal(bias, np.zeros(4))


def test_reduced_keeps_every_cosine_while_nothing_is_lost(rng):
    features = rng.standard_normal((200, 4)).astype(np.float32)
    weight, bias = rng.standard_normal((9, 4)), rng.standard_normal(9)
    bias -= (features @ weight.T + bias).mean(axis=0)  # centred, as the last layer is
    small_weight, small_bias = reduced((weight, bias), features, 4)
    before, after = features @ weight.T + bias, features @ small_weight.T + small_bias
    assert after.shape == (200, 4)
    np.testing.assert_allclose(after @ after.T, before @ before.T, atol=1e-4)


def test_reduced_keeps_what_varies_most_and_pads(rng):
    features = rng.standard_normal((500, 3)).astype(np.float32) * [5, 1, 0.1]
    kept = features @ reduced((np.eye(3), np.zeros(3)), features, 1)[0].T
    assert abs(np.corrcoef(kept[:, 0], features[:, 0])[0, 1]) > 0.999
    padded, bias = reduced((np.eye(3), np.ones(3)), features, 5)
    assert padded.shape == (5, 3) and bias.shape == (5,) and not padded[3:].any()


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
