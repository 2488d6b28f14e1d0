"""Why a match matches: what of both is alike, where in both pictures, and which of their seconds go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synesthete.audio import Clip, read_passage
from synesthete.encoders.base import Embedding, Encoder
from synesthete.encoders.segments import Segments
from synesthete.errors import AudioError
from synesthete.explain.alignment import Alignment, path_through
from synesthete.explain.picture import Attribution, PictureSpace, attribute
from synesthete.explain.sentence import sentence
from synesthete.explain.shares import Share, shares
from synesthete.search import SearchEngine, SearchResult
from synesthete.search.blend import Blend, factors, reweighted
from synesthete.search.passages import RUN, SegmentVectors, best_passages
from synesthete.spectrogram import compute_spectrogram
from synesthete.tracks import Match, Segment, Track

LEAST_COSINE = 0.05  # of two pictures; below it there is no likeness to be explained
LEAST_GAIN = 1.5  # how many times more than others the marked places must carry to be shown


@dataclass(frozen=True, eq=False)
class Query:
    """The sound whose matches are explained.

    Attributes
    ----------
    embedding : Embedding
    clip : Clip, optional
        Its sound, where it is in memory; else it is read from the track's file.
    track_id : str
        The track of the catalogue that it is, or is a piece of; empty where it is none.
    compared : {"track", "passage"}
        How the matches were found.
    blend : Blend, optional
        What counted how much.
    """

    embedding: Embedding
    clip: Clip | None = None
    track_id: str = ""
    compared: Literal["track", "passage"] = "track"
    blend: Blend | None = None

    @classmethod
    def of_result(cls, result: SearchResult, clip: Clip | None = None, track_id: str = "") -> Query:
        """The sound that was searched with; one that was recognised is compared as the catalogue has it."""
        known_id = result.recognised.track.track_id if result.recognised else track_id
        return cls(result.embedding, clip or result.clip, known_id, result.compared, result.blend)

    @classmethod
    def of_track(cls, engine: SearchEngine, track_id: str) -> Query:
        """A track of the catalogue."""
        return cls(_embedding_of(engine, track_id), track_id=track_id)


@dataclass(frozen=True, eq=False)
class Seen:
    """A passage as the encoders see it.

    Attributes
    ----------
    image : np.ndarray [shape=(3, n_bins, n_frames)], float32 in [0, 1]
        The stacked image.
    start_seconds, seconds : float [s]
        Where in the recording it begins, and how long it is.
    """

    image: np.ndarray
    start_seconds: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a match matches.

    Attributes
    ----------
    cosine : float in [-1, 1]
        That of the match.
    parts : tuple of Share
        What each part of the encoder adds to it, the most first; empty where it cannot be told.
    by_neighbours : float
        What the rest comes from: both are drawn to the tracks nearest to them. ``cosine`` is the sum of both.
    seen : tuple of two Seen, or none
        The query's passage and the match's.
    attribution : Attribution, optional
        Where in the two pictures their likeness lies, for an encoder that looks at them.
    words : tuple of str
        What a tagger calls both.
    alignment : Alignment
    sentence : str
        In a listener's words.
    notes : tuple of str
        What could not be explained, and why.
    """

    cosine: float
    parts: tuple[Share, ...]
    by_neighbours: float
    seen: tuple[Seen, ...]
    attribution: Attribution | None
    words: tuple[str, ...]
    alignment: Alignment
    sentence: str
    notes: tuple[str, ...]


def explain_match(engine: SearchEngine, query: Query, match: Match) -> Explanation:
    """Explain a match; of the files only the passage that matches is read.

    Parameters
    ----------
    engine : SearchEngine
        That found it.
    query : Query
    match : Match
        Its cosine is what is explained; any two tracks of the catalogue may be asked about.

    Raises
    ------
    CatalogueError
        The track is unknown, or the engine's encoder has not embedded it.
    """
    encoder = engine.encoder
    other = _embedding_of(engine, match.track.track_id)
    alignment, run = _align(encoder, query.embedding, other)
    notes: list[str] = []
    parts = _parts(engine, query, other, run)
    if len(parts) < 2:
        parts = ()
        notes.append(f"The encoder {encoder.name} compares all that it hears at once: it has no parts to tell apart.")
    seen = _see(engine, query, other, match.track, alignment.best, notes)
    attribution = _attribute(encoder, seen, notes)
    words = _shared_words(engine, query, match.track)
    is_known = attribution is not None or bool(seen)
    return Explanation(
        cosine=match.cosine,
        parts=parts,
        by_neighbours=match.cosine - sum(part.amount for part in parts) if parts else 0.0,
        seen=seen,
        attribution=attribution,
        words=words,
        alignment=alignment,
        sentence=sentence(parts, attribution, [one.image for one in seen] if is_known else [], words),
        notes=tuple(notes),
    )


def _embedding_of(engine: SearchEngine, track_id: str) -> Embedding:
    fingerprint = engine.encoder.fingerprint
    segments, vectors = engine.catalogue.segments(track_id, fingerprint)
    return Embedding(engine.catalogue.features_of(track_id, fingerprint), vectors, segments, fingerprint)


Run = tuple[np.ndarray, np.ndarray]  # which segments of the query and of the match are compared, in step


