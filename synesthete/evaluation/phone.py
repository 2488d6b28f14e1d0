"""What a listener finds who holds a phone into a room: 8 s of a track, searched for as the app searches.

Whether the track is found and named, whether what sounds alike is of its kind, and whether it is what the same passage
finds without the phone (:func:`synesthete.evaluation.robustness.through_phone`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from synesthete.audio import clip_from_samples, read_clip
from synesthete.evaluation.ranking import Retrieval, ranking_retrieval
from synesthete.evaluation.robustness import DEPTHS, PASSAGE_SECONDS, RecallAtK, sample_tracks, through_phone
from synesthete.search import SearchEngine, SearchOptions, SearchResult
from synesthete.tracks import Match, Track

TEN = 10
FEW = SearchOptions(k=TEN + 5, hide_duplicates=False)  # other versions of the song are left out of them
RANKING_DEPTH = 2_000  # places of a ranking that count for the average precision; all of a smaller catalogue


@dataclass(frozen=True)
class Overlap:
    """What of the first ten matches of a passage is still there when it comes through a phone.

    Attributes
    ----------
    share, share_without_song : float in [0, 1]
        Of the ten matches of the phone recording, those among the ten of the clean passage; and the same where the song
        and its versions are left out of the candidates.
    chance : float in [0, 1]
        What ten matches drawn at random give.
    n_queries : int > 0
    """

    share: float
    share_without_song: float
    chance: float
    n_queries: int


@dataclass(frozen=True)
class Recognition:
    """What is named as the recording that was heard.

    Attributes
    ----------
    named : float in [0, 1]
        Share of the queries for which a recording is named.
    right : float in [0, 1]
        Share of those named that are the song, or a version of it; not-a-number if none is.
    named_without_song : float in [0, 1]
        Share of the queries for which another recording is named where the song is left out of the candidates.
    n_queries : int > 0
    """

    named: float
    right: float
    named_without_song: float
    n_queries: int


@dataclass(frozen=True)
class PhoneMeasures:
    """What passages of tracks find through a phone, at one signal-to-noise ratio.

    Attributes
    ----------
    recall : RecallAtK
        Of the track, or a version of it.
    genre : Retrieval
        Of the other tracks of its genre.
    ten : Overlap
    recognition : Recognition
    """

    recall: RecallAtK
    genre: Retrieval
    ten: Overlap
    recognition: Recognition


@dataclass
class _Heard:
    """One query: the track it was made from, and what was found with it."""

    track: Track
    clean: SearchResult
    phone: SearchResult
    clean_without: SearchResult
    without_song: SearchResult


def phone_measures(
    engine: SearchEngine,
    snrs_db: Sequence[float],
    max_tracks: int,
    filters: Sequence[str] = ("artist",),
    on_progress: Callable[[float], None] | None = None,
) -> dict[float, PhoneMeasures]:
    """Search the catalogue for passages of its tracks, clean and recorded by a phone.

    Parameters
    ----------
    engine : SearchEngine
    snrs_db : sequence of float [dB]
    max_tracks : int > 0
        At most so many tracks, evenly spread over the catalogue, are asked for.
    filters : sequence of {"artist", "album"}
        What a track of the same genre must not share with the one asked for.
    on_progress : callable(fraction), optional

    Returns
    -------
    dict of float to PhoneMeasures
        By signal-to-noise ratio.

    Raises
    ------
    AudioError
        An audio file is missing.
    OptionError
        No track is long enough.
    """
    heard: dict[float, list[_Heard]] = {snr_db: [] for snr_db in snrs_db}
    options = SearchOptions(k=min(max(len(engine.track_ids), 1), RANKING_DEPTH), hide_duplicates=False)
    known = set(engine.track_ids)
    tracks = [track for track in sample_tracks(engine.catalogue, max_tracks) if track.track_id in known]
    for number, track in enumerate(tracks):
        if on_progress:
            on_progress(number / len(tracks))
        clip = read_clip(engine.catalogue.audio_path(track), name=track.title)
        samples = max((excerpt.samples for excerpt in clip.excerpts), key=len)
        passage = draw_passage(_rng(track), samples, clip.sample_rate_hz)
        clean = engine.search(clip_from_samples(passage, clip.sample_rate_hz, name=track.title), options)
        clean_without = engine.search_embedding(clean.embedding, FEW, query_track_id=track.track_id, clip=clean.clip)
        for snr_db in snrs_db:
            rng = _rng(track)
            passage = draw_passage(rng, samples, clip.sample_rate_hz)
            recorded = through_phone(rng, passage, clip.sample_rate_hz, snr_db)
            query = clip_from_samples(recorded, clip.sample_rate_hz, name=track.title)
            embedding = engine.encoder.embed(query)
            found = engine.search_embedding(embedding, options, clip=query)
            without_song = engine.search_embedding(embedding, FEW, query_track_id=track.track_id, clip=query)
            heard[snr_db].append(_Heard(track, clean, found, clean_without, without_song))
    return {snr_db: _measures(engine, queries, filters) for snr_db, queries in heard.items()}


def _measures(engine: SearchEngine, heard: list[_Heard], filters: Sequence[str]) -> PhoneMeasures:
    return PhoneMeasures(
        recall=RecallAtK.from_ranks([_rank(query) for query in heard]),
        genre=_genre(engine, heard, filters),
        ten=_overlap(heard, len(engine.track_ids)),
        recognition=_recognition(heard),
    )


def _rng(track: Track) -> np.random.Generator:
    return np.random.default_rng([int(track.track_id[:8], 16), 8])


def draw_passage(
    rng: np.random.Generator, samples: np.ndarray, sample_rate_hz: int, seconds: float = PASSAGE_SECONDS
) -> np.ndarray:
    """A passage of a sound: the loudest of three drawn at random, so that it is hardly ever silent.

    Parameters
    ----------
    rng : np.random.Generator
    samples : np.ndarray [shape=(n_samples,)]
    sample_rate_hz : int > 0 [Hz]
    seconds : float > 0 [s]
        How long; a shorter sound is taken whole.

    Returns
    -------
    np.ndarray [shape=(n,)]
        A view of ``samples``.
    """
    length = min(round(seconds * sample_rate_hz), len(samples))
    starts = rng.integers(0, len(samples) - length + 1, size=3)
    loudest = max(starts, key=lambda start: float(np.square(samples[start : start + length]).sum()))
    return samples[loudest : loudest + length]


def _is_song(query: _Heard, other: Track) -> bool:
    """Whether a track is the one asked for, or another version of it."""
    is_version = other.title == query.track.title and abs(other.seconds - query.track.seconds) < 1
    return other.track_id == query.track.track_id or is_version


def _rank(query: _Heard) -> int:
    """Rank of the song from 1; one past the last that counts if it was not found."""
    found = query.phone.matches[: max(DEPTHS)]
    return next((rank for rank, match in enumerate(found, start=1) if _is_song(query, match.track)), max(DEPTHS) + 1)


def _genre(engine: SearchEngine, heard: list[_Heard], filters: Sequence[str]) -> Retrieval:
    tracks = engine.catalogue.tracks(engine.track_ids)
    row_of = {track.track_id: row for row, track in enumerate(tracks)}
    columns = [[getattr(track, name).strip().casefold() for track in tracks] for name in ("genre", *filters)]
    neighbours = np.full((len(heard), min(len(tracks), RANKING_DEPTH)), -1)
    for number, query in enumerate(heard):
        rows = [row_of[match.track.track_id] for match in query.phone.matches]
        neighbours[number, : len(rows)] = rows
    return ranking_retrieval(neighbours, [row_of[query.track.track_id] for query in heard], columns[0], columns[1:])


def _overlap(heard: list[_Heard], n_tracks: int) -> Overlap:
    shares = [_shared(query.phone.matches, query.clean.matches) for query in heard]
    pairs = [(query, (query.without_song, query.clean_without)) for query in heard]
    others = [[_without_song(query, result.matches) for result in results] for query, results in pairs]
    without_song = [_shared(*pair) for pair in others if pair[0]]
    chance = min(TEN / n_tracks, 1.0)
    return Overlap(_mean(shares), _mean(without_song), chance, len(heard))


def _without_song(query: _Heard, matches: Sequence[Match]) -> list[Match]:
    return [match for match in matches if not _is_song(query, match.track)]


def _shared(matches: Sequence[Match], others: Sequence[Match]) -> float:
    """Share of the first ten that are among the others' first ten."""
    first, second = ({match.track.track_id for match in found[:TEN]} for found in (matches, others))
    return len(first & second) / len(first)


def _recognition(heard: list[_Heard]) -> Recognition:
    named = [(query, query.phone.recognised.track) for query in heard if query.phone.recognised]
    others = [(query, query.without_song.recognised.track) for query in heard if query.without_song.recognised]
    return Recognition(
        named=len(named) / len(heard),
        right=_mean([_is_song(query, track) for query, track in named]),
        named_without_song=sum(not _is_song(query, track) for query, track in others) / len(heard),
        n_queries=len(heard),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
