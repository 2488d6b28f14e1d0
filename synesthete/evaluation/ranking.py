"""Measures of a ranking: from vectors and labels to mean average precision, precision at k and hubness.

Everything here is plain linear algebra over unit vectors; the tests compare it with loops and with scikit-learn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from synesthete.errors import OptionError

DEPTHS = (1, 5, 10)
QUERIES_PER_BLOCK = 256  # bounds the memory of a large catalogue
N_RESAMPLES = 1000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Retrieval:
    """How well tracks of one label retrieve each other.

    Attributes
    ----------
    mean_average_precision : float in [0, 1]
    confidence_interval : tuple of two float in [0, 1]
        95 %, by bootstrap over the queries.
    r_precision : float in [0, 1]
        Share of relevant tracks among the first R, where R is how many relevant ones there are.
    precision_at : dict of int to float in [0, 1]
        Share of relevant tracks among the first 1, 5 and 10.
    n_queries : int >= 0
        Tracks with a label and at least one relevant track; with none, every figure is not-a-number.
    chance : float in [0, 1]
        Share of relevant tracks among all candidates: about what a random ranking gives.
    """

    mean_average_precision: float
    confidence_interval: tuple[float, float]
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
    """Retrieval of the tracks of the same label: every labelled track is a query, and a candidate of the others.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, size)], unit length; or similarities [shape=(n, n)]
        Similarities if ``is_matrix``, as from a method that gives no vectors.
    labels : sequence of str, n long
        Empty where unknown; such tracks are neither queries nor candidates.
    filters : sequence of sequences of str, each n long
        Artist, album, ...: a candidate that shares one of them with the query is left out (artist filter: Pampalk,
        Flexer & Widmer, ISMIR 2005), since an encoder may recognise a voice or a codec rather than a style. Empty
        means unknown, which filters nothing.
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
    parts = _blocks(np.arange(len(vectors)))
    return _summary([_measures(vectors[rows] @ others.T, *_relevance(codes, rows)) for rows in parts], seed)


def ranking_retrieval(
    neighbours: np.ndarray,
    own: Sequence[int] | np.ndarray,
    labels: Sequence[str],
    filters: Sequence[Sequence[str]] = (),
    *,
    seed: int = 0,
) -> Retrieval:
    """Retrieval of the tracks of the same label by queries made from tracks, such as recordings of them.

    Parameters
    ----------
    neighbours : np.ndarray [shape=(m, k)], int
        What each query found: rows of ``labels``, the most alike first; -1 where there are fewer. A relevant
        track that is not among them adds nothing.
    own : sequence of int, m long
        The row that each query was made from, which is no candidate of its own.
    labels, filters, seed
        As for :func:`label_retrieval`, n long.

    Raises
    ------
    OptionError
        If the lengths differ.
    """
    columns = [labels, *filters]
    if len(own) != len(neighbours) or any(len(column) != len(labels) for column in columns):
        lengths = ", ".join(str(len(column)) for column in columns)
        raise OptionError(
            f"There are {len(neighbours)} rankings of {len(own)} queries, with labels and filters for {lengths} tracks."
        )
    codes = [_codes(list(column)) for column in columns]
    own = np.asarray(own, dtype=np.int64)
    measures = []
    for part in _blocks(np.flatnonzero([bool(labels[row]) for row in own])):
        similarities = np.full((len(part), len(labels)), -np.inf)
        queries, places = np.nonzero(neighbours[part] >= 0)
        similarities[queries, neighbours[part][queries, places]] = -places
        measures.append(_measures(similarities, *_relevance(codes, own[part])))
    return _summary(measures, seed)


def _summary(measures: list[np.ndarray], seed: int) -> Retrieval:
    """Means over the queries."""
    joined = np.concatenate([np.empty((0, 3 + len(DEPTHS))), *measures])
    if len(joined) == 0:
        nan = float("nan")
        return Retrieval(nan, (nan, nan), nan, dict.fromkeys(DEPTHS, nan), 0, nan)
    means = joined.mean(axis=0).tolist()
    precisions = dict(zip(DEPTHS, means[3:], strict=True))
    return Retrieval(means[0], bootstrap(joined[:, 0], seed), means[1], precisions, len(joined), means[2])


