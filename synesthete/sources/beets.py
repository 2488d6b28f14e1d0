"""A beets library (its SQLite file) as a list of files with their tags."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from synesthete.errors import CatalogueError
from synesthete.sources.metadata import MAX_READ_CHARACTERS, Metadata, known, number, plain

ROWS_A_QUERY = 1_000  # a query that stays open would keep beets from writing
_MAGIC = b"SQLite format 3\0"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
_VALUES = "\\␀"  # between several values of one field
# Our name of a field: the columns that may hold it, newest version of beets first.
_COLUMNS = {
    "title": ("title",),
    "artist": ("artist",),
    "album": ("album",),
    "album_artist": ("albumartist",),
    "genre": ("genres", "genre"),
    "year": ("year", "original_year"),
    "track_number": ("track",),
    "isrc": ("isrc",),
    "musicbrainz_recording_id": ("mb_trackid",),
}


def is_database(path: Path) -> bool:
    """Whether a regular file is an SQLite database."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def read_library(path: Path) -> Iterator[tuple[str, Metadata]]:
    """Go through the songs of a beets library, which is opened for reading only.

    Newer versions of beets keep paths relative to their music folder: that is looked up in the ``config.yaml`` beside
    the library, then in beets' own (``$BEETSDIR`` or ``~/.config/beets``); without either it is ``~/Music``, as there.

    Yields
    ------
    tuple of str and Metadata
        Absolute path of the file and what beets knows of it.

    Raises
    ------
    CatalogueError
        The file is no beets library, or it cannot be read.
    """
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=15)
    except sqlite3.Error as error:
        raise CatalogueError(f"The beets library {path} cannot be opened: {error}.") from error
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        yield from _songs(connection, path)
    except sqlite3.Error as error:
        raise CatalogueError(f"The beets library {path} cannot be read: {error}.") from error
    finally:
        connection.close()


def _songs(connection: sqlite3.Connection, path: Path) -> Iterator[tuple[str, Metadata]]:
    there = {row[1] for row in connection.execute("PRAGMA table_info(items)")}
    is_table = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'items'").fetchone()
    if not is_table or not {"id", "path"} <= there:
        raise CatalogueError(f"{path} is an SQLite database, but no beets library: it has no table of items.")
    columns = {name: [column for column in known_as if column in there] for name, known_as in _COLUMNS.items()}
    wanted = [column for known_as in columns.values() for column in known_as]
    texts = "".join(f", substr({column}, 1, {MAX_READ_CHARACTERS})" for column in wanted)
    folder, last = music_folder(path), -1
    while True:
        rows = connection.execute(
            f"SELECT id, path{texts} FROM items WHERE id > ? ORDER BY id LIMIT {ROWS_A_QUERY}", (last,)
        ).fetchall()
        for _, place, *values in rows:
            yield _located(place, folder), _metadata(columns, dict(zip(wanted, values, strict=True)))
        if len(rows) < ROWS_A_QUERY:
            return
        last = rows[-1][0]


def _located(place: Any, folder: str) -> str:
    text = os.fsdecode(place) if isinstance(place, bytes) else str(place)
    return os.path.abspath(os.path.join(folder, text))  # noqa: PTH100, PTH118 - a Path refuses what it may hold


def _metadata(columns: dict[str, list[str]], row: dict[str, Any]) -> Metadata:
    given: dict[str, str | int] = {}
    for name, known_as in columns.items():
        text = next((str(row[column]) for column in known_as if row[column]), "")
        if name in ("year", "track_number"):
            given[name] = number(text)
        else:
            given[name] = plain(text.replace(_VALUES, "; "))
    isrc = str(given["isrc"]).replace("-", "").upper()
    recording = str(given["musicbrainz_recording_id"]).lower()
    given["isrc"] = isrc if _ISRC.fullmatch(isrc) else ""
    given["musicbrainz_recording_id"] = recording if _UUID.fullmatch(recording) else ""
    return Metadata(given=known(given))


def music_folder(library: Path) -> str:
    """The folder where relative paths of a beets library start."""
    own = Path(os.environ.get("BEETSDIR") or "~/.config/beets").expanduser()
    for config in (library.parent / "config.yaml", own / "config.yaml"):
        if not os.path.isfile(config):  # noqa: PTH113 - False also for a pipe, or where a folder may not be entered
            continue
        try:
            text = config.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found = re.search(r"^directory:[ \t]*(?:\"([^\"\n]+)\"|'([^'\n]+)'|([^\s#][^#\n]*))", text, re.MULTILINE)
        if found:
            named = os.path.expanduser((found[1] or found[2] or found[3]).strip())  # noqa: PTH111 - raises nothing
            return str(config.parent.absolute() / named)
    return str(Path("~/Music").expanduser())
