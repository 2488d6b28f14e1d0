"""The reference of real music: mean and spread of what every encoder keeps of recordings, and how a phone changes it.

A library of fewer than some hundred tracks says too little of its own mean and spread; the reference stands in
(:mod:`synesthete.encoders.track_space`). ``python -m synesthete.training.fit_reference FILES...`` writes
``data/models/reference.safetensors`` and ``.json`` for all encoders that are ready.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from synesthete.audio import Clip, clip_from_samples, read_clip
from synesthete.encoders import available
from synesthete.encoders.base import Encoder
from synesthete.encoders.fusion import ready_members
from synesthete.encoders.track_space import Moments, Reference, nuisance_of, write_reference
from synesthete.spectrogram import compute_spectrograms
from synesthete.terminal import show_progress
from synesthete.training.augmentation import phone_in_room
from synesthete.training.reference_music import parse_arguments

SECONDS = 30.0  # of each recording
NOISE_DB = (12.0, 6.0, 0.0)  # music above noise


def references(encoders: Sequence[Encoder], files: Sequence[Path]) -> dict[Encoder, Reference]:
    """What each encoder makes of the same recordings, as they are and through a phone; each file is read once."""
    clean: dict[Encoder, list[np.ndarray]] = {encoder: [] for encoder in encoders}
    changes: dict[Encoder, list[np.ndarray]] = {encoder: [] for encoder in encoders}
    for number, file in enumerate(files):
        middle = middle_of(read_clip(file))
        rng, rate = np.random.default_rng([number, 3]), middle.sample_rate_hz
        samples = middle.excerpts[0].samples
        recorded = [clip_from_samples(phone_in_room(rng, samples, rate, db), rate, name=file.name) for db in NOISE_DB]
        for encoder, *others in made_by(encoders, (middle, *recorded)):
            clean[encoder].append(others[0])
            changes[encoder] += [other - others[0] for other in others[1:]]
        show_progress(file.name, (number + 1) / len(files))
    made = {}
    for encoder in encoders:
        moments = Moments.of([np.stack(clean[encoder])], encoder.n_track_features)
        made[encoder] = Reference(moments, nuisance_of(np.stack(changes[encoder]), moments, encoder.track_parts))
    return made


def made_by(encoders: Sequence[Encoder], clips: Sequence[Clip]) -> Iterator[tuple[Any, ...]]:
    """Each encoder, and its track features of the clips."""
    spectrograms = [compute_spectrograms(clip) for clip in clips]
    for encoder in encoders:
        pairs = zip(clips, spectrograms, strict=True)
        yield encoder, *(encoder.embed(clip, of_clip).track_features for clip, of_clip in pairs)


def middle_of(clip: Clip) -> Clip:
    """The middle ``SECONDS`` of the longest excerpt."""
    samples = max((excerpt.samples for excerpt in clip.excerpts), key=len)
    n_samples = round(SECONDS * clip.sample_rate_hz)
    begin = max((len(samples) - n_samples) // 2, 0)
    return clip_from_samples(samples[begin : begin + n_samples], clip.sample_rate_hz, name=clip.name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what all encoders make of a collection of real music: the reference they begin with."""
    files, made_from, folder = parse_arguments("fit_reference", main.__doc__, arguments)
    ready = ready_members(available())[0].values()
    encoders = [encoder for encoder in ready if encoder.track_parts and not encoder.own_reference]
    write_reference(folder, references(encoders, files), made_from)
    sys.stdout.write(f"{', '.join(encoder.name for encoder in encoders)}: {len(files)} files -> {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
