"""What the address of a page says: every parameter, how it is read and how it is written.

Nothing in here knows of Streamlit; ``ui/navigation.py`` carries the values between the address and the session.
Strangers write addresses: a value that is not allowed counts as not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from synesthete.text import printable
from synesthete.ui import state

LISTEN, LIVE, LANDSCAPE, JOURNEY, LIBRARY = "Listen", "Live", "Landscape", "Journey", "Library"
OWN = "own-"  # begins the name of a sound that is no track
MOST_VIA, MOST_LIKED, MOST_MIXED = 4, 20, 10
MOST_WEIGHT, WEIGHT_STEP = 4.0, 0.5  # of what counts
LEAST_SECONDS, MOST_SECONDS = 1.0, 360_000.0  # of a passage
_MOST_LETTERS = 80  # of a name
_PASSAGE = re.compile(r"(\d{1,6}(?:\.\d{1,2})?)-(\d{1,6}(?:\.\d{1,2})?)", re.ASCII)
ANY_LIKENESS = -1.0
LIKENESSES = (ANY_LIKENESS, *(step / 20 for step in range(1, 21)))  # that may be asked for
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,3})?", re.ASCII)
_WEIGHT = re.compile(r"[0-4](?:\.[05])?", re.ASCII)
_TRACK_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Name:
    """What an address calls a sound.

    Attributes
    ----------
    whole : str
        A track id, or for a sound that is no track ``own-`` and what only its visit knows.
    passage : (float, float) [s], optional
        The part of it that asks.
    """

    whole: str
    passage: tuple[float, float] | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is a dropped or recorded sound rather than a track."""
        return self.whole.startswith(OWN)

    @classmethod
    def of(cls, text: str) -> Name:
        """A name as it was written; ValueError for what is none."""
        whole, _, rest = printable(text, "").strip().partition("~")
        if not whole or len(whole) > _MOST_LETTERS:
            raise ValueError(text)
        return cls(whole, _passage_of(rest))

    def __str__(self) -> str:
        return f"{self.whole}~{self.passage[0]:.2f}-{self.passage[1]:.2f}" if self.passage else self.whole


@dataclass(frozen=True)
class Parameter:
    """Something that the address says.

    Attributes
    ----------
    name : str
        In the address.
    key : str
        In the session.
    default : object
        What holds, and is not written, where the address is silent.
    read : callable(str)
        The value, or ValueError.
    pages : tuple of str
        Those that show it.
    write : callable(object)
        The text; empty for what this parameter does not say.
    is_step : bool
        Whether a change of it is a step of the browser's Back, as another sound is and a slider is not.
    is_window : bool
        Whether it opens something over the page: that it is closed again is no further step.
    """

    name: str
    key: str
    default: Any
    read: Callable[[str], Any]
    pages: tuple[str, ...]
    write: Callable[[Any], str] = str
    is_step: bool = False
    is_window: bool = False


def is_track_id(text: str) -> bool:
    """Whether a text has the form of a track's id."""
    return bool(_TRACK_ID.fullmatch(text))


def read(page: str, query: Mapping[str, str]) -> dict[str, Any]:
    """The values that an address gives a page, by their keys in the session; of its silence the defaults."""
    values: dict[str, Any] = {}
    for parameter in of_page(page):
        value = parameter.default
        if query.get(parameter.name):
            with suppress(ValueError):
                value = parameter.read(query[parameter.name])
        if value != parameter.default or parameter.key not in values:
            values[parameter.key] = value
    return values


