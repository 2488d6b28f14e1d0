"""The best journey between seeds: lay out the route, solve it, measure it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synesthete.errors import JourneyError
from synesthete.journey.problem import Problem, Solution
from synesthete.journey.records import Journey, JourneyOptions, JourneyQuality, Stop
from synesthete.journey.repertoire import IDENTICAL_COSINE, Repertoire, Seed, SeedPlace, degrees, places
from synesthete.journey.route import POOL, Route, make_problem, make_route, relative_progress
from synesthete.journey.solver import EffortError, solve

DEFAULT_OPTIONS = JourneyOptions()


def plan(
    repertoire: Repertoire,
    seeds: Sequence[Seed],
    options: JourneyOptions = DEFAULT_OPTIONS,
    *,
    pool: int = POOL,
) -> Journey:
    """Find the best journey through seeds: first and last where they stand, others on the way, in their
    order.

    The cost of :func:`synesthete.journey.route.make_problem` is minimised over the whole journey at once. No
    track comes twice, no artist more often than asked, no recording in two versions, and within a leg each
    stop is further along than the one before. What is guaranteed: the result keeps these rules; and if
    ``is_optimal`` is true, no other choice from the same candidates costs less. It is false only where the
    rules bind so hard that the search ran out of effort; ``gap`` then says how much better another journey
    could be.

    Parameters
    ----------
    repertoire : Repertoire
    seeds : sequence of track id or Embedding, at least two
    options : JourneyOptions
    pool : int > 0
        Candidates considered for each leg; a smaller catalogue is considered whole.

    Raises
    ------
    JourneyError
        Fewer than two seeds, one named twice, neighbours that sound the same, or no journey keeps the rules.
    """
    points = _checked(repertoire, seeds, options)
    barred: set[int] = set()
    versions: set[tuple[int, int]] = set()
    while True:
        route = make_route(repertoire, points, options, pool, barred)
        _check_count(repertoire, route, options)
        solution = _solved(make_problem(route, _rivals(route, versions), options.smoothness), options)
        rows = route.rows[solution.path]
        # Comparing recordings is slow, so versions are told apart only where they meet; then the rule is
        # added, and the cheapest journey of those that keep all rules found so far is the cheapest of all
        # once it breaks none.
        of_seeds = _versions_of_seeds(repertoire, points, rows)
        met = _versions_met(repertoire, points, rows)
        if not of_seeds and not met:
            return _journey(repertoire, points, route, solution)
        barred |= of_seeds
        versions |= met


def _checked(repertoire: Repertoire, seeds: Sequence[Seed], options: JourneyOptions) -> list[SeedPlace]:
    if len(seeds) < 2:
        raise JourneyError(f"A journey needs at least two seeds, and got {len(seeds)}. Choose where it ends.")
    if len(seeds) > options.length:
        raise JourneyError(
            f"A journey of {options.length} stops cannot hold {len(seeds)} seeds. Ask for at least {len(seeds)} stops."
        )
    points = places(repertoire, seeds)
    named = [seed.row for seed in points if seed.row is not None]
    for row in named:
        if named.count(row) > 1:
            raise JourneyError(
                f"{repertoire.tracks[row].label!r} is named as a seed twice, and no track comes"
                " twice in a journey. Choose another one for one of its places."
            )
    return points


def _check_count(repertoire: Repertoire, route: Route, options: JourneyOptions) -> None:
    """JourneyError if there are too few tracks, or too few by different artists, whatever the order."""
    n_seeds = len(route.legs) + 1
    n_tracks = len(route.rows)
    if n_tracks < options.length:
        with_rule = f" with at most {options.max_per_artist} an artist" if options.max_per_artist else ""
        raise JourneyError(
            f"A journey of {options.length} stops{with_rule} needs {options.length - n_seeds} tracks beside"
            f" its seeds, and of the {len(repertoire.tracks)} here {n_tracks - n_seeds} can be used."
            " Ask for fewer stops, allow more by one artist, or add tracks."
        )
    by_artist = np.bincount(route.groups[route.groups >= 0], minlength=len(route.caps))
    n_usable = n_seeds + int(np.minimum(by_artist, route.caps).sum() + (route.groups[n_seeds:] < 0).sum())
    if n_usable < options.length:
        raise JourneyError(
            f"With at most {options.max_per_artist} an artist these tracks give a journey of {n_usable}"
            f" stops, not of {options.length}. Ask for fewer stops or allow more by one artist."
        )


def _solved(problem: Problem, options: JourneyOptions) -> Solution:
    rules = f"of {options.length} stops, no version twice, max_per_artist {options.max_per_artist}"
    try:
        solution = solve(problem)
    except EffortError as error:
        raise JourneyError(
            f"No journey was found in the time allowed ({rules}). Ask for fewer stops or allow more by one artist."
        ) from error
    if solution is None:
        raise JourneyError(
            f"There is no journey that always moves forward and keeps the rules ({rules})."
            " Ask for fewer stops, allow more by one artist, or choose other seeds."
        )
    return solution


def _rivals(route: Route, versions: set[tuple[int, int]]) -> np.ndarray:
    """Which candidates may not stand in one journey [n_candidates, n_candidates].

    ``versions`` are pairs of rows.
    """
    vectors = np.asarray(route.vectors, dtype=np.float32)
    rivals = vectors @ vectors.T >= IDENTICAL_COSINE
    np.fill_diagonal(rivals, True)
    number = {int(row): candidate for candidate, row in enumerate(route.rows) if row >= 0}
    for a, b in versions:
        if a in number and b in number:
            rivals[number[a], number[b]] = rivals[number[b], number[a]] = True
    return rivals


def _versions_of_seeds(repertoire: Repertoire, points: list[SeedPlace], rows: np.ndarray) -> set[int]:
    """Rows of the journey, seeds apart, that are a seed's recording."""
    seed_rows = {seed.row for seed in points}
    others = [int(row) for row in rows if row >= 0 and int(row) not in seed_rows]
    return {row for row in others for seed in points if repertoire.is_same(seed, row)}


