"""Which song of a streaming service is the track in hand: by its ISRC, else by artist, title and length.

Only names and lengths are compared, never the sound: so every answer carries a confidence, and one that is
not sure is marked doubtful for the listener to confirm.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from synesthete.playlists.playlist import isrc_of
from synesthete.tracks import Track, clock

SURE = 0.85  # from here on a match needs no confirmation
POSSIBLE = 0.5  # below, nothing is offered
N_ALTERNATIVES = 4
ALIKE_TITLES, ALIKE_ARTISTS = 0.95, 0.9  # below, they are said to differ, and the match is doubtful
CLOSE_SECONDS = 3.0  # masters and fade-outs of the same recording differ by about this much
FAR_SECONDS = 12.0  # a difference like this is another recording

# Words that name another recording of the same song: they must stand on both sides or on neither.
VERSION_WORDS = {"live", "acoustic", "unplugged", "instrumental", "karaoke", "acapella", "orchestral"}
VERSION_WORDS |= {"cover", "tribute", "demo", "rehearsal", "session", "sessions", "reprise"}
VERSION_WORDS |= {"remix", "mix", "dub", "edit", "extended", "nightcore", "slowed", "reverb", "sped"}
# Words that name another edition of the same recording: they say nothing.
EDITION = re.compile(
    r"\b(\d{4} )?(digital(ly)? )?remaster(ed)?( version| edition)?( \d{4})?\b"
    r"|\b(deluxe|expanded|anniversary|bonus track|album version|single version|original mix|original version"
    r"|mono|stereo|explicit|clean)( version| edition)?\b"
)
GUESTS = re.compile(r"[(\[]?\b(feat|ft|featuring)\b\.?[^()\[\]]*[)\]]?|[(\[]with\b[^()\[\]]*[)\]]", re.IGNORECASE)
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "&": " and "})


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


def normalised(text: str) -> str:
    """A title or name with what differs between catalogues taken out.

    Case, Latin accents, punctuation, guests (``feat. …``) and edition words (``Remastered 2011``) go; words
    that name another recording (live, remix, …) stay.
    """
    return _words(EDITION.sub(" ", _words(GUESTS.sub(" ", text)))) or _words(text)


def _words(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    # Only this block: kana and Indic scripts keep marks that change the word.
    bare = "".join(character for character in decomposed if not "\u0300" <= character <= "\u036f")
    composed = unicodedata.normalize("NFC", bare).translate(_LETTERS).replace("'", "").replace("\u2019", "")
    return re.sub(r"[\W_]+", " ", composed).strip()


def likeness(one: str, other: str) -> float:
    """How alike two titles or names are once normalised, in [0, 1]; the order of words counts little."""
    a, b = normalised(one), normalised(other)
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    in_order = SequenceMatcher(None, a, b, autojunk=False).ratio()
    sorted_words = (" ".join(sorted(a.split())), " ".join(sorted(b.split())))
    any_order = SequenceMatcher(None, *sorted_words, autojunk=False).ratio()
    return max(in_order, 0.95 * any_order)


def artist_likeness(artist: str, artists: Iterable[str]) -> float:
    """How well one credit (``A feat. B``, ``A & B``) fits a list of artists, in [0, 1]."""
    names = tuple(artists)
    joined = likeness(artist, " and ".join(names))
    parts = re.split(r"\s*(?:[,;/&×]|\b(?:feat|ft|featuring|and|with|vs|x)\b\.?)\s*", artist, flags=re.IGNORECASE)
    alike = [likeness(part, name) for part in parts if part.strip() for name in names]
    # One shared name of several is good evidence, not proof.
    return max([joined, *(0.95 * value if value > 0.9 else 0.7 * value for value in alike)])


def versions(title: str) -> frozenset[str]:
    """The words of a title that tell apart what is spelt nearly alike: live, remix, …, 2, II."""
    words = normalised(title).split()
    return frozenset(
        word
        for position, word in enumerate(words)
        if re.fullmatch(r"\d+|[ivx]+", word) or (position > 0 and word in VERSION_WORDS)
    )


def confidence(track: Track, song: Song) -> float:
    """How likely a song found by name is this track, in [0, 1].

    A weighted mean of title (0.5), artist (0.35) and length (0.15), capped where one of them objects.
    """
    title = likeness(track.title, song.title)
    artist = artist_likeness(track.artist, song.artists) if track.artist else 0.6
    apart = _seconds_apart(track, song)
    length = 0.6 if apart is None else max(0.0, 1.0 - max(0.0, apart - CLOSE_SECONDS) / FAR_SECONDS)
    value = 0.5 * title + 0.35 * artist + 0.15 * length
    is_far = apart is not None and apart > FAR_SECONDS
    is_named_otherwise = title < ALIKE_TITLES or artist < ALIKE_ARTISTS
    if is_named_otherwise or is_far or versions(track.title) != versions(song.title):
        value = min(value, SURE - 0.05)
    if min(title, artist) < 0.6:
        value = min(value, POSSIBLE + 0.15)
    return value if title >= 0.4 and artist >= 0.3 else min(value, POSSIBLE - 0.05)


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
        is_same_code = bool(isrc) and isrc_of(Track("", "", isrc=song.isrc)) == isrc
        value = _isrc_confidence(track, song) if is_same_code else confidence(track, song)
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
    """An ISRC names a recording, but tags can be wrong: title and length must not contradict it."""
    apart = _seconds_apart(track, song)
    is_contradicted = likeness(track.title, song.title) < 0.4 or (apart is not None and apart > FAR_SECONDS)
    return 0.7 if is_contradicted else 1.0


def _seconds_apart(track: Track, song: Song) -> float | None:
    return abs(track.seconds - song.seconds) if track.seconds > 0 and song.seconds > 0 else None


def _why(track: Track, song: Song, value: float, isrc: str) -> str:
    objections = []
    if likeness(track.title, song.title) < ALIKE_TITLES:
        objections.append("the titles differ")
    if versions(track.title) != versions(song.title):
        objections.append("it may be another version")
    if not track.artist:
        objections.append("the track names no artist")
    elif artist_likeness(track.artist, song.artists) < ALIKE_ARTISTS:
        objections.append("the artists differ")
    apart = _seconds_apart(track, song)
    if apart is not None and apart > CLOSE_SECONDS:
        objections.append(f"it lasts {clock(song.seconds)} instead of {clock(track.seconds)}")
    means = f"Same ISRC {isrc}" if isrc and isrc_of(Track("", "", isrc=song.isrc)) == isrc else "Found by name"
    if not objections:
        return f"{means}." if value >= SURE else f"{means}, but not certain."
    return f"{means}, but {' and '.join(objections)}."


def _why_nothing(track: Track, ranked: list[tuple[float, Song]]) -> str:
    nearest = f" The nearest is {ranked[0][1].label}." if ranked else ""
    return f"Nothing found that resembles {track.label}.{nearest}"
