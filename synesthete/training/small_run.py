"""One call from folders of music to the weights of a small network: gather, hold out, learn, measure, write."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synesthete import settings
from synesthete.encoders import weights
from synesthete.encoders.track_space import N_NUISANCE
from synesthete.errors import SynestheteError
from synesthete.training.curves import draw_curves
from synesthete.training.fit_reference import references
from synesthete.training.recordings import Recording, read_recordings
from synesthete.training.runtime import DEFAULT_RUNTIME, RuntimeConfig
from synesthete.training.small_card import write_small_card
from synesthete.training.small_training import SmallConfig, SmallTraining
from synesthete.training.spectra import Spectra
from synesthete.training.splits import held_out_groups, only, without
from synesthete.training.train_autoencoder import AutoencoderTraining, SmallAutoencoderTraining
from synesthete.training.train_genre_cnn import GenreTraining
from synesthete.training.train_siamese import SiameseTraining

TRAININGS: dict[str, type[SmallTraining]] = {
    one.encoder.name: one for one in (AutoencoderTraining, SmallAutoencoderTraining, GenreTraining, SiameseTraining)
}
N_REFERENCE = 24  # recordings by which the vectors of whole tracks are standardised


@dataclass(frozen=True)
class SmallFolders:
    """Where music is, where spectra and checkpoints go, where the weights go.

    Attributes
    ----------
    data : tuple of Path
        To learn from.
    report_on : tuple of Path
        To measure on in the end: nothing is learned from these recordings, nor from others by their artists.
    work, models : Path
    is_genre_from_folder : bool
        See :func:`~synesthete.training.recordings.read_recordings`.
    """

    data: tuple[Path, ...]
    work: Path
    report_on: tuple[Path, ...] = ()
    models: Path = settings.Paths().models
    is_genre_from_folder: bool = False


def train_small(
    name: str,
    config: SmallConfig,
    folders: SmallFolders,
    runtime: RuntimeConfig = DEFAULT_RUNTIME,
    *,
    until: int | None = None,
    report: Callable[[dict[str, float]], None] = lambda row: None,
    on_gathered: Callable[[int, int], None] = lambda done, of: None,
) -> Path:
    """Train one of :data:`TRAININGS` and write its weights, settings and card. What an earlier call did is kept.

    Parameters
    ----------
    name : str
        Of the encoder.
    config : SmallConfig
    folders : SmallFolders
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
    kind, run_folder = TRAININGS[name], folders.work / name
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
    about = provenance(learned.recordings, held_out.recordings) | {"figures": figures}
    _export(training, folders.models, about)
    draw_curves(run_folder / "curves.csv", folders.models / f"{kind.stem}-curves.png")
    beside = [f"{kind.stem}-curves.png", *training.keep_beside(folders.models, figures)]
    card = weights.read(folders.models, kind.stem, "").card
    write_small_card(folders.models, kind.stem, kind.encoder.__module__, card, learned.recordings, beside)
    return folders.models / f"{kind.stem}.safetensors"


def divide(kind: type[SmallTraining], config: SmallConfig, folders: SmallFolders) -> dict[str, list[Recording]]:
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


def provenance(learned: Sequence[Recording], held_out: Sequence[Recording]) -> dict[str, Any]:
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
