"""A trained ResNet for listening: each normalisation is folded into the convolution before it, a fifth sooner.

Training has torchvision's (:func:`synesthete.encoders.resnet.build`), whose import takes longer than torch's own; here
the same tensors are read by the same names, and torch is enough.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from synesthete.encoders.resnet_layout import Convolution, blocks, stem
from synesthete.encoders.winograd import Winograd

LEAST_FOR_WINOGRAD = 128  # channels: with fewer, moving the maps takes as long as is spared
_EPSILON = 1e-5  # of torch's batch normalisation


class Network(nn.Module):
    """The network at rest; pictures [n, 3, n_bins, n_frames] in, embeddings [n, embedding_size] out.

    Parameters
    ----------
    tensors : dict of str to np.ndarray
        Of the shapes that :func:`~synesthete.encoders.resnet_layout.tensor_shapes` says.
    depth, width : int
    """

    def __init__(self, tensors: dict[str, np.ndarray], depth: int, width: int) -> None:
        super().__init__()
        self.stem = _folded(stem(width), tensors)
        self.blocks = nn.ModuleList(
            _Block(
                [_folded(one, tensors) for one in block.convolutions],
                _folded(block.shortcut, tensors) if block.shortcut else None,
            )
            for block in blocks(depth, width)
        )
        weight, bias = (_tensor(tensors, f"fc.{part}") for part in ("weight", "bias"))
        self.last = nn.Linear(weight.shape[1], weight.shape[0])
        self.last.load_state_dict({"weight": weight, "bias": bias})
        self.requires_grad_(False)
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        maps = functional.relu_(functional.max_pool2d(self.stem(images), 3, stride=2, padding=1))
        for block in self.blocks:
            maps = block(maps)
        answers: Tensor = self.last(maps.mean(dim=(2, 3)))
        return answers


class _Block(nn.Module):
    def __init__(self, convolutions: list[nn.Module], shortcut: nn.Module | None) -> None:
        super().__init__()
        self.convolutions, self.shortcut = nn.ModuleList(convolutions), shortcut

    def forward(self, maps: Tensor) -> Tensor:
        added = maps
        for convolution in self.convolutions[:-1]:
            added = functional.relu_(convolution(added))
        added = self.convolutions[-1](added)
        return functional.relu_(added.add_(maps if self.shortcut is None else self.shortcut(maps)))


def _folded(one: Convolution, tensors: dict[str, np.ndarray]) -> nn.Module:
    """A convolution that does the work of its normalisation too."""
    norm = {part: _tensor(tensors, f"{one.norm}.{part}") for part in ("running_mean", "running_var", "weight", "bias")}
    weight, bias = fuse_conv_bn_weights(
        _tensor(tensors, f"{one.name}.weight"), None, norm["running_mean"], norm["running_var"], _EPSILON,
        norm["weight"], norm["bias"],
    )  # fmt: skip
    if one.size == 3 and one.stride == 1 and one.n_in >= LEAST_FOR_WINOGRAD:
        return Winograd(weight, bias)
    layer = nn.Conv2d(one.n_in, one.n_out, one.size, stride=one.stride, padding=one.size // 2)
    layer.load_state_dict({"weight": weight, "bias": bias})
    layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)
    return layer


def _tensor(tensors: dict[str, np.ndarray], name: str) -> Tensor:
    return torch.from_numpy(np.array(tensors[name], dtype=np.float32))
