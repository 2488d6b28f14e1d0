"""Indexing in the background: one ``synesthete index`` process a catalogue, whose state lies in files.

Any thread, page or server that looks reads the same state, also after a restart. Whether the process is still at work
is told by a lock that it holds until it ends, not by its number, which another may have by then.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any, Literal

from synesthete.catalogue.indexing import IndexCounts
from synesthete.errors import CatalogueError
from synesthete.files import write_atomically
from synesthete.settings import PROJECT_ROOT, Paths
from synesthete.terminal import why_it_ended

State = Literal["running", "finishing", "done", "stopped", "failed"]
_STATUS = "status"  # what it said last, and no more: it does not grow with the library
_NICENESS = 5  # pages go first
_LOCK_SECONDS = 1.0  # a look at the lock takes a moment


@dataclass(frozen=True)
class Job:
    """The last run over a catalogue that was begun here.

    Attributes
    ----------
    places : tuple of str
        Folders and files.
    began : float [s]
        Unix time.
    state : str
        ``running``; ``finishing``, when all files are read and the search index is made; ``done``; ``stopped``, by
        :func:`stop` or because the process ended; ``failed``, with the reason in ``problem``.
    counts : IndexCounts or None
        As last told; None while nothing has been read.
    latest : str
        What was read last: label or path.
    problem : str
    doing : str
        While ``finishing``, what is being made.
    told : float [s]
        Unix time when it last said something.
    """

    places: tuple[str, ...]
    began: float
    state: State
    counts: IndexCounts | None = None
    latest: str = ""
    problem: str = ""
    doing: str = ""
    told: float = 0.0

    @property
    def is_at_work(self) -> bool:
        """Whether its process lives."""
        return self.state in ("running", "finishing")

    @property
    def seconds_left(self) -> float | None:
        """About how long it still takes [s], at the pace so far; None where that is not known."""
        counts = self.counts
        if counts is None or counts.n_expected is None or counts.n_indexed + counts.n_failed == 0:
            return None
        n_left = max(counts.n_expected - counts.n_found, 0)
        return n_left * counts.seconds / (counts.n_indexed + counts.n_failed)


def start(
    catalogue_path: Path,
    places: Sequence[str | Path],
    *,
    within: Path | None = None,
    options: Sequence[str] = (),
    paths: Paths | None = None,
) -> None:
    """Begin to index, unless a run over this catalogue is at work.

    Parameters
    ----------
    catalogue_path : Path
        Made if it is not there.
    places : sequence of path
        Folders and files, absolute.
    within : Path, optional
        Links that lead out of this folder are not followed.
    options : sequence of str
        Further options of ``synesthete index``.
    paths : Paths, optional

    Raises
    ------
    CatalogueError
        One is at work already, or nothing can be written.
    """
    folder = _folder(catalogue_path, paths)
    absolute = [str(Path(place).absolute()) for place in places]
    command = [sys.executable, "-m", "synesthete", "index", *absolute, "--catalogue", str(catalogue_path)]
    command += ["--status", str(folder / _STATUS)]
    command += [*(("--within", str(within)) if within else ()), *options]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _take_lock(folder) as lock, (folder / "log").open("wb") as log:
            for name in (_STATUS, "events"):  # of the run before, or of an older version, which kept all it said
                (folder / name).unlink(missing_ok=True)
            record = {"places": absolute, "began": time.time(), "pid": 0}
            _write(folder, record)
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, cwd=PROJECT_ROOT,
                pass_fds=[lock.fileno()],
            )  # fmt: skip
            with contextlib.suppress(OSError):
                own = os.getpriority(os.PRIO_PROCESS, 0)
                os.setpriority(os.PRIO_PROCESS, process.pid, max(own, _NICENESS))
            _write(folder, record | {"pid": process.pid})
    except OSError as error:
        raise CatalogueError(
            f"Indexing could not begin: {folder} cannot be written ({error.strerror}). Is the disk full?"
        ) from error
    threading.Thread(target=process.wait, daemon=True).start()  # no zombie is left


def last_job(catalogue_path: Path, paths: Paths | None = None) -> Job | None:
    """The last run over a catalogue, as it stands; None where there was none."""
    folder = _folder(catalogue_path, paths)
    is_at_work = is_locked(folder)  # before its status is read: what it wrote last is seen
    record, last = _record(folder), _last_event(folder)
    if record is None:
        return None
    counts = _counts(last) if last else None
    latest = str(last.get("label") or last.get("path") or "") if last else ""
    is_done = bool(last and last.get("event") == "done")
    state: State = "running" if is_at_work else "stopped"
    problem = ""
    if is_done:
        state = "finishing" if is_at_work else "done"
    elif not is_at_work:
        problem = why_it_ended(folder / "log")
        state = "failed" if problem else "stopped"
    doing = str((last or {}).get("doing") or "") if state == "finishing" else ""
    return Job(tuple(record["places"]), float(record["began"]), state, counts, latest, problem, doing, _told(folder))


def stop(catalogue_path: Path, paths: Paths | None = None) -> None:
    """Have a run stop as Ctrl-C does: what was done is kept, and the same run goes on from there."""
    folder = _folder(catalogue_path, paths)
    record = _record(folder)
    if record and record["pid"] and is_locked(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record["pid"], signal.SIGINT)


def _folder(catalogue_path: Path, paths: Paths | None) -> Path:
    name = hashlib.sha256(os.fsencode(catalogue_path.resolve())).hexdigest()[:16]
    return (paths or Paths()).state / "jobs" / name


def _write(folder: Path, record: dict[str, Any]) -> None:
    with write_atomically(folder / "job.json") as file:
        file.write(json.dumps(record).encode())


def _record(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((folder / "job.json").read_bytes())
    except (OSError, ValueError):
        return None
    is_whole = isinstance(record, dict) and {"places", "began", "pid"} <= record.keys()
    return record if is_whole else None


def _take_lock(folder: Path) -> IO[bytes]:
    """The lock that the process inherits; it is free again when both have closed it."""
    file = (folder / "lock").open("ab")
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() > deadline:
                file.close()
                raise CatalogueError("Music is being indexed already. Wait until that is done, or stop it.") from None
            time.sleep(0.02)


def is_locked(folder: Path) -> bool:
    """Whether a process holds the lock of a folder."""
    try:
        with (folder / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _last_event(folder: Path) -> dict[str, Any] | None:
    """What a run said last; None where it has said nothing yet."""
    try:
        event = json.loads((folder / _STATUS).read_bytes())
    except (OSError, ValueError):
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _told(folder: Path) -> float:
    told = 0.0
    for name in (_STATUS, "log"):
        with contextlib.suppress(OSError):
            told = max(told, (folder / name).stat().st_mtime)
    return told


def _counts(event: dict[str, Any]) -> IndexCounts:
    names = {field.name for field in fields(IndexCounts)}
    return IndexCounts(**{name: value for name, value in event.items() if name in names})
