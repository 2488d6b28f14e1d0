"""What a file says of itself: title, artist and the like, in one form for every container.

Tags come from strangers, so this too runs in the worker process; each text is cut to a bounded length.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

import mutagen
import mutagen.id3

MAX_CHARACTERS = 300
_TEXTS = ("title", "artist", "album", "album_artist", "genre", "isrc", "musicbrainz_recording_id")

# Names of a field by container: ID3 frames, Vorbis comments and APEv2 (both in lower case here), MP4 atoms, ASF.
_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("TIT2", "title", "\xa9nam", "Title"),
    "artist": ("TPE1", "artist", "\xa9ART", "Author"),
    "album": ("TALB", "album", "\xa9alb", "WM/AlbumTitle"),
    "album_artist": ("TPE2", "albumartist", "album artist", "album_artist", "aART", "WM/AlbumArtist"),
    "genre": ("TCON", "genre", "\xa9gen", "WM/Genre"),
    "year": ("TDRC", "TYER", "TDOR", "date", "year", "originaldate", "\xa9day", "WM/Year"),
    "track_number": ("TRCK", "tracknumber", "track", "trkn", "WM/TrackNumber"),
    "isrc": ("TSRC", "isrc", "----:com.apple.iTunes:ISRC", "WM/ISRC"),
    "musicbrainz_recording_id": (
        *("UFID:http://musicbrainz.org", "musicbrainz_trackid", "MUSICBRAINZ_TRACKID"),
        *("----:com.apple.iTunes:MusicBrainz Track Id", "MusicBrainz/Track Id"),
    ),
    "replaygain_db": (
        *("TXXX:REPLAYGAIN_TRACK_GAIN", "TXXX:replaygain_track_gain", "replaygain_track_gain"),
        "----:com.apple.iTunes:replaygain_track_gain",
    ),
}


@dataclass(frozen=True)
class Tags:
    """Tags of one file; empty, 0 or None where unknown. Show the texts as text, never as markup.

    Attributes
    ----------
    title, artist, album, album_artist, genre : str
        Several values are joined by ``"; "``.
    year : int >= 0
    track_number : int >= 0
    isrc : str
        International Standard Recording Code, without hyphens, in upper case.
    musicbrainz_recording_id : str
        UUID, in lower case.
    replaygain_db : float [dB] or None
        Gain that brings the track to the reference loudness.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    genre: str = ""
    year: int = 0
    track_number: int = 0
    isrc: str = ""
    musicbrainz_recording_id: str = ""
    replaygain_db: float | None = None

    @classmethod
    def from_plain(cls, plain: Any) -> Tags:
        """Tags from what a worker says, none of it trusted: other types and unknown names count as unknown."""
        made: dict[str, Any] = {}
        if not isinstance(plain, dict):
            return cls()
        for field in dataclasses.fields(cls):
            value = plain.get(field.name)
            if field.name in _TEXTS and isinstance(value, str):
                made[field.name] = cleaned(value)
            elif field.name in ("year", "track_number") and isinstance(value, int) and 0 <= value < 10_000:
                made[field.name] = value
            elif field.name == "replaygain_db" and isinstance(value, (int, float)) and -60 <= value <= 60:
                made[field.name] = float(value)
        return cls(**made)


NO_TAGS = Tags()
# What mutagen's parsers raise on damaged files, beside their own error.
DAMAGED = (ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, OverflowError, AssertionError)


def open_tags(file: BinaryIO) -> Any:
    """The tags of an open, seekable file as mutagen has them; None where it cannot read them."""
    file.seek(0)
    try:
        return mutagen.File(file)
    except (mutagen.MutagenError, *DAMAGED):
        return None


def read_tags(file: BinaryIO) -> Tags:
    """Read the tags of an open, seekable file; what cannot be read is unknown.

    The formats are mutagen's: ID3 (MP3, AIFF, WAV, AAC, DSF), Vorbis comments (FLAC, Ogg, Opus), MP4, ASF, APEv2.
    """
    found = open_tags(file)
    tags = found.tags if found is not None else None
    if not tags:
        return NO_TAGS
    values = {field: _first(tags, names) for field, names in _NAMES.items()}
    texts = {field: cleaned(values[field]) for field in _TEXTS}
    texts["isrc"] = _matching(r"[A-Z]{2}[A-Z0-9]{3}\d{7}", texts["isrc"].replace("-", "").replace(" ", "").upper())
    uuid = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    texts["musicbrainz_recording_id"] = _matching(uuid, texts["musicbrainz_recording_id"].lower())
    gain = re.match(r"\s*([+-]?\d{1,2}(?:\.\d+)?)", values["replaygain_db"])
    return Tags(
        **texts,
        year=int(_matching(r"(?<!\d)\d{4}(?!\d)", values["year"]) or 0),
        track_number=int(_matching(r"\d{1,4}", values["track_number"]) or 0),
        replaygain_db=float(gain[1]) if gain else None,
    )


def _first(tags: Any, names: Iterable[str]) -> str:
    for name in names:
        try:
            value = tags[name]
        except (KeyError, ValueError):  # ValueError: a name this kind of tag cannot have
            continue
        text = _text(value)
        if text:
            return text
    return ""


def _text(value: Any) -> str:
    """One text of a tag's value, whatever its container calls a value."""
    if isinstance(value, mutagen.id3.UFID):
        value = getattr(value, "data", b"")
    if isinstance(value, mutagen.id3.TCON):
        value = value.genres  # numbers are names of genres
    elif hasattr(value, "text"):  # ID3
        value = value.text
    elif hasattr(value, "value") and not isinstance(value, (list, tuple, str)):  # APEv2, ASF
        value = str(value.value).split("\0")
    if isinstance(value, (list, tuple)):
        return "; ".join(dict.fromkeys(filter(None, (_text(part) for part in list(value)[:8]))))
    if isinstance(value, bytes):  # MP4 free form
        return value.decode("utf-8", "replace")
    return str(value)


def cleaned(text: str) -> str:
    """A text of a stranger's as tags are kept: printable characters with single blanks, at most 300 of them."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_CHARACTERS]


def _matching(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[0] if found else ""
