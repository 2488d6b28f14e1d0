"""How far a map can be trusted: whether neighbours on it are neighbours in sound."""

from __future__ import annotations

import numpy as np

from synesthete.errors import OptionError

_BLOCK = 256


def trustworthiness(
    vectors: np.ndarray, coordinates: np.ndarray, k: int = 10, *, n_sample: int | None = 2000, seed: int = 0
) -> float:
    """Trustworthiness of a map's neighbourhoods, in [0, 1] (Venna & Kaski, 2001).

    Tracks among the ``k`` nearest on the map that are not among the ``k`` most alike in sound count against
    it, the more the further down the ranking they are. About 0.5 for a map at random.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, size)], unit length
    coordinates : np.ndarray [shape=(n, 3)]
    k : int in [1, n / 2)
    n_sample : int > 0, optional
        Measured at so many tracks by lot, each against all others; None for all.
    seed : int >= 0
    """
    n = len(vectors)
    if not 1 <= k < n / 2:
        raise OptionError(f"k is {k}; for {n} tracks it must be at least 1 and less than {n / 2:g}.")
    sample = _sample(n, n_sample, seed)
    penalty = 0.0
    for first in range(0, len(sample), _BLOCK):
        rows = sample[first : first + _BLOCK]
        cosines = _without_itself(vectors[rows] @ vectors.T, rows)
        near = np.argpartition(_squared_distances(coordinates, rows), k - 1, axis=1)[:, :k]
        for row, neighbours in zip(cosines, near, strict=True):
            ranks = 1 + (row[None] > row[neighbours][:, None]).sum(axis=1)
            penalty += np.maximum(ranks - k, 0).sum()
    return float(1 - 2 * penalty / (len(sample) * k * (2 * n - 3 * k - 1)))


def neighbours_kept(
    vectors: np.ndarray, coordinates: np.ndarray, k: int = 10, *, n_sample: int | None = 2000, seed: int = 0
) -> float:
    """Mean share in [0, 1] of a track's ``k`` most alike tracks that are among its ``k`` nearest on the map.

    Harder than :func:`trustworthiness`, and unlike it not flattered by a large catalogue.
    """
    sample = _sample(len(vectors), n_sample, seed)
    kept = 0
    for first in range(0, len(sample), _BLOCK):
        rows = sample[first : first + _BLOCK]
        cosines = _without_itself(vectors[rows] @ vectors.T, rows)
        alike = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        near = np.argpartition(_squared_distances(coordinates, rows), k - 1, axis=1)[:, :k]
        kept += sum(len(np.intersect1d(a, b)) for a, b in zip(alike, near, strict=True))
    return kept / (len(sample) * k)


def _sample(n: int, n_sample: int | None, seed: int) -> np.ndarray:
    if n_sample is None or n_sample >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, n_sample, replace=False))


def _without_itself(cosines: np.ndarray, rows: np.ndarray) -> np.ndarray:
    cosines[np.arange(len(rows)), rows] = -np.inf
    return cosines


def _squared_distances(coordinates: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Between tracks ``rows`` [m] and all [m, n]; infinite to itself."""
    squares = sum((coordinates[rows, axis, None] - coordinates[None, :, axis]) ** 2 for axis in range(3))
    squares = np.asarray(squares)
    squares[np.arange(len(rows)), rows] = np.inf
    return squares
