"""A playlist as plain records, and what every file format needs: clean text and locations."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_from_bytes, urlsplit

from synesthete.errors import PlaylistError
from synesthete.tracks import Track

Locate = Callable[[Track], Path | str | None]

UNTITLED = "Untitled"
URL_SCHEMES = ("http", "https", "file")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
# Control characters and the two Unicode line separators: what could end a line of a text format.
_LINE_BREAKING = ("Cc", "Zl", "Zp")


@dataclass(frozen=True)
class Entry:
    """A track in a playlist, and where its sound is.

    Attributes
    ----------
    track : Track
    location : Path, str or None
        An absolute path of the audio file (``catalogue.audio_path(track)``), or an http, https or file URL,
        or None where nothing can be played.
    offset_seconds : float >= 0 [s] or None
        Where playing should begin; None for the beginning.
    """

    track: Track
    location: Path | str | None = None
    offset_seconds: float | None = None

    def __post_init__(self) -> None:
        if isinstance(self.location, Path):
            _require_file_path(self.location, self.track)
        elif self.location is not None and urlsplit(self.location).scheme.lower() not in URL_SCHEMES:
            raise PlaylistError(
                f"The location {self.location!r} of {self.track.label!r} is not an http, https or file URL."
                " Give the path of a file as a pathlib.Path."
            )

    @property
    def title(self) -> str:
        """The title on one line; never empty."""
        return one_line(self.track.title) or UNTITLED

    @property
    def label(self) -> str:
        """``artist - title`` with the plain hyphen that players split at, or the title alone."""
        artist = one_line(self.track.artist)
        return f"{artist} - {self.title}" if artist else self.title


@dataclass(frozen=True)
class Playlist:
    """A titled list of entries, in playing order."""

    title: str
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, title: str, tracks: Iterable[Track], locate: Locate) -> Playlist:
        """A playlist of tracks; ``locate`` says where each lies, for instance ``catalogue.audio_path``."""
        return cls(title, tuple(Entry(track, locate(track)) for track in tracks))


def one_line(text: str) -> str:
    """Text as one line that every format can carry.

    Control characters and line separators become spaces; lone surrogates and noncharacters, which neither
    UTF-8 nor XML can hold, become U+FFFD. Accents, emoji and marks of writing direction stay.
    """
    return "".join(_carried(character) for character in text).strip()


def _carried(character: str) -> str:
    code = ord(character)
    if unicodedata.category(character) in _LINE_BREAKING:
        return " "
    is_noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return "\N{REPLACEMENT CHARACTER}" if is_noncharacter or 0xD800 <= code <= 0xDFFF else character


def isrc_of(track: Track) -> str:
    """The International Standard Recording Code of a track; see :func:`checked_isrc`."""
    return checked_isrc(track.isrc)


def checked_isrc(code: str) -> str:
    """An ISRC as 12 characters without hyphens; empty if it is not one."""
    code = re.sub(r"[\s-]", "", code).upper()
    return code if _ISRC.fullmatch(code) else ""


def whole_milliseconds(seconds: float) -> int | None:
    """Seconds in milliseconds, or None where the length is unknown (zero, negative, not finite)."""
    return round(seconds * 1000) if 0 < seconds < 1e9 else None


def relative_path(location: Path, folder: Path) -> str | None:
    """The way from ``folder`` to a file with ``/`` between its parts; None on another drive.

    The first character never makes a reader take it for a comment, an option, a formula or a URL: such a path
    starts with ``./``.
    """
    if not folder.is_absolute():
        raise PlaylistError(f"The folder {str(folder)!r} is not absolute. Use folder.resolve().")
    try:
        path = Path(os.path.relpath(location, folder)).as_posix()
    except ValueError:  # Windows: no way leads from one drive to another
        return None
    is_misread = not path[0].isalnum() or ":" in path.partition("/")[0]
    return path if path.startswith("../") or not is_misread else f"./{path}"


def uri(location: Path | str, relative_to: Path | None = None) -> str:
    """A location as a percent-encoded URI, or a relative reference from the folder ``relative_to``."""
    if isinstance(location, str):
        return quote(one_line(location), safe="%/:=&?~#+!$,;'@()*[]")
    relative = relative_path(location, relative_to) if relative_to else None
    return location.as_uri() if relative is None else quote_from_bytes(os.fsencode(relative))


def path_text(location: Path | str, relative_to: Path | None = None) -> str:
    """A location as a path for formats of plain lines.

    A name that a line of UTF-8 cannot hold (a line break, a byte that is not UTF-8, a blank at either end) is
    given as a ``file:`` URI instead, which players also read.
    """
    if isinstance(location, str):
        return uri(location)
    relative = relative_path(location, relative_to) if relative_to else None
    text = str(location) if relative is None else relative
    return text if text == one_line(text) else location.as_uri()


def _require_file_path(location: Path, track: Track) -> None:
    problem = "" if location.is_absolute() else "is not absolute"
    if "\0" in str(location):
        problem = "holds a NUL character"
    try:
        os.fsencode(location)
    except UnicodeEncodeError:
        problem = "holds a character that no file name can have"
    if problem:
        raise PlaylistError(
            f"The path {str(location)!r} of {track.label!r} {problem}. Use catalogue.audio_path(track)."
        )
