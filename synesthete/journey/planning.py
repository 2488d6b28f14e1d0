"""The best journey between seeds: lay out the route, solve it, measure it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synesthete.errors import JourneyError
from synesthete.journey.problem import Problem, Solution
from synesthete.journey.route import POOL_SIZE, Route, make_problem, make_route, relative_progress
from synesthete.journey.solver import ExpansionLimitError, solve
from synesthete.journey.track_vectors import IDENTICAL_COSINE, Seed, SeedPoint, TrackVectors, angles_degrees
from synesthete.journey.types import Journey, JourneyOptions, JourneyQuality, Stop

DEFAULT_OPTIONS = JourneyOptions()


def plan(
    track_vectors: TrackVectors,
    seeds: Sequence[Seed],
    options: JourneyOptions = DEFAULT_OPTIONS,
    *,
    pool_size: int = POOL_SIZE,
) -> Journey:
    """Find the best journey through seeds: first and last at its ends, others on the way, in their order.

    The cost of :func:`synesthete.journey.route.make_problem` is minimised over the whole journey at once. No
    track comes twice, no artist more often than asked, no recording in two versions, and within a leg each
    stop is further along than the one before. What is guaranteed: the result keeps these rules; and if
    ``is_optimal`` is true, no other choice from the same candidates costs less. It is false only where the
    rules bind so hard that the search ran out of expansions; ``gap`` then says how much better another journey
    could be.

    Parameters
    ----------
    track_vectors : TrackVectors
    seeds : sequence of track id or Embedding, at least two
    options : JourneyOptions
    pool_size : int > 0
        Candidates considered for each leg; a smaller catalogue is considered whole.

    Raises
    ------
    JourneyError
        Fewer than two seeds, one named twice, neighbours that sound the same, or no journey keeps the rules.
    """
    points = _locate_seeds(track_vectors, seeds, options)
    excluded: set[int] = set()
    versions: set[tuple[int, int]] = set()
    while True:
        route = make_route(track_vectors, points, options, pool_size, excluded)
        _check_count(track_vectors, route, options)
        solution = _solve(make_problem(route, _conflicts(route, versions), options.smoothness), options)
        rows = route.rows[solution.path]
        # Lazy constraints: comparing recordings is slow, so only the tracks of a solution are compared. A pair
        # found to be one recording becomes a conflict, and the problem is solved anew. The first solution
        # without such a pair is optimal, for it was so under fewer constraints.
        of_seeds = _versions_of_seeds(track_vectors, points, rows)
        among_stops = _versions_among_stops(track_vectors, points, rows)
        if not of_seeds and not among_stops:
            return _journey(track_vectors, points, route, solution)
        excluded |= of_seeds
        versions |= among_stops


def _locate_seeds(track_vectors: TrackVectors, seeds: Sequence[Seed], options: JourneyOptions) -> list[SeedPoint]:
    if len(seeds) < 2:
        raise JourneyError(f"A journey needs at least two seeds, and got {len(seeds)}. Choose where it ends.")
    if len(seeds) > options.length:
        raise JourneyError(
            f"A journey of {options.length} stops cannot hold {len(seeds)} seeds. Ask for at least {len(seeds)} stops."
        )
    points = track_vectors.locate_all(seeds)
    seed_rows = [seed.row for seed in points if seed.row is not None]
    for row in seed_rows:
        if seed_rows.count(row) > 1:
            raise JourneyError(
                f"{track_vectors.tracks[row].label!r} is chosen twice, and no track comes twice in a journey."
                " Choose another one for one of its places."
            )
    return points


def _check_count(track_vectors: TrackVectors, route: Route, options: JourneyOptions) -> None:
    """JourneyError if there are too few tracks, or too few by different artists, whatever the order."""
    n_seeds = len(route.legs) + 1
    n_tracks = len(route.rows)
    if n_tracks < options.length:
        with_rule = f" with at most {options.max_per_artist} an artist" if options.max_per_artist else ""
        raise JourneyError(
            f"A journey of {options.length} stops{with_rule} needs {options.length - n_seeds} tracks beside"
            f" its seeds, and of the {len(track_vectors.tracks)} here {n_tracks - n_seeds} can be used."
            " Ask for fewer stops, allow more by one artist, or add tracks."
        )
    by_artist = np.bincount(route.groups[route.groups >= 0], minlength=len(route.capacities))
    n_usable = n_seeds + int(np.minimum(by_artist, route.capacities).sum() + (route.groups[n_seeds:] < 0).sum())
    if n_usable < options.length:
        raise JourneyError(
            f"With at most {options.max_per_artist} an artist these tracks give a journey of {n_usable}"
            f" stops, not of {options.length}. Ask for fewer stops or allow more by one artist."
        )


def _solve(problem: Problem, options: JourneyOptions) -> Solution:
    rules = f"of {options.length} stops, no version twice, max_per_artist {options.max_per_artist}"
    try:
        solution = solve(problem)
    except ExpansionLimitError as error:
        raise JourneyError(
            f"No journey was found in the time allowed ({rules}). Ask for fewer stops or allow more by one artist."
        ) from error
    if solution is None:
        raise JourneyError(
            f"There is no journey that always moves forward and keeps the rules ({rules})."
            " Ask for fewer stops, allow more by one artist, or choose other seeds."
        )
    return solution


def _conflicts(route: Route, versions: set[tuple[int, int]]) -> np.ndarray:
    """Which candidates may not be in one journey [n_candidates, n_candidates]; ``versions`` are pairs of rows."""
    vectors = np.asarray(route.vectors, dtype=np.float32)
    conflicts = vectors @ vectors.T >= IDENTICAL_COSINE
    np.fill_diagonal(conflicts, True)
    number = {int(row): candidate for candidate, row in enumerate(route.rows) if row >= 0}
    for a, b in versions:
        if a in number and b in number:
            conflicts[number[a], number[b]] = conflicts[number[b], number[a]] = True
    return conflicts


def _versions_of_seeds(track_vectors: TrackVectors, points: list[SeedPoint], rows: np.ndarray) -> set[int]:
    """Rows of the journey, seeds apart, that are a seed's recording."""
    return {
        row for row in _rows_beside_seeds(points, rows) for seed in points if track_vectors.is_same_recording(seed, row)
    }


