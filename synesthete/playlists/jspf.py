"""JSPF: XSPF in JSON (https://www.xspf.org/jspf); ListenBrainz and others read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synesthete.playlists.playlist import Entry, Playlist, one_line, uri, whole_milliseconds
from synesthete.playlists.xspf import identifiers, metas


def write_jspf(playlist: Playlist, relative_to: Path | None = None) -> bytes:
    """Write JSPF as UTF-8 JSON; ``relative_to`` is the folder for relative locations, None for file: URIs."""
    content: dict[str, Any] = {"creator": "Synesthete"}
    if title := one_line(playlist.title):
        content = {"title": title, **content}
    content["track"] = [_track(entry, relative_to) for entry in playlist.entries]
    return (json.dumps({"playlist": content}, ensure_ascii=False, indent=2) + "\n").encode()


def _track(entry: Entry, relative_to: Path | None) -> dict[str, Any]:
    members = {
        "location": [] if entry.location is None else [uri(entry.location, relative_to)],
        "identifier": identifiers(entry),
        "title": entry.title,
        "creator": one_line(entry.track.artist),
        "album": one_line(entry.track.album),
        "duration": whole_milliseconds(entry.track.seconds),
        "meta": [{rel: content} for rel, content in metas(entry)],
    }
    return {name: value for name, value in members.items() if value}
