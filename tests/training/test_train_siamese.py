"""Pairs: near means a small distance, and what is counted is what brute force counts."""

import itertools

import numpy as np
import pytest
import torch

from synesthete.encoders.base import unit
from synesthete.spectrogram import compute_spectrogram
from synesthete.training.losses import contrastive
from synesthete.training.train_siamese import mfcc_of, pair_accuracy


def test_the_twins_get_the_projects_own_mfcc(rng):
    spectrogram = compute_spectrogram(rng.standard_normal(66_150).astype(np.float32)).inner()
    ours = mfcc_of(spectrogram.stacked_image()[0][None])[0]
    np.testing.assert_allclose(ours, spectrogram.mfcc()[:13], atol=1e-2)


def test_the_loss_is_hadsells(rng):
    vectors, groups, margin = unit(rng.standard_normal((7, 5))), np.array([0, 0, 1, 1, 1, 2, 2]), 1.3
    near, within = [], []
    for one, other in itertools.combinations(range(7), 2):
        distance = np.linalg.norm(vectors[one] - vectors[other])
        if groups[one] == groups[other]:
            near.append(distance**2)
        elif distance < margin:
            within.append((margin - distance) ** 2)
    losses = contrastive(torch.from_numpy(vectors), torch.from_numpy(groups), margin)
    assert [loss.item() for loss in losses] == pytest.approx([np.mean(near), np.mean(within)], rel=1e-4)


def test_the_loss_draws_near_pairs_together_and_far_ones_apart(rng):
    start = torch.from_numpy(rng.standard_normal((4, 3)).astype(np.float32)).requires_grad_()
    groups = torch.tensor([0, 0, 1, 1])
    optimiser = torch.optim.SGD([start], lr=0.3)
    for _ in range(200):
        near, far = contrastive(torch.nn.functional.normalize(start), groups, 1.0)
        optimiser.zero_grad()
        (near + far).backward()
        optimiser.step()
    distances = torch.cdist(*[torch.nn.functional.normalize(start.detach())] * 2)
    assert distances[0, 1] < 0.1 and distances[2, 3] < 0.1
    assert distances[:2, 2:].min() > 0.9


def test_far_pairs_beyond_the_margin_cost_nothing():
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    near, far = contrastive(vectors, torch.tensor([0, 0, 1]), 1.0)
    assert near.item() == pytest.approx(0, abs=1e-5) and far.item() == 0


def test_pair_accuracy_against_brute_force(rng):
    vectors = unit(rng.standard_normal((30, 4)) + 2 * np.repeat(rng.standard_normal((6, 4)), 5, axis=0))
    recordings = np.repeat(np.arange(6), 5)
    artists = recordings // 2
    pairs = list(itertools.combinations(range(30), 2))
    cosines = {pair: vectors[pair[0]] @ vectors[pair[1]] for pair in pairs}
    near = [value for (a, b), value in cosines.items() if recordings[a] == recordings[b]]
    far = [value for (a, b), value in cosines.items() if artists[a] != artists[b]]
    expected = (np.mean(np.array(near) >= 0.4) + np.mean(np.array(far) < 0.4)) / 2
    assert pair_accuracy(vectors, recordings, artists, 0, 0.4)[0] == pytest.approx(expected)
    best, threshold = pair_accuracy(vectors, recordings, artists, 0)
    assert best >= expected and -1 <= threshold <= 1
    same_artist = [v for (a, b), v in cosines.items() if artists[a] == artists[b] and recordings[a] != recordings[b]]
    expected = (np.mean(np.array(same_artist) >= 0.4) + np.mean(np.array(far) < 0.4)) / 2
    assert pair_accuracy(vectors, artists, artists, 0, 0.4, not_in=recordings)[0] == pytest.approx(expected)


def test_without_pairs_there_is_no_accuracy(rng):
    vectors = unit(rng.standard_normal((3, 4)))
    assert pair_accuracy(vectors, np.arange(3), np.arange(3), 0) is None


def test_chance_is_a_half(rng):
    vectors = unit(rng.standard_normal((300, 16)))
    recordings = rng.integers(0, 30, 300)
    assert pair_accuracy(vectors, recordings, recordings, 0, 0.0)[0] == pytest.approx(0.5, abs=0.03)
