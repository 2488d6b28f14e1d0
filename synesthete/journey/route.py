"""A journey as a shortest-path problem: legs, candidates, node and edge costs.

A leg runs between two neighbouring seeds. Its target points lie at equal angles on the great circle between them
(slerp: Shoemake, 1985). Within a leg every stop has more *progress* than the one before: the angle to the leg's first
seed over the sum of the angles to both. So a leg cannot turn back, and no track can come twice in it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from synesthete.errors import JourneyError
from synesthete.journey.problem import Problem, bottleneck
from synesthete.journey.track_vectors import IDENTICAL_COSINE, SeedPoint, TrackVectors, angles_degrees
from synesthete.journey.types import JourneyOptions

POOL_SIZE = 600  # candidates a leg; a smaller catalogue is considered whole
_POOL_TRACKS_PER_ARTIST = 10  # times max_per_artist
_TARGET_STEP = 0.9  # of the bottleneck: what every step should be
_EVENNESS_WEIGHT = 10.0
_BOTTLENECK_WEIGHT = 100.0  # of exceeding the bottleneck: outweighs all else, so that it happens only if it must


@dataclass(frozen=True)
class Leg:
    """From one seed to the next in ``n_steps`` > 0 steps.

    Attributes
    ----------
    start, end : int
        Candidate numbers of the two seeds.
    targets : np.ndarray [shape=(n_steps + 1, size)], unit length
        Where the stops should lie: on the great circle, the two seeds included.
    """

    start: int
    end: int
    n_steps: int
    targets: np.ndarray


@dataclass(frozen=True)
class Route:
    """Everything a journey is solved from. Candidates are numbered with the seeds first.

    Attributes
    ----------
    rows : np.ndarray [shape=(n_candidates,)], int64
        Row in the track vectors; -1 for a seed that is no track.
    vectors : np.ndarray [shape=(n_candidates, size)]
    legs : list of Leg
    pools : list of np.ndarray, one a leg
        Candidate numbers that may be stops inside the leg.
    groups, capacities : np.ndarray
        Artists and how often each may still come, as in :class:`~synesthete.journey.problem.Problem`.
    """

    rows: np.ndarray
    vectors: np.ndarray
    legs: list[Leg]
    pools: list[np.ndarray]
    groups: np.ndarray
    capacities: np.ndarray


def great_circle(a: np.ndarray, b: np.ndarray, n_points: int) -> np.ndarray:
    """Points [n_points, size] at equal angles on the great circle from unit vector ``a`` to ``b``, both included.

    JourneyError if the two are the same or exactly opposite, where no one great circle joins them.
    """
    cosine = float(np.clip(a.astype(np.float64) @ b.astype(np.float64), -1, 1))
    if abs(cosine) >= IDENTICAL_COSINE:
        how = "sound the same" if cosine > 0 else "are exactly opposite"
        raise JourneyError(
            f"Two neighbouring seeds {how} (cosine {cosine:.6f}), so no way leads from one to the other."
            " Choose two other seeds, or make a playlist from one of them."
        )
    angle = np.arccos(cosine)
    share = np.linspace(0, 1, n_points)[:, None]
    return (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)


def allocate_steps(angles: np.ndarray, n_steps: int) -> np.ndarray:
    """Share ``n_steps`` among legs in proportion to their angles [n_legs], at least one each; int64 [n_legs]."""
    shares = angles / angles.sum() * n_steps
    counts = np.maximum(np.floor(shares).astype(np.int64), 1)
    while counts.sum() < n_steps:
        counts[int((angles / counts).argmax())] += 1
    while counts.sum() > n_steps:
        counts[int(np.where(counts > 1, -angles / counts, -np.inf).argmax())] -= 1
    return counts


def make_legs(seeds: list[SeedPoint], length: int) -> list[Leg]:
    """The legs between seeds [n_seeds >= 2], ``length`` stops in all."""
    pairs = list(zip(seeds[:-1], seeds[1:], strict=True))
    angles = np.array([angles_degrees(a.vector, b.vector)[0, 0] for a, b in pairs])
    for a, b in pairs:
        great_circle(a.vector, b.vector, 2)  # refuses equal seeds
    counts = allocate_steps(angles, length - 1)
    return [
        Leg(number, number + 1, int(count), great_circle(a.vector, b.vector, int(count) + 1))
        for number, ((a, b), count) in enumerate(zip(pairs, counts, strict=True))
    ]


def make_route(
    track_vectors: TrackVectors,
    seeds: list[SeedPoint],
    options: JourneyOptions,
    pool_size: int = POOL_SIZE,
    excluded: Collection[int] = (),
) -> Route:
    """Lay out legs and choose their candidates: the ``pool_size`` tracks nearest to any of the leg's targets.

    No seed is a candidate, nor are the rows ``excluded``.
    """
    legs = make_legs(seeds, options.length)
    artists, left = _artist_capacities(track_vectors, seeds, options.max_per_artist)
    is_available = np.ones(len(track_vectors.tracks), dtype=bool)
    is_available[[*excluded, *(seed.row for seed in seeds if seed.row is not None)]] = False
    is_available &= (artists < 0) | (left[artists] > 0) if len(left) else True
    for seed in seeds:
        is_available &= track_vectors.vectors @ seed.vector <= IDENTICAL_COSINE
    chosen = [_choose_pool(track_vectors, leg, is_available, artists, options, pool_size) for leg in legs]
    rows = np.unique(np.concatenate([*chosen, np.empty(0, np.int64)]))
    seed_rows = [-1 if seed.row is None else seed.row for seed in seeds]
    number = np.full(len(track_vectors.tracks), -1, dtype=np.int64)
    number[rows] = len(seeds) + np.arange(len(rows))
    return Route(
        rows=np.concatenate([seed_rows, rows]).astype(np.int64),
        vectors=np.concatenate([[seed.vector for seed in seeds], track_vectors.vectors[rows]]),
        legs=legs,
        pools=[number[part] for part in chosen],
        groups=np.concatenate([np.full(len(seeds), -1), artists[rows]]),
        capacities=left,
    )


def _artist_capacities(
    track_vectors: TrackVectors, seeds: list[SeedPoint], max_per_artist: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Each track's artist [n] (-1: not limited) and how many stops each artist has left beside the seeds."""
    if max_per_artist is None:
        return np.full(len(track_vectors.tracks), -1), np.empty(0, np.int64)
    artists = track_vectors.artists
    left = np.full(int(artists.max(initial=-1)) + 1, max_per_artist)
    for seed in seeds:
        if seed.row is not None and artists[seed.row] >= 0:
            left[artists[seed.row]] -= 1
    return artists, np.maximum(left, 0)


