"""The loop by itself, over a training of a single number."""

import csv
import math
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from synesthete.errors import SynestheteError
from synesthete.training.loop import Training, rate_factor
from synesthete.training.runtime import RuntimeConfig

EVERY_STEP = RuntimeConfig(n_threads=1, is_bfloat16=False, report_every=2, save_every=3)


@dataclass(frozen=True)
class Config:
    seed: int = 0
    n_steps: int = 10
    learning_rate: float = 0.1
    warm_up: float = 0.2


class Line(Training):
    """Learns the number 3 from noisy readings of it."""

    columns = ("step", "seconds", "total", "held_out", "learning_rate")

    def __init__(self, config, folder, runtime=EVERY_STEP, target=3.0):
        super().__init__(config, folder, runtime)
        self.network = nn.Linear(1, 1)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=config.learning_rate)
        self.target, self.steps = target, []
        if self.is_resumed:
            self.resume()

    def losses(self, step):
        self.steps.append(step)
        noise = torch.randn(1, generator=torch.Generator().manual_seed(step))
        return {"total": (self.network(torch.ones(1)) - self.target + 0.1 * noise).square().mean()}

    def check(self):
        return {"held_out": 0.5}


def weights_of(training):
    return [value.tolist() for value in training.network.state_dict().values()]


def trained(folder, until=None, config=None, **given):
    training = Line(config or Config(), folder, **given)
    training.run(until)
    return training


def test_it_learns(tmp_path):
    training = trained(tmp_path, config=Config(n_steps=200))
    assert training.network(torch.ones(1)).item() == pytest.approx(3, abs=0.2)


def test_a_run_that_was_cut_off_ends_as_one_that_was_not(tmp_path):
    whole = trained(tmp_path / "whole")
    trained(tmp_path / "cut", until=6)
    resumed = trained(tmp_path / "cut")
    assert resumed.steps == [6, 7, 8, 9]
    assert weights_of(resumed) == weights_of(whole)
    with (tmp_path / "cut" / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["2", "4", "6", "8", "10"]
    assert {row["held_out"] for row in rows} == {"0.5"}


def test_the_seed_decides(tmp_path):
    one, same, other = (
        trained(tmp_path / name, config=Config(seed=seed)) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert weights_of(one) == weights_of(same) != weights_of(other)


def test_another_configuration_is_refused(tmp_path):
    trained(tmp_path)
    with pytest.raises(SynestheteError, match="another configuration"):
        Line(Config(learning_rate=0.2), tmp_path)


def test_a_loss_that_is_no_number_stops_it(tmp_path):
    with pytest.raises(SynestheteError, match="nan at step 0: lower the learning rate"):
        trained(tmp_path, target=math.nan)


def test_the_rate_rises_and_falls():
    factors = [rate_factor(step, Config(n_steps=100)) for step in range(100)]
    assert factors[19] == pytest.approx(20 / 21) and factors[20] == pytest.approx(1)
    assert factors[:21] == sorted(factors[:21]) and factors[20:] == sorted(factors[20:], reverse=True)
    assert factors[60] == pytest.approx(0.5) and factors[-1] < 0.001
