"""Which music no training learns from: collections to choose weights on, and collections to report figures on."""

from __future__ import annotations

from collections.abc import Sequence

TEST_COLLECTIONS = ("MineClone2", "phonograph_album_mcl", "sounds")  # figures are published on these
VALIDATION_COLLECTIONS = ("hedgewars-data", "supertux-data", "warmux-data", "wesnoth-1.16-music")  # weights are chosen
HELD_OUT = (*TEST_COLLECTIONS, *VALIDATION_COLLECTIONS)


def are_held_out(collections: Sequence[str], artists: Sequence[str]) -> list[bool]:
    """Which of some sounds no training may learn from: those of :data:`HELD_OUT` and all others by their artists.

    Parameters
    ----------
    collections, artists : sequence of str
        Of each sound; artists may be empty where they are unknown.
    """
    pairs = list(zip(collections, artists, strict=True))
    held_artists = {artist for collection, artist in pairs if collection in HELD_OUT} - {""}
    return [collection in HELD_OUT or artist in held_artists for collection, artist in pairs]
