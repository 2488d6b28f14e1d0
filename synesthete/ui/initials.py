"""What stands where a track has no cover: its first letters, on a colour of its own."""

from __future__ import annotations

import colorsys
import hashlib
from html import escape

_LIGHTNESS, _SATURATION = 0.3, 0.4  # white letters have a contrast of more than 5 on every hue of it


def initials(name: str) -> str:
    """The first letters of the first two words that have one; empty where there is none.

    Parameters
    ----------
    name : str
        As its tags say: a stranger's text.
    """
    letters = (next((letter for letter in word if letter.isalnum()), "") for word in name.split())
    return "".join([letter for letter in letters if letter][:2]).upper()[:2]


def picture_of(name: str, by: str = "") -> bytes:
    """A square SVG with the initials of a track; the tracks of one artist have one colour.

    Parameters
    ----------
    name : str
    by : str
        Whose the track is; where it is unknown the name decides the colour.
    """
    hue = hashlib.sha256((by or name).casefold().encode(errors="replace")).digest()[0] / 256
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, _LIGHTNESS, _SATURATION))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="320" height="320">'
        f'<rect width="96" height="96" rx="6" fill="rgb({red},{green},{blue})"/>'
        '<text x="48" y="50" fill="#fff" font-family="sans-serif" font-size="38" font-weight="600" '
        f'text-anchor="middle" dominant-baseline="central">{escape(initials(name))}</text></svg>'
    ).encode()
