"""The Kaggle list of Spotify's songs (``SpotifyFeatures.csv``), and the record of those that were downloaded.

The list holds no audio. :mod:`synesthete.sources.downloader` has a program of the listener's own fetch it, a folder a
song, and keeps in the record beside them what came of each.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from synesthete.errors import CatalogueError, SourceError
from synesthete.sources.metadata import NO_METADATA, Metadata, known, plain
from synesthete.sources.tables import read_rows

RECORD_NAME = "spotify-list.sqlite"
_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
_COLUMNS = ("genre", "artist_name", "track_name", "track_id")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS downloads (
    spotify_id TEXT PRIMARY KEY, title TEXT NOT NULL, artist TEXT NOT NULL, genre TEXT NOT NULL,
    is_done INTEGER NOT NULL, n_tries INTEGER NOT NULL, reason TEXT NOT NULL, time REAL NOT NULL)
"""


@dataclass(frozen=True)
class Song:
    """A song of the list; ``genre`` names all those it is listed under."""

    spotify_id: str
    title: str
    artist: str
    genre: str

    @property
    def address(self) -> str:
        """Where Spotify shows it."""
        return f"https://open.spotify.com/track/{self.spotify_id}"


def read_songs(path: Path) -> tuple[list[Song], int]:
    """The songs of the list, each once, in its order; and how many damaged rows were passed over.

    Raises
    ------
    CatalogueError
        The file cannot be read, or has not the list's columns.
    """
    rows = read_rows(path)
    head = next(rows, [])
    missing = [name for name in _COLUMNS if name not in head]
    if missing:
        raise CatalogueError(f"{path} is not Kaggle's list of Spotify's songs: it has no column {missing[0]!r}.")
    places = [head.index(name) for name in _COLUMNS]
    found: dict[str, tuple[str, str, list[str]]] = {}
    n_damaged = 0
    for row in rows:
        if len(row) != len(head) or not _SPOTIFY_ID.fullmatch(row[places[3]]):
            n_damaged += 1
            continue
        genre, artist, title, spotify_id = (row[place] for place in places)
        genres = found.setdefault(spotify_id, (plain(title), plain(artist), []))[2]
        if plain(genre) not in genres:
            genres.append(plain(genre))
    songs = [Song(key, title, artist, plain("; ".join(genres))) for key, (title, artist, genres) in found.items()]
    return songs, n_damaged


def shuffled(songs: list[Song], seed: int) -> list[Song]:
    """The songs in a random order: its first ``n`` are a sample of them, and of any larger one the beginning."""
    order = sorted(songs, key=lambda song: song.spotify_id)
    random.Random(seed).shuffle(order)
    return order


class Record:
    """What came of each song that was asked for: an SQLite file beside the audio; a context manager.

    As a function it gives the metadata of a file by the folder that it lies in, which bears the song's id.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self._connection = path, connection
        rows = connection.execute("SELECT spotify_id, title, artist, genre FROM downloads WHERE is_done")
        self._songs = {row[0]: Song(*(plain(str(cell)) for cell in row)) for row in rows}

    @classmethod
    def open(cls, path: Path, *, is_read_only: bool = True) -> Record:
        """Open a record, or make one unless ``is_read_only``; CatalogueError for a file that is none."""
        address = f"file:{quote(str(path))}?mode={'ro' if is_read_only else 'rwc'}"
        try:
            connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=15)
            if not is_read_only:
                connection.execute(_SCHEMA)
            return cls(path, connection)
        except sqlite3.Error as error:
            raise CatalogueError(f"{path} is not the record of a download: {error}.") from error

    def __call__(self, path: str) -> Metadata:
        song = self._songs.get(Path(path).parent.name)
        if song is None:
            return NO_METADATA
        given = {"title": song.title, "artist": song.artist, "genre": song.genre, "source": song.address}
        return Metadata(given=known(given))

    def note(self, song: Song, n_tries: int, reason: str = "") -> None:
        """Keep that a song has come or, with a reason, that it has not."""
        row = (song.spotify_id, song.title, song.artist, song.genre, not reason, n_tries, reason, time.time())
        marks = ", ".join("?" * len(row))
        try:
            self._connection.execute(f"INSERT OR REPLACE INTO downloads VALUES ({marks})", row)
        except sqlite3.Error as error:
            raise SourceError(f"The record {self.path} cannot be written: {error}.") from error

    def done(self) -> set[str]:
        """Ids of the songs that have come."""
        return {row[0] for row in self._connection.execute("SELECT spotify_id FROM downloads WHERE is_done")}

    def failed(self) -> dict[str, str]:
        """Why songs have not come, by id."""
        return dict(self._connection.execute("SELECT spotify_id, reason FROM downloads WHERE NOT is_done"))

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def find_record(folder: Path) -> Path | None:
    """The record in a folder that downloads have filled; None if there is none."""
    path = folder / RECORD_NAME
    return path if os.path.isfile(path) else None  # noqa: PTH113 - False also where a folder may not be entered
