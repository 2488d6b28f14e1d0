"""From which folders, lists and addresses a catalogue was indexed, and when each was last looked through."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

from synesthete.catalogue.files import FileStore

# Made when a first run is noted, rather than by a new format: a catalogue without it is whole, and stays readable for
# programs of this format that do not know the table.
_TABLE = """
CREATE TABLE IF NOT EXISTS places (
    path TEXT PRIMARY KEY, first_time REAL NOT NULL, last_time REAL NOT NULL, is_complete INTEGER NOT NULL)
"""


@dataclass(frozen=True)
class IndexedPlace:
    """A place that music was indexed from.

    Attributes
    ----------
    path : str
        Absolute path or address of a folder, a file, or a list of files.
    first_time, last_time : float [s]
        Unix time when the first run over it began; when the last one ended, or began if it has not ended.
    is_complete : bool
        The last run came to its end.
    n_files : int >= 0
        Known files in it, those that could not be read included; 0 for a list, whose files lie elsewhere.
    """

    path: str
    first_time: float
    last_time: float
    is_complete: bool
    n_files: int


class PlaceStore(FileStore):
    """The places of a catalogue."""

    def note_places(self, paths: Iterable[str], *, is_complete: bool) -> None:
        """Keep that a run over some places begins now, or with ``is_complete`` has come to its end."""
        now = time.time()
        with self.transaction():
            self._rows(_TABLE)
            for path in paths:
                self._rows(
                    "INSERT INTO places (path, first_time, last_time, is_complete) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (path) DO UPDATE SET last_time = excluded.last_time,"
                    " is_complete = excluded.is_complete",
                    (path, now, now, is_complete),
                )

    def indexed_places(self) -> tuple[IndexedPlace, ...]:
        """All places, by path; none in a catalogue that was made before they were noted, or that was imported."""
        if not self._has_places():
            return ()
        rows = self._rows("SELECT path, first_time, last_time, is_complete FROM places ORDER BY path")
        return tuple(
            IndexedPlace(path, first, last, bool(is_complete), self._n_files_at(path))
            for path, first, last, is_complete in rows
        )

    def in_indexed_places(self, paths: Iterable[str]) -> set[str]:
        """Those of some absolute paths that lie below a place that is known."""
        known = self._rows("SELECT path FROM places") if self._has_places() else []
        above = tuple(path.rstrip(os.sep) + os.sep for (path,) in known)
        return {path for path in paths if path.startswith(above)}

    def forget_place(self, path: str) -> None:
        """Do not list a place any longer; its files and tracks stay."""
        if self._has_places():
            with self.transaction():
                self._rows("DELETE FROM places WHERE path = ?", (path,))

    def _has_places(self) -> bool:
        return bool(self._rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'places'"))

    def _n_files_at(self, path: str) -> int:
        below = path.rstrip(os.sep) + os.sep
        query = "SELECT count(*) FROM files WHERE path = ? OR (path >= ? AND path < ?)"
        return int(self._rows(query, (path, below, below[:-1] + chr(ord(os.sep) + 1)))[0][0])
