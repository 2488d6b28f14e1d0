"""A convolutional network that learned genres, its last layer taken off: 64 numbers that told genres apart.

It sees the red layer of the stacked image, three seconds of mel bands. Four convolutions halve it in both directions,
what is left is averaged over time and read by 64 numbers, and these are all that the last layer named genres by. The
last layer comes with the weights, so that the genres it would name can be shown; likeness is asked of the 64 numbers.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from synesthete import settings
from synesthete.encoders import weights as files
from synesthete.encoders.base import Encoder, Features, unit
from synesthete.encoders.parts import Part
from synesthete.encoders.segments import AnySegments
from synesthete.encoders.trained import load_network, mel_images, own_reference, unit_reference
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError

STEM = "genre-cnn"
REMEDY = "Train it with: synesthete train genre-cnn --data FOLDER"
N_FRAMES = 128
SIZE = 64
CHANNELS = (16, 32, 64, 96)
N_BINS = settings.SPECTROGRAM.n_mels
SEGMENTS_AT_ONCE = 64


class Network(nn.Module):
    """Convolutions, 64 numbers, and a last layer to genres.

    Parameters
    ----------
    n_genres, n_labels : int > 0
        Families of genres; and, for the training alone, the finer labels of the music that it learns from.
    """

    def __init__(self, n_genres: int, n_labels: int = 0, dropout: float = 0.3) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        n_in = 1
        for n_out in CHANNELS:
            size = 5 if n_in == 1 else 3
            layers += [
                nn.Conv2d(n_in, n_out, kernel_size=size, stride=2, padding=size // 2, bias=False),
                nn.BatchNorm2d(n_out),
                nn.ReLU(),
            ]
            n_in = n_out
        self.look = nn.Sequential(*layers)
        self.read = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * CHANNELS[-1] * (N_BINS // 16), SIZE))
        self.genres = nn.Linear(SIZE, n_genres)
        self.labels = nn.Linear(SIZE, n_labels) if n_labels else None

    def maps(self, images: Tensor) -> Tensor:
        """What the last convolution sees in pictures [n, n_bins, n_frames]: [n, 96, 8, 8]."""
        seen: Tensor = self.look(images[:, None] * 2 - 1)
        return seen

    def numbers(self, images: Tensor) -> Tensor:
        """The 64 numbers of pictures: mean and highest over time, frequency kept."""
        maps = self.maps(images)
        numbers: Tensor = self.read(torch.cat([maps.mean(dim=3), maps.amax(dim=3)], dim=1).flatten(1))
        return numbers

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Logits of genres and of labels."""
        numbers = functional.relu(self.numbers(images))
        return self.genres(numbers), None if self.labels is None else self.labels(numbers)


class GenreCnn(Encoder):
    """The network without its last layer.

    Parameters
    ----------
    weights : Weights, optional
        By default those in ``data/models``.

    Attributes
    ----------
    genres : tuple of str
        The names that :meth:`likely_genres` gives.

    Raises
    ------
    EncoderError
        If the files are missing or damaged, or do not fit each other or the spectrogram settings.
    """

    name = "genre-cnn"
    consumes = "image"
    embedding_size = SIZE
    hop_seconds = 1.5
    segment_seconds: ClassVar[float] = (  # type: ignore[misc]
        (N_FRAMES - 1) * settings.SPECTROGRAM.hop_length + settings.SPECTROGRAM.n_fft
    ) / settings.SPECTROGRAM.sample_rate_hz

    def __init__(self, weights: Weights | None = None) -> None:
        weights = weights or files.read(settings.Paths().models, STEM, REMEDY)
        self.version = str(weights.setting("version", str))
        self.genres = tuple(map(str, weights.setting("genres", list)))
        if not self.genres:
            raise EncoderError(f"The settings of {weights.label} name no genres. {REMEDY}")
        self._network = load_network(weights, lambda: Network(len(self.genres)))
        self._mean, self._std = unit_reference(weights, SIZE)
        self.own_reference = own_reference(weights, SIZE)
        self._weights_id = settings.fingerprint(weights.card)

    @property
    def weights_id(self) -> str:
        """Hash of the settings with the checksum of the weights."""
        return self._weights_id

    @property
    def track_parts(self) -> dict[str, Part]:
        """All of the vector."""
        return {self.name: Part(slice(0, SIZE))}

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode stacked images [n, 3, n_bins, n_frames] in [0, 1]; see :meth:`Encoder.encode`."""
        return self.segment_vectors({self.name: self.numbers(batch)})

    def features(self, segments: AnySegments) -> Features:
        """The 64 numbers, as they are."""
        return {self.name: self.numbers(self.inputs(segments))}

    def segment_vectors(self, features: Features) -> np.ndarray:
        """Standardised on the music that the network learned from."""
        return unit((features[self.name] - self._mean) / self._std)

    def track_features(self, features: Features) -> np.ndarray:
        """The mean of the numbers over the segments."""
        return np.asarray(features[self.name].mean(axis=0), dtype=np.float32)

    @torch.inference_mode()
    def numbers(self, batch: np.ndarray) -> np.ndarray:
        """The numbers [n, 64] of stacked images, float32."""
        images = torch.from_numpy(mel_images(batch, self.name, N_FRAMES))
        return torch.cat([self._network.numbers(part) for part in images.split(SEGMENTS_AT_ONCE)]).numpy()

    @torch.inference_mode()
    def likely_genres(self, batch: np.ndarray) -> dict[str, float]:
        """What the last layer would call some stacked images of one sound: probabilities in [0, 1], likeliest first."""
        images = torch.from_numpy(mel_images(batch, self.name, N_FRAMES))
        mean = torch.softmax(self._network(images)[0], dim=1).mean(dim=0).tolist()
        return dict(sorted(zip(self.genres, mean, strict=True), key=lambda pair: -pair[1]))

    @torch.inference_mode()
    def pictures(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """See :meth:`Encoder.pictures`: the picture, and where in it the last convolution answers most."""
        images = torch.from_numpy(mel_images(batch, self.name, N_FRAMES))
        answer = self._network.maps(images).mean(dim=1, keepdim=True)
        spread = functional.interpolate(answer, images.shape[1:], mode="bilinear", align_corners=False)[:, 0]
        highest = spread.amax(dim=(1, 2), keepdim=True).clamp(min=1e-9)
        return {"what goes in": images.numpy(), "where it answers most": (spread / highest).numpy()}
