"""What one encoder made of one catalogue, ready to be searched; replaced when the catalogue changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synesthete.catalogue import Catalogue
from synesthete.search.passages import SegmentVectors, best_passages
from synesthete.search.similarity_scale import MIN_TRACKS, SimilarityScale
from synesthete.search.vector_index import VectorIndex

RESIDENT_BYTES = 512 * 1024**2  # segments up to this size stay in memory and are all compared, which is exact
_SEGMENTS_A_TRACK = 8  # in a larger catalogue, how many near segments are looked up for each track wanted
_SCALE_QUERIES, _SCALE_TRACKS = 30, 400


class EncoderIndex:
    """The vectors of one encoder, at one revision of a catalogue, by row number.

    Attributes
    ----------
    revision : str
        Of the catalogue, for this encoder.
    ids : tuple of str, n_tracks long
        The track of each row.
    row_of : dict of str to int
        And back.
    hop_seconds : float > 0 [s]
        From one segment to the next.
    scale : SimilarityScale
        Of whole tracks.
    last_starts : np.ndarray [shape=(n_tracks,)] [s]
        Where each track's last segment begins: its length, as the encoder saw it.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        fingerprint: str,
        hop_seconds: float,
        folder: Path | None = None,
        resident_bytes: int = RESIDENT_BYTES,
    ) -> None:
        self._catalogue, self._fingerprint, self.hop_seconds = catalogue, fingerprint, hop_seconds
        self._folder = folder
        with catalogue.snapshot():
            self.revision = catalogue.revision(fingerprint)
            self.ids, vectors = catalogue.vectors(fingerprint)
            self._rows, starts = catalogue.all_starts(fingerprint)
            is_resident = len(starts) * vectors.shape[1] * vectors.itemsize <= resident_bytes
            matrix = catalogue.all_segments(fingerprint)[2] if is_resident else None
        self.row_of = {track_id: row for row, track_id in enumerate(self.ids)}
        self._segments = None if matrix is None else SegmentVectors.lay(matrix, starts, self._rows, hop_seconds)
        self._segment_index: VectorIndex | None = None
        self._tracks = VectorIndex.load_or_build(self._file("tracks"), self.revision, lambda: vectors)
        self.scale = SimilarityScale.from_vectors(vectors)
        self._passage_scales: dict[int, SimilarityScale] = {}
        self.last_starts = starts[np.searchsorted(self._rows, np.arange(self.n_tracks), side="right") - 1]

    @property
    def n_tracks(self) -> int:
        """How many tracks this encoder has heard."""
        return len(self.ids)

    def _file(self, kind: str) -> Path | None:
        return self._folder / f"{self._fingerprint}.{kind}.index" if self._folder else None

    def nearest_tracks(self, vector: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The ``n`` tracks (or all) whose whole vectors are most alike: cosines and rows, best first."""
        cosines, rows = self._tracks.search(vector, n)
        return cosines[0], rows[0]

    def nearest_passages(self, query: SegmentVectors, n: int) -> tuple[np.ndarray, np.ndarray]:
        """At least ``n`` tracks (or all) by their best passage: likenesses and rows, best first.

        Each is scored by :func:`synesthete.search.passages.best_passages`. With the segments in memory every track
        is; in a larger catalogue those with a segment among the nearest to a segment of the query.
        """
        if self._segments is not None:
            rows, segments = np.arange(self.n_tracks), self._segments
        else:
            rows = self._candidates(query, n)
            segments = self.segments(rows)
        cosines = best_passages(query, segments).cosines
        order = np.lexsort((rows, -cosines))
        return cosines[order], rows[order]

    def _candidates(self, query: SegmentVectors, n: int) -> np.ndarray:
        if self._segment_index is None:
            self._segment_index = VectorIndex.load_or_build(
                self._file("passages"),
                self.revision,
                lambda: self._catalogue.all_segments(self._fingerprint)[2],
            )
        k = _SEGMENTS_A_TRACK * n
        while True:
            _, found = self._segment_index.search(query.vectors, k)
            rows = np.unique(self._rows[found])
            if len(rows) >= min(n, self.n_tracks) or k >= self._segment_index.n_vectors:
                return rows
            k *= 4

    def segments(self, rows: Sequence[int] | np.ndarray) -> SegmentVectors:
        """The segments of some tracks, in the order of ``rows``."""
        if self._segments is not None:
            return SegmentVectors.join([self._segments.recording(row) for row in rows])
        parts = []
        for row in rows:
            segments, vectors = self._catalogue.segments(self.ids[row], self._fingerprint)
            starts = np.array([segment.start_seconds for segment in segments])
            parts.append(SegmentVectors.of(vectors, starts, self.hop_seconds))
        return SegmentVectors.join(parts)

    def scale_of_passages(self, n_segments: int, seed: int = 0) -> SimilarityScale:
        """How alike a passage of ``n_segments`` segments and the best passage of another track are by chance.

        A best passage is chosen among many, so it is more alike than two whole tracks are; it needs its own
        scale.
        """
        if n_segments not in self._passage_scales:
            self._passage_scales[n_segments] = self._measure_passages(n_segments, np.random.default_rng(seed))
        return self._passage_scales[n_segments]

    def _measure_passages(self, n_segments: int, rng: np.random.Generator) -> SimilarityScale:
        if self.n_tracks < MIN_TRACKS:
            return SimilarityScale.from_samples([])
        sample = np.sort(rng.choice(self.n_tracks, min(self.n_tracks, _SCALE_TRACKS), replace=False))
        segments = self.segments(sample)
        samples = []
        for number in rng.choice(len(sample), min(len(sample), _SCALE_QUERIES), replace=False):
            track = segments.recording(number)
            begin = rng.integers(0, max(len(track.vectors) - n_segments, 0) + 1)
            part = slice(begin, begin + n_segments)
            query = SegmentVectors.of(track.vectors[part], track.start_seconds[part], self.hop_seconds)
            samples.append(np.delete(best_passages(query, segments).cosines, number))
        return SimilarityScale.from_samples(np.concatenate(samples))
