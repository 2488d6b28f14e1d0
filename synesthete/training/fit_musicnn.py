"""Fit the encoder ``musicnn``: mean and spread of its layer before the tags, over a collection of music.

Run ``python -m synesthete.training.fit_musicnn FILES...``; folders count with all the audio in them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from synesthete.audio import read_clip
from synesthete.encoders.base import clip_features
from synesthete.encoders.musicnn import FILE_NAME, N_PENULTIMATE, Musicnn
from synesthete.encoders.musicnn_network import read_table
from synesthete.training.covariance import SMALLEST_STD
from synesthete.training.reference_music import parse_arguments


def write_reference(layers: Iterable[np.ndarray], made_from: str, path: Path) -> None:
    """Write mean and spread of the layer over all segments of a collection, as JSON.

    Parameters
    ----------
    layers : iterable of np.ndarray [shape=(n, 200)]
        The layer before the tags, as it is.
    made_from : str
        Which music, in words.
    path : Path
    """
    rows = np.concatenate(list(layers)).astype(np.float64)
    plain = {
        "format": 1,
        "made_from": made_from,
        "n_segments": len(rows),
        "weights_sha256": read_table()["sha256"],
        "mean": [float(f"{value:.6g}") for value in rows.mean(axis=0)],
        "std": [float(f"{value:.6g}") for value in np.maximum(rows.std(axis=0), SMALLEST_STD)],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the encoder 'musicnn' to a collection of music: its musicnn.json."""
    files, made_from, folder = parse_arguments("fit_musicnn", main.__doc__, arguments)
    encoder = Musicnn((np.zeros(N_PENULTIMATE, np.float32), np.ones(N_PENULTIMATE, np.float32)))
    layers = (clip_features(read_clip(file), None, encoder.segment_grid, encoder.features)[0] for file in files)
    write_reference((features["musicnn"] for features in layers), made_from, folder / FILE_NAME)
    sys.stdout.write(f"{len(files)} files -> {folder / FILE_NAME}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
