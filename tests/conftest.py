"""What every test may ask for."""

import os

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
    """Spread the files of browser tests, which mostly wait, evenly among the others, which mostly compute."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.split("::")[0], []).append(item)
    browser, other = [], []
    for tests in files.values():
        (browser if tests[0].get_closest_marker("browser") else other).append(tests)
    places = [(number / max(len(group), 1), tests) for group in (browser, other) for number, tests in enumerate(group)]
    items[:] = [item for _, tests in sorted(places, key=lambda place: place[0]) for item in tests]


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded source of randomness, fresh for each test."""
    return np.random.default_rng(20231)


@pytest.fixture(autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test's own catalogues and downloads out of the user's."""
    monkeypatch.setenv("SYNESTHETE_HOME", str(tmp_path_factory.mktemp("state")))
