"""Work spread over the machines of a Ray cluster, for when one machine is outgrown. Ray is imported nowhere else.

The contract is that of :class:`~synesthete.engines.local.LocalEngine`. Workers are stateful actors: each prepares once
(loads its encoders) and then takes jobs one after another, holding at most :data:`~synesthete.engines.jobs.AHEAD`. An
actor that is lost, with its machine or alone, is replaced; what it held is done by others.

Every machine of the cluster needs the same version of Synesthete with the same weights, and sees the music under the
same paths or addresses. The catalogue stays with the machine that runs the command.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Generator, Iterable
from types import ModuleType
from typing import Any, Generic, TypeVar

from synesthete.engines.jobs import AHEAD, MAX_STILLBORN, AtHome, Jobs, WorkerLostError
from synesthete.errors import EngineError, SynestheteError
from synesthete.text import printable, shorten

START_SECONDS = 180.0  # a cluster that grows on demand takes minutes to start a machine
CONNECT_SECONDS = 5.0
OBJECT_STORE_BYTES = 128 << 20  # results are small; only for a cluster that is started here
MISSING = "--engine ray needs Ray, which is not installed. Add it: python -m pip install -r requirements-ray.txt"

Job = TypeVar("Job")
Result = TypeVar("Result")


class RayEngine(Generic[Job, Result]):
    """Runs jobs in ``n_workers`` actors of a cluster.

    Parameters
    ----------
    prepare : callable
        Called once in each actor with ``arguments``; returns the function that does a job. Importable by name.
    arguments : tuple
        Picklable. Those that are :class:`~synesthete.engines.jobs.AtHome` run on this machine whoever calls them.
    n_workers : int > 0, optional
        By default as many as the cluster has processors. More are started as the cluster grows.
    address : str, optional
        ``HOST:PORT`` of the head of a running cluster that this machine belongs to, or ``auto`` for the one that runs
        on it; by default a cluster of this machine alone is started, and ends with the work.
    """

    def __init__(
        self,
        prepare: Callable[..., Callable[[Job], Result]],
        arguments: tuple[Any, ...] = (),
        n_workers: int | None = None,
        *,
        address: str | None = None,
    ) -> None:
        self._prepare, self._arguments, self._n_workers = prepare, arguments, n_workers
        self._address = address
        self._ray = _import_ray()

    def run(self, jobs: Iterable[Job]) -> Generator[tuple[Job, Result | Exception]]:
        """Do the jobs, in parallel and in no particular order; see ``LocalEngine.run``.

        Raises
        ------
        EngineError
            The cluster cannot be reached or has no room, or its workers cannot begin.
        """
        ray = self._ray
        is_ours = not ray.is_initialized()
        if is_ours:
            _connect(ray, self._address)
        queue = Jobs(jobs)
        cluster = _Cluster(ray, self._prepare, self._arguments)
        try:
            n_workers = self._n_workers or max(int(ray.cluster_resources().get("CPU", 1)), 1)
            while True:
                cluster.hand_out(queue, n_workers)
                worker = cluster.next_to_answer()
                if worker is None:
                    return
                reference, entry = worker.next_answer()
                try:
                    result = ray.get(reference)
                except ray.exceptions.RayError as error:
                    held = cluster.lost(worker, error)
                    for job in queue.take_back(held, len(held)):
                        yield job, WorkerLostError("The process at work on it was lost, twice.")
                    continue
                if entry is None:
                    cluster.has_begun(worker, result)
                else:
                    worker.held.popleft()
                    yield entry[0], result
        finally:
            cluster.stop()
            if is_ours:
                ray.shutdown()


class _Cluster:
    """The actors of one run."""

    def __init__(self, ray: ModuleType, prepare: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._ray = ray
        self._workers: list[_Worker] = []
        self._n_stillborn = 0
        self._actor = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Actor)
        self._homes = {place: self._home(argument) for place, argument in enumerate(arguments) if _is_at_home(argument)}
        self._prepare = prepare
        self._arguments = tuple(
            _Call(self._homes[place]) if place in self._homes else argument for place, argument in enumerate(arguments)
        )

    def _home(self, argument: AtHome) -> Any:
        """An actor on this machine that answers for the others."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(self._ray.get_runtime_context().get_node_id(), soft=False)
        options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "scheduling_strategy": here}
        return self._ray.remote(**options)(_Home).remote(argument.function)

    def hand_out(self, queue: Jobs, n_workers: int) -> None:
        """Start actors while there are jobs for them, then fill the queues of those that have begun.

        An answer can get lost with the actor that gave it, in the next job: any of those it held may have been its end.
        They are given out again one at a time, each to an actor that has nothing else, and then it shows which it was.
        """
        for _ in range(queue.n_left(n_workers - len(self._workers))):
            actor = self._actor.remote(self._prepare, self._arguments)
            self._workers.append(_Worker(actor, actor.begin.remote()))
        for worker in self._workers:
            while worker.has_room and (entry := queue.next(is_fresh=bool(worker.held))):
                worker.held.append((worker.actor.do.remote(entry[0]), entry))

    def next_to_answer(self) -> _Worker | None:
        """Wait for an actor that has something to say; None when no job is left."""
        if not any(worker.held or worker.beginning for worker in self._workers):
            return None
        busy = {worker.next_answer()[0]: worker for worker in self._workers if worker.held or worker.beginning}
        is_any_at_work = any(worker.held for worker in self._workers)
        ready, _ = self._ray.wait(list(busy), timeout=None if is_any_at_work else START_SECONDS)
        if not ready:
            room = ", ".join(f"{name} {amount:g}" for name, amount in self._ray.available_resources().items()
                             if name in ("CPU", "GPU"))  # fmt: skip
            raise EngineError(
                f"The cluster has had no room for a worker in {START_SECONDS:g} seconds: each needs one processor, free"
                f" are: {room or 'none'}. Wait for other work to end, or add machines."
            )
        return busy[ready[0]]

    def has_begun(self, worker: _Worker, problem: SynestheteError | None) -> None:
        """An actor has prepared, or says why it cannot; EngineError then."""
        if problem is not None:
            raise EngineError(f"A worker of the cluster cannot begin: {problem}")
        worker.beginning = None
        self._n_stillborn = 0

    def lost(self, worker: _Worker, error: Exception) -> list[tuple[Any, int]]:
        """Let an actor go, and give back what it held; EngineError where none of them gets so far as to begin."""
        self._workers.remove(worker)
        self._ray.kill(worker.actor)
        if worker.beginning is not None:
            self._n_stillborn += 1
            if self._n_stillborn == MAX_STILLBORN:
                raise EngineError(f"The workers of the cluster end before they can begin: {_in_short(error)}")
        return [entry for _, entry in worker.held]

    def stop(self) -> None:
        """End all actors, at work or not."""
        for actor in [*(worker.actor for worker in self._workers), *self._homes.values()]:
            self._ray.kill(actor)
        self._workers = []


