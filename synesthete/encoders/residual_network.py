"""The ResNet in torch alone, its layers named as in torchvision, so that the weights of either fit the other.

Torchvision has the same network, and its import takes longer than that of torch: the compiler of torch and a
computer algebra system come with it, of which a network that only answers needs nothing.

K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", CVPR, 2016; the first weights as in
"Delving deep into rectifiers", ICCV, 2015. Of three convolutions the middle one has the stride ("version 1.5").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class _Block(nn.Module):
    """Some convolutions (``conv1``, ``conv2``, ...), each normalised (``bn1``, ...), beside a short cut."""

    widening = 1  # the channels it gives for each that it works with
    downsample: Any  # of the short cut: a convolution and its normalisation, or None

    def __init__(self, convolutions: Sequence[nn.Conv2d], downsample: nn.Sequential | None) -> None:
        super().__init__()
        for number, convolution in enumerate(convolutions, start=1):
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", nn.BatchNorm2d(convolution.out_channels))
        self.n_convolutions = len(convolutions)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, maps: Tensor) -> Tensor:
        """From maps [n, n_channels, n_rows, n_columns] to those of the block."""
        short_cut = maps if self.downsample is None else self.downsample(maps)
        for number in range(1, self.n_convolutions + 1):
            maps = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(maps))
            if number < self.n_convolutions:
                maps = self.relu(maps)
        maps += short_cut
        return self.relu(maps)


class BasicBlock(_Block):
    """Two convolutions of 3 x 3."""

    def __init__(self, n_in: int, width: int, stride: int, downsample: nn.Sequential | None) -> None:
        super().__init__([_convolution(n_in, width, 3, stride), _convolution(width, width, 3)], downsample)


class Bottleneck(_Block):
    """A convolution of 3 x 3 over fewer channels, between two of 1 x 1."""

    widening = 4

    def __init__(self, n_in: int, width: int, stride: int, downsample: nn.Sequential | None) -> None:
        convolutions = [
            _convolution(n_in, width, 1),
            _convolution(width, width, 3, stride),
            _convolution(width, width * self.widening, 1),
        ]
        super().__init__(convolutions, downsample)


class ResNet(nn.Module):
    """A stem, four stages of blocks, the mean over the last maps, and a linear layer.

    Parameters
    ----------
    block : type of BasicBlock or Bottleneck
    n_blocks : sequence of four int > 0
        Of each stage.
    n_out : int > 0
        Of the linear layer.
    width : int > 0
        Channels of the first stage, 64 as published; the others have two, four and eight times as many.
    """

    fc: Any  # the linear layer, or what takes its place
    layer1: nn.Sequential
    layer2: nn.Sequential
    layer3: nn.Sequential
    layer4: nn.Sequential

    def __init__(
        self, block: type[BasicBlock | Bottleneck], n_blocks: Sequence[int], n_out: int, width: int = 64
    ) -> None:
        super().__init__()
        self.conv1 = _convolution(3, width, 7, stride=2)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        n_in = width
        for stage, n in enumerate(n_blocks):
            of_stage = width * 2**stage
            self.add_module(f"layer{stage + 1}", _stage(block, n, n_in, of_stage, stride=1 if stage == 0 else 2))
            n_in = of_stage * block.widening
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(n_in, n_out)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and not module.weight.is_meta:  # else the weights come from a file
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    @property
    def blocks(self) -> list[_Block]:
        """Those of all stages."""
        stages = (self.layer1, self.layer2, self.layer3, self.layer4)
        return [block for stage in stages for block in stage if isinstance(block, _Block)]

    def forward(self, images: Tensor) -> Tensor:
        """From images [n, 3, n_rows, n_columns] to [n, n_out]."""
        maps = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        maps = self.layer4(self.layer3(self.layer2(self.layer1(maps))))
        return self.fc(torch.flatten(self.avgpool(maps), 1))


def _stage(block: type[BasicBlock | Bottleneck], n: int, n_in: int, width: int, stride: int) -> nn.Sequential:
    n_out = width * block.widening
    downsample = None
    if stride != 1 or n_in != n_out:
        downsample = nn.Sequential(_convolution(n_in, n_out, 1, stride), nn.BatchNorm2d(n_out))
    blocks = [block(n_in, width, stride, downsample)]
    return nn.Sequential(*blocks, *(block(n_out, width, 1, None) for _ in range(1, n)))


def _convolution(n_in: int, n_out: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(n_in, n_out, size, stride, padding=size // 2, bias=False)
