"""Fit the encoder ``statistics``: how its 498 statistics spread over a collection of music.

Run ``python -m synesthete.training.fit_statistics FILES...``; folders count with all the audio in them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from synesthete.encoders.statistics import FLOOR_DB, N_STATISTICS, STEM, Statistics, statistics
from synesthete.encoders.weights import Weights, write
from synesthete.errors import OptionError
from synesthete.training.covariance import SMALLEST_STD, eigenvectors
from synesthete.training.reference_music import parse_arguments, segment_features

N_AXES = 128
LIMIT = 4.0  # [standard deviations]


def fit(rows: np.ndarray, made_from: str, n_axes: int = N_AXES) -> Weights:
    """Mean, spread and whitened principal axes of a reference collection.

    Parameters
    ----------
    rows : np.ndarray [shape=(n_segments, 498)]
    made_from : str
        Which music, in words.
    n_axes : int > 0
        How many principal axes count; at most one less than ``n_segments``.

    Raises
    ------
    OptionError
        If there are too few segments for that many axes.
    """
    if not 0 < n_axes < min(len(rows), N_STATISTICS + 1):
        raise OptionError(f"{n_axes} axes need more than {n_axes} segments of music, got {len(rows)}: name more files.")
    rows = rows.astype(np.float64)
    mean, std = rows.mean(axis=0), np.maximum(rows.std(axis=0), SMALLEST_STD)
    variances, axes = eigenvectors(np.cov(((rows - mean) / std).T), n_axes)
    # Fewer segments than axes with any spread would divide by zero.
    scaled = axes / np.sqrt(np.maximum(variances, 1e-6 * variances[0]))
    tensors = {"mean": mean, "std": std, "axes": scaled}
    card: dict[str, Any] = {
        "version": "1",
        "made_from": made_from,
        "n_segments": len(rows),
        "n_axes": n_axes,
        "floor_db": FLOOR_DB,
        "limit": LIMIT,
    }
    return Weights("the reference", {name: value.astype(np.float32) for name, value in tensors.items()}, card)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the encoder 'statistics' to a collection of music: its statistics.safetensors and statistics.json."""
    files, made_from, folder = parse_arguments("fit_statistics", main.__doc__, arguments)
    rows = np.concatenate([statistics(segment_features(file, Statistics)) for file in files])
    weights = fit(rows, made_from)
    write(folder, STEM, weights.tensors, weights.card)
    sys.stdout.write(f"{len(rows)} segments of {len(files)} files -> {folder / STEM}.safetensors, .json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
