"""The training: seeded, resumable, with curves; ends in the files that ``encoders.load("resnet")`` reads."""

from __future__ import annotations

import copy
import csv
import ctypes
import json
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from synesthete.encoders import resnet
from synesthete.errors import SynestheteError
from synesthete.training import losses
from synesthete.training.batches import Batch, Batches
from synesthete.training.datasets import TrainingSet
from synesthete.training.heads import last_layer
from synesthete.training.plan import HOP_SECONDS, SEGMENT_SECONDS, TrainingPlan

NORMALISATION = {"mean": [0.5, 0.4, 0.5], "std": [0.25, 0.3, 0.15]}
CURVES = ("step", "seconds", "total", "distillation", "through_phone", "relations", "tags", "contrast", "learning_rate")
SMOOTHING = 0.998  # of the running mean of the weights, which is what is exported
LARGEST_GRADIENT = 5.0
TAUGHT_LENGTH = 20.0  # root mean square length of the vectors of a lesson
# Of mallopt: no memory maps (-4), nothing given back below 2 GiB (-1), 1 GiB asked for at a time (-2).
GLIBC_KEEPS = ((-4, 0), (-1, (1 << 31) - 1), (-2, 1 << 30))
LAST_PACE = 0.1  # the last layer's answers are small: at the trunk's pace its steps overshoot


@dataclass(frozen=True)
class Speed:
    """How fast, not what: device, threads, 16-bit arithmetic, compilation; how often to report and save [steps].

    Where ``is_bfloat16`` is None, 16-bit arithmetic is used where the processor has it.
    """

    device: str = "cpu"
    n_threads: int = 2
    is_bfloat16: bool | None = None
    is_compiled: bool = False
    report_every: int = 20
    save_every: int = 100


AS_HERE = Speed()


class Student(nn.Module):
    """The ResNet with its input normalisation; gives what it was taught [n, taught_size] and identity [n, 128]."""

    mean: Tensor
    std: Tensor

    def __init__(self, plan: TrainingPlan, taught_size: int) -> None:
        super().__init__()
        self.sizes = [taught_size, plan.identity_size]
        self.network = resnet.build(plan.depth, plan.width, sum(self.sizes))
        self.last, self.network.fc = self.network.fc, nn.Identity()
        # Pooled features are all positive and much alike, which slows reading them: after 350 steps the distance
        # to the teacher was 0.67 with this and 0.73 without.
        self.standardise = nn.BatchNorm1d(self.last.in_features, affine=False)
        for name, values in NORMALISATION.items():
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network((images - self.mean) / self.std).float()
        likeness, identity = self.last(LAST_PACE * self.standardise(features)).float().split(self.sizes, dim=1)
        return likeness, identity


