"""Two simpler ways from A to B, to measure ours against."""

from __future__ import annotations

import numpy as np

from synesthete.errors import JourneyError
from synesthete.journey.planning import trace
from synesthete.journey.records import JourneyQuality
from synesthete.journey.repertoire import Repertoire, SeedPlace, places


def linear_greedy(repertoire: Repertoire, start: str, end: str, length: int) -> np.ndarray:
    """Equally spaced points on the straight line from A to B, and the nearest unused track to each, in turn.

    The method of "Waveform Analysis for Smarter Playlists" (2022), on the vectors it describes.

    Returns
    -------
    np.ndarray [shape=(length,)], int64
        Rows; ``start`` first and ``end`` last.
    """
    first, last = _rows(repertoire, start, end, length)
    is_free = np.ones(len(repertoire.tracks), dtype=bool)
    is_free[[first, last]] = False
    rows = [first]
    for share in np.linspace(0, 1, length)[1:-1]:
        point = (1 - share) * repertoire.vectors[first] + share * repertoire.vectors[last]
        rows.append(int(np.where(is_free, repertoire.vectors @ point, -np.inf).argmax()))
        is_free[rows[-1]] = False
    return np.array([*rows, last])


def random_walk(
    repertoire: Repertoire, start: str, end: str, length: int, seed: int = 0, n_neighbours: int = 10
) -> np.ndarray:
    """From each track to one of its nearest unused neighbours by lot, and at last to B.

    Rows [length], int64.
    """
    first, last = _rows(repertoire, start, end, length)
    rng = np.random.default_rng(seed)
    is_free = np.ones(len(repertoire.tracks), dtype=bool)
    is_free[[first, last]] = False
    rows = [first]
    for _ in range(length - 2):
        cosines = np.where(is_free, repertoire.vectors @ repertoire.vectors[rows[-1]], -np.inf)
        nearest = np.argsort(-cosines, kind="stable")[: min(n_neighbours, int(is_free.sum()))]
        rows.append(int(rng.choice(nearest)))
        is_free[rows[-1]] = False
    return np.array([*rows, last])


def measure(repertoire: Repertoire, rows: np.ndarray) -> JourneyQuality:
    """The quality of a path of tracks [n], its ends taken as the seeds."""
    ends: list[SeedPlace] = places(repertoire, [repertoire.tracks[rows[i]].track_id for i in (0, -1)])
    is_seed = np.isin(np.arange(len(rows)), (0, len(rows) - 1))
    return trace(repertoire, ends, repertoire.vectors[rows], rows, is_seed)[1]


def _rows(repertoire: Repertoire, start: str, end: str, length: int) -> tuple[int, int]:
    if length > len(repertoire.tracks):
        raise JourneyError(f"A journey of {length} stops needs as many tracks; there are {len(repertoire.tracks)}.")
    first, last = (place.row for place in places(repertoire, [start, end]))
    assert first is not None and last is not None  # track ids always have a row
    return first, last
