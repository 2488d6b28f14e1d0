"""Mean similarities agree with the whole matrix of cosines."""

import numpy as np
import pytest

from synesthete.encoders.base import unit
from synesthete.errors import OptionError
from synesthete.evaluation.mean_similarity import MOST_TRACKS, mean_similarities, sample_of


def test_means_are_those_of_the_whole_matrix(rng):
    vectors = unit(rng.normal(size=(60, 9)) + 0.5)
    vectors[7] = 0  # a silent track
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, 0)
    np.testing.assert_allclose(mean_similarities(vectors), cosines.sum(axis=1) / 59, atol=1e-6)


def test_one_track_has_no_other(rng):
    with pytest.raises(OptionError, match="at least 2"):
        mean_similarities(unit(rng.normal(size=(1, 4))))


def test_of_many_tracks_some_are_drawn():
    assert sample_of(10).tolist() == list(range(10))
    drawn = sample_of(40_000)
    assert len(drawn) == len(set(drawn.tolist())) == MOST_TRACKS
    assert (np.diff(drawn) > 0).all() and drawn.max() < 40_000
