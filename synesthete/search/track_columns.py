"""What is known of tracks beside their sound, in columns by row number: what filters test."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synesthete.catalogue import Catalogue
from synesthete.files import write_atomically

_FORMAT = "synesthete-columns-1"
_NAMED = ("artists", "genres", "folders")


@dataclass(frozen=True)
class TrackFilter:
    """Which tracks may be found at all; an empty field lets all pass.

    Attributes
    ----------
    artist, genre : str
        As tagged, whatever the case.
    folder : str
        Of the file, or a folder above it, as the catalogue keeps its paths.
    words : tuple of str
        Of :meth:`synesthete.catalogue.Catalogue.word_counts`; the track has all of them.
    text : str
        What is written or heard of the track, as :meth:`synesthete.catalogue.Catalogue.find` takes it.
    min_seconds, max_seconds : float [s]
    """

    artist: str = ""
    genre: str = ""
    folder: str = ""
    words: tuple[str, ...] = ()
    text: str = ""
    min_seconds: float = 0.0
    max_seconds: float = np.inf


EVERY_TRACK = TrackFilter()


@dataclass(frozen=True)
class Names:
    """A column of names: a number for each, whatever its case; -1 for none.

    Attributes
    ----------
    numbers : np.ndarray [shape=(n_tracks,)], int32
    number_of : dict of str to int
    """

    numbers: np.ndarray
    number_of: dict[str, int]

    def is_named(self, name: str) -> np.ndarray:
        """Which tracks have a name [n_tracks], bool."""
        return np.asarray(self.numbers == self.number_of.get(_key(name), -2))


@dataclass(frozen=True)
class TrackColumns:
    """What filters test, by row number.

    Attributes
    ----------
    is_there : np.ndarray [shape=(n_tracks,)], bool
        Whether the catalogue still has the track.
    seconds : np.ndarray [shape=(n_tracks,)], float64 [s]
    artists, genres, folders : Names
    """

    is_there: np.ndarray
    seconds: np.ndarray
    artists: Names
    genres: Names
    folders: Names

    @property
    def n_artists(self) -> int:
        """How many artists there are."""
        return len(self.artists.number_of) - 1

    @classmethod
    def read(cls, catalogue: Catalogue, fingerprint: str, ids: Sequence[str]) -> TrackColumns:
        """Read them from a catalogue, for tracks by id, sorted; those that it no longer has are marked."""
        ids = tuple(ids)
        n, row = len(ids), 0
        is_there, seconds = np.zeros(n, dtype=bool), np.zeros(n)
        columns = [(np.full(n, -1, dtype=np.int32), {"": -1}) for _ in range(3)]
        as_tagged: tuple[dict[str, int], ...] = ({}, {}, {})  # most names come again as they were
        for track_id, length, artist, genre, path in catalogue.listed(fingerprint):
            while row < n and ids[row] < track_id:
                row += 1
            if row == n or ids[row] != track_id:
                continue  # it came later than the index
            is_there[row], seconds[row] = True, length
            names = (artist, genre, folder_of(path))
            for (numbers, number_of), known, name, key in zip(columns, as_tagged, names, _KEYS, strict=True):
                if name not in known:
                    known[name] = number_of.setdefault(key(name), len(number_of) - 1)
                numbers[row] = known[name]
        return cls(is_there, seconds, *(Names(*column) for column in columns))

    def save(self, path: Path, state: str) -> None:
        """Keep them for the next start, whole or not at all, with what they are of; OSError as usual."""
        names = {kind: list(getattr(self, kind).number_of) for kind in _NAMED}
        header = json.dumps({"format": _FORMAT, "state": state, **names}).encode()
        buffer = io.BytesIO()
        np.savez(
            buffer,
            header=np.frombuffer(header, dtype=np.uint8),
            is_there=np.packbits(self.is_there),
            seconds=self.seconds,
            **{kind: getattr(self, kind).numbers for kind in _NAMED},
        )
        with write_atomically(path) as file:
            file.write(buffer.getbuffer())

    @classmethod
    def load(cls, path: Path, state: str, n_tracks: int) -> TrackColumns | None:
        """What :meth:`save` kept of a state; None where that is not there, damaged or of another state."""
        try:
            with np.load(path, allow_pickle=False) as file:
                header = json.loads(file["header"].tobytes())
                if (header["format"], header["state"]) != (_FORMAT, state):
                    return None
                names = [Names(file[kind], {name: n - 1 for n, name in enumerate(header[kind])}) for kind in _NAMED]
                is_there = np.unpackbits(file["is_there"], count=n_tracks).astype(bool)
                made = cls(is_there, file["seconds"], *names)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None
        is_whole = all(len(column) == n_tracks for column in (made.seconds, *(each.numbers for each in names)))
        return made if is_whole else None

    def passing(self, wanted: TrackFilter) -> np.ndarray:
        """Which tracks pass a filter but for its words and text [n_tracks], bool."""
        is_open = self.is_there.copy()
        if wanted.artist:
            is_open &= self.artists.is_named(wanted.artist)
        if wanted.genre:
            is_open &= self.genres.is_named(wanted.genre)
        if wanted.folder:
            folder = wanted.folder.rstrip("/")
            inside = [
                number
                for name, number in self.folders.number_of.items()
                if number >= 0 and (name == folder or name.startswith(folder + "/"))
            ]
            is_open &= np.isin(self.folders.numbers, inside)
        if wanted.min_seconds > 0 or wanted.max_seconds < np.inf:
            is_open &= (self.seconds >= wanted.min_seconds) & (self.seconds <= wanted.max_seconds)
        return is_open


def columns_now(
    catalogue: Catalogue, fingerprint: str, revision: str, ids: Sequence[str], folder: Path
) -> TrackColumns:
    """The columns of a large catalogue as it is now: as they are kept beside its index, or read anew and kept there."""
    state = f"{revision} {catalogue.path.stat().st_ino} {catalogue.n_changes()}"  # of before they are read
    path = folder / f"{fingerprint}.columns"
    made = TrackColumns.load(path, state, len(ids))
    if made is None:
        made = TrackColumns.read(catalogue, fingerprint, ids)
        with contextlib.suppress(OSError):  # the next start then reads them from the catalogue, too
            made.save(path, state)
    return made


def folder_of(path: str) -> str:
    """The folder that a file of a catalogue lies in, as the catalogue writes it."""
    return path.replace("\\", "/").rpartition("/")[0]


def _key(name: str) -> str:
    return name.strip().casefold()


_KEYS: tuple[Callable[[str], str], ...] = (_key, _key, str)