def write(page: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What the address of a page says, so that :func:`read` gives these values again."""
    query = {}
    for parameter in of_page(page):
        value = values.get(parameter.key, parameter.default)
        value = tuple(value) if isinstance(value, list) else value
        if value is not None and value != parameter.default and (text := parameter.write(value)):
            query[parameter.name] = text
    return query


def of_page(page: str) -> list[Parameter]:
    """The parameters that a page shows."""
    return [parameter for parameter in PARAMETERS if page in parameter.pages]


def number(least: float, most: float, kind: type = float) -> Callable[[str], Any]:
    """A reader of numbers between two others."""

    def read_number(text: str) -> Any:
        if not _NUMBER.fullmatch(text) or (kind is int and "." in text):
            raise ValueError(text)
        value = kind(text)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return read_number


def choice(*pairs: tuple[str, Any]) -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    """A reader and a writer of one out of some words, each with what it stands for."""
    by_word = dict(pairs)

    def read_choice(text: str) -> Any:
        if text not in by_word:
            raise ValueError(text)
        return by_word[text]

    return read_choice, lambda value: next((word for word, each in pairs if each == value), "")


def _passage_of(text: str) -> tuple[float, float] | None:
    found = _PASSAGE.fullmatch(text)
    if not found:
        return None
    start, end = float(found[1]), float(found[2])
    return (start, end) if start + LEAST_SECONDS <= end <= MOST_SECONDS else None


def _names(text: str, most: int) -> tuple[Name, ...]:
    return tuple(Name.of(each) for each in text.split(",")[:most])


def _track_ids(text: str, most: int = MOST_LIKED) -> tuple[str, ...]:
    ids = [each for each in text.split(",") if is_track_id(each)]
    return tuple(dict.fromkeys(ids[:most]))


def _weights(text: str) -> tuple[tuple[str, float], ...]:
    """What counts other than usual, such as ``timbre:2,rhythm:0.5``, in the order of ``state.COUNTS``."""
    said = {}
    for each in text.split(",")[: len(state.COUNTS)]:
        name, _, weight = each.partition(":")
        if _WEIGHT.fullmatch(weight) and float(weight) <= MOST_WEIGHT:
            said[name] = float(weight)
    return tuple((name, said[name]) for name, usual in state.COUNTS.items() if said.get(name, usual) != usual)


def _joined_weights(weights: Sequence[tuple[str, float]]) -> str:
    return ",".join(f"{name}:{weight:g}" for name, weight in weights)


def _likeness(text: str) -> float:
    """The nearest of ``LIKENESSES``; any cosine could be asked for once, and links still say so."""
    cosine = number(-1, 1)(text)
    return min(LIKENESSES, key=lambda each: abs(each - cosine)) if cosine > 0 else ANY_LIKENESS


def _word(text: str) -> str:
    if not re.fullmatch(r"[\w.-]{1,60}", text):
        raise ValueError(text)
    return text


def _phrase(text: str) -> str:
    return printable(text, " ").strip()[:200]


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(_phrase, text.split(",")[:MOST_LIKED])))


def _joined(values: Sequence[object]) -> str:
    return ",".join(map(str, values))


def _decimal(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


_WAY_IN = choice(("record", state.RECORD), ("pick", state.PICK))
_COMPARE = choice(("track", "track"), ("passage", "passage"))
_METHOD = choice(("umap", "umap"), ("pca", "pca"))
_MODE = choice(("one", state.ONE_SOUND), ("liked", state.LIKED), ("mix", state.MORE_AND_LESS))
COLOURINGS = ("Style", "Word", "Group", "Artist", "Album", "Folder", "Likeness")
_COLOURING = choice(*((name.lower(), name) for name in COLOURINGS[1:]))
_ON, _OFF = choice(("1", True)), choice(("0", False))
_SEARCHING = (LISTEN, LIVE, LANDSCAPE, JOURNEY)
_NARROWING = (LISTEN, LIVE)
_SHOWING = (LISTEN, LANDSCAPE)

PARAMETERS = (
    Parameter("track", state.SOUND, None, Name.of, _SHOWING, lambda name: "" if name.is_own else str(name), True),
    Parameter("sound", state.SOUND, None, Name.of, _SHOWING, lambda name: str(name) if name.is_own else "", True),
    Parameter("encoder", state.ENCODER, None, _word, _SEARCHING),
    Parameter("way", state.WAY_IN, state.DROP, _WAY_IN[0], _SHOWING, _WAY_IN[1]),
    Parameter("match", state.MATCH, "", _word, (LISTEN,), is_step=True, is_window=True),
    Parameter("matches", state.OPTION_K, 10, number(1, 50, int), _NARROWING),
    Parameter("alike", state.OPTION_MINIMUM, ANY_LIKENESS, _likeness, _NARROWING, _decimal),
    Parameter("artist", state.OPTION_PER_ARTIST, 0, number(0, 10, int), _NARROWING),
    Parameter("minutes", state.OPTION_MINUTES, 30, number(1, 30, int), _NARROWING),
    Parameter("hide", state.OPTION_HIDE, True, _OFF[0], _NARROWING, _OFF[1]),
    Parameter("compare", state.OPTION_COMPARE, "auto", _COMPARE[0], _NARROWING, _COMPARE[1]),
    Parameter("only", state.OPTION_ONLY, "", _phrase, _NARROWING),
    Parameter("blend", state.BLEND, (), _weights, (LISTEN,), _joined_weights),
    Parameter("method", state.LANDSCAPE_METHOD, "tsne", _METHOD[0], (LANDSCAPE,), _METHOD[1]),
    Parameter("colour", state.LANDSCAPE_COLOURING, COLOURINGS[0], _COLOURING[0], (LANDSCAPE,), _COLOURING[1]),
    Parameter("chosen", state.LANDSCAPE_CHOSEN, "", _word, (LANDSCAPE,)),
    Parameter("mode", state.JOURNEY_MODE, state.A_TO_B, _MODE[0], (JOURNEY,), _MODE[1], True),
    Parameter("from", state.JOURNEY_FROM, None, Name.of, (JOURNEY,), is_step=True),
    Parameter("to", state.JOURNEY_TO, None, Name.of, (JOURNEY,), is_step=True),
    Parameter("via", state.JOURNEY_VIA, (), lambda text: _names(text, MOST_VIA), (JOURNEY,), _joined, True),
    Parameter("liked", state.JOURNEY_LIKED, (), _track_ids, (JOURNEY,), _joined),
    Parameter("more", state.MIX_MORE, (), lambda text: _track_ids(text, MOST_MIXED), (JOURNEY,), _joined, True),
    Parameter("less", state.MIX_LESS, (), lambda text: _track_ids(text, MOST_MIXED), (JOURNEY,), _joined, True),
    Parameter("why", state.JOURNEY_WHY, 0, number(2, 50, int), (JOURNEY,), is_step=True, is_window=True),
    Parameter("stops", state.JOURNEY_STOPS, 12, number(3, 50, int), (JOURNEY,)),
    Parameter("tracks", state.JOURNEY_TRACKS, 20, number(3, 50, int), (JOURNEY,)),
    Parameter("smooth", state.JOURNEY_SMOOTHNESS, 0.5, number(0, 1), (JOURNEY,), _decimal),
    Parameter("artist", state.JOURNEY_PER_ARTIST, 2, number(0, 10, int), (JOURNEY,)),
    Parameter("names", state.JOURNEY_METADATA, False, _ON[0], (JOURNEY,), _ON[1]),
    Parameter("find", state.LIBRARY_WORDS, "", _phrase, (LIBRARY,), is_step=True),
    Parameter("words", state.LIBRARY_HEARD, (), _phrases, (LIBRARY,), _joined),
    Parameter("order", state.LIBRARY_ORDER, "Best fit", _phrase, (LIBRARY,)),
    Parameter("liked", state.LIBRARY_LIKED, False, _ON[0], (LIBRARY,), _ON[1]),
    Parameter("page", state.LIBRARY_PAGE, 1, number(1, 100_000, int), (LIBRARY,), is_step=True),
)
NAMES = frozenset(parameter.name for parameter in PARAMETERS)
STEPS = ("catalogue", *dict.fromkeys(parameter.name for parameter in PARAMETERS if parameter.is_step))
WINDOWS = tuple(parameter.name for parameter in PARAMETERS if parameter.is_window)
DEFAULTS = {parameter.key: parameter.default for parameter in PARAMETERS}
