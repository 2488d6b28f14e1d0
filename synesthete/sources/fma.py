"""The Free Music Archive dataset: what its ``tracks.csv`` says of the files ``NNN/NNNNNN.mp3``.

Defferrard, Benzi, Vandergheynst and Bresson, "FMA: A dataset for music analysis", ISMIR 2017.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from sys import intern

from synesthete.errors import CatalogueError
from synesthete.sources.metadata import NO_METADATA, Metadata, known, number, plain
from synesthete.sources.tables import read_rows

FILE_NAME = "tracks.csv"
# Our name of a field: the column, by the two rows of the head.
_COLUMNS = {
    "title": ("track", "title"),
    "artist": ("artist", "name"),
    "album": ("album", "title"),
    "genre": ("track", "genre_top"),
    "genres": ("track", "genres"),
    "licence": ("track", "license"),
    "year": ("album", "date_released"),
    "track_number": ("track", "number"),
}
_NEEDED = {("track", "title"), ("artist", "name")}
_STEM = re.compile(r"[0-9]{6}")


class FmaTracks:
    """The rows of a ``tracks.csv``, by the number in a file's name.

    Parameters
    ----------
    path : Path
        A ``genres.csv`` beside it names the genres of tracks that have no principal one.

    Attributes
    ----------
    n_damaged : int
        Rows that could not be read.

    Raises
    ------
    CatalogueError
        There is no such file, or it has not the two rows of head of FMA's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.n_damaged = 0
        rows = read_rows(path)
        head = list(zip(next(rows, []), next(rows, []), strict=False))
        if not _is_head(head):
            raise CatalogueError(
                f"{path} is not the tracks.csv of FMA: its first two rows do not name tracks and artists."
            )
        self._places = {name: head.index(column) for name, column in _COLUMNS.items() if column in head}
        self._genres = _genre_names(path.with_name("genres.csv"))
        self._tracks = dict(self._read(rows, len(head)))

    def __len__(self) -> int:
        return len(self._tracks)

    def __call__(self, path: str) -> Metadata:
        """What is known of a file; nothing unless its name is six digits."""
        stem = Path(path).stem
        row = self._tracks.get(int(stem)) if _STEM.fullmatch(stem) else None
        if row is None:
            return NO_METADATA
        cells = dict(zip(self._places, row, strict=True))
        names = [self._genres.get(genre, "") for genre in re.findall(r"\d+", cells.pop("genres", ""))]
        given: dict[str, str | int] = {**cells}
        given["genre"] = cells.get("genre") or "; ".join(filter(None, names))
        given["year"] = number(cells.get("year", ""))
        given["track_number"] = number(cells.get("track_number", ""))
        given["source"] = f"Free Music Archive, track {int(stem)}"
        return Metadata(given=known(given))

    def _read(self, rows: Iterable[list[str]], n_columns: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        for row in rows:
            if row and row[0] == "track_id":  # the third row of the head names the first column
                continue
            if len(row) != n_columns or not (row[0].isascii() and row[0].isdigit() and len(row[0]) <= 6):
                self.n_damaged += 1
                continue
            yield int(row[0]), tuple(intern(plain(row[place])) for place in self._places.values())


def find_tracks(place: Path) -> Path | None:
    """The ``tracks.csv`` of FMA in, below or beside a folder, as its archives are unpacked; None if there is none."""
    folders = (place, place / "fma_metadata", place.parent / "fma_metadata", place.parent)
    return next((folder / FILE_NAME for folder in folders if is_tracks(folder / FILE_NAME)), None)


def is_tracks(path: Path) -> bool:
    """Whether a file has the head of FMA's ``tracks.csv``."""
    try:
        rows = read_rows(path)
        return _is_head(list(zip(next(rows, []), next(rows, []), strict=False)))
    except CatalogueError:
        return False


def _is_head(head: list[tuple[str, str]]) -> bool:
    return set(head) >= _NEEDED


def _genre_names(path: Path) -> dict[str, str]:
    if not os.path.isfile(path):  # noqa: PTH113
        return {}
    rows = read_rows(path)
    head = next(rows, [])
    if not {"genre_id", "title"} <= set(head):
        return {}
    key, title = head.index("genre_id"), head.index("title")
    return {row[key]: plain(row[title]) for row in rows if len(row) == len(head)}
