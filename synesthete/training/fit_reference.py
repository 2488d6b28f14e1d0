"""The reference of real music: mean and spread of what every encoder keeps of whole recordings.

A library of fewer than some hundred tracks says too little of its own mean and spread; the reference stands in
(:mod:`synesthete.encoders.track_space`). ``python -m synesthete.training.fit_reference FILES...`` writes
``data/models/reference.safetensors`` and ``.json`` for all encoders that are ready.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synesthete.audio import read_clip
from synesthete.encoders import available
from synesthete.encoders.base import Encoder
from synesthete.encoders.fusion import ready_members
from synesthete.encoders.track_space import Moments, write_reference
from synesthete.spectrogram import compute_spectrograms
from synesthete.training.reference_music import parse_arguments


def moments_over(encoders: Sequence[Encoder], files: Sequence[Path]) -> dict[Encoder, Moments]:
    """The moments of each encoder's track features over the same recordings; each file is read once."""
    rows: dict[Encoder, list[np.ndarray]] = {encoder: [] for encoder in encoders}
    for number, file in enumerate(files, start=1):
        clip = read_clip(file)
        spectrograms = compute_spectrograms(clip)
        for encoder in encoders:
            rows[encoder].append(encoder.embed(clip, spectrograms).track_features)
        sys.stderr.write(f"\r{number} of {len(files)}")
    return {encoder: Moments.of([np.stack(made)], encoder.n_track_features) for encoder, made in rows.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what all encoders make of a collection of real music: the reference they begin with."""
    files, made_from, folder = parse_arguments("fit_reference", main.__doc__, arguments)
    ready = ready_members(available())[0].values()
    encoders = [encoder for encoder in ready if encoder.track_parts]
    write_reference(folder, moments_over(encoders, files), made_from)
    sys.stdout.write(f"{', '.join(encoder.name for encoder in encoders)}: {len(files)} files -> {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
