"""Our own encoder: a ResNet over the stacked image of mel, chroma and tonnetz (He et al., 2015)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synesthete.encoders import weights as files
from synesthete.encoders.base import Features
from synesthete.encoders.later import Later
from synesthete.encoders.learned import LearnedEncoder
from synesthete.encoders.parts import Part
from synesthete.encoders.resnet_layout import LAYERS, check, tensor_shapes
from synesthete.encoders.segments import AnySegments
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError

if TYPE_CHECKING:  # torch takes longer to import than all else: who only asks which encoder this is does not wait
    from torch import Tensor, nn

    from synesthete.encoders.resnet_network import Network
    from synesthete.encoders.torchvision_cpu import BasicBlock, Bottleneck, ResNet

STEM = "synesthete-resnet"
REMEDY = "Take both files from the release, or train them with: synesthete train"
SUBSPACES = ("likeness", "identity")
TRACK_WEIGHTS = {"likeness": 1.0, "identity": 0.3}
SEGMENTS_AT_ONCE = 24  # bounds the memory a long clip takes; with more, the maps of one pass leave the cache
DEFAULT_CARD: dict[str, Any] = {
    "version": "untrained",
    "architecture": {"depth": 18, "width": 64},
    "embedding_size": 128,
    "segment_seconds": 3.1,  # 130 frames
    "hop_seconds": 1.5,
    "normalisation": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
}


def build(depth: int = 18, width: int = 64, embedding_size: int = 128) -> ResNet:
    """Build a ResNet to be trained, with a linear layer of ``embedding_size`` at the end.

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
    check(depth, width, embedding_size)
    from torch import nn

    from synesthete.encoders.torchvision_cpu import BasicBlock, Bottleneck, ResNet

    block: type[BasicBlock | Bottleneck] = Bottleneck if depth == 50 else BasicBlock
    network = ResNet(block, LAYERS[depth], num_classes=embedding_size)
    if width != 64:  # torchvision knows only one width: replace what depends on it
        network.inplanes = width
        network.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
        network.bn1 = nn.BatchNorm2d(width)
        for stage, n_blocks in enumerate(LAYERS[depth]):
            layer = network._make_layer(block, width * 2**stage, n_blocks, stride=1 if stage == 0 else 2)
            setattr(network, f"layer{stage + 1}", layer)
        network.fc = nn.Linear(width * 8 * block.expansion, embedding_size)
    return network


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
    import torch
    from torch.nn import functional

    parts = []
    with torch.inference_mode():
        for part in images.split(SEGMENTS_AT_ONCE):
            if size is not None:
                part = functional.interpolate(part, (size, size), mode="bilinear", antialias=True)
            # 1.7 times as fast as the usual order on the processors measured.
            part = part.clone(memory_format=torch.channels_last)
            parts.append(network(part.sub_(mean[:, None, None]).div_(std[:, None, None])))
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
    import torch

    return torch.from_numpy(np.ascontiguousarray(batch, dtype=np.float32))


class Resnet(LearnedEncoder):
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
    stem, remedy = STEM, REMEDY
    consumes = "image"

    def take(self, weights: Weights) -> None:
        """See :class:`LearnedEncoder`."""
        self.embedding_size = int(weights.setting("embedding_size", int))
        self.segment_seconds = float(weights.setting("segment_seconds", (int, float)))
        self.hop_seconds = float(weights.setting("hop_seconds", (int, float)))
        self.subspaces = _subspaces(weights, self.embedding_size)
        self._normalisation = _normalisation(weights)
        self._network = _network(weights, self.embedding_size)

    @classmethod
    def untrained(cls, seed: int = 0, **changes: Any) -> Resnet:
        """Random weights, for tests and benchmarks; ``changes`` replace entries of :data:`DEFAULT_CARD`."""
        import torch

        card = DEFAULT_CARD | {"weights_sha256": f"untrained, seed {seed}"} | changes
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = build(**card["architecture"], embedding_size=card["embedding_size"])
        tensors = {name: value.numpy() for name, value in network.state_dict().items()}
        return cls(Weights("the untrained network", tensors, card))

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode stacked images [n, 3, n_bins, n_frames] in [0, 1]; see :meth:`Encoder.encode`."""
        images = as_images(batch, self.name)
        return look(self._network(), images, *self._mean_and_std())

    def _mean_and_std(self) -> tuple[Tensor, Tensor]:
        import torch

        mean, std = map(torch.from_numpy, self._normalisation)
        return mean, std

    def differentiable(self, images: Tensor) -> Tensor:
        """As :meth:`encode`, a few stacked images at a time, for those who ask how the vectors depend on them."""
        import torch
        from torch.nn import functional

        mean, std = self._mean_and_std()
        scaled = (images - mean[:, None, None]) / std[:, None, None]
        return functional.normalize(self._network()(scaled.contiguous(memory_format=torch.channels_last)))

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


def _normalisation(weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    plain = weights.setting("normalisation", dict)
    try:
        mean, std = (np.array(plain[key], dtype=np.float32) for key in ("mean", "std"))
    except (KeyError, TypeError, ValueError) as error:
        raise EncoderError(f"The normalisation of {weights.label} is no mean and std: {plain!r}.") from error
    if mean.shape != (3,) or std.shape != (3,) or not bool((std > 0).all()):
        raise EncoderError(
            f"The normalisation of {weights.label} needs 3 means and 3 spreads above zero, got {plain!r}."
        )
    return mean, std


def _network(weights: Weights, embedding_size: int) -> Later[Network]:
    architecture = weights.setting("architecture", dict)
    try:
        shapes = tensor_shapes(**architecture, embedding_size=embedding_size)
    except TypeError as error:
        raise EncoderError(f"The architecture of {weights.label} is unknown: {architecture!r}.") from error
    weights.check_shapes(shapes)

    def make() -> Network:
        from synesthete.encoders.resnet_network import Network

        return Network(weights.tensors, **architecture)

    return Later(make)
