"""What the small networks that we train share: mel pictures of one length, and weights from their file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from synesthete.encoders.track_space import N_NUISANCE
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError

PREFIX = "network."
SILENT = 0.02  # a frame of no higher point is silence: 78 dB below the loudest
AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


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
