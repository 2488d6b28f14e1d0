"""The one loop of all trainings: seeded steps with a learning rate that rises and falls, curves, a checkpoint.

A training of one encoder is a subclass of :class:`Training`: it says what a step's losses are and what becomes of the
network in the end.
"""

from __future__ import annotations

import csv
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from synesthete.errors import SynestheteError
from synesthete.files import write_atomically
from synesthete.training.runtime import DEFAULT_RUNTIME, RuntimeConfig, has_bfloat16, keep_freed_memory

MAX_GRADIENT_NORM = 5.0


class LoopConfig(Protocol):
    """What the loop asks of a training's frozen dataclass, all of which travels with the checkpoint."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def seed(self) -> int:
        """Of everything random."""

    @property
    def n_steps(self) -> int:
        """How many steps there are."""

    @property
    def learning_rate(self) -> float:
        """The highest."""

    @property
    def warm_up(self) -> float:
        """Share of the steps over which the learning rate rises; afterwards it falls along a cosine to zero."""


class Training(ABC):
    """One run in a folder: ``checkpoint.pt``, ``curves.csv``.

    A subclass sets ``network`` and ``optimiser`` after this, and calls :meth:`resume` where there ``is_resumed``.

    Parameters
    ----------
    config : LoopConfig
    folder : Path
    runtime : RuntimeConfig

    Attributes
    ----------
    columns : tuple of str
        Of ``curves.csv``: the step, the seconds, the losses (``total`` is what is minimised) and the learning rate.
    step : int >= 0
        How many steps are done.
    seconds : float >= 0 [s]
        What they took.
    """

    columns: ClassVar[tuple[str, ...]]
    network: nn.Module
    optimiser: torch.optim.Optimizer

    def __init__(self, config: LoopConfig, folder: Path, runtime: RuntimeConfig = DEFAULT_RUNTIME) -> None:
        self.settings, self.folder, self.runtime = config, folder, runtime
        folder.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(runtime.n_threads)
        keep_freed_memory()
        torch.manual_seed(config.seed)
        self.device = torch.device(runtime.device)
        self.step, self.seconds = 0, 0.0
        self.is_resumed = (folder / "checkpoint.pt").exists()

    @abstractmethod
    def losses(self, step: int) -> dict[str, Tensor]:
        """The losses of a step, with gradients; ``total`` is what is minimised. The same for the same step and seed."""

    def after_step(self) -> None:  # noqa: B027 - nothing, unless a subclass has something to do
        """What follows a step of the optimiser."""

    def check(self) -> dict[str, float]:
        """Figures on recordings that are held out, for a row of the curves."""
        return {}

    def state(self) -> dict[str, Any]:
        """What the checkpoint holds beside the configuration, the steps and the time."""
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def take_state(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])

    def run(self, until: int | None = None, report: Callable[[dict[str, float]], None] = lambda row: None) -> None:
        """Train up to a step (by default the last one), reporting rows of the curves."""
        until = self.settings.n_steps if until is None else min(until, self.settings.n_steps)
        began = time.monotonic() - self.seconds
        sums: dict[str, float] = {}
        while self.step < until:
            values = self.train_step()
            self.step += 1
            self.seconds = time.monotonic() - began
            sums = {name: sums.get(name, 0.0) + value for name, value in values.items()}
            if self.step % self.runtime.report_every == 0 or self.step == until:
                n = (self.step - 1) % self.runtime.report_every + 1
                row = {"step": self.step, "seconds": round(self.seconds, 1)}
                row |= {name: round(value / n, 5) for name, value in sums.items()} | self.check()
                self._write(row)
                report(row)
                sums = {}
            if self.step % self.runtime.save_every == 0 or self.step == until:
                self.save()

    def train_step(self) -> dict[str, float]:
        """One step of the optimiser; returns the losses.

        Raises
        ------
        SynestheteError
            If the loss is no longer finite.
        """
        rate = self.settings.learning_rate * rate_factor(self.step, self.settings)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.network.train()
        values = self.losses(self.step)
        total = values["total"]
        if not torch.isfinite(total):
            raise SynestheteError(f"The loss is {float(total)} at step {self.step}: lower the learning rate.")
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), MAX_GRADIENT_NORM)
        self.optimiser.step()
        self.after_step()
        return {name: float(value.detach()) for name, value in values.items()} | {"learning_rate": rate}

    def precision(self) -> AbstractContextManager[Any]:
        """16-bit arithmetic where that was asked for, or where the machine has it and nothing was said."""
        asked = self.runtime.is_bfloat16
        is_bfloat16 = has_bfloat16(self.device) if asked is None else asked
        return torch.autocast(self.device.type, torch.bfloat16) if is_bfloat16 else nullcontext()

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        about = {"config": asdict(self.settings), "step": self.step, "seconds": self.seconds}
        with write_atomically(self.folder / "checkpoint.pt") as file:
            torch.save(about | self.state(), file)

    def resume(self) -> None:
        """Go on from the checkpoint.

        Raises
        ------
        SynestheteError
            If it is of another configuration.
        """
        state = torch.load(self.folder / "checkpoint.pt", map_location=self.device, weights_only=True)
        if state.get("config") != asdict(self.settings):
            raise SynestheteError(f"{self.folder} holds a training of another configuration: choose another folder.")
        self.take_state(state)
        self.step, self.seconds = state["step"], state["seconds"]

    def _write(self, row: dict[str, float]) -> None:
        path = self.folder / "curves.csv"
        rows = []
        if path.exists():  # rows beyond the checkpoint are of a run that was cut off
            with path.open(newline="") as file:
                rows = [old for old in csv.DictReader(file) if int(old["step"]) < row["step"]]
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows([*rows, row])


def rate_factor(step: int, config: LoopConfig) -> float:
    """Of the learning rate, in [0, 1]: linear warm-up, then half a cosine."""
    done = step / config.n_steps
    if done < config.warm_up:
        return (step + 1) / (config.warm_up * config.n_steps + 1)
    return 0.5 * (1 + math.cos(math.pi * (done - config.warm_up) / (1 - config.warm_up)))
