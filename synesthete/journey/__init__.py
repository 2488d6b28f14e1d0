"""From one sound to another through real tracks, and playlists from seeds.

:func:`plan` finds the best journey; :func:`playlist_from_seed` and :func:`playlist_from_liked` stay near what they are
given. All of them work on :class:`TrackVectors`: the tracks of a catalogue with one encoder's vectors.
"""

from synesthete.journey.planning import plan
from synesthete.journey.playlists import Pick, PlaylistOptions, playlist_from_liked, playlist_from_seed
from synesthete.journey.track_vectors import Seed, TrackVectors
from synesthete.journey.types import Journey, JourneyOptions, JourneyQuality, Stop

__all__ = [
    "Journey",
    "JourneyOptions",
    "JourneyQuality",
    "Pick",
    "PlaylistOptions",
    "Seed",
    "Stop",
    "TrackVectors",
    "plan",
    "playlist_from_liked",
    "playlist_from_seed",
]
