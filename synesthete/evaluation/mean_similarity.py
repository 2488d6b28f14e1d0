"""How alike each track is to all others on average: the capstone's table of its models.

The mean cosine of a unit vector with all others is its product with their sum, so the work grows with the tracks and
not with their pairs.
"""

from __future__ import annotations

import numpy as np

from synesthete.errors import OptionError

MOST_TRACKS = 5_000  # of a larger catalogue so many are drawn


def mean_similarities(vectors: np.ndarray) -> np.ndarray:
    """The mean cosine of each track with every other.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, size)]
        Unit vectors; those of silent tracks are zero, and alike to nothing. n > 1.

    Returns
    -------
    np.ndarray [shape=(n,)], float64 in [-1, 1]

    Raises
    ------
    OptionError
        There is no other track.
    """
    if len(vectors) < 2:
        raise OptionError(f"There are {len(vectors)} tracks; a mean similarity needs at least 2.")
    total = vectors.sum(axis=0, dtype=np.float64)
    own = np.square(vectors, dtype=np.float64).sum(axis=1)
    return np.asarray((vectors @ total - own) / (len(vectors) - 1))


def sample_of(n_tracks: int, seed: int = 0) -> np.ndarray:
    """Which of ``n_tracks`` are looked at: all, or ``MOST_TRACKS`` drawn at random; ascending."""
    if n_tracks <= MOST_TRACKS:
        return np.arange(n_tracks)
    return np.sort(np.random.default_rng(seed).choice(n_tracks, MOST_TRACKS, replace=False))
