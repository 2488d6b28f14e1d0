"""Batches of segments out of a training set, the same for the same step, however often training was stopped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from synesthete import settings
from synesthete.training.config import TrainingConfig
from synesthete.training.datasets import N_FRAMES, SEGMENT_FRAMES, START_FRAMES, TrainingSet
from synesthete.training.targets import DistillationTargets

SPECTROGRAM = settings.SPECTROGRAM
SHORT_FRAMES = 84  # 2 s
MAX_SHIFT_FRAMES = 32  # half a hop: as far as a query's segments can lie from the catalogue's


@dataclass(frozen=True)
class Batch:
    """Segments, some of them in two views.

    Attributes
    ----------
    images : Tensor [shape=(n + n_pairs, 3, 128, n_frames)], float32 in [0, 1]
        First the clean views, then the augmented views of the first segments.
    targets : Tensor [shape=(n, target_size)], tags : Tensor [shape=(n, 50)], groups : Tensor [shape=(n,)]
    """

    images: Tensor
    targets: Tensor
    tags: Tensor
    groups: Tensor


class BatchSampler:
    """Draws batches of segments from the chunks of a set."""

    def __init__(self, data: TrainingSet, chunks: np.ndarray, config: TrainingConfig) -> None:
        self.data, self.chunks, self.config = data, chunks, config
        self.distillation = DistillationTargets(data, chunks, config.layer_share, config.effect_share)

    def draw(self, step: int) -> Batch:
        """The batch of a step."""
        config, data = self.config, self.data
        rng = np.random.default_rng([config.seed, 5, step])
        picked = rng.choice(self.chunks, config.batch_size, replace=len(self.chunks) < config.batch_size)
        segments = rng.integers(len(START_FRAMES), size=config.batch_size)
        n_frames = SHORT_FRAMES if step < config.short_share * config.n_steps else SEGMENT_FRAMES
        raw = torch.from_numpy(self._views(rng, picked, segments, n_frames)).float().transpose(1, 2)
        if config.is_augmented:
            _equalise(rng, raw, config.batch_size)
        images = stack_images(raw)
        if config.is_augmented:
            _mask(rng, images[config.batch_size :])
        if config.is_mel_only:
            images[:, 1:] = 0
        targets = self.distillation.of(data, picked, segments)
        return Batch(
            images.contiguous(memory_format=torch.channels_last),
            torch.from_numpy(targets),
            torch.from_numpy(np.asarray(data.tags[picked, segments])),
            torch.from_numpy(data.group[picked].astype(np.int64)),
        )

    def _views(self, rng: np.random.Generator, picked: np.ndarray, segments: np.ndarray, n_frames: int) -> np.ndarray:
        """Cut both views [batch_size + n_pairs, n_frames, 146]; the second lies up to half a hop beside the first."""
        config = self.config
        # On short segments the pairs lie closer together, which is easier to begin with.
        max_shift = MAX_SHIFT_FRAMES if n_frames == SEGMENT_FRAMES else MAX_SHIFT_FRAMES // 3
        cut: list[np.ndarray] = []
        for view, n in ((0, config.batch_size), (1, config.n_pairs)):
            for number, segment in zip(picked[:n], segments[:n], strict=True):
                begin = START_FRAMES[segment] + int(rng.integers(SEGMENT_FRAMES - n_frames + 1))
                if view:
                    begin += int(rng.integers(-max_shift, max_shift + 1))
                begin = min(max(begin, 0), N_FRAMES - n_frames)
                version = view if config.is_augmented else 0
                cut.append(self.data.spectrograms[number, version, begin : begin + n_frames])
        return np.stack(cut)


def stack_images(raw: Tensor) -> Tensor:
    """Stacked images [n, 3, 128, n_frames] in [0, 1] from mel in dB, chroma and tonnetz [n, 146, n_frames].

    The same as :meth:`synesthete.spectrogram.Spectrogram.stacked_image` of each segment.
    """
    n_mels, n_chroma = SPECTROGRAM.n_mels, SPECTROGRAM.n_chroma
    mel, chroma, tonnetz = raw.split([n_mels, n_chroma, 6], dim=1)
    red = ((mel - mel.amax(dim=(1, 2), keepdim=True)) / SPECTROGRAM.top_db + 1).clamp(min=0)
    rows = torch.arange(n_mels)
    return torch.stack([red, chroma[:, rows * n_chroma // n_mels], (tonnetz[:, rows * 6 // n_mels] + 1) / 2], dim=1)


def _equalise(rng: np.random.Generator, raw: Tensor, n_clean: int) -> None:
    """Add a smooth random curve over frequency to the mel of every view; a gentler one to the clean views."""
    n, n_mels = len(raw), SPECTROGRAM.n_mels
    spread_db = np.where(np.arange(n) < n_clean, rng.uniform(0, 2, n), rng.uniform(0, 6, n))
    points = rng.standard_normal((n, 7)) * spread_db[:, None]
    at = np.linspace(0, 6, n_mels)
    low = np.minimum(at.astype(int), 5)
    curves = points[:, low] * (1 - (at - low)) + points[:, low + 1] * (at - low)
    raw[:, :n_mels] += torch.from_numpy(curves.astype(np.float32))[:, :, None]


def _mask(rng: np.random.Generator, images: Tensor) -> None:
    """SpecAugment (Park et al., 2019): a band of the mel and a stretch of time become zero."""
    for image in images:
        if rng.random() < 0.5:
            height, width = int(rng.integers(1, 24)), int(rng.integers(1, 20))
            low, begin = int(rng.integers(128 - height)), int(rng.integers(image.shape[2] - width))
            image[0, low : low + height] = 0
            image[:, :, begin : begin + width] = 0
