"""The vectors of a large catalogue: in files, mapped into memory, found by short codes and compared as they are."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from synesthete.encoders.base import Encoder
from synesthete.errors import CatalogueError, OptionError
from synesthete.search.nearest import CodeIndex, IndexMismatchError
from synesthete.search.passages import SegmentVectors
from synesthete.search.similarity_scale import SimilarityScale
from synesthete.search.store_state import StoreState
from synesthete.search.vector_file import VectorFile

CANDIDATES_A_MATCH = 3  # at least so many tracks are compared exactly for each that is wanted
SCANNED_SHARE = 1 / 8  # of all tracks: where more are to be compared, all that are allowed are
FARTHER = 0.75  # the fewer are allowed, the farther off they lie: how many more lists are looked into, as a power
PASSAGE_PROBES = 16
SEGMENTS_A_TRACK = 8  # how many near segments are looked up for each track wanted


def state_path(folder: Path, fingerprint: str) -> Path:
    """Where the index of an encoder lies in a folder."""
    return folder / f"{fingerprint}.store"


def completed_ns(folder: Path, fingerprint: str) -> int:
    """When the index of an encoder was last completed; 0 where there is none."""
    try:
        return state_path(folder, fingerprint).stat().st_mtime_ns
    except OSError:
        return 0


class TrackStore:
    """One state of the index of an encoder over a large catalogue, by row number; may be shared by threads.

    Attributes
    ----------
    state : StoreState
    ids : TrackIds, n_tracks long
        The track of each row; sorted.
    space : TrackSpace
        Which made the vectors.
    scale : SimilarityScale
        Of whole tracks.
    completed_ns : int
        :func:`completed_ns` as it was read.
    """

    def __init__(self, folder: Path, state: StoreState, encoder: Encoder, completed_ns: int) -> None:
        self.state, header, self.completed_ns = state, state.header, completed_ns
        self.space = state.space_of(encoder)
        self.ids = state.ids
        self.scale = SimilarityScale.from_samples(state.scale)
        self.file = VectorFile(folder / header.vectors, header.n_slots, header.size)
        self._codes = CodeIndex.load(folder / header.codes, header.codes_crc32)
        self._passages = CodeIndex.load(folder / header.passages, header.passages_crc32)
        self._row_of_slot = np.full(header.n_slots, -1, dtype=np.int64)
        self._row_of_slot[state.slots] = np.arange(len(self.ids))
        self._is_in_order = bool(len(self.ids) == header.n_slots and (np.diff(state.slots) == 1).all())

    @classmethod
    def open(cls, folder: Path, encoder: Encoder) -> TrackStore:
        """The last state that was completed.

        Raises
        ------
        IndexMismatchError
            There is none, or it is damaged, or of another reference.
        """
        path = state_path(folder, encoder.fingerprint)
        completed = completed_ns(folder, encoder.fingerprint)
        state = StoreState.load(path)
        try:
            return cls(folder, state, encoder, completed)
        except IndexMismatchError:
            newer = StoreState.load(path)  # its files may have been removed because there are newer ones
            if newer.header == state.header:
                raise
            return cls(folder, newer, encoder, completed)

    @property
    def n_vectors(self) -> int:
        """How many tracks there are."""
        return len(self.ids)

    def vectors(self) -> np.ndarray:
        """All vectors [n_tracks, size], float32, unit length; a copy."""
        return self.file.some(self.state.slots)

    def some_vectors(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of some rows [n, size], float32, unit length."""
        return self.file.some(self.state.slots[rows])

    def vector(self, row: int) -> np.ndarray:
        """One vector [size], float32, unit length."""
        return np.asarray(self.some_vectors(np.array([row]))[0])

    def search(
        self, queries: np.ndarray, k: int, is_allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ``k`` rows most alike to each query; as :meth:`synesthete.search.nearest.VectorIndex.search`."""
        if k < 1:
            raise OptionError(f"k is {k}; a search returns at least 1 neighbour.")
        queries = np.atleast_2d(np.asarray(queries, dtype=np.float32))
        if queries.shape[1] != self.file.size:
            raise CatalogueError(
                f"The query has vectors of size {queries.shape[1]}, the index of size {self.file.size}."
                " Embed the query with the encoder the index was made with."
            )
        k = min(k, self.n_vectors if is_allowed is None else int(np.count_nonzero(is_allowed)))
        if k == 0:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        allowed_slots = self._allowed_slots(is_allowed)
        found = [self._search_one(query, k, allowed_slots) for query in queries]
        return np.stack([cosines for cosines, _ in found]), np.stack([rows for _, rows in found])

    def _allowed_slots(self, is_allowed: np.ndarray | None) -> np.ndarray | None:
        """By slot rather than by row [n_slots], bool; None where all are allowed."""
        if self._is_in_order or (is_allowed is None and self.n_vectors == self.state.header.n_slots):
            return is_allowed
        made = np.zeros(self.state.header.n_slots, dtype=bool)
        made[self.state.slots] = True if is_allowed is None else is_allowed
        return made

    def _search_one(self, query: np.ndarray, k: int, is_allowed: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        header = self.state.header
        n_allowed = header.n_slots if is_allowed is None else int(np.count_nonzero(is_allowed))
        n = max(header.n_candidates, CANDIDATES_A_MATCH * k)
        if is_allowed is not None and n_allowed <= 2 * n:
            slots = np.flatnonzero(is_allowed)
        elif n > SCANNED_SHARE * header.n_slots:
            slots = self.file.best(query[None], k, is_allowed)[1][0]
        else:
            n_probes = math.ceil(header.n_probes * n / header.n_candidates * (header.n_slots / n_allowed) ** FARTHER)
            slots = self._codes.search(query[None], n, n_probes, is_allowed)[1][0]
            if np.count_nonzero(slots >= 0) < k:
                slots = self._codes.search(query[None], n, self._codes.n_lists, is_allowed)[1][0]
            slots = slots[slots >= 0]
        cosines, rows = self.file.cosines(slots, query), self._row_of_slot[slots]
        order = np.lexsort((rows, -cosines))[:k]
        return cosines[order], rows[order]

    def likely_by_passage(
        self, query: SegmentVectors, n: int, run: int, is_allowed: np.ndarray | None = None
    ) -> np.ndarray:
        """At most ``n`` rows whose segments are likely the nearest to those of a run of the query, sorted.

        For each segment of the query the nearest segments of all tracks are looked up. A track that has none among them
        counts with the last of these. Neither order nor step is looked at: what is in step is among the first.
        """
        sounding = query.vectors[query.is_sounding] if query.n_sounding else query.vectors
        cosines, slots = self._passages.search(
            sounding, SEGMENTS_A_TRACK * n, PASSAGE_PROBES, self._allowed_slots(is_allowed)
        )
        is_found = slots >= 0
        if not is_found.any():
            return np.empty(0, np.int64)
        last = np.where(is_found, cosines, np.inf).min(axis=1)
        last[~np.isfinite(last)] = 0
        tracks, place = np.unique(slots[is_found], return_inverse=True)
        best = np.repeat(last[:, None], len(tracks), axis=1)  # [n_sounding, n_found_tracks]
        np.maximum.at(best, (np.nonzero(is_found)[0], place), cosines[is_found])
        run = min(run, len(best))
        sums = np.cumsum(np.vstack([np.zeros(len(tracks)), best]), axis=0)
        scores = (sums[run:] - sums[:-run]).max(axis=0)
        rows = self._row_of_slot[tracks[np.argsort(-scores, kind="stable")[:n]]]
        return np.sort(rows[rows >= 0])
