"""Decoding in a process of its own, so that a hostile or broken file cannot take the server with it.

Worker processes stay warm between files. Parent and worker speak over pipes: a JSON header behind its
length, then raw bytes. Nothing a worker says is trusted: sizes are checked against the settings, and nothing
is unpickled.

A worker may use ``memory_limit_bytes`` of address space, may write no file, and is stopped by the parent when
its time is over. Where the system has no such memory limit (macOS accepts it but does not keep it), a thread
in the worker watches its resident memory; Windows has the time limit alone. A worker ends when its parent
does. What runs in it is :mod:`synesthete.audio.worker_process`; what is said to one
of them, and checked of its answers, :mod:`synesthete.audio.worker_client`. Here is the pool of them.
"""

from __future__ import annotations

import atexit
import dataclasses
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from synesthete import settings
from synesthete.audio.excerpts import Reading
from synesthete.audio.placement import Passage
from synesthete.audio.worker_client import Result, Worker
from synesthete.errors import AudioError
from synesthete.settings import AudioSettings, DecodeLimits


class WorkerPool:
    """Up to ``n_workers`` workers, shared by all threads; each request has one to itself.

    Parameters
    ----------
    n_workers : int > 0, optional
        By default as many as there are processors.
    """

    def __init__(self, n_workers: int | None = None) -> None:
        self.n_workers = n_workers or os.cpu_count() or 1
        self._idle: list[Worker] = []
        self._n_started = 0
        self._changed = threading.Condition()

    def decode(
        self,
        source: Path | bytes,
        label: str,
        audio: AudioSettings = settings.AUDIO,
        limits: DecodeLimits = settings.LIMITS,
        misbehave: str | None = None,
        passage: Passage | None = None,
    ) -> Reading:
        """Decode a file or its bytes. The clock starts when a worker is free.

        Parameters
        ----------
        source : Path (absolute) or bytes
        label : str
            How messages call this sound.
        misbehave : str, optional
            For tests: what the worker shall do instead.
        passage : Passage, optional
            Read this alone.

        Raises
        ------
        AudioError
            The sound cannot be used.
        DecodeLimitError
            The decoder crashed or ran past a limit; its worker has been replaced.
        """
        wish = {"audio": dataclasses.asdict(audio), "misbehave": misbehave, "passage": passage}
        return self._ask(source, label, wish, limits, lambda worker, header: worker.read_sound(header, audio))

    def picture(
        self,
        source: Path | bytes,
        label: str,
        n_pixels: int,
        limits: DecodeLimits = settings.LIMITS,
        misbehave: str | None = None,
    ) -> bytes:
        """The cover of a file or its bytes (:mod:`synesthete.audio.pictures`); parameters and errors as in decode."""
        wish = {"cover_pixels": n_pixels, "misbehave": misbehave}
        return self._ask(source, label, wish, limits, Worker.read_picture)

    def _ask(
        self,
        source: Path | bytes,
        label: str,
        wish: dict[str, Any],
        limits: DecodeLimits,
        read_answer: Callable[[Worker, dict[str, Any]], Result],
    ) -> Result:
        payload = source if isinstance(source, bytes) else b""
        header = wish | {
            "path": None if isinstance(source, bytes) else str(source),
            "n_bytes": len(payload),
            "label": label,
            "time_limit_seconds": limits.time_limit_seconds,
        }
        worker = self._borrow(limits.memory_limit_bytes)
        try:
            return worker.ask(header, payload, read_answer, limits.time_limit_seconds, label)
        except AudioError:
            raise
        except BaseException:  # interrupted half-way: its pipe may hold half an answer
            worker.stop()
            raise
        finally:
            self._give_back(worker)

    def warm_up(self, limits: DecodeLimits = settings.LIMITS) -> None:
        """Start one worker ahead of the first request."""
        self._give_back(self._borrow(limits.memory_limit_bytes))

    def close(self) -> None:
        """End the idle workers; later requests start new ones."""
        with self._changed:
            idle, self._idle = self._idle, []
            self._n_started -= len(idle)
            self._changed.notify_all()
        for worker in idle:
            worker.stop()

    def _borrow(self, memory_limit_bytes: int) -> Worker:
        with self._changed:
            while True:
                while self._idle:
                    worker = self._idle.pop()
                    if worker.is_usable and worker.memory_limit_bytes == memory_limit_bytes:
                        return worker
                    worker.stop()
                    self._n_started -= 1
                if self._n_started < self.n_workers:
                    self._n_started += 1
                    break
                self._changed.wait()
        try:
            return Worker(memory_limit_bytes)
        except BaseException:
            with self._changed:
                self._n_started -= 1
                self._changed.notify()
            raise

    def _give_back(self, worker: Worker) -> None:
        with self._changed:
            if worker.is_usable:
                self._idle.append(worker)
            else:
                worker.stop()
                self._n_started -= 1
            self._changed.notify()


_pool = WorkerPool()


def decode(
    source: Path | bytes,
    label: str,
    audio: AudioSettings = settings.AUDIO,
    limits: DecodeLimits = settings.LIMITS,
    passage: Passage | None = None,
) -> Reading:
    """Decode in the program's one pool; see :meth:`WorkerPool.decode`."""
    return _pool.decode(source, label, audio, limits, passage=passage)


def picture(source: Path | bytes, label: str, n_pixels: int, limits: DecodeLimits = settings.LIMITS) -> bytes:
    """The cover of a sound, in the program's one pool; see :meth:`WorkerPool.picture`."""
    return _pool.picture(source, label, n_pixels, limits)


def warm_up(limits: DecodeLimits = settings.LIMITS) -> None:
    """Start a worker now, so that the first sound does not wait for it (about half a second)."""
    _pool.warm_up(limits)


def _forget_parents_workers() -> None:
    global _pool
    _pool = WorkerPool()


def _close() -> None:
    _pool.close()


atexit.register(_close)
if hasattr(os, "register_at_fork"):  # a forked child must not speak on its parent's pipes
    os.register_at_fork(after_in_child=_forget_parents_workers)
