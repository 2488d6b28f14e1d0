"""From sounds to a training set on disk: pieces of 12 s, clean and through a phone, with what the teacher hears.

The set is a folder of flat arrays that the trainer maps into memory. Making it is resumable and runs in several
processes; every piece depends on the seed and its number only.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soxr
import torch

from synesthete import settings
from synesthete.encoders.musicnn import Musicnn
from synesthete.encoders.segments import segment_frames
from synesthete.errors import SynestheteError
from synesthete.spectrogram import compute_spectrogram
from synesthete.training import augmentation, sounds
from synesthete.training.plan import CHUNK_SECONDS, HOP_SECONDS, SEGMENT_SECONDS, TrainingPlan, are_held_out
from synesthete.training.sounds import RATE_HZ, Sound
from synesthete.training.track_list import read_track_list

SPECTROGRAM = settings.SPECTROGRAM
N_SAMPLES = round(CHUNK_SECONDS * RATE_HZ)
N_FRAMES = 1 + (N_SAMPLES - SPECTROGRAM.n_fft) // SPECTROGRAM.hop_length
N_ROWS = SPECTROGRAM.n_mels + SPECTROGRAM.n_chroma + 6
SEGMENT_FRAMES = segment_frames(SEGMENT_SECONDS)
STARTS = tuple(round(number * HOP_SECONDS * RATE_HZ) for number in range(7))
START_FRAMES = tuple(round(start / SPECTROGRAM.hop_length) for start in STARTS)
# Of a plan, that shape the set:
DATA_NAMES = ("seed", "n_chunks", "n_midi_renders", "n_bands", "n_voices", "is_on_everything")
KINDS = ("music", "midi", "bands", "voices")  # voices last: they only sing over the others
MOST_PLAIN = 2 / 3  # the others are sung over, mixed, respeeded: kinds of sound that no track here has
QUIETEST = 3e-3  # root mean square; quieter passages teach nothing


@dataclass(frozen=True)
class Recipe:
    """How one piece is made: from which sound, and whether changed (``plain`` pieces begin at ``start``)."""

    sound: int
    start: int
    is_plain: bool


@dataclass(frozen=True)
class TrainingSet:
    """The finished set, mapped into memory.

    Attributes
    ----------
    pictures : np.ndarray [shape=(n, 2, n_frames, 146)], float16
        Mel in dB, chroma, tonnetz as columns; clean at 0, through the phone at 1.
    penultimate : np.ndarray [shape=(n, 7, 200)], float32
    layers : np.ndarray [shape=(n, 7, 1506)], float16
    tags : np.ndarray [shape=(n, 7, 50)], float32 in [0, 1]
        What the teacher hears in each of the clean segments; the layers are the means and maxima below its last two.
    group : np.ndarray [shape=(n,)], int
        Pieces of one recording share a number.
    is_plain, is_made : np.ndarray [shape=(n,)], bool
    names, collections, artists : list of str, one a group
    """

    pictures: np.ndarray
    penultimate: np.ndarray
    layers: np.ndarray
    tags: np.ndarray
    group: np.ndarray
    start: np.ndarray
    is_plain: np.ndarray
    is_made: np.ndarray
    names: list[str]
    collections: list[str]
    artists: list[str]

    def chunks(self) -> np.ndarray:
        """Numbers of the finished pieces."""
        return np.flatnonzero(self.is_made)


def keep(stream: Iterator[Sound], folder: Path) -> None:
    """Write sounds as 16-bit arrays with their names; what is there already is left."""
    folder.mkdir(parents=True, exist_ok=True)
    for sound in stream:
        pcm = np.round(np.clip(sound.samples, -1, 1) * 32767).astype(np.int16)
        np.save(folder / f"{sound.collection}--{sound.name}.npy", pcm)
        about = {"name": sound.name, "collection": sound.collection, "artist": sound.artist, "n_samples": len(pcm)}
        (folder / f"{sound.collection}--{sound.name}.json").write_text(json.dumps(about))


def gather(plan: TrainingPlan, music: Sequence[Path], midi: Path, folder: Path, n_workers: int = 1) -> None:
    """Collect all sounds and voices under ``folder``, each kind once; some at a time where there are workers."""
    for place in music:
        read_track_list(place)  # a wrong folder is refused before anything is done
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [kind for kind in KINDS if not (folder / f"{kind}.done").exists()]
    if n_workers == 1 or len(wanted) < 2:
        for kind in wanted:
            gather_kind(kind, plan, music, midi, folder)
        return
    with ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn")) as pool:
        for done in [pool.submit(gather_kind, kind, plan, music, midi, folder) for kind in wanted]:
            done.result()


def gather_kind(kind: str, plan: TrainingPlan, music: Sequence[Path], midi: Path, folder: Path) -> None:
    """Collect the sounds of one of :data:`KINDS`."""
    streams: dict[str, Callable[[], Iterator[Sound]]] = {
        "music": lambda: itertools.chain.from_iterable(map(sounds.music, music)),
        "midi": lambda: sounds.midi_performances(midi, plan.n_midi_renders, plan.seed),
        "bands": lambda: sounds.bands(plan.n_bands, plan.seed),
        "voices": lambda: (
            Sound(str(number), "voice", "", voice)
            for number, voice in enumerate(sounds.voices(plan.n_voices, plan.seed))
        ),
    }
    keep(streams[kind](), folder / kind)
    (folder / f"{kind}.done").touch()


def recipes(lengths: list[int], n_chunks: int, seed: int) -> list[Recipe]:
    """All pieces to make, in random order: plain ones 15 s apart, two thirds at most, and changed ones."""
    rng = np.random.default_rng([seed, 3])
    step = round(15 * RATE_HZ)
    plain = [
        Recipe(sound, start, True)
        for sound, length in enumerate(lengths)
        for start in range(0, max(length - N_SAMPLES, 0) + 1, step)
    ]
    made = [plain[number] for number in rng.permutation(len(plain))][: round(MOST_PLAIN * n_chunks)]
    changed = [Recipe(int(rng.integers(len(lengths))), 0, False) for _ in range(n_chunks - len(made))]
    for recipe in changed:
        made.insert(int(rng.integers(len(made) + 1)), recipe)
    return made


class Kitchen:
    """Makes pieces by recipe, and lets the teacher hear them."""

    def __init__(self, plan: TrainingPlan, folder: Path) -> None:
        self.plan, self.folder = plan, folder
        paths = [path for kind in KINDS[:-1] for path in sorted((folder / kind).glob("*.json"))]
        about = [json.loads(path.read_text()) for path in paths]
        are_held = are_held_out([each["collection"] for each in about], [each["artist"] for each in about])
        is_learned = [plan.is_on_everything or not is_held for is_held in are_held]
        if not any(is_learned):
            raise SynestheteError(f"There are no sounds in {folder} to learn from.")
        self.about = list(itertools.compress(about, is_learned))
        self.paths = [path.with_suffix(".npy") for path in itertools.compress(paths, is_learned)]
        self.voices = sorted((folder / "voices").glob("*.npy"))
        self.recipes = recipes([a["n_samples"] for a in self.about], plan.n_chunks, plan.seed)
        self.teacher = Musicnn((np.zeros(200, np.float32), np.ones(200, np.float32)))

    def sound(self, path: Path) -> np.ndarray:
        return np.load(path, mmap_mode="r")

    def cut(self, path: Path, start: int, n: int) -> np.ndarray:
        """``n`` samples from ``start``, repeated where the sound is shorter."""
        part = np.asarray(self.sound(path)[start : start + n], np.float32) / 32768
        return part if len(part) == n else np.resize(part, n) if len(part) else np.zeros(n, np.float32)

    def passage(self, rng: np.random.Generator, path: Path, n: int) -> np.ndarray:
        """A random passage."""
        return self.cut(path, int(rng.integers(max(len(self.sound(path)) - n, 0) + 1)), n)

    def clean(self, rng: np.random.Generator, recipe: Recipe) -> np.ndarray:
        """The piece as the listener's collection would hold it: plain, or respeeded, mixed, sung over, equalised."""
        path = self.paths[recipe.sound]
        if recipe.is_plain:
            return self.cut(path, recipe.start, N_SAMPLES)
        factor = float(np.exp(rng.uniform(-0.28, 0.28))) if rng.random() < 0.7 else 1.0
        samples = self.passage(rng, path, round(N_SAMPLES * factor) + 8)
        if factor != 1.0:
            samples = augmentation.respeed(samples, factor, RATE_HZ)
        samples = np.resize(samples, N_SAMPLES)
        if rng.random() < 0.5:
            other = self.passage(rng, self.paths[int(rng.integers(len(self.paths)))], N_SAMPLES)
            samples = augmentation.mix(samples, other, rng.uniform(-10, 0))
        if self.voices and rng.random() < 0.3:
            voice = self.passage(rng, self.voices[int(rng.integers(len(self.voices)))], N_SAMPLES)
            samples = augmentation.mix(samples, voice, rng.uniform(-6, 6))
        if rng.random() < 0.5:
            samples = augmentation.equalise(rng, samples, RATE_HZ)
        if rng.random() < 0.15:
            samples = np.tanh(samples / max(augmentation.level(samples), 1e-4) * rng.uniform(0.3, 2)) * 0.5
        return (samples / max(1.0, float(np.abs(samples).max()))).astype(np.float32)

    def make(self, number: int) -> dict[str, np.ndarray] | None:
        """Pictures [2, n_frames, 146], penultimate [7, 200], layers [7, 1506], tags [7, 50]; None for silence."""
        rng = np.random.default_rng([self.plan.seed, 4, number])
        samples = self.clean(rng, self.recipes[number])
        if augmentation.level(samples) < QUIETEST:
            return None
        heard_samples = soxr.resample(samples, RATE_HZ, 16_000)
        segments = [heard_samples[(at := round(start / RATE_HZ * 16_000)) : at + 48_128] for start in STARTS]
        heard = self.teacher.outputs(np.stack(segments))
        phone = augmentation.phone_in_room(rng, samples, RATE_HZ)
        return {
            "pictures": np.stack([picture(samples), picture(phone)]),
            "penultimate": heard.penultimate,
            "layers": np.concatenate([heard.mean_pool, heard.max_pool], axis=1),
            "tags": heard.tags,
        }


