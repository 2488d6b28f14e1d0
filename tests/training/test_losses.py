"""The losses against brute force in float64."""

import numpy as np
import pytest
import torch

from synesthete.training import losses


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def softmax(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


@pytest.fixture
def pair(rng):
    return rng.standard_normal((2, 6, 5))


def test_distillation_is_one_minus_the_mean_cosine(pair):
    student, targets = pair
    expected = 1 - np.mean([a @ b for a, b in zip(unit(student), unit(targets), strict=True)])
    assert float(losses.distillation(*map(torch.tensor, (student, targets)))) == pytest.approx(expected)


def test_relational_distillation_compares_the_neighbourhoods(pair):
    student, targets = pair
    expected = 0.0
    for i in range(6):
        others = [j for j in range(6) if j != i]
        ours, theirs = (softmax(np.array([unit(v)[i] @ unit(v)[j] for j in others]) / 0.2) for v in (student, targets))
        expected += np.sum(theirs * np.log(theirs / ours)) / 6
    assert float(
        losses.relational_distillation(*map(torch.tensor, (student, targets)), temperature=0.2)
    ) == pytest.approx(expected)
    assert float(losses.relational_distillation(torch.tensor(targets), torch.tensor(targets * 3))) == pytest.approx(
        0, abs=1e-12
    )


def test_info_nce_masks_segments_of_the_same_recording(pair, rng):
    first, second = pair
    groups = [0, 0, 1, 2, 2, 3]
    queue, queue_groups = rng.standard_normal((3, 5)), [1, 5, 0]
    expected = 0.0
    for query, keys in ((first, second), (second, first)):
        for i in range(6):
            allowed = [j for j in range(6) if j == i or groups[j] != groups[i]]
            scores = [unit(query)[i] @ unit(keys)[j] for j in allowed]
            scores += [unit(query)[i] @ unit(queue)[m] for m in range(3) if queue_groups[m] != groups[i]]
            expected -= np.log(softmax(np.array(scores) / 0.1)[allowed.index(i)]) / 12
    got = losses.info_nce(
        *map(torch.tensor, (first, second, groups)), 0.1, torch.tensor(queue), torch.tensor(queue_groups)
    )
    assert float(got) == pytest.approx(expected)


def test_info_nce_is_lower_when_the_views_agree(pair):
    first, second = map(torch.tensor, pair)
    groups = torch.arange(6)
    assert losses.info_nce(first, first * 2, groups) < losses.info_nce(first, second, groups)


def test_norm_penalty_wants_unit_vectors(pair):
    vectors = unit(pair[0])
    assert float(losses.norm_penalty(torch.tensor(vectors))) == pytest.approx(0, abs=1e-12)
    assert float(losses.norm_penalty(torch.tensor(vectors * 3))) == pytest.approx(4)
