"""Playlists that stay near their seeds: from one sound, or from several liked tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from synesthete.errors import JourneyError, OptionError
from synesthete.journey.track_vectors import Seed, SeedPoint, TrackVectors
from synesthete.journey.types import artist_key, check_max_per_artist
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
        What the ranking is by: the cosine, unless metadata was asked for.
    start_seconds : float >= 0 [s]
        Where to start playing: the most typical segment of the track.
    """

    track: Track
    seed_number: int
    cosine: float
    score: float
    start_seconds: float


DEFAULT_OPTIONS = PlaylistOptions()


def playlist_from_seed(
    track_vectors: TrackVectors, seed: Seed, options: PlaylistOptions = DEFAULT_OPTIONS
) -> tuple[Pick, ...]:
    """The tracks most alike to one seed, the most alike first; fewer than asked for if no more pass.

    Raises
    ------
    JourneyError
        The seed is unknown here, or no track passes.
    """
    return playlist_from_liked(track_vectors, [seed], options)


def playlist_from_liked(
    track_vectors: TrackVectors, liked: Sequence[Seed], options: PlaylistOptions = DEFAULT_OPTIONS
) -> tuple[Pick, ...]:
    """The tracks most alike to each of several liked ones, taken from each in turn (round robin).

    Not the neighbours of their mean: between a lullaby and a metal track lies neither of both kinds, but hubs, which
    are alike to everything. In turn, each liked track gets the same share of the playlist.

    Raises
    ------
    JourneyError
        No seeds, one unknown here, or no track passes.
    """
    if not liked:
        raise JourneyError("A playlist needs at least one liked track or sound, and got none. Choose one.")
    seeds = track_vectors.locate_all(liked)
    selector = _Selector(track_vectors, seeds, options)
    rankings = [selector.candidates(number) for number in range(len(seeds))]
    picks: list[Pick] = []
    while rankings and len(picks) < options.length:
        for ranking in list(rankings):
            pick = next(ranking, None)
            if pick is None:
                rankings.remove(ranking)
            elif len(picks) < options.length:
                picks.append(pick)
    if not picks:
        raise JourneyError(
            f"None of the {len(track_vectors.tracks)} tracks passes"
            f" (min_similarity {options.min_similarity:.2f}, max_per_artist {options.max_per_artist})."
            " Lower the one or raise the other."
        )
    return tuple(picks)


class _Selector:
    """Gives out tracks, each once, and keeps the rules over all seeds together."""

    def __init__(self, track_vectors: TrackVectors, seeds: list[SeedPoint], options: PlaylistOptions) -> None:
        self.track_vectors, self.seeds, self.options = track_vectors, seeds, options
        self.selected = list(seeds)
        self.rows = {seed.row for seed in seeds}
        self.n_by_artist: Counter[str] = Counter()

    def candidates(self, number: int) -> Iterator[Pick]:
        """Picks for one seed, best first; each is checked against the rules when it is asked for."""
        seed = self.seeds[number]
        cosines = np.clip(self.track_vectors.vectors @ seed.vector, -1, 1)
        scores = cosines
        if self.options.metadata_weight:
            in_common = metadata_similarity(self.track_vectors, seed)
            scores = (1 - self.options.metadata_weight) * cosines + self.options.metadata_weight * in_common
        for row in np.argsort(-scores, kind="stable").tolist():
            if cosines[row] >= self.options.min_similarity and self._accept(row):
                track, start = self.track_vectors.tracks[row], self.track_vectors.start_seconds(row)
                yield Pick(track, number, float(cosines[row]), float(scores[row]), start)

    def _accept(self, row: int) -> bool:
        """Whether the rules let a track in; if so, it counts as given out."""
        artist = artist_key(self.track_vectors.tracks[row])
        limit = self.options.max_per_artist
        if row in self.rows or (limit is not None and artist and self.n_by_artist[artist] >= limit):
            return False
        if any(self.track_vectors.is_same_recording(point, row) for point in self.selected):
            return False
        self.rows.add(row)
        self.selected.append(self.track_vectors.locate(self.track_vectors.tracks[row].track_id))
        self.n_by_artist[artist] += 1
        return True


def metadata_similarity(track_vectors: TrackVectors, seed: SeedPoint) -> np.ndarray:
    """Share of artist, album and genre that each track has in common with the seed, in [0, 1], float64 [n].

    What is unknown counts as different; a sound that is no track has nothing in common with any.
    """
    if seed.row is None:
        return np.zeros(len(track_vectors.tracks))
    own = _metadata(track_vectors.tracks[seed.row])
    return np.array(
        [
            np.mean([bool(mine) and mine == theirs for mine, theirs in zip(own, _metadata(track), strict=True)])
            for track in track_vectors.tracks
        ]
    )


def _metadata(track: Track) -> tuple[str, str, str]:
    return artist_key(track), track.album.strip().casefold(), track.genre.strip().casefold()
