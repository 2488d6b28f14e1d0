"""Mean and spread of a layer over a collection of music: what an encoder with borrowed weights is fitted to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from synesthete.training.covariance import SMALLEST_STD


def write_reference(layers: Iterable[np.ndarray], made_from: str, weights_sha256: str, path: Path) -> int:
    """Write mean and spread of a layer over all segments of a collection, as JSON; return how many segments.

    :func:`synesthete.encoders.borrowed.read_reference` reads it.

    Parameters
    ----------
    layers : iterable of np.ndarray [shape=(n, size)]
        The layer as it is, of each recording.
    made_from : str
        Which music, in words.
    weights_sha256 : str
        Of the weights that the layer was computed with.
    path : Path
    """
    rows = np.concatenate(list(layers)).astype(np.float64)
    plain = {
        "format": 1,
        "made_from": made_from,
        "n_segments": len(rows),
        "weights_sha256": weights_sha256,
        "mean": [float(f"{value:.6g}") for value in rows.mean(axis=0)],
        "std": [float(f"{value:.6g}") for value in np.maximum(rows.std(axis=0), SMALLEST_STD)],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    return len(rows)
