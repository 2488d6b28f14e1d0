"""From one sound to another through real tracks, and playlists from seeds.

:func:`plan` finds the best journey; :func:`playlist_from_seed` and :func:`playlist_from_liked` stay near what
they are given. All of them work on a :class:`Repertoire`: the tracks of a catalogue and one encoder's
vectors.
"""

from synesthete.journey.mixes import Pick, PlaylistOptions, playlist_from_liked, playlist_from_seed
from synesthete.journey.planning import plan
from synesthete.journey.records import Journey, JourneyOptions, JourneyQuality, Stop
from synesthete.journey.repertoire import Repertoire, Seed

__all__ = [
    "Journey",
    "JourneyOptions",
    "JourneyQuality",
    "Pick",
    "PlaylistOptions",
    "Repertoire",
    "Seed",
    "Stop",
    "plan",
    "playlist_from_liked",
    "playlist_from_seed",
]
