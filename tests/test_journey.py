"""Journeys: the solver against enumeration, the rules, the words, and better than the baselines."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from synesthete.encoders.base import Embedding, unit
from synesthete.errors import JourneyError, OptionError
from synesthete.journey import (
    Journey,
    JourneyOptions,
    JourneyQuality,
    PlaylistOptions,
    Repertoire,
    plan,
    playlist_from_liked,
    playlist_from_seed,
)
from synesthete.journey.baselines import linear_greedy, measure, random_walk
from synesthete.journey.problem import Problem, Solution, bottleneck
from synesthete.journey.repertoire import degrees
from synesthete.journey.route import great_circle, make_problem, make_route, steps_of_legs
from synesthete.journey.solver import EffortError, solve
from synesthete.search.passages import SegmentVectors
from synesthete.tracks import Segment, Track


def repertoire(rng, n=80, size=6, n_artists=30, **tags) -> Repertoire:
    vectors = unit(rng.normal(size=(n, size)))
    tracks = tuple(Track(f"t{i}", f"Title {i}", artist=f"Artist {i % n_artists}", **tags) for i in range(n))
    return Repertoire(tracks, vectors)


def ids(journey: Journey) -> list[str]:
    return [track.track_id for track in journey.tracks]


def random_problem(rng, n_stages=5, m=5, shared=True) -> Problem:
    """Stages that share candidates, so that a path may come by the same one twice unless it is forbidden."""
    first, last, pool = np.array([0]), np.array([1]), np.arange(2, 2 + m)
    inside = [pool if shared else rng.permutation(pool)[: m - 1] for _ in range(n_stages - 2)]
    stages = [first, *inside, last]
    edges = [rng.random((len(a), len(b))) for a, b in itertools.pairwise(stages)]
    for edge in edges[1:-1]:
        edge[rng.random(edge.shape) < 0.2] = np.inf
    rivals = np.eye(m + 2, dtype=bool)
    a, b = rng.choice(pool, 2, replace=False)
    rivals[a, b] = rivals[b, a] = True
    groups = np.concatenate([[-1, -1], rng.integers(-1, 3, m)])
    nodes = [rng.random(len(stage)) for stage in stages]
    return Problem(stages, nodes, edges, groups, rng.integers(0, 3, 3), rivals)


def enumerated(problem: Problem) -> float:
    """The least cost of a valid path, by trying every path; infinite if there is none."""
    best = np.inf
    for places in itertools.product(*(range(len(stage)) for stage in problem.stages)):
        path = np.array([stage[place] for stage, place in zip(problem.stages, places, strict=True)])
        used = [problem.groups[c] for c in path if problem.groups[c] >= 0]
        if any(problem.rivals[a, b] for a, b in itertools.combinations(path, 2)):
            continue
        if any(used.count(group) > problem.caps[group] for group in set(used)):
            continue
        cost = sum(node[place] for node, place in zip(problem.nodes, places, strict=True))
        cost += sum(edge[a, b] for edge, a, b in zip(problem.edges, places[:-1], places[1:], strict=True))
        best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(60))
def test_the_solver_finds_what_enumeration_finds(seed):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, n_stages=int(rng.integers(3, 7)), shared=bool(seed % 2))
    solution, least = solve(problem), enumerated(problem)
    if solution is None:
        assert least == np.inf
    else:
        assert problem.is_valid(solution.path)
        assert solution.is_optimal
        assert solution.cost == pytest.approx(least)


@pytest.mark.parametrize("seed", range(20))
def test_a_search_cut_short_gives_a_true_bound(seed):
    problem = random_problem(np.random.default_rng(seed), n_stages=6)
    least = enumerated(problem)
    try:
        solution = solve(problem, max_expansions=1)
    except EffortError:
        return
    if solution is None:
        assert least == np.inf
    else:
        assert problem.is_valid(solution.path)
        assert solution.bound <= least + 1e-9
        assert least <= solution.cost + 1e-9


def test_the_bottleneck_is_the_smallest_largest_step(rng):
    problem = random_problem(rng)
    steps = [rng.random(edge.shape) for edge in problem.edges]
    largest = []
    for places in itertools.product(*(range(len(stage)) for stage in problem.stages)):
        pairs = list(zip(places[:-1], places[1:], strict=True))
        if all(np.isfinite(edge[pair]) for edge, pair in zip(problem.edges, pairs, strict=True)):
            largest.append(max(step[pair] for step, pair in zip(steps, pairs, strict=True)))
    assert bottleneck(problem, steps) == pytest.approx(min(largest))


@pytest.mark.parametrize("smoothness", [0.0, 0.5, 1.0])
def test_a_journey_is_the_best_of_all_through_a_small_catalogue(rng, smoothness):
    tracks = repertoire(rng, n=9, n_artists=3)
    options = JourneyOptions(5, smoothness, max_per_artist=2)
    journey = plan(tracks, ["t0", "t1"], options)
    route = make_route(tracks, [tracks.place("t0"), tracks.place("t1")], options)
    problem = make_problem(route, np.eye(len(route.rows), dtype=bool), smoothness)
    path = np.array([int(np.flatnonzero(route.rows == tracks.row_of[i])[0]) for i in ids(journey)])
    cost = sum(
        float(node[np.flatnonzero(stage == c)[0]])
        for node, stage, c in zip(problem.nodes, problem.stages, path, strict=True)
    )
    pairs = zip(problem.edges, itertools.pairwise(zip(problem.stages, path, strict=True)), strict=True)
    for edge, ((here, a), (there, b)) in pairs:
        cost += float(edge[np.flatnonzero(here == a)[0], np.flatnonzero(there == b)[0]])
    assert journey.is_optimal and journey.gap == 0
    assert cost == pytest.approx(enumerated(problem))


@pytest.mark.parametrize("length", [3, 12, 30, 50])
def test_the_rules_are_kept(rng, length):
    tracks = repertoire(rng, n=150, n_artists=60)
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
    tracks = repertoire(rng)
    journey = plan(tracks, ["t0", "t1"], JourneyOptions(8))
    vectors = np.array([tracks.vectors[tracks.row_of[i]] for i in ids(journey)], dtype=np.float64)
    cosines = (vectors[:-1] * vectors[1:]).sum(axis=1)
    np.testing.assert_allclose([stop.step_cosine for stop in journey.stops[1:]], cosines, atol=1e-6)
    steps = np.degrees(np.arccos(cosines))
    np.testing.assert_allclose([stop.step_degrees for stop in journey.stops[1:]], steps, atol=1e-4)
    assert journey.quality.largest_step_degrees == pytest.approx(steps.max(), abs=1e-4)
    assert journey.quality.evenness == pytest.approx(steps.sum() ** 2 / (7 * (steps**2).sum()), abs=1e-6)
    assert [stop.is_seed for stop in journey.stops] == [True, *[False] * 6, True]


def test_even_steps_have_evenness_one_and_one_large_step_has_little():
    even = JourneyQuality.measure(np.full(4, 10.0), np.arange(5) / 4, [None] * 5)
    assert even.evenness == pytest.approx(1) and even.forward_share == 1
    uneven = JourneyQuality.measure(np.array([40.0, 0, 0, 0]), np.array([0, 0.5, 0.4, 0.3, 1]), [None] * 5)
    assert uneven.evenness == pytest.approx(1 / 4) and uneven.forward_share == 0.5


def test_artist_repeats_ignore_case_and_unknown_artists():
    artists = ["A", "a ", "", "", "B"]
    tracks = [Track(str(i), "x", artist=artist) for i, artist in enumerate(artists)]
    assert JourneyQuality.measure(np.ones(4), np.arange(5), tracks).artist_repeats == 1


def test_waypoints_come_in_their_order_and_share_the_rules(rng):
    tracks = repertoire(rng, n=60, n_artists=12)
    seeds = ["t5", "t20", "t41", "t7"]
    journey = plan(tracks, seeds, JourneyOptions(20, max_per_artist=3))
    assert [stop.track.track_id for stop in journey.stops if stop.is_seed] == seeds
    assert len(set(ids(journey))) == 20
    artists = [track.artist for track in journey.tracks]
    assert max(artists.count(artist) for artist in artists) <= 3


def test_seeds_may_fill_the_whole_journey(rng):
    assert ids(plan(repertoire(rng), ["t1", "t2", "t3"], JourneyOptions(3))) == ["t1", "t2", "t3"]


def test_steps_are_shared_among_legs_by_their_angles():
    assert steps_of_legs(np.array([30.0, 60.0]), 9).tolist() == [3, 6]
    assert steps_of_legs(np.array([0.1, 90.0, 0.1]), 5).tolist() == [1, 3, 1]
    assert steps_of_legs(np.array([1.0, 1.0]), 2).tolist() == [1, 1]


def test_the_great_circle_has_equal_angles(rng):
    a, b = unit(rng.normal(size=(2, 8)))
    points = great_circle(a, b, 7)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-6)
    steps = [degrees(p, q)[0, 0] for p, q in itertools.pairwise(points)]
    np.testing.assert_allclose(steps, degrees(a, b)[0, 0] / 6, atol=1e-3)


def sound(vector, fingerprint="") -> Embedding:
    return Embedding(vector, vector[None], (Segment(0.0, 5.0),), fingerprint)


def test_a_recorded_sound_is_a_seed_but_no_track(rng):
    tracks = repertoire(rng)
    journey = plan(tracks, [sound(unit(rng.normal(size=6))), "t4"], JourneyOptions(6))
    assert journey.stops[0].track is None and journey.stops[0].is_seed
    assert len(journey.stops) == 6 and len(journey.tracks) == 5


def test_no_version_of_one_recording_comes_twice(rng):
    tracks = repertoire(rng, n=40, n_artists=1000)
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
    plain = repertoire(rng, n=30, size=64, n_artists=1000)
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


def test_playing_starts_at_the_segment_most_like_the_track(rng):
    plain = repertoire(rng, n=20)
    segments = {row: unit(rng.normal(size=(4, 6))) for row in range(20)}
    for row in segments:
        segments[row][2] = plain.vectors[row]
    tracks = replace(plain, segments=lambda row: SegmentVectors.of(segments[row], np.arange(4) * 2.5, 2.5))
    assert {stop.start_seconds for stop in plan(tracks, ["t0", "t1"], JourneyOptions(6)).stops} == {5.0}


def test_an_artist_who_fills_the_catalogue_does_not_fill_the_pool(rng):
    tracks = repertoire(rng, n=1500, n_artists=1500)
    one = tuple(replace(track, artist="One") if i % 10 else track for i, track in enumerate(tracks.tracks))
    journey = plan(replace(tracks, tracks=one), ["t0", "t10"], JourneyOptions(20, max_per_artist=1))
    assert sum(track.artist == "One" for track in journey.tracks) <= 1
    assert journey.n_candidates <= 600


def test_the_same_request_gives_the_same_journey(rng):
    tracks = repertoire(rng, n=200)
    assert plan(tracks, ["t0", "t1"]) == plan(tracks, ["t0", "t1"])


def test_smoothness_trades_small_even_steps_for_directness(rng):
    tracks = repertoire(rng, n=400, n_artists=400)

    def both(smoothness):
        journey = plan(tracks, ["t0", "t1"], JourneyOptions(12, smoothness))
        vectors = np.array([tracks.vectors[tracks.row_of[i]] for i in ids(journey)])
        points = great_circle(vectors[0], vectors[-1], 12)
        return journey.quality.largest_step_degrees, np.mean(
            [degrees(p, v)[0, 0] for p, v in zip(points, vectors, strict=True)]
        )

    (smooth_step, smooth_away), (direct_step, direct_away) = both(1.0), both(0.0)
    assert smooth_step < direct_step and direct_away < smooth_away


def test_ours_beats_greedy_in_largest_step_and_evenness(rng):
    tracks = repertoire(rng, n=500, size=20, n_artists=200)
    n_better = 0
    for number in range(20):
        ends = (f"t{2 * number}", f"t{2 * number + 1}")
        ours = plan(tracks, ends, JourneyOptions(10)).quality
        greedy = measure(tracks, linear_greedy(tracks, *ends, 10))
        n_better += ours.largest_step_degrees < greedy.largest_step_degrees and ours.evenness > greedy.evenness
    assert n_better >= 19


def test_baselines_start_and_end_with_the_seeds_and_repeat_nothing(rng):
    tracks = repertoire(rng)
    for rows in (linear_greedy(tracks, "t3", "t9", 12), random_walk(tracks, "t3", "t9", 12)):
        assert (rows[0], rows[-1]) == (3, 9)
        assert len(set(rows.tolist())) == 12
    with pytest.raises(JourneyError, match="A journey of 81 stops needs as many tracks; there are 80"):
        linear_greedy(tracks, "t3", "t9", 81)


def test_impossible_journeys_are_explained(rng):
    tracks = repertoire(rng, n=10, n_artists=2)
    with pytest.raises(JourneyError, match="needs at least two seeds, and got 1"):
        plan(tracks, ["t0"])
    with pytest.raises(JourneyError, match="cannot hold 4 seeds"):
        plan(tracks, ["t0", "t1", "t2", "t3"], JourneyOptions(3))
    with pytest.raises(JourneyError, match="named as a seed twice"):
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
        Repertoire(tracks.tracks, tracks.vectors[:9])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"length": 2}, "length is 2"),
        ({"length": 51}, "length is 51"),
        ({"smoothness": 1.5}, "smoothness is 1.5"),
        ({"smoothness": float("nan")}, "smoothness is nan"),
        ({"max_per_artist": 0}, "max_per_artist is 0"),
    ],
)
def test_options_outside_their_range_are_refused(options, words):
    with pytest.raises(OptionError, match=words):
        JourneyOptions(**options)


def test_a_solution_is_optimal_only_at_its_bound():
    assert Solution(np.arange(2), 1.0, 1.0).is_optimal
    assert not Solution(np.arange(2), 1.0, 0.9).is_optimal


def test_a_playlist_from_a_seed_is_its_nearest_neighbours(rng):
    tracks = repertoire(rng, n_artists=80)
    picks = playlist_from_seed(tracks, "t7", PlaylistOptions(10))
    order = [row for row in np.argsort(-(tracks.vectors @ tracks.vectors[7])) if row != 7]
    assert [pick.track.track_id for pick in picks] == [f"t{row}" for row in order[:10]]
    assert all(pick.score == pick.cosine for pick in picks)


def test_a_playlist_keeps_its_rules(rng):
    tracks = repertoire(rng, n_artists=5)
    picks = playlist_from_seed(tracks, "t7", PlaylistOptions(30, max_per_artist=2))
    assert len(picks) == 10
    picks = playlist_from_seed(tracks, "t7", PlaylistOptions(80, None, min_similarity=0.2))
    assert len(picks) == (np.delete(tracks.vectors @ tracks.vectors[7], 7) >= 0.2).sum()
    with pytest.raises(JourneyError, match=r"None of the 80 tracks passes \(min_similarity 1.00"):
        playlist_from_seed(tracks, "t7", PlaylistOptions(min_similarity=1.0))


def test_liked_tracks_take_turns(rng):
    tracks = repertoire(rng, n_artists=80)
    picks = playlist_from_liked(tracks, ["t1", "t2", "t3"], PlaylistOptions(9))
    assert [pick.seed_number for pick in picks] == [0, 1, 2] * 3
    names = [pick.track.track_id for pick in picks]
    assert len(set(names)) == 9 and not {"t1", "t2", "t3"} & set(names)
    with pytest.raises(JourneyError, match="at least one liked track"):
        playlist_from_liked(tracks, [])


def test_metadata_counts_only_when_asked_for(rng):
    plain = repertoire(rng, n=40, n_artists=40)
    far = int((plain.vectors @ plain.vectors[0]).argmin())
    tags = {"artist": "Artist 0", "album": "One", "genre": "Rock"}
    tracks = list(plain.tracks)
    tracks[0], tracks[far] = replace(tracks[0], **tags), replace(tracks[far], **tags)
    tagged = replace(plain, tracks=tuple(tracks))

    def first(weight):
        return playlist_from_seed(tagged, "t0", PlaylistOptions(1, metadata_weight=weight))[0].track.track_id

    assert first(0.0) != f"t{far}"
    assert first(1.0) == f"t{far}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"length": 0}, "length is 0"),
        ({"max_per_artist": 0}, "max_per_artist is 0"),
        ({"min_similarity": 2.0}, "min_similarity is 2.0"),
        ({"metadata_weight": -0.1}, "metadata_weight is -0.1"),
    ],
)
def test_playlist_options_outside_their_range_are_refused(options, words):
    with pytest.raises(OptionError, match=words):
        PlaylistOptions(**options)
