"""What a source says of a file, beyond the tags inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from synesthete.text import printable
from synesthete.tracks import Track

MAX_CHARACTERS = 300
MAX_READ_CHARACTERS = 4 * MAX_CHARACTERS  # of a longer text the rest is not even looked at
LATEST_YEAR = 9999


@dataclass(frozen=True)
class Metadata:
    """Fields of a track, by their names in :class:`~synesthete.tracks.Track`.

    Attributes
    ----------
    given : mapping of str to str or int
        From a list that somebody curated: goes before the tags in the file.
    filling : mapping of str to str or int
        A guess: used only where neither the list nor the file says anything.
    """

    given: Mapping[str, str | int] = field(default_factory=dict)
    filling: Mapping[str, str | int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.given or self.filling)

    def applied(self, track: Track) -> Track:
        """A track with these fields."""
        track = replace(track, **self.given)  # type: ignore[arg-type]
        empty = {name: value for name, value in self.filling.items() if not getattr(track, name)}
        return replace(track, **empty)  # type: ignore[arg-type]


NO_METADATA = Metadata()


def plain(text: str) -> str:
    """A stranger's text on one line, without control characters, of bounded length."""
    text = text[:MAX_READ_CHARACTERS]
    if not text.isprintable():  # hardly any; a table has a million cells
        text = printable(text, " ")
    return " ".join(text.split())[:MAX_CHARACTERS]


def number(text: object) -> int:
    """A year or a track number out of the beginning of a text; 0 where there is none."""
    digits = str(text)[:4].strip()
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def known(fields: Mapping[str, str | int]) -> dict[str, str | int]:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value}
