"""The embedding network of aiSFX (Ma & Lerch, 2022) in torch, and the picture it looks at.

Its weights are read by :mod:`synesthete.encoders.aisfx_checkpoint`.

A. B. Ma and A. Lerch, "Representation learning for the automatic indexing of sound effects libraries", ISMIR, 2022.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from synesthete.encoders.aisfx_checkpoint import ARRAYS_PER_BLOCK, CHANNELS, N_FRAMES, PUBLISHED, SPECTROGRAM
from synesthete.encoders.winograd import Winograd
from synesthete.spectrogram import hann

LARGEST = 9.457798957824707  # of all training pictures, by which they were divided
SEGMENTS_AT_ONCE = 4  # keeps the feature maps of one pass in the processor's cache
LEAST_FOR_WINOGRAD = 128  # channels: with fewer, moving the maps takes as long as is spared
NORM_EPSILON = 1e-5  # of torch's batch normalisation


@torch.inference_mode()
def log_mel(batch: np.ndarray) -> Tensor:
    """The picture the network looks at.

    It is what the authors' Essentia code computes at 44,100 Hz (periodograms of 2048 samples under a Hann window, power
    in mel bands) of a sound without anything above 11,025 Hz: a spectrum of half as many samples at half the rate has
    the same bins and a quarter of the power. Each segment is brought to a peak of 1, as sound effects are published, so
    that gain does not matter.

    Parameters
    ----------
    batch : np.ndarray [shape=(n, n_samples)], real, at 22,050 Hz

    Returns
    -------
    Tensor [shape=(n, n_frames, 96)], float32, >= 0
        log10(10000 mel + 1), divided by the largest value in training, of the frames that lie wholly inside each
        segment; at least 100, shorter segments are followed by zeros, as in training.
    """
    samples = torch.from_numpy(np.ascontiguousarray(batch, dtype=np.float32))
    samples = samples / samples.abs().amax(dim=1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
    samples = functional.pad(samples, (0, max(SPECTROGRAM.n_fft - samples.shape[1], 0)))
    window, bank = _analysis()
    spectrum = torch.fft.rfft(samples.unfold(1, SPECTROGRAM.n_fft, SPECTROGRAM.hop_length) * window)
    power = spectrum.real.square() + spectrum.imag.square()
    picture = torch.log10(10_000 * (power @ bank) + 1) / LARGEST
    return functional.pad(picture, (0, 0, 0, max(N_FRAMES - picture.shape[1], 0)))


@lru_cache(maxsize=1)
def _analysis() -> tuple[Tensor, Tensor]:
    """Hann window [1024] and mel filters [513, 96], with the four times the power that the published rate has."""
    scale = (PUBLISHED.n_fft / SPECTROGRAM.n_fft) ** 2
    bank = scale * mel_bank()[:, : SPECTROGRAM.n_fft // 2 + 1]
    return torch.from_numpy(hann(SPECTROGRAM.n_fft)), torch.from_numpy(np.ascontiguousarray(bank.T, dtype=np.float32))


def mel_bank() -> np.ndarray:
    """Essentia's ``MelBands`` with ``htkMel``, ``warping`` and ``unit_sum`` at the published rate.

    Returns
    -------
    np.ndarray [shape=(96, 1025)], float64, >= 0
        Triangles over HTK's mel scale from 0 to 22,050 Hz, the weights of each sum to 1.
    """
    frequencies_hz = np.arange(PUBLISHED.n_fft // 2 + 1) * PUBLISHED.sample_rate_hz / PUBLISHED.n_fft
    n_bands = PUBLISHED.n_mels
    places = _mel(frequencies_hz) / _mel(PUBLISHED.sample_rate_hz / 2) * (n_bands + 1)  # band 1 peaks at 1
    weights = np.maximum(1 - np.abs(places - np.arange(1, n_bands + 1)[:, None]), 0)
    bank: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
    return bank


def _mel(hz: np.ndarray | float) -> np.ndarray:
    return 2595 * np.log10(1 + np.asarray(hz) / 700)


class Network(nn.Module):
    """The published network for inference: four blocks of two convolutions; batch normalisation folded into them."""

    def __init__(self, arrays: list[np.ndarray]) -> None:
        super().__init__()
        blocks = [arrays[start : start + ARRAYS_PER_BLOCK] for start in range(0, len(arrays), ARRAYS_PER_BLOCK)]
        convolutions = []
        for (n_in, n_out), block in zip(pairwise(CHANNELS), blocks, strict=True):
            convolutions.append(_folded(n_in, n_out, block[0], block[2:6]))
            convolutions.append(_folded(n_out, n_out, block[1], block[7:11]))
        self.convolutions = nn.ModuleList(convolutions)
        self.eval()

    def forward(self, picture: Tensor) -> Tensor:
        """From pictures [n, n_frames, 96] to embeddings [n, 512] >= 0."""
        maps = picture.unsqueeze(1)
        for number, convolution in enumerate(self.convolutions):
            maps = convolution(maps)
            if number in (1, 3, 5):
                maps = functional.max_pool2d(maps, 2)  # before what keeps the order, and has then a quarter to do
            maps = functional.relu_(maps)
        return maps.mean(dim=3).amax(dim=2)  # mean over frequency, largest over time

    @torch.inference_mode()
    def embeddings(self, pictures: Tensor) -> np.ndarray:
        """Run over pictures [n, n_frames, 96], a few at a time: [n, 512], float32."""
        return torch.cat([self(part) for part in pictures.split(SEGMENTS_AT_ONCE)]).numpy()


def _folded(n_in: int, n_out: int, kernel: np.ndarray, norm: list[np.ndarray]) -> nn.Module:
    """A convolution of 3 x 3 that does the work of its batch normalisation too."""
    gamma, beta, mean, variance = (part.astype(np.float64) for part in norm)
    factor = gamma / np.sqrt(variance + NORM_EPSILON)
    weight = torch.from_numpy(kernel.reshape(n_out, n_in, 3, 3) * factor[:, None, None, None])
    bias = torch.from_numpy(beta - factor * mean)
    if n_in >= LEAST_FOR_WINOGRAD:
        return Winograd(weight, bias)
    layer = nn.Conv2d(n_in, n_out, 3, padding=1)
    layer.load_state_dict({"weight": weight, "bias": bias})
    layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)  # a tenth faster
    return layer
