"""The one place that imports torchvision, also where torch and torchvision were not built for each other.

The torchvision wheel of the default package index is built against the CUDA build of torch. Beside a CPU
build its compiled part does not load, and ``import torchvision`` then stops because it registers Python
companions for two operators that do not exist, ``nms`` and ``qnms`` (both suppress overlapping boxes;
nothing here has boxes). Declaring the two first lets the parts in pure Python work: models and transforms.
Tried with torch 2.13.0+cpu and torchvision 0.28.0; see docs/decisions/torchvision-on-cpu.md.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

_OPERATORS = ("nms", "qnms")


def _load_compiled_part() -> None:
    """Load torchvision's own operators if they fit this torch; once declared they could no longer load."""
    found = importlib.util.find_spec("torchvision")
    for folder in (found.submodule_search_locations or []) if found else []:
        for library in sorted(Path(folder).glob("_C*")):
            try:
                torch.ops.load_library(str(library))
            except OSError:  # built for another torch: the case this file is for
                continue


def _declare(operators: tuple[str, ...]) -> list[torch.library.Library]:
    declared = []
    for operator in operators:
        if not hasattr(torch.ops.torchvision, operator):
            library = torch.library.Library("torchvision", "FRAGMENT")
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            declared.append(library)
    return declared


_load_compiled_part()
_DECLARED = _declare(_OPERATORS)  # a declaration lives as long as its library object

from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet  # noqa: E402

__all__ = ["BasicBlock", "Bottleneck", "ResNet"]
