"""Which music no training learns from: collections to choose weights on, and collections to report figures on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from synesthete.training.recordings import Recording

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


def held_out_groups(recordings: Sequence[Recording], share: float, seed: int, is_by_genre: bool) -> set[str]:
    """Artists, and collections without artists, that a training is measured on and does not learn from.

    Those of :data:`HELD_OUT`, and a share of all artists; or of the artists of each genre, then at least one of two.

    Parameters
    ----------
    recordings : sequence of Recording
    share : float in [0, 1)
    seed : int
    is_by_genre : bool

    Returns
    -------
    set of str
        See :attr:`Recording.group`.
    """
    held = are_held_out([one.collection for one in recordings], [one.artist for one in recordings])
    groups = {one.group for one, is_held in zip(recordings, held, strict=True) if is_held}
    by_genre: dict[str, set[str]] = defaultdict(set)
    for recording in recordings:
        by_genre[recording.genre.casefold() if is_by_genre else ""].add(recording.group)
    rng = np.random.default_rng([seed, 11])
    for _, artists in sorted(by_genre.items()):
        n = max(round(share * len(artists)), 1) if len(artists) > 1 and share > 0 else 0
        already = len(artists & groups)
        others = sorted(artists - groups)
        groups |= {others[at] for at in rng.permutation(len(others))[: max(n - already, 0)]}
    return groups


def without(recordings: Sequence[Recording], groups: Collection[str]) -> list[Recording]:
    """The recordings of other artists and collections than these."""
    return [recording for recording in recordings if recording.group not in groups]


def only(recordings: Sequence[Recording], groups: Collection[str]) -> list[Recording]:
    """The recordings of these artists and collections."""
    return [recording for recording in recordings if recording.group in groups]
