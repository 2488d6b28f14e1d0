"""What each part adds to a cosine."""

import numpy as np
import pytest

from synesthete.encoders.base import unit
from synesthete.explain.shares import shares


def test_the_amounts_are_those_of_the_parts_and_add_up_to_the_cosine(rng):
    weights, sizes = [1.0, 0.5, 0.3], [20, 8, 5]
    ends = np.cumsum(sizes)
    parts = {name: slice(end - size, end) for name, end, size in zip("abc", ends, sizes, strict=True)}

    def joined():
        pieces = [np.sqrt(w) * unit(rng.normal(size=(1, size))) for w, size in zip(weights, sizes, strict=True)]
        return unit(np.concatenate(pieces, axis=1))

    one, other = joined(), joined()
    found = shares(one, other, parts)
    assert sum(share.amount for share in found) == pytest.approx(float((one @ other.T)[0, 0]), abs=1e-6)
    assert [share.amount for share in found] == sorted((share.amount for share in found), reverse=True)
    by_hand = {
        name: float(one[0, at] @ other[0, at] / np.linalg.norm(one[0, at]) / np.linalg.norm(other[0, at]))
        for name, at in parts.items()
    }
    for share in found:
        assert share.cosine == pytest.approx(by_hand[share.name], abs=1e-5)
        weight = dict(zip("abc", weights, strict=True))[share.name]
        assert share.amount == pytest.approx(weight / sum(weights) * share.cosine, abs=1e-6)


def test_of_a_passage_they_add_up_to_its_mean_cosine(rng):
    one, other = unit(rng.normal(size=(3, 10))), unit(rng.normal(size=(3, 10)))
    found = shares(one, other, {"first": slice(0, 4), "rest": slice(4, 10)})
    assert sum(share.amount for share in found) == pytest.approx(float((one * other).sum(axis=1).mean()), abs=1e-6)


def test_silence_adds_nothing():
    (share,) = shares(np.zeros((1, 4)), np.ones((1, 4)) / 2, {"all": slice(0, 4)})
    assert share.amount == 0 and share.cosine == 0
