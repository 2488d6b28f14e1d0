"""What every test may ask for."""

import os
from collections import Counter

# Each test process keeps to one numeric thread: two run side by side on two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import numpy as np
import pytest

# How long a thing takes on a busy machine is no fault of it.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves an event loop running. The longest files go first."""
    n_tests = Counter(item.path for item in items)
    is_browser = [item.get_closest_marker("browser") is not None for item in items]
    order = sorted(range(len(items)), key=lambda i: (is_browser[i], -n_tests[items[i].path] if is_browser[i] else 0))
    items[:] = [items[i] for i in order]


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded source of randomness, fresh for each test."""
    return np.random.default_rng(20231)


@pytest.fixture(autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test's own catalogues and downloads out of the user's."""
    monkeypatch.setenv("SYNESTHETE_HOME", str(tmp_path_factory.mktemp("state")))
