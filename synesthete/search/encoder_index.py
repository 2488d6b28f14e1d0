"""The searchable vectors of one encoder over one catalogue; replaced when these vectors change."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.catalogue import Catalogue
from synesthete.catalogue.fitting import space_of
from synesthete.encoders.base import Encoder
from synesthete.encoders.track_space import TrackSpace
from synesthete.errors import CatalogueError
from synesthete.search import smoothing
from synesthete.search.nearest import IndexMismatchError, VectorIndex
from synesthete.search.passages import LONGEST_RUN, RUN, SegmentVectors, best_passages
from synesthete.search.segment_cache import SegmentCache
from synesthete.search.similarity_scale import MIN_TRACKS, SimilarityScale
from synesthete.search.smoothing import drawn_to, smoothed
from synesthete.search.store_builder import bring_up_to_date
from synesthete.search.track_columns import TrackColumns, TrackFilter, columns_now
from synesthete.search.track_ids import RowOfTrack, TrackIds
from synesthete.search.track_store import TrackStore
from synesthete.settings import Paths

SMALL_UP_TO = 5_000  # tracks; all of them are compared, and indexed anew when one changes
LEAST_CANDIDATES = 100  # in a larger catalogue, how many tracks are compared passage by passage
CACHED_BYTES = 128 * 1024**2  # in a larger catalogue, of the segments read last
_KEPT_FILTERS = 8
_SCALE_QUERIES, _SCALE_TRACKS = 30, 400


def index_folder(catalogue: Catalogue, paths: Paths | None = None) -> Path:
    """Where the index files of a catalogue are kept for the next start.

    Those of the built-in catalogue, of the user's own copies and of a visit lie beside it. Any other catalogue has a
    folder of its own among the user's state, because nothing is written into other people's folders.
    """
    paths = paths or Paths()
    folder = catalogue.path.parent
    if folder in (paths.sampler.resolve(), paths.state.resolve()) or folder.parent == paths.passing.resolve():
        return folder
    return paths.state / "indexes" / hashlib.sha256(str(catalogue.path).encode()).hexdigest()[:16]


def index_path(folder: Path, encoder: Encoder) -> Path:
    """Where the index of an encoder over a small catalogue lies in a folder."""
    return folder / f"{encoder.fingerprint}.tracks.index"


def revision_of_vectors(revision: str, space: TrackSpace) -> str:
    """What the index of a small catalogue is bound to: the catalogue's revision, and what fits the encoder to it."""
    return settings.fingerprint(revision, space.fingerprint, smoothing.VERSION)


