"""CSV for spreadsheets and scripts (RFC 4180: CRLF, quotes doubled).

It starts with a byte order mark: Excel reads a CSV without one in the local 8-bit encoding and turns every
accent into two signs. LibreOffice and pandas take the mark as well; Python's csv wants ``utf-8-sig``.
"""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

from synesthete.playlists.playlist import Entry, Playlist, isrc_of, one_line, path_text
from synesthete.text import no_formula

COLUMNS = (
    "position",
    "title",
    "artist",
    "album",
    "genre",
    "seconds",
    "offset_seconds",
    "isrc",
    "location",
    "licence",
    "source",
    "track_id",
)


def write_csv(playlist: Playlist, relative_to: Path | None = None) -> bytes:
    """Write one row per entry under a row of :data:`COLUMNS`, with a byte order mark.

    A tag that a spreadsheet would run as a formula is kept as text by a leading apostrophe. ``relative_to``
    is the folder for relative paths.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for position, entry in enumerate(playlist.entries, start=1):
        rows.writerow(_row(position, entry, relative_to))
    return codecs.BOM_UTF8 + text.getvalue().encode()


def as_text(cell: str) -> str:
    """A cell as one line that no spreadsheet takes for a formula."""
    return no_formula(one_line(cell))


def _row(position: int, entry: Entry, relative_to: Path | None) -> list[str | float]:
    track = entry.track
    return [
        position,
        as_text(entry.title),
        as_text(track.artist),
        as_text(track.album),
        as_text(track.genre),
        round(track.seconds, 3) if 0 < track.seconds < 1e9 else "",
        "" if entry.offset_seconds is None else round(entry.offset_seconds, 3),
        isrc_of(track) or as_text(track.isrc),
        "" if entry.location is None else as_text(path_text(entry.location, relative_to)),
        as_text(track.licence),
        as_text(track.source),
        as_text(track.track_id),
    ]
