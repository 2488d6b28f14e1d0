"""Figures of a ranking: from vectors and labels to mean average precision, precisions and hubness.

Everything here is plain linear algebra over unit vectors; the tests compare it with loops and with
scikit-learn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from synesthete.errors import OptionError

DEPTHS = (1, 5, 10)
QUERIES_AT_ONCE = 256  # bounds the memory of a large catalogue
N_RESAMPLES = 1000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Retrieval:
    """How well tracks of one label find each other.

    Attributes
    ----------
    mean_average_precision : float in [0, 1]
    interval : tuple of two float in [0, 1]
        The middle 95 % of it over resampled queries (bootstrap).
    r_precision : float in [0, 1]
        Share of right tracks among the first R, where R is how many right ones there are.
    precision_at : dict of int to float in [0, 1]
        Share of right tracks among the first 1, 5 and 10.
    n_queries : int >= 0
        Tracks with a label and at least one right track to find; with none, every figure is not-a-number.
    chance : float in [0, 1]
        Share of right tracks among all candidates: what a blind guess gives, about.
    """

    mean_average_precision: float
    interval: tuple[float, float]
    r_precision: float
    precision_at: dict[int, float]
    n_queries: int
    chance: float


def label_retrieval(
    vectors: np.ndarray,
    labels: Sequence[str],
    filters: Sequence[Sequence[str]] = (),
    *,
    is_matrix: bool = False,
    seed: int = 0,
) -> Retrieval:
    """Let every labelled track look for the others of its label among all labelled tracks.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, size)], unit length; or similarities [shape=(n, n)]
        Similarities if ``is_matrix``, as from a peer that gives no vectors.
    labels : sequence of str, n long
        Empty where unknown; such tracks neither ask nor answer.
    filters : sequence of sequences of str, each n long
        Artist, album, ...: a candidate that shares one of them with the query is left out, since an encoder
        may know a voice or a codec again without hearing a style. Empty means unknown, which filters nothing.
    seed : int
        Of the bootstrap.

    Raises
    ------
    OptionError
        If the lengths differ.
    """
    columns = [labels, *filters]
    if any(len(column) != len(vectors) for column in columns):
        lengths = ", ".join(str(len(column)) for column in columns)
        raise OptionError(f"There are {len(vectors)} vectors, but labels and filters for {lengths} tracks.")
    known = [row for row, label in enumerate(labels) if label]
    vectors = np.asarray(vectors)[known]
    others = np.eye(len(labels), dtype=vectors.dtype)[known] if is_matrix else vectors
    codes = [_codes([column[row] for row in known]) for column in columns]
    blocks = [_figures(*block) for block in _comparisons(vectors, others, codes)]
    figures = np.concatenate([np.empty((0, 3 + len(DEPTHS))), *blocks])
    if len(figures) == 0:
        nothing = float("nan")
        return Retrieval(nothing, (nothing, nothing), nothing, dict.fromkeys(DEPTHS, nothing), 0, nothing)
    means = figures.mean(axis=0).tolist()
    precisions = dict(zip(DEPTHS, means[3:], strict=True))
    return Retrieval(means[0], bootstrap(figures[:, 0], seed), means[1], precisions, len(figures), means[2])


def _codes(values: list[str]) -> np.ndarray:
    """Equal numbers for equal texts; a different negative number for each empty one."""
    numbers = {value: number for number, value in enumerate(sorted(set(values)))}
    return np.array([numbers[value] if value else -1 - row for row, value in enumerate(values)], dtype=np.int64)


def _comparisons(
    vectors: np.ndarray, candidates: np.ndarray, codes: list[np.ndarray]
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield cosines, rightness and candidacy [n_queries, n] of a bounded number of queries at a time."""
    label, others = codes[0], codes[1:]
    for first in range(0, len(vectors), QUERIES_AT_ONCE):
        rows = np.arange(first, min(first + QUERIES_AT_ONCE, len(vectors)))
        is_candidate = np.ones((len(rows), len(vectors)), dtype=bool)
        is_candidate[np.arange(len(rows)), rows] = False
        for other in others:
            is_candidate &= other[rows, None] != other
        is_right = (label[rows, None] == label) & is_candidate
        yield vectors[rows] @ candidates.T, is_right, is_candidate


def _figures(cosines: np.ndarray, is_right: np.ndarray, is_candidate: np.ndarray) -> np.ndarray:
    """Average precision, R-precision, chance, precisions at ``DEPTHS``; one row for each query that has an aim."""
    has_aim = is_right.any(axis=1)
    cosines, is_right, is_candidate = cosines[has_aim], is_right[has_aim], is_candidate[has_aim]
    order = np.argsort(np.where(is_candidate, -cosines, np.inf), axis=1, kind="stable")
    ranked = np.take_along_axis(is_right, order, axis=1)
    n_found = np.cumsum(ranked, axis=1)
    n_right = n_found[:, -1]
    places = np.arange(1, ranked.shape[1] + 1)
    average = (ranked * n_found / places).sum(axis=1) / n_right
    r_precision = n_found[np.arange(len(n_right)), n_right - 1] / n_right
    chance = n_right / is_candidate.sum(axis=1)
    at = [n_found[:, min(depth, ranked.shape[1]) - 1] / depth for depth in DEPTHS]
    return np.stack([average, r_precision, chance, *at], axis=1)


def bootstrap(values: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """The middle 95 % of the mean of values [n] drawn anew with replacement."""
    rng = np.random.default_rng(seed)
    means = [float(values[rng.integers(len(values), size=len(values))].mean()) for _ in range(N_RESAMPLES)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail]).tolist()
    return low, high


def own_ranks(queries: np.ndarray, vectors: np.ndarray, answers: Sequence[int]) -> np.ndarray:
    """At which place, from 1, each query finds its own row.

    Parameters
    ----------
    queries, vectors : np.ndarray [shape=(m, size)] and [shape=(n, size)], unit length
    answers : sequence of int, m long
        The row of ``vectors`` that each query should find. An equal cosine elsewhere counts against it.

    Returns
    -------
    np.ndarray [shape=(m,)], int64 >= 1
    """
    cosines = queries @ vectors.T
    own = cosines[np.arange(len(queries)), np.asarray(answers, dtype=np.int64)]
    return (cosines >= own[:, None]).sum(axis=1)


def hubness(vectors: np.ndarray, k: int = 10) -> float:
    """Skewness of how often a track is among the ``k`` nearest of the others.

    0 means that all are found about equally often; above 1 a few tracks, the hubs, answer everything.

    M. Radovanovic, A. Nanopoulos and M. Ivanovic, "Hubs in space", Journal of Machine Learning Research, 2010.

    Raises
    ------
    OptionError
        If there are no more than ``k`` vectors.
    """
    if not 0 < k < len(vectors):
        raise OptionError(f"k is {k}; with {len(vectors)} tracks it must be from 1 to {len(vectors) - 1}.")
    n_times = np.zeros(len(vectors))
    for first in range(0, len(vectors), QUERIES_AT_ONCE):
        cosines = vectors[first : first + QUERIES_AT_ONCE] @ vectors.T
        rows = np.arange(len(cosines))
        cosines[rows, first + rows] = -np.inf
        nearest = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        n_times += np.bincount(nearest.ravel(), minlength=len(vectors))
    spread = n_times.std()
    return float(np.mean((n_times - n_times.mean()) ** 3) / spread**3) if spread > 0 else 0.0
