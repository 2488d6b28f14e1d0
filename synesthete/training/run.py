"""One call from folders of music to weights that the encoder reads."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synesthete import settings
from synesthete.errors import SynestheteError
from synesthete.training import datasets
from synesthete.training.card import write_card
from synesthete.training.curves import draw_curves
from synesthete.training.plan import HELD_OUT, TrainingPlan
from synesthete.training.trainer import AS_HERE, Speed, Training


@dataclass(frozen=True)
class Places:
    """Folders: where music and MIDI pieces are, where the training set and the checkpoints go, where the weights go."""

    music: tuple[Path, ...]
    midi: Path
    work: Path
    models: Path = settings.Paths().models


def train_resnet(
    plan: TrainingPlan,
    places: Places,
    speed: Speed = AS_HERE,
    *,
    n_workers: int = 1,
    report: Callable[[dict[str, float]], None] = lambda row: None,
) -> Path:
    """Make the training set, train, export. What an earlier, interrupted call did is kept.

    Parameters
    ----------
    plan : TrainingPlan
    places : Places
    speed : Speed
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
        If there is no music, or the folder holds a training with another plan.
    """
    sounds_folder = places.work / "set"
    datasets.gather(plan, places.music, places.midi, sounds_folder, n_workers)
    datasets.describe(plan, sounds_folder)
    _cook(plan, sounds_folder, n_workers)
    data = datasets.open_set(sounds_folder)
    chunks = data.chunks()
    if not len(chunks):
        raise SynestheteError(f"No piece of {sounds_folder} can be learned from: all are silent.")
    training = Training(plan, data, chunks, places.work / "run", speed)
    training.run(report=report)
    draw_curves(places.work / "run" / "curves.csv", places.work / "run" / "curves.png")
    about = training.export(places.models, provenance(data, plan))
    write_card(places.models, about, places.music)
    return places.models / "synesthete-resnet.safetensors"


def _cook(plan: TrainingPlan, folder: Path, n_workers: int) -> None:
    if n_workers == 1:
        datasets.cook(plan, folder)
        return
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=datasets.cook, args=(plan, folder, number, n_workers)) for number in range(n_workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise SynestheteError(
            "A process that made the training set failed; its message is above. Another call resumes."
        )


def provenance(data: datasets.TrainingSet, plan: TrainingPlan) -> dict[str, Any]:
    """What the weights were made from, for their settings file."""
    chunks = data.chunks()
    made_of = Counter(data.collections[data.group[number]] for number in chunks)
    return {
        "teacher": "MSD_musicnn of the package musicnn 0.1.0 (ISC)",
        "held_out": [] if plan.is_on_everything else list(HELD_OUT),
        "n_chunks": len(chunks),
        "chunks_by_collection": dict(sorted(made_of.items())),
    }
