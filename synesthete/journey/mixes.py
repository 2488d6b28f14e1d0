"""Playlists that stay near their seeds: from one sound, or from several liked tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from synesthete.errors import JourneyError, OptionError
from synesthete.journey.records import artist_key, check_max_per_artist
from synesthete.journey.repertoire import Repertoire, Seed, SeedPlace, places
from synesthete.tracks import Track


@dataclass(frozen=True)
class PlaylistOptions:
    """What may be in a playlist.

    Attributes
    ----------
    length : int > 0
        How many tracks, seeds not counted.
    max_per_artist : int > 0, optional
        Most tracks by one artist; tracks without an artist are not counted as one.
    min_similarity : float in [-1, 1]
        Least cosine to the seed.
    metadata_weight : float in [0, 1]
        0: sound alone decides. Above: this share of the score comes from equal artist, album and genre.
    """

    length: int = 20
    max_per_artist: int | None = 2
    min_similarity: float = -1.0
    metadata_weight: float = 0.0

    def __post_init__(self) -> None:
        if self.length < 1:
            raise OptionError(f"length is {self.length}; a playlist has at least 1 track.")
        check_max_per_artist(self.max_per_artist)
        if not -1 <= self.min_similarity <= 1:
            raise OptionError(f"min_similarity is {self.min_similarity}; it must be between -1 and 1.")
        if not 0 <= self.metadata_weight <= 1:
            raise OptionError(f"metadata_weight is {self.metadata_weight}; it must be between 0 and 1.")


@dataclass(frozen=True)
class Pick:
    """A track of a playlist.

    Attributes
    ----------
    track : Track
    seed_number : int >= 0
        Which of the seeds it was picked for.
    cosine : float in [-1, 1]
        To that seed.
    score : float in [-1, 1]
        What the ranking went by: the cosine, unless metadata was asked for.
    start_seconds : float >= 0 [s]
        Where to start playing: the segment most like the whole track.
    """

    track: Track
    seed_number: int
    cosine: float
    score: float
    start_seconds: float


DEFAULT_OPTIONS = PlaylistOptions()


def playlist_from_seed(
    repertoire: Repertoire, seed: Seed, options: PlaylistOptions = DEFAULT_OPTIONS
) -> tuple[Pick, ...]:
    """The tracks most alike to one seed, the most alike first; fewer than asked for if no more pass.

    Raises
    ------
    JourneyError
        The seed is unknown here, or no track passes.
    """
    return playlist_from_liked(repertoire, [seed], options)


def playlist_from_liked(
    repertoire: Repertoire, liked: Sequence[Seed], options: PlaylistOptions = DEFAULT_OPTIONS
) -> tuple[Pick, ...]:
    """The tracks most alike to each of several liked ones, which take turns.

    Taking turns rather than searching around the mean: between a lullaby and a metal track lies neither, but
    what is alike to everything. So each liked track gets the same share of the playlist, whatever the others
    are.

    Raises
    ------
    JourneyError
        No seeds, one unknown here, or no track passes.
    """
    if not liked:
        raise JourneyError("A playlist needs at least one liked track or sound, and got none. Choose one.")
    seeds = places(repertoire, liked)
    chooser = _Chooser(repertoire, seeds, options)
    turns = [chooser.candidates(number) for number in range(len(seeds))]
    picks: list[Pick] = []
    while turns and len(picks) < options.length:
        for turn in list(turns):
            pick = next(turn, None)
            if pick is None:
                turns.remove(turn)
            elif len(picks) < options.length:
                picks.append(pick)
    if not picks:
        raise JourneyError(
            f"None of the {len(repertoire.tracks)} tracks passes"
            f" (min_similarity {options.min_similarity:.2f}, max_per_artist {options.max_per_artist})."
            " Lower the one or raise the other."
        )
    return tuple(picks)


class _Chooser:
    """Hands out tracks, each once, and keeps the rules over all seeds together."""

    def __init__(self, repertoire: Repertoire, seeds: list[SeedPlace], options: PlaylistOptions) -> None:
        self.repertoire, self.seeds, self.options = repertoire, seeds, options
        self.taken = list(seeds)
        self.rows = {seed.row for seed in seeds}
        self.n_by_artist: Counter[str] = Counter()

    def candidates(self, number: int) -> Iterator[Pick]:
        """Picks for one seed, best first, judged when they are asked for."""
        seed = self.seeds[number]
        cosines = np.clip(self.repertoire.vectors @ seed.vector, -1, 1)
        scores = cosines
        if self.options.metadata_weight:
            known = metadata_similarity(self.repertoire, seed)
            scores = (1 - self.options.metadata_weight) * cosines + self.options.metadata_weight * known
        for row in np.argsort(-scores, kind="stable").tolist():
            if cosines[row] >= self.options.min_similarity and self._takes(row):
                track, start = self.repertoire.tracks[row], self.repertoire.start_seconds(row)
                yield Pick(track, number, float(cosines[row]), float(scores[row]), start)

    def _takes(self, row: int) -> bool:
        artist = artist_key(self.repertoire.tracks[row])
        most = self.options.max_per_artist
        if row in self.rows or (most is not None and artist and self.n_by_artist[artist] >= most):
            return False
        if any(self.repertoire.is_same(place, row) for place in self.taken):
            return False
        self.rows.add(row)
        self.taken.append(self.repertoire.place(self.repertoire.tracks[row].track_id))
        self.n_by_artist[artist] += 1
        return True


def metadata_similarity(repertoire: Repertoire, seed: SeedPlace) -> np.ndarray:
    """Share of artist, album and genre that each track has in common with the seed, in [0, 1], float64 [n].

    What is unknown counts as different; a sound that is no track has nothing in common with any.
    """
    if seed.row is None:
        return np.zeros(len(repertoire.tracks))
    own = _metadata(repertoire.tracks[seed.row])
    return np.array(
        [
            np.mean([bool(mine) and mine == theirs for mine, theirs in zip(own, _metadata(track), strict=True)])
            for track in repertoire.tracks
        ]
    )


def _metadata(track: Track) -> tuple[str, str, str]:
    return artist_key(track), track.album.strip().casefold(), track.genre.strip().casefold()
