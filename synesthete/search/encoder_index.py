"""The searchable vectors of one encoder over one catalogue; replaced when these vectors change."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.catalogue import Catalogue
from synesthete.catalogue.fitting import space_of
from synesthete.encoders.base import Encoder
from synesthete.errors import CatalogueError
from synesthete.search import smoothing
from synesthete.search.passages import SegmentVectors, best_passages
from synesthete.search.similarity_scale import MIN_TRACKS, SimilarityScale
from synesthete.search.smoothing import drawn_to, smoothed
from synesthete.search.vector_index import VectorIndex
from synesthete.settings import Paths

RESIDENT_BYTES = 512 * 1024**2  # segments up to this size stay in memory and are all compared, which is exact
CACHED_BYTES = 128 * 1024**2  # in a larger catalogue, of the segments read last
_SEGMENTS_A_TRACK = 8  # in a larger catalogue, how many near segments are looked up for each track wanted
_SCALE_QUERIES, _SCALE_TRACKS = 30, 400


def index_folder(catalogue: Catalogue, paths: Paths | None = None) -> Path:
    """Where the index files of a catalogue are kept for the next start.

    Those of the built-in catalogue and of the user's own copies lie beside it. Any other catalogue has a folder of
    its own among the user's state, because nothing is written into other people's folders.
    """
    paths = paths or Paths()
    folder = catalogue.path.parent
    if folder in (paths.sampler.resolve(), paths.state.resolve()):
        return folder
    return paths.state / "indexes" / hashlib.sha256(str(catalogue.path).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class TrackColumns:
    """What filters test, by row number.

    Attributes
    ----------
    seconds : np.ndarray [shape=(n_tracks,)], float64 [s]
    artists : np.ndarray [shape=(n_tracks,)], int64
        A number for each artist, whatever the case of the name; -1 where the artist is unknown.
    n_artists : int >= 0
    """

    seconds: np.ndarray
    artists: np.ndarray
    n_artists: int

    @classmethod
    def read(cls, catalogue: Catalogue, fingerprint: str) -> TrackColumns:
        """Read them from a catalogue."""
        seconds, names = catalogue.lengths_and_artists(fingerprint)
        numbers = {"": -1}
        artists = [numbers.setdefault(name.strip().casefold(), len(numbers) - 1) for name in names]
        return cls(seconds, np.array(artists, dtype=np.int64), len(numbers) - 1)


class EncoderIndex:
    """The vectors of one encoder, at one revision of a catalogue, by row number; may be shared by threads.

    Attributes
    ----------
    revision : str
        Of the catalogue, for this encoder.
    space : TrackSpace
        Which makes vectors of whole tracks, fitted to the catalogue.
    vectors_revision : str
        Of the vectors of whole tracks: of the catalogue and of what fits the encoder to it.
    ids : tuple of str, n_tracks long
        The track of each row.
    row_of : dict of str to int
        And back.
    columns : TrackColumns
        As they were at the last :meth:`follow_tags`.
    hop_seconds : float > 0 [s]
        From one segment to the next.
    scale : SimilarityScale
        Of whole tracks.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        encoder: Encoder,
        folder: Path | None = None,
        resident_bytes: int = RESIDENT_BYTES,
    ) -> None:
        self._catalogue, self._fingerprint, self.hop_seconds = catalogue, encoder.fingerprint, encoder.hop_seconds
        self._folder = folder
        with catalogue.snapshot():
            self.revision = catalogue.revision(self._fingerprint)
            self.ids = catalogue.ids(self._fingerprint)
            self.space = space_of(catalogue, encoder)
            self.columns = TrackColumns.read(catalogue, self._fingerprint)
            self._rows, starts = catalogue.all_starts(self._fingerprint)
            is_resident = len(starts) * encoder.embedding_size * 4 <= resident_bytes
            matrix = catalogue.all_segments(self._fingerprint)[2] if is_resident else None
            self.vectors_revision = settings.fingerprint(self.revision, self.space.fingerprint, smoothing.VERSION)
            self._tracks = VectorIndex.load_or_build(self._file("tracks"), self.vectors_revision, self._make_vectors)
        self.row_of = {track_id: row for row, track_id in enumerate(self.ids)}
        self._segments = None if matrix is None else SegmentVectors.lay(matrix, starts, self._rows, self.hop_seconds)
        self._cache = _SegmentCache(self._read_segments, CACHED_BYTES)
        self.scale = SimilarityScale.from_vectors(self.vectors())
        self._lock = threading.RLock()  # what is made at the first search by passage is made once
        self._segment_index: VectorIndex | None = None
        self._passage_scales: dict[int, SimilarityScale] = {}

    @property
    def n_tracks(self) -> int:
        """How many tracks this encoder has embedded."""
        return len(self.ids)

    def _make_vectors(self) -> np.ndarray:
        features = self._catalogue.track_features(self._fingerprint)
        vectors = self.space(features) if len(features) else features
        return smoothed(vectors) if self.space.is_fitted else vectors

    def vectors(self) -> np.ndarray:
        """The vectors of all whole tracks [n_tracks, size], float32, unit length; a copy."""
        return self._tracks.vectors()

    def some_vectors(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of some whole tracks [n, size], float32, unit length."""
        return self._tracks.some_vectors(np.asarray(rows, dtype=np.int64))

    def vector(self, row: int) -> np.ndarray:
        """The vector of one whole track [size]."""
        return self._tracks.vector(row)

    def place(self, track_features: np.ndarray, without: Sequence[int] = ()) -> np.ndarray:
        """Where a sound lies among the tracks: its vector [size], drawn to its neighbours as theirs are.

        ``without`` are rows that are no neighbours.
        """
        vector = self.space(track_features)
        if not self.space.is_fitted or not self.n_tracks:
            return vector
        _, rows = self._tracks.search(vector, smoothing.N_NEIGHBOURS + len(without))
        nearest = rows[0][~np.isin(rows[0], without)][: smoothing.N_NEIGHBOURS]
        return drawn_to(vector, self._tracks.some_vectors(nearest)) if len(nearest) else vector

    def follow_tags(self) -> bool:
        """Read ``columns`` anew, as tags may change where vectors do not; False if the vectors have changed too."""
        with self._catalogue.snapshot():
            is_current = self._catalogue.revision(self._fingerprint) == self.revision
            if is_current:
                self.columns = TrackColumns.read(self._catalogue, self._fingerprint)
        return is_current

    def _file(self, kind: str) -> Path | None:
        return self._folder / f"{self._fingerprint}.{kind}.index" if self._folder else None

    def nearest_tracks(
        self, vector: np.ndarray, n: int, is_allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ``n`` tracks (or all) whose whole vectors are most alike: cosines and rows, best first.

        ``is_allowed`` [n_tracks] leaves out the others before they are compared.
        """
        cosines, rows = self._tracks.search(vector, n, is_allowed)
        return cosines[0], rows[0]

    def nearest_passages(
        self, query: SegmentVectors, n: int, is_allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """At least ``n`` tracks (or all) by their best passage: similarities and rows, best first.

        Each is scored by :func:`synesthete.search.passages.best_passages`. With the segments in memory every track
        is; in a larger catalogue those with a segment among the nearest to a segment of the query. ``is_allowed``
        [n_tracks] leaves tracks out.
        """
        if self._segments is not None:
            cosines = best_passages(query, self._segments).cosines
            rows = np.arange(self.n_tracks) if is_allowed is None else np.flatnonzero(is_allowed)
            cosines = cosines[rows]
        else:
            rows = self._candidates(query, n, is_allowed)
            cosines = best_passages(query, self.segment_vectors(rows)).cosines if len(rows) else np.empty(0)
        order = np.lexsort((rows, -cosines))
        return cosines[order], rows[order]

    def likely_recordings(self, query: SegmentVectors, n: int) -> np.ndarray:
        """At most about ``n`` rows whose segments, each taken by itself and in any order, are nearest to the query's.

        The mean of each query segment's best cosine is no less than that of any run that is in step, so the first rows
        hold the recording that the query is a piece of, if it is here.
        """
        if self._segments is None:
            return self._candidates(query, n, None)
        if self.n_tracks <= n:
            return np.arange(self.n_tracks)
        cosines = query.vectors[query.is_sounding] @ self._segments.vectors.T
        best = np.maximum.reduceat(cosines, self._segments.bounds[:-1], axis=1).mean(axis=0)
        return np.sort(np.argpartition(-best, n)[:n])

    def _candidates(self, query: SegmentVectors, n: int, is_allowed: np.ndarray | None) -> np.ndarray:
        index = self._passage_index()
        sounding = query.vectors[query.is_sounding] if query.n_sounding else query.vectors
        of_segments = None if is_allowed is None else is_allowed[self._rows]
        n_tracks = self.n_tracks if is_allowed is None else int(is_allowed.sum())
        n_segments = index.n_vectors if of_segments is None else int(of_segments.sum())
        k = _SEGMENTS_A_TRACK * n
        while True:
            _, found = index.search(sounding, k, of_segments)
            rows = np.unique(self._rows[found])
            if len(rows) >= min(n, n_tracks) or k >= n_segments:
                return rows
            k *= 4

    def _passage_index(self) -> VectorIndex:
        if self._segment_index is None:
            with self._lock:
                if self._segment_index is None:
                    file = self._file("passages")
                    self._segment_index = VectorIndex.load_or_build(file, self.revision, self._read_all_segments)
        return self._segment_index

    def _read_all_segments(self) -> np.ndarray:
        with self._catalogue.snapshot():
            if self._catalogue.revision(self._fingerprint) != self.revision:
                raise CatalogueError(
                    f"The catalogue {self._catalogue.path} has changed since this search began. Search again."
                )
            return self._catalogue.all_segments(self._fingerprint)[2]

    def segment_vectors(self, rows: Sequence[int] | np.ndarray) -> SegmentVectors:
        """The segments of some tracks, at least one, in the order of ``rows``."""
        recording = self._cache.get(rows) if self._segments is None else map(self._segments.recording, rows)
        return SegmentVectors.join(list(recording))

    def _read_segments(self, rows: Sequence[int]) -> SegmentVectors:
        numbers, starts, matrix = self._catalogue.segments_of([self.ids[row] for row in rows], self._fingerprint)
        return SegmentVectors.lay(matrix, starts, numbers, self.hop_seconds)

    def scale_of_passages(self, n_segments: int, seed: int = 0) -> SimilarityScale:
        """How alike a passage of ``n_segments`` segments and the best passage of another track are by chance.

        A best passage is chosen among many, so it is more alike than two whole tracks are; it needs its own
        scale.
        """
        with self._lock:
            if n_segments not in self._passage_scales:
                self._passage_scales[n_segments] = self._measure_passages(n_segments, np.random.default_rng(seed))
            return self._passage_scales[n_segments]

    def _measure_passages(self, n_segments: int, rng: np.random.Generator) -> SimilarityScale:
        if self.n_tracks < MIN_TRACKS:
            return SimilarityScale.from_samples([])
        sample = np.sort(rng.choice(self.n_tracks, min(self.n_tracks, _SCALE_TRACKS), replace=False))
        # Not through the cache: it keeps what searches look at.
        segments = self._read_segments(sample.tolist()) if self._segments is None else self.segment_vectors(sample)
        is_silent = np.maximum.reduceat(segments.run_lengths, segments.bounds[:-1]) == 0
        samples = []
        for number in rng.choice(len(sample), min(len(sample), _SCALE_QUERIES), replace=False):
            track = segments.recording(number)
            sounding = np.flatnonzero(track.is_sounding)
            begin = rng.integers(0, max(len(sounding) - n_segments, 0) + 1)
            part = sounding[begin : begin + n_segments]
            if not is_silent[number]:
                query = SegmentVectors.of(track.vectors[part], track.start_seconds[part], self.hop_seconds)
                is_other = ~is_silent
                is_other[number] = False
                samples.append(best_passages(query, segments).cosines[is_other])
        return SimilarityScale.from_samples(np.concatenate([np.empty(0), *samples]))


class _SegmentCache:
    """The segments of the tracks that were asked for last, up to a number of bytes; may be shared by threads."""

    def __init__(self, read: Callable[[Sequence[int]], SegmentVectors], max_bytes: int) -> None:
        self._read, self._max_bytes = read, max_bytes
        self._kept: OrderedDict[int, SegmentVectors] = OrderedDict()
        self._n_bytes = 0
        self._lock = threading.Lock()

    def get(self, rows: Sequence[int] | np.ndarray) -> list[SegmentVectors]:
        """The segments of each track; those that are not kept are read together."""
        wanted = [int(row) for row in rows]
        with self._lock:
            found = {row: self._kept[row] for row in wanted if row in self._kept}
            for row in found:
                self._kept.move_to_end(row)
        missing = [row for row in dict.fromkeys(wanted) if row not in found]
        if missing:
            read = self._read(missing)
            for number, row in enumerate(missing):
                found[row] = read.recording(number).copy()  # a view would keep all that was read with it
            self._keep({row: found[row] for row in missing})
        return [found[row] for row in wanted]

    def _keep(self, segments: dict[int, SegmentVectors]) -> None:
        with self._lock:
            for row, recording in segments.items():
                if row not in self._kept:
                    self._n_bytes += recording.vectors.nbytes
                self._kept[row] = recording
            while self._n_bytes > self._max_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._n_bytes -= oldest.vectors.nbytes
