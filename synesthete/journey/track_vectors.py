"""The tracks that a journey or playlist may choose from, with one encoder's vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from synesthete.encoders.base import Embedding
from synesthete.errors import JourneyError
from synesthete.journey.types import artist_key
from synesthete.search import SearchEngine
from synesthete.search.duplicates import is_part, is_version
from synesthete.search.passages import SegmentVectors
from synesthete.tracks import Track

Seed = str | Embedding  # a track id, or the embedding of the listener's own sound

_MAX_CACHED_SEGMENTS = 512  # tracks whose segments stay in memory
IDENTICAL_COSINE = 1 - 1e-6  # of two tracks without segments: the same vector


@dataclass(frozen=True)
class TrackVectors:
    """Tracks and their vectors by row number.

    Attributes
    ----------
    tracks : tuple of Track, n long
    vectors : np.ndarray [shape=(n, size)], float32, unit length
        In track space, which need not be the space of the segments' vectors.
    fingerprint : str
        Of the encoder that made the vectors.
    segments : callable, row -> SegmentVectors, optional
        The segments of a track; None where they are not kept.
    hop_seconds : float > 0 [s]
        Of the encoder's segments.
    place : callable, Embedding -> np.ndarray [shape=(size,)], optional
        Where a sound that is no track lies among them; by default its features are its vector.
    """

    tracks: tuple[Track, ...]
    vectors: np.ndarray
    fingerprint: str = ""
    segments: Callable[[int], SegmentVectors] | None = field(default=None, repr=False)
    hop_seconds: float = 2.5
    place: Callable[[Embedding], np.ndarray] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.tracks) != len(self.vectors):
            raise JourneyError(
                f"There are {len(self.tracks)} tracks but {len(self.vectors)} vectors; one each is needed."
            )

    @classmethod
    def read(cls, engine: SearchEngine, some: Sequence[str] | None = None) -> TrackVectors:
        """All tracks that a search engine compares, or some, by their ids. Segments are read when needed."""
        catalogue, encoder = engine.catalogue, engine.encoder
        ids, vectors = engine.vectors() if some is None else (some, engine.vectors_of(some))

        @lru_cache(maxsize=_MAX_CACHED_SEGMENTS)
        def segments(row: int) -> SegmentVectors:
            segments, matrix = catalogue.segments(ids[row], encoder.fingerprint)
            starts = np.array([segment.start_seconds for segment in segments])
            return SegmentVectors.of(matrix, starts, encoder.hop_seconds)

        return cls(catalogue.tracks(ids), vectors, encoder.fingerprint, segments, encoder.hop_seconds, engine.vector_of)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row of each track id."""
        return {track.track_id: row for row, track in enumerate(self.tracks)}

    @cached_property
    def artists(self) -> np.ndarray:
        """A number for each track's artist [n], int64; -1 where the artist is unknown."""
        numbers: dict[str, int] = {"": -1}
        keys = (artist_key(track) for track in self.tracks)
        return np.array([numbers.setdefault(key, len(numbers) - 1) for key in keys], dtype=np.int64)

    def locate(self, seed: Seed) -> SeedPoint:
        """The vectors of a seed; JourneyError for an unknown track or another encoder's vectors."""
        if isinstance(seed, str):
            if seed not in self.row_of:
                raise JourneyError(
                    f"The track {seed!r} has no vector here. Choose another seed, or index it with this encoder."
                )
            row = self.row_of[seed]
            return SeedPoint(row, self.vectors[row], self.segments(row) if self.segments else None)
        if self.fingerprint and seed.fingerprint != self.fingerprint:
            raise JourneyError(
                f"The sound was embedded by encoder {seed.fingerprint}, the tracks by {self.fingerprint}."
                " Embed it with the catalogue's encoder."
            )
        starts = np.array([segment.start_seconds for segment in seed.segments])
        segments = SegmentVectors.of(seed.segment_vectors, starts, self.hop_seconds) if self.segments else None
        vector = self.place(seed) if self.place else seed.track_features
        return SeedPoint(None, vector, segments)

    def locate_all(self, seeds: Sequence[Seed]) -> list[SeedPoint]:
        """The vectors of several seeds, in their order."""
        return [self.locate(seed) for seed in seeds]

    def start_seconds(self, row: int) -> float:
        """A sensible passage to start playing at [s]: the track's most typical segment; 0 without segments."""
        if self.segments is None:
            return 0.0
        segments = self.segments(row)
        return float(segments.start_seconds[segments.most_typical()])

    def is_same_recording(self, point: SeedPoint, row: int) -> bool:
        """Whether the search calls both one recording (:mod:`synesthete.search.duplicates`)."""
        if point.segments is None or self.segments is None:
            return float(point.vector @ self.vectors[row]) >= IDENTICAL_COSINE
        other = self.segments(row)
        if point.row is None and is_part(point.segments, other):
            return True
        return is_version(point.segments, other, self.hop_seconds)


@dataclass(frozen=True)
class SeedPoint:
    """A seed in track space: ``row`` (None for a sound that is no track), ``vector`` [size], segments if kept."""

    row: int | None
    vector: np.ndarray
    segments: SegmentVectors | None


def angles_degrees(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles [n, m] in [0, 180] degrees between unit vectors ``a`` [n, size] and ``b`` [m, size]."""
    cosines = np.atleast_2d(a).astype(np.float64) @ np.atleast_2d(b).astype(np.float64).T
    return np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
