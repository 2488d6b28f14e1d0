"""Every segment of one sound against every segment of another, and the way along which they go together.

The way is a local alignment: a chain of pairs in which neither sound goes back. Each step of both is worth what the
cosine there lies above what is usual between the two; a step of one alone costs a little. It leads through the pair
that is most alike, forwards and backwards from it.

T. F. Smith and M. S. Waterman, "Identification of common molecular subsequences", Journal of Molecular Biology, 1981.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

USUAL = 0.75  # quantile of the cosines that a pair has to be above to be worth anything
WAIT = 0.1  # what it costs where one sound goes on and the other stays

Path = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Alignment:
    """Two sounds, segment against segment.

    Attributes
    ----------
    cosines : np.ndarray [shape=(n_query_segments, n_match_segments)], float32 in [-1, 1]
        0 where one of them is silent.
    query_seconds, match_seconds : np.ndarray [s]
        Where each segment begins in its recording.
    segment_seconds : float > 0 [s]
        Length of a segment.
    best : tuple of two int
        The pair that is most alike within the passage that matches.
    path : tuple of (int, int)
        The way through ``best``, in order of time.
    """

    cosines: np.ndarray
    query_seconds: np.ndarray
    match_seconds: np.ndarray
    segment_seconds: float
    best: tuple[int, int]
    path: Path


def path_through(cosines: np.ndarray, pair: tuple[int, int]) -> Path:
    """The way of the highest worth through a pair.

    Parameters
    ----------
    cosines : np.ndarray [shape=(n, m)]
    pair : tuple of two int

    Returns
    -------
    tuple of (int, int)
        From each pair to the next both sounds go on by one, or one of them does.
    """
    worth = cosines - np.quantile(cosines, USUAL)
    row, column = pair
    before = _best_chain(worth[: row + 1, : column + 1][::-1, ::-1])
    after = _best_chain(worth[row:, column:])
    return (*((row - i, column - j) for i, j in reversed(before[1:])), *((row + i, column + j) for i, j in after))


def _best_chain(worth: np.ndarray) -> list[tuple[int, int]]:
    """The chain of the highest worth that begins at (0, 0), wherever it ends; the first of equals.

    Row by row: what comes from the row before is known for a whole row; what comes along the row is a running maximum.
    """
    n_rows, n_columns = worth.shape
    total = np.empty((n_rows, n_columns))
    waited = WAIT * np.arange(n_columns)
    entered = np.where(waited > 0, -np.inf, worth[0, 0])
    for i in range(n_rows):
        if i > 0:
            entered = total[i - 1] - WAIT
            entered[1:] = np.maximum(entered[1:], total[i - 1, :-1] + worth[i, 1:])
        total[i] = np.maximum.accumulate(entered + waited) - waited
    chain = [divmod(int(total.argmax()), n_columns)]
    while chain[-1] != (0, 0):
        row, column = chain[-1]
        gains = {(row - 1, column - 1): worth[row, column], (row - 1, column): -WAIT, (row, column - 1): -WAIT}
        chain.append(max((pair for pair in gains if min(*pair) >= 0), key=lambda pair: total[pair] + gains[pair]))
    return chain[::-1]