class Training:
    """One run in a folder: ``checkpoint.pt``, ``curves.csv``. Goes on where an earlier one of the same plan stopped."""

    def __init__(
        self, plan: TrainingPlan, data: TrainingSet, chunks: np.ndarray, folder: Path, speed: Speed = AS_HERE
    ) -> None:
        self.plan, self.folder, self.speed = plan, folder, speed
        folder.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(speed.n_threads)
        keep_memory()
        torch.manual_seed(plan.seed)
        self.device = torch.device(speed.device)
        self.batches = Batches(data, chunks, plan)
        student = Student(plan, self.batches.lesson.size).to(self.device)
        self.student = student.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(
            _decayed(self.student, plan.weight_decay), lr=plan.learning_rate, betas=(0.9, 0.98)
        )
        self.to_tags = _teacher_tags().to(self.device)
        lesson = self.batches.lesson
        self.scale = tuple(torch.from_numpy(part).to(self.device) for part in (lesson.std, lesson.mean))
        self.step, self.seconds = 0, 0.0
        self.remembered = torch.zeros(0, plan.identity_size, device=self.device)
        self.remembered_groups = torch.zeros(0, dtype=torch.long, device=self.device)
        self.smooth = {name: value.detach().clone() for name, value in self.student.network.state_dict().items()}
        if (folder / "checkpoint.pt").exists():
            self._resume()
        self._forward = torch.compile(self.student, dynamic=False) if speed.is_compiled else self.student

    def run(self, until: int | None = None, report: Callable[[dict[str, float]], None] = lambda row: None) -> None:
        """Train up to a step (by default the last of the plan), reporting rows of the curves."""
        until = self.plan.n_steps if until is None else min(until, self.plan.n_steps)
        began = time.monotonic() - self.seconds
        sums: dict[str, float] = {}
        while self.step < until:
            values = self.learn(self.batches.draw(self.step))
            self.step += 1
            self.seconds = time.monotonic() - began
            sums = {name: sums.get(name, 0.0) + value for name, value in values.items()}
            if self.step % self.speed.report_every == 0 or self.step == until:
                n = (self.step - 1) % self.speed.report_every + 1
                row = {"step": self.step, "seconds": round(self.seconds, 1)}
                row |= {name: round(value / n, 5) for name, value in sums.items()}
                self._write(row)
                report(row)
                sums = {}
            if self.step % self.speed.save_every == 0 or self.step == until:
                self.save()

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; returns the losses."""
        rate = self.plan.learning_rate * _schedule(self.step, self.plan)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.student.train()
        with self._precision():
            likeness, identity = self._forward(batch.images.to(self.device))
        parts = self._losses(likeness, identity, batch)
        total = parts["total"]
        if not torch.isfinite(total):
            raise SynestheteError(f"The loss is {float(total)} at step {self.step}: lower the learning rate.")
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.student.parameters(), LARGEST_GRADIENT)
        self.optimiser.step()
        self._smooth()
        return {name: float(value.detach()) for name, value in parts.items()} | {"learning_rate": rate}

    def _losses(self, likeness: Tensor, identity: Tensor, batch: Batch) -> dict[str, Tensor]:
        plan = self.plan
        taught, groups = batch.taught.to(self.device), batch.groups.to(self.device)
        parts_of = [plan.n_segments, plan.n_phones]
        clean, phone = likeness.split(parts_of)
        clean_identity, phone_identity = identity.split(parts_of)
        again = slice(plan.n_phones)  # the segments that are seen twice
        std, mean = self.scale
        tag_like = clean[:, : len(mean)] * TAUGHT_LENGTH / self.batches.lesson.penultimate_factor
        logits = self.to_tags(tag_like * std + mean)
        parts = {
            "distillation": losses.distillation(clean, taught),
            "through_phone": losses.distillation(phone, taught[again]),
            "relations": (losses.relations(clean, taught) + losses.relations(phone, taught[again])) / 2,
            "tags": functional.binary_cross_entropy_with_logits(logits, batch.tags.to(self.device)),
            "contrast": losses.contrast(
                phone_identity,
                clean_identity[again],
                groups[again],
                plan.temperature,
                self.remembered,
                self.remembered_groups,
            ),
        }
        # Squared error too, for the length of the vectors: the tags, and the balance of the two parts, hang on it.
        squared = functional.mse_loss(clean * TAUGHT_LENGTH, taught)
        squared = squared + 0.5 * functional.mse_loss(phone * TAUGHT_LENGTH, taught[again])
        parts["total"] = (
            plan.distillation * (parts["distillation"] + 0.5 * parts["through_phone"] + 0.3 * squared)
            + plan.relations * parts["relations"]
            + plan.tags * parts["tags"]
            + plan.contrast * parts["contrast"]
            + 0.05 * losses.length_penalty(identity)
        )
        self._remember(clean_identity.detach(), groups)
        return parts

    def _remember(self, identity: Tensor, groups: Tensor) -> None:
        n = self.plan.n_remembered
        self.remembered = torch.cat([self.remembered, identity])[-n:] if n else self.remembered
        self.remembered_groups = torch.cat([self.remembered_groups, groups])[-n:] if n else self.remembered_groups

    @torch.no_grad()
    def _smooth(self) -> None:
        keep = min(SMOOTHING, (1 + self.step) / (10 + self.step))
        for name, value in self.student.network.state_dict().items():
            if value.is_floating_point():
                self.smooth[name].lerp_(value, 1 - keep)
            else:
                self.smooth[name].copy_(value)

    def _precision(self) -> AbstractContextManager[Any]:
        is_short = has_bfloat16(self.device) if self.speed.is_bfloat16 is None else self.speed.is_bfloat16
        return torch.autocast(self.device.type, torch.bfloat16) if is_short else nullcontext()

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "plan": asdict(self.plan),
            "student": self.student.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "smooth": self.smooth,
            "remembered": (self.remembered, self.remembered_groups),
            "step": self.step,
            "seconds": self.seconds,
        }
        torch.save(state, self.folder / "checkpoint.tmp")
        (self.folder / "checkpoint.tmp").replace(self.folder / "checkpoint.pt")

    def _resume(self) -> None:
        state = torch.load(self.folder / "checkpoint.pt", map_location=self.device, weights_only=True)
        if state["plan"] != asdict(self.plan):
            raise SynestheteError(f"{self.folder} holds a training with another plan: choose another folder.")
        self.student.load_state_dict(state["student"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.smooth, self.step, self.seconds = state["smooth"], state["step"], state["seconds"]
        self.remembered, self.remembered_groups = state["remembered"]

    def _write(self, row: dict[str, float]) -> None:
        path = self.folder / "curves.csv"
        rows = []
        if path.exists():  # rows beyond the checkpoint are of a run that was cut off
            with path.open(newline="") as file:
                rows = [old for old in csv.DictReader(file) if int(old["step"]) < row["step"]]
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, CURVES)
            writer.writeheader()
            writer.writerows([*rows, row])

    def finished(self) -> nn.Module:
        """The smoothed network with its last layer solved anew, its two parts centred and balanced.

        Its output is the embedding but for length.
        """
        plan = self.plan
        network = resnet.build(plan.depth, plan.width, plan.embedding_size)
        last, network.fc = network.fc, nn.Identity()
        network.load_state_dict({name: value.cpu() for name, value in self.smooth.items()})
        network.eval()
        mean, std = (torch.tensor(values)[:, None, None] for values in NORMALISATION.values())
        batches = copy.copy(self.batches)
        batches.plan = replace(plan, n_phones=plan.n_segments)
        seen, phone, taught, groups = [], [], [], []
        for number in range(-(-plan.n_solved // plan.n_segments)):
            batch = batches.draw(10**9 + number)
            images = ((batch.images - mean) / std).contiguous(memory_format=torch.channels_last)
            with torch.no_grad():
                ours, through = network(images).chunk(2)
            seen.append(ours)
            phone.append(through)
            taught.append(batch.taught)
            groups.append(batch.groups)
        features, heard, same = (torch.cat(parts).numpy() for parts in (seen, phone, groups))
        weight, bias = last_layer(features, heard, torch.cat(taught).numpy(), same, plan)
        last.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
        network.fc = last
        return network

    def export(self, models: Path, about: dict[str, Any]) -> dict[str, Any]:
        """Write ``synesthete-resnet.safetensors`` and ``.json`` into a folder; returns the settings with ``about``."""
        likeness, whole = self.plan.likeness_size, self.plan.embedding_size
        card = {
            "version": f"1.{self.step}",
            "architecture": {"depth": self.plan.depth, "width": self.plan.width},
            "embedding_size": whole,
            "segment_seconds": SEGMENT_SECONDS,
            "hop_seconds": HOP_SECONDS,
            "normalisation": NORMALISATION,
            "subspaces": {
                "likeness": [0, likeness],
                "identity": [likeness, whole],
                "identity_share": self.plan.identity_share,
            },
            "training": {"plan": asdict(self.plan), "n_steps_done": self.step, "seconds": round(self.seconds)},
        }
        resnet.save(models, self.finished(), card | about)
        return json.loads((models / f"{resnet.STEM}.json").read_text(encoding="utf-8"))


def keep_memory() -> None:
    """Tell glibc to keep what it has been given: each step needs the same large tensors again.

    Handed back and asked for anew, every page of them is blanked by the kernel: 20,000 page faults a step instead of
    4,000, and a step takes a quarter longer. Does nothing where there is no glibc.
    """
    with suppress(OSError, AttributeError):
        glibc = ctypes.CDLL("libc.so.6")
        for number, value in GLIBC_KEEPS:
            glibc.mallopt(number, value)


def has_bfloat16(device: torch.device) -> bool:
    """Whether 16-bit arithmetic is fast there: a processor without it imitates it, at eleven times the price."""
    if device.type == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return device.type != "cuda" or torch.cuda.is_bf16_supported()


def _schedule(step: int, plan: TrainingPlan) -> float:
    done = step / plan.n_steps
    if done < plan.warm_up:
        return (step + 1) / (plan.warm_up * plan.n_steps + 1)
    return 0.5 * (1 + math.cos(math.pi * (done - plan.warm_up) / (1 - plan.warm_up)))


def _decayed(student: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for filters and matrices only."""
    parameters = list(student.parameters())
    return [
        {"params": [value for value in parameters if value.ndim > 1], "weight_decay": weight_decay},
        {"params": [value for value in parameters if value.ndim <= 1], "weight_decay": 0.0},
    ]


def _teacher_tags() -> nn.Module:
    """The teacher's own last layer, from penultimate to tags, frozen."""
    from synesthete.encoders.musicnn import Musicnn

    layer = Musicnn((np.zeros(200, np.float32), np.ones(200, np.float32))).network.to_tags
    return layer.requires_grad_(False)