def _versions_met(repertoire: Repertoire, points: list[SeedPlace], rows: np.ndarray) -> set[tuple[int, int]]:
    """Pairs of rows of the journey, seeds apart, that are one recording."""
    seed_rows = {seed.row for seed in points}
    others = [int(row) for row in rows if row >= 0 and int(row) not in seed_rows]
    stops = [repertoire.place(repertoire.tracks[row].track_id) for row in others]
    pairs = ((a, b) for a in range(len(others)) for b in range(a + 1, len(others)))
    return {(others[a], others[b]) for a, b in pairs if repertoire.is_same(stops[a], others[b])}


def _journey(repertoire: Repertoire, points: list[SeedPlace], route: Route, solution: Solution) -> Journey:
    rows = route.rows[solution.path]
    vectors = route.vectors[solution.path]
    is_seed = solution.path < len(points)
    stops, quality = trace(repertoire, points, vectors, rows, is_seed)
    gap = 0.0 if solution.is_optimal else (solution.cost - solution.bound) / max(solution.cost, 1e-12)
    return Journey(stops, quality, solution.is_optimal, gap, len(route.rows) - len(points))


def trace(
    repertoire: Repertoire,
    points: list[SeedPlace],
    vectors: np.ndarray,
    rows: np.ndarray,
    is_seed: np.ndarray,
) -> tuple[tuple[Stop, ...], JourneyQuality]:
    """Stops and their measure, for a path however it was found.

    Parameters
    ----------
    points : list of SeedPlace
    vectors : np.ndarray [shape=(n, size)]
        Of the stops.
    rows : np.ndarray [shape=(n,)], int64
        In the repertoire; -1 for a sound that is no track.
    is_seed : np.ndarray [shape=(n,)], bool
    """
    progress = _progress(points, vectors, np.flatnonzero(is_seed))
    steps = np.array([degrees(a, b)[0, 0] for a, b in zip(vectors[:-1], vectors[1:], strict=True)])
    tracks = [repertoire.tracks[row] if row >= 0 else None for row in rows]
    stops = tuple(
        Stop(
            track=track,
            is_seed=bool(is_seed[place]),
            progress=float(progress[place]),
            step_degrees=float(steps[place - 1]) if place else 0.0,
            step_cosine=float(np.cos(np.radians(steps[place - 1]))) if place else 1.0,
            start_seconds=repertoire.start_seconds(int(rows[place])) if track else 0.0,
        )
        for place, track in enumerate(tracks)
    )
    return stops, JourneyQuality.measure(steps, progress, tracks)


def _progress(points: list[SeedPlace], vectors: np.ndarray, seed_places: np.ndarray) -> np.ndarray:
    """Progress of each stop over the whole journey in [0, 1].

    Every leg counts as many parts as it has steps.
    """
    whole = np.zeros(len(vectors))
    for (a, b), (first, last) in zip(
        zip(points[:-1], points[1:], strict=True),
        zip(seed_places[:-1], seed_places[1:], strict=True),
        strict=True,
    ):
        part = slice(first, last + 1)
        whole[part] = first + (last - first) * relative_progress(a.vector, b.vector, vectors[part])
    return whole / (len(vectors) - 1)