def _codes(values: list[str]) -> np.ndarray:
    """Equal numbers for equal texts; a different negative number for each empty one."""
    numbers = {value: number for number, value in enumerate(sorted(set(values)))}
    return np.array([numbers[value] if value else -1 - row for row, value in enumerate(values)], dtype=np.int64)


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, len(rows), QUERIES_PER_BLOCK):
        yield rows[first : first + QUERIES_PER_BLOCK]


def _relevance(codes: list[np.ndarray], rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Relevance and candidacy [n_queries, n] for queries made from ``rows``; ``codes`` of the label, then filters."""
    label, others = codes[0], codes[1:]
    is_candidate = np.tile(label >= 0, (len(rows), 1))
    is_candidate[np.arange(len(rows)), rows] = False
    for other in others:
        is_candidate &= other[rows, None] != other
    return (label[rows, None] == label) & is_candidate, is_candidate


def _measures(cosines: np.ndarray, is_relevant: np.ndarray, is_candidate: np.ndarray) -> np.ndarray:
    """Average precision, R-precision, chance, precisions at ``DEPTHS``; a row for each query with a relevant track.

    A cosine of minus infinity marks what was never found.
    """
    has_relevant = is_relevant.any(axis=1)
    cosines, is_relevant, is_candidate = cosines[has_relevant], is_relevant[has_relevant], is_candidate[has_relevant]
    order = np.argsort(np.where(is_candidate, -cosines, np.inf), axis=1, kind="stable")
    ranked = np.take_along_axis(is_relevant & (cosines > -np.inf), order, axis=1)
    n_hits = np.cumsum(ranked, axis=1)
    n_relevant = is_relevant.sum(axis=1)
    ranks = np.arange(1, ranked.shape[1] + 1)
    average_precision = (ranked * n_hits / ranks).sum(axis=1) / n_relevant
    r_precision = n_hits[np.arange(len(n_relevant)), n_relevant - 1] / n_relevant
    chance = n_relevant / is_candidate.sum(axis=1)
    at = [n_hits[:, min(depth, ranked.shape[1]) - 1] / depth for depth in DEPTHS]
    return np.stack([average_precision, r_precision, chance, *at], axis=1)


def bootstrap(values: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """95 % confidence interval of the mean of values [n] (percentile bootstrap: Efron, 1979)."""
    rng = np.random.default_rng(seed)
    means = [float(values[rng.integers(len(values), size=len(values))].mean()) for _ in range(N_RESAMPLES)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail]).tolist()
    return low, high


def target_ranks(queries: np.ndarray, vectors: np.ndarray, targets: Sequence[int]) -> np.ndarray:
    """The rank, from 1, of each query's target.

    Parameters
    ----------
    queries, vectors : np.ndarray [shape=(m, size)] and [shape=(n, size)], unit length
    targets : sequence of int, m long
        The row of ``vectors`` that each query should retrieve. An equal cosine elsewhere counts against it.

    Returns
    -------
    np.ndarray [shape=(m,)], int64 >= 1
    """
    cosines = queries @ vectors.T
    of_target = cosines[np.arange(len(queries)), np.asarray(targets, dtype=np.int64)]
    return (cosines >= of_target[:, None]).sum(axis=1)


def hubness(vectors: np.ndarray, k: int = 10) -> float:
    """Skewness of the k-occurrence: of how often a track is among the ``k`` nearest of the others.

    0 means that all occur about equally often; above 1 a few tracks, the hubs, are among the nearest of very many.

    M. Radovanovic, A. Nanopoulos and M. Ivanovic, "Hubs in space", Journal of Machine Learning Research, 2010.

    Raises
    ------
    OptionError
        If there are no more than ``k`` vectors.
    """
    if not 0 < k < len(vectors):
        raise OptionError(f"k is {k}; with {len(vectors)} tracks it must be from 1 to {len(vectors) - 1}.")
    n_occurrences = np.zeros(len(vectors))
    for first in range(0, len(vectors), QUERIES_PER_BLOCK):
        cosines = vectors[first : first + QUERIES_PER_BLOCK] @ vectors.T
        rows = np.arange(len(cosines))
        cosines[rows, first + rows] = -np.inf
        nearest = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        n_occurrences += np.bincount(nearest.ravel(), minlength=len(vectors))
    deviation = n_occurrences.std()
    return float(np.mean((n_occurrences - n_occurrences.mean()) ** 3) / deviation**3) if deviation > 0 else 0.0
