"""Where two recordings sound most alike: runs of segments compared one by one.

The one definition of similarity by passage, used for scores and for offsets alike: a run of up to ``RUN``
consecutive segments of the query is compared with as many consecutive segments of the track, segment by segment;
the similarity of this pair of runs is the mean of their cosines, and the best pair counts. Runs have ``RUN``
segments, or fewer where the query or the track has no run so long. Three segments, because an excerpt of a long
recording has three: short and long recordings then compare by equal means.

A silent segment has a zero vector. It interrupts a run, as the gap between two excerpts does, so silence is never
part of a passage; a recording that is all silence has the similarity 0 to everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

RUN = 3  # segments: 10 s with segments of 5 s every 2.5 s
LONGEST_RUN = 9  # of those that may be asked for
# OpenBLAS shares larger products among all cores, whose threads wait for each other busily: a search by a sound took
# twenty times as long over its cosines. Products so large that sharing is worth it are left to it.
_ONE_THREAD, _WORTH_THREADS = 1 << 18, 1 << 25  # multiplications


@dataclass(frozen=True)
class SegmentVectors:
    """The segments of one or several recordings, one after another.

    Attributes
    ----------
    vectors : np.ndarray [shape=(m, size)], float32
        Unit vectors; zero for a silent segment.
    start_seconds : np.ndarray [shape=(m,)] [s]
    bounds : np.ndarray [shape=(n_recordings + 1,)], int64
        Recording i has the segments ``bounds[i]`` (included) to ``bounds[i + 1]`` (excluded); at least one
        each.
    run_lengths : np.ndarray [shape=(m,)], int64 in [0, LONGEST_RUN]
        How many consecutive segments that are not silent begin at this one, itself included, at most ``LONGEST_RUN``.
    """

    vectors: np.ndarray
    start_seconds: np.ndarray
    bounds: np.ndarray
    run_lengths: np.ndarray

    @classmethod
    def lay(
        cls, vectors: np.ndarray, start_seconds: np.ndarray, rows: np.ndarray, hop_seconds: float
    ) -> SegmentVectors:
        """Lay out segments whose recordings are numbered by ``rows`` [m], ascending from 0 without gaps.

        Segments are consecutive if they are ``hop_seconds`` apart, give or take half of it: the edges between
        the excerpts of a long recording are not.
        """
        starts = np.asarray(start_seconds, dtype=np.float64)
        is_sounding = np.einsum("ij,ij->i", vectors, vectors) > 0
        is_next = (np.abs(np.diff(starts) - hop_seconds) < hop_seconds / 2) & (np.diff(rows) == 0)
        is_next &= is_sounding[:-1]
        run_lengths = is_sounding.astype(np.int64)
        for _ in range(LONGEST_RUN - 1):
            grown = run_lengths[1:] + 1
            run_lengths[:-1] = np.where(is_next, grown, is_sounding[:-1])
        n_recordings = int(rows[-1]) + 1 if len(rows) else 0
        return cls(vectors, starts, np.searchsorted(rows, np.arange(n_recordings + 1)), run_lengths)

    @classmethod
    def of(cls, vectors: np.ndarray, start_seconds: np.ndarray, hop_seconds: float) -> SegmentVectors:
        """The segments of one recording."""
        return cls.lay(vectors, start_seconds, np.zeros(len(vectors), dtype=np.int64), hop_seconds)

    @classmethod
    def join(cls, parts: Sequence[SegmentVectors]) -> SegmentVectors:
        """Several recordings as one collection; at least one part is needed."""
        if len(parts) == 1:
            return parts[0]
        bounds = np.cumsum([0, *(n for part in parts for n in np.diff(part.bounds))])
        arrays = ([part.vectors for part in parts], [part.start_seconds for part in parts])
        vectors, starts = (np.concatenate(array) for array in arrays)
        return cls(vectors, starts, bounds, np.concatenate([part.run_lengths for part in parts]))

    @cached_property
    def derived(self) -> dict[Any, Any]:
        """What others have computed of these segments and need again, each under a key of its own."""
        return {}

    @property
    def n_recordings(self) -> int:
        """How many recordings there are."""
        return len(self.bounds) - 1

    @cached_property
    def is_sounding(self) -> np.ndarray:
        """Which segments are not silent [m], bool."""
        return self.run_lengths > 0

    @cached_property
    def n_sounding(self) -> int:
        """How many segments are not silent."""
        return int(np.count_nonzero(self.run_lengths))

    @property
    def has_silence(self) -> bool:
        """Whether a segment is silent."""
        return self.n_sounding < len(self.run_lengths)

    def recording(self, number: int) -> SegmentVectors:
        """One recording by itself, without copying."""
        part = slice(self.bounds[number], self.bounds[number + 1])
        whole = np.array([0, part.stop - part.start])
        return SegmentVectors(self.vectors[part], self.start_seconds[part], whole, self.run_lengths[part])

    def most_typical(self) -> int:
        """The number of the segment that is nearest to the mean of all, the earliest of equals.

        Measured among segments alone: a track's own vector may lie in another space. Silent segments, which are zero
        vectors, are never chosen unless all are silent.
        """
        cosines = self.vectors @ self.vectors.mean(axis=0)
        return int(np.where(self.is_sounding, cosines, -np.inf).argmax())

    def copy(self) -> SegmentVectors:
        """The same in memory of its own."""
        arrays = (self.vectors, self.start_seconds, self.bounds, self.run_lengths)
        return SegmentVectors(*(array.copy() for array in arrays))


@dataclass(frozen=True)
class Passages:
    """For each recording, its similarity to the query and where: three arrays of shape (n_recordings,)."""

    cosines: np.ndarray
    offset_seconds: np.ndarray
    query_offset_seconds: np.ndarray


def best_passages(
    query: SegmentVectors, segments: SegmentVectors, longest: int = RUN, cosines: np.ndarray | None = None
) -> Passages:
    """The best pair of runs between a query (one recording) and each of many recordings.

    Runs have ``longest`` segments, at most ``LONGEST_RUN``, or fewer as said above. Among equally good pairs the
    earliest in the recording counts, then the earliest in the query. ``cosines`` [n_query_segments, m] stands for the
    cosines of the segments, where these are compared otherwise.
    """
    first = segments.bounds[:-1]
    if len(first) == 0:
        return Passages(*(np.empty(0) for _ in range(3)))
    if cosines is None:
        cosines = inner_products(query.vectors, segments.vectors)
    longest = min(longest, int(query.run_lengths.max()))
    run = np.minimum(np.maximum.reduceat(segments.run_lengths, first), longest)  # [n_recordings]
    run_of_segment = np.repeat(run, np.diff(segments.bounds))
    # A recording that is all silence keeps these: similarity 0, from its beginning.
    best, at, query_at = np.zeros(len(first)), first.copy(), np.zeros(len(first), int)
    for length in np.unique(run[run > 0]):
        begins = np.flatnonzero((run_of_segment == length) & (segments.run_lengths >= length))  # [n_begins]
        query_begins = np.flatnonzero(query.run_lengths >= length)
        # [n_query_begins, n_begins]: the mean cosine of each pair of runs
        means = sum(cosines[np.ix_(query_begins + step, begins + step)] for step in range(length)) / length
        by_begin = means.max(axis=0)
        numbers = np.searchsorted(segments.bounds, begins, side="right") - 1  # recording of each begin, ascending
        which, group = np.unique(numbers, return_index=True)
        best[which] = np.maximum.reduceat(by_begin, group)
        is_best = by_begin == best[numbers]
        _, place = np.unique(numbers[is_best], return_index=True)
        place = np.flatnonzero(is_best)[place]
        at[which] = begins[place]
        query_at[which] = query_begins[means[:, place].argmax(axis=0)]
    return Passages(best, segments.start_seconds[at], query.start_seconds[query_at])


def inner_products(queries: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Inner products [n, m] of vectors [n, size] and [m, size]; of no more than thousands on one thread."""
    n_each = queries.size
    if n_each * len(vectors) > _WORTH_THREADS:
        return np.asarray(queries @ vectors.T)
    at_once = max(_ONE_THREAD // max(n_each, 1), 1)
    parts = [queries @ vectors[first : first + at_once].T for first in range(0, len(vectors), at_once)]
    return np.hstack([np.empty((len(queries), 0), np.result_type(queries, vectors)), *parts])
