"""One builder for a derived file, among all threads and processes that want it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl


@contextmanager
def one_builder(path: Path) -> Iterator[bool]:
    """Hold the right to build the file at ``path``; gives whether another held it meanwhile, and may have built it.

    The lock is a file beside it, removed at the end; the system lets go of it if the process dies. Where there can be
    no lock (a folder that cannot be written to, some network drives, Windows) everybody builds: that costs time, but
    a file that is written aside and then renamed is whole in any case.
    """
    lock = path.with_name(path.name + ".lock")
    file, has_waited = _take(lock)
    try:
        yield has_waited
    finally:
        if file is not None:
            lock.unlink(missing_ok=True)
            file.close()


def _take(lock: Path) -> tuple[IO[bytes] | None, bool]:
    if sys.platform == "win32":
        return None, False
    has_waited = False
    while True:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            file = lock.open("ab")
        except OSError:
            return None, has_waited
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                has_waited = True
                fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_ino == lock.stat().st_ino:
                return file, has_waited
        except FileNotFoundError:  # who held it has removed it
            pass
        except OSError:
            file.close()
            return None, has_waited
        file.close()
        has_waited = True
