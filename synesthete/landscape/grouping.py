"""Groups of tracks that sound alike, to colour the map by. They have numbers, not names.

Nobody chose them.
"""

from __future__ import annotations

import numpy as np

from synesthete.errors import OptionError

_ROUNDS = 50
_SAMPLE = 20_000  # vectors that the centres are found from; all are then assigned


def clusters(vectors: np.ndarray, n_clusters: int = 8, seed: int = 0) -> np.ndarray:
    """Spherical k-means with k-means++ seeding (Dhillon & Modha, 2001; Arthur & Vassilvitskii, 2007).

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, size)], unit length
    n_clusters : int > 0
        Lowered to n where there are fewer vectors.
    seed : int >= 0

    Returns
    -------
    np.ndarray [shape=(n,)], int64 in [0, n_clusters)
        0 is the largest group.
    """
    if n_clusters < 1:
        raise OptionError(f"n_clusters is {n_clusters}; it must be at least 1.")
    rng = np.random.default_rng(seed)
    sample = vectors if len(vectors) <= _SAMPLE else vectors[rng.choice(len(vectors), _SAMPLE, replace=False)]
    centres = _first_centres(sample, min(n_clusters, len(vectors)), rng)
    labels = np.full(len(sample), -1)
    for _ in range(_ROUNDS):
        nearest = (sample @ centres.T).argmax(axis=1)
        if (nearest == labels).all():
            break
        labels = nearest
        for number in np.unique(labels):  # an empty group keeps its centre
            mean = sample[labels == number].mean(axis=0)
            centres[number] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    labels = (vectors @ centres.T).argmax(axis=1)
    by_size = np.argsort(-np.bincount(labels, minlength=len(centres)), kind="stable")
    return np.argsort(by_size)[labels]


def _first_centres(vectors: np.ndarray, n_clusters: int, rng: np.random.Generator) -> np.ndarray:
    """Vectors by lot, each the likelier the further it is from those already drawn."""
    rows = [int(rng.integers(len(vectors)))] if len(vectors) else []
    apart = np.full(len(vectors), np.inf)
    while len(rows) < n_clusters:
        apart = np.minimum(apart, np.maximum(2 - 2 * (vectors @ vectors[rows[-1]]), 0))
        total = float(apart.sum(dtype=np.float64))
        chances = apart.astype(np.float64) / total if total > 0 else None
        rows.append(int(rng.choice(len(vectors), p=chances)))
    return vectors[rows].copy()
