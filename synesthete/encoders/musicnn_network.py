"""The tagger MSD_musicnn (Pons & Serra, 2019) rebuilt in torch: from a waveform to tags and the layers below.

Its weights are read by :mod:`synesthete.encoders.musicnn_checkpoint`. The reference values of the tests are made from
TensorFlow by ``tests/encoders/reference/make_musicnn.py``.

J. Pons and X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging",
late-breaking session of ISMIR, 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from synesthete.encoders.musicnn_checkpoint import N_FRAMES, SPECTROGRAM
from synesthete.spectrogram import hann, mel_filters

SEGMENTS_AT_ONCE = 8  # keeps the feature maps of one pass in the processor's cache
N_PHASES = 8
DEAD_BELOW = 1e-8  # weight decay brought most filters down to 1e-30; those that do something are above 1e-7
NORM_EPSILON = 1e-3  # of TensorFlow's batch normalisation


@dataclass(frozen=True)
class Outputs:
    """What the network makes of a batch of segments.

    Attributes
    ----------
    tags : np.ndarray [shape=(n, 50)], float32 in [0, 1]
        Probability of each tag.
    mean_pool, max_pool : np.ndarray [shape=(n, 753)], float32
        Feature maps of the front and the middle, pooled over time.
    penultimate : np.ndarray [shape=(n, 200)], float32
        The layer before the tags.
    """

    tags: np.ndarray
    mean_pool: np.ndarray
    max_pool: np.ndarray
    penultimate: np.ndarray


@torch.inference_mode()
def log_mel(batch: np.ndarray) -> Tensor:
    """The picture the network looks at, in float32 throughout (float16 overflows above 65,504).

    Parameters
    ----------
    batch : np.ndarray [shape=(n, n_samples)], real in [-1, 1], at 16 kHz

    Returns
    -------
    Tensor [shape=(n, n_frames, 96)], float32, >= 0
        log10(10000 mel + 1) of the frames that lie wholly inside each segment, so that a passage looks the
        same alone and within a longer sound. At least 187 frames: shorter segments are repeated, as in
        training.
    """
    samples = torch.from_numpy(np.ascontiguousarray(batch, dtype=np.float32))
    samples = functional.pad(samples, (0, max(SPECTROGRAM.n_fft - samples.shape[1], 0)))
    window, bank = _analysis()
    spectrum = torch.fft.rfft(samples.unfold(1, SPECTROGRAM.n_fft, SPECTROGRAM.hop_length) * window)
    power = spectrum.real.square() + spectrum.imag.square()
    picture = torch.log10(10_000 * (power @ bank) + 1)
    n_repeats = -(-N_FRAMES // picture.shape[1])
    return picture.repeat(1, n_repeats, 1)[:, :N_FRAMES] if n_repeats > 1 else picture


@lru_cache(maxsize=1)
def _analysis() -> tuple[Tensor, Tensor]:
    """Hann window [512] and mel filters [257, 96]."""
    return torch.from_numpy(hann(SPECTROGRAM.n_fft)), torch.from_numpy(mel_filters(SPECTROGRAM).T.astype(np.float32))


class Network(nn.Module):
    """The published network for inference; a picture [n, n_frames, 96] goes in, :class:`Outputs` comes out.

    The front captures timbres (filters over much of the spectrum, 7 frames long) and rhythms (filters of 0.5 to
    2 s in each mel band), takes the loudest over frequency, and leaves 561 rows, most of them constant. The middle adds
    three layers of 64 over time; the back pools all 753 rows over time and ends in two dense layers.
    """

    alive: Tensor
    silent: Tensor

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        super().__init__()
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        self.input_norm = _Norm(tensors, 0)
        banks = [_Filters(tensors, number) for number in range(5)]
        self.front = nn.ModuleList(banks)
        starts = np.cumsum([0, *(len(bank.silent) for bank in banks)]).tolist()
        alive = [bank.alive + start for bank, start in zip(banks, starts[:-1], strict=True)]
        self.register_buffer("alive", torch.cat(alive))
        self.register_buffer("silent", torch.cat([bank.silent for bank in banks]))
        self.middle = nn.ModuleList(
            [_OverTime(tensors, 5, self.alive, self.silent), _OverTime(tensors, 6), _OverTime(tensors, 7)]
        )
        self.pooled_norm = _Norm(tensors, 9)
        self.dense = _linear(tensors, "dense")
        self.dense_norm = _Norm(tensors, 10)
        self.to_tags = _linear(tensors, "dense_1")
        self.eval()

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return tags [n, 50], mean_pool [n, 753], max_pool [n, 753], penultimate [n, 200]."""
        picture = self.input_norm(picture)
        bands = picture.transpose(1, 2).unsqueeze(1)  # [n, 1, 96, n_frames]
        rows = torch.cat([filters(bands) for filters in self.front], dim=1)  # [n, 65, n_frames]
        first = self.middle[0](rows)
        second = self.middle[1](first) + first
        third = self.middle[2](second) + second
        features = torch.cat([rows, first, second, third], dim=1)
        max_pool, mean_pool = (self._whole(pool) for pool in (features.amax(dim=2), features.mean(dim=2)))
        pooled = torch.stack([max_pool, mean_pool], dim=2).flatten(1)  # the two alternate, [n, 1506]
        penultimate = self.dense_norm(functional.relu(self.dense(self.pooled_norm(pooled))))
        return torch.sigmoid(self.to_tags(penultimate)), mean_pool, max_pool, penultimate

    def _whole(self, pool: Tensor) -> Tensor:
        """From what was computed, [n, 65 + 192], to [n, 753] with the constants of the filters that are not alive."""
        n_alive = len(self.alive)
        front = self.silent.repeat(len(pool), 1).index_copy_(1, self.alive, pool[:, :n_alive])
        return torch.cat([front, pool[:, n_alive:]], dim=1)

    @torch.inference_mode()
    def outputs(self, pictures: Tensor) -> Outputs:
        """Run over pictures [n, n_frames, 96], a few at a time; see :class:`Outputs`."""
        parts = [self(part) for part in pictures.split(SEGMENTS_AT_ONCE)]
        return Outputs(*(torch.cat(outputs).numpy() for outputs in zip(*parts, strict=True)))


