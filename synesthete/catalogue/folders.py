"""The folders that a catalogue's files lie in, as few as say where its music is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

_MOST_PARTS = 12  # a folder of more parts, such as one of artists, is named as a whole


@dataclass(frozen=True)
class Folder:
    """A folder with what has been indexed of it, its own folders included.

    Attributes
    ----------
    path : str
        Absolute.
    n_files, n_failed : int >= 0
        Known files, and those among them that could not be read.
    """

    path: str
    n_files: int
    n_failed: int


def gathered(folders: Sequence[Folder], places: Sequence[str] = ()) -> list[Folder]:
    """Folders of files, gathered into those that somebody would name.

    Parameters
    ----------
    folders : sequence of Folder
        Each with the files directly in it.
    places : sequence of str
        Folders that somebody has named; the others are gathered into the folder that holds them all, or into its
        parts where these are few.

    Returns
    -------
    list of Folder
        By path; every file counts once, with the innermost of the places.
    """
    named = sorted({place.rstrip(os.sep) or os.sep for place in places}, key=len, reverse=True)
    groups: dict[str, list[Folder]] = {}
    rest: list[Folder] = []
    for folder in folders:
        place = next((place for place in named if is_below(folder.path, place)), None)
        (rest if place is None else groups.setdefault(place, [])).append(folder)
    if rest:
        whole = os.path.commonpath([folder.path for folder in rest])
        parts = {folder.path: _part(folder.path, whole) for folder in rest}
        is_whole = len(set(parts.values())) > _MOST_PARTS
        for folder in rest:
            groups.setdefault(whole if is_whole else parts[folder.path], []).append(folder)
    return [
        Folder(path, sum(each.n_files for each in group), sum(each.n_failed for each in group))
        for path, group in sorted(groups.items())
    ]


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _part(path: str, whole: str) -> str:
    """The folder directly in ``whole`` that holds a path; ``whole`` itself where that is the path."""
    first = path[len(whole) :].strip(os.sep).partition(os.sep)[0]
    return f"{whole.rstrip(os.sep)}{os.sep}{first}" if first else whole
