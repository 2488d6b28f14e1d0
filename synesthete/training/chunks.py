"""Chunks of 12 s out of the gathered sounds: a clean view, a view recorded by a phone, and the teachers' outputs."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from synesthete.encoders.aisfx import EMBEDDING_SIZE, Aisfx
from synesthete.encoders.musicnn import Musicnn
from synesthete.encoders.segments import Segments
from synesthete.errors import SynestheteError
from synesthete.spectrogram import compute_spectrogram
from synesthete.training import augmentation
from synesthete.training.config import CHUNK_SECONDS, HOP_SECONDS, TrainingConfig
from synesthete.training.gather import SOURCES, VOICES
from synesthete.training.sources import RATE_HZ
from synesthete.training.splits import are_held_out

N_SAMPLES = round(CHUNK_SECONDS * RATE_HZ)
N_SEGMENTS = 7
SEGMENT_STARTS = tuple(round(number * HOP_SECONDS * RATE_HZ) for number in range(N_SEGMENTS))
UNALTERED_EVERY_SECONDS = 15.0
MAX_UNALTERED_SHARE = 2 / 3  # the others are sung over, mixed, changed in speed: sounds that no recording here has
MIN_RMS = 3e-3  # nothing is learned from what is quieter


@dataclass(frozen=True)
class ChunkSpec:
    """How one chunk is made.

    Attributes
    ----------
    sound : int >= 0
        Number of the sound it is cut from.
    start : int >= 0 [samples]
        Where an unaltered chunk begins; others begin at random.
    is_unaltered : bool
        Else its clean view too is altered (:meth:`ChunkBuilder.clean_view`).
    """

    sound: int
    start: int
    is_unaltered: bool


def chunk_specs(lengths: list[int], n_chunks: int, seed: int) -> list[ChunkSpec]:
    """All chunks to make, in random order: unaltered ones 15 s apart, at most two thirds, and altered ones.

    Parameters
    ----------
    lengths : list of int [samples]
        Of the sounds.
    n_chunks : int > 0
    seed : int
    """
    rng = np.random.default_rng([seed, 3])
    step = round(UNALTERED_EVERY_SECONDS * RATE_HZ)
    possible = [
        ChunkSpec(sound, start, True)
        for sound, length in enumerate(lengths)
        for start in range(0, max(length - N_SAMPLES, 0) + 1, step)
    ]
    specs = [possible[number] for number in rng.permutation(len(possible))][: round(MAX_UNALTERED_SHARE * n_chunks)]
    altered = [ChunkSpec(int(rng.integers(len(lengths))), 0, False) for _ in range(n_chunks - len(specs))]
    for spec in altered:
        specs.insert(int(rng.integers(len(specs) + 1)), spec)
    return specs


class ChunkBuilder:
    """Builds chunks to their specs, from the sounds in a folder (:mod:`synesthete.training.gather`).

    Attributes
    ----------
    sounds : list of dict
        Name, collection, artist and length of each sound that is learned from, without what is held out.
    specs : list of ChunkSpec

    Raises
    ------
    SynestheteError
        If there are no sounds to learn from.
    """

    def __init__(self, config: TrainingConfig, folder: Path) -> None:
        self._seed = config.seed
        paths = [path for source in SOURCES if source != VOICES for path in sorted((folder / source).glob("*.json"))]
        sounds = [json.loads(path.read_text()) for path in paths]
        are_held = are_held_out([sound["collection"] for sound in sounds], [sound["artist"] for sound in sounds])
        is_learned = [config.has_held_out or not is_held for is_held in are_held]
        if not any(is_learned):
            raise SynestheteError(f"There are no sounds in {folder} to learn from.")
        self.sounds = list(itertools.compress(sounds, is_learned))
        self._paths = [path.with_suffix(".npy") for path in itertools.compress(paths, is_learned)]
        self._voices = sorted((folder / VOICES).glob("*.npy"))
        self.specs = chunk_specs([sound["n_samples"] for sound in self.sounds], config.n_chunks, config.seed)
        self._musicnn = Musicnn((np.zeros(200, np.float32), np.ones(200, np.float32)))
        self._aisfx = Aisfx((np.zeros(EMBEDDING_SIZE, np.float32), np.ones(EMBEDDING_SIZE, np.float32)))

    def build(self, number: int) -> dict[str, np.ndarray] | None:
        """One chunk; depends on the seed and its number only.

        Returns
        -------
        dict of str to np.ndarray, or None
            ``spectrograms`` [2, n_frames, 146], and of the teachers ``penultimate`` [7, 200], ``layers`` [7, 1506],
            ``tags`` [7, 50] and ``effects`` [7, 512] (see :class:`synesthete.training.datasets.TrainingSet`); None for
            silence.
        """
        rng = np.random.default_rng([self._seed, 4, number])
        samples = self.clean_view(rng, self.specs[number])
        if augmentation.rms(samples) < MIN_RMS:
            return None
        starts = [start / RATE_HZ for start in SEGMENT_STARTS]
        segments = Segments(samples, RATE_HZ, starts, CHUNK_SECONDS - starts[-1])
        outputs = self._musicnn.outputs(self._musicnn.inputs(segments))
        recorded = augmentation.phone_in_room(rng, samples, RATE_HZ)
        return {
            "spectrograms": np.stack([spectrogram_frames(samples), spectrogram_frames(recorded)]),
            "penultimate": outputs.penultimate,
            "layers": np.concatenate([outputs.mean_pool, outputs.max_pool], axis=1),
            "tags": outputs.tags,
            "effects": self._effects(segments),
        }

    def _effects(self, segments: Segments) -> np.ndarray:
        """What aisfx, the dearer teacher, says of every second segment; of those between, the mean of both sides."""
        heard = self._aisfx.features(replace(segments, start_seconds=segments.start_seconds[::2]))["aisfx"]
        effects = np.repeat(heard, 2, axis=0)[: len(segments)]
        effects[1::2] = (heard[:-1] + heard[1:]) / 2
        return effects

    def clean_view(self, rng: np.random.Generator, spec: ChunkSpec) -> np.ndarray:
        """A chunk as a listener's collection would hold it: as it is, or its speed changed, mixed, sung over.

        Returns
        -------
        np.ndarray [shape=(n_samples,)], float32 in [-1, 1]
        """
        path = self._paths[spec.sound]
        if spec.is_unaltered:
            return self._crop(path, spec.start, N_SAMPLES)
        factor = float(np.exp(rng.uniform(-0.28, 0.28))) if rng.random() < 0.7 else 1.0
        samples = self._random_crop(rng, path, round(N_SAMPLES * factor) + 8)
        if factor != 1.0:
            samples = augmentation.change_speed(samples, factor, RATE_HZ)
        samples = np.resize(samples, N_SAMPLES)
        if rng.random() < 0.5:
            other = self._random_crop(rng, self._paths[int(rng.integers(len(self._paths)))], N_SAMPLES)
            samples = augmentation.mix(samples, other, rng.uniform(-10, 0))
        if self._voices and rng.random() < 0.3:
            voice = self._random_crop(rng, self._voices[int(rng.integers(len(self._voices)))], N_SAMPLES)
            samples = augmentation.mix(samples, voice, rng.uniform(-6, 6))
        if rng.random() < 0.5:
            samples = augmentation.equalise(rng, samples, RATE_HZ)
        if rng.random() < 0.15:
            samples = np.tanh(samples / max(augmentation.rms(samples), 1e-4) * rng.uniform(0.3, 2)) * 0.5
        return (samples / max(1.0, float(np.abs(samples).max()))).astype(np.float32)

    def _crop(self, path: Path, start: int, n_samples: int) -> np.ndarray:
        """``n_samples`` from ``start``, repeated where the sound is shorter."""
        part = np.asarray(np.load(path, mmap_mode="r")[start : start + n_samples], np.float32) / 32768
        if len(part) == n_samples:
            return part
        return np.resize(part, n_samples) if len(part) else np.zeros(n_samples, np.float32)

    def _random_crop(self, rng: np.random.Generator, path: Path, n_samples: int) -> np.ndarray:
        length = len(np.load(path, mmap_mode="r"))
        return self._crop(path, int(rng.integers(max(length - n_samples, 0) + 1)), n_samples)


def spectrogram_frames(samples: np.ndarray) -> np.ndarray:
    """Mel in dB, chroma and tonnetz of the frames wholly inside a sound.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)], float in [-1, 1], at 22,050 Hz

    Returns
    -------
    np.ndarray [shape=(n_frames, 146)], float16
        128 mel bands [dB, not yet below the loudest point], 12 chroma in [0, 1], 6 tonnetz in [-1, 1].
    """
    spectrogram = compute_spectrogram(samples).inner()
    mel_db = 10 * np.log10(np.maximum(spectrogram.mel, 1e-9))
    return np.concatenate([mel_db, spectrogram.chroma, spectrogram.tonnetz]).T.astype(np.float16)
