"""Measuring in the background: one ``synesthete evaluate`` process a catalogue, whose state lies in files.

As with indexing (:mod:`synesthete.catalogue.background`) any page, reload or restart reads the same, and whether the
process is at work is told by a lock that it holds until it ends. Reports stay, each with the revision of the catalogue
that it was made of.
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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synesthete.catalogue.background import is_locked
from synesthete.errors import CatalogueError
from synesthete.files import write_atomically
from synesthete.settings import PROJECT_ROOT, Paths
from synesthete.terminal import why_it_ended

PROGRESS = "progress.json"
_NICENESS = 5  # pages go first


@dataclass(frozen=True)
class Work:
    """What is being measured, or how the last run ended.

    Attributes
    ----------
    is_at_work : bool
    encoder, stage : str
        What is being done; empty before anything was told.
    fraction : float in [0, 1]
        Of all the encoders that were asked for.
    problem : str
        The sentence that the last run ended with; empty where it ended well or was stopped.
    """

    is_at_work: bool
    encoder: str = ""
    stage: str = ""
    fraction: float = 0.0
    problem: str = ""


def start(
    catalogue_path: Path,
    encoders: Sequence[str],
    *,
    is_built_in: bool = False,
    options: Sequence[str] = (),
    paths: Paths | None = None,
) -> None:
    """Begin to measure some encoders, one after the other, unless a run over this catalogue is at work.

    Raises
    ------
    CatalogueError
        One is at work already, or nothing can be written.
    """
    folder = folder_of(catalogue_path, paths)
    command = [sys.executable, "-m", "synesthete", "evaluate", "--encoder", *encoders, "--into", str(folder), *options]
    command += [] if is_built_in else ["--catalogue", str(catalogue_path)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("ab") as lock, (folder / "log").open("wb") as log:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CatalogueError("Encoders are being measured here already. Wait until that is done.") from None
            (folder / PROGRESS).unlink(missing_ok=True)
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=PROJECT_ROOT, pass_fds=[lock.fileno()]
            )
            (folder / "pid").write_text(str(process.pid), encoding="ascii")
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, max(os.getpriority(os.PRIO_PROCESS, 0), _NICENESS))
    except OSError as error:
        raise CatalogueError(
            f"Measuring could not begin: {folder} cannot be written ({error.strerror}). Is the disk full?"
        ) from error
    threading.Thread(target=process.wait, daemon=True).start()  # no zombie is left


def work(catalogue_path: Path, paths: Paths | None = None) -> Work:
    """What is under way over a catalogue, or how the last run ended."""
    folder = folder_of(catalogue_path, paths)
    if not is_locked(folder):
        return Work(False, problem=why_it_ended(folder / "log"))
    told = _read(folder / PROGRESS) or {}
    fraction = told.get("fraction", 0.0)
    return Work(True, str(told.get("encoder", "")), str(told.get("stage", "")), min(max(float(fraction), 0.0), 1.0))


def stop(catalogue_path: Path, paths: Paths | None = None) -> None:
    """Have a run stop as Ctrl-C does; the reports that are complete stay."""
    folder = folder_of(catalogue_path, paths)
    if is_locked(folder):
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((folder / "pid").read_text(encoding="ascii")), signal.SIGINT)


def report_of(catalogue_path: Path, fingerprint: str, paths: Paths | None = None) -> dict[str, Any] | None:
    """The last report of an encoder over a catalogue, with the ``revision`` it was made of; None if there is none."""
    return _read(folder_of(catalogue_path, paths) / f"{fingerprint}.json")


def write_report(folder: Path, report: dict[str, Any], revision: str) -> None:
    """Keep a report, whole or not at all."""
    _write(folder / f"{report['fingerprint']}.json", report | {"revision": revision})


def write_progress(folder: Path, encoder: str, stage: str, fraction: float) -> None:
    """Tell how far a run is."""
    _write(folder / PROGRESS, {"encoder": encoder, "stage": stage, "fraction": fraction})


def folder_of(catalogue_path: Path, paths: Paths | None = None) -> Path:
    """Where the reports on a catalogue are kept."""
    name = hashlib.sha256(os.fsencode(catalogue_path.resolve())).hexdigest()[:16]
    return (paths or Paths()).state / "evaluations" / name


def _write(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as file:
        file.write(json.dumps(record).encode())


def _read(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None
