"""A convolutional network that learned genres, its last layer taken off: 64 numbers that told genres apart.

It sees the red layer of the stacked image, three seconds of mel bands. Four convolutions halve it in both directions,
what is left is averaged over time and read by 64 numbers, and these are all that the last layer named genres by. The
last layer comes with the weights, so that the genres it would name can be shown; likeness is asked of the 64 numbers.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from synesthete import settings
from synesthete.encoders.trained import MelEncoder, load_network
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError

STEM = "genre-cnn"
HELD_OUT = "held-out artists"  # of the figures that were measured
REMEDY = "Train it with: synesthete train genre-cnn --data FOLDER"
N_FRAMES = 128
SIZE = 64
CHANNELS = (16, 32, 64, 96)
N_BINS = settings.SPECTROGRAM.n_mels


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


class GenreCnn(MelEncoder):
    """The network without its last layer; see :class:`LearnedEncoder`.

    Attributes
    ----------
    genres : tuple of str
        The names that :meth:`likely_genres` gives.
    confusion : np.ndarray [shape=(n_genres, n_genres)], int
        How many recordings of artists held out of the training, of each genre (rows), it gave which name (columns);
        without rows where its settings do not say.
    """

    name = "genre-cnn"
    stem, remedy = STEM, REMEDY
    embedding_size = SIZE
    n_frames = N_FRAMES
    hop_seconds = 1.5

    def take(self, weights: Weights) -> None:
        """See :class:`LearnedEncoder`."""
        self.genres = tuple(map(str, weights.setting("genres", list)))
        if not self.genres:
            raise EncoderError(f"The settings of {weights.label} name no genres. {REMEDY}")
        self.confusion = self._counts_in(weights)
        self._network = load_network(weights, lambda: Network(len(self.genres)))
        super().take(weights)

    def _counts_in(self, weights: Weights) -> np.ndarray:
        figures = weights.card.get("figures") or {}
        counts = (figures.get(HELD_OUT) or {}).get("confusion") or []
        if len(counts) != len(self.genres):
            return np.zeros((0, len(self.genres)), dtype=int)
        return np.array(counts, dtype=int)

    def read(self, images: Tensor) -> Tensor:
        """The 64 numbers."""
        return self._network.numbers(images)

    @torch.inference_mode()
    def likely_genres(self, batch: np.ndarray) -> dict[str, float]:
        """What the last layer would call some stacked images of one sound: probabilities in [0, 1], likeliest first."""
        mean = torch.softmax(self._network(self.images(batch))[0], dim=1).mean(dim=0).tolist()
        return dict(sorted(zip(self.genres, mean, strict=True), key=lambda pair: -pair[1]))

    @torch.inference_mode()
    def pictures(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """See :meth:`Encoder.pictures`: the picture, and where in it the last convolution answers most."""
        images = self.images(batch)
        answer = self._network.maps(images).mean(dim=1, keepdim=True)
        spread = functional.interpolate(answer, images.shape[1:], mode="bilinear", align_corners=False)[:, 0]
        highest = spread.amax(dim=(1, 2), keepdim=True).clamp(min=1e-9)
        return {"what goes in": images.numpy(), "where it answers most": (spread / highest).numpy()}
