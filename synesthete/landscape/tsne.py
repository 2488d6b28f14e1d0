"""t-SNE in three dimensions, exact: every pair of points counts (van der Maaten & Hinton, 2008).

The usual short cuts do not help here: FFT interpolation (openTSNE) stops at two dimensions, and Barnes-Hut
trees (openTSNE, scikit-learn) are slow in three. Up to some ten thousand points a plain loop over all pairs,
compiled by numba and split over threads, is several times faster (benchmarks/landscape.py). Each point's
forces are summed in a fixed order, so the result does not depend on the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

PERPLEXITY = 30.0
EXAGGERATION, EXAGGERATED_STEPS, STEPS = 12.0, 250, 500
_N_THREADS = min(4, os.cpu_count() or 1)
_BLOCK = 512
_STEPS_TOLD = 25  # from one word of how far it is to the next


def nearest(
    queries: np.ndarray, vectors: np.ndarray, k: int, *, is_same: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The ``k`` nearest of ``vectors`` [n, size] to each of ``queries`` [m, size], all of unit length,
    exactly.

    Parameters
    ----------
    is_same : bool
        The queries are the vectors themselves, and none is its own neighbour.

    Returns
    -------
    rows : np.ndarray [shape=(m, k)], int64
        The nearest first; equals in the order of rows.
    distances : np.ndarray [shape=(m, k)], float32
        Squared Euclidean, 2 - 2 cosine, at least 0.
    """
    rows = np.empty((len(queries), k), dtype=np.int64)
    distances = np.empty((len(queries), k), dtype=np.float32)
    for first in range(0, len(queries), _BLOCK):
        block = np.atleast_2d(queries[first : first + _BLOCK]) @ vectors.T
        if is_same:
            block[np.arange(len(block)), first + np.arange(len(block))] = -np.inf
        some = np.argpartition(-block, k - 1, axis=1)[:, :k] if k < block.shape[1] else np.argsort(-block, axis=1)
        some.sort(axis=1)
        cosines = np.take_along_axis(block, some, axis=1)
        order = np.argsort(-cosines, axis=1, kind="stable")
        rows[first : first + len(block)] = np.take_along_axis(some, order, axis=1)
        distances[first : first + len(block)] = np.maximum(2 - 2 * np.take_along_axis(cosines, order, axis=1), 0)
    return rows, distances


def affinities(distances: np.ndarray, perplexity: float) -> np.ndarray:
    """For each row of squared distances [m, k], Gaussian weights [m, k] that sum to 1, of the given
    perplexity.

    The perplexity is lowered where ``k`` does not allow it.
    """
    k = distances.shape[1]
    target = np.log(min(perplexity, 0.9 * k)) if k > 1 else 0.0
    shifted = distances.astype(np.float64) - distances[:, :1]
    scale = np.maximum(shifted.mean(axis=1), 1e-12)
    low, high = np.full(len(shifted), -40.0), np.full(len(shifted), 40.0)  # of log precision, times scale
    for _ in range(60):
        middle = (low + high) / 2
        weights = np.exp(-np.minimum(shifted * (np.exp(middle) / scale)[:, None], 700))
        weights /= weights.sum(axis=1, keepdims=True)
        entropy = -(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1)
        is_wide = entropy > target
        low, high = np.where(is_wide, middle, low), np.where(is_wide, high, middle)
    return weights


def embed(
    vectors: np.ndarray,
    start: np.ndarray,
    perplexity: float = PERPLEXITY,
    tell: Callable[[float], object] | None = None,
) -> np.ndarray:
    """Lay unit vectors [n, size] out in three dimensions, from ``start`` [n, 3]; float32 [n, 3], centred.

    ``tell`` is called now and then with the share [0, 1] of the steps that are done.

    Gradient descent with momentum and gains, learning rate n / exaggeration (Belkina et al., 2019).
    """
    n = len(vectors)
    k = min(n - 1, int(3 * perplexity))
    rows, distances = nearest(vectors, vectors, k, is_same=True)
    indptr, columns, values = _symmetric(rows, affinities(distances, perplexity))
    points = np.ascontiguousarray(start, dtype=np.float32)
    velocity, gains = np.zeros_like(points), np.ones_like(points)
    with ThreadPoolExecutor(_N_THREADS) as pool:
        for step in range(EXAGGERATED_STEPS + STEPS):
            if tell and step % _STEPS_TOLD == 0:
                tell(step / (EXAGGERATED_STEPS + STEPS))
            is_early = step < EXAGGERATED_STEPS
            exaggeration = EXAGGERATION if is_early else 1.0
            rate = np.float32(max(n / exaggeration, 50.0))
            gradient = _gradient(pool, points, indptr, columns, values, exaggeration)
            is_turning = (gradient > 0) == (velocity > 0)
            gains = np.maximum(np.where(is_turning, gains * np.float32(0.8), gains + np.float32(0.2)), np.float32(0.01))
            velocity = np.float32(0.5 if is_early else 0.8) * velocity - rate * gains * gradient
            points += velocity
            points -= points.mean(axis=0)
    return points


def _symmetric(rows: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(P + Pᵀ) / 2n as compressed rows."""
    from scipy.sparse import csr_matrix

    n, k = rows.shape
    matrix = csr_matrix((weights.ravel(), rows.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    both = (matrix + matrix.T).tocsr()
    both.sort_indices()
    return (
        both.indptr.astype(np.int64),
        both.indices.astype(np.int64),
        (both.data / (2 * n)).astype(np.float32),
    )


def _gradient(
    pool: ThreadPoolExecutor,
    points: np.ndarray,
    indptr: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    exaggeration: float,
) -> np.ndarray:
    from synesthete.landscape import kernels

    n = len(points)
    axes = np.ascontiguousarray(points.T)
    pull, push = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32)
    share = np.empty(n, np.float32)

    def work(first: int) -> None:
        last = min(first + _BLOCK, n)
        kernels.push(points[first:last], axes, push[first:last], share[first:last])
        kernels.pull(points, indptr, columns, values, pull, first, last)

    list(pool.map(work, range(0, n, _BLOCK)))
    total = max(float(share.sum(dtype=np.float64)) - n, 1e-12)  # without each point's share of 1 with itself
    return np.float32(4) * (np.float32(exaggeration) * pull - push / np.float32(total))
