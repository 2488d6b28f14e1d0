"""Folders of music, as a stream: every file below them once, however many there are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from synesthete.errors import CatalogueError
from synesthete.sources.metadata import NO_METADATA, Metadata

# Folders in which systems and file servers keep their own copies, never a listener's music.
SYSTEM_FOLDERS = frozenset(
    {"@eadir", "#recycle", "$recycle.bin", "system volume information", "__macosx", "lost+found"}
)
_MOST_SHOWN = 4096  # characters of a path in a list, which may be anything


@dataclass(frozen=True)
class Found:
    """A file that may be a sound, by its suffix: absolute path, size [bytes], time of its last change [ns].

    ``metadata`` is what its source says of it.
    """

    path: str
    n_bytes: int
    mtime_ns: int
    metadata: Metadata = NO_METADATA


@dataclass(frozen=True)
class NotSound:
    """A file of another kind: a cover, a text, a playlist."""

    path: str


@dataclass(frozen=True)
class Unreadable:
    """A file or folder that cannot be looked at, and why."""

    path: str
    reason: str


Entry = Found | NotSound | Unreadable


def scan(
    places: Iterable[str | os.PathLike[str]], suffixes: frozenset[str], within: Path | None = None
) -> Iterator[Entry]:
    """Go through folders and files.

    Hidden entries and the folders of systems are passed over. Links are followed; a folder that is reached twice, by
    a loop of links or because one place lies inside another, counts once.

    Parameters
    ----------
    places : iterable of path
        Folders, or single files.
    suffixes : frozenset of str
        Of sounds, in lower case with their dot: ``{".mp3", ".flac"}``.
    within : Path, optional
        What lies outside this folder, be it behind a link, is not looked at.

    Yields
    ------
    Found, NotSound or Unreadable
        Within a folder in the order of names.

    Raises
    ------
    CatalogueError
        A place does not exist; before anything is yielded.
    """
    roots = check_places(places)
    outer = [root for root in roots if not any(root.is_relative_to(other) for other in roots if other != root)]
    return _walk(outer, suffixes, os.path.realpath(within) if within else "")


def check_places(places: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Absolute paths of folders and files, each once; CatalogueError for one that does not exist."""
    roots = list(dict.fromkeys(Path(place).expanduser().absolute() for place in places))
    for root in roots:
        if not root.exists():
            raise CatalogueError(f"There is no folder or file {str(root)!r}. Check the path.")
    return roots


def _walk(roots: list[Path], suffixes: frozenset[str], within: str) -> Iterator[Entry]:
    seen: set[tuple[int, int]] = set()  # device and number of the folders
    waiting = [str(root) for root in reversed(roots)]
    tops = set(waiting)
    while waiting:
        path = waiting.pop()
        if within and (path in tops or os.path.islink(path)) and not is_within(path, within):  # noqa: PTH114
            yield Unreadable(_shown(path), "It is a link that leads out of the music folder, so it is not followed.")
            continue
        try:
            status = os.stat(path)  # noqa: PTH116 - a Path for each of a million files takes longer than its stat
            is_folder = stat.S_ISDIR(status.st_mode)
            if is_folder:
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                with os.scandir(path) as entries:
                    names = sorted((entry.name for entry in entries if not is_passed_over(entry.name)), reverse=True)
                waiting += [os.path.join(path, name) for name in names]  # noqa: PTH118
                continue
        except OSError as error:
            yield Unreadable(path, f"It cannot be opened ({error.strerror}). Check its permissions, or the link.")
            continue
        yield _file(path, status, suffixes)


def is_within(path: str, folder: str) -> bool:
    """Whether a path, all links followed, lies in a folder (whose own path has none)."""
    return os.path.commonpath([os.path.realpath(path), folder]) == folder


def look(path: str, suffixes: frozenset[str], list_name: str) -> Entry:
    """What is at an absolute path that a list names; a pipe or a device is not opened."""
    try:
        return _file(path, os.stat(path), suffixes)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return Unreadable(_shown(path), f"{list_name} lists it, but it is not there. Has it been moved?")
    except OSError as error:
        return Unreadable(_shown(path), f"It cannot be opened ({error.strerror}), though {list_name} lists it.")
    except ValueError:
        return Unreadable(_shown(path), f"{list_name} lists it, but this is no path: there is a NUL in it.")


def _shown(path: str) -> str:
    """A path as text, whatever it is."""
    return path[:_MOST_SHOWN].replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def _file(path: str, status: os.stat_result, suffixes: frozenset[str]) -> Entry:
    if not stat.S_ISREG(status.st_mode) or Path(path).suffix.lower() not in suffixes:
        return NotSound(path)
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return Unreadable(_shown(path), "Its name is not valid UTF-8. Rename it.")
    return Found(path, status.st_size, status.st_mtime_ns)


def is_passed_over(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or a system's own."""
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS
