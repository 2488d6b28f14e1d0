"""Works side by side, each in one thread: for a program that answers one sound at a time and has several processors.

Torch can share each operation among threads instead. They then wait for each other some hundred times in one pass, and
busily: where anything else wants a processor, such as the browser that shows the page, a pass takes several times as
long and several times as much of the processors. Networks that run beside each other wait for each other once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
_pool: ThreadPoolExecutor | None = None
_n_threads = 1


def use(n_threads: int) -> None:
    """Have :func:`run` use this many threads from now on; 1 is as before. Whoever waits for them gets them in turn."""
    global _pool, _n_threads
    before, _pool, _n_threads = _pool, None, n_threads
    if n_threads > 1:
        _pool = ThreadPoolExecutor(n_threads, "side-by-side", initializer=_one_thread_an_operation)
    if before is not None:
        before.shutdown(wait=False)


def n_threads() -> int:
    """How many works :func:`run` does at a time: into how many to cut one that is large."""
    return _n_threads


def run(works: Sequence[Callable[[], Result]]) -> list[Result]:
    """What all of these return, in their order; one after another in this thread until :func:`use` has been called."""
    if _pool is None or len(works) < 2:
        return [work() for work in works]
    return list(_pool.map(lambda work: work(), works))


def _one_thread_an_operation() -> None:
    """Torch keeps this number for each thread apart."""
    import torch  # here, because what runs need not be torch's

    torch.set_num_threads(1)
