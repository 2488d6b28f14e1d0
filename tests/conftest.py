"""What every test may ask for."""

import os

# Each test process keeps to one numeric thread: two run side by side on two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded source of randomness, fresh for each test."""
    return np.random.default_rng(20231)


@pytest.fixture(autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test's own catalogues and downloads out of the user's."""
    monkeypatch.setenv("SYNESTHETE_HOME", str(tmp_path_factory.mktemp("state")))
