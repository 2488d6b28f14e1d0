"""What each signal of the ResNet's training brings: the same data, seed and steps, each time without one of them.

    python benchmarks/training_ablation.py --set WORK/set --music FOLDER [--steps 200] [--rows A,B] [--work FOLDER]

WORK is the folder that ``synesthete train resnet --work WORK`` filled. Every row is a training of its own, as long as
the others and much shorter than that of the weights we ship; the clips and the figures are those of ``quality.py``.
Trainings that are there already are not run again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from synesthete.encoders.resnet import STEM, Resnet
from synesthete.encoders.weights import read
from synesthete.training.config import TrainingConfig
from synesthete.training.datasets import open_set
from synesthete.training.trainer import Trainer

ROWS: dict[str, dict[str, Any]] = {
    "all signals": {},
    "no distillation": {
        "distillation_weight": 0.0,
        "relational_weight": 0.0,
        "tag_weight": 0.0,
        "identity_share": 1.0,
    },
    "no layers below the tags": {"layer_share": 0.0},
    "three times the contrast": {"contrastive_weight": 0.15},
    "no contrast": {"contrastive_weight": 0.0, "identity_share": 0.0},
    "no augmentation": {"is_augmented": False},
    "mel only": {"is_mel_only": True},
}


def trained(name: str, config: TrainingConfig, set_folder: Path, work: Path) -> Resnet:
    """The encoder that a configuration makes of the set."""
    models = work / name.replace(" ", "-")
    if not (models / f"{STEM}.json").exists():
        data = open_set(set_folder)
        trainer = Trainer(config, data, data.chunks(), models / "run")
        trainer.run(report=lambda row: print(name, json.dumps(row), file=sys.stderr, flush=True))
        trainer.export(models, {})
    return Resnet(read(models, STEM, "Run this again."))


def main() -> None:
    """Train and measure every row, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, help="a finished training set")
    parser.add_argument("--music", type=Path, help="a folder with tracks.csv, to measure on")
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir(), "synesthete-ablation"), help="gets the trainings"
    )
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0, help="how much of each track")
    parser.add_argument("--rows", default=",".join(ROWS), help="default: %(default)s")
    options = parser.parse_args()
    if options.set is None or options.music is None:
        print("This needs a training set and music: --set FOLDER --music FOLDER.")
        return
    import quality

    config = TrainingConfig(**json.loads((options.set / "specs.json").read_text(encoding="utf-8"))["config"])
    config = replace(config, n_steps=options.steps)
    with tempfile.TemporaryDirectory() as folder:
        groups = quality.sampler_groups(Path(folder))
        groups |= quality.music_groups(options.music, Path(folder), options.seconds)
        files = [file for group in groups.values() for file in group.files]
        table = {}
        for name in options.rows.split(","):
            encoder = trained(name, replace(config, **ROWS[name]), options.set, options.work)
            table[name] = quality.figures(quality.embed(encoder, files), groups)
            print(name, table[name], file=sys.stderr, flush=True)
    quality.print_table(table)


if __name__ == "__main__":
    main()
