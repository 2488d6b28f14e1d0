"""What filters cost, what they hide, and that they follow the catalogue."""

import dataclasses

import numpy as np
import pytest

from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Embedding, unit
from synesthete.search import SearchEngine, SearchOptions
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.filters import HIDING_REASONS, select
from synesthete.search.nearest import VectorIndex
from synesthete.search.passages import SegmentVectors
from synesthete.search.ranking import Query, Ranking
from synesthete.tracks import Segment, Track
from tests.catalogues import ENCODER, HOP, SIZE, embedding_of, fill, walk

N_TRACKS = 400


@pytest.fixture
def catalogue(tmp_path, rng):
    with Catalogue.open(tmp_path / "catalogue.sqlite") as opened, opened.transaction():
        fill(opened, rng, N_TRACKS, (2, 30))
        yield opened


@pytest.fixture
def index(catalogue):
    """One that reads segments when they are needed, as that of a large catalogue."""
    return EncoderIndex(catalogue, ENCODER, small_up_to=0)


class Work:
    """What a search asks of the catalogue and of the index."""

    def __init__(self, catalogue, monkeypatch):
        self.segments_read, self.tracks_read, self.n_lookups = [], [], 0
        segments_of, tracks, search = catalogue.segments_of, catalogue.tracks, VectorIndex.search

        def counted_segments(ids, fingerprint):
            self.segments_read += ids
            return segments_of(ids, fingerprint)

        def counted_tracks(ids=None):
            ids = list(ids)
            self.tracks_read += ids
            return tracks(ids)

        def counted_search(index, queries, k, is_allowed=None):
            self.n_lookups += 1
            return search(index, queries, k, is_allowed)

        monkeypatch.setattr(catalogue, "segments_of", counted_segments)
        monkeypatch.setattr(catalogue, "tracks", counted_tracks)
        monkeypatch.setattr(VectorIndex, "search", counted_search)


@pytest.mark.parametrize(
    "options",
    [
        SearchOptions(),
        SearchOptions(k=50),
        SearchOptions(max_seconds=1.0),
        SearchOptions(max_seconds=8.0),
        SearchOptions(k=50, max_per_artist=1),
        SearchOptions(min_similarity=1.0),
        SearchOptions(max_seconds=20.0, max_per_artist=2, min_similarity=0.2),
        SearchOptions(max_seconds=1.0, hide_duplicates=False),
    ],
    ids=str,
)
def test_a_search_reads_little_however_much_a_filter_rejects(catalogue, index, rng, monkeypatch, options):
    vectors = walk(rng, 8)
    query = Query(unit(vectors.mean(axis=0)), SegmentVectors.of(vectors, HOP * np.arange(8), HOP), is_passage=False)
    work = Work(catalogue, monkeypatch)
    found = select(query, index, catalogue, options)
    assert len(work.segments_read) == len(set(work.segments_read)) <= 3 * options.k
    assert len(work.tracks_read) == len(found.matches) + len(found.same_recording)
    assert work.n_lookups <= 4


def test_what_stands_far_down_is_not_hidden_from_the_first(catalogue, rng):
    """With k = 1 and one short track at the very end, 399 were said to be kept from the first place."""
    engine = SearchEngine(catalogue, ENCODER)
    query = embedding_of(walk(rng, 8))
    ranked = engine.search_embedding(query, SearchOptions(k=N_TRACKS, compare="track", hide_duplicates=False)).matches
    last = ranked[-1].track
    catalogue.add_track(dataclasses.replace(last, seconds=0.5))
    result = engine.search_embedding(query, SearchOptions(k=1, max_seconds=1.0, compare="track"))
    assert [match.track.track_id for match in result.matches] == [last.track_id]
    assert result.n_hidden == dict.fromkeys(HIDING_REASONS, 0) | {"too long": 1}


@pytest.mark.parametrize("options", [SearchOptions(max_seconds=1.0), SearchOptions(min_similarity=1.0)], ids=str)
def test_the_own_recording_is_found_although_it_is_hidden(catalogue, options):
    engine = SearchEngine(catalogue, ENCODER)
    track = max(catalogue.tracks(), key=lambda track: track.seconds)
    segments, vectors = catalogue.segments(track.track_id, ENCODER.fingerprint)
    noisy = unit(vectors + 0.01 * np.random.default_rng(1).normal(size=vectors.shape))
    query = Embedding(unit(noisy.mean(axis=0)), noisy, segments, ENCODER.fingerprint)
    result = engine.search_embedding(query, options)
    assert [match.track for match in result.same_recording] == [track]
    assert result.matches == ()
    assert sum(result.n_hidden.values()) == options.k
    shown = engine.search_embedding(query, dataclasses.replace(options, hide_duplicates=False))
    assert shown.matches == shown.same_recording == ()