def _align(encoder: Encoder, query: Embedding, match: Embedding) -> tuple[Alignment, Run]:
    """Segments against segments; and the passage, as the search defines it."""
    starts = [np.array([segment.start_seconds for segment in side.segments]) for side in (query, match)]
    one, other = (
        SegmentVectors.of(side.segment_vectors, begins, encoder.hop_seconds)
        for side, begins in zip((query, match), starts, strict=True)
    )
    passage = best_passages(one, other)
    row = int(np.abs(starts[0] - passage.query_offset_seconds[0]).argmin())
    column = int(np.abs(starts[1] - passage.offset_seconds[0]).argmin())
    length = max(1, min(RUN, int(one.run_lengths.max()), int(other.run_lengths.max())))
    run = row + np.arange(length), column + np.arange(length)
    cosines = one.vectors @ other.vectors.T
    place = int(cosines[run].argmax())
    best = int(run[0][place]), int(run[1][place])
    seconds = match.segments[best[1]].seconds
    return Alignment(cosines, starts[0], starts[1], seconds, best, path_through(cosines, best)), run


def _parts(engine: SearchEngine, query: Query, match: Embedding, run: Run) -> tuple[Share, ...]:
    if query.compared == "passage":
        encoder = engine.encoder
        slices = encoder.components
        return shares(query.embedding.segment_vectors[run[0]], match.segment_vectors[run[1]], slices)
    features = query.embedding.track_features
    if query.track_id:
        features = engine.catalogue.features_of(query.track_id, engine.encoder.fingerprint)
    one, other = engine.space(features), engine.space(match.track_features)
    if query.blend is not None:
        weights = factors(query.blend, engine.space.parts, len(one))
        one, other = reweighted(one, weights), reweighted(other, weights)
    return shares(one[None], other[None], engine.space.parts)


def _see(
    engine: SearchEngine, query: Query, match: Embedding, track: Track, best: tuple[int, int], notes: list[str]
) -> tuple[Seen, ...]:
    """Both passages as pictures; none, and a note, where one of them is not here."""
    try:
        asked = engine.catalogue.track(query.track_id) if query.track_id else None
        one = _seen(engine, asked, query.clip, query.embedding.segments[best[0]])
        other = _seen(engine, track, None, match.segments[best[1]])
    except AudioError as error:
        notes.append(f"The pictures cannot be shown. {error}")
        return ()
    return one, other


def _seen(engine: SearchEngine, track: Track | None, clip: Clip | None, segment: Segment) -> Seen:
    if clip is not None:
        samples, rate = _cut(clip, segment), clip.sample_rate_hz
    else:
        path = engine.catalogue.locate(track) if track is not None else None
        if path is None:
            name = f"'{track.title}'" if track is not None else "The sound"
            raise AudioError(f"{name} has no audio here.")
        read = read_passage(path, segment.start_seconds, segment.seconds)
        samples, rate = read.samples, read.sample_rate_hz
    space = PictureSpace.of(engine.encoder)
    spectrogram = compute_spectrogram(samples).inner()
    if space is not None:
        cut = Segments(samples, rate, [0.0], len(samples) / rate, spectrogram)
        image = space.network.inputs(cut)[0]
    else:
        image = spectrogram.stacked_image()
    return Seen(image, segment.start_seconds, len(samples) / rate)


def _cut(clip: Clip, segment: Segment) -> np.ndarray:
    """The samples of a segment, out of the excerpt that it lies in."""
    rate = clip.sample_rate_hz
    excerpt = max(
        (excerpt for excerpt in clip.excerpts if excerpt.start_seconds <= segment.start_seconds + 1e-6),
        key=lambda excerpt: excerpt.start_seconds,
        default=clip.excerpts[0],
    )
    begin = round((segment.start_seconds - excerpt.start_seconds) * rate)
    return excerpt.samples[begin : begin + round(segment.seconds * rate)]


def _attribute(encoder: Encoder, seen: Sequence[Seen], notes: list[str]) -> Attribution | None:
    """Where the likeness of the pictures lies, if it can be told; else a note that says why not."""
    space = PictureSpace.of(encoder)
    if space is None:
        notes.append(
            f"The encoder {encoder.name} does not look at the picture: where in it the likeness lies is not known."
        )
        return None
    if not seen:
        return None
    found = attribute(space, seen[0].image, seen[1].image)
    lost, lost_elsewhere = found.cosine - found.without_marks, found.cosine - found.without_others
    if found.cosine < LEAST_COSINE:
        notes.append("To the picture encoder these passages are not alike: what makes them match lies elsewhere.")
        return None
    if lost <= 0 or lost < LEAST_GAIN * lost_elsewhere:
        notes.append("No part of the pictures carries the likeness more than others: it lies in all of them.")
        return None
    return found


def _shared_words(engine: SearchEngine, query: Query, track: Track) -> tuple[str, ...]:
    catalogue = engine.catalogue
    if query.track_id:
        asked = catalogue.words_of([query.track_id]).get(query.track_id, ())
    else:
        asked = catalogue.words_for(query.embedding.tags)
    return tuple(word for word in catalogue.words_of([track.track_id]).get(track.track_id, ()) if word in asked)
