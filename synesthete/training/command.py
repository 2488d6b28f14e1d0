"""``synesthete train resnet``."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from synesthete import settings
from synesthete.training.config import TrainingConfig

DATA = ("n_chunks", "n_midi_renders", "n_bands", "n_voices")
LOSSES = ("layer_share", "effect_share", "distillation_weight", "relational_weight", "tag_weight", "contrastive_weight")
TRAINING = (
    "n_steps",
    "batch_size",
    "n_pairs",
    "depth",
    "width",
    "learning_rate",
    "n_head_segments",
    "identity_share",
    "seed",
)
SHOWN = (*DATA, *TRAINING, *LOSSES)


def add_train_command(subparsers: Any) -> None:
    """Add ``train`` to the program's commands; ``run`` of what it parses returns the exit code.

    Parameters
    ----------
    subparsers : what ``ArgumentParser.add_subparsers`` returned
    """
    train = subparsers.add_parser("train", help="train an encoder on your own music")
    encoders = train.add_subparsers(title="encoders", required=True, metavar="ENCODER")
    resnet = encoders.add_parser(
        "resnet", help="our ResNet, distilled from musicnn and aisfx and trained by contrast; resumes"
    )
    resnet.set_defaults(run=_train)
    resnet.add_argument(
        "--music", type=Path, nargs="+", required=True, metavar="FOLDER", help="music, each folder with its tracks.csv"
    )
    resnet.add_argument("--midi", type=Path, required=True, metavar="FOLDER", help="MIDI pieces (may be empty)")
    resnet.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER", help="training set and checkpoints, several GB"
    )
    resnet.add_argument(
        "--models", type=Path, default=settings.Paths().models, metavar="FOLDER", help="gets the weights"
    )
    resnet.add_argument("--start", type=Path, metavar="FOLDER", help="weights of an earlier training, to go on from")
    resnet.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    resnet.add_argument("--threads", type=int, default=2)
    resnet.add_argument("--workers", type=int, default=2, help="processes that make the training set")
    resnet.add_argument("--full-precision", action="store_true", help="32-bit throughout: else 16-bit where it is fast")
    resnet.add_argument("--compile", action="store_true", help="compile the network first; needs a C++ compiler")
    resnet.add_argument("--include-held-out", action="store_true", help="learn from the held-out collections too")
    resnet.add_argument("--no-augmentation", action="store_true", help="no phone, no masks: for comparison")
    resnet.add_argument("--mel-only", action="store_true", help="no chroma, no tonnetz: for comparison")
    for field in dataclasses.fields(TrainingConfig):
        if field.name in SHOWN:
            kind = type(field.default)
            resnet.add_argument(
                f"--{field.name.replace('_', '-')}", type=kind, default=field.default, help="default: %(default)s"
            )


def _train(chosen: argparse.Namespace) -> int:
    from synesthete.training.run import Folders, train_resnet
    from synesthete.training.runtime import RuntimeConfig

    config = TrainingConfig(
        has_held_out=chosen.include_held_out,
        is_augmented=not chosen.no_augmentation,
        is_mel_only=chosen.mel_only,
        start=str(chosen.start or ""),
        **{name: getattr(chosen, name) for name in SHOWN},
    )
    runtime = RuntimeConfig(chosen.device, chosen.threads, False if chosen.full_precision else None, chosen.compile)

    def report(row: dict[str, float]) -> None:
        minutes = row["seconds"] / 60
        left = minutes / row["step"] * (config.n_steps - row["step"])
        line = (
            f"step {row['step']:>6} of {config.n_steps}  loss {row['total']:.4f}  "
            f"{minutes:.1f} min, {left:.0f} min left"
        )
        sys.stderr.write(line + "\n")

    folders = Folders(tuple(chosen.music), chosen.midi, chosen.work, chosen.models, chosen.start)
    weights = train_resnet(config, folders, runtime, n_workers=chosen.workers, report=report)
    sys.stdout.write(f"{weights}\n")
    return 0
