"""The files that a catalogue was indexed from: what is known of each, what has changed, what is gone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from synesthete.catalogue.folders import Folder
from synesthete.catalogue.overview import OverviewStore
from synesthete.catalogue.vectors import portions
from synesthete.sources.addresses import is_address


@dataclass(frozen=True)
class KnownFile:
    """A file as it was when it was last read.

    Attributes
    ----------
    path : str
        Absolute.
    n_bytes, mtime_ns : int
        Size [bytes] and time of the last change [ns].
    track_id : str
        Of its sound; empty for a file that could not be read (:meth:`Catalogue.failures` says why).
    n_encoders : int >= 0
        How many of the encoders asked about have vectors of it.
    has_tags : bool
        An encoder has said what it calls it.
    """

    path: str
    n_bytes: int
    mtime_ns: int
    track_id: str
    n_encoders: int
    has_tags: bool


class FileStore(OverviewStore):
    """The files of a catalogue."""

    def known_files(self, paths: Sequence[str], fingerprints: Sequence[str]) -> dict[str, KnownFile]:
        """What is known of some files, by path; unknown ones are left out."""
        found: dict[str, KnownFile] = {}
        of_encoders = ", ".join("?" * len(fingerprints))
        for part in portions(list(paths)):
            rows = self._rows(
                "SELECT path, n_bytes, mtime_ns, coalesce(track_id, ''), (SELECT count(*) FROM track_vectors"
                f" WHERE track_vectors.track_id = files.track_id AND fingerprint IN ({of_encoders})),"
                " EXISTS (SELECT 1 FROM track_tags WHERE track_tags.track_id = files.track_id)"
                f" FROM files WHERE path IN ({', '.join('?' * len(part))})",
                [*fingerprints, *part],
            )
            found.update((row[0], KnownFile(*row)) for row in rows)
        return found

    def put_file(self, path: str, n_bytes: int, mtime_ns: int, track_id: str = "") -> None:
        """Keep what a file is now: a track, or with an empty ``track_id`` one that could not be read.

        Where the file held another track before, that one stays only if another file holds it too.
        """
        with self.transaction():
            self._detach(path, but=track_id)
            self._rows(
                "INSERT OR REPLACE INTO files (path, n_bytes, mtime_ns, track_id) VALUES (?, ?, ?, ?)",
                (path, n_bytes, mtime_ns, track_id or None),
            )

    def files_of(self, track_id: str) -> tuple[str, ...]:
        """Paths of all known files that hold a track's sound, by path."""
        return tuple(
            row[0] for row in self._rows("SELECT path FROM files WHERE track_id = ? ORDER BY path", (track_id,))
        )

    def files_below(self, folder: str) -> list[str]:
        """Known files in a folder (absolute path) and the folders in it, by path."""
        below = folder.rstrip(os.sep) + os.sep
        query = "SELECT path FROM files WHERE path >= ? AND path < ? ORDER BY path"
        return [row[0] for row in self._rows(query, (below, below[:-1] + chr(ord(os.sep) + 1)))]

    def folders(self) -> list[Folder]:
        """The folders that hold known files, each with those directly in it, by path; reads all files."""
        rows = self._rows(
            "SELECT rtrim(path, replace(path, '/', '')) AS folder, count(*), total(track_id IS NULL)"
            " FROM files WHERE path LIKE '/%' GROUP BY folder ORDER BY folder"
        )
        return [Folder(folder.rstrip("/") or "/", n_files, int(n_failed)) for folder, n_files, n_failed in rows]

    def with_other_file(self, paths: Sequence[str]) -> list[str]:
        """Those of some files whose track another known file, not among them, holds too."""
        away = set(paths)
        found = []
        for path in paths:
            rows = self._rows("SELECT track_id FROM files WHERE path = ? AND track_id IS NOT NULL", (path,))
            if rows and set(self.files_of(rows[0][0])) - away:
                found.append(path)
        return found

    def forget_files(self, paths: Iterable[str]) -> int:
        """Forget files that are gone, with their failures; a track that no other file holds goes too.

        Returns
        -------
        int
            How many tracks went.
        """
        n_removed = 0
        with self.transaction():
            for path in paths:
                n_removed += self._detach(path)
                self._rows("DELETE FROM files WHERE path = ?", (path,))
                self._rows("DELETE FROM failures WHERE path = ?", (path,))
        return n_removed

    def _detach(self, path: str, but: str = "") -> bool:
        """Part a path from its track; whether the track was held by no other file, and has gone."""
        self._rows("DELETE FROM other_paths WHERE path = ? AND track_id != ?", (path, but))
        owned = self._rows("SELECT track_id FROM tracks WHERE path = ? AND track_id != ?", (path, but))
        for (track_id,) in owned:
            others = self._rows("SELECT path FROM files WHERE track_id = ? AND path != ?", (track_id, path))
            there = next((other for (other,) in others if _is_there(other)), None)
            if there is None:
                self._rows("DELETE FROM tracks WHERE track_id = ?", (track_id,))
            else:
                self._rows("UPDATE tracks SET path = ? WHERE track_id = ?", (there, track_id))
                self._rows("DELETE FROM other_paths WHERE path = ?", (there,))
            self._count_change()
            return there is None
        return False

    # ---- one scan -----------------------------------------------------------------------------------------

    def begin_scan(self) -> None:
        """Begin to note which files are still there; kept beside the catalogue, for this connection alone."""
        self._rows("CREATE TEMP TABLE IF NOT EXISTS seen (path TEXT PRIMARY KEY) WITHOUT ROWID")
        self._rows("DELETE FROM temp.seen")

    def note_seen(self, paths: Iterable[str]) -> None:
        """Note files that are there."""
        for part in portions(list(paths)):
            marks = ", ".join(["(?)"] * len(part))
            self._rows(f"INSERT OR IGNORE INTO temp.seen (path) VALUES {marks}", part)

    def files_not_seen(self, places: Iterable[str]) -> list[str]:
        """Known files at or below ``places`` (absolute paths) that this scan has not seen, by path."""
        return self._not_seen("files", places)

    def forget_failures_not_seen(self, places: Iterable[str]) -> None:
        """Forget what could not be read at or below ``places`` (absolute paths) and this scan has not seen.

        A file that was good when it was last read, and is gone now, stays known.
        """
        gone = self._not_seen("failures", places)
        with self.transaction():
            for path in gone:
                self._rows("DELETE FROM failures WHERE path = ?", (path,))
                self._rows("DELETE FROM files WHERE path = ? AND track_id IS NULL", (path,))

    def _not_seen(self, table: str, places: Iterable[str]) -> list[str]:
        found: set[str] = set()
        for place in places:
            below = place.rstrip(os.sep) + os.sep
            rows = self._rows(
                f"SELECT path FROM {table} WHERE (path = ? OR (path >= ? AND path < ?))"
                " AND path NOT IN (SELECT path FROM temp.seen)",
                (place, below, below[:-1] + chr(ord(os.sep) + 1)),
            )
            found.update(row[0] for row in rows)
        return sorted(found)


def _is_there(path: str) -> bool:
    return is_address(path) or os.path.isfile(path)  # noqa: PTH113 - a plain stat
