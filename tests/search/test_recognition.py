"""Recognition agrees with a slow reference; a recognised recording asks for itself; a damaged measure is named."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synesthete.audio import clip_from_samples, content_id
from synesthete.catalogue import Catalogue
from synesthete.encoders import weights
from synesthete.encoders.base import Embedding, unit
from synesthete.errors import EncoderError
from synesthete.search import SearchEngine, SearchOptions, calibration
from synesthete.search.calibration import SOFTNESS, STEM, WHOLE, Calibration, calibration_of, cohort_tensors
from synesthete.search.duplicates import is_part, is_version
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import LONGEST_RUN, SegmentVectors
from synesthete.search.recognition import MOST_SEGMENTS, Evidence, middle, recognise, strongest
from synesthete.settings import Paths
from synesthete.tracks import Track
from tests.catalogues import ENCODER, HOP, RATE, SIZE, embedding_of, fill, walk

NOBODY = SegmentVectors.lay(np.empty((0, SIZE), np.float32), np.empty(0), np.empty(0, np.int64), HOP)
HALVES = {"first": slice(0, SIZE // 2), "second": slice(SIZE // 2, SIZE)}


def by_lead(certain, intercept=0.0, cohort=NOBODY):
    """A measure by which the lead alone counts."""
    return Calibration(np.array([1.0, 0.0, 0.0]), intercept, certain, cohort, WHOLE)


SURE = by_lead(certain=-10.0)


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue.open(tmp_path / "catalogue.sqlite") as opened:
        yield opened


@pytest.fixture
def index(catalogue, rng):
    fill(catalogue, rng, 40, (1, 14), change=with_pause)
    return EncoderIndex(catalogue, ENCODER)


def with_pause(vectors):
    """Some recordings fall silent for a while, some are all silence."""
    vectors = vectors.copy()
    if len(vectors) % 4 == 0:
        vectors[len(vectors) // 2] = 0
    if len(vectors) == 3:
        vectors[:] = 0
    return vectors


def heard(vectors, rng, noise=0.3):
    """A passage through noise."""
    return SegmentVectors.of(unit(vectors + noise * rng.normal(size=vectors.shape)), HOP * np.arange(len(vectors)), HOP)


def put_version(catalogue, rng, track_id, new_id):
    segments, vectors = catalogue.segments(track_id, ENCODER.fingerprint)
    version = unit(vectors + 0.01 * rng.normal(size=vectors.shape))
    catalogue.add_track(replace(catalogue.track(track_id), track_id=new_id, path=f"{new_id}.ogg"))
    made = Embedding(unit(version.mean(axis=0)), version, segments, ENCODER.fingerprint)
    catalogue.put_embedding(new_id, ENCODER, made)


def runs(recording, length):
    """Begins of as many consecutive segments, none of them silent."""
    for begin in range(len(recording.vectors) - length + 1):
        steps = np.diff(recording.start_seconds[begin : begin + length])
        if recording.vectors[begin : begin + length].any(axis=1).all() and np.all(np.abs(steps - HOP) < HOP / 2):
            yield begin


def in_step(query, recording):
    """The best mean cosine of runs, as long as both have them up to the longest, and where these are; by loops."""
    for length in range(LONGEST_RUN, 0, -1):
        means = [
            (np.mean([query.vectors[i + step] @ recording.vectors[j + step] for step in range(length)]), -j, -i)
            for i in runs(query, length)
            for j in runs(recording, length)
        ]
        if means:
            cosine, j, i = max(means)
            return cosine, slice(-i, length - i), slice(-j, length - j)
    return 0.0, slice(0, 0), slice(0, 0)


def of_component(segments, part):
    return SegmentVectors.of(unit(segments.vectors[:, part]), segments.start_seconds, HOP)


def slow_strongest(query, index, components=WHOLE, cohort=NOBODY, without=()):
    """The documents' words, one recording after another."""
    rows = [row for row in range(index.n_tracks) if row not in without]
    recordings = {row: index.segment_vectors([row]) for row in rows}
    found = {row: in_step(query, recording) for row, recording in recordings.items()}
    row = max(rows, key=lambda row: (found[row][0], -row))
    best, (cosine, of_query, of_best) = recordings[row], found[row]
    all_others = [*recordings.values(), *(cohort.recording(number) for number in range(cohort.n_recordings))]
    others = [
        other
        for other in all_others
        if other is not best and not (is_version(best, other, HOP) or is_part(best, other) or is_part(other, best))
    ]
    lead = cosine - max(in_step(query, other)[0] for other in others)
    cosines, leads = [], []
    for part in components.values():
        of_part, best_of_part = of_component(query, part), of_component(best, part)
        cosines.append(np.einsum("ij,ij->i", of_part.vectors[of_query], best_of_part.vectors[of_best]).mean())
        leads.append(cosines[-1] - max(in_step(of_part, of_component(other, part))[0] for other in others))
    return Evidence(row, cosine, lead, tuple(leads), tuple(cosines))


