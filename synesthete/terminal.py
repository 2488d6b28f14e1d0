"""What the commands print to standard error while they work, and what can be read there once they have ended."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from synesthete.text import printable, shorten

ENDED_BY = "synesthete: "  # the sentence that a command ends with begins so
_TAIL_BYTES = 64 * 1024  # of a log
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


def why_it_ended(log: Path) -> str:
    """The sentence that a command in the background ended with, from the file it printed to.

    Returns
    -------
    str
        Empty where it said none, because it was stopped or all went well, or the file cannot be read.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
            said = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    sentence = next((line for line in reversed(said.splitlines()) if line.startswith(ENDED_BY)), "")
    if sentence:
        return sentence.removeprefix(ENDED_BY)
    return f"It ended unexpectedly; {log} says more." if "Traceback (most recent" in said else ""
