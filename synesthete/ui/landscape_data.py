"""The map of the catalogue with all that is shown of it.

Of a large catalogue a sample is drawn, in which every style has its share. Any other track is placed among these when
it is chosen, found or passed by a journey (:meth:`LandscapeData.with_tracks`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from synesthete import landscape
from synesthete.landscape.drawn import Tell, drawn_map, map_folders
from synesthete.search import SearchEngine
from synesthete.settings import fingerprint
from synesthete.tracks import Track
from synesthete.ui import map3d

STYLE, WORD, ARTIST, ALBUM, FOLDER, GROUP = "Style", "Word", "Artist", "Album", "Folder", "Group"


@dataclass(frozen=True)
class LandscapeData:
    """A map and the tracks drawn on it; all sequences in the same order.

    Attributes
    ----------
    map_id : str
        Other content has another id.
    landscape : Landscape
        On which other sounds are placed.
    coordinates : np.ndarray [shape=(n, 3)], float32
    tracks : tuple of Track
    vectors : np.ndarray [shape=(n, size)], float32, unit length
    groups : np.ndarray [shape=(n,)], int64
        Cluster of each track, 0 the largest.
    group_names : tuple of str
        What each is called, by what stands out in it.
    words : tuple of str
        The likeliest word of each track by a tagger; empty where none stands out. No words at all, an empty tuple.
    row_of : dict of str to int
        Row of a track id.
    colourings : tuple of str
        What the points can be coloured by.
    points : bytes
        For :func:`synesthete.ui.map3d.show`.
    n_tracks : int
        Of the catalogue; more than are drawn where it is large.
    trustworthiness, neighbours_kept : float in [0, 1], or None for a catalogue too small to measure
    """

    map_id: str
    landscape: landscape.Landscape
    coordinates: np.ndarray
    tracks: tuple[Track, ...]
    vectors: np.ndarray
    groups: np.ndarray
    group_names: tuple[str, ...]
    words: tuple[str, ...]
    row_of: dict[str, int]
    colourings: tuple[str, ...]
    points: bytes
    n_tracks: int
    trustworthiness: float | None
    neighbours_kept: float | None

    @property
    def is_sample(self) -> bool:
        """Whether the catalogue holds more tracks than are drawn."""
        return self.n_tracks > len(self.tracks)

    def with_tracks(self, track_ids: Iterable[str], engine: SearchEngine) -> Placed:
        """Some tracks on this map, those too that are not drawn on it; what this encoder has not heard is left out."""
        wanted = list(dict.fromkeys(track_ids))
        fingerprint = engine.encoder.fingerprint
        more = [
            track_id
            for track_id in wanted
            if self.is_sample and track_id not in self.row_of and engine.catalogue.has_vectors(track_id, fingerprint)
        ]
        vectors = engine.vectors_of(more) if more else self.vectors[:0]
        rows = {track_id: self.row_of[track_id] for track_id in wanted if track_id in self.row_of}
        rows |= {track_id: len(self.tracks) + number for number, track_id in enumerate(more)}
        coordinates = landscape.place(self.landscape, vectors) if more else self.coordinates[:0]
        return Placed(rows, engine.catalogue.tracks(more), vectors, coordinates)


@dataclass(frozen=True)
class Placed:
    """Tracks on a map.

    Attributes
    ----------
    row_of : dict of str to int
        The row of each; those from the number of points drawn on are the following, in order.
    more : tuple of Track
        Placed beside the points drawn.
    vectors : np.ndarray [shape=(n_more, size)]
    coordinates : np.ndarray [shape=(n_more, 3)]
    """

    row_of: dict[str, int]
    more: tuple[Track, ...]
    vectors: np.ndarray
    coordinates: np.ndarray


def make_landscape_data(engine: SearchEngine, method: str, tell: Tell) -> LandscapeData:
    """The map of this encoder's vectors, as it is kept or laid out now, and what is shown of it.

    ``tell`` hears what is being done, and which share [0, 1] of all is done. LandscapeError: too few tracks for a map.
    """
    catalogue = engine.catalogue
    drawn = drawn_map(engine, map_folders(engine.catalogue), method, tell)
    tell("Looking the tracks up …", 0.99)
    ids, groups = drawn.ids, drawn.groups
    tracks = catalogue.tracks(ids)
    heard = catalogue.words_of(ids)
    words = tuple(heard[track_id][0] if track_id in heard else "" for track_id in ids) if heard else ()
    known = [heard.get(track.track_id, ()) if heard else (track.genre,) if track.genre else () for track in tracks]
    group_names = landscape.name_groups(groups, known)
    every = _colourings(tracks, words, [group_names[each] for each in groups])
    colourings = {name: of for name, of in every.items() if len(set(of)) > 1}
    # what is known of few comes last, so that a library without tags is coloured by how it sounds
    colourings = dict(sorted(colourings.items(), key=lambda each: 2 * each[1].count("") > len(tracks)))
    # the tags may change while the vectors, and so the map, stay the same
    map_id = fingerprint(method, engine.vectors_revision, [[track.title, track.artist, *colours] for track, *colours in
                                    zip(tracks, *colourings.values(), strict=True)])  # fmt: skip
    titles, artists = [track.title for track in tracks], [track.artist for track in tracks]
    n_tracks = len(engine.track_ids)
    return LandscapeData(
        map_id=map_id,
        landscape=drawn.landscape,
        coordinates=drawn.coordinates,
        tracks=tracks,
        vectors=engine.vectors_of(ids),
        groups=groups,
        group_names=group_names,
        words=words,
        row_of={track_id: row for row, track_id in enumerate(ids)},
        colourings=tuple(colourings),
        points=map3d.pack_points(map_id, drawn.coordinates, titles, artists, colourings)
        if n_tracks == len(tracks)
        else map3d.pack_nameless_points(map_id, drawn.coordinates, colourings),
        n_tracks=n_tracks,
        trustworthiness=drawn.trustworthiness,
        neighbours_kept=drawn.neighbours_kept,
    )


def _colourings(tracks: tuple[Track, ...], words: tuple[str, ...], groups: list[str]) -> dict[str, list[str]]:
    return {
        STYLE: [track.genre for track in tracks],
        WORD: list(words) or [""] * len(tracks),
        GROUP: groups,
        ARTIST: [track.artist for track in tracks],
        ALBUM: [track.album for track in tracks],
        FOLDER: [PurePosixPath(track.path).parent.name for track in tracks],
    }
