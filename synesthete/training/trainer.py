"""The training: seeded, resumable, with curves; ends in the files that ``encoders.load("resnet")`` reads."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from synesthete.encoders import resnet
from synesthete.encoders.weights import Weights
from synesthete.errors import SynestheteError
from synesthete.training import losses
from synesthete.training.batches import Batch, BatchSampler
from synesthete.training.config import HOP_SECONDS, SEGMENT_SECONDS, TrainingConfig
from synesthete.training.datasets import TrainingSet
from synesthete.training.heads import fit_last_layer, identity_head, likeness_head
from synesthete.training.loop import Training
from synesthete.training.runtime import DEFAULT_RUNTIME, RuntimeConfig
from synesthete.training.student import LAST_LAYER_SCALE, NORMALISATION, Student, parameter_groups, teacher_tag_layer
from synesthete.training.targets import TARGET_NORM

CURVE_COLUMNS = (
    *("step", "seconds", "total", "distillation", "distillation_augmented", "relational", "tags", "contrastive"),
    "learning_rate",
)
EMA_DECAY = 0.998  # of the exponential moving average of the weights, which is what is exported
FIRST_HEAD_STEP = 10**9  # batches for the last layer are none that training has drawn
N_START_SEGMENTS = 2_000  # on which the last layer is fitted to weights that a training begins with


class Trainer(Training):
    """One run in a folder: ``checkpoint.pt``, ``curves.csv``. Resumes an earlier one of the same configuration.

    Parameters
    ----------
    config : TrainingConfig
    data : TrainingSet
    chunks : np.ndarray [shape=(n,)], int
        Numbers of the chunks to learn from.
    folder : Path
    runtime : RuntimeConfig
    start : Weights, optional
        Those of an earlier training, of the same depth and width, to go on from. The last layer begins anew.

    Raises
    ------
    SynestheteError
        If the folder holds a training of another configuration, or the weights to start from do not fit.
    """

    columns = CURVE_COLUMNS

    def __init__(
        self,
        config: TrainingConfig,
        data: TrainingSet,
        chunks: np.ndarray,
        folder: Path,
        runtime: RuntimeConfig = DEFAULT_RUNTIME,
        start: Weights | None = None,
    ) -> None:
        super().__init__(config, folder, runtime)
        self.config = config
        self.batches = BatchSampler(data, chunks, config)
        targets = self.batches.distillation
        student = Student(config, targets.size).to(self.device)
        self.student = student.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(
            parameter_groups(self.student, config.weight_decay), lr=config.learning_rate, betas=(0.9, 0.98)
        )
        self.to_tags = teacher_tag_layer().to(self.device)
        self.target_std, self.target_mean = (
            torch.from_numpy(values).to(self.device) for values in (targets.std, targets.mean)
        )
        self.network = self.student
        self.queue = torch.zeros(0, config.identity_size, device=self.device)
        self.queue_groups = torch.zeros(0, dtype=torch.long, device=self.device)
        self.version = "1" if start is None else str(start.card.get("version"))
        if start is not None and not self.is_resumed:
            self._begin_with(start)
        self.ema = {name: value.detach().clone() for name, value in self.student.network.state_dict().items()}
        if self.is_resumed:
            self.resume()
        self._forward = torch.compile(self.student, dynamic=False) if runtime.is_compiled else self.student

    def _begin_with(self, start: Weights) -> None:
        """Take the trunk of a trained network, and fit to it the last layer that is trained on."""
        trunk = {name: torch.from_numpy(value) for name, value in start.tensors.items() if not name.startswith("fc.")}
        try:
            self.student.network.load_state_dict(trunk)  # 16 bits become as many as the network has
        except RuntimeError as error:
            raise SynestheteError(
                f"{start.label} cannot be gone on from: the training is of depth {self.config.depth} and width "
                f"{self.config.width}, the weights of {start.card.get('architecture')}."
            ) from error
        if not self.config.n_steps:
            return
        clean, augmented, targets, groups = self._features(self.student.network, N_START_SEGMENTS)
        std, mean = clean.std(axis=0) + 1e-6, clean.mean(axis=0)
        clean, augmented = (LAST_LAYER_SCALE * (features - mean) / std for features in (clean, augmented))
        heads = [likeness_head(clean, targets / TARGET_NORM)]
        if self.config.identity_size:
            size, temperature = self.config.identity_size, self.config.temperature
            weight, bias = identity_head(clean, augmented, groups, size, temperature, self.config.seed)
            norm = np.linalg.norm(clean @ weight.T + bias, axis=1).mean()
            heads.append((weight / norm, bias / norm))
        weights, biases = zip(*heads, strict=True)
        last = {"weight": np.concatenate(weights), "bias": np.concatenate(biases)}
        self.student.last.load_state_dict({name: torch.from_numpy(value).float() for name, value in last.items()})

    def losses(self, step: int) -> dict[str, Tensor]:
        """See :class:`Training`."""
        batch = self.batches.draw(step)
        with self.precision():
            likeness, identity = self._forward(batch.images.to(self.device))
        return self._losses(likeness, identity, batch)

    def _losses(self, likeness: Tensor, identity: Tensor, batch: Batch) -> dict[str, Tensor]:
        config = self.config
        targets, groups = batch.targets.to(self.device), batch.groups.to(self.device)
        sizes = [config.batch_size, config.n_pairs]
        clean, augmented = likeness.split(sizes)
        clean_identity, augmented_identity = identity.split(sizes)
        paired = slice(config.n_pairs)  # the segments that have a second view
        logits = self._tag_logits(clean)
        values = {
            "distillation": losses.distillation(clean, targets),
            "distillation_augmented": losses.distillation(augmented, targets[paired]),
            "relational": (
                losses.relational_distillation(clean, targets)
                + losses.relational_distillation(augmented, targets[paired])
            )
            / 2,
            "tags": functional.binary_cross_entropy_with_logits(logits, batch.tags.to(self.device)),
            "contrastive": losses.info_nce(
                augmented_identity,
                clean_identity[paired],
                groups[paired],
                config.temperature,
                self.queue,
                self.queue_groups,
            ),
        }
        # Squared error too, for the length of the vectors: the tags, and the balance of the two parts, hang on it.
        squared = functional.mse_loss(clean * TARGET_NORM, targets)
        squared = squared + 0.5 * functional.mse_loss(augmented * TARGET_NORM, targets[paired])
        distilled = values["distillation"] + 0.5 * values["distillation_augmented"] + 0.3 * squared
        values["total"] = (
            config.distillation_weight * distilled
            + config.relational_weight * values["relational"]
            + config.tag_weight * values["tags"]
            + config.contrastive_weight * values["contrastive"]
            + 0.05 * losses.norm_penalty(identity)
        )
        self._enqueue(clean_identity.detach(), groups)
        return values

    def _tag_logits(self, likeness: Tensor) -> Tensor:
        """The teacher's tags [n, 50], read from the student's copy of its penultimate layer."""
        scaled = likeness[:, : len(self.target_mean)] * TARGET_NORM
        penultimate = scaled / self.batches.distillation.penultimate_factor
        return self.to_tags(penultimate * self.target_std + self.target_mean)

    def _enqueue(self, identity: Tensor, groups: Tensor) -> None:
        n = self.config.queue_size
        self.queue = torch.cat([self.queue, identity])[-n:] if n else self.queue
        self.queue_groups = torch.cat([self.queue_groups, groups])[-n:] if n else self.queue_groups

    @torch.no_grad()
    def after_step(self) -> None:
        """Update the moving average of the weights."""
        decay = min(EMA_DECAY, (1 + self.step) / (10 + self.step))
        for name, value in self.student.network.state_dict().items():
            if value.is_floating_point():
                self.ema[name].lerp_(value, 1 - decay)
            else:
                self.ema[name].copy_(value)

    def state(self) -> dict[str, Any]:
        """See :class:`Training`."""
        return {
            "student": self.student.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "ema": self.ema,
            "queue": (self.queue, self.queue_groups),
        }

    def take_state(self, state: dict[str, Any]) -> None:
        """See :class:`Training`."""
        self.student.load_state_dict(state["student"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.ema = state["ema"]
        self.queue, self.queue_groups = state["queue"]

    def final_network(self) -> nn.Module:
        """The averaged network with its last layer fitted anew; its output is the embedding but for length."""
        config = self.config
        network = resnet.build(config.depth, config.width, config.embedding_size)
        last, network.fc = network.fc, nn.Identity()
        network.load_state_dict({name: value.cpu() for name, value in self.ema.items()})
        clean, augmented, targets, groups = self._features(network, config.n_head_segments)
        effects = self.batches.distillation.effects(targets)
        weight, bias = fit_last_layer(clean, augmented, effects, groups, config)
        last.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
        network.fc = last
        return network

    def _features(self, network: nn.Module, n_segments: int) -> tuple[np.ndarray, ...]:
        """Pooled features of segments clean and through a phone [n, n_features] each, their targets and recordings."""
        network.eval()
        mean, std = (torch.tensor(values)[:, None, None] for values in NORMALISATION.values())
        batches = copy.copy(self.batches)
        batches.config = replace(self.config, n_pairs=self.config.batch_size)
        device = next(network.parameters()).device
        views, targets, groups = [], [], []
        for number in range(-(-n_segments // self.config.batch_size)):
            batch = batches.draw(FIRST_HEAD_STEP + number)
            images = ((batch.images - mean) / std).contiguous(memory_format=torch.channels_last)
            with torch.no_grad():
                views.append(network(images.to(device)).cpu().chunk(2))
            targets.append(batch.targets)
            groups.append(batch.groups)
        clean, augmented = (torch.cat(parts).numpy() for parts in zip(*views, strict=True))
        return clean, augmented, torch.cat(targets).numpy(), torch.cat(groups).numpy()

    def export(self, models: Path, about: dict[str, Any]) -> dict[str, Any]:
        """Write ``synesthete-resnet.safetensors`` and ``.json`` into a folder; returns the settings with ``about``."""
        likeness, whole = self.config.likeness_size, self.config.embedding_size
        card = {
            "version": f"{self.version}.{self.step}",
            "architecture": {"depth": self.config.depth, "width": self.config.width},
            "embedding_size": whole,
            "segment_seconds": SEGMENT_SECONDS,
            "hop_seconds": HOP_SECONDS,
            "normalisation": NORMALISATION,
            "subspaces": {
                "likeness": [0, likeness],
                "identity": [likeness, whole],
                "identity_share": self.config.identity_share,
            },
            "training": {"config": asdict(self.config), "n_steps_done": self.step, "seconds": round(self.seconds)},
        }
        resnet.save(models, self.final_network(), card | about)
        return json.loads((models / f"{resnet.STEM}.json").read_text(encoding="utf-8"))
