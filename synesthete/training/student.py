"""The network in training: the ResNet, normalised at its input, with a last layer for likeness and identity."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from synesthete.encoders import resnet
from synesthete.encoders.musicnn import Musicnn
from synesthete.training.config import TrainingConfig

NORMALISATION = {"mean": [0.5, 0.4, 0.5], "std": [0.25, 0.3, 0.15]}
LAST_LAYER_SCALE = 0.1  # its outputs are small: at the trunk's learning rate its steps overshoot


class Student(nn.Module):
    """Gives likeness [n, target_size], which is distilled, and identity [n, 128], which is learned by contrast."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: TrainingConfig, target_size: int) -> None:
        super().__init__()
        self.sizes = [target_size, config.identity_size]
        self.network = resnet.build(config.depth, config.width, sum(self.sizes))
        self.last, self.network.fc = self.network.fc, nn.Identity()
        # Pooled features are all positive and much alike, which slows reading them: after 350 steps the distance
        # to the teacher was 0.67 with this and 0.73 without.
        self.standardise = nn.BatchNorm1d(self.last.in_features, affine=False)
        for name, values in NORMALISATION.items():
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network((images - self.mean) / self.std).float()
        likeness, identity = self.last(LAST_LAYER_SCALE * self.standardise(features)).float().split(self.sizes, dim=1)
        return likeness, identity


def parameter_groups(student: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for filters and matrices only."""
    parameters = list(student.parameters())
    return [
        {"params": [value for value in parameters if value.ndim > 1], "weight_decay": weight_decay},
        {"params": [value for value in parameters if value.ndim <= 1], "weight_decay": 0.0},
    ]


def teacher_tag_layer() -> nn.Module:
    """The teacher's own last layer, from its penultimate layer to the logits of the tags, frozen."""
    layer = Musicnn((np.zeros(200, np.float32), np.ones(200, np.float32))).network.to_tags
    return layer.requires_grad_(False)
