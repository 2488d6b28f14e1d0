"""One call from folders of music to weights that the encoder reads."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synesthete import settings
from synesthete.encoders import resnet, weights
from synesthete.encoders.weights import Weights
from synesthete.errors import SynestheteError
from synesthete.training import datasets
from synesthete.training.card import write_card
from synesthete.training.config import TrainingConfig
from synesthete.training.curves import draw_curves
from synesthete.training.gather import gather
from synesthete.training.runtime import DEFAULT_RUNTIME, RuntimeConfig
from synesthete.training.splits import HELD_OUT
from synesthete.training.trainer import Trainer


@dataclass(frozen=True)
class Folders:
    """Where music and MIDI pieces are, where the training set and the checkpoints go, where the weights go.

    ``start``, where there is one, holds weights that the training goes on from.
    """

    music: tuple[Path, ...]
    midi: Path
    work: Path
    models: Path = settings.Paths().models
    start: Path | None = None


def train_resnet(
    config: TrainingConfig,
    folders: Folders,
    runtime: RuntimeConfig = DEFAULT_RUNTIME,
    *,
    n_workers: int = 1,
    report: Callable[[dict[str, float]], None] = lambda row: None,
) -> Path:
    """Make the training set, train, export. What an earlier, interrupted call did is kept.

    Parameters
    ----------
    config : TrainingConfig
    folders : Folders
    runtime : RuntimeConfig
    n_workers : int > 0
        Processes that make the training set.
    report : callable
        Gets each row of the curves.

    Returns
    -------
    Path
        Of the weights.

    Raises
    ------
    SynestheteError
        If there is no music, a program is missing, or the folder holds a training of another configuration.
    """
    set_folder, run_folder = folders.work / "set", folders.work / "run"
    start = None
    if folders.start is not None:
        start = weights.read(folders.start, resnet.STEM, resnet.REMEDY)
        config = replace(config, start=start.card["weights_sha256"])
    gather(config, folders.music, folders.midi, set_folder, n_workers)
    datasets.prepare(config, set_folder)
    _build(config, set_folder, n_workers)
    data = datasets.open_set(set_folder)
    chunks = data.chunks()
    if not len(chunks):
        raise SynestheteError(f"No chunk of {set_folder} can be learned from: all are silent.")
    trainer = Trainer(config, data, chunks, run_folder, runtime, start)
    trainer.run(report=report)
    if trainer.step:
        draw_curves(run_folder / "curves.csv", run_folder / "curves.png")
    about = trainer.export(folders.models, provenance(data, config, start))
    write_card(folders.models, about, folders.music)
    return folders.models / "synesthete-resnet.safetensors"


def _build(config: TrainingConfig, folder: Path, n_workers: int) -> None:
    if n_workers == 1:
        datasets.build(config, folder)
        return
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=datasets.build, args=(config, folder, number, n_workers)) for number in range(n_workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise SynestheteError(
            "A process that made the training set failed; its message is above. Another call resumes."
        )


def provenance(data: datasets.TrainingSet, config: TrainingConfig, start: Weights | None = None) -> dict[str, Any]:
    """What the weights were made from, for their settings file; and what those were that they began with."""
    chunks = data.chunks()
    kept = ("version", "weights_sha256", "n_chunks", "chunks_by_collection", "start")
    began_with = {} if start is None else {"start": {name: start.card[name] for name in kept if name in start.card}}
    made_of = Counter(data.collections[data.group[number]] for number in chunks)
    return {
        "teachers": ["MSD_musicnn of the package musicnn 0.1.0 (ISC)", "aisfx 0.1.2 (weights CC BY 4.0)"],
        "held_out": [] if config.has_held_out else list(HELD_OUT),
        "n_chunks": len(chunks),
        "chunks_by_collection": dict(sorted(made_of.items())),
        **began_with,
    }
