"""Text from strangers (tags, file names, what a server or a worker answers), made safe to show.

What a file format needs is in :func:`synesthete.playlists.playlist.one_line`, what Streamlit's Markdown needs in
:func:`synesthete.ui.text.plain`.
"""

from __future__ import annotations

import unicodedata

# Zero-width non-joiner and joiner are format characters too, but Persian spelling and emoji need them.
_JOINERS = "\u200c\u200d"
# A cell that starts like this is a formula to Excel, LibreOffice or Google Sheets; in East Asian editions the
# full-width forms too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def printable(text: str, instead: str = "") -> str:
    """Text on one line that steers neither a terminal nor a page.

    Control and format characters (escape sequences, line breaks, marks of writing direction), lone surrogates and
    unassigned characters are replaced by ``instead``; blanks of any width become a plain blank.

    >>> printable("so\\x1b[31mng\\u202e.mp3")
    'so[31mng.mp3'
    """
    return "".join(sign if sign.isprintable() or sign in _JOINERS else _replaced(sign, instead) for sign in text)


def _replaced(sign: str, instead: str) -> str:
    return " " if unicodedata.category(sign) == "Zs" else instead


def shorten(text: str, most: int) -> str:
    """Text of at most ``most`` characters; what is cut ends with ``…``.

    >>> shorten("A very long title", 8)
    'A very…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def no_formula(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula: an apostrophe goes in front of what looks like one."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
