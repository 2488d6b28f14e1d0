"""Our own encoder: a ResNet over the stacked image of mel, chroma and tonnetz (He et al., 2015)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from synesthete import settings
from synesthete.encoders import weights as files
from synesthete.encoders.base import Encoder, Features
from synesthete.encoders.parts import Part
from synesthete.encoders.residual_network import BasicBlock, Bottleneck, ResNet
from synesthete.encoders.segments import AnySegments
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError

STEM = "synesthete-resnet"
REMEDY = "Take both files from the release, or train them with: synesthete train"
SUBSPACES = ("likeness", "identity")
TRACK_WEIGHTS = {"likeness": 1.0, "identity": 0.3}
SEGMENTS_AT_ONCE = 32  # bounds the memory a long clip takes
LAYERS = {10: [1, 1, 1, 1], 18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3]}
DEFAULT_CARD: dict[str, Any] = {
    "version": "untrained",
    "architecture": {"depth": 18, "width": 64},
    "embedding_size": 128,
    "segment_seconds": 3.1,  # 130 frames
    "hop_seconds": 1.5,
    "normalisation": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
}


def build(depth: int = 18, width: int = 64, embedding_size: int = 128) -> ResNet:
    """Build a ResNet with a linear layer of ``embedding_size`` at the end.

    Parameters
    ----------
    depth : {10, 18, 34, 50}
    width : int > 0
        Channels of the first stage; the others have two, four and eight times as many. 64 as published.
    embedding_size : int > 0

    Raises
    ------
    EncoderError
        If the depth is none of these, or a size is not above zero.
    """
    if depth not in LAYERS or width < 1 or embedding_size < 1:
        raise EncoderError(
            f"A ResNet of depth {depth}, width {width} and embedding size {embedding_size} cannot be built: "
            f"the depths are {', '.join(map(str, LAYERS))}, the sizes start at 1."
        )
    block: type[BasicBlock | Bottleneck] = Bottleneck if depth == 50 else BasicBlock
    return ResNet(block, LAYERS[depth], embedding_size, width)


@torch.inference_mode()
def look(network: nn.Module, images: Tensor, mean: Tensor, std: Tensor, size: int | None = None) -> np.ndarray:
    """Run a network over pictures, a bounded number at a time.

    Parameters
    ----------
    network : nn.Module
    images : Tensor [shape=(n, 3, n_bins, n_frames)], float32 in [0, 1]
    mean, std : Tensor [shape=(3,)]
        Subtracted from and divided into each layer.
    size : int, optional [pixels]
        Resize each layer to this height and width first.

    Returns
    -------
    np.ndarray [shape=(n, embedding_size)], float32, unit length
    """
    parts = []
    for part in images.split(SEGMENTS_AT_ONCE):
        if size is not None:
            part = functional.interpolate(part, (size, size), mode="bilinear", antialias=True)
        part = (part - mean[:, None, None]) / std[:, None, None]
        # 1.7 times as fast as the usual order on the processors measured.
        parts.append(network(part.contiguous(memory_format=torch.channels_last)))
    return functional.normalize(torch.cat(parts)).numpy()


def save(folder: Path, network: nn.Module, card: dict[str, Any]) -> None:
    """Write a trained network (16-bit floats) and its settings, as :class:`Resnet` reads them.

    ``card`` has the keys of :data:`DEFAULT_CARD`, and what else should be known of the training.
    """
    state = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    tensors = {name: (value.half() if value.is_floating_point() else value).numpy() for name, value in state.items()}
    files.write(folder, STEM, tensors, card)


def as_images(batch: np.ndarray, name: str) -> Tensor:
    """Check the shape of stacked images and hand them to torch."""
    if batch.ndim != 4 or batch.shape[1] != 3 or 0 in batch.shape:
        raise EncoderError(f"{name!r} needs stacked images [n, 3, n_bins, n_frames], got the shape {batch.shape}.")
    return torch.from_numpy(np.ascontiguousarray(batch, dtype=np.float32))


class Resnet(Encoder):
    """A ResNet trained by us.

    Parameters
    ----------
    weights : Weights, optional
        By default ``data/models/synesthete-resnet.safetensors``.

    Attributes
    ----------
    subspaces : dict of str to slice
        Where in the vector ``likeness`` lies, and where ``identity``; empty for a network without them.

    Raises
    ------
    EncoderError
        If the files are missing or damaged, or do not fit each other or the spectrogram settings.
    """

    name = "resnet"
    consumes = "image"

    def __init__(self, weights: Weights | None = None) -> None:
        weights = weights or files.read(settings.Paths().models, STEM, REMEDY)
        self.version = str(weights.setting("version", str))
        self.embedding_size = int(weights.setting("embedding_size", int))
        self.segment_seconds = float(weights.setting("segment_seconds", (int, float)))
        self.hop_seconds = float(weights.setting("hop_seconds", (int, float)))
        self.subspaces = _subspaces(weights, self.embedding_size)
        self._mean, self._std = _normalisation(weights)
        self._network = _network(weights, self.embedding_size)
        self._weights_id = settings.fingerprint(weights.card)

    @classmethod
    def untrained(cls, seed: int = 0, **changes: Any) -> Resnet:
        """Random weights, for tests and benchmarks; ``changes`` replace entries of :data:`DEFAULT_CARD`."""
        card = DEFAULT_CARD | {"weights_sha256": f"untrained, seed {seed}"} | changes
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = build(**card["architecture"], embedding_size=card["embedding_size"])
        tensors = {name: value.numpy() for name, value in network.state_dict().items()}
        return cls(Weights("the untrained network", tensors, card))

    @property
    def weights_id(self) -> str:
        """Hash of the settings with the checksum of the weights."""
        return self._weights_id

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode stacked images [n, 3, n_bins, n_frames] in [0, 1]; see :meth:`Encoder.encode`."""
        return look(self._network, as_images(batch, self.name), self._mean, self._std)

    def differentiable(self, images: Tensor) -> Tensor:
        """As :meth:`encode`, a few stacked images at a time, for those who ask how the vectors depend on them."""
        scaled = (images - self._mean[:, None, None]) / self._std[:, None, None]
        return functional.normalize(self._network(scaled.contiguous(memory_format=torch.channels_last)))

    @property
    def components(self) -> dict[str, slice]:
        """See :class:`Encoder`: the subspaces."""
        return self.subspaces

    def features(self, segments: AnySegments) -> Features:
        """The vectors, and each of their subspaces by itself: ``resnet/likeness`` and ``resnet/identity``."""
        vectors = self.encode(self.inputs(segments))
        return {self.name: vectors} | {f"{self.name}/{part}": vectors[:, at] for part, at in self.subspaces.items()}

    @property
    def feature_sizes(self) -> dict[str, int]:
        """See :class:`Encoder`."""
        sizes = {f"{self.name}/{part}": at.stop - at.start for part, at in self.subspaces.items()}
        return {self.name: self.embedding_size} | sizes

    @property
    def track_parts(self) -> dict[str, Part]:
        """Both subspaces, likeness before identity; or all of the vector, for a network without them."""
        if not self.subspaces:
            return {self.name: Part(slice(0, self.embedding_size))}
        return {name: Part(self.subspaces[name], weight) for name, weight in TRACK_WEIGHTS.items()}


