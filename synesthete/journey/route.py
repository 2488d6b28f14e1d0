"""A journey as a problem for the solver: legs, candidates, and what standing and stepping cost.

A leg runs between two neighbouring seeds. Its target points lie at equal angles on the great circle between
them (slerp: Shoemake, 1985). Within a leg every stop has more *progress* than the one before: the angle to
the leg's first seed over the sum of the angles to both. So a leg cannot turn back, and no track can come
twice in it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from synesthete.errors import JourneyError
from synesthete.journey.problem import Problem, bottleneck
from synesthete.journey.records import JourneyOptions
from synesthete.journey.repertoire import IDENTICAL_COSINE, Repertoire, SeedPlace, degrees

POOL = 600  # candidates a leg; a smaller catalogue is considered whole
_TRACKS_OF_AN_ARTIST = 10  # times max_per_artist: how many of one artist a pool may hold
_TARGET_STEP = 0.9  # of the smallest possible largest step: what every step should be
_TOO_LARGE = 100.0  # cost of exceeding that largest step by itself: dwarfs all else, happens only if it must
_EVENNESS = 10.0


@dataclass(frozen=True)
class Leg:
    """From one seed to the next in ``n_steps`` > 0 steps.

    Attributes
    ----------
    start, end : int
        Candidate numbers of the two seeds.
    points : np.ndarray [shape=(n_steps + 1, size)], unit length
        On the great circle, the seeds' own points included.
    """

    start: int
    end: int
    n_steps: int
    points: np.ndarray


@dataclass(frozen=True)
class Route:
    """Everything a journey is solved from. Candidates are numbered with the seeds first.

    Attributes
    ----------
    rows : np.ndarray [shape=(n_candidates,)], int64
        Row in the repertoire; -1 for a seed that is no track.
    vectors : np.ndarray [shape=(n_candidates, size)]
    legs : list of Leg
    pools : list of np.ndarray, one a leg
        Candidate numbers that may be stops inside the leg.
    groups, caps : np.ndarray
        Artists and how often each may still come, as in :class:`~synesthete.journey.problem.Problem`.
    """

    rows: np.ndarray
    vectors: np.ndarray
    legs: list[Leg]
    pools: list[np.ndarray]
    groups: np.ndarray
    caps: np.ndarray


def great_circle(a: np.ndarray, b: np.ndarray, n_points: int) -> np.ndarray:
    """Points [n_points, size] at equal angles on the great circle from unit vector ``a`` to ``b``, both
    included.

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


def steps_of_legs(angles: np.ndarray, n_steps: int) -> np.ndarray:
    """Share ``n_steps`` among legs in proportion to their angles [n_legs], at least one each.

    Int64 [n_legs].
    """
    shares = angles / angles.sum() * n_steps
    counts = np.maximum(np.floor(shares).astype(np.int64), 1)
    while counts.sum() < n_steps:
        counts[int((angles / counts).argmax())] += 1
    while counts.sum() > n_steps:
        counts[int(np.where(counts > 1, -angles / counts, -np.inf).argmax())] -= 1
    return counts


def make_legs(seeds: list[SeedPlace], length: int) -> list[Leg]:
    """The legs between seeds [n_seeds >= 2], ``length`` stops in all."""
    pairs = list(zip(seeds[:-1], seeds[1:], strict=True))
    angles = np.array([degrees(a.vector, b.vector)[0, 0] for a, b in pairs])
    for a, b in pairs:
        great_circle(a.vector, b.vector, 2)  # refuses equal seeds
    counts = steps_of_legs(angles, length - 1)
    return [
        Leg(number, number + 1, int(count), great_circle(a.vector, b.vector, int(count) + 1))
        for number, ((a, b), count) in enumerate(zip(pairs, counts, strict=True))
    ]


def make_route(
    repertoire: Repertoire,
    seeds: list[SeedPlace],
    options: JourneyOptions,
    pool: int = POOL,
    barred: Collection[int] = (),
) -> Route:
    """Lay out legs and choose their candidates: the ``pool`` tracks nearest to any of the leg's points.

    No seed is a candidate, nor are the rows ``barred``.
    """
    legs = make_legs(seeds, options.length)
    artists, left = _artists_left(repertoire, seeds, options.max_per_artist)
    is_free = np.ones(len(repertoire.tracks), dtype=bool)
    is_free[[*barred, *(seed.row for seed in seeds if seed.row is not None)]] = False
    is_free &= (artists < 0) | (left[artists] > 0) if len(left) else True
    for seed in seeds:
        near = np.flatnonzero(is_free & (repertoire.vectors @ seed.vector > IDENTICAL_COSINE))
        is_free[near] = False
    chosen = [_nearest(repertoire, leg, is_free, artists, options, pool) for leg in legs]
    rows = np.unique(np.concatenate([*chosen, np.empty(0, np.int64)]))
    seed_rows = [-1 if seed.row is None else seed.row for seed in seeds]
    number = np.full(len(repertoire.tracks), -1, dtype=np.int64)
    number[rows] = len(seeds) + np.arange(len(rows))
    return Route(
        rows=np.concatenate([seed_rows, rows]).astype(np.int64),
        vectors=np.concatenate([[seed.vector for seed in seeds], repertoire.vectors[rows]]),
        legs=legs,
        pools=[number[part] for part in chosen],
        groups=np.concatenate([np.full(len(seeds), -1), artists[rows]]),
        caps=left,
    )