def test_new_tags_are_followed_without_a_new_index(catalogue, rng):
    engine = SearchEngine(catalogue, ENCODER)
    query = embedding_of(walk(rng, 8))
    options = SearchOptions(max_per_artist=1, max_seconds=100.0, compare="track")
    scale = engine.scale
    first, second = engine.search_embedding(query, SearchOptions(k=2, compare="track")).matches
    catalogue.add_track(dataclasses.replace(first.track, artist="Zoe"))
    catalogue.add_track(dataclasses.replace(second.track, artist="ZOE "))
    result = engine.search_embedding(query, options)
    assert result.matches[0].track.track_id == first.track.track_id
    assert second.track.track_id not in [match.track.track_id for match in result.matches]
    catalogue.add_track(dataclasses.replace(first.track, seconds=101.0))
    assert engine.search_embedding(query, options).matches[0].track.track_id == second.track.track_id
    assert engine.scale is scale


@pytest.mark.parametrize("is_passage", [False, True])
def test_a_ranking_goes_on_where_it_stopped(index, rng, is_passage):
    vectors = walk(rng, 3)
    query = Query(vectors[1], SegmentVectors.of(vectors, HOP * np.arange(3), HOP), is_passage, excluded_id="017")
    at_once = Ranking(query, index, 1000).take(N_TRACKS)
    assert sorted(place.row for place in at_once) == [row for row in range(N_TRACKS) if row != 17]
    ranking, in_parts = Ranking(query, index, 1), []
    while part := ranking.take(23):
        in_parts += part
    assert sorted(place.row for place in in_parts) == sorted(place.row for place in at_once)
    if not is_passage:
        assert in_parts == at_once
    is_even = np.arange(N_TRACKS) % 2 == 0
    ranking = Ranking(query, index, 1)
    top = ranking.take(10)
    rest = [place.row for place in ranking.take(N_TRACKS, is_even)]
    assert set(rest) == {row for row in range(0, N_TRACKS, 2) if row not in {place.row for place in top}}
    assert ranking.take(5, is_even) == []


def with_silence(vectors):
    return np.concatenate([vectors, np.zeros((25, SIZE), np.float32)])


def test_silence_is_no_likeness(tmp_path, rng):
    """Pieces that all end in a minute of silence: two recordings of one are one, and no two others are."""
    with Catalogue.open(tmp_path / "silence.sqlite") as catalogue:
        fill(catalogue, rng, 30, (8, 12), change=with_silence)
        segments, vectors = catalogue.segments("007", ENCODER.fingerprint)
        sounding = vectors[vectors.any(axis=1)]
        noisy = unit(sounding + 0.01 * rng.normal(size=sounding.shape))
        catalogue.add_track(Track("again", "without the silence"))
        embedding = Embedding(unit(noisy.mean(axis=0)), noisy, segments[: len(noisy)], ENCODER.fingerprint)
        catalogue.put_embedding("again", ENCODER, embedding)
        engine = SearchEngine(catalogue, ENCODER)
        for compare in ("track", "passage"):
            result = engine.search_track("007", SearchOptions(k=40, compare=compare))
            assert [match.track.track_id for match in result.same_recording] == ["again"]
            assert len(result.matches) == 29
            for match in result.matches:
                segments, vectors = catalogue.segments(match.track.track_id, ENCODER.fingerprint)
                number = [segment.start_seconds for segment in segments].index(match.offset_seconds)
                assert vectors[number].any()


def test_a_silent_entry_is_like_nothing(tmp_path, rng):
    with Catalogue.open(tmp_path / "silence.sqlite") as catalogue:
        fill(catalogue, rng, 10)
        catalogue.add_track(Track("silent", "silent"))
        nothing = np.zeros((4, SIZE), np.float32)
        segments = tuple(Segment(HOP * number, 5.0) for number in range(4))
        catalogue.put_embedding("silent", ENCODER, Embedding(nothing[0], nothing, segments, ENCODER.fingerprint))
        engine = SearchEngine(catalogue, ENCODER)
        for compare in ("track", "passage"):
            result = engine.search_track("003", SearchOptions(k=20, compare=compare))
            assert {match.track.track_id: match.cosine for match in result.matches}["silent"] == 0
            asked = engine.search_track("silent", SearchOptions(k=20, compare=compare))
            assert asked.same_recording == ()
            assert {match.cosine for match in asked.matches} == {0}
