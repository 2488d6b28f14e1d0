"""The tracks of an index from the most alike to a query down, taken in portions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import SegmentVectors

_FIRST_PORTION = 4  # tracks looked up for each match wanted, before looking up more
_GROWTH = 4  # and how many times as many each time these do not suffice


@dataclass(frozen=True)
class Query:
    """What is looked for.

    Attributes
    ----------
    vector : np.ndarray [shape=(embedding_size,)]
    segments : SegmentVectors
        Of one recording.
    is_passage : bool
        Compared by passage rather than as a whole.
    own_id : str
        The track whose sound is the query's, if the catalogue happens to hold it.
    excluded_id : str
        A track that is never to be found.
    """

    vector: np.ndarray
    segments: SegmentVectors
    is_passage: bool
    own_id: str = ""
    excluded_id: str = ""


@dataclass(frozen=True)
class Place:
    """A track's place in a ranking: its cosine similarity in [-1, 1] and its row of the index."""

    cosine: float
    row: int


class Ranking:
    """All tracks but the query's ``excluded_id``, each given once; looked up as far as they are taken.

    Parameters
    ----------
    query : Query
    index : EncoderIndex
    k : int > 0
        How many matches are wanted, which decides how many tracks are looked up at a time.
    is_there : np.ndarray [shape=(n_tracks,)], bool, optional
        The tracks to look among.
    """

    def __init__(self, query: Query, index: EncoderIndex, k: int, is_there: np.ndarray | None = None) -> None:
        self._query, self._index = query, index
        self._n_looked_up = _FIRST_PORTION * k
        self._is_known = np.zeros(index.n_tracks, dtype=bool)  # given, waiting, or excluded
        if is_there is not None:
            self._is_known |= ~is_there
        if query.excluded_id in index.row_of:
            self._is_known[index.row_of[query.excluded_id]] = True
        self._cosines, self._rows = np.empty(0, np.float32), np.empty(0, np.int64)  # waiting, best first

    def take(self, n: int, is_allowed: np.ndarray | None = None) -> list[Place]:
        """The next ``n`` tracks; fewer only where there are no more.

        Parameters
        ----------
        n : int > 0
        is_allowed : np.ndarray [shape=(n_tracks,)], bool, optional
            Passes over the other tracks for good: what is not allowed once may not be allowed later.
        """
        if is_allowed is not None:
            is_left = is_allowed[self._rows]
            self._cosines, self._rows = self._cosines[is_left], self._rows[is_left]
        while len(self._rows) < n and self._look_up(n, is_allowed):
            pass
        places = [Place(*pair) for pair in zip(self._cosines[:n].tolist(), self._rows[:n].tolist(), strict=True)]
        self._cosines, self._rows = self._cosines[n:], self._rows[n:]
        return places

    def _look_up(self, n: int, is_allowed: np.ndarray | None) -> bool:
        is_open = ~self._is_known if is_allowed is None else is_allowed & ~self._is_known
        if not is_open.any():
            return False
        only = None if is_open.all() else is_open
        n = max(n, self._n_looked_up)
        if self._query.is_passage:
            cosines, rows = self._index.nearest_passages(self._query.segments, n, only)
        else:
            cosines, rows = self._index.nearest_tracks(self._query.vector, n, only)
        self._is_known[rows] = True
        self._n_looked_up *= _GROWTH
        cosines, rows = np.concatenate([self._cosines, cosines]), np.concatenate([self._rows, rows])
        order = np.lexsort((rows, -cosines))
        self._cosines, self._rows = cosines[order], rows[order]
        return len(rows) > 0
