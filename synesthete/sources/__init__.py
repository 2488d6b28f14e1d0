"""Where a catalogue's files come from. A source is a stream of entries; reading and embedding happen elsewhere."""

from synesthete.sources.folder import Found, NotSound, Unreadable, scan

__all__ = ["Found", "NotSound", "Unreadable", "scan"]