class _Norm(nn.Module):
    """Batch normalisation at rest: one factor and one offset a channel (last axis)."""

    factor: Tensor
    offset: Tensor

    def __init__(self, tensors: dict[str, Tensor], number: int) -> None:
        super().__init__()
        gamma, beta, mean, variance = (
            tensors[_numbered("batch_normalization", number, part)].double()
            for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        factor = gamma / torch.sqrt(variance + NORM_EPSILON)
        self.register_buffer("factor", factor.float())
        self.register_buffer("offset", (beta - factor * mean).float())

    def forward(self, values: Tensor) -> Tensor:
        return values * self.factor + self.offset


class _Filters(nn.Module):
    """A bank of front-end filters: convolve, rectify, normalise, take the largest over frequency.

    Only the filters that are alive are computed, 65 of 561 in all; each other answers its own constant, ``silent``, to
    any input. Rectifying and normalising keep or turn round the order, so the largest, or where a factor is
    below zero the smallest, is taken first: kernels of such filters change their sign for that.
    """

    alive: Tensor
    kernel: Tensor
    bias: Tensor
    sign: Tensor
    factor: Tensor
    offset: Tensor
    silent: Tensor

    def __init__(self, tensors: dict[str, Tensor], number: int) -> None:
        super().__init__()
        kernel = tensors[_numbered("conv2d", number, "kernel")].permute(3, 2, 1, 0)  # [out, 1, bands, frames]
        bias = tensors[_numbered("conv2d", number, "bias")]
        norm = _Norm(tensors, number + 1)
        is_alive = kernel.abs().amax(dim=(1, 2, 3)) > DEAD_BELOW
        self.register_buffer("alive", torch.nonzero(is_alive)[:, 0])
        sign = torch.where(norm.factor[is_alive] < 0, -1.0, 1.0)
        kernel = kernel[is_alive] * sign[:, None, None, None]
        self.length = kernel.shape[3]
        self.is_rhythm = kernel.shape[2] == 1
        self.register_buffer("kernel", _in_phases(kernel[:, 0, 0]) if self.is_rhythm else kernel.contiguous())
        self.register_buffer("bias", bias[is_alive] * sign)
        self.register_buffer("sign", sign[:, None])
        self.register_buffer("factor", norm.factor[is_alive, None])
        self.register_buffer("offset", norm.offset[is_alive, None])
        self.register_buffer("silent", norm(functional.relu(bias)))

    def forward(self, bands: Tensor) -> Tensor:
        """From [n, 1, n_bands, n_frames] to [n, n_alive, n_frames]."""
        padded = functional.pad(bands, ((self.length - 1) // 2, self.length // 2))  # even: one more ahead
        if self.is_rhythm:
            foremost = self._rhythms(padded[:, 0], bands.shape[3]) + self.bias[:, None]
        else:
            foremost = functional.conv2d(padded, self.kernel, self.bias).amax(dim=2)
        return functional.relu(foremost * self.sign) * self.factor + self.offset

    def _rhythms(self, bands: Tensor, n_frames: int) -> Tensor:
        """The largest answers [n, n_alive, n_frames] of filters in single bands, eight frames at a time."""
        n, n_bands, _ = bands.shape
        n_steps = -(-n_frames // N_PHASES)
        n_needed = (n_steps + self.kernel.shape[2] - 1) * N_PHASES
        steps = functional.pad(bands, (0, n_needed - bands.shape[2])).reshape(n * n_bands, -1, N_PHASES)
        answers = functional.conv1d(steps.transpose(1, 2), self.kernel)  # [n * n_bands, n_alive * 8, n_steps]
        loudest = answers.view(n, n_bands, -1, N_PHASES, n_steps).amax(dim=1)
        return loudest.transpose(2, 3).flatten(2)[:, :, :n_frames]


def _in_phases(kernel: Tensor) -> Tensor:
    """Filters [n_filters, length] over time as filters over groups of eight frames: [n_filters * 8, 8, n_groups].

    The answer at the frame 8 u + p is the p-th of the step u. A convolution of eight rows with many answers runs up to
    three times as fast as one of a single row (a polyphase decomposition: Vaidyanathan, 1990).
    """
    n_filters, length = kernel.shape
    phases = kernel.new_zeros(n_filters, N_PHASES, -(-(length + N_PHASES - 1) // N_PHASES) * N_PHASES)
    for phase in range(N_PHASES):
        phases[:, phase, phase : phase + length] = kernel
    return phases.reshape(n_filters * N_PHASES, -1, N_PHASES).transpose(1, 2).contiguous()


class _OverTime(nn.Module):
    """A layer of the middle: filters over 7 frames of all rows; of those named where the others are constant."""

    kernel: Tensor
    bias: Tensor
    constant: Tensor

    def __init__(
        self, tensors: dict[str, Tensor], number: int, alive: Tensor | None = None, silent: Tensor | None = None
    ) -> None:
        super().__init__()
        kernel = tensors[_numbered("conv2d", number, "kernel")][:, :, 0]  # TensorFlow's [frames, rows, out]
        kernel = kernel.permute(2, 1, 0)
        constant = torch.zeros(kernel.shape[0], kernel.shape[2])
        if alive is not None and silent is not None:
            others = torch.ones(kernel.shape[1], dtype=torch.bool)
            others[alive] = False
            constant = torch.einsum("orf,r->of", kernel[:, others].double(), silent[others].double()).float()
            kernel = kernel[:, alive]
        self.register_buffer("kernel", kernel.contiguous())
        self.register_buffer("constant", constant)  # what the constant rows add, by tap
        self.register_buffer("bias", tensors[_numbered("conv2d", number, "bias")])
        self.norm = _Norm(tensors, number + 1)

    def forward(self, rows: Tensor) -> Tensor:
        """From [n, n_rows, n_frames] to [n, 64, n_frames]."""
        answers = functional.conv1d(rows, self.kernel, self.bias, padding=3)
        # Taps that reach over the edge meet zeros there, in the constant rows too.
        inside = functional.pad(rows.new_ones(1, rows.shape[2]), (3, 3)).unfold(1, self.constant.shape[1], 1)[0]
        answers = functional.relu(answers + self.constant @ inside.T)
        return self.norm(answers.transpose(1, 2)).transpose(1, 2)


def _linear(tensors: dict[str, Tensor], name: str) -> nn.Linear:
    kernel = tensors[f"{name}/kernel"]
    layer = nn.Linear(*kernel.shape)
    layer.load_state_dict({"weight": kernel.T, "bias": tensors[f"{name}/bias"]})
    return layer


def _numbered(layer: str, number: int, part: str) -> str:
    """TensorFlow's name of a tensor: ``conv2d/kernel``, ``conv2d_1/kernel``, ..."""
    return f"{layer}_{number}/{part}" if number else f"{layer}/{part}"
