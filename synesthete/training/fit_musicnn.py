"""Fit the encoder ``musicnn``: mean and spread of its layer before the tags, over a collection of music.

Run ``python -m synesthete.training.fit_musicnn FILES...``; folders count with all the audio in them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from synesthete.audio import read_clip
from synesthete.encoders.base import clip_features
from synesthete.encoders.musicnn import FILE_NAME, N_PENULTIMATE, Musicnn
from synesthete.training.reference_music import parse_arguments
from synesthete.training.standardisation import write_reference


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the encoder 'musicnn' to a collection of music: its musicnn.json."""
    files, made_from, folder = parse_arguments("fit_musicnn", main.__doc__, arguments)
    encoder = Musicnn((np.zeros(N_PENULTIMATE, np.float32), np.ones(N_PENULTIMATE, np.float32)))
    layers = (clip_features(read_clip(file), None, encoder.segment_grid, encoder.features)[0] for file in files)
    rows = (features["musicnn"] for features in layers)
    write_reference(rows, made_from, encoder.weights_sha256, folder / FILE_NAME)
    sys.stdout.write(f"{len(files)} files -> {folder / FILE_NAME}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
