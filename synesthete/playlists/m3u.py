"""M3U8: one path per line, UTF-8; what nearly every player reads.

There is no standard. Kept to: the first line is ``#EXTM3U`` (so no byte order mark), lines end with LF, what
starts with ``#`` is a comment or a directive for the path that follows.
"""

from __future__ import annotations

from pathlib import Path

from synesthete.errors import PlaylistError
from synesthete.playlists.playlist import Entry, Playlist, one_line, path_text


def write_m3u(playlist: Playlist, relative_to: Path | None = None) -> bytes:
    """Write extended M3U.

    Parameters
    ----------
    playlist : Playlist
    relative_to : Path or None
        Folder in which the file will lie, for relative paths; None for absolute ones.

    Returns
    -------
    bytes, UTF-8

    Raises
    ------
    PlaylistError
        An entry has no location: there is no line that could stand for it.
    """
    lines = ["#EXTM3U"]
    if title := one_line(playlist.title):
        lines.append(f"#PLAYLIST:{title}")
    for entry in playlist.entries:
        lines += _lines_of(entry, relative_to)
    return ("\n".join(lines) + "\n").encode()


def _lines_of(entry: Entry, relative_to: Path | None) -> list[str]:
    if entry.location is None:
        raise PlaylistError(
            f"{entry.label!r} has no audio file, and an M3U list is nothing but files."
            " Leave the track out, or export XSPF or CSV."
        )
    seconds = entry.track.seconds
    lines = [f"#EXTINF:{round(seconds) if 0 < seconds < 1e9 else -1},{entry.label}"]
    if album := one_line(entry.track.album):
        lines.append(f"#EXTALB:{album}")
    if entry.offset_seconds:
        lines.append(f"#EXTVLCOPT:start-time={entry.offset_seconds:.3f}")  # others take it for a comment
    return [*lines, path_text(entry.location, relative_to)]
