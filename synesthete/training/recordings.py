"""Recordings to learn from, with their genre and artist, from the layouts that music with labels comes in."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from synesthete.audio.formats import FILE_SUFFIXES
from synesthete.errors import SynestheteError
from synesthete.sources import fma
from synesthete.sources.folder import Found
from synesthete.sources.places import Places

LISTS = ("tracks.csv", "manifest.csv")  # of recordings in their own folder; FMA's has another head
NEEDED = ("file", "artist")
_SUFFIXES = frozenset(f".{suffix}" for suffix in FILE_SUFFIXES)


@dataclass(frozen=True)
class Recording:
    """One file to learn from.

    Attributes
    ----------
    path : Path
    artist, collection : str
        Who made it and what it came with, empty where unknown; they decide what is held out.
    genre : str
        Empty where unknown.
    licence : str
    """

    path: Path
    artist: str = ""
    collection: str = ""
    genre: str = ""
    licence: str = ""

    @property
    def group(self) -> str:
        """What is held out as one: the artist, or the collection of one without; else the file itself."""
        if self.artist:
            return f"artist {self.artist.casefold()}"
        return f"collection {self.collection}" if self.collection else f"file {self.path}"


def read_recordings(folders: Iterable[Path], is_genre_from_folder: bool = False) -> list[Recording]:
    """All recordings of some folders, in order; those that stand in a list with a ``doubt`` are left out.

    Parameters
    ----------
    folders : iterable of Path
        Each with a ``tracks.csv`` or ``manifest.csv`` that has the columns ``file`` and ``artist``, and may have
        ``genre``, ``album``, ``licence`` and ``doubt``; or a folder of the FMA dataset; or any folder of music.
    is_genre_from_folder : bool
        In a folder without a list the folder of a file names its genre, as in GTZAN: ``genres/blues/1.wav``.

    Raises
    ------
    SynestheteError
        A folder is missing, or there is no recording at all.
    """
    found: list[Recording] = []
    for folder in folders:
        listed = next((folder / name for name in LISTS if (folder / name).is_file()), None)
        if listed is None or fma.is_tracks(listed):
            found += _walked(folder, is_genre_from_folder)
        else:
            found += _listed(listed)
    if not found:
        raise SynestheteError(
            f"There is no recording in {', '.join(map(str, folders))}: name folders of music with --data."
        )
    return found


def _listed(path: Path) -> Iterator[Recording]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise SynestheteError(f"{path} lacks the columns {', '.join(missing)}; it needs {', '.join(NEEDED)}.")
        for row in reader:
            if not row.get("doubt"):
                where = path.parent / (row["file"] or "")
                if not where.is_file():
                    raise SynestheteError(f"{path} names {row['file']!r}, which is not there.")
                known = {name: row.get(name) or "" for name in ("artist", "genre", "licence")}
                yield Recording(where, collection=row.get("album") or path.parent.name, **known)


def _walked(folder: Path, is_genre_from_folder: bool) -> Iterator[Recording]:
    for entry in Places([folder], _SUFFIXES, is_genre_from_folder=is_genre_from_folder).entries():
        if isinstance(entry, Found):
            fields = {**entry.metadata.filling, **entry.metadata.given}
            texts = {name: str(fields.get(name, "")) for name in ("artist", "genre", "licence")}
            genre = texts.pop("genre").partition(";")[0].strip()
            yield Recording(Path(entry.path), collection=str(fields.get("album", "")), genre=genre, **texts)