def picture(samples: np.ndarray) -> np.ndarray:
    """Mel in dB, chroma and tonnetz of the frames wholly inside, [n_frames, 146], float16."""
    seen = compute_spectrogram(samples).inner()
    mel_db = 10 * np.log10(np.maximum(seen.mel, 1e-9))
    return np.concatenate([mel_db, seen.chroma, seen.tonnetz]).T.astype(np.float16)


SHAPES = {
    "pictures": ((2, N_FRAMES, N_ROWS), np.float16),
    "penultimate": ((7, 200), np.float32),
    "layers": ((7, 1506), np.float16),
    "tags": ((7, 50), np.float32),
    "is_made": ((), np.int8),  # 1 made, 2 silent
}


def cook(plan: TrainingPlan, folder: Path, worker: int = 0, n_workers: int = 1) -> None:
    """Make every ``n_workers``-th piece that is not there yet."""
    torch.set_num_threads(1)
    kitchen = Kitchen(plan, folder)
    arrays = _open(folder, plan.n_chunks, "r+" if (folder / "pictures.npy").exists() else "w+")
    for number in range(worker, len(kitchen.recipes), n_workers):
        if arrays["is_made"][number]:
            continue
        made = kitchen.make(number)
        for name, value in (made or {}).items():
            arrays[name][number] = value
        arrays["is_made"][number] = 1 if made is not None else 2


