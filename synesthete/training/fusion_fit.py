"""Make the turns of the fusion from music: what to measure from, and which directions count.

``python -m synesthete.training.fusion_fit --music FOLDERS... --made-from WORDS`` hears each file as it is and through a
phone in a room, with every part that is ready, and writes ``data/models/synesthete.safetensors`` and ``.json``.
Run it again whenever one of the parts has been trained anew.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch

from synesthete import settings
from synesthete.audio import Clip, Excerpt, read_clip
from synesthete.encoders import fusion
from synesthete.encoders.base import Encoder
from synesthete.encoders.fusion import HOP, HOP_FRAMES, Part, listen, part_of, ready_parts
from synesthete.encoders.weights import Weights, write
from synesthete.encoders.whitening import change_covariance, main_axes, whitening, within_covariance
from synesthete.errors import OptionError
from synesthete.spectrogram import compute_spectrograms
from synesthete.training.augmentation import phone_in_room
from synesthete.training.plan import are_held_out
from synesthete.training.sounds import listed

Heard = dict[str, np.ndarray]  # by voice: [n_segments, size]
FIRST_SECONDS, SECONDS = 15.0, 40.0  # beginnings are often unlike the rest
PASSAGE_SEGMENTS = 6  # 10.6 s
N_PASSAGES = 2
SMALLEST_STD = 1e-3  # a number that never moves is divided by this instead of zero
LOUDEST_NOISE_DB, LEAST_NOISE_DB = 3.0, 18.0  # music above noise


@dataclass(frozen=True)
class VoicePlan:
    """How one voice of a part joins in.

    Attributes
    ----------
    track_weight, segment_weight : float > 0
        Of its cosine, between tracks and between segments.
    track_shrinkage, segment_shrinkage : float > 0
        See :func:`synesthete.encoders.whitening.whitening`.
    track_phone_share, segment_phone_share : float in [0, 1]
        How much what a phone changes counts, against what changes within a recording.
    is_standardised : bool
        Divide each number by its spread first.
    n_axes : int > 0
        Size of its vectors in the fusion, at most.
    """

    track_weight: float
    segment_weight: float
    track_shrinkage: float = 0.1
    segment_shrinkage: float = 0.1
    track_phone_share: float = 0.1
    segment_phone_share: float = 0.5
    is_standardised: bool = False
    n_axes: int = 256


# Chosen on the collections of CHOSEN_ON (same artist; passages through a phone, whole and by segments) and on bands in
# fourteen kinds of styles, none of which is among what is published: see docs/decisions/voices-of-the-fusion.md. The
# optimum is flat. The borrowed tags weigh a little more than those figures ask for: on recordings of players and
# singers, which are rare among this music, they are the best single ear.
PLAN = {
    "musicnn": VoicePlan(track_weight=0.6, segment_weight=0.2, track_shrinkage=0.05, track_phone_share=0.2),
    "musicnn/layers": VoicePlan(track_weight=1.2, segment_weight=0.5, track_phone_share=0.3, is_standardised=True),
    "resnet/likeness": VoicePlan(track_weight=0.3, segment_weight=0.1, track_shrinkage=3.0, track_phone_share=0.2),
    "resnet/identity": VoicePlan(track_weight=0.2, segment_weight=0.4, track_phone_share=0.2),
    "timbre": VoicePlan(track_weight=1.0, segment_weight=1.0, track_shrinkage=1.0, track_phone_share=0.2),
}


def hear_through_phone(parts: dict[str, Part], clip: Clip, rng: np.random.Generator) -> tuple[Heard, Heard]:
    """What the parts say of a recording, and how that changes when passages of it come through a phone.

    Returns
    -------
    said : dict of str to np.ndarray [shape=(n_segments, size)]
    changes : dict of str to np.ndarray [shape=(m, size)]
        Segments through the phone minus the same segments as they are.
    """
    rate = clip.sample_rate_hz
    sound = clip.excerpts[0].samples
    first = min(round(FIRST_SECONDS * rate), max(len(sound) - round(SECONDS * rate), 0))
    part = _clip(sound[first : first + round(SECONDS * rate)], rate)
    said, segments = listen(parts, part, compute_spectrograms(part))
    changes: dict[str, list[np.ndarray]] = {voice: [] for voice in said}
    n_samples = (PASSAGE_SEGMENTS - 1) * HOP_FRAMES * HOP + fusion.SEGMENT_SAMPLES
    for _ in range(N_PASSAGES if len(segments) > PASSAGE_SEGMENTS else 0):
        number = int(rng.integers(len(segments) - PASSAGE_SEGMENTS))
        begin = number * HOP_FRAMES * HOP
        passage = part.excerpts[0].samples[begin : begin + n_samples]
        noise_db = float(rng.uniform(LOUDEST_NOISE_DB, LEAST_NOISE_DB))
        heard = _clip(phone_in_room(rng, passage, rate, noise_db), rate)
        for voice, rows in listen(parts, heard, compute_spectrograms(heard))[0].items():
            changes[voice].append(rows[:PASSAGE_SEGMENTS] - said[voice][number : number + PASSAGE_SEGMENTS])
    empty = {voice: rows[:0] for voice, rows in said.items()}
    return said, {voice: np.concatenate([empty[voice], *rows]) for voice, rows in changes.items()}


def fit_voice(said: Sequence[np.ndarray], changes: np.ndarray, plan: VoicePlan) -> dict[str, np.ndarray]:
    """The four tensors of one voice (:data:`synesthete.encoders.fusion.TENSORS`).

    Parameters
    ----------
    said : sequence of np.ndarray [shape=(n_i, size)]
        The segments of each recording.
    changes : np.ndarray [shape=(m, size)]
        What a phone changes.
    plan : VoicePlan
    """
    rows = np.concatenate(said).astype(np.float64)
    mean = rows.mean(axis=0)
    spread = np.maximum(rows.std(axis=0), SMALLEST_STD) if plan.is_standardised else np.ones(len(mean))
    within = within_covariance([group / spread for group in said])
    phone = change_covariance(changes / spread) if len(changes) else within
    turns = (
        ("window_axes", plan.segment_phone_share, plan.segment_shrinkage),
        ("track_axes", plan.track_phone_share, plan.track_shrinkage),
    )
    tensors = {"window_mean": mean, "track_mean": mean}
    for name, share, shrinkage in turns:
        turn = whitening((1 - share) * within + share * phone, shrinkage)
        if plan.n_axes < len(mean):
            turn = turn @ main_axes((rows - mean) / spread @ turn, plan.n_axes)
        tensors[name] = turn / spread[:, None]
    return {name: tensors[name].astype(np.float32) for name in fusion.TENSORS}


def fit(
    heard: Sequence[tuple[Heard, Heard]], encoders: dict[str, Encoder], made_from: str, plan: dict[str, VoicePlan]
) -> Weights:
    """The turns of all voices, from what :func:`hear_through_phone` gave for each recording.

    Raises
    ------
    OptionError
        If there is no music, or only recordings of a single segment.
    """
    if not heard:
        raise OptionError("There is no audio among the files named: name some music.")
    tensors: dict[str, np.ndarray] = {}
    voices: dict[str, dict[str, Any]] = {}
    for voice in (name for name in plan if part_of(name) in encoders):
        said = [clean[voice] for clean, _ in heard]
        changes = np.concatenate([changed[voice] for _, changed in heard])
        made = fit_voice(said, changes, plan[voice])
        tensors |= {f"{voice}.{tensor}": value for tensor, value in made.items()}
        weights = {"track_weight": plan[voice].track_weight, "window_weight": plan[voice].segment_weight}
        voices[voice] = {"made_with": encoders[part_of(voice)].weights_id, **weights}
    card = {"version": "1", "made_from": made_from, "n_recordings": len(heard), "voices": voices}
    return Weights("the turns", tensors, card)


def _clip(samples: np.ndarray, sample_rate_hz: int) -> Clip:
    return Clip((Excerpt(0.0, samples),), sample_rate_hz, len(samples) / sample_rate_hz)


def learned_files(folders: Iterable[Path]) -> list[Path]:
    """Files listed in the folders' ``tracks.csv``, without those of held-out collections and of their artists."""
    rows = [(folder / row["file"], row) for folder in folders for row in listed(folder)]
    are_held = are_held_out([row["album"] for _, row in rows], [row["artist"] for _, row in rows])
    return [file for (file, _), is_held in zip(rows, are_held, strict=True) if not is_held]


