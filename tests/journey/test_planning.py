"""Journeys: the best of all, within the rules, and better than the baselines."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from synesthete.encoders.base import unit
from synesthete.errors import JourneyError
from synesthete.journey import JourneyOptions, PlaylistOptions, TrackVectors, plan, playlist_from_seed
from synesthete.journey.baselines import linear_greedy, measure, random_walk
from synesthete.journey.route import great_circle, make_problem, make_route
from synesthete.journey.track_vectors import angles_degrees
from synesthete.search.passages import SegmentVectors
from synesthete.tracks import Track
from tests.journey.brute_force import least_cost
from tests.journey.random_tracks import ids, random_track_vectors, sound


@pytest.mark.parametrize("smoothness", [0.0, 0.5, 1.0])
def test_a_journey_is_the_best_of_all_through_a_small_catalogue(rng, smoothness):
    tracks = random_track_vectors(rng, n=9, n_artists=3)
    options = JourneyOptions(5, smoothness, max_per_artist=2)
    journey = plan(tracks, ["t0", "t1"], options)
    route = make_route(tracks, [tracks.locate("t0"), tracks.locate("t1")], options)
    problem = make_problem(route, np.eye(len(route.rows), dtype=bool), smoothness)
    path = np.array([int(np.flatnonzero(route.rows == tracks.row_of[i])[0]) for i in ids(journey)])
    cost = sum(
        float(node[np.flatnonzero(stage == c)[0]])
        for node, stage, c in zip(problem.node_costs, problem.stages, path, strict=True)
    )
    pairs = zip(problem.edge_costs, itertools.pairwise(zip(problem.stages, path, strict=True)), strict=True)
    for edge, ((here, a), (there, b)) in pairs:
        cost += float(edge[np.flatnonzero(here == a)[0], np.flatnonzero(there == b)[0]])
    assert journey.is_optimal and journey.gap == 0
    assert cost == pytest.approx(least_cost(problem))


@pytest.mark.parametrize("length", [3, 12, 30, 50])
def test_the_rules_are_kept(rng, length):
    tracks = random_track_vectors(rng, n=150, n_artists=60)
    journey = plan(tracks, ["t3", "t70"], JourneyOptions(length, max_per_artist=2))
    assert len(journey.stops) == length
    assert (ids(journey)[0], ids(journey)[-1]) == ("t3", "t70")
    assert len(set(ids(journey))) == length
    artists = [track.artist for track in journey.tracks]
    assert max(artists.count(artist) for artist in artists) <= 2
    progress = [stop.progress for stop in journey.stops]
    assert progress[0] == 0 and progress[-1] == pytest.approx(1)
    assert (np.diff(progress) > 0).all() and journey.quality.forward_share == 1


def test_steps_and_quality_are_what_they_say(rng):
    tracks = random_track_vectors(rng)
    journey = plan(tracks, ["t0", "t1"], JourneyOptions(8))
    vectors = np.array([tracks.vectors[tracks.row_of[i]] for i in ids(journey)], dtype=np.float64)
    cosines = (vectors[:-1] * vectors[1:]).sum(axis=1)
    np.testing.assert_allclose([stop.step_cosine for stop in journey.stops[1:]], cosines, atol=1e-6)
    steps = np.degrees(np.arccos(cosines))
    np.testing.assert_allclose([stop.step_degrees for stop in journey.stops[1:]], steps, atol=1e-4)
    assert journey.quality.largest_step_degrees == pytest.approx(steps.max(), abs=1e-4)
    assert journey.quality.evenness == pytest.approx(steps.sum() ** 2 / (7 * (steps**2).sum()), abs=1e-6)
    assert [stop.is_seed for stop in journey.stops] == [True, *[False] * 6, True]


def test_waypoints_come_in_their_order_and_share_the_rules(rng):
    tracks = random_track_vectors(rng, n=60, n_artists=12)
    seeds = ["t5", "t20", "t41", "t7"]
    journey = plan(tracks, seeds, JourneyOptions(20, max_per_artist=3))
    assert [stop.track.track_id for stop in journey.stops if stop.is_seed] == seeds
    assert len(set(ids(journey))) == 20
    artists = [track.artist for track in journey.tracks]
    assert max(artists.count(artist) for artist in artists) <= 3


def test_seeds_may_fill_the_whole_journey(rng):
    assert ids(plan(random_track_vectors(rng), ["t1", "t2", "t3"], JourneyOptions(3))) == ["t1", "t2", "t3"]


def test_a_recorded_sound_is_a_seed_but_no_track(rng):
    tracks = random_track_vectors(rng)
    journey = plan(tracks, [sound(unit(rng.normal(size=6))), "t4"], JourneyOptions(6))
    assert journey.stops[0].track is None and journey.stops[0].is_seed
    assert len(journey.stops) == 6 and len(journey.tracks) == 5


def test_no_version_of_one_recording_comes_twice(rng):
    tracks = random_track_vectors(rng, n=40, n_artists=1000)
    copies = replace(
        tracks,
        tracks=(*tracks.tracks, *(Track(f"copy{i}", f"Copy {i}") for i in range(40))),
        vectors=np.concatenate([tracks.vectors, tracks.vectors]),
    )
    journey = plan(copies, ["t0", "t1"], JourneyOptions(15))
    numbers = [name.removeprefix("copy").removeprefix("t") for name in ids(journey)]
    assert len(set(numbers)) == 15


def test_versions_are_told_apart_by_their_segments(rng):
    """Different vectors, but the same segments: what the search calls the same recording."""
    plain = random_track_vectors(rng, n=30, size=64, n_artists=1000)
    # segments of one recording are alike, as in music
    matrix = unit(rng.normal(size=(30, 1, 64)) + 0.5 * rng.normal(size=(30, 12, 64)))
    same = {row: row // 2 for row in range(30)}  # 2k and 2k + 1 are one recording
    starts = np.arange(12) * 2.5
    tracks = replace(plain, segments=lambda row: SegmentVectors.of(matrix[same[row]], starts, 2.5))
    journey = plan(tracks, ["t0", "t9"], JourneyOptions(12))
    recordings = [same[tracks.row_of[name]] for name in ids(journey)]
    assert len(set(recordings)) == 12
    picks = playlist_from_seed(tracks, "t0", PlaylistOptions(20))
    assert sorted(same[tracks.row_of[pick.track.track_id]] for pick in picks) == list(range(1, 15))


def test_playing_starts_at_the_segment_most_like_the_track_among_segments(rng):
    """Segments lie in a space of their own: a segment that happens to equal the track's vector means nothing."""
    plain = random_track_vectors(rng, n=20)
    segments = {row: unit(rng.normal(size=(6, 6)) + 0.5 * rng.normal(size=6)) for row in range(20)}
    expected = {}
    for row, vectors in segments.items():
        vectors[0], vectors[3] = 0, plain.vectors[row]  # silence; the decoy
        mean = sum(vectors) / 6
        cosines = [vector @ mean / np.linalg.norm(mean) for vector in vectors]
        expected[row] = 2.5 * max(range(1, 6), key=cosines.__getitem__)
    tracks = replace(plain, segments=lambda row: SegmentVectors.of(segments[row], np.arange(6) * 2.5, 2.5))
    assert [tracks.start_seconds(row) for row in range(20)] == [expected[row] for row in range(20)]
    journey = plan(tracks, ["t0", "t1"], JourneyOptions(6))
    assert [stop.start_seconds for stop in journey.stops] == [expected[tracks.row_of[name]] for name in ids(journey)]
    picks = playlist_from_seed(tracks, "t0", PlaylistOptions(8))
    assert all(pick.start_seconds == expected[tracks.row_of[pick.track.track_id]] for pick in picks)