def _open(folder: Path, n: int, mode: Literal["r", "r+", "w+"]) -> dict[str, np.ndarray]:
    return {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", mode, dtype, (n, *shape))
        if mode == "w+"
        else np.load(folder / f"{name}.npy", mmap_mode=mode)
        for name, (shape, dtype) in SHAPES.items()
    }


def describe(plan: TrainingPlan, folder: Path) -> None:
    """Write what the pieces are, and empty arrays for them.

    Raises
    ------
    SynestheteError
        If the folder holds a set made to another plan.
    """
    kitchen = Kitchen(plan, folder)
    if (folder / "recipes.json").exists():
        made = json.loads((folder / "recipes.json").read_text())["plan"]
        if any(made[name] != getattr(plan, name) for name in DATA_NAMES):
            raise SynestheteError(f"{folder} holds a training set made to another plan: choose another folder.")
    numbers = np.array([recipe.sound for recipe in kitchen.recipes])
    np.savez(
        folder / "recipes.npz",
        group=numbers,
        start=np.array([recipe.start for recipe in kitchen.recipes]),
        is_plain=np.array([recipe.is_plain for recipe in kitchen.recipes]),
    )
    (folder / "recipes.json").write_text(json.dumps({"plan": asdict(plan), "sounds": kitchen.about}))
    if not (folder / "pictures.npy").exists():
        _open(folder, plan.n_chunks, "w+")


def open_set(folder: Path) -> TrainingSet:
    """Map a training set, finished or growing, into memory."""
    if not (folder / "recipes.npz").is_file():
        raise SynestheteError(f"There is no training set in {folder}.")
    about = json.loads((folder / "recipes.json").read_text())["sounds"]
    plain = np.load(folder / "recipes.npz")
    arrays = _open(folder, 0, "r")
    return TrainingSet(
        arrays["pictures"],
        arrays["penultimate"],
        arrays["layers"],
        arrays["tags"],
        plain["group"],
        plain["start"],
        plain["is_plain"],
        np.asarray(arrays["is_made"]) == 1,
        *([entry[key] for entry in about] for key in ("name", "collection", "artist")),
    )
