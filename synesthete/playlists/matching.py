"""Which song of a streaming service is the track in hand: by its ISRC, else by artist, title and length.

Only names and lengths are compared, never the sound: so every answer carries a confidence, and one that is
not sure is marked doubtful for the listener to confirm. What is written in another script cannot be compared: then the
length must be close, and the answer is always doubtful.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from synesthete.playlists.names import (
    artist_likeness,
    is_in_another_script,
    likeness,
    normalised,
    scripts,
    versions,
)
from synesthete.playlists.playlist import checked_isrc, isrc_of
from synesthete.tracks import Track, clock

__all__ = [
    "SURE",
    "Candidate",
    "Song",
    "artist_likeness",
    "choose",
    "confidence",
    "has_artist_in_another_script",
    "likeness",
    "normalised",
]

SURE = 0.85  # from here on a match needs no confirmation
POSSIBLE = 0.5  # below, nothing is offered
N_ALTERNATIVES = 4
ALIKE_TITLES, ALIKE_ARTISTS = 0.95, 0.9  # below, they are said to differ, and the match is doubtful
CLOSE_SECONDS = 3.0  # masters and fade-outs of the same recording differ by about this much
FAR_SECONDS = 12.0  # a difference like this is another recording
UNKNOWN = 0.6  # counted for a title, artist or length that cannot be compared


@dataclass(frozen=True)
class Song:
    """An entry of a streaming service: metadata only.

    Attributes
    ----------
    uri, link : str
        Its name to the service's API, and its page.
    title, album : str
    artists : tuple of str
    seconds : float >= 0 [s]
    isrc : str
        May be empty.
    """

    uri: str
    title: str
    artists: tuple[str, ...] = ()
    album: str = ""
    seconds: float = 0.0
    isrc: str = ""
    link: str = ""

    @property
    def label(self) -> str:
        """``artists – title``."""
        return f"{', '.join(self.artists)} – {self.title}" if self.artists else self.title


@dataclass(frozen=True)
class Candidate:
    """What was found for a track.

    Attributes
    ----------
    track : Track
    song : Song or None
        The best find; None where nothing resembles the track.
    confidence : float in [0, 1]
        How sure it is that ``song`` is ``track``; 0 without a song.
    is_doubtful : bool
        A listener should confirm it before it is used.
    alternatives : tuple of Song
        Other finds, likeliest first.
    reason : str
        One sentence on why, for the listener.
    """

    track: Track
    song: Song | None
    confidence: float
    is_doubtful: bool
    alternatives: tuple[Song, ...]
    reason: str

    @property
    def uri(self) -> str | None:
        """The URI of ``song``, or None."""
        return self.song.uri if self.song else None


def confidence(track: Track, song: Song) -> float:
    """How likely a song found by name is this track, in [0, 1].

    A weighted mean of title (0.5), artist (0.35) and length (0.15), capped where one of them objects or cannot be
    compared.
    """
    is_title_comparable = not is_in_another_script(track.title, song.title)
    is_artist_comparable = bool(track.artist) and not has_artist_in_another_script(track, song)
    title = likeness(track.title, song.title) if is_title_comparable else UNKNOWN
    artist = artist_likeness(track.artist, song.artists) if is_artist_comparable else UNKNOWN
    apart = _seconds_apart(track, song)
    length = UNKNOWN if apart is None else max(0.0, 1.0 - max(0.0, apart - CLOSE_SECONDS) / FAR_SECONDS)
    value = 0.5 * title + 0.35 * artist + 0.15 * length
    is_far = apart is not None and apart > FAR_SECONDS
    is_named_otherwise = title < ALIKE_TITLES or artist < ALIKE_ARTISTS
    if is_named_otherwise or is_far or versions(track.title) != versions(song.title):
        value = min(value, SURE - 0.05)
    if min(title, artist) < 0.6:
        value = min(value, POSSIBLE + 0.15)
    if not is_title_comparable or has_artist_in_another_script(track, song):
        value = min(value, _limit_of_scripts(track, song))
    return value if title >= 0.4 and artist >= 0.3 else min(value, POSSIBLE - 0.05)


def _limit_of_scripts(track: Track, song: Song) -> float:
    """The most that can be said where title or artist is in another script: what is left must fit."""
    apart = _seconds_apart(track, song)
    is_close = apart is not None and apart <= CLOSE_SECONDS
    is_far = apart is not None and apart > FAR_SECONDS
    if not is_in_another_script(track.title, song.title):  # the title says something, the artist does not
        if likeness(track.title, song.title) < ALIKE_TITLES or is_far:
            return POSSIBLE - 0.05
        return SURE - 0.05 if is_close else POSSIBLE + 0.05
    if not track.artist or not is_close:
        return POSSIBLE - 0.05
    return POSSIBLE + (0.05 if has_artist_in_another_script(track, song) else 0.15)


def has_artist_in_another_script(track: Track, song: Song) -> bool:
    """Whether the artists of both are written in scripts that cannot be compared."""
    return is_in_another_script(track.artist, " ".join(song.artists))


def choose(track: Track, by_isrc: Iterable[Song], by_name: Iterable[Song]) -> Candidate:
    """Choose among the songs found for a track.

    Parameters
    ----------
    track : Track
    by_isrc : iterable of Song
        Found by the track's ISRC; one that carries another ISRC is only taken by its name.
    by_name : iterable of Song
        Found by artist and title.
    """
    isrc = isrc_of(track)
    scored: dict[str, tuple[float, Song]] = {}
    for song in (*by_isrc, *by_name):
        has_same_code = bool(isrc) and checked_isrc(song.isrc) == isrc
        value = _isrc_confidence(track, song) if has_same_code else confidence(track, song)
        if value > scored.get(song.uri, (-1.0, song))[0]:
            scored[song.uri] = (value, song)
    ranked = sorted(scored.values(), key=lambda pair: -pair[0])
    if not ranked or ranked[0][0] < POSSIBLE:
        others = tuple(song for _, song in ranked[:N_ALTERNATIVES])
        return Candidate(track, None, 0.0, True, others, _why_nothing(track, ranked))
    value, best = ranked[0]
    others = tuple(song for _, song in ranked[1 : N_ALTERNATIVES + 1])
    return Candidate(track, best, round(value, 3), value < SURE, others, _why(track, best, value, isrc))


def _isrc_confidence(track: Track, song: Song) -> float:
    """An ISRC names a recording, but tags can be wrong: title and length must not contradict it.

    A title contradicts only where both are words of one script: "÷" may well be "Divide", and "桜" "Sakura".
    """
    apart = _seconds_apart(track, song)
    has_other_title = bool(scripts(track.title) & scripts(song.title)) and likeness(track.title, song.title) < 0.4
    return 0.7 if has_other_title or (apart is not None and apart > FAR_SECONDS) else 1.0


def _seconds_apart(track: Track, song: Song) -> float | None:
    return abs(track.seconds - song.seconds) if track.seconds > 0 and song.seconds > 0 else None


def _why(track: Track, song: Song, value: float, isrc: str) -> str:
    objections = []
    if is_in_another_script(track.title, song.title):
        objections.append("the title is in another script")
    elif likeness(track.title, song.title) < ALIKE_TITLES:
        objections.append("the titles differ")
    if versions(track.title) != versions(song.title):
        objections.append("it may be another version")
    if not track.artist:
        objections.append("the track names no artist")
    elif has_artist_in_another_script(track, song):
        objections.append("the artist is in another script")
    elif artist_likeness(track.artist, song.artists) < ALIKE_ARTISTS:
        objections.append("the artists differ")
    apart = _seconds_apart(track, song)
    if apart is not None and apart > CLOSE_SECONDS:
        objections.append(f"it lasts {clock(song.seconds)} instead of {clock(track.seconds)}")
    means = f"Same ISRC {isrc}" if isrc and checked_isrc(song.isrc) == isrc else "Found by name"
    if not objections:
        return f"{means}." if value >= SURE else f"{means}, but not certain."
    return f"{means}, but {' and '.join(objections)}."


def _why_nothing(track: Track, ranked: list[tuple[float, Song]]) -> str:
    nearest = f" The nearest is {ranked[0][1].label}." if ranked else ""
    return f"Nothing found that resembles {track.label}.{nearest}"
