"""The training set on disk: chunks of 12 s in two views, with the teachers' outputs.

The set is a folder of flat arrays that the trainer maps into memory. Building it is resumable and runs in several
processes; every chunk depends on the seed and its number only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from synesthete import settings
from synesthete.encoders.segments import segment_frames
from synesthete.errors import SynestheteError
from synesthete.training.chunks import N_SAMPLES, N_SEGMENTS, SEGMENT_STARTS, ChunkBuilder
from synesthete.training.config import SEGMENT_SECONDS, TrainingConfig

SPECTROGRAM = settings.SPECTROGRAM
N_FRAMES = 1 + (N_SAMPLES - SPECTROGRAM.n_fft) // SPECTROGRAM.hop_length
N_ROWS = SPECTROGRAM.n_mels + SPECTROGRAM.n_chroma + 6
SEGMENT_FRAMES = segment_frames(SEGMENT_SECONDS)
START_FRAMES = tuple(round(start / SPECTROGRAM.hop_length) for start in SEGMENT_STARTS)
# Of a configuration, what shapes the set:
DATA_NAMES = ("seed", "n_chunks", "n_midi_renders", "n_bands", "n_voices", "has_held_out")
BUILT, SILENT = 1, 2  # states of a chunk; 0 is not built yet
ARRAYS = {
    "spectrograms": ((2, N_FRAMES, N_ROWS), np.float16),
    "penultimate": ((N_SEGMENTS, 200), np.float32),
    "layers": ((N_SEGMENTS, 1506), np.float16),
    "tags": ((N_SEGMENTS, 50), np.float32),
    "effects": ((N_SEGMENTS, 512), np.float16),
    "state": ((), np.int8),
}


@dataclass(frozen=True)
class TrainingSet:
    """The finished set, mapped into memory.

    Attributes
    ----------
    spectrograms : np.ndarray [shape=(n, 2, n_frames, 146)], float16
        Clean view at 0, recorded by a phone at 1 (:func:`synesthete.training.chunks.spectrogram_frames`).
    penultimate : np.ndarray [shape=(n, 7, 200)], float32
    layers : np.ndarray [shape=(n, 7, 1506)], float16
    tags : np.ndarray [shape=(n, 7, 50)], float32 in [0, 1]
        musicnn's outputs for each segment of the clean view: the layer before the tags, the mean and maximum over
        time of the layers below, and the tags' probabilities.
    effects : np.ndarray [shape=(n, 7, 512)], float16
        The embedding of aisfx.
    group : np.ndarray [shape=(n,)], int
        Chunks of one recording share a number.
    start : np.ndarray [shape=(n,)], int [samples]
    is_unaltered, is_built : np.ndarray [shape=(n,)], bool
        Silent chunks are never built.
    names, collections, artists : list of str, one a group
    """

    spectrograms: np.ndarray
    penultimate: np.ndarray
    layers: np.ndarray
    tags: np.ndarray
    effects: np.ndarray
    group: np.ndarray
    start: np.ndarray
    is_unaltered: np.ndarray
    is_built: np.ndarray
    names: list[str]
    collections: list[str]
    artists: list[str]

    def chunks(self) -> np.ndarray:
        """Numbers of the chunks that are built."""
        return np.flatnonzero(self.is_built)


def prepare(config: TrainingConfig, folder: Path) -> None:
    """Write the specs of all chunks, and empty arrays for them.

    Raises
    ------
    SynestheteError
        If the folder holds a set of another configuration.
    """
    builder = ChunkBuilder(config, folder)
    if (folder / "specs.json").exists():
        made_with = json.loads((folder / "specs.json").read_text())["config"]
        if any(made_with.get(name) != getattr(config, name) for name in DATA_NAMES):
            raise SynestheteError(f"{folder} holds a training set of another configuration: choose another folder.")
    np.savez(
        folder / "specs.npz",
        group=np.array([spec.sound for spec in builder.specs]),
        start=np.array([spec.start for spec in builder.specs]),
        is_unaltered=np.array([spec.is_unaltered for spec in builder.specs]),
    )
    (folder / "specs.json").write_text(json.dumps({"config": asdict(config), "sounds": builder.sounds}))
    if not (folder / "spectrograms.npy").exists():
        _open(folder, config.n_chunks, "w+")


def build(config: TrainingConfig, folder: Path, worker: int = 0, n_workers: int = 1) -> None:
    """Build every ``n_workers``-th chunk that is not there yet, from number ``worker`` on."""
    torch.set_num_threads(1)
    builder = ChunkBuilder(config, folder)
    arrays = _open(folder, config.n_chunks, "r+" if (folder / "spectrograms.npy").exists() else "w+")
    for number in range(worker, len(builder.specs), n_workers):
        if arrays["state"][number]:
            continue
        chunk = builder.build(number)
        for name, value in (chunk or {}).items():
            arrays[name][number] = value
        arrays["state"][number] = SILENT if chunk is None else BUILT


def open_set(folder: Path) -> TrainingSet:
    """Map a training set, finished or growing, into memory.

    Raises
    ------
    SynestheteError
        If there is none.
    """
    if not (folder / "specs.npz").is_file():
        raise SynestheteError(f"There is no training set in {folder}.")
    sounds = json.loads((folder / "specs.json").read_text())["sounds"]
    specs = np.load(folder / "specs.npz")
    arrays = _open(folder, 0, "r")
    return TrainingSet(
        arrays["spectrograms"],
        arrays["penultimate"],
        arrays["layers"],
        arrays["tags"],
        arrays["effects"],
        specs["group"],
        specs["start"],
        specs["is_unaltered"],
        np.asarray(arrays["state"]) == BUILT,
        *([sound[key] for sound in sounds] for key in ("name", "collection", "artist")),
    )


def _open(folder: Path, n_chunks: int, mode: Literal["r", "r+", "w+"]) -> dict[str, np.ndarray]:
    return {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", mode, dtype, (n_chunks, *shape))
        if mode == "w+"
        else np.load(folder / f"{name}.npy", mmap_mode=mode)
        for name, (shape, dtype) in ARRAYS.items()
    }