def _hear_file(number: int, file: Path, names: tuple[str, ...]) -> tuple[Heard, Heard]:
    """One recording by itself: the same whichever process hears it."""
    return hear_through_phone(_parts(names), read_clip(file), np.random.default_rng([0, number]))


@lru_cache(maxsize=1)
def _parts(names: tuple[str, ...]) -> dict[str, Part]:
    torch.set_num_threads(1)
    return {name: Part(encoder) for name, encoder in ready_parts(names)[0].items()}


def _hear_all(files: Sequence[Path], names: tuple[str, ...], n_workers: int) -> list[tuple[Heard, Heard]]:
    heard = []
    with ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn")) as pool:
        for made in pool.map(_hear_file, range(len(files)), files, repeat(names)):
            heard.append(made)
            sys.stderr.write(f"\r{len(heard)} of {len(files)}")
    return heard


def main(arguments: Sequence[str] | None = None) -> int:
    """Make ``data/models/synesthete.safetensors`` and ``synesthete.json`` from sound files."""
    parser = argparse.ArgumentParser(prog="python -m synesthete.training.fusion_fit", description=main.__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="sound files of the reference collection")
    parser.add_argument(
        "--music",
        nargs="+",
        type=Path,
        default=[],
        metavar="FOLDER",
        help="music with its tracks.csv; less what is held out",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that listen (default: %(default)s)")
    parser.add_argument("--made-from", required=True, help="which music this is, in words")
    parser.add_argument("--folder", type=Path, default=settings.Paths().models, help="where to write")
    chosen = parser.parse_args(arguments)
    encoders, notes = ready_parts(tuple(dict.fromkeys(part_of(voice) for voice in PLAN)))
    for note in notes:
        sys.stderr.write(note + "\n")
    heard = _hear_all([*chosen.files, *learned_files(chosen.music)], tuple(encoders), chosen.workers)
    weights = fit(heard, encoders, chosen.made_from, PLAN)
    write(chosen.folder, fusion.STEM, weights.tensors, weights.card)
    names = ", ".join(encoders)
    sys.stdout.write(f"{names}: {len(heard)} recordings -> {chosen.folder / fusion.STEM}.safetensors, .json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
