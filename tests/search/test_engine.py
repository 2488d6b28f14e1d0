"""Searches agree with brute force for every option, and odd catalogues and queries get sensible answers."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synesthete import encoders, sampler
from synesthete.audio import Clip, Excerpt, content_id
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Embedding, unit
from synesthete.errors import CatalogueError, EncoderError, OptionError
from synesthete.search import SearchEngine, SearchOptions, search
from synesthete.search.duplicates import is_part, is_version
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.filters import HIDING_REASONS
from synesthete.search.passages import SegmentVectors, best_passages
from synesthete.tracks import Track
from tests.catalogues import ENCODER, HOP, RATE, SIZE, embedding_of, fill, fitted_by_hand, walk


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue.open(tmp_path / "catalogue.sqlite") as opened:
        yield opened


@pytest.fixture
def engine(catalogue, rng):
    fill(catalogue, rng, 60)
    return SearchEngine(catalogue, ENCODER)


def segments_of(catalogue, track_id, fingerprint=ENCODER.fingerprint):
    segments, vectors = catalogue.segments(track_id, fingerprint)
    return SegmentVectors.of(vectors, np.array([segment.start_seconds for segment in segments]), HOP)


def brute_force(catalogue, embedding, options, compared, fitted=None):
    """The ids that must be found: no index, one track after another, the rules in order.

    ``fitted`` are the tracks' vectors by id, and that of the query, where the encoder fits the library.
    """
    query = SegmentVectors.of(
        embedding.segment_vectors, np.array([segment.start_seconds for segment in embedding.segments]), HOP
    )
    scored = []
    for track in catalogue.tracks():
        vector = fitted[0][track.track_id] if fitted else catalogue.features_of(track.track_id, embedding.fingerprint)
        own = fitted[1] if fitted else embedding.track_features
        segments = segments_of(catalogue, track.track_id, embedding.fingerprint)
        cosine = best_passages(query, segments).cosines[0] if compared == "passage" else vector @ own
        scored.append((-float(cosine), track, segments))
    chosen, same, by_artist, hidden = [], [], {}, dict.fromkeys(HIDING_REASONS, 0)
    n_places = 0
    for cosine, track, segments in sorted(scored, key=lambda entry: (entry[0], entry[1].track_id)):
        artist = track.artist.strip().lower()
        if len(chosen) == options.k:
            break
        reason = ""
        if options.max_seconds is not None and track.seconds > options.max_seconds:
            reason = "too long"
        elif artist and options.max_per_artist and by_artist.get(artist, 0) >= options.max_per_artist:
            reason = "artist"
        elif -cosine < options.min_similarity:
            reason = "below minimum"
        elif options.hide_duplicates and any(is_version(other, segments, HOP) for _, other in chosen):
            reason = "duplicates"
        is_top = n_places < options.k
        is_own = is_part(query, segments) or is_version(query, segments, HOP)
        if is_own and options.hide_duplicates and (is_top or not reason):
            same.append(track.track_id)
            continue
        n_places += 1
        if reason:
            hidden[reason] += is_top
            continue
        chosen.append((track.track_id, segments))
        by_artist[artist] = by_artist.get(artist, 0) + 1
    return [track_id for track_id, _ in chosen], same, hidden


options_drawn = st.builds(
    SearchOptions,
    k=st.integers(1, 70),
    min_similarity=st.sampled_from([-1.0, 0.0, 0.3, 0.9]),
    max_per_artist=st.sampled_from([None, 1, 3]),
    hide_duplicates=st.booleans(),
    max_seconds=st.sampled_from([None, 8.0, 20.0]),
    compare=st.sampled_from(["auto", "track", "passage"]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(options=options_drawn, n_segments=st.integers(1, 9), seed=st.integers(0, 2**31))
def test_agrees_with_brute_force(engine, options, n_segments, seed):
    embedding = embedding_of(walk(np.random.default_rng(seed), n_segments))
    result = engine.search_embedding(embedding, options)
    is_short = HOP * (n_segments - 1) + 5 < 15
    expected = {"auto": "passage" if is_short else "track"}.get(options.compare, options.compare)
    assert result.compared == expected
    ids, same, hidden = brute_force(engine.catalogue, embedding, options, expected)
    assert [match.track.track_id for match in result.matches] == ids
    assert [match.track.track_id for match in result.same_recording] == same
    assert result.n_hidden == hidden
    assert result.n_tracks == 60
    cosines = [match.cosine for match in result.matches]
    assert cosines == sorted(cosines, reverse=True)


def test_the_built_in_catalogue_agrees_with_brute_force():
    with sampler.open_sampler() as built_in:
        encoder = encoders.load("statistics")
        fingerprint = encoder.fingerprint
        engine = SearchEngine(built_in, encoder)
        tracks, place = fitted_by_hand(encoder, built_in)
        for track in built_in.tracks()[::25]:
            segments, vectors = built_in.segments(track.track_id, fingerprint)
            embedding = Embedding(built_in.features_of(track.track_id, fingerprint), vectors, segments, fingerprint)
            for compare in ("track", "passage"):
                options = SearchOptions(compare=compare)
                result = engine.search_embedding(embedding, options)
                ids, same, hidden = brute_force(
                    built_in, embedding, options, compare, (tracks, place(embedding.track_features))
                )
                assert [match.track.track_id for match in result.matches] == ids
                assert [match.track.track_id for match in result.same_recording] == same
                assert track.track_id in same
                assert result.n_hidden == hidden


def test_offsets_point_to_the_likeliest_passage(engine):
    track = next(track for track in engine.catalogue.tracks() if track.seconds > 25)
    vectors = segments_of(engine.catalogue, track.track_id).vectors
    rng = np.random.default_rng(0)
    query = embedding_of(unit(vectors[4:7] + 0.15 * rng.normal(size=(3, SIZE))))
    result = engine.search_embedding(query, SearchOptions(hide_duplicates=False))
    best = result.matches[0]
    assert best.track == track
    assert best.offset_seconds == pytest.approx(4 * HOP + 20)  # behind the gap
    assert best.query_offset_seconds == 0


def test_a_large_catalogue_by_candidates_finds_what_rescoring_all_finds(catalogue, rng, tmp_path):
    fill(catalogue, rng, 120)
    everything = EncoderIndex(catalogue, ENCODER)
    by_candidates = EncoderIndex(catalogue, ENCODER, tmp_path / "index", small_up_to=0)
    for _ in range(10):
        query = SegmentVectors.of(walk(rng, 3), HOP * np.arange(3), HOP)
        cosines, rows = everything.nearest_passages(query, 10)
        found_cosines, found_rows = by_candidates.nearest_passages(query, 10)
        assert len(found_rows) >= 10
        assert set(found_rows[:5]) == set(rows[:5])
        np.testing.assert_allclose(found_cosines[:5], cosines[:5], atol=1e-5)
        assert set(by_candidates.nearest_passages(query, 200)[1]) == set(range(120))
    np.testing.assert_array_equal(
        by_candidates.segment_vectors([7, 3]).vectors, everything.segment_vectors([7, 3]).vectors
    )
    kinds = [path.suffix for path in (tmp_path / "index").iterdir()]
    assert sorted(kinds) == [".codes", ".columns", ".passages", ".store", ".vectors"]


def test_a_track_of_the_catalogue_never_finds_itself(engine):
    for track in engine.catalogue.tracks()[:10]:
        for hide in (True, False):
            result = engine.search_track(track.track_id, SearchOptions(k=100, hide_duplicates=hide))
            found = [match.track.track_id for match in (*result.matches, *result.same_recording)]
            assert track.track_id not in found
            assert len(found) + sum(result.n_hidden.values()) == 59


def add_version(catalogue, rng, track_id, new_id, noise=0.01):
    segments = segments_of(catalogue, track_id)
    track = dataclasses.replace(catalogue.track(track_id), track_id=new_id, path=f"{new_id}.ogg")
    catalogue.add_track(track)
    version = unit(segments.vectors + noise * rng.normal(size=segments.vectors.shape))
    segments = catalogue.segments(track_id, ENCODER.fingerprint)[0]
    catalogue.put_embedding(
        new_id, ENCODER, Embedding(unit(version.mean(axis=0)), version, segments, ENCODER.fingerprint)
    )


def long_track(catalogue):
    return next(track for track in catalogue.tracks() if track.seconds > 22)


def test_versions_of_the_query_stand_apart(engine, rng):
    track = long_track(engine.catalogue)
    add_version(engine.catalogue, rng, track.track_id, "again")
    result = engine.search_track(track.track_id)
    assert [match.track.track_id for match in result.same_recording] == ["again"]
    assert result.same_recording[0].is_same_recording
    assert len(result.matches) == 10
    assert not any(match.is_same_recording for match in result.matches)
    shown = engine.search_track(track.track_id, SearchOptions(hide_duplicates=False))
    assert shown.same_recording == ()
    assert shown.matches[0].track.track_id == "again"
    assert shown.matches[0].is_same_recording


def test_versions_among_the_results_are_hidden(engine, rng):
    track = long_track(engine.catalogue)
    for number in range(3):
        add_version(engine.catalogue, rng, track.track_id, f"again{number}")
    query = embedding_of(unit(segments_of(engine.catalogue, track.track_id).vectors + 0.3 * rng.normal(size=SIZE)))
    result = engine.search_embedding(query, SearchOptions(k=5))
    assert result.n_hidden["duplicates"] == 3
    assert len(result.matches) == 5
    assert len(engine.search_embedding(query, SearchOptions(k=70)).matches) == 60


def test_a_piece_of_a_track_finds_its_track_apart(engine):
    track = long_track(engine.catalogue)
    query = embedding_of(segments_of(engine.catalogue, track.track_id).vectors[4:7])
    result = engine.search_embedding(query)
    assert [match.track for match in result.same_recording] == [track]
    assert track not in [match.track for match in result.matches]


def test_more_matches_than_tracks(engine):
    result = engine.search_embedding(embedding_of(walk(np.random.default_rng(1), 3)), SearchOptions(k=1000))
    assert len(result.matches) == 60


def test_an_empty_catalogue_has_an_empty_answer(catalogue):
    for compare in ("track", "passage"):
        result = search(noise_clip(1), catalogue, ENCODER, SearchOptions(compare=compare))
        assert result.matches == result.same_recording == ()
        assert result.n_tracks == 0


def test_an_encoder_that_has_embedded_nothing_is_named(catalogue):
    catalogue.add_track(Track("a", "a"))
    with pytest.raises(CatalogueError, match="'fake' has not embedded the 1 tracks .*embed_missing"):
        SearchEngine(catalogue, ENCODER)


def test_an_embedding_of_another_encoder_is_refused(engine, rng):
    strange = dataclasses.replace(embedding_of(walk(rng, 3)), fingerprint="f00")
    with pytest.raises(EncoderError, match="carries fingerprint 'f00'"):
        engine.search_embedding(strange)


def test_an_unknown_track_is_named(engine):
    with pytest.raises(CatalogueError, match="no track 'nobody'"):
        engine.search_track("nobody")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 0}, "k is 0; it must be a whole number of at least 1"),
        ({"k": 2.5}, "k is 2.5"),
        ({"k": True}, "k is True"),
        ({"min_similarity": 1.1}, "min_similarity is 1.1; it must be between -1 and 1"),
        ({"min_similarity": float("nan")}, "min_similarity is nan"),
        ({"max_per_artist": 0}, "max_per_artist is 0"),
        ({"max_seconds": 0.0}, "max_seconds is 0.0"),
        ({"max_seconds": float("nan")}, "max_seconds is nan"),
        ({"compare": "genre"}, "compare is 'genre'; it must be one of auto, track, passage"),
    ],
)
def test_options_out_of_range_are_named(change, message):
    with pytest.raises(OptionError, match=message):
        SearchOptions(**change)


def noise_clip(seed, seconds=8.0):
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=int(seconds * RATE)).astype(np.float32)
    samples = np.convolve(samples, rng.normal(size=32), mode="same").astype(np.float32)
    return Clip((Excerpt(0.0, 0.3 * samples / np.abs(samples).max()),), RATE, seconds, f"noise {seed}")


def test_from_sound_to_matches(catalogue):
    clips = [noise_clip(seed) for seed in range(4)]
    for clip in clips:
        track_id = content_id(clip)
        catalogue.add_track(Track(track_id, clip.name, seconds=clip.seconds))
        catalogue.put_embedding(track_id, ENCODER, ENCODER.embed(clip))
    told = []
    engine = SearchEngine(catalogue, ENCODER)
    result = engine.search(clips[2], on_progress=lambda stage, fraction: told.append((stage, fraction)))
    assert [stage for stage, _ in told] == ["decode", "spectrogram", "embed", "search", "search"]
    assert [fraction for _, fraction in told] == [0, 0.25, 0.5, 0.75, 1]
    assert list(result.timings) == ["decode", "spectrogram", "embed", "search"]
    assert [match.track.title for match in result.same_recording] == ["noise 2"]
    assert len(result.matches) == 3
    assert result.clip is clips[2]
    assert len(result.spectrograms) == 1
    assert result.compared == "passage"


def test_the_engine_follows_the_catalogue(catalogue, rng, tmp_path):
    fill(catalogue, rng, 5)
    engine = SearchEngine(catalogue, ENCODER, index_folder=tmp_path / "index")
    before = engine.scale
    assert engine.search_track("001").n_tracks == 5
    with Catalogue.open(catalogue.path) as elsewhere:
        add_version(elsewhere, rng, "001", "new")
    assert engine.search_track("001").n_tracks == 6
    assert engine.scale is not before
    catalogue.remove("new")
    assert engine.search_track("001").n_tracks == 5
    kept = SearchEngine(catalogue, ENCODER, index_folder=tmp_path / "index")
    assert kept.search_track("001").matches == engine.search_track("001").matches


def test_a_passage_is_measured_on_its_own_scale(engine, rng):
    query = embedding_of(walk(rng, 3))
    by_passage = engine.search_embedding(query, SearchOptions(compare="passage"))
    by_track = engine.search_embedding(query, SearchOptions(compare="track"))
    assert by_track.scale is engine.scale
    assert np.median(by_passage.scale.cosines) > np.median(by_track.scale.cosines)
    # A query from nowhere is as alike to the tracks as chance has it: ranks spread over the scale.
    unlike = [match.cosine for match in engine.search_embedding(query, SearchOptions(k=60, compare="passage")).matches]
    assert 0.2 < np.mean([by_passage.scale.rarity(cosine) for cosine in unlike]) < 0.8


def test_versions_need_likeness_at_the_same_moment(rng):
    def lay(vectors):
        return SegmentVectors.of(vectors, HOP * np.arange(len(vectors)), HOP)

    one = walk(rng, 20)
    version = unit(one + 0.01 * rng.normal(size=one.shape))
    assert is_version(lay(one), lay(version), HOP)
    assert is_version(lay(one), lay(version[1:]), HOP)
    assert not is_version(lay(one), lay(version[:12]), HOP)
    assert is_part(lay(version[5:12]), lay(one))
    assert not is_part(lay(one), lay(version[5:12]))
    assert not is_version(lay(one), lay(one[rng.permutation(20)]), HOP)
    assert not is_version(lay(one), lay(walk(rng, 20)), HOP)
    steady = np.tile(one[:1], (5, 1))
    assert is_version(lay(steady), lay(steady), HOP)
    assert is_version(lay(one[:1]), lay(one[:1]), HOP)
    assert not is_version(lay(one[:1]), lay(version[1:2]), HOP)
