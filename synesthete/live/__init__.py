"""Listening along: what a microphone hears becomes a rolling picture, matches that hold still, and names.

:mod:`~synesthete.live.listener` ties the parts together. Nothing here knows a page or a browser: blocks of samples come
in, and what is known of them can be asked for at any time, from any thread.
"""

from synesthete.live.findings import Now
from synesthete.live.heard import Heard
from synesthete.live.listener import Listener, Status

__all__ = ["Heard", "Listener", "Now", "Status"]
