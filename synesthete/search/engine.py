"""The main path: decode a sound, compute its spectrograms, embed it, search the catalogue for what sounds alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from synesthete.audio import Clip, content_id, read_clip
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Embedding, Encoder, unit
from synesthete.encoders.track_space import TrackSpace
from synesthete.errors import CatalogueError, EncoderError
from synesthete.search.blend import Blended
from synesthete.search.calibration import calibration_of
from synesthete.search.encoder_index import SMALL_UP_TO, EncoderIndex
from synesthete.search.filters import DEFAULT_OPTIONS, HIDING_REASONS, SearchOptions, select
from synesthete.search.followed_index import FollowedIndex
from synesthete.search.mixture import MixResult, mix
from synesthete.search.passages import LONGEST_RUN, SegmentVectors, best_passages
from synesthete.search.ranking import Query
from synesthete.search.recognition import Recognition, recognise
from synesthete.search.result import Progress, SearchResult, Stages
from synesthete.search.similarity_scale import SimilarityScale
from synesthete.search.track_columns import EVERY_TRACK, TrackFilter
from synesthete.spectrogram import compute_spectrograms
from synesthete.tracks import Match

# With compare="auto", a query shorter than this is compared by passage by an encoder that cannot tell a recording.
SNIPPET_SECONDS = 15.0


def make_searchable(catalogue: Catalogue, encoder: Encoder, index_folder: Path) -> None:
    """Make the index of a catalogue as it is now, or bring it up to date: what to do after tracks have come or gone."""
    EncoderIndex(catalogue, encoder, index_folder, is_current=True)


def search(
    source: str | Path | bytes | Clip,
    catalogue: Catalogue,
    encoder: Encoder,
    options: SearchOptions = DEFAULT_OPTIONS,
    *,
    name: str = "",
) -> SearchResult:
    """One search, the short way; for several keep a :class:`SearchEngine`."""
    return SearchEngine(catalogue, encoder).search(source, options, name=name)


class SearchEngine:
    """Searches one catalogue with one encoder; may be shared by threads.

    It follows the catalogue as it changes (:mod:`synesthete.search.followed_index`).

    Parameters
    ----------
    catalogue : Catalogue
    encoder : Encoder
    index_folder : str or Path, optional
        Where index files are kept for the next start, such as
        :func:`~synesthete.search.encoder_index.index_folder`; None keeps them for this engine alone.
    is_indexing : bool
        Whether the index of a large catalogue is also brought up to date in the background; else that is left to who
        adds the tracks (:func:`make_searchable`). An index that nobody has made yet is made at once in any case.

    Raises
    ------
    CatalogueError
        There are tracks, but this encoder has not embedded any of them.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        encoder: Encoder,
        index_folder: str | Path | None = None,
        *,
        is_indexing: bool = False,
        small_up_to: int = SMALL_UP_TO,
    ) -> None:
        self.catalogue = catalogue
        self.encoder = encoder
        self._calibration = calibration_of(encoder)
        self._index = FollowedIndex(catalogue, encoder, index_folder, is_indexing=is_indexing, small_up_to=small_up_to)
        self._encoder_index()

    def _encoder_index(self) -> EncoderIndex:
        """The index of the catalogue as it is now, or of a large one as it was last."""
        index = self._index.now()
        if index.n_tracks == 0 and len(self.catalogue) > 0:
            raise CatalogueError(
                f"The encoder {self.encoder.name!r} has not embedded the {len(self.catalogue)} tracks of"
                f" {self.catalogue.path} yet. Embed them first: synesthete.catalogue.embed_missing."
            )
        return index

    @property
    def scale(self) -> SimilarityScale:
        """What a cosine of whole tracks means in this catalogue; a result carries the scale that fits it."""
        return self._encoder_index().scale

    @property
    def space(self) -> TrackSpace:
        """Which makes vectors of whole tracks in this catalogue, before they are drawn to their neighbours."""
        return self._encoder_index().space

    def vectors(self) -> tuple[tuple[str, ...], np.ndarray]:
        """The tracks as they are compared here; of a large catalogue rather ask for :meth:`vectors_of` some.

        Returns
        -------
        ids : tuple of str, n_tracks long
            Sorted.
        vectors : np.ndarray [shape=(n_tracks, size)], float32, unit length
        """
        return self._encoder_index().vectors()

    def vectors_of(self, ids: Sequence[str]) -> np.ndarray:
        """The vectors of some tracks [n, size], float32, unit length, in their order.

        Raises
        ------
        CatalogueError
            A track is not in the index.
        """
        index = self._encoder_index()
        return index.some_vectors(np.array([self._row(index, track_id) for track_id in ids], dtype=np.int64))

    def nearest(self, track_id: str, k: int, only: TrackFilter = EVERY_TRACK) -> tuple[tuple[str, ...], np.ndarray]:
        """The ``k`` tracks (or all) whose vectors are most alike to that of a track, itself not among them.

        Returns
        -------
        ids : tuple of str
            The most alike first.
        cosines : np.ndarray, float32

        Raises
        ------
        CatalogueError
            The track is not in the index.
        """
        index = self._encoder_index()
        row = self._row(index, track_id)
        is_allowed = index.passing(only).copy()
        is_allowed[row] = False
        cosines, rows = index.nearest_tracks(index.vector(row), k, is_allowed)
        return tuple(index.ids[other] for other in rows.tolist()), cosines

    def nearest_to(self, vector: np.ndarray, k: int) -> tuple[str, ...]:
        """The ``k`` tracks (or all) most alike to a unit vector [size] among them, the most alike first."""
        index = self._encoder_index()
        return tuple(index.ids[row] for row in index.nearest_tracks(vector, k)[1].tolist())

    def mix(self, more: Sequence[str], less: Sequence[str], options: SearchOptions = DEFAULT_OPTIONS) -> MixResult:
        """The tracks most alike to some tracks together and least to others; see :mod:`synesthete.search.mixture`.

        Raises
        ------
        OptionError
            No track is added, one is both added and taken away, or nothing is left of their sum.
        CatalogueError
            A track is not in the index.
        """
        return mix(self._encoder_index(), self.catalogue, more, less, options)

    def ids_passing(self, only: TrackFilter) -> tuple[str, ...]:
        """The tracks that pass a filter, sorted."""
        index = self._encoder_index()
        return tuple(index.ids[row] for row in np.flatnonzero(index.passing(only)).tolist())

    def near(self, points: np.ndarray, n: int) -> tuple[str, ...]:
        """The tracks that are among the ``n`` most alike to one of some unit vectors [m, size], sorted by id."""
        index = self._encoder_index()
        rows = np.unique(np.concatenate([index.nearest_tracks(point, n)[1] for point in points]))
        return tuple(index.ids[row] for row in rows.tolist())

    def _row(self, index: EncoderIndex, track_id: str) -> int:
        if track_id not in index.row_of:
            raise CatalogueError(
                f"The track {track_id!r} is not in the index of {self.catalogue.path}. Index the catalogue again:"
                " synesthete index."
            )
        return index.row_of[track_id]

    @property
    def vectors_revision(self) -> str:
        """Of :meth:`vectors`: what is derived from them is bound to it."""
        return self._encoder_index().vectors_revision

    def vector_of(self, embedding: Embedding) -> np.ndarray:
        """Where a sound lies among the tracks [size], float32, unit length; as :attr:`SearchResult.vector`."""
        self._check(embedding)
        index = self._encoder_index()
        likeliest = self._recognise(self._segments_of(embedding), index, "", [])
        return _between(index.place(embedding.track_features), index, likeliest)

    def _segments_of(self, embedding: Embedding) -> SegmentVectors:
        starts = np.array([segment.start_seconds for segment in embedding.segments])
        return SegmentVectors.of(embedding.segment_vectors, starts, self.encoder.hop_seconds)

    @property
    def track_ids(self) -> Sequence[str]:
        """The tracks that can be found, sorted."""
        return self._encoder_index().ids_there

    def knows(self, track_id: str) -> bool:
        """Whether a track can be found."""
        return self._encoder_index().has(track_id)

    def search(
        self,
        source: str | Path | bytes | Clip,
        options: SearchOptions = DEFAULT_OPTIONS,
        *,
        name: str = "",
        on_progress: Progress | None = None,
    ) -> SearchResult:
        """Find the tracks that sound most like a sound.

        Parameters
        ----------
        source : str, Path, bytes or Clip
            A file, its contents, or a clip already decoded.
        options : SearchOptions
        name : str
            What to call the sound in messages, where it has no path.
        on_progress : callable(stage : str, fraction : float in [0, 1]), optional
            Called as each stage begins, and with 1 at the end.

        Raises
        ------
        AudioError
            The sound cannot be used.
        """
        stages = Stages(on_progress)
        with stages.stage("decode"):
            clip = source if isinstance(source, Clip) else read_clip(source, name=name)
        with stages.stage("spectrogram"):
            spectrograms = compute_spectrograms(clip)
        with stages.stage("embed"):
            embedding = self.encoder.embed(clip, spectrograms)
        with stages.stage("search"):
            result = self._find(embedding, options, clip.seconds, own_id=content_id(clip))
        return replace(result, clip=clip, spectrograms=spectrograms, timings=stages.seconds)

    def search_track(self, track_id: str, options: SearchOptions = DEFAULT_OPTIONS) -> SearchResult:
        """Find what sounds like a track of the catalogue, by its vectors; it is never a match itself.

        Raises
        ------
        CatalogueError
            The track is unknown, or this encoder has not embedded it.
        """
        track = self.catalogue.track(track_id)
        fingerprint = self.encoder.fingerprint
        segments, segment_vectors = self.catalogue.segments(track_id, fingerprint)
        features = self.catalogue.features_of(track_id, fingerprint)
        embedding = Embedding(features, segment_vectors, segments, fingerprint)
        return self._timed(embedding, options, track.seconds or None, query_track_id=track_id, is_track=True)

    def search_embedding(
        self,
        embedding: Embedding,
        options: SearchOptions = DEFAULT_OPTIONS,
        query_track_id: str | None = None,
        clip: Clip | None = None,
    ) -> SearchResult:
        """Find what sounds like an embedding made by this engine's encoder.

        Parameters
        ----------
        embedding : Embedding
        options : SearchOptions
        query_track_id : str, optional
            The track of the catalogue that it was made from, which is then never a match.
        clip : Clip, optional
            The sound that it was made from; the answer is then the one :meth:`search` gives.

        Raises
        ------
        EncoderError
            The embedding was made by another encoder, or with other settings.
        """
        seconds, own_id = (clip.seconds, content_id(clip)) if clip else (None, "")
        return self._timed(embedding, options, seconds, own_id=own_id, query_track_id=query_track_id or "")

    def _timed(
        self,
        embedding: Embedding,
        options: SearchOptions,
        seconds: float | None,
        *,
        own_id: str = "",
        query_track_id: str,
        is_track: bool = False,
    ) -> SearchResult:
        stages = Stages(None)
        with stages.stage("search"):
            result = self._find(embedding, options, seconds, own_id, query_track_id, is_track)
        return replace(result, timings=stages.seconds)

    def _find(
        self,
        embedding: Embedding,
        options: SearchOptions,
        seconds: float | None,
        own_id: str = "",
        query_track_id: str = "",
        is_track: bool = False,
    ) -> SearchResult:
        self._check(embedding)
        index = self._encoder_index()
        own_id = own_id if index.has(own_id) else ""
        if seconds is None:
            seconds = max(segment.start_seconds + segment.seconds for segment in embedding.segments)
        segments = self._segments_of(embedding)
        query_row = index.row_of.get(query_track_id)
        likeliest = None
        if is_track and query_row is not None:
            vector = index.vector(query_row)
        else:
            without = [] if query_row is None else [query_row]
            likeliest = self._recognise(segments, index, own_id, without)
            vector = _between(index.place(embedding.track_features, without), index, likeliest)
        is_snippet = seconds < SNIPPET_SECONDS and self._calibration is None
        is_passage = options.compare == "passage" or (options.compare == "auto" and is_snippet)
        known_id = index.ids[likeliest.row] if likeliest and likeliest.is_certain else own_id
        blended = Blended(options.blend, vector, index) if options.blend and not is_passage else None
        query = Query(vector, segments, is_passage, known_id, query_track_id, blended)
        selection = select(query, index, self.catalogue, options)
        scale = blended.scale() if blended else index.scale
        if is_passage:
            scale = index.scale_of_passages(max(segments.n_sounding, 1))
        return SearchResult(
            matches=tuple(selection.matches),
            same_recording=tuple(selection.same_recording),
            compared="passage" if is_passage else "track",
            scale=scale,
            n_tracks=index.n_tracks,
            n_hidden={reason: selection.n_hidden[reason] for reason in HIDING_REASONS},
            embedding=embedding,
            vector=vector,
            recognised=self._named(likeliest, segments, index),
            blend=options.blend if blended else None,
            n_open=int(np.count_nonzero(index.passing(options.only))),
        )

    def _recognise(
        self, segments: SegmentVectors, index: EncoderIndex, own_id: str, without: list[int]
    ) -> Recognition | None:
        if own_id and index.row_of[own_id] not in without:  # the very same samples
            return Recognition(index.row_of[own_id], certainty=1.0, cosine=1.0)
        return recognise(segments, index, self._calibration, without) if self._calibration else None

    def _named(self, likeliest: Recognition | None, segments: SegmentVectors, index: EncoderIndex) -> Match | None:
        if likeliest is None or not likeliest.is_certain:
            return None
        passage = best_passages(segments, index.segment_vectors([likeliest.row]), LONGEST_RUN)
        return Match(
            self.catalogue.track(index.ids[likeliest.row]),
            cosine=float(np.clip(likeliest.cosine, -1, 1)),
            offset_seconds=float(passage.offset_seconds[0]),
            query_offset_seconds=float(passage.query_offset_seconds[0]),
            is_same_recording=True,
        )

    def _check(self, embedding: Embedding) -> None:
        if embedding.fingerprint != self.encoder.fingerprint:
            raise EncoderError(
                f"The embedding carries fingerprint {embedding.fingerprint!r}, not that of the encoder"
                f" {self.encoder.name!r}, {self.encoder.fingerprint!r}. Embed the sound with it."
            )


def _between(vector: np.ndarray, index: EncoderIndex, likeliest: Recognition | None) -> np.ndarray:
    """What to ask with: the vector of the likeliest recording as the catalogue has it, as far as it is certain.

    What a phone and a room have done to a sound is then forgotten. Where it is less than certain, its recording comes
    among the first; and where it is not here at all, what is nearest in step sounds much like it, and clean.
    """
    if likeliest is None:
        return vector
    share = np.float32(likeliest.certainty)
    return unit((1 - share) * vector + share * index.vector(likeliest.row))
