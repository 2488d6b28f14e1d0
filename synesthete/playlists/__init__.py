"""Playlists to take home: as a file (M3U8, XSPF, JSPF, CSV), or to Spotify (``playlists/spotify.py``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from synesthete.errors import PlaylistError
from synesthete.playlists.jspf import write_jspf
from synesthete.playlists.m3u import write_m3u
from synesthete.playlists.playlist import Entry, Playlist, one_line
from synesthete.playlists.spreadsheet import write_csv
from synesthete.playlists.xspf import write_xspf

__all__ = ["FORMATS", "Entry", "Format", "Playlist", "file_name", "write"]

_WINDOWS_DEVICES = r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?"  # no file may be called so there


@dataclass(frozen=True)
class Format:
    """A file format: its name for people, its extension with the dot, its MIME type, what it is good for."""

    label: str
    extension: str
    mime: str
    purpose: str
    writer: Callable[[Playlist, Path | None], bytes]


FORMATS: dict[str, Format] = {
    "m3u": Format("M3U8", ".m3u8", "audio/x-mpegurl", "nearly every player", write_m3u),
    "xspf": Format("XSPF", ".xspf", "application/xspf+xml", "VLC and Strawberry; keeps the ISRC", write_xspf),
    "jspf": Format("JSPF", ".jspf", "application/jspf+json", "ListenBrainz and scripts", write_jspf),
    "csv": Format("CSV", ".csv", "text/csv", "spreadsheets and transfer services", write_csv),
}


def write(playlist: Playlist, format: str, *, relative_to: Path | None = None) -> bytes:
    """Write a playlist in one of the :data:`FORMATS`.

    Parameters
    ----------
    playlist : Playlist
    format : str
        Key of :data:`FORMATS`.
    relative_to : Path or None
        The absolute folder in which the file will lie: paths start there, so that the folder can be moved as
        a whole. None for absolute paths.

    Raises
    ------
    PlaylistError
        The format is unknown; the folder is not absolute; M3U and an entry has no location.
    """
    return _format(format).writer(playlist, relative_to)


def file_name(title: str, format: str) -> str:
    """A name for the file that every file system takes, with the extension of the format."""
    extension = _format(format).extension
    stem = re.sub(r'[\\/:*?"<>|]', "-", one_line(title))[:80].strip(". ")
    is_device = re.fullmatch(_WINDOWS_DEVICES, stem)
    return ("playlist" if is_device or not stem else stem) + extension


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise PlaylistError(f"There is no playlist format {name!r}. Choose one of {', '.join(FORMATS)}.")
    return FORMATS[name]