def _artists_left(
    repertoire: Repertoire, seeds: list[SeedPlace], max_per_artist: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Each track's artist [n] (-1: not limited) and how many stops each artist has left beside the seeds."""
    if max_per_artist is None:
        return np.full(len(repertoire.tracks), -1), np.empty(0, np.int64)
    artists = repertoire.artists
    left = np.full(int(artists.max(initial=-1)) + 1, max_per_artist)
    for seed in seeds:
        if seed.row is not None and artists[seed.row] >= 0:
            left[artists[seed.row]] -= 1
    return artists, np.maximum(left, 0)


def _nearest(
    repertoire: Repertoire,
    leg: Leg,
    is_free: np.ndarray,
    artists: np.ndarray,
    options: JourneyOptions,
    pool: int,
) -> np.ndarray:
    """Rows of a leg's candidates, ascending: taken in turn from what lies nearest to each of its points."""
    free = np.flatnonzero(is_free)
    if leg.n_steps == 1:
        return free[:0]
    if len(free) <= pool:
        return free
    cosines = leg.points @ repertoire.vectors[free].T  # [n_points, n_free]
    order = np.argsort(-cosines, axis=1, kind="stable")[:, : 4 * pool]
    in_turn = order.T.ravel()
    _, first = np.unique(in_turn, return_index=True)
    most = _TRACKS_OF_AN_ARTIST * (options.max_per_artist or pool)
    counts: dict[int, int] = {}
    rows: list[int] = []
    for row in free[in_turn[np.sort(first)]]:
        artist = int(artists[row])
        counts[artist] = counts.get(artist, 0) + 1
        if artist < 0 or counts[artist] <= most:
            rows.append(int(row))
        if len(rows) == pool:
            break
    return np.sort(np.array(rows, dtype=np.int64))


def make_problem(route: Route, rivals: np.ndarray, smoothness: float) -> Problem:
    """Costs of all stops and steps; ``rivals`` [n_candidates, n_candidates] may not stand in one journey.

    With ``b`` the smallest largest step by which the leg can be made at all, in degrees, and weights
    ``smoothness`` and ``1 - smoothness``: a step of angle ``s`` costs ``10 (s/b - 0.9)²`` and, past ``b``,
    much more; a stop costs ``(d/b)²``, where ``d`` is its angle to the point of the great circle where it
    should lie.
    """
    stages, nodes, edges = [np.array([route.legs[0].start])], [np.zeros(1)], []
    for leg, pool in zip(route.legs, route.pools, strict=True):
        leg_stages, away, steps, allowed = _leg_geometry(route, leg, pool, rivals)
        free = [np.where(is_allowed, 0.0, np.inf) for is_allowed in allowed]
        relaxed = Problem([stages[-1], *leg_stages], [], free, route.groups, route.caps, rivals)
        least = bottleneck(relaxed, steps)
        scale = least if np.isfinite(least) and least > 0 else 1.0
        for step, edge in zip(steps, free, strict=True):
            edges.append(edge + smoothness * _step_cost(step / scale))
        nodes += [(1 - smoothness) * (angle / scale) ** 2 for angle in away]
        stages += leg_stages
    return Problem(stages, nodes, edges, route.groups, route.caps, rivals)


def _step_cost(step: np.ndarray) -> np.ndarray:
    return _EVENNESS * (step - _TARGET_STEP) ** 2 + _TOO_LARGE * np.maximum(step - 1, 0)


def _leg_geometry(
    route: Route, leg: Leg, pool: np.ndarray, rivals: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Stages after the first, their angles from the target points, and between stages.

    Angles, what is allowed.
    """
    ends = np.array([leg.end])
    if leg.n_steps == 1:
        step = degrees(route.vectors[leg.start], route.vectors[leg.end])
        return [ends], [np.zeros(1)], [step], [np.ones((1, 1), dtype=bool)]
    pool = pool[np.argsort(progress_between(route, leg, pool), kind="stable")]
    vectors = route.vectors[pool]
    n_inside = leg.n_steps - 1
    between = degrees(vectors, vectors)
    is_forward = np.triu(np.ones(between.shape, dtype=bool), 1) & ~rivals[np.ix_(pool, pool)]
    away = degrees(leg.points[1:-1], vectors)
    first, last = degrees(route.vectors[leg.start], vectors), degrees(vectors, route.vectors[leg.end])
    steps = [first, *[between] * (n_inside - 1), last]
    allowed = [
        np.ones(first.shape, dtype=bool),
        *[is_forward] * (n_inside - 1),
        np.ones(last.shape, dtype=bool),
    ]
    return [*[pool] * n_inside, ends], [*away, np.zeros(1)], steps, allowed


def progress_between(route: Route, leg: Leg, candidates: np.ndarray) -> np.ndarray:
    """Progress in [0, 1] of candidates [m] within a leg."""
    return relative_progress(route.vectors[leg.start], route.vectors[leg.end], route.vectors[candidates])


def relative_progress(a: np.ndarray, b: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """How far each of ``vectors`` [m, size] is from ``a`` on the way to ``b``.

    0 at ``a``, 1 at ``b``, float64 [m].
    """
    from_a, from_b = degrees(vectors, a)[:, 0], degrees(vectors, b)[:, 0]
    return from_a / np.maximum(from_a + from_b, np.finfo(np.float64).tiny)
