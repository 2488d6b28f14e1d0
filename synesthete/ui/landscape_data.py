"""The map of the catalogue with all that is shown of it, made once for the whole server.

Of a large catalogue a sample is drawn, in which every style has its share. Any other track is placed among these when
it is chosen, found or passed by a journey (:meth:`LandscapeData.with_tracks`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import streamlit as st

from synesthete import landscape
from synesthete.landscape.of_catalogue import map_of
from synesthete.search import SearchEngine, index_folder
from synesthete.settings import Paths, fingerprint
from synesthete.tracks import Track
from synesthete.ui import map3d

STYLE, WORD, ARTIST, ALBUM, FOLDER, GROUP = "Style", "Word", "Artist", "Album", "Folder", "Group"
_N_NEIGHBOURS = 10  # of each track, in the two measures of the map
_N_GROUPS = 8
WHOLE_UP_TO = 5000  # tracks of a catalogue that is drawn whole, names and all
N_DRAWN = 20_000  # points of a larger one


@dataclass(frozen=True)
class LandscapeData:
    """A map and the tracks drawn on it; all sequences in the same order.

    Attributes
    ----------
    map_id : str
        Other content has another id.
    landscape : Landscape
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
        coordinates = landscape.place(self.landscape, vectors) if more else self.landscape.coordinates[:0]
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


def open_landscape_data(engine: SearchEngine, method: str) -> LandscapeData:
    """The map of this encoder's vectors; laid out now, with a spinner, if it is not kept yet."""
    return _landscape_data(
        engine,
        method,
        str(engine.catalogue.path),
        engine.encoder.fingerprint,
        engine.vectors_revision,
        engine.catalogue.n_tagged(),
    )


@st.cache_resource(
    show_spinner="Laying out the map; this happens once, and may take a minute …", show_time=True, max_entries=8
)
def _landscape_data(
    _engine: SearchEngine, method: str, path: str, encoder_fingerprint: str, vectors_revision: str, n_tagged: int
) -> LandscapeData:
    catalogue = _engine.catalogue
    n_tracks = len(_engine.track_ids)
    if n_tracks > WHOLE_UP_TO:
        ids = _sample(_engine)
        vectors, revision = _engine.vectors_of(ids), f"{vectors_revision} {len(ids)} of {n_tracks}"
    else:
        (ids, vectors), revision = _engine.vectors(), vectors_revision
    made = map_of(revision, lambda: vectors, encoder_fingerprint, _folders(_engine), method)
    tracks = catalogue.tracks(ids)
    groups = landscape.clusters(vectors, _N_GROUPS)
    heard = catalogue.words_of(ids)
    words = tuple(heard[track_id][0] if track_id in heard else "" for track_id in ids) if heard else ()
    known = [heard.get(track.track_id, ()) if heard else (track.genre,) if track.genre else () for track in tracks]
    group_names = landscape.name_groups(groups, known)
    every = _colourings(tracks, words, [group_names[each] for each in groups])
    colourings = {name: of for name, of in every.items() if len(set(of)) > 1}
    # what is known of few comes last, so that a library without tags is coloured by how it sounds
    colourings = dict(sorted(colourings.items(), key=lambda each: 2 * each[1].count("") > len(tracks)))
    # the tags may change while the vectors, and so the map, stay the same
    map_id = fingerprint(method, vectors_revision, [[track.title, track.artist, *colours] for track, *colours in
                                    zip(tracks, *colourings.values(), strict=True)])  # fmt: skip
    titles, artists = [track.title for track in tracks], [track.artist for track in tracks]
    k = _N_NEIGHBOURS
    is_measurable = len(tracks) > 2 * k
    return LandscapeData(
        map_id=map_id,
        landscape=made,
        tracks=tracks,
        vectors=vectors,
        groups=groups,
        group_names=group_names,
        words=words,
        row_of={track_id: row for row, track_id in enumerate(ids)},
        colourings=tuple(colourings),
        points=map3d.pack_points(map_id, made.coordinates, titles, artists, colourings)
        if n_tracks == len(tracks)
        else map3d.pack_nameless_points(map_id, made.coordinates, colourings),
        n_tracks=n_tracks,
        trustworthiness=landscape.trustworthiness(vectors, made.coordinates, k) if is_measurable else None,
        neighbours_kept=landscape.neighbours_kept(vectors, made.coordinates, k) if is_measurable else None,
    )


def _sample(engine: SearchEngine) -> tuple[str, ...]:
    """Ids of the tracks to draw, sorted: of every style its share, and a few at least of the rare ones."""
    styles = engine.catalogue.styles()
    known = engine.track_ids
    rows = landscape.fair_sample([styles.get(track_id, "") for track_id in known], N_DRAWN)
    return tuple(known[row] for row in rows.tolist())


def _folders(engine: SearchEngine) -> tuple[Path, ...]:
    """Where the map may lie, the last where it is kept: nothing is written beside the shipped catalogue."""
    paths = Paths()
    is_built_in = engine.catalogue.folder.resolve() == paths.sampler.resolve()
    return (paths.sampler, paths.state) if is_built_in else (index_folder(engine.catalogue),)


def _colourings(tracks: tuple[Track, ...], words: tuple[str, ...], groups: list[str]) -> dict[str, list[str]]:
    return {
        STYLE: [track.genre for track in tracks],
        WORD: list(words) or [""] * len(tracks),
        GROUP: groups,
        ARTIST: [track.artist for track in tracks],
        ALBUM: [track.album for track in tracks],
        FOLDER: [PurePosixPath(track.path).parent.name for track in tracks],
    }