def _choose_pool(
    track_vectors: TrackVectors,
    leg: Leg,
    is_available: np.ndarray,
    artists: np.ndarray,
    options: JourneyOptions,
    pool_size: int,
) -> np.ndarray:
    """Rows of a leg's candidates, ascending: taken in turn from what lies nearest to each of its targets."""
    available = np.flatnonzero(is_available)
    if leg.n_steps == 1:
        return available[:0]
    if len(available) <= pool_size:
        return available
    cosines = leg.targets @ track_vectors.vectors[available].T  # [n_targets, n_available]
    order = np.argsort(-cosines, axis=1, kind="stable")[:, : 4 * pool_size]
    in_turn = order.T.ravel()
    _, first = np.unique(in_turn, return_index=True)
    max_per_artist = _POOL_TRACKS_PER_ARTIST * (options.max_per_artist or pool_size)
    counts: dict[int, int] = {}
    rows: list[int] = []
    for row in available[in_turn[np.sort(first)]]:
        artist = int(artists[row])
        counts[artist] = counts.get(artist, 0) + 1
        if artist < 0 or counts[artist] <= max_per_artist:
            rows.append(int(row))
        if len(rows) == pool_size:
            break
    return np.sort(np.array(rows, dtype=np.int64))


def make_problem(route: Route, conflicts: np.ndarray, smoothness: float) -> Problem:
    """Costs of all stops and steps; of two candidates in ``conflicts`` [n_candidates, n_candidates] one may come.

    With ``b`` the bottleneck of the leg (the smallest largest step by which it can be made at all) in degrees, and
    weights ``smoothness`` and ``1 - smoothness``: a step of angle ``s`` costs ``10 (s/b - 0.9)²`` and, past ``b``,
    much more; a stop costs ``(d/b)²``, where ``d`` is its angle to its target on the great circle.
    """
    stages, node_costs, edge_costs = [np.array([route.legs[0].start])], [np.zeros(1)], []
    for leg, pool in zip(route.legs, route.pools, strict=True):
        leg_stages, deviations, steps, allowed = _leg_geometry(route, leg, pool, conflicts)
        no_cost = [np.where(is_allowed, 0.0, np.inf) for is_allowed in allowed]
        relaxed = Problem([stages[-1], *leg_stages], [], no_cost, route.groups, route.capacities, conflicts)
        smallest = bottleneck(relaxed, steps)
        scale = smallest if np.isfinite(smallest) and smallest > 0 else 1.0
        for step, edge in zip(steps, no_cost, strict=True):
            edge_costs.append(edge + smoothness * _step_cost(step / scale))
        node_costs += [(1 - smoothness) * (angle / scale) ** 2 for angle in deviations]
        stages += leg_stages
    return Problem(stages, node_costs, edge_costs, route.groups, route.capacities, conflicts)


