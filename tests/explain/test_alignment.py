"""The way along which two sounds go together, against every way there is."""

from itertools import pairwise

import numpy as np
import pytest

from synesthete.explain.alignment import USUAL, WAIT, path_through


def best_worth(worth):
    """By trying them all: what the best chain from (0, 0) is worth."""

    def chains(row, column):
        yield 0.0
        for down, right in ((1, 1), (1, 0), (0, 1)):
            at = row + down, column + right
            if at[0] < worth.shape[0] and at[1] < worth.shape[1]:
                gain = worth[at] if down and right else -WAIT
                yield from (total + gain for total in chains(*at))

    return max(chains(0, 0))


def worth_of(chain, worth):
    """What a chain is worth, each step of which must be one of the three."""
    total = 0.0
    for (row, column), (to_row, to_column) in pairwise(chain):
        assert (to_row - row, to_column - column) in ((1, 1), (1, 0), (0, 1))
        total += worth[to_row, to_column] if to_row > row and to_column > column else -WAIT
    return total


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_best_of_all_ways_through_the_pair(seed):
    rng = np.random.default_rng(seed)
    cosines = rng.uniform(-1, 1, (rng.integers(1, 6), rng.integers(1, 6)))
    row, column = (int(rng.integers(size)) for size in cosines.shape)
    worth = cosines - np.quantile(cosines, USUAL)
    path = path_through(cosines, (row, column))
    place = path.index((row, column))
    after = [(i - row, j - column) for i, j in path[place:]]
    assert worth_of(after, worth[row:, column:]) == pytest.approx(best_worth(worth[row:, column:]))
    before = [(row - i, column - j) for i, j in path[place::-1]]
    turned = worth[: row + 1, : column + 1][::-1, ::-1]
    assert worth_of(before, turned) == pytest.approx(best_worth(turned))


def test_a_sound_goes_along_with_itself(rng):
    vectors = rng.normal(size=(30, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert path_through(vectors @ vectors.T, (12, 12)) == tuple((place, place) for place in range(30))


def test_between_silences_it_is_the_pair_alone():
    assert path_through(np.zeros((3, 4)), (1, 2)) == ((1, 2),)
    assert path_through(np.zeros((1, 1)), (0, 0)) == ((0, 0),)
