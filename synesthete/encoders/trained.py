"""What the small networks that we train share: weights from their file, and mel pictures of one length."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from synesthete import settings
from synesthete.encoders.base import Features, unit
from synesthete.encoders.learned import LearnedEncoder
from synesthete.encoders.segments import AnySegments
from synesthete.encoders.track_space import N_NUISANCE
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError

PREFIX = "network."
SILENT = 0.02  # a frame of no higher point is silence: 78 dB below the loudest
SEGMENTS_AT_ONCE = 64  # bounds the memory a long clip takes
AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


class TrainedEncoder(LearnedEncoder):
    """A small network that brings its reference of whole tracks with its weights."""

    def take(self, weights: Weights) -> None:
        """See :class:`LearnedEncoder`; a subclass knows ``embedding_size`` before."""
        self.own_reference = own_reference(weights, self.embedding_size)


class MelEncoder(TrainedEncoder):
    """A small network over mel pictures of one length, its numbers standardised on the music that it learned from.

    Attributes
    ----------
    n_frames : int > 0
        Of a picture.
    """

    consumes = "image"
    n_frames: ClassVar[int]

    def take(self, weights: Weights) -> None:
        """See :class:`TrainedEncoder`."""
        super().take(weights)
        made_with = settings.SPECTROGRAM
        n_samples = (self.n_frames - 1) * made_with.hop_length + made_with.n_fft
        self.segment_seconds = n_samples / made_with.sample_rate_hz
        self._mean, self._std = unit_reference(weights, self.embedding_size)

    @abstractmethod
    def read(self, images: Tensor) -> Tensor:
        """The network's numbers [n, embedding_size] of a few pictures [n, n_bins, n_frames]."""

    def images(self, batch: np.ndarray) -> Tensor:
        """Stacked images as :meth:`read` takes them: see :func:`mel_images`."""
        return torch.from_numpy(mel_images(batch, self.name, self.n_frames))

    @torch.inference_mode()
    def numbers(self, batch: np.ndarray) -> np.ndarray:
        """The network's numbers [n, embedding_size] of stacked images, float32."""
        return torch.cat([self.read(part) for part in self.images(batch).split(SEGMENTS_AT_ONCE)]).numpy()

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode stacked images [n, 3, n_bins, n_frames] in [0, 1]; see :meth:`Encoder.encode`."""
        return self.segment_vectors({self.name: self.numbers(batch)})

    def features(self, segments: AnySegments) -> Features:
        """The network's numbers, as they are."""
        return {self.name: self.numbers(self.inputs(segments))}

    def standardised(self, features: Features) -> np.ndarray:
        """The numbers of segments in spreads about the mean of the music that the network learned from."""
        return np.asarray((features[self.name] - self._mean) / self._std)

    def segment_vectors(self, features: Features) -> np.ndarray:
        """Standardised on the music that the network learned from."""
        return unit(self.standardised(features))

    def track_features(self, features: Features) -> np.ndarray:
        """The mean of the numbers over the segments."""
        return np.asarray(features[self.name].mean(axis=0), dtype=np.float32)


def mel_images(batch: np.ndarray, name: str, n_frames: int) -> np.ndarray:
    """The mel layer of stacked images, of exactly ``n_frames``: a shorter sound is repeated.

    Silence before and behind a sound is none of it, so that where a recording ends makes no difference.

    Parameters
    ----------
    batch : np.ndarray [shape=(n, 3, n_bins, m)], float in [0, 1]
    name : str
        Of the encoder, for the message.
    n_frames : int > 0

    Returns
    -------
    np.ndarray [shape=(n, n_bins, n_frames)], float32 in [0, 1]

    Raises
    ------
    EncoderError
        If the shape is another one.
    """
    if batch.ndim != 4 or batch.shape[1] != 3 or 0 in batch.shape:
        raise EncoderError(f"{name!r} needs stacked images [n, 3, n_bins, n_frames], got the shape {batch.shape}.")
    images = np.asarray(batch[:, 0], dtype=np.float32)
    return np.stack([image[:, _sounding_frames(image, n_frames)] for image in images])


def _sounding_frames(image: np.ndarray, n_frames: int) -> np.ndarray:
    """``n_frames`` frames from the first that sounds to the last, again and again; of a silent picture all."""
    sounding = np.flatnonzero(image.max(axis=0) > SILENT)
    first, last = (sounding[0], sounding[-1]) if len(sounding) else (0, image.shape[1] - 1)
    return first + np.arange(n_frames) % (last - first + 1)


def load_network(weights: Weights, build: Callable[[], AnyNetwork]) -> AnyNetwork:
    """A network in evaluation mode, with the tensors of a file whose names begin with ``network.``.

    Raises
    ------
    EncoderError
        If they do not fit.
    """
    with torch.device("meta"):  # no memory, no random numbers: the weights come from the file
        network = build()
    found = {name.removeprefix(PREFIX): value for name, value in weights.tensors.items() if name.startswith(PREFIX)}
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    Weights(weights.label, found, weights.card).check_shapes(expected)
    tensors = {name: torch.from_numpy(value) for name, value in found.items()}
    state = {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
    network.load_state_dict(state, assign=True)
    return network.eval()


def network_tensors(network: nn.Module) -> dict[str, np.ndarray]:
    """A network as :func:`load_network` reads it, in 16 bits."""
    state = {f"{PREFIX}{name}": value.detach().cpu() for name, value in network.state_dict().items()}
    return {name: (value.half() if value.is_floating_point() else value).numpy() for name, value in state.items()}


def unit_reference(weights: Weights, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread [size] of the features of segments, by which these are standardised.

    Raises
    ------
    EncoderError
        If they are missing or of another size.
    """
    nothing = np.zeros(0)
    mean, std = (weights.tensors.get(f"segments.{name}", nothing).astype(np.float32) for name in ("mean", "std"))
    if mean.shape != (size,) or std.shape != (size,) or not (std > 0).all():
        raise EncoderError(f"{weights.label} lacks mean and spread of {size} numbers of its segments.")
    return mean, std


def own_reference(weights: Weights, size: int) -> dict[str, np.ndarray]:
    """The reference of track features that came out of the training; see :attr:`Encoder.own_reference`.

    Raises
    ------
    EncoderError
        If one of its arrays is missing or has another size.
    """
    found = {name: weights.tensors.get(f"reference.{name}") for name in ("mean", "variance", "nuisance")}
    shapes = {"mean": (size,), "variance": (size,), "nuisance": (size, N_NUISANCE)}
    for name, array in found.items():
        if array is None or array.shape != shapes[name]:
            raise EncoderError(f"{weights.label} lacks the {name} {shapes[name]} of its reference of real music.")
    return {f"reference.{name}": np.asarray(array, dtype=np.float64) for name, array in found.items()}
