"""The twin network: three seconds of 13 MFCC, so turned that segments of one recording lie near each other.

Both twins are one network: convolutions along time; the mean and spread of what they give over the segment, the same of
the MFCC, how these move together and how fast; and layers to a unit vector. It was trained with a contrastive loss,
which has each segment find those of its recording among those of other artists (P. Khosla, P. Teterwak, C. Wang et al.,
"Supervised contrastive learning", NeurIPS, 2020): a small distance means the same. So what it tells is how alike two
sounds are as recordings of one hand; where a recording's own sound (its room, its time, its codec) gives that away, it
hears this too.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from synesthete import settings
from synesthete.encoders.trained import TrainedEncoder, load_network
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError

STEM = "siamese"
REMEDY = "Train it with: synesthete train siamese --data FOLDER"
N_MFCC = 13
SIZE = 256
CHANNELS = (64, 96, 128)
SMALLEST = 1e-5  # of variances over time
_BEGIN = settings.SPECTROGRAM.n_mels  # of the MFCC in a feature matrix


class Twin(nn.Module):
    """From MFCC [n, 13, n_frames] to unit vectors [n, 256].

    ``mean`` and ``std`` of each coefficient are part of the weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(N_MFCC))
        self.register_buffer("std", torch.ones(N_MFCC))
        layers: list[nn.Module] = []
        n_in = N_MFCC
        for n_out in CHANNELS:
            layers += [
                nn.Conv1d(n_in, n_out, kernel_size=5, stride=2, padding=2, bias=False),
                nn.BatchNorm1d(n_out),
                nn.ReLU(),
            ]
            n_in = n_out
        self.along_time = nn.Sequential(*layers)
        n_pooled = 2 * (CHANNELS[-1] + N_MFCC) + N_MFCC * (N_MFCC - 1) // 2 + N_MFCC
        self.read = nn.Sequential(
            nn.BatchNorm1d(n_pooled), nn.Dropout(0.2), nn.Linear(n_pooled, SIZE), nn.ReLU(), nn.Linear(SIZE, SIZE)
        )

    def forward(self, mfcc: Tensor) -> Tensor:
        """Unit vectors."""
        scaled = (mfcc - self.mean[:, None]) / self.std[:, None]
        both = [self.along_time(scaled), scaled]
        pooled = [statistic for values in both for statistic in (values.mean(dim=2), _spread(values))]
        pooled += [_correlations(scaled), _spread(scaled.diff(dim=2))]
        return functional.normalize(self.read(torch.cat(pooled, dim=1)))


def _spread(values: Tensor) -> Tensor:
    """Standard deviation over time; of one frame, or none, it is zero."""
    if values.shape[2] == 0:
        return values.new_full(values.shape[:2], SMALLEST**0.5)
    return (values.var(dim=2, unbiased=False) + SMALLEST).sqrt()


def _correlations(values: Tensor) -> Tensor:
    """Of each two rows of [n, n_rows, n_frames], over time [n, n_rows * (n_rows - 1) / 2]."""
    scaled = (values - values.mean(dim=2, keepdim=True)) / _spread(values)[:, :, None]
    together = scaled @ scaled.transpose(1, 2) / values.shape[2]
    first, second = torch.triu_indices(values.shape[1], values.shape[1], 1)
    return together[:, first, second]


class Siamese(TrainedEncoder):
    """One twin; see :class:`LearnedEncoder`.

    Attributes
    ----------
    near : float
        Cosine of two segments' vectors above which the training's held-out pairs were more often near than far.
    """

    name = "siamese"
    stem, remedy = STEM, REMEDY
    consumes = "features"
    embedding_size = SIZE
    segment_seconds = 3.0
    hop_seconds = 1.5

    def take(self, weights: Weights) -> None:
        """See :class:`LearnedEncoder`."""
        self.near = float(weights.setting("near_cosine", (int, float)))
        self._network = load_network(weights, Twin)
        super().take(weights)

    @torch.inference_mode()
    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode feature matrices [n, 166, n_frames]; see :meth:`Encoder.encode`."""
        vectors: Tensor = self._network(torch.from_numpy(self._mfcc(batch)))
        return vectors.numpy()

    def pictures(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """See :meth:`Encoder.pictures`: the 13 coefficients, each between two spreads below and above its mean."""
        mean, std = (value.numpy()[:, None] for value in (self._network.mean, self._network.std))
        scores = (self._mfcc(batch) - mean) / std
        return {"what goes in: 13 MFCC": np.clip(scores / 4 + 0.5, 0, 1).astype(np.float32)}

    def _mfcc(self, batch: np.ndarray) -> np.ndarray:
        if batch.ndim != 3 or batch.shape[1] < _BEGIN + N_MFCC or batch.shape[2] == 0:
            raise EncoderError(f"'siamese' needs feature matrices [n, 166, n_frames > 0], got the shape {batch.shape}.")
        return np.ascontiguousarray(batch[:, _BEGIN : _BEGIN + N_MFCC], dtype=np.float32)
