"""Two simpler methods from A to B, to measure ours against."""

from __future__ import annotations

import numpy as np

from synesthete.errors import JourneyError
from synesthete.journey.planning import evaluate_path
from synesthete.journey.track_vectors import TrackVectors
from synesthete.journey.types import JourneyQuality


def linear_greedy(track_vectors: TrackVectors, start: str, end: str, length: int) -> np.ndarray:
    """Equally spaced points on the straight line from A to B, and the nearest unused track to each, in turn.

    The method of "Waveform Analysis for Smarter Playlists" (2022), on the vectors it describes.

    Returns
    -------
    np.ndarray [shape=(length,)], int64
        Rows; ``start`` first and ``end`` last.
    """
    first, last = _rows(track_vectors, start, end, length)
    is_unused = np.ones(len(track_vectors.tracks), dtype=bool)
    is_unused[[first, last]] = False
    rows = [first]
    for share in np.linspace(0, 1, length)[1:-1]:
        point = (1 - share) * track_vectors.vectors[first] + share * track_vectors.vectors[last]
        rows.append(int(np.where(is_unused, track_vectors.vectors @ point, -np.inf).argmax()))
        is_unused[rows[-1]] = False
    return np.array([*rows, last])


def random_walk(
    track_vectors: TrackVectors, start: str, end: str, length: int, seed: int = 0, n_neighbours: int = 10
) -> np.ndarray:
    """From each track to one of its nearest unused neighbours drawn at random, and at last to B.

    Rows [length], int64.
    """
    first, last = _rows(track_vectors, start, end, length)
    rng = np.random.default_rng(seed)
    is_unused = np.ones(len(track_vectors.tracks), dtype=bool)
    is_unused[[first, last]] = False
    rows = [first]
    for _ in range(length - 2):
        cosines = np.where(is_unused, track_vectors.vectors @ track_vectors.vectors[rows[-1]], -np.inf)
        nearest = np.argsort(-cosines, kind="stable")[: min(n_neighbours, int(is_unused.sum()))]
        rows.append(int(rng.choice(nearest)))
        is_unused[rows[-1]] = False
    return np.array([*rows, last])


def measure(track_vectors: TrackVectors, rows: np.ndarray) -> JourneyQuality:
    """The quality of a path of tracks [n], its ends taken as the seeds."""
    ends = track_vectors.locate_all([track_vectors.tracks[rows[i]].track_id for i in (0, -1)])
    is_seed = np.isin(np.arange(len(rows)), (0, len(rows) - 1))
    return evaluate_path(track_vectors, ends, track_vectors.vectors[rows], rows, is_seed)[1]


def _rows(track_vectors: TrackVectors, start: str, end: str, length: int) -> tuple[int, int]:
    if length > len(track_vectors.tracks):
        raise JourneyError(f"A journey of {length} stops needs as many tracks; there are {len(track_vectors.tracks)}.")
    first, last = (point.row for point in track_vectors.locate_all([start, end]))
    assert first is not None and last is not None  # track ids always have a row
    return first, last
