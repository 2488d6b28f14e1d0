"""The time/frequency autoencoder: a picture through 256 numbers, half of them read along time, half along frequency.

Two encoders of one-dimensional convolutions look at the same picture of mel bands: one moves along time and takes the
bands as channels, the other moves along frequency and takes the frames as channels. 128 numbers of each are all that a
decoder of two-dimensional transposed convolutions gets to draw the picture anew. So the numbers say what the picture
looks like, and it can be looked at what they leave out (:meth:`Autoencoder.reconstruct`).

Beside the convolutions each encoder reads the picture linearly too, and the decoder draws linearly too. The training
begins there with principal components: those that are much the same at all times are read along frequency, those that
change are read along time. Convolutions alone, from random weights, were far behind principal components after a
thousand steps.

A track is the mean of its segments. Where in a segment a note lies moves the numbers, and a note beside silence moves
them far: so a second lies between segments of three, 29 of them in half a minute (the published one had 32), and a
segment with a pause in it has less of a say than one without.

The picture is the red layer of the stacked image: the project's one STFT, mel bands up to half the sample rate, from
the loudest point of the segment at 1 to 80 dB below it at 0. Gain does not matter, and a passage sees the same alone.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from synesthete import settings
from synesthete.encoders.base import Features, unit
from synesthete.encoders.parts import Part
from synesthete.encoders.segments import AnySegments
from synesthete.encoders.trained import SEGMENTS_AT_ONCE, MelEncoder, load_network
from synesthete.encoders.weights import Weights

CHANNELS = (32, 64, 128, 256)  # of the convolutions of each branch
N_BASIS = 32  # spectra, or courses of time, by which a picture is read and drawn linearly
N_BINS = settings.SPECTROGRAM.n_mels
# The say of a segment in its track is the share of it that sounds to this power: with a third of silence, a 25th.
EMPHASIS = 8


class Branch(nn.Module):
    """From ``n_channels`` of one length to ``n_numbers``: convolutions along the last axis, and a linear reading."""

    def __init__(self, n_channels: int, length: int, n_numbers: int) -> None:
        super().__init__()
        self.basis = nn.Conv1d(n_channels, N_BASIS, kernel_size=1, bias=False)
        self.direct = nn.Linear(N_BASIS * length, n_numbers)
        layers: list[nn.Module] = []
        for n_filters in CHANNELS:
            layers += [
                nn.Conv1d(n_channels, n_filters, kernel_size=5, stride=2, padding=2, bias=False),
                nn.BatchNorm1d(n_filters),
                nn.LeakyReLU(0.1),
            ]
            n_channels, length = n_filters, -(-length // 2)
        self.convolved = nn.Sequential(*layers, nn.Flatten(), nn.Linear(n_channels * length, n_numbers))

    def forward(self, rows: Tensor) -> Tensor:
        """Read [n, n_channels, length]."""
        numbers: Tensor = self.direct(self.basis(rows).flatten(1)) + self.convolved(rows)
        return numbers


class Drawing(nn.Module):
    """What a branch reads linearly, drawn linearly: from ``n_numbers`` to [n, n_channels, length]."""

    def __init__(self, n_numbers: int, n_channels: int, length: int) -> None:
        super().__init__()
        self.length = length
        self.direct = nn.Linear(n_numbers, N_BASIS * length)
        self.basis = nn.Conv1d(N_BASIS, n_channels, kernel_size=1, bias=False)

    def forward(self, numbers: Tensor) -> Tensor:
        """Draw numbers [n, n_numbers]."""
        drawn: Tensor = self.basis(self.direct(numbers).unflatten(1, (N_BASIS, self.length)))
        return drawn


class Decoder(nn.Module):
    """From the numbers of both branches to a picture [n, n_bins, n_frames], about in [0, 1]."""

    def __init__(self, n_numbers: int, n_frames: int) -> None:
        super().__init__()
        self.time = Drawing(n_numbers, N_BINS, n_frames)
        self.frequency = Drawing(n_numbers, n_frames, N_BINS)
        self.shape = (CHANNELS[1], N_BINS // 16, n_frames // 16)
        self.spread = nn.Linear(2 * n_numbers, int(np.prod(self.shape)))
        layers: list[nn.Module] = []
        for n_in, n_out in ((CHANNELS[1], 64), (64, 32), (32, 16)):
            layers += [
                nn.ConvTranspose2d(n_in, n_out, kernel_size=4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(n_out),
                nn.LeakyReLU(0.1),
            ]
        self.draw = nn.Sequential(*layers, nn.ConvTranspose2d(16, 1, kernel_size=4, stride=2, padding=1))

    def forward(self, numbers: Tensor) -> Tensor:
        """Draw numbers [n, 2 * n_numbers]."""
        time, frequency = numbers.chunk(2, dim=1)
        drawn = self.draw(self.spread(numbers).unflatten(1, self.shape))[:, 0]
        whole: Tensor = drawn + self.time(time) + self.frequency(frequency).transpose(1, 2)
        return whole


class Network(nn.Module):
    """Both branches and the decoder.

    Parameters
    ----------
    n_frames : int > 0
        A multiple of 16.
    size : int > 0
        Numbers of each branch.
    """

    def __init__(self, n_frames: int = 128, size: int = 128) -> None:
        super().__init__()
        self.time = Branch(N_BINS, n_frames, size)
        self.frequency = Branch(n_frames, N_BINS, size)
        self.decoder = Decoder(size, n_frames)

    def encode(self, images: Tensor) -> Tensor:
        """Numbers [n, 2 * size] of pictures [n, n_bins, n_frames]; those of time before those of frequency."""
        return torch.cat([self.time(images), self.frequency(images.transpose(1, 2))], dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """The pictures as they are drawn anew."""
        drawn: Tensor = self.decoder(self.encode(images))
        return drawn


class Autoencoder(MelEncoder):
    """The time/frequency autoencoder over 128 frames, three seconds; see :class:`LearnedEncoder`."""

    name = "autoencoder"
    stem = "autoencoder"
    remedy = "Train it with: synesthete train autoencoder --data FOLDER"
    n_frames = 128
    hop_seconds = 1.0

    def take(self, weights: Weights) -> None:
        """See :class:`LearnedEncoder`."""
        self.embedding_size = int(weights.setting("embedding_size", int))
        self._network = load_network(weights, lambda: Network(self.n_frames, self.embedding_size // 2))
        super().take(weights)
        self._weights_id = settings.fingerprint(weights.card, EMPHASIS)

    @property
    def track_parts(self) -> dict[str, Part]:
        """What was read along time and what along frequency, each compared by itself and of equal weight."""
        half = self.embedding_size // 2
        return {"time": Part(slice(0, half)), "frequency": Part(slice(half, 2 * half))}

    @property
    def components(self) -> dict[str, slice]:
        """The same of segments."""
        return {name: part.at for name, part in self.track_parts.items()}

    def read(self, images: Tensor) -> Tensor:
        """The numbers between encoder and decoder."""
        return self._network.encode(images)

    def features(self, segments: AnySegments) -> Features:
        """The numbers between encoder and decoder, as they are; and how much of each segment sounds."""
        return super().features(segments) | {f"{self.name}/sounding": segments.sounding_shares()[:, None]}

    @property
    def feature_sizes(self) -> dict[str, int]:
        """See :class:`Encoder`."""
        return {self.name: self.embedding_size, f"{self.name}/sounding": 1}

    def track_features(self, features: Features) -> np.ndarray:
        """The mean of the numbers over the segments, those that sound throughout before those with silence in them."""
        shares = features.get(f"{self.name}/sounding")
        if shares is None or not shares.any():
            return super().track_features(features)
        says = (shares / shares.max()) ** EMPHASIS
        return np.asarray((features[self.name] * says).sum(axis=0) / says.sum(), dtype=np.float32)

    def segment_vectors(self, features: Features) -> np.ndarray:
        """Standardised on the music that the network learned from, each half of equal length."""
        halves = np.split(self.standardised(features), 2, axis=1)
        return unit(np.concatenate([unit(half) for half in halves], axis=1))

    @torch.inference_mode()
    def reconstruct(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What goes in, and what the decoder draws of the numbers alone.

        Parameters
        ----------
        batch : np.ndarray [shape=(n, 3, n_bins, n_frames)], float in [0, 1]
            Stacked images, as :meth:`inputs` cuts them.

        Returns
        -------
        seen, drawn : np.ndarray [shape=(n, n_bins, self.n_frames)], float32 in [0, 1]
            Low frequencies in row 0.
        """
        seen = self.images(batch)
        parts = [self._network(part).clamp(0, 1) for part in seen.split(SEGMENTS_AT_ONCE)]
        return seen.numpy(), torch.cat(parts).numpy()

    def pictures(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """See :meth:`Encoder.pictures`: the picture and its reconstruction."""
        seen, drawn = self.reconstruct(batch)
        return {"what goes in": seen, "what its numbers draw": drawn}


class SmallAutoencoder(Autoencoder):
    """The same over 32 frames, eight tenths of a second: 128 x 32 points through 256 numbers."""

    name = "autoencoder-small"
    stem = "autoencoder-small"
    remedy = "Train it with: synesthete train autoencoder-small --data FOLDER"
    n_frames = 32
    hop_seconds = 1.6


VARIANTS: dict[str, type[Autoencoder]] = {one.name: one for one in (Autoencoder, SmallAutoencoder)}