class _Worker:
    """One actor as seen from here: ``beginning`` until it has prepared; ``held`` are its jobs, the first at work."""

    def __init__(self, actor: Any, beginning: Any) -> None:
        self.actor = actor
        self.beginning: Any | None = beginning
        self.held: deque[tuple[Any, tuple[Any, int]]] = deque()

    @property
    def has_room(self) -> bool:
        """It can take a job; one beside a job that may have been another actor's end, it cannot."""
        is_beside_a_suspect = any(n_losses for _, (_, n_losses) in self.held)
        return self.beginning is None and len(self.held) < AHEAD and not is_beside_a_suspect

    def next_answer(self) -> tuple[Any, tuple[Any, int] | None]:
        """What it answers next, with the job that this is about."""
        return (self.beginning, None) if self.beginning is not None else self.held[0]


class _Actor:
    """What runs in the cluster."""

    def __init__(self, prepare: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]) -> None:
        self._prepare, self._arguments = prepare, arguments

    def begin(self) -> SynestheteError | None:
        """Prepare; the reason if that cannot be done."""
        try:
            self._do = self._prepare(*self._arguments)
        except SynestheteError as error:
            return error
        return None

    def do(self, job: Any) -> Any:
        """Do a job; an error that a sentence explains is a result."""
        try:
            return self._do(job)
        except SynestheteError as error:
            return error


class _Home:
    """What runs beside the command, for the functions that are called there."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def call(self, *arguments: Any) -> Any:
        return self._function(*arguments)


class _Call:
    """A function that is called where its actor is."""

    def __init__(self, home: Any) -> None:
        self._home = home

    def __call__(self, *arguments: Any) -> Any:
        import ray

        return ray.get(self._home.call.remote(*arguments))


def _is_at_home(argument: Any) -> bool:
    return isinstance(argument, AtHome)


def _import_ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    try:
        import ray
        import ray._private.worker
    except ImportError as error:
        raise EngineError(MISSING) from error
    # Ray prints on standard output, among our JSON, that a worker has died; there is no public switch.
    ray._private.worker._worker_logs_enabled = False
    return ray


def _connect(ray: ModuleType, address: str | None) -> None:
    """Join a cluster, or start one of this machine alone."""
    options: dict[str, Any] = {"address": address or "local", "log_to_driver": False, "logging_level": "ERROR"}
    if address is None:
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # Ray's own default, chosen here so that it says nothing of it
        options |= {"include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}
    elif address != "auto":
        _check_answers(address)
    try:
        ray.init(**options)
    except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
        where = f"at {printable(address)} " if address else ""
        raise EngineError(
            f"The Ray cluster {where}cannot be used: {_in_short(error)} Start one on this machine, and join others to"
            " it, with: ray start"
        ) from error


def _check_answers(address: str) -> None:
    """Say in a moment what Ray says after a minute."""
    host, _, port = address.rpartition(":")
    if "//" in address or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise EngineError(
            f"--address is {printable(address)!r}; it must be HOST:PORT of the cluster's head, as 10.0.0.1:6379 is, or"
            " auto. The command runs on a machine of the cluster."
        )
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except OSError as error:
        raise EngineError(
            f"No Ray cluster answers at {printable(address)} ({error.strerror or error}). Start its head with:"
            f" ray start --head --port {port}"
        ) from error


def _in_short(error: Exception) -> str:
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return shorten(printable(first), 300)