def assert_same(found, expected):
    assert found.row == expected.row
    assert found.cosine == pytest.approx(expected.cosine, abs=1e-5)
    assert found.numbers == pytest.approx(expected.numbers, abs=1e-5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=st.integers(0, 39), noise=st.sampled_from([0.05, 0.3, 0.8]), seed=st.integers(0, 2**31))
def test_agrees_with_the_slow_reference(index, row, noise, seed):
    rng = np.random.default_rng(seed)
    vectors = index.segment_vectors([row]).vectors
    begin = int(rng.integers(len(vectors)))
    query = heard(vectors[begin : begin + int(rng.integers(1, 12))], rng, noise)
    for components in (WHOLE, HALVES):
        for cohort in (NOBODY, index.segment_vectors([2, 3, 5])):
            for without in ([], [row, 0]):
                given = (query, index, components, cohort, without)
                assert_same(strongest(*given), slow_strongest(*given))


def test_certainty_is_the_softened_probability_as_a_share_of_what_is_certain(index, rng):
    query = heard(index.segment_vectors([long_row(index)]).vectors[:5], rng)
    lead = strongest(query, index, WHOLE, NOBODY).lead
    for more in (0.01, 3.0):
        found = recognise(query, index, by_lead(lead + more))
        odds = math.exp(lead / SOFTNESS), math.exp((lead + more) / SOFTNESS)
        assert found.certainty == pytest.approx(odds[0] / (1 + odds[0]) / (odds[1] / (1 + odds[1])))
        assert not found.is_certain
    for less in (1e-6, 3.0):
        assert recognise(query, index, by_lead(lead - less)).is_certain


def test_all_evidence_is_weighed(index, rng):
    query = heard(index.segment_vectors([long_row(index)]).vectors[:5], rng)
    numbers = strongest(query, index, HALVES, NOBODY).numbers
    coefficients = rng.normal(size=5)
    log_odds = coefficients @ numbers - 0.3
    for certain in (log_odds - 1e-6, log_odds + 1e-6):
        found = recognise(query, index, Calibration(coefficients, -0.3, certain, NOBODY, HALVES))
        assert found.is_certain == (certain < log_odds)


def test_a_small_catalogue_names_no_stranger_that_the_cohort_is_nearer_to(catalogue, rng):
    fill(catalogue, rng, 2, (8, 12))
    index = EncoderIndex(catalogue, ENCODER)
    stranger = walk(rng, 9)
    cohort = SegmentVectors.of(stranger, HOP * np.arange(9), HOP)
    query = heard(stranger[2:7], rng)
    assert strongest(query, index, WHOLE, cohort).lead < 0 < strongest(query, index, WHOLE, NOBODY).lead
    assert recognise(query, index, by_lead(0.0)).is_certain
    assert not recognise(query, index, by_lead(0.0, cohort=cohort)).is_certain


def long_row(index):
    return next(row for row in range(index.n_tracks) if len(index.segment_vectors([row]).vectors) > 9)


def test_versions_of_one_recording_do_not_contradict_each_other(catalogue, index, rng):
    row = long_row(index)
    query = heard(index.segment_vectors([row]).vectors[4:9], rng, 0.1)
    alone = strongest(query, index, WHOLE, NOBODY)
    assert alone.row == row and alone.lead > 0.1
    put_version(catalogue, rng, index.ids[row], "again")
    both = EncoderIndex(catalogue, ENCODER)
    found = strongest(query, both, WHOLE, NOBODY)
    assert both.ids[found.row] in (index.ids[row], "again")
    assert found.lead == pytest.approx(alone.lead, abs=0.02)


def test_silence_is_no_recording(catalogue, rng):
    fill(catalogue, rng, 60)  # more than are compared in step
    silence = SegmentVectors.of(np.zeros((5, SIZE), np.float32), HOP * np.arange(5), HOP)
    for small_up_to in (0, 100):
        index = EncoderIndex(catalogue, ENCODER, small_up_to=small_up_to)
        assert strongest(silence, index, WHOLE, NOBODY) is None
        assert recognise(silence, index, SURE) is None


