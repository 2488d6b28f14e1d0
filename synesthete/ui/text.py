"""Text from strangers, made safe to show, and the small words the pages share."""

from __future__ import annotations

import re
from collections.abc import Iterable

from synesthete.key import Key
from synesthete.tempo import Tempo
from synesthete.text import no_formula, printable, shorten

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=@&])")
_SELF_ACTING = re.compile(r"(?i)[:@]|www(?=\.)")


def plain(text: str, limit: int = 120) -> str:
    """Escape text so that Streamlit's Markdown shows it as it is.

    A title may hold a link, an image on someone's server, a colour directive, HTML, line breaks or marks that
    turn the writing direction; shown through this it is only letters. Longer than ``limit`` is cut with ``…``.
    """
    text = shorten(printable(text, " ").strip(), limit)
    # Addresses become links and :names: become icons even from escaped text: a word joiner, unseen, parts them.
    text = _SELF_ACTING.sub("\\g<0>\u2060", text)
    return _MARKDOWN.sub(r"\\\1", text)


def cell(text: str) -> str:
    """Text for a table, which shows it as it is and offers it as CSV: no spreadsheet takes it for a formula.

    What looks like one gets a word joiner, unseen, in front.
    """
    text = printable(text, " ")
    return text if no_formula(text) == text else f"\u2060{text}"


def badges(words: Iterable[str]) -> str:
    """Words as a row of badges, in Streamlit's Markdown."""
    return " ".join(f":gray-badge[{plain(word)}]" for word in words)


def count(number: int, noun: str) -> str:
    """``1 track``, ``2 tracks``, ``1,204 tracks``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def dotted(*parts: str) -> str:
    """The parts that are there, with a middle dot between them: ``Artist · Style``."""
    return " · ".join(part for part in parts if part)


def tempo_and_key(tempo: Tempo | None, key: Key | None) -> str:
    """``About 96 beats a minute, or 192 · C minor``; what is unsure, None, is not mentioned."""
    beats = f"About {tempo.bpm:.0f} beats a minute, or {tempo.other_bpm:.0f}" if tempo else ""
    return dotted(beats, key.name if key else "")
