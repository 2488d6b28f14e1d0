"""A shared catalogue: one SQLite file of tags, vectors and words, without audio and without paths.

The file comes from a stranger. It is opened for reading only, nothing beside it is looked at, its schema has to be
exactly ours (so there are no triggers, views or virtual tables), and every value is checked before it is believed.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import numpy as np

from synesthete.audio.tags import Tags, cleaned
from synesthete.catalogue.packing import misfit
from synesthete.errors import CatalogueError
from synesthete.tracks import Track

APPLICATION_ID = 0x53594E58  # "SYNX": no catalogue, so that nobody opens it as one
FORMAT = 1
MAX_TRACKS, MAX_BYTES = 1_000_000, 256 * 1024**3
MAX_ENCODERS, MAX_SIZE, MAX_SEGMENTS, MAX_NAMES, MAX_FACTS = 64, 16_384, 4096, 1000, 10_000
_MAX_VALUE_BYTES = 2 * MAX_SIZE * MAX_SEGMENTS

TABLES = {
    "tracks": "CREATE TABLE tracks (track_id TEXT PRIMARY KEY, title TEXT, artist TEXT, album TEXT, genre TEXT,"
    " seconds REAL, isrc TEXT, licence TEXT, source TEXT, album_artist TEXT, year INTEGER, track_number INTEGER,"
    " musicbrainz_recording_id TEXT, replaygain_db REAL) STRICT",
    "encoders": "CREATE TABLE encoders (fingerprint TEXT PRIMARY KEY, name TEXT, version TEXT, embedding_size INTEGER,"
    " n_track_features INTEGER, tag_names TEXT) STRICT",
    "vectors": "CREATE TABLE vectors (track_id TEXT, fingerprint TEXT, features BLOB, starts BLOB, lengths BLOB,"
    " matrix BLOB, PRIMARY KEY (track_id, fingerprint)) STRICT",
    "tags": "CREATE TABLE tags (track_id TEXT PRIMARY KEY, fingerprint TEXT, probabilities BLOB) STRICT",
    "provenance": "CREATE TABLE provenance (key TEXT PRIMARY KEY, value TEXT) STRICT",
}
TRACK_COLUMNS = tuple(name.name for name in fields(Track) if name.name != "path")


@dataclass(frozen=True)
class SharedEncoder:
    """An encoder that made vectors of the file; ``sizes`` are its embedding_size and n_track_features.

    ``tag_names`` are empty if it gives no tags.
    """

    fingerprint: str
    name: str
    version: str
    sizes: tuple[int, int]
    tag_names: tuple[str, ...]


@dataclass(frozen=True)
class SharedTrack:
    """A track of the file.

    Attributes
    ----------
    track : Track
        Without a path.
    vectors : dict of str to tuple of bytes
        By encoder fingerprint, as :func:`synesthete.catalogue.vectors.packed` makes them.
    tagger : str
        Fingerprint of the encoder that gave the tags; empty where there are none.
    probabilities : np.ndarray [shape=(n_tag_names,)], float16 in [0, 1]
    """

    track: Track
    vectors: dict[str, tuple[bytes, bytes, bytes, bytes]] = field(repr=False)
    tagger: str
    probabilities: np.ndarray = field(repr=False)


class SharedFile:
    """An open shared catalogue, to be read from the beginning to the end.

    Raises
    ------
    CatalogueError
        From every method: the file is missing, too large, damaged, or not what :func:`synesthete.catalogue.share`
        writes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise CatalogueError(f"There is no shared catalogue at {path}. Check the path.")
        if (n_bytes := path.stat().st_size) > MAX_BYTES:
            raise self._refusal(f"it has {n_bytes:,} bytes, and {MAX_BYTES:,} are the most that is read")
        # Immutable: a journal that lies beside the file is not looked at.
        address = f"file:{quote(path.resolve().as_posix())}?mode=ro&immutable=1"
        try:
            self._connection = sqlite3.connect(address, uri=True, isolation_level=None)
        except sqlite3.Error as error:
            raise self._refusal(f"it cannot be opened ({error})") from error
        try:
            self._check_file()
            self.encoders = {encoder.fingerprint: encoder for encoder in self._read_encoders()}
            self.n_tracks = self._count("tracks", MAX_TRACKS)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _rows(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query, values)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._refusal(f"it is damaged, or not a shared catalogue ({error})") from error

    def _refusal(self, what: str) -> CatalogueError:
        return CatalogueError(
            f"{self.path} is not imported: {what}. Ask for a new one, made by: synesthete export FILE"
        )

    def _check_file(self) -> None:
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON", "mmap_size = 0"):
            list(self._rows(f"PRAGMA {pragma}"))
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
        ((mark,),), ((version,),) = (list(self._rows(f"PRAGMA {name}")) for name in ("application_id", "user_version"))
        if mark != APPLICATION_ID:
            raise self._refusal("it is an SQLite database, but not a shared catalogue")
        if version != FORMAT:
            raise self._refusal(f"it has format {version}, and this Synesthete reads {FORMAT}; update it, perhaps")
        found = {(name, sql) for _, name, sql in self._schema() if sql is not None}
        own_indexes = {(kind, name[:17]) for kind, name, sql in self._schema() if sql is None}
        if found != set(TABLES.items()) or own_indexes != {("index", "sqlite_autoindex_")}:
            raise self._refusal("its tables are not those of a shared catalogue")
        if (problems := list(self._rows("PRAGMA quick_check(1)"))) != [("ok",)]:
            raise self._refusal(f"it is damaged ({cleaned(str(problems[0][0]))})")

    def _schema(self) -> list[tuple[Any, ...]]:
        return list(self._rows("SELECT type, name, sql FROM sqlite_schema"))

    def _count(self, table: str, most: int) -> int:
        ((n,),) = self._rows(f"SELECT count(*) FROM {table}")
        if n > most:
            raise self._refusal(f"it holds {n:,} {table}, and {most:,} are the most that is read")
        return int(n)

    # ---- what it holds, checked ---------------------------------------------------------------------------

    def _read_encoders(self) -> Iterator[SharedEncoder]:
        self._count("encoders", MAX_ENCODERS)
        query = "SELECT fingerprint, name, version, tag_names, embedding_size, n_track_features FROM encoders"
        for row in self._rows(query):
            fingerprint, name, version, names, *sizes = row
            is_text = all(isinstance(value, str) for value in (fingerprint, name, version, names))
            is_named = is_text and _is_hash(fingerprint) and re.fullmatch(r"[\w.-]{1,60}", name)  # stands in commands
            if not is_named or not all(isinstance(size, int) and 0 < size <= MAX_SIZE for size in sizes):
                raise self._refusal(f"an encoder in it cannot be ({cleaned(str((*row[:3], *sizes)))})")
            yield SharedEncoder(fingerprint, name, cleaned(version), (sizes[0], sizes[1]), self._tag_names(names))

    def _tag_names(self, text: str) -> tuple[str, ...]:
        try:
            names = json.loads(text)
        except (ValueError, RecursionError):
            names = None
        is_list = isinstance(names, list) and len(names) <= MAX_NAMES and all(isinstance(name, str) for name in names)
        if not is_list or len(set(names)) < len(names) or not all(map(_is_name, names)):
            raise self._refusal(f"its names of tags cannot be ({cleaned(text)[:60]})")
        return tuple(names)

    def provenance(self) -> dict[str, str]:
        """What the file says of where it comes from."""
        self._count("provenance", MAX_FACTS)
        rows = list(self._rows("SELECT key, value FROM provenance ORDER BY key"))
        return {cleaned(key): cleaned(value) for key, value in rows if isinstance(key, str) and isinstance(value, str)}

    def tracks(self) -> Iterator[SharedTrack]:
        """All tracks."""
        for row in self._rows(f"SELECT {', '.join(TRACK_COLUMNS)} FROM tracks"):
            track = self._track(dict(zip(TRACK_COLUMNS, row, strict=True)))
            tagger, probabilities = self._tags(track.track_id)
            yield SharedTrack(track, self._vectors(track.track_id), tagger, probabilities)

    def _track(self, row: dict[str, Any]) -> Track:
        """Tags by the same rules as those of an audio file."""
        track_id, seconds = row["track_id"], row["seconds"]
        if not isinstance(track_id, str) or not _is_hash(track_id):
            raise self._refusal(f"a track in it has the id {cleaned(str(track_id))!r}, which is no hash of a sound")
        if not isinstance(seconds, float) or not 0 <= seconds < 1e7:  # not-a-number fails too
            raise self._refusal(f"track {track_id} is {cleaned(str(seconds))} seconds long")
        tags = Tags.from_plain(row)
        licence, source = (cleaned(row[name]) if isinstance(row[name], str) else "" for name in ("licence", "source"))
        return Track(
            track_id,
            title=tags.title or "Untitled",
            artist=tags.artist,
            album=tags.album,
            genre=tags.genre,
            seconds=seconds,
            isrc=tags.isrc,
            licence=licence,
            source=source,
            album_artist=tags.album_artist,
            year=tags.year,
            track_number=tags.track_number,
            musicbrainz_recording_id=tags.musicbrainz_recording_id,
            replaygain_db=tags.replaygain_db,
        )

    def _vectors(self, track_id: str) -> dict[str, tuple[bytes, bytes, bytes, bytes]]:
        found: dict[str, tuple[bytes, bytes, bytes, bytes]] = {}
        query = "SELECT fingerprint, features, starts, lengths, matrix FROM vectors WHERE track_id = ?"
        for fingerprint, *blobs in self._rows(query, (track_id,)):
            problem = "is of an encoder that the file does not name"
            if fingerprint in self.encoders and all(isinstance(blob, bytes) for blob in blobs):
                problem = _problem(blobs, self.encoders[fingerprint].sizes)
            if problem:
                raise self._refusal(f"what it holds of track {track_id} {problem}")
            features, starts, lengths, matrix = blobs
            found[fingerprint] = features, starts, lengths, matrix
        return found

    def _tags(self, track_id: str) -> tuple[str, np.ndarray]:
        rows = list(self._rows("SELECT fingerprint, probabilities FROM tags WHERE track_id = ?", (track_id,)))
        if not rows:
            return "", np.empty(0, np.float16)
        fingerprint, blob = rows[0]
        n_names = len(self.encoders[fingerprint].tag_names) if fingerprint in self.encoders else 0
        if n_names and isinstance(blob, bytes) and len(blob) == 2 * n_names:
            probabilities = np.frombuffer(blob, dtype="<f2")
            if ((probabilities >= 0) & (probabilities <= 1)).all():
                return fingerprint, probabilities
        raise self._refusal(f"the tags of track {track_id} in it are not {n_names} probabilities")