def _subspaces(weights: Weights, embedding_size: int) -> dict[str, slice]:
    """The two subspaces of the vector, where the settings name both and they are not empty."""
    plain = weights.card.get("subspaces", {})
    try:
        found = {name: slice(*map(int, plain[name])) for name in SUBSPACES if name in plain}
    except (TypeError, ValueError) as error:
        raise EncoderError(f"The subspaces of {weights.label} are no pairs of numbers: {plain!r}.") from error
    if any(not 0 <= part.start <= part.stop <= embedding_size for part in found.values()):
        raise EncoderError(f"The subspaces of {weights.label} lie outside 0 to {embedding_size}: {plain!r}.")
    found = {name: part for name, part in found.items() if part.stop > part.start}
    return found if len(found) == len(SUBSPACES) else {}


def _normalisation(weights: Weights) -> tuple[Tensor, Tensor]:
    plain = weights.setting("normalisation", dict)
    try:
        mean, std = (torch.tensor(plain[key], dtype=torch.float32) for key in ("mean", "std"))
    except (KeyError, TypeError, ValueError) as error:
        raise EncoderError(f"The normalisation of {weights.label} is no mean and std: {plain!r}.") from error
    if mean.shape != (3,) or std.shape != (3,) or not bool((std > 0).all()):
        raise EncoderError(
            f"The normalisation of {weights.label} needs 3 means and 3 spreads above zero, got {plain!r}."
        )
    return mean, std


def _network(weights: Weights, embedding_size: int) -> ResNet:
    architecture = weights.setting("architecture", dict)
    try:
        with torch.device("meta"):  # no memory, no random numbers: the weights come from the file
            network = build(**architecture, embedding_size=embedding_size)
    except TypeError as error:
        raise EncoderError(f"The architecture of {weights.label} is unknown: {architecture!r}.") from error
    weights.check_shapes({name: tuple(value.shape) for name, value in network.state_dict().items()})
    tensors = {name: torch.from_numpy(value) for name, value in weights.tensors.items()}
    network.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()},
        assign=True,
    )
    return fused(network.eval()).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def fused(network: ResNet) -> ResNet:
    """The network with each normalisation drawn into the convolution before it: the same answers, a fifth sooner.

    Parameters
    ----------
    network : ResNet
        In evaluation mode; it is changed.
    """
    for module in (network, *network.blocks):
        for conv, norm in (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3")):
            if hasattr(module, conv):
                setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm)))
                setattr(module, norm, nn.Identity())
    for block in network.blocks:
        if block.downsample is not None:
            block.downsample = fuse_conv_bn_eval(*block.downsample)
    return network
