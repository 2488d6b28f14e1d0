"""Sharing a catalogue without its audio: :func:`export_to` writes one file, :func:`import_from` takes it in.

In the file are of each track its tags, its content hash, its vectors and what a tagger calls it; and the catalogue's
provenance. Not in it: audio, paths, file names (but a file without a title has its name for one), failures.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from synesthete import __version__, encoders
from synesthete.audio.tags import cleaned
from synesthete.catalogue.schema import address_to_read
from synesthete.catalogue.shared_file import APPLICATION_ID, FORMAT, TABLES, TRACK_COLUMNS, SharedFile
from synesthete.catalogue.store import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.errors import CatalogueError
from synesthete.files import write_atomically

Progress = Callable[[str, float], object]

_COLUMNS = ", ".join(TRACK_COLUMNS)
_EXPORT = (
    f"INSERT INTO tracks ({_COLUMNS}) SELECT {_COLUMNS} FROM own.tracks"
    " WHERE track_id IN (SELECT track_id FROM own.track_vectors) ORDER BY track_id",
    "INSERT INTO encoders SELECT fingerprint, name, version, embedding_size, n_track_features,"
    " coalesce(names, '[]') FROM own.encoders"
    " LEFT JOIN own.tag_names USING (fingerprint)",
    "INSERT INTO vectors SELECT track_id, fingerprint, features, starts, lengths, matrix FROM own.track_vectors"
    " JOIN own.segment_vectors USING (track_id, fingerprint) ORDER BY track_id, fingerprint",
    "INSERT INTO tags SELECT track_id, fingerprint, probabilities FROM own.track_tags"
    " WHERE track_id IN (SELECT track_id FROM tracks) ORDER BY track_id",
    "INSERT INTO provenance SELECT key, value FROM own.provenance",
)


@dataclass(frozen=True)
class ExportCounts:
    """How many tracks a shared file holds, and its size [bytes]."""

    n_tracks: int
    n_bytes: int


@dataclass(frozen=True)
class ImportCounts:
    """What has come of an import.

    Attributes
    ----------
    n_tracks, n_new : int
        In the file; of these not in the catalogue before.
    n_vectors, n_tagged : int
        Vectors of tracks that were added, and tracks that got their words.
    """

    n_tracks: int = 0
    n_new: int = 0
    n_vectors: int = 0
    n_tagged: int = 0


def export_to(catalogue: Catalogue, path: Path) -> ExportCounts:
    """Write what a catalogue knows of its tracks to one file, for others to search.

    Parameters
    ----------
    catalogue : Catalogue
        As it was last written; other processes may go on writing it.
    path : Path
        May not exist.

    Raises
    ------
    CatalogueError
        There is nothing to share, the file is there already, or it cannot be written.
    """
    if path.exists():
        raise CatalogueError(f"{path} is there already. Give another name, or remove it first.")
    if not catalogue.encoders():
        raise CatalogueError(f"The catalogue {catalogue.path} has no vectors to share. Index the music first.")
    try:
        with write_atomically(path) as file:
            n_tracks = _write(catalogue, file.name)
    except (OSError, sqlite3.Error) as error:
        raise CatalogueError(f"{path} could not be written: {error}.") from error
    return ExportCounts(n_tracks, path.stat().st_size)


def _write(catalogue: Catalogue, file: str) -> int:
    made = f"{datetime.now(UTC):%Y-%m-%d} by Synesthete {__version__}"
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", *TABLES.values()):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("ATTACH ? AS own", (address_to_read(catalogue.path),))
        connection.execute("BEGIN")
        for statement in _EXPORT:
            connection.execute(statement)
        connection.execute("INSERT OR REPLACE INTO provenance VALUES ('exported', ?)", (made,))
        connection.execute("COMMIT")
        return int(connection.execute("SELECT count(*) FROM tracks").fetchone()[0])
    finally:
        connection.close()


def import_from(catalogue: Catalogue, shared: SharedFile, on_progress: Progress | None = None) -> ImportCounts:
    """Take the tracks of a shared file into a catalogue; all of them, or none.

    A track that is there already keeps its tags, path, vectors and words, and gains what it lacks. The others come
    without audio: they can be found and are compared, not played. The file is not believed in anything
    (:mod:`synesthete.catalogue.shared_file`).

    Parameters
    ----------
    catalogue : Catalogue
        Open for writing; others who write have to wait until the end.
    shared : SharedFile
        ``SharedFile(path)``.
    on_progress : callable(label, fraction in [0, 1]), optional

    Raises
    ------
    CatalogueError
        The file holds what cannot be, or says of an encoder what is not so.
    """
    counts = {"n_tracks": 0, "n_new": 0, "n_vectors": 0, "n_tagged": 0}
    with catalogue.transaction():
        _take_encoders(catalogue, shared)
        for number, found in enumerate(shared.tracks()):
            if on_progress:
                on_progress(found.track.label, number / shared.n_tracks)
            counts["n_tracks"] += 1
            if found.track.track_id not in catalogue:
                catalogue.add_track(found.track)
                counts["n_new"] += 1
            for fingerprint, blobs in found.vectors.items():
                if not catalogue.has_vectors(found.track.track_id, fingerprint):
                    catalogue.put_packed(found.track.track_id, fingerprint, blobs)
                    counts["n_vectors"] += 1
            if found.tagger and not catalogue.tags(found.track.track_id):
                names = shared.encoders[found.tagger].tag_names
                catalogue.put_tags(found.track.track_id, found.tagger, names, found.probabilities)
                counts["n_tagged"] += 1
        key, value = _provenance(shared, counts["n_new"])
        catalogue.set_provenance(key, value)
    if on_progress:
        on_progress("", 1.0)
    return ImportCounts(**counts)


def own_encoders(shared: SharedFile) -> dict[str, Encoder]:
    """This machine's encoders among those of a shared file, by fingerprint.

    Those that bear the names in the file are loaded, and are all of them as a rule. Whatever is called otherwise, or is
    another version, may be one of this machine's under a false name: for that all are looked at.
    """
    wanted = shared.encoders.keys()
    ready = encoders.load_ready(encoder.name for encoder in shared.encoders.values())
    if wanted - ready.keys():
        ready = encoders.load_ready()
    return {fingerprint: ready[fingerprint] for fingerprint in wanted & ready.keys()}


def _take_encoders(catalogue: Catalogue, shared: SharedFile) -> None:
    """Make the file's encoders known; a false size or false names would spoil what this machine's encoder makes."""
    own = own_encoders(shared)
    for encoder in shared.encoders.values():
        mine = own.get(encoder.fingerprint)
        said = encoder.sizes, encoder.tag_names or (mine.tag_names if mine else ())
        if mine and said != ((mine.embedding_size, mine.n_track_features), mine.tag_names):
            raise CatalogueError(
                f"{shared.path} is not imported: what it says of the encoder {mine.name} is not so."
                " Ask for a new one, made by: synesthete export FILE"
            )
        catalogue.put_encoder(encoder.fingerprint, encoder.name, encoder.version, encoder.sizes)


def _provenance(shared: SharedFile, n_new: int) -> tuple[str, str]:
    with shared.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    says = "; ".join(f"{key}: {value}" for key, value in shared.provenance().items())
    name = cleaned(shared.path.name)
    value = f"{datetime.now(UTC):%Y-%m-%d}, {n_new:,} new tracks, SHA-256 {digest}. It says: {says}"
    return f"import of {name}", value[:1000]
