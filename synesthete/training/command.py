"""``synesthete train NAME``: one command and one loop for all encoders that learn."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from dataclasses import dataclass
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


@dataclass(frozen=True)
class _Small:
    """What is trained by one loop on folders of music alone, and how it learns unless told otherwise."""

    what: str
    n_steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float


SMALL = {
    "autoencoder": _Small(
        "the time/frequency autoencoder, which draws a picture anew from 256 numbers", 200, 32, 1e-3, 1e-4
    ),
    "autoencoder-small": _Small("the same over eight tenths of a second", 400, 32, 1e-3, 1e-4),
    "genre-cnn": _Small(
        "a network that learns the genres of the music, its last layer taken off", 1_200, 32, 2e-3, 1e-2
    ),
    "siamese": _Small("twins that learn which segments come from one recording or artist", 1_000, 64, 1e-3, 1e-2),
}


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
        *("--data", "--music"),
        dest="music",
        type=Path,
        nargs="+",
        required=True,
        metavar="FOLDER",
        help="music, each folder with its tracks.csv",
    )
    resnet.add_argument("--midi", type=Path, metavar="FOLDER", help="MIDI pieces (default: none)")
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
    for name, defaults in SMALL.items():
        _add_small(encoders.add_parser(name, help=f"{defaults.what}; resumes"), name, defaults)


def _add_small(parser: argparse.ArgumentParser, name: str, defaults: _Small) -> None:
    parser.set_defaults(run=_train_small, encoder=name)
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        metavar="FOLDER",
        help="music to learn from: folders with a tracks.csv or manifest.csv (file, artist, genre, album, licence), "
        "of the FMA dataset, or of any music",
    )
    parser.add_argument(
        "--genre-from-folder", action="store_true", help="folders without a list: the folder of a file is its genre"
    )
    parser.add_argument(
        "--report-on",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="music to give figures on in the end: neither it nor other music by its artists is learned from",
    )
    parser.add_argument("--held-out-share", type=float, default=0.15, help="of the artists, not learned from")
    parser.add_argument(
        "--work",
        type=Path,
        default=settings.Paths().state / "training",
        metavar="FOLDER",
        help="spectra and checkpoints, 0.7 MB a recording (default: %(default)s)",
    )
    parser.add_argument(
        "--models", type=Path, default=settings.Paths().models, metavar="FOLDER", help="gets weights and model card"
    )
    for option in ("n_steps", "batch_size", "learning_rate", "weight_decay"):
        default = getattr(defaults, option)
        parser.add_argument(
            f"--{option.replace('_', '-')}", type=type(default), default=default, help="default: %(default)s"
        )
    parser.add_argument(
        "--until", type=int, metavar="STEP", help="stop there and write the weights; another call goes on"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--full-precision", action="store_true", help="32-bit throughout: else 16-bit where it is fast")


def _train_small(chosen: argparse.Namespace) -> int:
    from synesthete.training.run import Folders, train_small
    from synesthete.training.runtime import RuntimeConfig
    from synesthete.training.small_training import SmallConfig

    names = ("seed", "n_steps", "batch_size", "learning_rate", "weight_decay", "held_out_share")
    config = SmallConfig(**{name: getattr(chosen, name) for name in names})
    runtime = RuntimeConfig(
        chosen.device, chosen.threads, False if chosen.full_precision else None, report_every=100, save_every=200
    )
    folders = Folders(tuple(chosen.data), chosen.work, chosen.models, tuple(chosen.report_on), chosen.genre_from_folder)

    def on_gathered(done: int, of: int) -> None:
        if done % 50 == 0:
            sys.stderr.write(f"{done} of {of} recordings read\n")

    weights = train_small(
        chosen.encoder,
        config,
        folders,
        runtime,
        until=chosen.until,
        report=lambda row: _say(row, config.n_steps),
        on_gathered=on_gathered,
    )
    sys.stdout.write(f"{weights}\n")
    return 0


def _say(row: dict[str, float], n_steps: int) -> None:
    minutes = row["seconds"] / 60
    left = minutes / row["step"] * (n_steps - row["step"])
    held_out = f"  held out {row['held_out']:.4f}" if "held_out" in row else ""
    sys.stderr.write(
        f"step {row['step']:>6} of {n_steps}  loss {row['total']:.4f}{held_out}  "
        f"{minutes:.1f} min, {left:.0f} min left\n"
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

    folders = Folders(tuple(chosen.music), chosen.work, chosen.models, midi=chosen.midi, start=chosen.start)
    weights = train_resnet(
        config, folders, runtime, n_workers=chosen.workers, report=lambda row: _say(row, config.n_steps)
    )
    sys.stdout.write(f"{weights}\n")
    return 0
