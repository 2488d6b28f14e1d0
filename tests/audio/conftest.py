"""What the tests of reading sound share."""

from collections.abc import Iterator

import pytest

from synesthete.audio.worker import WorkerPool
from synesthete.audio.worker_process import TEST_SWITCH


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerPool]:
    """One worker process of this test alone, which does on request what a hostile file may."""
    monkeypatch.setenv(TEST_SWITCH, "1")
    pool = WorkerPool(n_workers=1)
    yield pool
    pool.close()
