"""Fit the projections of the fusion's segments to music: the mean of each component, and which directions count.

``python -m synesthete.training.fusion_fit --music FOLDERS... --made-from WORDS`` computes the features of each file as
it is and through a phone in a room, with every member that is ready, and writes ``data/models/synesthete.safetensors``
and ``.json``. Run it again whenever one of the members has been trained anew.
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
from synesthete.audio import Clip, read_clip
from synesthete.encoders import fusion
from synesthete.encoders.base import Encoder, Features
from synesthete.encoders.fusion import HOP, HOP_FRAMES, member_of, ready_members
from synesthete.encoders.segments import Segments, frame_grid
from synesthete.encoders.weights import Weights, write
from synesthete.errors import OptionError
from synesthete.spectrogram import compute_spectrogram
from synesthete.terminal import show_progress
from synesthete.training.augmentation import phone_in_room
from synesthete.training.covariance import (
    change_covariance,
    principal_axes,
    whitening,
    within_covariance,
)
from synesthete.training.splits import are_held_out
from synesthete.training.track_list import read_track_list

FIRST_SECONDS, SECONDS = 15.0, 40.0  # beginnings are often unlike the rest
PASSAGE_SEGMENTS = 6  # 10.6 s
N_PASSAGES = 2
LOUDEST_NOISE_DB, LEAST_NOISE_DB = 3.0, 18.0  # music above noise


@dataclass(frozen=True)
class ComponentPlan:
    """How one component joins in the vectors of segments.

    Attributes
    ----------
    weight : float > 0
        Of its cosine.
    shrinkage : float > 0
        See :func:`synesthete.training.covariance.whitening`.
    phone_share : float in [0, 1]
        How much what a phone changes counts, against what changes within a recording.
    n_axes : int > 0
        Size of its vectors in the fusion, at most.
    """

    weight: float
    shrinkage: float = 0.1
    phone_share: float = 0.5
    n_axes: int = 256


# Chosen on the real recordings of the half "choose" (benchmarks/real_split.csv); see
# docs/decisions/the-encoder-fits-the-library.md. Both optima are flat.
PLAN = {
    "resnet/identity": ComponentPlan(weight=1.0),
    "resnet/likeness": ComponentPlan(weight=0.2),
    "timbre": ComponentPlan(weight=0.5),
}
TRACK_WEIGHTS = {
    "musicnn": 1.0,
    "musicnn/layers": 0.5,
    "aisfx": 0.8,
    "resnet/likeness": 0.5,
    "resnet/identity": 0.3,
    "timbre": 0.3,
}


def features_through_phone(
    members: dict[str, Encoder], clip: Clip, rng: np.random.Generator
) -> tuple[Features, Features]:
    """Features of a recording, and how they change when passages of it come through a phone.

    Returns
    -------
    features : dict of str to np.ndarray [shape=(n_segments, size)]
    changes : dict of str to np.ndarray [shape=(m, size)]
        Segments through the phone minus the same segments as they are.
    """
    rate = clip.sample_rate_hz
    sound = clip.excerpts[0].samples
    first = min(round(FIRST_SECONDS * rate), max(len(sound) - round(SECONDS * rate), 0))
    samples = sound[first : first + round(SECONDS * rate)]
    features, n_segments = _features(members, samples, rate)
    changes: dict[str, list[np.ndarray]] = {name: [] for name in features}
    n_samples = (PASSAGE_SEGMENTS - 1) * HOP_FRAMES * HOP + fusion.SEGMENT_SAMPLES
    for _ in range(N_PASSAGES if n_segments > PASSAGE_SEGMENTS else 0):
        number = int(rng.integers(n_segments - PASSAGE_SEGMENTS))
        begin = number * HOP_FRAMES * HOP
        noise_db = float(rng.uniform(LOUDEST_NOISE_DB, LEAST_NOISE_DB))
        recorded = phone_in_room(rng, samples[begin : begin + n_samples], rate, noise_db)
        for name, rows in _features(members, recorded, rate)[0].items():
            changes[name].append(rows[:PASSAGE_SEGMENTS] - features[name][number : number + PASSAGE_SEGMENTS])
    empty = {name: rows[:0] for name, rows in features.items()}
    return features, {name: np.concatenate([empty[name], *rows]) for name, rows in changes.items()}


def _features(members: dict[str, Encoder], samples: np.ndarray, sample_rate_hz: int) -> tuple[Features, int]:
    """Features of all segments of a sound, silent ones too, so that rows answer each other; and how many there are."""
    starts, seconds = frame_grid(len(samples), fusion.SEGMENT_FRAMES, HOP_FRAMES)
    spectrogram = compute_spectrogram(samples).inner()
    segments = Segments(samples, sample_rate_hz, starts, seconds, spectrogram)
    return fusion.member_features(members, segments), len(segments)


def fit_component(recordings: Sequence[np.ndarray], changes: np.ndarray, plan: ComponentPlan) -> dict[str, np.ndarray]:
    """Mean and axes of one component.

    Parameters
    ----------
    recordings : sequence of np.ndarray [shape=(n_i, size)]
        Features of the segments of each.
    changes : np.ndarray [shape=(m, size)]
        What a phone changes.
    plan : ComponentPlan
    """
    rows = np.concatenate(recordings).astype(np.float64)
    mean = rows.mean(axis=0)
    within = within_covariance(recordings)
    phone = change_covariance(changes) if len(changes) else within
    axes = whitening((1 - plan.phone_share) * within + plan.phone_share * phone, plan.shrinkage)
    if plan.n_axes < len(mean):
        axes = axes @ principal_axes((rows - mean) @ axes, plan.n_axes)
    return {"mean": mean.astype(np.float32), "axes": axes.astype(np.float32)}


def fit(
    recordings: Sequence[tuple[Features, Features]],
    members: dict[str, Encoder],
    made_from: str,
    plan: dict[str, ComponentPlan],
) -> Weights:
    """The projections of all components, from what :func:`features_through_phone` gave for each recording.

    Raises
    ------
    OptionError
        If there is no music, or only recordings of a single segment.
    """
    if not recordings:
        raise OptionError("There is no audio among the files named: name some music.")
    tensors: dict[str, np.ndarray] = {}
    components: dict[str, dict[str, Any]] = {}
    for name in (name for name in plan if member_of(name) in members):
        changes = np.concatenate([changed[name] for _, changed in recordings])
        made = fit_component([features[name] for features, _ in recordings], changes, plan[name])
        tensors |= {f"{name}.{tensor}": value for tensor, value in made.items()}
        components[name] = {"made_with": members[member_of(name)].weights_id, "weight": plan[name].weight}
    card = {
        "version": "2",
        "made_from": made_from,
        "n_recordings": len(recordings),
        "track_weights": TRACK_WEIGHTS,
        "components": components,
    }
    return Weights("the projections", tensors, card)


def learned_files(folders: Iterable[Path]) -> list[Path]:
    """Files listed in the folders' ``tracks.csv``, without doubtful ones, held-out collections and their artists."""
    listed = [(folder / row["file"], row) for folder in folders for row in read_track_list(folder)]
    rows = [(file, row) for file, row in listed if not row.get("doubt")]
    are_held = are_held_out([row.get("album", "") for _, row in rows], [row["artist"] for _, row in rows])
    return [file for (file, _), is_held in zip(rows, are_held, strict=True) if not is_held]


