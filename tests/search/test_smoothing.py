"""Neighbour smoothing against plain numpy, with twins, silence and few tracks."""

import numpy as np
import pytest

from synesthete.encoders.base import unit
from synesthete.search.smoothing import smoothed


def by_hand(vectors):
    made = []
    for row, vector in enumerate(vectors):
        cosines = vectors @ vector
        cosines[row] = -np.inf
        nearest = np.argsort(-cosines, kind="stable")[: min(2, len(vectors) - 1)]
        made.append(vector + 0.5 * vectors[nearest].mean(axis=0))
    return unit(np.array(made))


@pytest.mark.parametrize("n", [2, 3, 40, 1_001])
def test_each_is_drawn_to_its_two_nearest(rng, n):
    vectors = unit(rng.normal(size=(n, 6)))
    np.testing.assert_allclose(smoothed(vectors), by_hand(vectors), atol=1e-5)


def test_twins_draw_each_other(rng):
    vectors = unit(rng.normal(size=(9, 6)))
    vectors[4] = vectors[7] = vectors[2]
    np.testing.assert_allclose(smoothed(vectors), by_hand(vectors), atol=1e-5)


def test_silence_stays_silent_and_few_tracks_are_enough(rng):
    vectors = unit(rng.normal(size=(5, 6)))
    vectors[3] = 0
    assert not smoothed(vectors)[3].any()
    np.testing.assert_array_equal(smoothed(vectors[:1]), vectors[:1])
    assert smoothed(vectors[:0]).shape == (0, 6)
