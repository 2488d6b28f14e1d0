"""Work spread over processes of this machine, with bounded queues; a process that dies costs its one job at most.

:class:`concurrent.futures.ProcessPoolExecutor` gives up all jobs when one process dies, and takes jobs in without
bound; here a lost process is replaced, and no more jobs are taken from the stream than workers can hold.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import multiprocessing.connection
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from synesthete.engines.jobs import AHEAD, MAX_STILLBORN, Jobs, WorkerLostError
from synesthete.errors import EngineError, SynestheteError

_STOP_SECONDS = 5.0

Job = TypeVar("Job")
Result = TypeVar("Result")


class LocalEngine(Generic[Job, Result]):
    """Runs jobs in ``n_workers`` processes.

    Parameters
    ----------
    prepare : callable
        Called once in each process with ``arguments``; returns the function that does a job. Importable by name.
    arguments : tuple
        Picklable.
    n_workers : int > 0, optional
        By default as many as there are processors.
    """

    def __init__(
        self,
        prepare: Callable[..., Callable[[Job], Result]],
        arguments: tuple[Any, ...] = (),
        n_workers: int | None = None,
    ) -> None:
        self.n_workers = n_workers or os.cpu_count() or 1
        self._prepare, self._arguments = prepare, arguments
        self._context = multiprocessing.get_context("spawn")

    def run(self, jobs: Iterable[Job]) -> Generator[tuple[Job, Result | Exception]]:
        """Do the jobs, in parallel and in no particular order.

        Workers stop when the iterator is closed, and by themselves when this process ends.

        Yields
        ------
        tuple of job and result
            Or the job and the exception that it raised; :class:`WorkerLostError` where it cost two workers.

        Raises
        ------
        EngineError
            The workers cannot begin. No job is to blame for that, so none is given up.
        """
        source = Jobs(jobs)
        workers: list[_Worker] = []
        n_stillborn = 0
        try:
            while True:
                self._hand_out(source, workers)
                busy = {worker.pipe: worker for worker in workers if worker.held}
                if not busy:
                    return
                for pipe in multiprocessing.connection.wait(list(busy)):
                    worker = busy[pipe]  # type: ignore[index]
                    try:
                        result = worker.pipe.recv()
                    except (EOFError, OSError):
                        workers.remove(worker)
                        held = worker.lost()
                        n_stillborn += not worker.has_begun
                        if n_stillborn == MAX_STILLBORN:
                            raise EngineError(
                                f"Processes that shall do the work end {worker.how_it_ended} before they can begin."
                                " Is there memory enough? Fewer workers need less."
                            ) from None
                        for job in source.take_back(held, n_suspects=int(worker.has_begun)):
                            yield job, WorkerLostError(f"The process at work on it ended {worker.how_it_ended}, twice.")
                        continue
                    if worker.has_begun:
                        yield worker.held.popleft()[0], result
                    elif result is None:
                        worker.has_begun, n_stillborn = True, 0
                    else:
                        raise EngineError(f"A process that shall do the work cannot begin: {result}") from result
        finally:
            for worker in workers:
                worker.stop()

    def _hand_out(self, source: Jobs, workers: list[_Worker]) -> None:
        """Start processes while there are jobs for them, then fill their queues."""
        while len(workers) < self.n_workers and (entry := source.next()):
            workers.append(_Worker(self))
            workers[-1].give(*entry)
        for worker in workers:
            while len(worker.held) < AHEAD and (entry := source.next()):
                worker.give(*entry)


class _Worker:
    """One process and this side of its pipe; ``held`` are the jobs it has, the one at work first.

    It has begun when it has prepared and said so.
    """

    def __init__(self, engine: LocalEngine) -> None:
        self.pipe, other = engine._context.Pipe()
        self.held: deque[tuple[Any, int]] = deque()
        self.has_begun = False
        arguments = (other, engine._prepare, engine._arguments)
        self.process = engine._context.Process(target=_work, args=arguments, daemon=False)
        with _one_numeric_thread():
            self.process.start()
        other.close()

    def give(self, job: Any, n_losses: int) -> None:
        self.held.append((job, n_losses))
        with contextlib.suppress(OSError):  # it has died: found out when its answer is read
            self.pipe.send(job)

    def lost(self) -> list[tuple[Any, int]]:
        held = list(self.held)
        self.held.clear()
        self.stop()
        return held

    @property
    def how_it_ended(self) -> str:
        code = self.process.exitcode or 0
        return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"

    def stop(self) -> None:
        self.pipe.close()
        if not self.held:
            self.process.join(_STOP_SECONDS)  # it ends when its pipe does
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(_STOP_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


@contextlib.contextmanager
def _one_numeric_thread() -> Iterator[None]:
    """Processes share the cores among themselves; threads inside each would only wait for one another."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(pipe: Connection, prepare: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]) -> None:
    """What runs in a worker: it says None once it has prepared, or why it cannot; then jobs in, results out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    gc.disable()  # what the first job imports stays; looking through it again and again took a fifth of the start
    is_first = True
    problem = do = None
    try:
        do = prepare(*arguments)
    except SynestheteError as error:
        problem = error
    with contextlib.suppress(OSError):  # the parent has gone: found out below
        pipe.send(problem)
    while do is not None:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            result: Any = do(job)
        except SynestheteError as error:
            result = error
        if is_first:
            gc.freeze()
            gc.enable()
            is_first = False
        try:
            pipe.send(result)
        except (BrokenPipeError, OSError):
            return