class EncoderIndex:
    """The vectors of one encoder, at one revision of a catalogue, by row number; may be shared by threads.

    Of a small catalogue all is kept in memory, and every track is compared. The index of a large one lies in files
    (:mod:`~synesthete.search.track_store`); it may be older than the catalogue, and then lacks what has come since.

    Parameters
    ----------
    catalogue : Catalogue
    encoder : Encoder
    folder : Path, optional
        Where the files of the index are kept; None makes them anew each time.
    is_current : bool
        Bring the index of a large catalogue up to date, rather than take the last that was completed.
    small_up_to : int >= 0
        Tracks of a small catalogue.

    Attributes
    ----------
    revision : str
        Of the catalogue, for this encoder.
    space : TrackSpace
        Which makes vectors of whole tracks, fitted to the catalogue.
    vectors_revision : str
        Of :meth:`vectors`: of the catalogue and of what fits the encoder to it.
    ids : sequence of str, n_tracks long
        The track of each row; sorted.
    row_of : mapping of str to int
        And back.
    columns : TrackColumns
        As they were at the last :meth:`follow_tags`.
    hop_seconds : float > 0 [s]
        From one segment to the next.
    scale : SimilarityScale
        Of whole tracks.
    is_large : bool
    completed_ns : int
        When the index of a large catalogue was completed.
    """

    completed_ns = 0

    def __init__(
        self,
        catalogue: Catalogue,
        encoder: Encoder,
        folder: Path | None = None,
        *,
        is_current: bool = False,
        small_up_to: int = SMALL_UP_TO,
    ) -> None:
        self._catalogue, self._fingerprint, self.hop_seconds = catalogue, encoder.fingerprint, encoder.hop_seconds
        self._folder = folder
        self._segments: SegmentVectors | None = None
        self._tracks: VectorIndex | TrackStore
        self._store: TrackStore | None = None
        self.ids: Sequence[str]
        self.is_large = catalogue.n_embedded(self._fingerprint) > small_up_to
        if self.is_large:
            self._open_store(encoder, is_current)
        else:
            self._read_all(encoder)
        self.row_of: Mapping[str, int] = (
            RowOfTrack(self.ids)
            if isinstance(self.ids, TrackIds)
            else {track_id: row for row, track_id in enumerate(self.ids)}
        )
        self._cache = SegmentCache(self._read_segments, CACHED_BYTES)
        self._is_gone = ~self.columns.is_there
        self._lock = threading.RLock()  # what is made at the first search by passage is made once
        self._passage_scales: dict[int, SimilarityScale] = {}
        self._passing: OrderedDict[TrackFilter, np.ndarray] = OrderedDict()

    def _read_all(self, encoder: Encoder) -> None:
        catalogue, fingerprint = self._catalogue, self._fingerprint
        with catalogue.snapshot():
            self.revision = catalogue.revision(fingerprint)
            self.ids = catalogue.ids(fingerprint)
            self.space = space_of(catalogue, encoder)
            self.columns = TrackColumns.read(catalogue, fingerprint, self.ids)
            rows, starts, matrix = catalogue.all_segments(fingerprint)
            self.vectors_revision = revision_of_vectors(self.revision, self.space)
            path = index_path(self._folder, encoder) if self._folder else None
            self._tracks = VectorIndex.load_or_build(path, self.vectors_revision, self._make_vectors)
        self._segments = SegmentVectors.lay(matrix, starts, rows, self.hop_seconds)
        self.scale = SimilarityScale.from_vectors(self._tracks.vectors())

    def _open_store(self, encoder: Encoder, is_current: bool) -> None:
        folder = self._folder
        if folder is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="synesthete-", ignore_cleanup_errors=True)
            folder = Path(self._own_folder.name)
        try:
            store = None if is_current else TrackStore.open(folder, encoder)
        except IndexMismatchError:
            store = None
        try:
            self._store = store or bring_up_to_date(self._catalogue, encoder, folder)
        except OSError as error:
            raise CatalogueError(
                f"The index of {self._catalogue.path} cannot be made in {folder}: {error}."
                " Set SYNESTHETE_HOME to a folder with room that you can write to."
            ) from error
        self._tracks = self._store
        self.completed_ns = self._store.completed_ns
        header = self._store.state.header
        self.revision, self.vectors_revision = header.revision, header.vectors_revision
        self.ids, self.space, self.scale = self._store.ids, self._store.space, self._store.scale
        self.columns = columns_now(self._catalogue, self._fingerprint, self.revision, self.ids, folder)
        if not self.columns.is_there.all():
            gone = np.flatnonzero(~self.columns.is_there).tolist()
            self.vectors_revision = settings.fingerprint(self.vectors_revision, [self.ids[row] for row in gone])

    @property
    def n_tracks(self) -> int:
        """How many tracks this encoder has embedded."""
        return len(self.ids)

    def _make_vectors(self) -> np.ndarray:
        features = self._catalogue.track_features(self._fingerprint)
        vectors = self.space(features) if len(features) else features
        return smoothed(vectors) if self.space.is_fitted else vectors

    def vectors(self) -> tuple[tuple[str, ...], np.ndarray]:
        """The tracks that the catalogue still has, by id, and their vectors [n, size], float32, unit length; a copy."""
        if self.columns.is_there.all():
            return tuple(self.ids), self._tracks.vectors()
        return tuple(self.ids_there), self.some_vectors(np.flatnonzero(self.columns.is_there))

    @property
    def ids_there(self) -> Sequence[str]:
        """The tracks that the catalogue still had when ``columns`` were read, sorted."""
        if self.columns.is_there.all():
            return self.ids
        return tuple(self.ids[row] for row in np.flatnonzero(self.columns.is_there).tolist())

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

    def read_from(self, catalogue: Catalogue) -> None:
        """Read segments and tags from another connection to the same catalogue from now on."""
        self._catalogue = catalogue

    def follow_tags(self) -> bool:
        """Read ``columns`` anew, as tags may change where vectors do not; False if the vectors have changed too."""
        with self._catalogue.snapshot():
            is_current = self._catalogue.revision(self._fingerprint) == self.revision
            if is_current:
                self.columns = TrackColumns.read(self._catalogue, self._fingerprint, self.ids)
                self._passing.clear()
        return is_current

    def passing(self, wanted: TrackFilter) -> np.ndarray:
        """Which tracks pass a filter [n_tracks], bool, read-only."""
        if wanted in self._passing:
            return self._passing[wanted]
        is_open = self.columns.passing(wanted)
        if wanted.words or wanted.text:
            fitting = self._catalogue.all_fitting(wanted.text, wanted.words)
            is_fitting = np.zeros(self.n_tracks, dtype=bool)
            is_fitting[[self.row_of[track_id] for track_id in fitting if track_id in self.row_of]] = True
            is_open &= is_fitting
        is_open.flags.writeable = False
        self._passing[wanted] = is_open
        while len(self._passing) > _KEPT_FILTERS:
            self._passing.popitem(last=False)
        return is_open

    def nearest_tracks(
        self, vector: np.ndarray, n: int, is_allowed: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ``n`` tracks (or all) whose whole vectors are most alike: cosines and rows, best first.

        ``is_allowed`` [n_tracks] leaves out the others before they are compared.
        """
        while True:
            cosines, rows = self._tracks.search(vector, n, self._without_gone(is_allowed))
            if self._are_there(rows[0]):
                return cosines[0], rows[0]

    def has(self, track_id: str) -> bool:
        """Whether a track is here, and still in the catalogue."""
        return track_id in self.row_of and self._are_there(np.array([self.row_of[track_id]]))

    def _without_gone(self, is_allowed: np.ndarray | None) -> np.ndarray | None:
        if not self._is_gone.any():
            return is_allowed
        return ~self._is_gone if is_allowed is None else is_allowed & ~self._is_gone

    def _are_there(self, rows: np.ndarray) -> bool:
        """Whether the catalogue still has all of some tracks; those that it has not are passed over from now on."""
        if not self.is_large:
            return True
        wanted = {self.ids[row]: row for row in rows.tolist()}
        gone = wanted.keys() - self._catalogue.embedded(list(wanted), self._fingerprint)
        self._is_gone[[wanted[track_id] for track_id in gone]] = True
        return not gone

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
            rows = self._candidates(query, max(n, LEAST_CANDIDATES), RUN, is_allowed)
            cosines = best_passages(query, self.segment_vectors(rows)).cosines if len(rows) else np.empty(0)
        order = np.lexsort((rows, -cosines))
        return cosines[order], rows[order]

    def likely_recordings(self, query: SegmentVectors, n: int) -> np.ndarray:
        """At most about ``n`` rows whose segments, each taken by itself and in any order, are nearest to the query's.

        The mean of each query segment's best cosine is no less than that of any run that is in step, so the first rows
        hold the recording that the query is a piece of, if it is here.
        """
        if self._segments is None:
            return self._candidates(query, n, LONGEST_RUN, None)
        if self.n_tracks <= n:
            return np.arange(self.n_tracks)
        cosines = query.vectors[query.is_sounding] @ self._segments.vectors.T
        best = np.maximum.reduceat(cosines, self._segments.bounds[:-1], axis=1).mean(axis=0)
        return np.sort(np.argpartition(-best, n)[:n])

    def _candidates(self, query: SegmentVectors, n: int, run: int, is_allowed: np.ndarray | None) -> np.ndarray:
        assert self._store is not None
        while True:
            is_open = self._without_gone(is_allowed)
            n_allowed = self.n_tracks if is_open is None else int(np.count_nonzero(is_open))
            if n_allowed <= n:
                rows = np.arange(self.n_tracks) if is_open is None else np.flatnonzero(is_open)
            else:
                rows = self._store.likely_by_passage(query, n, run, is_open)
            if self._are_there(rows):
                return rows

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
        sample = self._some_that_are_there(rng)
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

    def _some_that_are_there(self, rng: np.random.Generator) -> np.ndarray:
        while True:
            rows = np.flatnonzero(~self._is_gone)
            sample = np.sort(rng.choice(rows, min(len(rows), _SCALE_TRACKS), replace=False))
            if self._are_there(sample):
                return sample
