"""Pairs: near means a small distance, and what is counted is what brute force counts."""

import itertools

import numpy as np
import pytest
import torch

from synesthete.encoders.base import unit
from synesthete.spectrogram import compute_spectrogram
from synesthete.training.losses import supervised_contrastive
from synesthete.training.train_siamese import mfcc_of, pair_accuracy


def test_the_twins_get_the_projects_own_mfcc(rng):
    spectrogram = compute_spectrogram(rng.standard_normal(66_150).astype(np.float32)).inner()
    ours = mfcc_of(spectrogram.stacked_image()[0][None])[0]
    np.testing.assert_allclose(ours, spectrogram.mfcc()[:13], atol=1e-2)


def test_the_loss_is_khoslas(rng):
    vectors = unit(rng.standard_normal((8, 5)))
    recordings, artists = np.array([0, 0, 0, 1, 2, 2, 3, 4]), np.array([0, 0, 0, 0, 1, 1, 1, 2])
    losses = []
    for one in range(8):
        near = [other for other in range(8) if other != one and recordings[other] == recordings[one]]
        asked = near + [other for other in range(8) if artists[other] != artists[one]]
        total = sum(np.exp(vectors[one] @ vectors[other] / 0.2) for other in asked)
        if near:
            losses.append(np.mean([np.log(total) - vectors[one] @ vectors[other] / 0.2 for other in near]))
    assert len(losses) == 5
    made = supervised_contrastive(*map(torch.from_numpy, (vectors, recordings, artists)), temperature=0.2)
    assert made.item() == pytest.approx(np.mean(losses), rel=1e-6)


def test_the_loss_draws_near_pairs_together_and_far_ones_apart(rng):
    start = torch.from_numpy(rng.standard_normal((4, 3)).astype(np.float32)).requires_grad_()
    groups = torch.tensor([0, 0, 1, 1])
    optimiser = torch.optim.SGD([start], lr=0.3)
    for _ in range(400):
        loss = supervised_contrastive(torch.nn.functional.normalize(start), groups, groups, temperature=0.5)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    distances = torch.cdist(*[torch.nn.functional.normalize(start.detach())] * 2)
    assert distances[0, 1] < 0.2 and distances[2, 3] < 0.2
    assert distances[:2, 2:].min() > 0.9


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
