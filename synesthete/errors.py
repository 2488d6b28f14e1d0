"""The few errors that Synesthete raises on purpose.

Each message is written for the person at the page or the command line: it names the thing, the value
received and the way out. They are turned into a page message or an exit code in exactly two places,
``ui/frame.py`` and ``cli.py``.
"""


class SynestheteError(Exception):
    """Something went wrong that a sentence can explain; the parent of all others."""


class AudioError(SynestheteError):
    """A sound that cannot be used: unreadable, silent, too short, too long, too large."""


class DecodeLimitError(AudioError):
    """A decoder crashed, or ran past its time or memory limit, and was stopped."""


class EncoderError(SynestheteError):
    """An encoder that is unknown, or whose weights are missing, damaged or made for other settings."""


class CatalogueError(SynestheteError):
    """A catalogue that is missing, damaged, read-only, or asked for what it does not hold."""


class OptionError(SynestheteError, ValueError):
    """An option outside its range."""
