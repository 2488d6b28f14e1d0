"""The tracks of an index from the most alike to a query down, taken in portions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from synesthete.search.blend import Blended
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import SegmentVectors

_FIRST_PORTION = 4  # tracks looked up for each match wanted, before looking up more
_GROWTH = 4  # and how many times as many each time these do not suffice
_FUSED = 2.0  # above every cosine: what several rankings order comes before what a cosine alone does


class _Waiting(NamedTuple):
    """Tracks that have been looked up and not been taken."""

    scores: np.ndarray
    cosines: np.ndarray
    rows: np.ndarray

    def of(self, chosen: np.ndarray | slice) -> _Waiting:
        return _Waiting(self.scores[chosen], self.cosines[chosen], self.rows[chosen])


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
    blended : Blended, optional
        What counts how much, where whole tracks are compared.
    others : tuple of (str, SegmentVectors)
        Further tracks that ask together with ``segments``, or against it: neither they nor versions of them are to be
        found.
    """

    vector: np.ndarray
    segments: SegmentVectors
    is_passage: bool
    own_id: str = ""
    excluded_id: str = ""
    blended: Blended | None = None
    others: tuple[tuple[str, SegmentVectors], ...] = ()


@dataclass(frozen=True)
class Place:
    """A track's place in a ranking.

    Attributes
    ----------
    score : float
        By which the ranking goes; the cosine, unless rankings are fused.
    cosine : float in [-1, 1]
    row : int
        Of the index.
    highest : float
        No track further down has a higher cosine than this.
    """

    score: float
    cosine: float
    row: int
    highest: float


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
        self._n_first = self._n_looked_up = _FIRST_PORTION * k
        self._is_filtered = False
        self._is_known = np.zeros(index.n_tracks, dtype=bool)  # given, waiting, or excluded
        if is_there is not None:
            self._is_known |= ~is_there
        for excluded in (query.excluded_id, *(track_id for track_id, _ in query.others)):
            if excluded in index.row_of:
                self._is_known[index.row_of[excluded]] = True
        self._is_fused = False  # the rankings that count beside the encoder's own have been looked at
        self._waiting = _Waiting(np.empty(0), np.empty(0, np.float32), np.empty(0, np.int64))  # best first

    def take(self, n: int, is_allowed: np.ndarray | None = None) -> list[Place]:
        """The next ``n`` tracks; fewer only where there are no more.

        Parameters
        ----------
        n : int > 0
        is_allowed : np.ndarray [shape=(n_tracks,)], bool, optional
            Passes over the other tracks for good: what is not allowed once may not be allowed later.
        """
        if is_allowed is not None:
            self._waiting = self._waiting.of(is_allowed[self._waiting.rows])
            if not self._is_filtered:  # what has been looked up so far says nothing of how far these lie apart
                self._is_filtered, self._n_looked_up = True, self._n_first
        while len(self._waiting.rows) < n and self._look_up(n, is_allowed):
            pass
        taken, self._waiting = self._waiting.of(slice(n)), self._waiting.of(slice(n, None))
        columns = zip(taken.scores.tolist(), taken.cosines.tolist(), taken.rows.tolist(), strict=True)
        return [Place(score, cosine, row, np.inf if score > _FUSED else cosine) for score, cosine, row in columns]

    def _look_up(self, n: int, is_allowed: np.ndarray | None) -> bool:
        is_open = ~self._is_known if is_allowed is None else is_allowed & ~self._is_known
        if not is_open.any():
            return False
        only = None if is_open.all() else is_open
        found = self._found(max(n, self._n_looked_up), only)
        self._is_known[found.rows] = True
        self._n_looked_up *= _GROWTH
        scores, cosines, rows = (np.concatenate(pair) for pair in zip(self._waiting, found, strict=True))
        order = np.lexsort((rows, -scores))
        self._waiting = _Waiting(scores[order], cosines[order], rows[order])
        return len(self._waiting.rows) > 0  # a look-up by codes may find none where a longer one does

    def _found(self, n: int, only: np.ndarray | None) -> _Waiting:
        query, index = self._query, self._index
        if query.is_passage:
            cosines, rows = index.nearest_passages(query.segments, n, only)
        elif query.blended is None:
            cosines, rows = index.nearest_tracks(query.vector, n, only)
        elif query.blended.is_fused and not self._is_fused:
            self._is_fused = True  # what is found later is in none of the other rankings
            scores, cosines, rows = query.blended.first(n, only)
            return _Waiting(scores + _FUSED, cosines, rows)
        else:
            cosines, rows = query.blended.nearest(n, only)
        return _Waiting(cosines, cosines, rows)
