"""Fit the encoder ``aisfx``: mean and spread of its embedding, over a collection of music.

Run ``python -m synesthete.training.fit_aisfx FILES...``; folders count with all the audio in them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synesthete.audio import read_clip
from synesthete.encoders.aisfx import FILE_NAME, Aisfx
from synesthete.encoders.aisfx_checkpoint import CHECKPOINT, EMBEDDING_SIZE
from synesthete.encoders.base import clip_features
from synesthete.training.reference_music import parse_arguments
from synesthete.training.standardisation import write_reference

HOPS_APART = 4  # segments of one recording are alike: one in four says as much, in a quarter of the time


def layer(encoder: Aisfx, file: Path) -> np.ndarray:
    """The embedding of every fourth segment of a recording, [n, 512]."""

    def grid(n_samples: int, sample_rate_hz: int) -> tuple[list[float], float]:
        starts, seconds = encoder.segment_grid(n_samples, sample_rate_hz)
        return starts[::HOPS_APART], seconds

    return clip_features(read_clip(file), None, grid, encoder.features)[0]["aisfx"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the encoder 'aisfx' to a collection of music: its aisfx.json."""
    files, made_from, folder = parse_arguments("fit_aisfx", main.__doc__, arguments)
    encoder = Aisfx((np.zeros(EMBEDDING_SIZE, np.float32), np.ones(EMBEDDING_SIZE, np.float32)))
    layers = (layer(encoder, file) for file in files)
    n_segments = write_reference(layers, made_from, CHECKPOINT.sha256, folder / FILE_NAME)
    sys.stdout.write(f"{n_segments} segments of {len(files)} files -> {folder / FILE_NAME}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