def _versions_among_stops(
    track_vectors: TrackVectors, points: list[SeedPoint], rows: np.ndarray
) -> set[tuple[int, int]]:
    """Pairs of rows of the journey, seeds apart, that are one recording."""
    others = _rows_beside_seeds(points, rows)
    stops = track_vectors.locate_all([track_vectors.tracks[row].track_id for row in others])
    pairs = ((a, b) for a in range(len(others)) for b in range(a + 1, len(others)))
    return {(others[a], others[b]) for a, b in pairs if track_vectors.is_same_recording(stops[a], others[b])}


def _rows_beside_seeds(points: list[SeedPoint], rows: np.ndarray) -> list[int]:
    seed_rows = {seed.row for seed in points}
    return [int(row) for row in rows if row >= 0 and int(row) not in seed_rows]


def _journey(track_vectors: TrackVectors, points: list[SeedPoint], route: Route, solution: Solution) -> Journey:
    rows = route.rows[solution.path]
    vectors = route.vectors[solution.path]
    is_seed = solution.path < len(points)
    stops, quality = evaluate_path(track_vectors, points, vectors, rows, is_seed)
    gap = 0.0 if solution.is_optimal else (solution.cost - solution.lower_bound) / max(solution.cost, 1e-12)
    return Journey(stops, quality, solution.is_optimal, gap, len(route.rows) - len(points))


def evaluate_path(
    track_vectors: TrackVectors,
    points: list[SeedPoint],
    vectors: np.ndarray,
    rows: np.ndarray,
    is_seed: np.ndarray,
) -> tuple[tuple[Stop, ...], JourneyQuality]:
    """Stops and quality of a path, however it was found.

    Parameters
    ----------
    track_vectors : TrackVectors
    points : list of SeedPoint
    vectors : np.ndarray [shape=(n, size)]
        Of the stops.
    rows : np.ndarray [shape=(n,)], int64
        In the track vectors; -1 for a sound that is no track.
    is_seed : np.ndarray [shape=(n,)], bool
    """
    progress = _progress(points, vectors, np.flatnonzero(is_seed))
    steps = np.array([angles_degrees(a, b)[0, 0] for a, b in zip(vectors[:-1], vectors[1:], strict=True)])
    tracks = [track_vectors.tracks[row] if row >= 0 else None for row in rows]
    stops = tuple(
        Stop(
            track=track,
            is_seed=bool(is_seed[number]),
            progress=float(progress[number]),
            step_degrees=float(steps[number - 1]) if number else 0.0,
            step_cosine=float(np.cos(np.radians(steps[number - 1]))) if number else 1.0,
            start_seconds=track_vectors.start_seconds(int(rows[number])) if track else 0.0,
        )
        for number, track in enumerate(tracks)
    )
    return stops, JourneyQuality.measure(steps, progress, tracks)


def _progress(points: list[SeedPoint], vectors: np.ndarray, seed_numbers: np.ndarray) -> np.ndarray:
    """Progress of each stop over the whole journey in [0, 1]; every leg counts as many parts as it has steps."""
    whole = np.zeros(len(vectors))
    for (a, b), (first, last) in zip(
        zip(points[:-1], points[1:], strict=True),
        zip(seed_numbers[:-1], seed_numbers[1:], strict=True),
        strict=True,
    ):
        part = slice(first, last + 1)
        whole[part] = first + (last - first) * relative_progress(a.vector, b.vector, vectors[part])
    return whole / (len(vectors) - 1)