def test_an_artist_who_fills_the_catalogue_does_not_fill_the_pool(rng):
    tracks = random_track_vectors(rng, n=1500, n_artists=1500)
    one = tuple(replace(track, artist="One") if i % 10 else track for i, track in enumerate(tracks.tracks))
    journey = plan(replace(tracks, tracks=one), ["t0", "t10"], JourneyOptions(20, max_per_artist=1))
    assert sum(track.artist == "One" for track in journey.tracks) <= 1
    assert journey.n_candidates <= 600


def test_the_same_request_gives_the_same_journey(rng):
    tracks = random_track_vectors(rng, n=200)
    assert plan(tracks, ["t0", "t1"]) == plan(tracks, ["t0", "t1"])


def test_smoothness_trades_small_even_steps_for_directness(rng):
    tracks = random_track_vectors(rng, n=400, n_artists=400)

    def both(smoothness):
        journey = plan(tracks, ["t0", "t1"], JourneyOptions(12, smoothness))
        vectors = np.array([tracks.vectors[tracks.row_of[i]] for i in ids(journey)])
        points = great_circle(vectors[0], vectors[-1], 12)
        return journey.quality.largest_step_degrees, np.mean(
            [angles_degrees(p, v)[0, 0] for p, v in zip(points, vectors, strict=True)]
        )

    (smooth_step, smooth_away), (direct_step, direct_away) = both(1.0), both(0.0)
    assert smooth_step < direct_step and direct_away < smooth_away


