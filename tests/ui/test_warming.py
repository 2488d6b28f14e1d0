"""What is awake before the first listener, and what of it the collection of garbage passes over."""

import gc
import threading
import time
from collections.abc import Iterator

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from synesthete import side_by_side
from synesthete.ui import warming


@pytest.fixture(autouse=True)
def as_before(monkeypatch) -> Iterator[None]:
    """A process in which nothing has been warmed; threads and garbage are as they were afterwards."""
    monkeypatch.setattr(warming, "_has_begun", threading.Event())
    monkeypatch.setattr(warming, "_settled", threading.Event())
    monkeypatch.setattr(warming, "_REST_SECONDS", 0.05)
    gc.unfreeze()
    with threadpool_limits():
        yield
    side_by_side.use(1)
    gc.unfreeze()
    gc.enable()


class Cell:
    """Refers to itself, so that only a collection of garbage removes it."""

    n_removed = 0

    def __init__(self) -> None:
        self.self = self

    def __del__(self) -> None:
        Cell.n_removed += 1


def wait_until(is_so) -> None:
    """Within some seconds, or fail."""
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def test_after_the_first_answer_what_stays_is_set_aside_and_garbage_is_not():
    warming._has_begun.set()
    before = Cell.n_removed
    Cell()
    gc.freeze()  # as after warming up, with garbage in it
    warming.settle()
    wait_until(lambda: Cell.n_removed > before and gc.get_freeze_count() > 0)


def test_it_settles_once():
    warming._has_begun.set()
    warming.settle()
    wait_until(lambda: gc.get_freeze_count() > 0)
    gc.unfreeze()
    warming.settle()
    time.sleep(0.3)
    assert gc.get_freeze_count() == 0


def test_where_nothing_was_warmed_nothing_settles():
    """A page run by itself, as in a test, is in a process that others use too."""
    warming.settle()
    time.sleep(0.3)
    assert gc.get_freeze_count() == 0


def test_works_have_the_processors_side_by_side_and_an_operation_one_thread(monkeypatch):
    monkeypatch.setattr(warming.os, "cpu_count", lambda: 2)
    warming._share_processors()
    both = threading.Barrier(2, timeout=20)  # passed only if both are there at once

    def meet() -> int:
        both.wait()
        return torch.get_num_threads()

    assert side_by_side.run([meet, meet]) == [1, 1]
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert pools
    assert {pool["num_threads"] for pool in pools} == {1}


def test_a_search_is_made_and_what_came_with_it_is_set_aside(monkeypatch, tmp_path):
    monkeypatch.setenv("SYNESTHETE_HOME", str(tmp_path))
    searched = []
    engine = warming.resources.engine
    monkeypatch.setattr(warming.resources, "engine", lambda *asked: searched.append(asked) or engine(*asked))
    warming._search_once()
    assert searched == [(warming.Paths().sampler / "catalogue.sqlite", "synesthete")]
    assert gc.isenabled() and gc.get_freeze_count() > 100_000


def test_a_catalogue_that_cannot_be_opened_is_left_to_who_asks_for_it(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("SYNESTHETE_HOME", str(tmp_path))
    own = warming.Paths().own_catalogue
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(b"no catalogue")
    with caplog.at_level("INFO", logger=warming.__name__):
        warming._search_once()
    assert "not warmed" in caplog.text
    assert gc.isenabled()
