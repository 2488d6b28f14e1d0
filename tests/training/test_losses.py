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
    heard, taught = pair
    expected = 1 - np.mean([a @ b for a, b in zip(unit(heard), unit(taught), strict=True)])
    assert float(losses.distillation(*map(torch.tensor, (heard, taught)))) == pytest.approx(expected)


def test_relations_compare_the_neighbourhoods(pair):
    heard, taught = pair
    expected = 0.0
    for i in range(6):
        others = [j for j in range(6) if j != i]
        ours, theirs = (softmax(np.array([unit(v)[i] @ unit(v)[j] for j in others]) / 0.2) for v in (heard, taught))
        expected += np.sum(theirs * np.log(theirs / ours)) / 6
    assert float(losses.relations(*map(torch.tensor, (heard, taught)), temperature=0.2)) == pytest.approx(expected)
    assert float(losses.relations(torch.tensor(taught), torch.tensor(taught * 3))) == pytest.approx(0, abs=1e-12)


def test_contrast_bars_segments_of_the_same_recording(pair, rng):
    seen, same = pair
    groups = [0, 0, 1, 2, 2, 3]
    remembered, remembered_groups = rng.standard_normal((3, 5)), [1, 5, 0]
    expected = 0.0
    for query, answers in ((seen, same), (same, seen)):
        for i in range(6):
            allowed = [j for j in range(6) if j == i or groups[j] != groups[i]]
            scores = [unit(query)[i] @ unit(answers)[j] for j in allowed]
            scores += [unit(query)[i] @ unit(remembered)[m] for m in range(3) if remembered_groups[m] != groups[i]]
            expected -= np.log(softmax(np.array(scores) / 0.1)[allowed.index(i)]) / 12
    got = losses.contrast(
        *map(torch.tensor, (seen, same, groups)), 0.1, torch.tensor(remembered), torch.tensor(remembered_groups)
    )
    assert float(got) == pytest.approx(expected)


def test_contrast_is_lower_when_the_views_agree(pair):
    seen, other = map(torch.tensor, pair)
    groups = torch.arange(6)
    assert losses.contrast(seen, seen * 2, groups) < losses.contrast(seen, other, groups)


def test_length_penalty_wants_unit_vectors(pair):
    vectors = unit(pair[0])
    assert float(losses.length_penalty(torch.tensor(vectors))) == pytest.approx(0, abs=1e-12)
    assert float(losses.length_penalty(torch.tensor(vectors * 3))) == pytest.approx(4)