def _file_features(number: int, file: Path, names: tuple[str, ...]) -> tuple[Features, Features]:
    """Those of one recording: the same in whichever process."""
    return features_through_phone(_members(names), read_clip(file), np.random.default_rng([0, number]))


@lru_cache(maxsize=1)
def _members(names: tuple[str, ...]) -> dict[str, Encoder]:
    torch.set_num_threads(1)
    return ready_members(names)[0]


def _all_features(files: Sequence[Path], names: tuple[str, ...], n_workers: int) -> list[tuple[Features, Features]]:
    found = []
    with ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn")) as pool:
        for made in pool.map(_file_features, range(len(files)), files, repeat(names)):
            found.append(made)
            show_progress(files[len(found) - 1].name, len(found) / len(files))
    return found


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
    parser.add_argument("--workers", type=int, default=2, help="processes that compute features (default: %(default)s)")
    parser.add_argument("--made-from", help="which music this is, in words (default: how many recordings)")
    parser.add_argument("--folder", type=Path, default=settings.Paths().models, help="where to write")
    chosen = parser.parse_args(arguments)
    members, notes = ready_members(tuple(dict.fromkeys(member_of(name) for name in PLAN)))
    for note in notes:
        sys.stderr.write(note + "\n")
    recordings = _all_features([*chosen.files, *learned_files(chosen.music)], tuple(members), chosen.workers)
    weights = fit(recordings, members, chosen.made_from or f"{len(recordings)} recordings", PLAN)
    write(chosen.folder, fusion.STEM, weights.tensors, weights.card)
    names = ", ".join(members)
    sys.stdout.write(f"{names}: {len(recordings)} recordings -> {chosen.folder / fusion.STEM}.safetensors, .json\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
