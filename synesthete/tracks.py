"""The records that every floor shares: a track, a segment of sound, a match."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Track:
    """An entry of a catalogue.

    Attributes
    ----------
    track_id : str
        Content hash of the decoded audio (:func:`synesthete.audio.content_id`), 16 hexadecimal characters.
    title, artist, album, genre : str
        As tagged; empty where unknown. They come from strangers: show them as text, never as markup.
    seconds : float >= 0 [s]
        Length of the whole recording.
    path : str
        The audio file, relative to the catalogue's folder (POSIX separators) or absolute.
    isrc, licence, source : str
        International Standard Recording Code; licence of the audio; where the track came from. May be empty.
    album_artist : str
    year, track_number : int >= 0
        0 where unknown.
    musicbrainz_recording_id : str
        UUID, or empty.
    replaygain_db : float [dB] or None
        Gain that brings the track to the reference loudness.
    """

    track_id: str
    title: str
    artist: str = ""
    album: str = ""
    genre: str = ""
    seconds: float = 0.0
    path: str = ""
    isrc: str = ""
    licence: str = ""
    source: str = ""
    album_artist: str = ""
    year: int = 0
    track_number: int = 0
    musicbrainz_recording_id: str = ""
    replaygain_db: float | None = None

    @property
    def label(self) -> str:
        """``artist – title``, or the title alone."""
        return f"{self.artist} – {self.title}" if self.artist else self.title


@dataclass(frozen=True)
class Segment:
    """A segment of a recording: ``start_seconds`` >= 0 and length ``seconds`` > 0, both in seconds."""

    start_seconds: float
    seconds: float


@dataclass(frozen=True)
class Match:
    """A track that sounds like the query.

    Attributes
    ----------
    track : Track
    cosine : float in [-1, 1]
        Cosine similarity of the embeddings, as the index returned it.
    offset_seconds : float >= 0 [s]
        Where in the track it sounds most like the query.
    query_offset_seconds : float >= 0 [s]
        The passage of the query that this offset answers to.
    is_same_recording : bool
        The track is the query itself, or another encoding of the same recording.
    """

    track: Track
    cosine: float
    offset_seconds: float = 0.0
    query_offset_seconds: float = 0.0
    is_same_recording: bool = False


def clock(seconds: float) -> str:
    """Seconds as a listener writes them: ``0:07``, ``3:25``, ``1:02:09``."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
