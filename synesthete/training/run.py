"""From folders of music to weights that an encoder reads, in one call: the ResNet's, and the small networks'."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from synesthete import settings
from synesthete.encoders import resnet, weights
from synesthete.encoders.track_space import N_NUISANCE
from synesthete.encoders.weights import Weights
from synesthete.errors import SynestheteError
from synesthete.training import datasets
from synesthete.training.card import write_card
from synesthete.training.config import TrainingConfig
from synesthete.training.curves import draw_curves
from synesthete.training.fit_reference import references
from synesthete.training.gather import gather
from synesthete.training.loop import Training
from synesthete.training.recordings import Recording, read_recordings
from synesthete.training.runtime import DEFAULT_RUNTIME, RuntimeConfig
from synesthete.training.small_card import write_small_card
from synesthete.training.small_training import SmallConfig, SmallTraining
from synesthete.training.spectra import Spectra
from synesthete.training.splits import HELD_OUT, held_out_groups, only, without
from synesthete.training.train_autoencoder import AutoencoderTraining, SmallAutoencoderTraining
from synesthete.training.train_genre_cnn import GenreTraining
from synesthete.training.train_siamese import SiameseTraining
from synesthete.training.trainer import Trainer

SMALL_TRAININGS: dict[str, type[SmallTraining]] = {
    one.encoder.name: one for one in (AutoencoderTraining, SmallAutoencoderTraining, GenreTraining, SiameseTraining)
}
N_REFERENCE = 24  # recordings by which the vectors of whole tracks are standardised
Report = Callable[[dict[str, float]], None]  # gets each row of the curves


@dataclass(frozen=True)
class Folders:
    """Where music is, where what is made of it and the checkpoints go, where the weights go.

    Attributes
    ----------
    data : tuple of Path
        To learn from.
    work, models : Path
    report_on : tuple of Path
        Small networks: to measure on in the end; nothing is learned from these recordings, nor from others by their
        artists.
    is_genre_from_folder : bool
        Small networks: see :func:`~synesthete.training.recordings.read_recordings`.
    midi : Path, optional
        The ResNet: MIDI pieces.
    start : Path, optional
        The ResNet: weights that the training goes on from.
    """

    data: tuple[Path, ...]
    work: Path
    models: Path = settings.Paths().models
    report_on: tuple[Path, ...] = ()
    is_genre_from_folder: bool = False
    midi: Path | None = None
    start: Path | None = None


def train_resnet(
    config: TrainingConfig,
    folders: Folders,
    runtime: RuntimeConfig = DEFAULT_RUNTIME,
    *,
    n_workers: int = 1,
    report: Report = lambda row: None,
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
    gather(config, folders.data, folders.midi or _no_pieces(folders.work), set_folder, n_workers)
    datasets.prepare(config, set_folder)
    _build(config, set_folder, n_workers)
    data = datasets.open_set(set_folder)
    chunks = data.chunks()
    if not len(chunks):
        raise SynestheteError(f"No chunk of {set_folder} can be learned from: all are silent.")
    trainer = Trainer(config, data, chunks, run_folder, runtime, start)
    trainer.run(report=report)
    about = trainer.export(folders.models, provenance(data, config, start))
    _draw(trainer, folders.models, resnet.STEM)
    write_card(folders.models, about, folders.data)
    return folders.models / f"{resnet.STEM}.safetensors"


def _no_pieces(work: Path) -> Path:
    folder = work / "no-midi"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _draw(training: Training, models: Path, stem: str) -> str:
    """The curves as a picture beside the weights, where there was a step; returns its name."""
    name = f"{stem}-curves.png"
    if training.step:
        draw_curves(training.folder / "curves.csv", models / name)
    return name


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


def train_small(
    name: str,
    config: SmallConfig,
    folders: Folders,
    runtime: RuntimeConfig = DEFAULT_RUNTIME,
    *,
    until: int | None = None,
    report: Report = lambda row: None,
    on_gathered: Callable[[int, int], None] = lambda done, of: None,
) -> Path:
    """Train one of :data:`SMALL_TRAININGS` and write its weights, settings and card. What an earlier call did is kept.

    Parameters
    ----------
    name : str
        Of the encoder.
    config : SmallConfig
    folders : Folders
    runtime : RuntimeConfig
    until : int > 0, optional
        Stop at this step and write what is learned so far; another call goes on from there.
    report : callable
        Gets each row of the curves.
    on_gathered : callable
        Gets how many recordings are read, of how many.

    Returns
    -------
    Path
        Of the weights.

    Raises
    ------
    SynestheteError
        If there is too little music, or the folder holds a training of another configuration or of other music.
    """
    kind, run_folder = SMALL_TRAININGS[name], folders.work / name
    parts = divide(kind, config, folders)
    if not parts["learned"]:
        raise SynestheteError(f"All recordings are held out or unusable for {name!r}: name more music with --data.")
    run_folder.mkdir(parents=True, exist_ok=True)
    check_music(run_folder, parts["learned"])
    made = [Spectra(some, folders.work / "spectra", kind.n_frames, on_gathered) for some in parts.values()]
    learned, held_out, reported = made
    if not len(learned):
        raise SynestheteError(f"No recording is long enough for {name!r}: it needs {kind.n_frames} frames of each.")
    training = kind(config, learned, held_out, run_folder, runtime)
    training.run(until, report)
    figures = {"held-out artists": training.measure(held_out)}
    if len(reported):
        figures["report"] = training.measure(reported)
    about = small_provenance(learned.recordings, held_out.recordings) | {"figures": figures}
    _export(training, folders.models, about)
    beside = [_draw(training, folders.models, kind.stem), *training.keep_beside(folders.models, figures)]
    card = weights.read(folders.models, kind.stem, "").card
    write_small_card(folders.models, kind.stem, kind.encoder.__module__, card, learned.recordings, beside)
    return folders.models / f"{kind.stem}.safetensors"


def divide(kind: type[SmallTraining], config: SmallConfig, folders: Folders) -> dict[str, list[Recording]]:
    """Recordings to learn from, those held out while learning, and those that are reported on; no artist is in two."""
    reported = read_recordings(folders.report_on, folders.is_genre_from_folder) if folders.report_on else []
    apart, paths = {one.group for one in reported}, {one.path.resolve() for one in reported}
    found = kind.usable(without(read_recordings(folders.data, folders.is_genre_from_folder), apart))
    found = [one for one in found if one.path.resolve() not in paths]
    held = held_out_groups(found, config.held_out_share, config.seed, kind.is_by_genre)
    return {"learned": without(found, held), "held out": only(found, held), "reported": kind.usable(reported)}


def check_music(folder: Path, learned: Sequence[Recording]) -> None:
    """Refuse to go on with other music than a training began with; remember it where it begins.

    Raises
    ------
    SynestheteError
    """
    music = sorted(f"{one.path.resolve()} {one.group} {one.genre}" for one in learned)
    digest, place = settings.fingerprint(music), folder / "music.json"
    if (folder / "checkpoint.pt").exists() and place.exists():
        if json.loads(place.read_text())["fingerprint"] != digest:
            raise SynestheteError(f"{folder} holds a training on other music: choose another folder with --work.")
        return
    place.write_text(json.dumps({"fingerprint": digest, "n_recordings": len(learned)}))


def small_provenance(learned: Sequence[Recording], held_out: Sequence[Recording]) -> dict[str, Any]:
    """How many recordings of which collection were learned from, and which were held out; for the settings."""
    return {
        "n_recordings": len(learned),
        "n_artists": len({one.group for one in learned}),
        "recordings_by_collection": dict(sorted(Counter(one.collection for one in learned).items())),
        "held_out": {"n_recordings": len(held_out), "n_artists": len({one.group for one in held_out})},
    }


def _export(training: SmallTraining, models: Path, about: dict[str, Any]) -> None:
    """Write the weights, measure by them what a phone does to whole tracks, and write them with that."""
    size = training.numbers_of(training.learned, 1, [0])[0].shape[1]
    none = {"mean": np.zeros(size), "variance": np.ones(size), "nuisance": np.zeros((size, N_NUISANCE))}
    training.export(models, _reference_tensors(none), about)
    encoder = training.encoder(weights.read(models, training.stem, ""))  # type: ignore[call-arg]
    chosen = np.unique(np.linspace(0, len(training.learned) - 1, N_REFERENCE).astype(int))
    files = [training.learned.recordings[number].path for number in chosen]
    found = references([encoder], files)[encoder]
    if len(files) > 1:
        none = {"mean": found.moments.mean, "variance": found.moments.variance, "nuisance": found.nuisance}
    training.export(models, _reference_tensors(none), about)


def _reference_tensors(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"reference.{name}": array.astype(np.float32) for name, array in arrays.items()}
