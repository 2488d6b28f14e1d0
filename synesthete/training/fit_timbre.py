"""Fit the encoder ``timbre``: which of its numbers tell recordings apart, over a collection of music.

Run ``python -m synesthete.training.fit_timbre FILES...``; folders count with all the audio in them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from synesthete import settings
from synesthete.encoders.timbre import FLOOR_DB, N_MFCC, N_NUMBERS, N_UPPER, STEM, Timbre, cepstrum, gaussians
from synesthete.encoders.weights import Weights, write
from synesthete.errors import OptionError
from synesthete.training.covariance import SMALLEST_STD, whitening, within_covariance
from synesthete.training.reference_music import parse_arguments, segment_features

SHRINKAGE = 1.0


def fit(segments: Sequence[np.ndarray], made_from: str) -> Weights:
    """Mean and axes of a reference collection.

    Parameters
    ----------
    segments : sequence of np.ndarray [shape=(n_i, 324)]
        What :func:`gaussians` makes of the segments of each recording.
    made_from : str
        Which music, in words.

    Raises
    ------
    OptionError
        If there is too little music.
    """
    rows = np.concatenate([np.empty((0, N_NUMBERS)), *segments])
    if len(rows) <= N_NUMBERS:
        raise OptionError(f"{N_NUMBERS} axes need more segments of music than {len(rows)}: name more files.")
    spread = np.maximum(rows.std(axis=0), SMALLEST_STD)
    # The covariance keeps its proportions; the mean is standardised; both weigh the same altogether.
    scale = np.empty(N_NUMBERS)
    scale[:N_UPPER] = 1 / np.linalg.norm(spread[:N_UPPER])
    scale[N_UPPER:] = 1 / np.sqrt(N_MFCC) / spread[N_UPPER:]
    axes = scale[:, None] * whitening(within_covariance([group * scale for group in segments]), SHRINKAGE)
    tensors = {"mean": rows.mean(axis=0), "axes": axes}
    card: dict[str, Any] = {
        "version": "1",
        "made_from": made_from,
        "n_segments": len(rows),
        "embedding_size": N_NUMBERS,
        "floor_db": FLOOR_DB,
        "shrinkage": SHRINKAGE,
    }
    return Weights("the reference", {name: value.astype(np.float32) for name, value in tensors.items()}, card)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the encoder 'timbre' to a collection of music: its timbre.safetensors and timbre.json."""
    files, made_from, folder = parse_arguments("fit_timbre", main.__doc__, arguments)
    n_mels = settings.SPECTROGRAM.n_mels
    recordings = [gaussians(cepstrum(segment_features(file, Timbre)[:, :n_mels])) for file in files]
    weights = fit(recordings, made_from)
    write(folder, STEM, weights.tensors, weights.card)
    n_segments = weights.card["n_segments"]
    sys.stdout.write(f"{n_segments} segments of {len(files)} files -> {folder / STEM}.safetensors, .json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