def test_ours_beats_greedy_in_largest_step_and_evenness(rng):
    tracks = random_track_vectors(rng, n=500, size=20, n_artists=200)
    n_better = 0
    for number in range(20):
        ends = (f"t{2 * number}", f"t{2 * number + 1}")
        ours = plan(tracks, ends, JourneyOptions(10)).quality
        greedy = measure(tracks, linear_greedy(tracks, *ends, 10))
        n_better += ours.largest_step_degrees < greedy.largest_step_degrees and ours.evenness > greedy.evenness
    assert n_better >= 19


def test_baselines_start_and_end_with_the_seeds_and_repeat_nothing(rng):
    tracks = random_track_vectors(rng)
    for rows in (linear_greedy(tracks, "t3", "t9", 12), random_walk(tracks, "t3", "t9", 12)):
        assert (rows[0], rows[-1]) == (3, 9)
        assert len(set(rows.tolist())) == 12
    with pytest.raises(JourneyError, match="A journey of 81 stops needs as many tracks; there are 80"):
        linear_greedy(tracks, "t3", "t9", 81)


def test_impossible_journeys_are_explained(rng):
    tracks = random_track_vectors(rng, n=10, n_artists=2)
    with pytest.raises(JourneyError, match="needs at least two seeds, and got 1"):
        plan(tracks, ["t0"])
    with pytest.raises(JourneyError, match="cannot hold 4 seeds"):
        plan(tracks, ["t0", "t1", "t2", "t3"], JourneyOptions(3))
    with pytest.raises(JourneyError, match="is chosen twice"):
        plan(tracks, ["t0", "t1", "t0"])
    with pytest.raises(JourneyError, match="'nobody' has no vector here"):
        plan(tracks, ["t0", "nobody"])
    with pytest.raises(JourneyError, match="of the 10 here 8 can be used"):
        plan(tracks, ["t0", "t1"], JourneyOptions(20, max_per_artist=None))
    with pytest.raises(JourneyError, match="give a journey of 6 stops, not of 8"):
        plan(tracks, ["t0", "t1"], JourneyOptions(8, max_per_artist=3))
    with pytest.raises(JourneyError, match="sound the same"):
        plan(tracks, [sound(tracks.vectors[3]), "t3"], JourneyOptions(4))
    with pytest.raises(JourneyError, match="exactly opposite"):
        plan(tracks, [sound(-tracks.vectors[3]), "t3"], JourneyOptions(4))
    with pytest.raises(JourneyError, match="embedded by encoder other"):
        plan(replace(tracks, fingerprint="this"), [sound(tracks.vectors[3], "other"), "t4"])
    with pytest.raises(JourneyError, match="10 tracks but 9 vectors"):
        TrackVectors(tracks.tracks, tracks.vectors[:9])
