"""What the commands print to standard error while they work."""

from __future__ import annotations

import sys

from synesthete.text import printable, shorten

_WIDTH = 60  # characters of a label, so that a line fits any terminal


def show_progress(label: str, fraction: float) -> None:
    """Rewrite the last line of a terminal: how much is done, and of what. Nothing is written to a file or a pipe.

    Parameters
    ----------
    label : str
        May be a stranger's title; shown printable and shortened.
    fraction : float in [0, 1]
        At 1 the line is ended.
    """
    if not sys.stderr.isatty():
        return
    end = "\n" if fraction >= 1 else ""
    sys.stderr.write(f"\r{fraction:4.0%} {shorten(printable(label, '�'), _WIDTH):{_WIDTH}}{end}")