@pytest.mark.parametrize("n_others", [0, 1])
@pytest.mark.parametrize("n_tracks", [0, 1, 2])
def test_where_there_is_no_other_recording_none_leads(catalogue, rng, n_tracks, n_others):
    for number in range(n_tracks):
        catalogue.add_track(Track(f"{number}", f"{number}"))
        catalogue.put_embedding(f"{number}", ENCODER, embedding_of(walk(rng, 8)))
    cohort = SegmentVectors.of(walk(rng, 9), HOP * np.arange(9), HOP) if n_others else NOBODY
    found = strongest(heard(walk(rng, 5), rng), EncoderIndex(catalogue, ENCODER), WHOLE, cohort)
    assert (found is None) == (n_tracks == 0 or n_tracks + n_others < 2)


def test_of_versions_of_one_recording_alone_none_leads(catalogue, rng):
    vectors = walk(rng, 8)
    for number in range(4):
        catalogue.add_track(Track(f"{number}", f"{number}"))
        catalogue.put_embedding(f"{number}", ENCODER, embedding_of(vectors))
    assert strongest(heard(vectors, rng), EncoderIndex(catalogue, ENCODER), WHOLE, NOBODY) is None


@pytest.mark.parametrize("n", [1, MOST_SEGMENTS - 1, MOST_SEGMENTS, MOST_SEGMENTS + 1, MOST_SEGMENTS + 14])
def test_of_a_long_query_the_middle_counts(rng, n):
    vectors, starts = walk(rng, n), HOP * np.arange(n)
    starts[n // 2 :] += 40.0  # two excerpts
    vectors[n // 3] = 0
    part = middle(SegmentVectors.of(vectors, starts, HOP))
    begin = max((n - MOST_SEGMENTS) // 2, 0)
    expected = SegmentVectors.of(vectors[begin : begin + MOST_SEGMENTS], starts[begin : begin + MOST_SEGMENTS], HOP)
    for name in ("vectors", "start_seconds", "bounds", "run_lengths"):
        np.testing.assert_array_equal(getattr(part, name), getattr(expected, name))


def test_a_large_catalogue_by_candidates_recognises_what_comparing_all_does(catalogue, rng):
    fill(catalogue, rng, 150, (4, 14))
    all_in_memory, by_candidates = EncoderIndex(catalogue, ENCODER), EncoderIndex(catalogue, ENCODER, small_up_to=0)
    for row in range(0, 150, 15):
        query = heard(all_in_memory.segment_vectors([row]).vectors[:4], rng)
        found = strongest(query, by_candidates, WHOLE, NOBODY)
        assert_same(found, strongest(query, all_in_memory, WHOLE, NOBODY))
        assert_same(found, slow_strongest(query, all_in_memory))


def calibrate(monkeypatch, folder, entry, cohort=NOBODY):
    weights.write(folder, STEM, cohort_tensors(ENCODER.name, cohort), {"calibrations": entry})
    calibration._read.cache_clear()
    monkeypatch.setattr("synesthete.settings.Paths", partial(Paths, models=folder))


def entry_of(made, **changes):
    plain = {"coefficients": made.coefficients.tolist(), "intercept": made.intercept, "certain": made.certain}
    return {"segment_space_id": ENCODER.segment_space_id, "components": list(made.components)} | plain | changes


@pytest.fixture
def engine_with(catalogue, rng, monkeypatch, tmp_path):
    fill(catalogue, rng, 60, (8, 16))

    def make(made):
        calibrate(monkeypatch, tmp_path, [entry_of(made)], made.cohort)
        return SearchEngine(catalogue, ENCODER)

    return make


def test_a_measure_is_read_as_it_was_written(monkeypatch, tmp_path, index):
    cohort = index.segment_vectors([4, 6, 9])
    made = by_lead(0.25, -1.5, cohort)
    calibrate(monkeypatch, tmp_path, [entry_of(made)], cohort)
    found = calibration_of(ENCODER)
    assert (found.intercept, found.certain, found.components) == (-1.5, 0.25, WHOLE)
    np.testing.assert_array_equal(found.coefficients, made.coefficients)
    np.testing.assert_allclose(found.cohort.vectors, cohort.vectors, atol=1e-3)
    for name in ("bounds", "run_lengths"):
        np.testing.assert_array_equal(getattr(found.cohort, name), getattr(cohort, name))


def noisy_passage(engine, track_id, rng):
    vectors = engine.catalogue.segments(track_id, ENCODER.fingerprint)[1]
    return embedding_of(unit(vectors[3:7] + 0.3 * rng.normal(size=(4, SIZE))))


def test_a_recognised_recording_asks_as_the_catalogue_has_it(engine_with, rng):
    engine = engine_with(SURE)
    put_version(engine.catalogue, rng, "007", "again")
    query = noisy_passage(engine, "009", rng)
    result, expected = engine.search_embedding(query), engine.search_track("009")
    assert result.compared == "track"  # short though it is
    assert result.recognised.track.track_id == "009" and result.recognised.is_same_recording
    found = result.recognised
    assert found.offset_seconds - found.query_offset_seconds == pytest.approx(3 * HOP + 20)  # behind the gap
    assert [match.track.track_id for match in result.same_recording] == ["009"]
    assert [match.track for match in result.matches] == [match.track for match in expected.matches]
    cosines = [match.cosine for match in expected.matches]
    assert [match.cosine for match in result.matches] == pytest.approx(cosines, abs=1e-6)
    ids, vectors = engine.vectors()
    np.testing.assert_array_equal(result.vector, vectors[ids.index("009")])
    np.testing.assert_array_equal(engine.vector_of(query), result.vector)


def test_other_versions_of_a_recognised_recording_are_no_matches(engine_with, rng):
    engine = engine_with(SURE)
    put_version(engine.catalogue, rng, "009", "again")
    result = engine.search_embedding(noisy_passage(engine, "009", rng))
    named = result.recognised.track.track_id
    assert named in ("009", "again")
    assert {match.track.track_id for match in result.same_recording} == {"009", "again"}
    expected = engine.search_track(named)
    assert [match.track for match in result.matches] == [match.track for match in expected.matches]


def test_a_likely_recording_draws_the_question_towards_it(engine_with, catalogue, rng):
    query = noisy_passage(engine_with(SURE), "009", rng)
    starts = np.array([segment.start_seconds for segment in query.segments])
    segments = SegmentVectors.of(query.segment_vectors, starts, HOP)
    lead = strongest(segments, EncoderIndex(catalogue, ENCODER), WHOLE, NOBODY).lead
    odds = math.exp((lead - 3 * SOFTNESS) / SOFTNESS)
    certain = 2 * odds / (1 + odds)  # a probability twice as high
    engine = engine_with(by_lead(SOFTNESS * math.log(certain / (1 - certain)), intercept=-3 * SOFTNESS))
    result = engine.search_embedding(query)
    assert result.recognised is None
    ids, vectors = engine.vectors()
    between = query.track_features + vectors[ids.index("009")]
    np.testing.assert_allclose(result.vector, between / np.linalg.norm(between), atol=1e-6)
    cosines = {track_id: float(vector @ result.vector) for track_id, vector in zip(ids, vectors, strict=True)}
    for match in result.matches:
        assert match.cosine == pytest.approx(cosines[match.track.track_id], abs=1e-5)


def test_the_very_same_samples_are_recognised_by_any_encoder(catalogue, rng):
    assert calibration_of(ENCODER) is None
    clip = clip_from_samples(rng.normal(size=8 * RATE).astype(np.float32) / 10, RATE)
    catalogue.add_track(Track(content_id(clip), "noise", seconds=clip.seconds))
    catalogue.put_embedding(content_id(clip), ENCODER, ENCODER.embed(clip))
    result = SearchEngine(catalogue, ENCODER).search(clip)
    assert result.recognised.track.title == "noise" and result.recognised.cosine == 1


def test_passages_are_compared_where_the_listener_says_so(engine_with, rng):
    engine = engine_with(SURE)
    result = engine.search_embedding(noisy_passage(engine, "009", rng), SearchOptions(compare="passage"))
    assert result.compared == "passage" and result.recognised.track.track_id == "009"


DAMAGED = {
    "no list": 3,
    "no id": [{"certain": 1.0}],
    "no coefficients": [{"segment_space_id": ENCODER.segment_space_id, "components": [""]}],
    "no number": [entry_of(SURE, certain="?")],
    "not finite": [entry_of(SURE, intercept=math.nan)],
    "other components": [entry_of(SURE, components=["first", "second"])],
    "too few": [entry_of(SURE, coefficients=[1.0])],
}


@pytest.mark.parametrize("entry", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_measure_is_named_with_the_way_out(monkeypatch, tmp_path, entry):
    calibrate(monkeypatch, tmp_path, entry)
    with pytest.raises(EncoderError, match=rf"{STEM}.* is damaged .*python -m synesthete\.evaluation\.fit_recog"):
        calibration_of(ENCODER)


def test_without_a_measure_no_recording_is_named(monkeypatch, tmp_path, catalogue, rng):
    monkeypatch.setattr("synesthete.settings.Paths", partial(Paths, models=tmp_path))
    assert calibration_of(ENCODER) is None
    fill(catalogue, rng, 5, (8, 12))
    engine = SearchEngine(catalogue, ENCODER)
    result = engine.search_embedding(noisy_passage(engine, "001", rng))
    assert result.recognised is None and result.compared == "passage"
