"""``tracks.csv``: which recordings a folder of training music holds, and where they come from."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from synesthete.errors import SynestheteError

FILE_NAME = "tracks.csv"
COLUMNS = ("track_id", "file", "title", "artist", "album", "seconds", "licence", "source")
NEEDED = ("track_id", "file", "artist", "album")  # without these nothing can be read or held out


def read_track_list(folder: Path) -> list[dict[str, str]]:
    """The rows of ``folder/tracks.csv``; ``album`` is the collection by which music is held out.

    Raises
    ------
    SynestheteError
        If the list is missing or empty, or lacks a column.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise SynestheteError(f"There is no {path}: a training needs a folder with music and its tracks.csv.")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    if not rows:
        raise SynestheteError(f"{path} lists no track.")
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise SynestheteError(f"{path} lacks the columns {', '.join(missing)}; it needs {', '.join(NEEDED)}.")
    return rows


def write_track_list(folder: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write ``folder/tracks.csv`` from rows with the keys :data:`COLUMNS`, and return its path."""
    path = folder / FILE_NAME
    partial = path.with_suffix(".part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    partial.replace(path)
    return path