def _step_cost(step: np.ndarray) -> np.ndarray:
    """Cost of steps given in units of the bottleneck."""
    return _EVENNESS_WEIGHT * (step - _TARGET_STEP) ** 2 + _BOTTLENECK_WEIGHT * np.maximum(step - 1, 0)


def _leg_geometry(
    route: Route, leg: Leg, pool: np.ndarray, conflicts: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Stages after the first, their angles to the targets; angles between stages, and which steps are allowed."""
    ends = np.array([leg.end])
    if leg.n_steps == 1:
        step = angles_degrees(route.vectors[leg.start], route.vectors[leg.end])
        return [ends], [np.zeros(1)], [step], [np.ones((1, 1), dtype=bool)]
    pool = pool[np.argsort(leg_progress(route, leg, pool), kind="stable")]
    vectors = route.vectors[pool]
    n_inside = leg.n_steps - 1
    between = angles_degrees(vectors, vectors)
    is_forward = np.triu(np.ones(between.shape, dtype=bool), 1) & ~conflicts[np.ix_(pool, pool)]
    deviations = angles_degrees(leg.targets[1:-1], vectors)
    first = angles_degrees(route.vectors[leg.start], vectors)
    last = angles_degrees(vectors, route.vectors[leg.end])
    steps = [first, *[between] * (n_inside - 1), last]
    allowed = [
        np.ones(first.shape, dtype=bool),
        *[is_forward] * (n_inside - 1),
        np.ones(last.shape, dtype=bool),
    ]
    return [*[pool] * n_inside, ends], [*deviations, np.zeros(1)], steps, allowed


def leg_progress(route: Route, leg: Leg, candidates: np.ndarray) -> np.ndarray:
    """Progress in [0, 1] of candidates [m] within a leg."""
    return relative_progress(route.vectors[leg.start], route.vectors[leg.end], route.vectors[candidates])


def relative_progress(a: np.ndarray, b: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """How far each of ``vectors`` [m, size] is from ``a`` on the way to ``b``.

    0 at ``a``, 1 at ``b``, float64 [m].
    """
    from_a, from_b = angles_degrees(vectors, a)[:, 0], angles_degrees(vectors, b)[:, 0]
    return from_a / np.maximum(from_a + from_b, np.finfo(np.float64).tiny)
