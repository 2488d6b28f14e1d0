"""The capstone's second encoder: a ResNet50 trained on photographs, applied to the stacked image.

The weights are torchvision's ``ResNet50_Weights.IMAGENET1K_V1``, the classic ones and those of the
capstone's time (V2 classifies photographs better). Each layer of the stacked image is resized to 224 x 224.
The embedding is the 1000 raw class scores: after a softmax, as in the capstone, almost all of it sits in a
few classes, and everything resembles everything (cosines up to .9998). Or it is what these are made of, the 2048
features of the last pooling.
"""

from __future__ import annotations

import pickle

import numpy as np
import torch
from torch import Tensor, nn

from synesthete import settings
from synesthete.encoders.base import Encoder
from synesthete.encoders.download import Remote, ensure
from synesthete.encoders.resnet import as_images, build, look
from synesthete.errors import EncoderError

V1 = Remote(
    what="the weights of 'resnet50-imagenet' (98 MB)",
    url="https://download.pytorch.org/models/resnet50-0676ba61.pth",
    file_name="resnet50-0676ba61.pth",
    checksum="0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
    n_bytes=102_530_333,
)
IMAGE_SIZE = 224
N_CLASSES = 1000
MEAN = torch.tensor([0.485, 0.456, 0.406])  # of the photographs it learned from
STD = torch.tensor([0.229, 0.224, 0.225])


class Resnet50Imagenet(Encoder):
    """ResNet50 with ImageNet weights, fetched at first use.

    Parameters
    ----------
    remote : Remote
        Where the weights come from.
    state_dict : dict of str to Tensor, optional
        The weights themselves, instead.

    Raises
    ------
    EncoderError
        If the weights cannot be fetched or are not the expected ones.
    """

    name = "resnet50-imagenet"
    consumes = "image"
    version = "IMAGENET1K_V1"
    embedding_size = N_CLASSES
    has_scores = True
    segment_seconds = 10.0
    hop_seconds = 5.0
    is_standardised = True

    def __init__(self, remote: Remote = V1, state_dict: dict[str, Tensor] | None = None) -> None:
        with torch.device("meta"):
            network = build(depth=50, embedding_size=N_CLASSES)
        if state_dict is None:
            state_dict = _read(remote)
        try:
            network.load_state_dict(state_dict, assign=True)
        except (RuntimeError, TypeError) as error:
            raise EncoderError(f"{remote.what} do not fit a ResNet50: {str(error)[:200]}") from error
        if not self.has_scores:
            network.fc = nn.Identity()
        self._network = network.eval().to(memory_format=torch.channels_last)
        self._weights_id = remote.checksum

    @classmethod
    def untrained(cls, seed: int = 0) -> Resnet50Imagenet:
        """Random weights, for tests and benchmarks."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = build(depth=50, embedding_size=N_CLASSES)
        encoder = cls(state_dict=dict(network.state_dict()))
        encoder._weights_id = f"untrained, seed {seed}"
        return encoder

    @property
    def weights_id(self) -> str:
        """Checksum of the weights."""
        return self._weights_id

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode stacked images [n, 3, n_bins, n_frames] in [0, 1]; see :meth:`Encoder.encode`."""
        return look(self._network, as_images(batch, self.name), MEAN, STD, size=IMAGE_SIZE)


class Resnet50Pooled(Resnet50Imagenet):
    """The same network without its last layer: 2048 features, averaged over the picture."""

    name = "resnet50-pooled"
    embedding_size = 2048
    has_scores = False


def _read(remote: Remote) -> dict[str, Tensor]:
    path = ensure(remote, settings.Paths().state / "models")
    try:
        # weights_only: numbers and nothing else; a file that asks to run code is refused.
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise EncoderError(f"{path} holds no weights ({str(error)[:200]}). Delete it to fetch it anew.") from error
