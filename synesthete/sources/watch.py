"""Wait until something changes below some folders."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

QUIET_SECONDS = 2.0  # a file that is being copied changes all the time: wait until it is whole
_LONGEST_SECONDS = 30.0  # but not for ever
_CHANGES = frozenset({"created", "modified", "moved", "deleted"})  # not that somebody has read a file


class Watch:
    """Notices changes below folders from the moment it is made; a context manager.

    Parameters
    ----------
    places : iterable of path
        Folders, or single files, whose folder is then watched.
    """

    def __init__(self, places: Iterable[str | Path]) -> None:
        folders = {place if place.is_dir() else place.parent for place in map(Path, places)}
        self._changed = threading.Event()
        self._observer = Observer()
        for folder in folders:
            self._observer.schedule(_Handler(self._changed), str(folder), recursive=True)
        self._observer.start()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for a change, and then until all is quiet; False if none came in time."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while not self._changed.wait(0.5):  # short waits, so that Ctrl-C is heard
            if deadline is not None and time.monotonic() > deadline:
                return False
        longest = time.monotonic() + _LONGEST_SECONDS
        while self._changed.is_set() and time.monotonic() < longest:
            self._changed.clear()
            self._changed.wait(QUIET_SECONDS)
        self._changed.clear()
        return True

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._observer.stop()
        self._observer.join()


class _Handler(FileSystemEventHandler):
    def __init__(self, changed: threading.Event) -> None:
        self._event = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _CHANGES:
            self._event.set()
