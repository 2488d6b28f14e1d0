"""Batches of segment pairs out of a training set, the same for the same step, however often training was stopped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from synesthete import settings
from synesthete.training.covariance import principal_axes
from synesthete.training.datasets import N_FRAMES, SEGMENT_FRAMES, START_FRAMES, TrainingSet
from synesthete.training.plan import TrainingPlan

SPECTROGRAM = settings.SPECTROGRAM
SHORT_FRAMES = 84  # 2 s
N_LAYER_AXES = 200
N_FOR_AXES = 1_500  # pieces from which the main axes of the teacher's layers are found
MOST_SHIFTED = 32  # frames: half a hop, as far as a query's segments can lie from the catalogue's


@dataclass(frozen=True)
class Batch:
    """Segments, some of them seen twice.

    Attributes
    ----------
    images : Tensor [shape=(n + n_phones, 3, 128, n_frames)], float32 in [0, 1]
        First the clean views, then the first segments again, through the phone.
    taught : Tensor [shape=(n, taught_size)], tags : Tensor [shape=(n, 50)], groups : Tensor [shape=(n,)]
    """

    images: Tensor
    taught: Tensor
    tags: Tensor
    groups: Tensor


class Lesson:
    """What the student is to hear, from what the teacher hears: its penultimate layer and the layers below, weighed.

    The layers know what the tags have no word for. Each number is standardised over the set, and the layers are drawn
    together to their main axes; both stretches then have the same mean square, and share the vector as the plan says.

    Attributes
    ----------
    mean, std : np.ndarray [shape=(200,)], float32
        Of the penultimate layer.
    size : int
        Of the taught vectors; their first 200 numbers are the penultimate layer, times ``penultimate_factor``.
    """

    def __init__(self, data: TrainingSet, chunks: np.ndarray, layer_share: float) -> None:
        heard = np.concatenate([data.penultimate[number] for number in chunks])
        self.mean, self.std = heard.mean(axis=0), heard.std(axis=0) + 1e-6
        below = np.concatenate([data.layers[number] for number in chunks[:N_FOR_AXES]]).astype(np.float32)
        self._layer_mean, std = below.mean(axis=0), below.std(axis=0) + 1e-6
        axes = principal_axes((below - self._layer_mean) / std, N_LAYER_AXES) / std[:, None]
        spread = np.square((below - self._layer_mean) @ axes).sum(axis=1).mean()
        self.penultimate_factor = float(np.sqrt(2 * (1 - layer_share)))
        self._layer_axes = (axes * np.sqrt(2 * layer_share * len(self.mean) / spread)).astype(np.float32)
        self.size = len(self.mean) + axes.shape[1]

    def taught(self, penultimate: np.ndarray, layers: np.ndarray) -> np.ndarray:
        """Vectors [n, size], float32, of mean square length 400, from [n, 200] and [n, 1506]."""
        tags = (penultimate - self.mean) / self.std * self.penultimate_factor
        below = (layers.astype(np.float32) - self._layer_mean) @ self._layer_axes
        return np.concatenate([tags, below], axis=1).astype(np.float32)


class Batches:
    """Draws batches of pieces of a set."""

    def __init__(self, data: TrainingSet, chunks: np.ndarray, plan: TrainingPlan) -> None:
        self.data, self.chunks, self.plan = data, chunks, plan
        self.lesson = Lesson(data, chunks, plan.layer_share)

    def draw(self, step: int) -> Batch:
        """The batch of a step."""
        plan, data = self.plan, self.data
        rng = np.random.default_rng([plan.seed, 5, step])
        picked = rng.choice(self.chunks, plan.n_segments, replace=len(self.chunks) < plan.n_segments)
        segments = rng.integers(len(START_FRAMES), size=plan.n_segments)
        length = SHORT_FRAMES if step < plan.short_share * plan.n_steps else SEGMENT_FRAMES
        shifted = MOST_SHIFTED if length == SEGMENT_FRAMES else MOST_SHIFTED // 3  # first the easier lesson
        views: list[np.ndarray] = []
        for other, n in ((0, plan.n_segments), (1, plan.n_phones)):
            for number, segment in zip(picked[:n], segments[:n], strict=True):
                begin = START_FRAMES[segment] + int(rng.integers(SEGMENT_FRAMES - length + 1))
                if other:
                    begin += int(rng.integers(-shifted, shifted + 1))
                begin = min(max(begin, 0), N_FRAMES - length)
                version = other if plan.is_augmented else 0
                views.append(data.pictures[number, version, begin : begin + length])
        raw = torch.from_numpy(np.stack(views)).float().transpose(1, 2)  # [n + n_phones, 146, n_frames]
        if plan.is_augmented:
            _disturb(rng, raw, plan.n_segments)
        images = stacked(raw)
        if plan.is_augmented:
            _mask(rng, images[plan.n_segments :])
        if plan.is_mel_only:
            images[:, 1:] = 0
        taught = self.lesson.taught(data.penultimate[picked, segments], data.layers[picked, segments])
        return Batch(
            images.contiguous(memory_format=torch.channels_last),
            torch.from_numpy(taught),
            torch.from_numpy(np.asarray(data.tags[picked, segments])),
            torch.from_numpy(data.group[picked].astype(np.int64)),
        )


def stacked(raw: Tensor) -> Tensor:
    """Stacked images [n, 3, 128, n_frames] in [0, 1] from mel in dB, chroma and tonnetz [n, 146, n_frames].

    The same as :meth:`synesthete.spectrogram.Spectrogram.stacked_image` of each segment.
    """
    n_mels, n_chroma = SPECTROGRAM.n_mels, SPECTROGRAM.n_chroma
    mel, chroma, tonnetz = raw.split([n_mels, n_chroma, 6], dim=1)
    red = ((mel - mel.amax(dim=(1, 2), keepdim=True)) / SPECTROGRAM.top_db + 1).clamp(min=0)
    rows = torch.arange(n_mels)
    return torch.stack([red, chroma[:, rows * n_chroma // n_mels], (tonnetz[:, rows * 6 // n_mels] + 1) / 2], dim=1)


def _disturb(rng: np.random.Generator, raw: Tensor, n_clean: int) -> None:
    """Another smooth equaliser curve, drawn anew each time, over the mel of every view."""
    n, n_mels = len(raw), SPECTROGRAM.n_mels
    spread = np.where(np.arange(n) < n_clean, rng.uniform(0, 2, n), rng.uniform(0, 6, n))
    points = rng.standard_normal((n, 7)) * spread[:, None]
    at = np.linspace(0, 6, n_mels)
    low = np.minimum(at.astype(int), 5)
    curves = points[:, low] * (1 - (at - low)) + points[:, low + 1] * (at - low)
    raw[:, :n_mels] += torch.from_numpy(curves.astype(np.float32))[:, :, None]


def _mask(rng: np.random.Generator, images: Tensor) -> None:
    """SpecAugment (Park et al., 2019) on views through the phone: a band of the mel and a stretch of time go dark."""
    for image in images:
        if rng.random() < 0.5:
            height, width = int(rng.integers(1, 24)), int(rng.integers(1, 20))
            low, begin = int(rng.integers(128 - height)), int(rng.integers(image.shape[2] - width))
            image[0, low : low + height] = 0
            image[:, :, begin : begin + width] = 0
