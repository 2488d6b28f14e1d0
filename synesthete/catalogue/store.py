"""The catalogue: one SQLite file of tracks, vectors, failures and provenance; the audio stays where it is.

SQLite is the source of truth; the FAISS index and the map are derived from it and bound to it by
:meth:`Catalogue.revision`. Vectors are kept by (track, encoder fingerprint), so adding an encoder never
touches what another one made (:mod:`synesthete.catalogue.vectors`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from synesthete.catalogue.indexed_places import PlaceStore
from synesthete.catalogue.listing import EVERYTHING, Query
from synesthete.catalogue.vectors import portions
from synesthete.errors import CatalogueError
from synesthete.tracks import Track

_TRACK_FIELDS = tuple(field.name for field in fields(Track))
_COLUMNS = ", ".join(_TRACK_FIELDS)


@dataclass(frozen=True)
class Failure:
    """A file that could not be taken in: why, at which ``stage`` (decode, …), when (Unix time [s])."""

    path: str
    reason: str
    stage: str
    time: float


@dataclass(frozen=True)
class Page:
    """Some of the tracks that fit a query, and how many there are in all."""

    tracks: tuple[Track, ...]
    n_tracks: int


class Catalogue(PlaceStore):
    """Tracks and what every encoder made of them, in one SQLite file.

    Open it with :meth:`open`, preferably as a context manager. One object may be used from several threads,
    and several processes may have the same file open; each write is one transaction.

    Attributes
    ----------
    path : Path
        The SQLite file.
    folder : Path
        Where it lies; relative audio paths start here.
    is_read_only : bool
    """

    @classmethod
    def open(cls, path: str | Path, *, is_read_only: bool = False) -> Catalogue:
        """Open a catalogue, creating it (and its folder) unless ``is_read_only``.

        Raises
        ------
        CatalogueError
            The file is missing (read-only), not a catalogue, damaged, or written by a newer Synesthete.
        """
        return cls(Path(path).expanduser().resolve(), is_read_only)

    # ---- tracks -------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM tracks")[0][0])

    def __contains__(self, track_id: object) -> bool:
        return bool(self._rows("SELECT 1 FROM tracks WHERE track_id = ?", (track_id,)))

    def add_track(self, track: Track) -> Track:
        """Add a track, or update what is known of it.

        What happens to the entry of the same sound (``track_id``) depends on the path:

        - the same path, or another name of the same file: the new tags replace the old ones;
        - the old file is gone and the new one is there, so it was moved or renamed: the entry gets the new path
          and the new tags, and keeps old ones where the new are empty;
        - otherwise it is a copy: the entry stays, gets tags only where it has none, and remembers the other path
          (:meth:`other_paths`).

        Returns
        -------
        Track
            The entry as it is kept.
        """
        if not track.track_id:
            raise CatalogueError(f"The track {track.label!r} has no track_id. Take it from audio.content_id(clip).")
        with self.transaction():
            known = self._rows(f"SELECT {_COLUMNS} FROM tracks WHERE track_id = ?", (track.track_id,))
            kept = self._reconciled(Track(*known[0]), track) if known else track
            self._write_track(kept)
            self._rows("DELETE FROM other_paths WHERE path = ?", (kept.path,))
            if track.path not in ("", kept.path):
                other = (track.path, track.track_id)
                self._rows("INSERT OR REPLACE INTO other_paths (path, track_id) VALUES (?, ?)", other)
            if known and kept != Track(*known[0]):
                self._count_change()
        return kept

    def _reconciled(self, old: Track, new: Track) -> Track:
        if not new.path:
            return replace(_filled(new, old), path=old.path)
        if new.path == old.path or self._is_one_file(old, new):
            return replace(new, path=old.path)
        is_moved = not self._is_there(old) and self._is_there(new)
        if is_moved or not old.path:
            return replace(_filled(new, old), path=new.path)
        return replace(_filled(old, new), path=old.path)

    def _is_there(self, track: Track) -> bool:
        try:
            return self.audio_path(track).is_file()
        except CatalogueError:
            return False
        except OSError:  # a folder that may not be looked into: the file may well be there
            return True

    def _is_one_file(self, old: Track, new: Track) -> bool:
        try:
            return self.audio_path(old).samefile(self.audio_path(new))
        except (CatalogueError, OSError):
            return False

    def _write_track(self, track: Track) -> None:
        updates = ", ".join(f"{name} = excluded.{name}" for name in _TRACK_FIELDS[1:])
        marks = ", ".join("?" * len(_TRACK_FIELDS))
        self._rows(
            f"INSERT INTO tracks ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (track_id) DO UPDATE SET {updates}",
            astuple(track),
        )
        self.list_track(track)

    def track(self, track_id: str) -> Track:
        """The track of this id; CatalogueError if there is none."""
        return self.tracks([track_id])[0]

    def tracks(self, ids: Iterable[str] | None = None) -> tuple[Track, ...]:
        """All tracks by id, or those of ``ids`` in the order asked for; CatalogueError for an unknown id."""
        if ids is None:
            everything = self._rows(f"SELECT {_COLUMNS} FROM tracks ORDER BY track_id")
            return tuple(Track(*row) for row in everything)
        wanted = list(ids)
        found: dict[str, Track] = {}
        for part in portions(wanted):
            marks = ", ".join("?" * len(part))
            rows = self._rows(f"SELECT {_COLUMNS} FROM tracks WHERE track_id IN ({marks})", part)
            found.update((row[0], Track(*row)) for row in rows)
        unknown = [track_id for track_id in wanted if track_id not in found]
        if unknown:
            raise self._unknown(unknown[0])
        return tuple(found[track_id] for track_id in wanted)

    def find(self, text: str, limit: int = 50, words: Iterable[str] = ()) -> tuple[Track, ...]:
        """The first tracks of :meth:`page` for a text and words: tracks in which all of it is written or heard."""
        return self.page(Query(text, tuple(words)), limit=limit).tracks

    def page(self, query: Query = EVERYTHING, *, offset: int = 0, limit: int = 50) -> Page:
        """Some of the tracks that fit, in order, and how many there are in all.

        Parameters
        ----------
        query : Query
        offset, limit : int >= 0
            How many tracks to leave out first, and how many to give at most.
        """
        with self.snapshot():
            n_tracks = self.n_listed(query)
            ids = self.listed_ids(query, offset, limit) if offset < n_tracks else ()
            return Page(self.tracks(ids), n_tracks)

    def suggest(self, text: str, limit: int = 20) -> tuple[Track, ...]:
        """What a listener who has typed ``text`` so far may mean, the likeliest first; the newest where it is empty.

        Titles and artists that are just this come first, then those that begin with it, then tracks in which each
        part begins a word of the title, artist, album or genre.
        """
        with self.snapshot():
            return self.tracks(self.suggested_ids(text, limit))

    def some(self, n: int) -> tuple[Track, ...]:
        """At most ``n`` tracks by lot, each once."""
        with self.snapshot():
            return self.tracks(self.random_ids(n))

    def remove(self, track_id: str) -> None:
        """Forget a track, its other paths and its vectors; the audio stays. CatalogueError if unknown."""
        with self.transaction():
            self._check_known(track_id)
            self._rows("DELETE FROM tracks WHERE track_id = ?", (track_id,))
            self._count_change()

    def other_paths(self, track_id: str) -> tuple[str, ...]:
        """Further files that held the very same sound."""
        rows = self._rows("SELECT path FROM other_paths WHERE track_id = ? ORDER BY path", (track_id,))
        return tuple(row[0] for row in rows)

    def known_paths(self) -> dict[str, str]:
        """Every path taken in so far, also those of copies, with its track_id."""
        query = "SELECT path, track_id FROM other_paths UNION ALL SELECT path, track_id FROM tracks"
        return {path: track_id for path, track_id in self._rows(query) if path}

    def audio_path(self, track: Track) -> Path:
        """Where the audio of a track lies (the file may be gone: check before use).

        A relative path is taken inside the catalogue's folder and may not leave it, by ``..`` or by a link.

        Raises
        ------
        CatalogueError
            The track has no path, or its relative path leads out of the folder.
        """
        if not track.path or "\0" in track.path:
            raise CatalogueError(f"The track {track.label!r} has no audio file: its path is {track.path!r}.")
        path = Path(track.path)
        if path.is_absolute():
            return path
        resolved = (self.folder / path).resolve()
        if not resolved.is_relative_to(self.folder.resolve()):
            raise CatalogueError(
                f"The path {track.path!r} of {track.label!r} leads out of the catalogue's folder"
                f" {self.folder}. Use an absolute path, or move the file into the folder."
            )
        return resolved

    def locate(self, track: Track) -> Path | None:
        """Where the audio of a track lies, as :meth:`audio_path`; None for one that came without (an import)."""
        return self.audio_path(track) if track.path else None

    def missing(self, fingerprint: str, *, or_tags: bool = False) -> tuple[Track, ...]:
        """Tracks that this encoder has not embedded yet, by id; with ``or_tags`` also those without tags."""
        query = (
            f"SELECT {_COLUMNS} FROM tracks WHERE track_id NOT IN"
            " (SELECT track_id FROM track_vectors WHERE fingerprint = ?)"
            f"{' OR track_id NOT IN (SELECT track_id FROM track_tags)' if or_tags else ''} ORDER BY track_id"
        )
        return tuple(Track(*row) for row in self._rows(query, (fingerprint,)))

    # ---- failures and provenance --------------------------------------------------------------------------

    def record_failure(self, path: str, reason: str, stage: str) -> None:
        """Keep that a file could not be taken in, and why; a later failure of the same path replaces it."""
        with self.transaction():
            self._rows(
                "INSERT OR REPLACE INTO failures (path, reason, stage, time) VALUES (?, ?, ?, ?)",
                (path, reason, stage, time.time()),
            )

    def failures(self) -> tuple[Failure, ...]:
        """All failures, by path."""
        rows = self._rows("SELECT path, reason, stage, time FROM failures ORDER BY path")
        return tuple(Failure(*row) for row in rows)

    def failures_seen(self) -> tuple[Failure, ...]:
        """Failures of files that the last scan of this connection has seen (:meth:`note_seen`), by path."""
        query = (
            "SELECT path, reason, stage, time FROM failures WHERE path IN (SELECT path FROM temp.seen) ORDER BY path"
        )
        return tuple(Failure(*row) for row in self._rows(query))

    def clear_failure(self, path: str) -> None:
        """Forget a failure, because the file was taken in after all; nothing happens if there was none."""
        with self.transaction():
            self._rows("DELETE FROM failures WHERE path = ?", (path,))

    def provenance(self) -> dict[str, str]:
        """Where this catalogue came from, as written by :meth:`set_provenance`."""
        return dict(self._rows("SELECT key, value FROM provenance ORDER BY key"))

    def set_provenance(self, key: str, value: str) -> None:
        """Note a fact about this catalogue (source, licence, date, …)."""
        with self.transaction():
            self._rows("INSERT OR REPLACE INTO provenance (key, value) VALUES (?, ?)", (key, value))


def _filled(first: Track, second: Track) -> Track:
    """The fields of one track, and those of another where they are empty."""
    return Track(*(getattr(first, name) or getattr(second, name) for name in _TRACK_FIELDS))
