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


class SourceError(SynestheteError):
    """Music, metadata or weights that cannot be had: a download that failed, an archive that is damaged or hostile."""


class EngineError(SynestheteError):
    """Where the work was to run cannot be had: Ray is not installed, its cluster does not answer or has no room."""


class OptionError(SynestheteError, ValueError):
    """An option outside its range."""


class PlaylistError(SynestheteError):
    """A playlist that cannot be written: an unknown format, a track without a file, a bad location."""


class SpotifyError(PlaylistError):
    """Spotify refused, did not answer, or answered what nobody can use; never holds a token.

    Attributes
    ----------
    is_undecided : bool
        No usable answer came, so what was asked may have been done all the same.
    """

    is_undecided: bool = False


class JourneyError(SynestheteError):
    """A journey or playlist that these tracks cannot give."""


class LandscapeError(SynestheteError):
    """A map that cannot be made: too few tracks, or a method whose package is not installed."""
