"""M3U and M3U8 playlists as a list of files."""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from synesthete.errors import CatalogueError

SUFFIXES = frozenset({".m3u", ".m3u8"})
MAX_BYTES = 64 << 20  # a million entries
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)  # at least two letters: "C:\" is a drive


def read_playlist(path: Path) -> Iterator[tuple[str, bool]]:
    """Go through the entries of a playlist.

    Parameters
    ----------
    path : Path
        UTF-8 or, where it is not, Latin-1.

    Yields
    ------
    tuple of str and bool
        An absolute path, and False; or an address on the web, and True. Relative paths start at the playlist's folder.

    Raises
    ------
    CatalogueError
        The playlist cannot be read, or is larger than 64 MiB.
    """
    folder = str(path.absolute().parent)
    for line in _text(path).replace("\r", "\n").split("\n"):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        if _ADDRESS.match(entry) and not entry.lower().startswith("file://"):
            yield entry, True
        else:
            yield _located(entry, folder), False


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CatalogueError(f"The playlist {path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise CatalogueError(f"The playlist {path} has more than {MAX_BYTES >> 20} MB; is it a playlist? Split it.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _located(entry: str, folder: str) -> str:
    if entry.lower().startswith("file://"):
        _, slash, rest = entry[len("file://") :].partition("/")  # the host, which is this one
        entry = os.fsdecode(urllib.parse.unquote_to_bytes(slash + rest))
    path = os.path.abspath(os.path.join(folder, entry))  # noqa: PTH100, PTH118 - a Path refuses what hostile lists hold
    if "\\" in entry and not os.path.lexists(path):  # written on Windows
        return os.path.abspath(os.path.join(folder, entry.replace("\\", "/")))  # noqa: PTH100, PTH118
    return path
