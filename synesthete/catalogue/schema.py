"""How a catalogue's file is opened, brought to the current format, and written in transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from synesthete.catalogue.tables import SCHEMA, SCHEMA_VERSION, UPGRADES
from synesthete.errors import CatalogueError

APPLICATION_ID = 0x53594E45  # "SYNE": tells our files from other SQLite databases
BUSY_TIMEOUT_MS = 15_000
UNKNOWN = "\uffff"  # stands for an empty tag where tags are put in order


class CatalogueFile:
    """The open file: one connection shared by all threads of this process, and its transactions."""

    def __init__(self, path: Path, is_read_only: bool) -> None:
        self.path = path
        self.folder = path.parent
        self.is_read_only = is_read_only
        self._connection = connect(path, is_read_only)
        self._lock = threading.RLock()  # Streamlit starts a thread a rerun: a connection each would pile up
        self._depth = 0

    def close(self) -> None:
        """Close the file; the object cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            if _is_busy(error):
                raise _locked(self.path) from error
            raise CatalogueError(
                f"The catalogue {self.path} cannot be read or written: {error}."
                f" Check it with: synesthete doctor --catalogue {self.path}"
            ) from error

    def _check_known(self, track_id: str) -> None:
        if not self._rows("SELECT 1 FROM tracks WHERE track_id = ?", (track_id,)):
            raise self._unknown(track_id)

    def _unknown(self, track_id: str) -> CatalogueError:
        return CatalogueError(f"The catalogue {self.path} holds no track {track_id!r}; see its tracks().")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make several writes one: all of them are kept, or none. May be nested; the outermost one counts.

        Inside :meth:`snapshot` it is made on the newest state of the catalogue and kept when it ends, and the
        snapshot goes on from there: reads after it see what it wrote, and what others have written before it.
        """
        if self.is_read_only:
            raise CatalogueError(f"The catalogue {self.path} is read-only. Copy it to a folder of your own first.")
        with self._lock:
            is_in_snapshot = self._depth == 0 and self._connection.in_transaction
            if is_in_snapshot:  # a read that began before another process wrote can never become a write
                self._connection.rollback()
            try:
                yield from self._written()
            finally:
                if is_in_snapshot:
                    self._rows("BEGIN")

    def _written(self) -> Iterator[None]:
        if self._depth == 0:
            self._rows("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self._rows("COMMIT")
        except BaseException:
            if self._depth == 1 and self._connection.in_transaction:
                self._connection.rollback()
            raise
        finally:
            self._depth -= 1

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Make several reads see one state of the catalogue, whatever other processes write meanwhile."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._rows("BEGIN")
            try:
                yield
            finally:
                self._connection.rollback()

    def integrity_problems(self) -> list[str]:
        """What SQLite finds wrong with the file; empty if it is whole. Reads all of it."""
        found = [str(row[0]) for row in self._rows("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else found

    def n_broken_references(self) -> int:
        """How many rows belong to a track or encoder that is not there."""
        return len(self._rows("PRAGMA foreign_key_check"))

    def pack(self) -> None:
        """Make the file compact and complete in itself, ready to be shipped: no journal files beside it.

        Nobody else may have it open. What is written later opens the journal again.
        """
        with self.transaction():  # refuses a read-only file, waits for other writers
            pass
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA journal_mode = DELETE"):
            self._rows(statement)


def connect(path: Path, is_read_only: bool) -> sqlite3.Connection:
    """Open the file behind a catalogue and see that it is one; creates it unless ``is_read_only``."""
    if is_read_only and not path.is_file():
        raise CatalogueError(
            f"There is no catalogue at {path}. Check the path, or make one: synesthete index FOLDER --catalogue {path}"
        )
    try:
        connection = _open(path, is_read_only)
    except (sqlite3.Error, OSError) as error:
        raise CatalogueError(f"The catalogue {path} could not be opened: {error}.") from error
    try:
        _prepare_patiently(connection, path, is_read_only)
    except sqlite3.Error as error:
        connection.close()
        if _is_busy(error):
            raise _locked(path) from error
        raise CatalogueError(
            f"{path} is not a catalogue, or it is damaged: {error}. Choose another file, or index the music again."
        ) from error
    except CatalogueError:
        connection.close()
        raise
    return connection


def address_to_read(path: Path) -> str:
    """The file as an address for SQLite that opens it for reading only."""
    # A write-ahead journal needs files beside the catalogue even to read it. In a folder where those
    # cannot be made, nobody is writing either, so SQLite may be told that the file will not change.
    how = "mode=ro" if os.access(path.parent, os.W_OK) else "immutable=1"
    return f"file:{quote(path.as_posix())}?{how}"


def _is_busy(error: sqlite3.Error) -> bool:
    """Whether another process kept the file to itself for longer than anybody waits."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _locked(path: Path) -> CatalogueError:
    return CatalogueError(f"The catalogue {path} is locked by another program. Try again when that is done.")


def _open(path: Path, is_read_only: bool) -> sqlite3.Connection:
    if not is_read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    address = address_to_read(path) if is_read_only else f"file:{quote(path.as_posix())}?mode=rwc"
    return sqlite3.connect(
        address, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000
    )


def _prepare_patiently(connection: sqlite3.Connection, path: Path, is_read_only: bool) -> None:
    """Prepare, again and again while others do the same: SQLite does not wait to change the journal."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            return _prepare(connection, path, is_read_only)
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            connection.rollback()
            time.sleep(0.02)


def _prepare(connection: sqlite3.Connection, path: Path, is_read_only: bool) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    if not is_read_only and _pragma(connection, "schema_version") == 0:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")  # two processes may be creating it: look again under the lock
        if _pragma(connection, "schema_version") == 0:
            for statement in _statements(SCHEMA):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    version = _pragma(connection, "user_version")
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise CatalogueError(f"{path} is an SQLite database, but not a Synesthete catalogue. Choose another file.")
    if version > SCHEMA_VERSION:
        raise CatalogueError(
            f"The catalogue {path} has format {version}; this Synesthete reads up to {SCHEMA_VERSION}."
            " Update Synesthete to open it."
        )
    if version < SCHEMA_VERSION and is_read_only:
        raise CatalogueError(
            f"The catalogue {path} has the older format {version}, and was opened for reading only. Open it for writing"
            " once to bring it up to date: synesthete index --catalogue FILE FOLDER, or Catalogue.open(path)."
        )
    if not is_read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        _upgrade(connection)


def _upgrade(connection: sqlite3.Connection) -> None:
    """Bring the file to the current format, in one transaction."""
    if _pragma(connection, "user_version") == SCHEMA_VERSION:
        return
    connection.create_function("sort_key", 1, sort_key, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")  # another process may be at it: look again under the lock
    while (version := _pragma(connection, "user_version")) < SCHEMA_VERSION:
        for statement in _statements(UPGRADES[version]):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version + 1}")
    connection.execute("COMMIT")


def _statements(script: str) -> Iterator[str]:
    """Cut a script into its statements; one that makes a trigger holds further semicolons."""
    statement = ""
    for part in script.split(";")[:-1]:
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def searchable(*texts: str) -> str:
    """Texts joined without case and accents, as words are looked up: ``Björk`` is found by ``bjork``."""
    whole = "\n".join(texts).encode(errors="ignore").decode()  # half an emoji is no text
    decomposed = unicodedata.normalize("NFKD", whole.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def sort_key(tag: str) -> str:
    """What a tag is listed and looked up by: without case and accents; unknown tags come last."""
    return searchable(tag).strip() or UNKNOWN