def _is_hash(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{16}", text) is not None


def _is_name(name: str) -> bool:
    """Whether this may be shown in a list of words: printable, and no spreadsheet takes it for a formula."""
    return name == cleaned(name) and name[:1].isalnum()


def _problem(blobs: Sequence[bytes], sizes: tuple[int, int]) -> str:
    """What is wrong with the bytes of an embedding; empty if they fit an encoder of these sizes."""
    features, starts, lengths, matrix = blobs
    size, n_features = sizes
    n_segments = len(starts) // 4
    expected = (4 * n_features, 4 * n_segments, 4 * n_segments, 2 * size * n_segments)
    if tuple(map(len, blobs)) != expected or not 0 < n_segments <= MAX_SEGMENTS:
        return f"has {', '.join(str(len(blob)) for blob in blobs)} bytes, which no embedding of size {size} has"
    begins, seconds = (np.frombuffer(blob, dtype="<f4") for blob in (starts, lengths))
    is_time = np.isfinite(begins).all() and (begins >= 0).all() and (np.diff(begins) >= 0).all()
    if not is_time or not ((seconds > 0) & (seconds < math.inf)).all():
        return "has segments at impossible times"
    return misfit(
        np.frombuffer(features, dtype="<f4"),
        np.frombuffer(matrix, dtype="<f2").reshape(n_segments, size),
        n_segments,
        sizes,
    )
