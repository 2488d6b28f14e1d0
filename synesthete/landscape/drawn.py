"""What the page draws of a catalogue: the map of its tracks, or of a fair sample, their groups, how far to trust it.

Of a large catalogue this takes minutes, so that it is made when music is indexed, and kept. It holds as long as the
track space is the same and most tracks are: those added since lie on it where a new sound would.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from synesthete.build_lock import one_builder
from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Encoder
from synesthete.landscape import storage
from synesthete.landscape.grouping import clusters
from synesthete.landscape.layout import MIN_TRACKS, Landscape, fit
from synesthete.landscape.of_catalogue import map_of
from synesthete.landscape.quality import neighbours_kept, trustworthiness
from synesthete.landscape.sample import fair_sample
from synesthete.landscape.storage import LandscapeMismatchError
from synesthete.search import SearchEngine, index_folder
from synesthete.settings import Paths

WHOLE_UP_TO = 5000  # tracks of a catalogue that is drawn whole
N_DRAWN = 20_000  # of a larger one
MOST_CHANGED = 0.25  # share of the tracks that may have come or gone since a large catalogue's map was made
N_GROUPS = 8
_N_NEIGHBOURS = 10  # of each track, in the two measures of the map
_VERSION = 1

_log = logging.getLogger(__name__)

Tell = Callable[[str, float], object]


@dataclass(frozen=True)
class DrawnMap:
    """A map and the tracks that are drawn on it.

    Attributes
    ----------
    ids : tuple of str, n_drawn long
        Sorted.
    coordinates : np.ndarray [shape=(n_drawn, 3)], float32
    groups : np.ndarray [shape=(n_drawn,)], int64
        Cluster of each track, 0 the largest.
    landscape : Landscape
        On which other sounds are placed.
    trustworthiness, neighbours_kept : float in [0, 1], or None for a catalogue too small to measure
    n_tracks : int
        Of the catalogue when the map was made.
    """

    ids: tuple[str, ...]
    coordinates: np.ndarray
    groups: np.ndarray
    landscape: Landscape
    trustworthiness: float | None
    neighbours_kept: float | None
    n_tracks: int

    def of_some(self, ids: Sequence[str]) -> DrawnMap:
        """The same with those of its tracks alone that are among ``ids``."""
        wanted = set(ids)
        rows = np.array([row for row, track_id in enumerate(self.ids) if track_id in wanted], dtype=np.int64)
        kept = tuple(self.ids[row] for row in rows.tolist())
        return replace(self, ids=kept, coordinates=self.coordinates[rows], groups=self.groups[rows])


def drawn_map(
    engine: SearchEngine, folders: Sequence[Path], method: str = "tsne", tell: Tell | None = None
) -> DrawnMap:
    """The map to draw: as it is kept, if that still fits, or laid out now and kept.

    Parameters
    ----------
    engine : SearchEngine
    folders : sequence of Path, not empty
        Where the map may lie; it is kept in the last.
    method : {"tsne", "umap", "pca"}
    tell : callable(str, float), optional
        Told what is being done, and which share [0, 1] of all is done.

    Raises
    ------
    LandscapeError
        There are too few tracks for a map.
    """
    tell = tell or (lambda words, share: None)
    if len(engine.track_ids) <= WHOLE_UP_TO:
        return _whole(engine, folders, method)
    path = folders[-1] / f"{engine.encoder.fingerprint}.{method}.drawn.npz"
    bound_to = _bound_to(engine, method)
    kept = _kept(path, bound_to, engine)
    if kept is None:
        tell("Waiting for its turn …", 0.0)
        with one_builder(path):
            kept = _kept(path, bound_to, engine)
            if kept is None:
                kept = _laid_out(engine, method, tell)
                _keep(path, kept, bound_to)
    return kept


def keep_map(catalogue: Catalogue, encoder: Encoder, tell: Tell | None = None) -> None:
    """Have the map that is shown first ready before anyone asks for it.

    Parameters
    ----------
    catalogue : Catalogue
        Nothing is made of one that the encoder has too few tracks of for a map.
    encoder : Encoder
    tell : callable(str, float), optional
        See :func:`drawn_map`.
    """
    if catalogue.n_embedded(encoder.fingerprint) >= MIN_TRACKS:
        drawn_map(SearchEngine(catalogue, encoder, index_folder(catalogue)), map_folders(catalogue), tell=tell)


def map_folders(catalogue: Catalogue) -> tuple[Path, ...]:
    """Where the map of a catalogue may lie, the last where it is kept: nothing is written beside the shipped one."""
    paths = Paths()
    is_built_in = catalogue.folder.resolve() == paths.sampler.resolve()
    return (paths.sampler, paths.state) if is_built_in else (index_folder(catalogue),)


def _whole(engine: SearchEngine, folders: Sequence[Path], method: str) -> DrawnMap:
    ids, vectors = engine.vectors()
    made = map_of(engine.vectors_revision, lambda: vectors, engine.encoder.fingerprint, folders, method)
    groups = clusters(vectors, N_GROUPS)
    return DrawnMap(ids, made.coordinates, groups, made, *_measured(vectors, made), n_tracks=len(ids))


def _laid_out(engine: SearchEngine, method: str, tell: Tell) -> DrawnMap:
    tell("Drawing a sample of the tracks …", 0.0)
    known = engine.track_ids
    styles = engine.catalogue.styles()
    rows = fair_sample([styles.get(track_id, "") for track_id in known], N_DRAWN)
    ids = tuple(known[row] for row in rows.tolist())
    vectors = engine.vectors_of(ids)
    words = f"Laying out the map of {len(ids):,} of {len(known):,} tracks …"
    made = fit(vectors, method, tell=lambda share: tell(words, 0.05 + 0.8 * share))
    tell("Grouping what sounds alike …", 0.86)
    groups = clusters(vectors, N_GROUPS)
    tell("Measuring how far the map can be trusted …", 0.93)
    return DrawnMap(ids, made.coordinates, groups, made, *_measured(vectors, made), n_tracks=len(known))


def _measured(vectors: np.ndarray, made: Landscape) -> tuple[float | None, float | None]:
    if len(vectors) <= 2 * _N_NEIGHBOURS:
        return None, None
    of = (vectors, made.coordinates, _N_NEIGHBOURS)
    return trustworthiness(*of), neighbours_kept(*of)


def _bound_to(engine: SearchEngine, method: str) -> str:
    """What a large catalogue's map is bound to: not its very tracks, but the space in which their vectors lie."""
    space = f"{engine.space.fingerprint} {N_DRAWN} {N_GROUPS} {_VERSION}"
    return storage.fingerprint(engine.encoder.fingerprint, space, method, 0)


def _kept(path: Path, bound_to: str, engine: SearchEngine) -> DrawnMap | None:
    """The map in a file, less what is gone from the catalogue; None where it has to be made."""
    try:
        made = storage.load(path, bound_to)
        with np.load(path, allow_pickle=False) as file:
            ids = tuple(file["ids"].tobytes().decode().split("\n"))
            trust, share = (None if np.isnan(value) else value for value in file["measured"].tolist())
            kept = DrawnMap(ids, made.coordinates, file["groups"], made, trust, share, int(file["n_tracks"]))
    except LandscapeMismatchError as mismatch:
        _log.info("%s", mismatch)
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        _log.info("The map %s cannot be read: %s", path, error)
        return None
    if not len(kept.ids) == len(kept.coordinates) == len(kept.groups):
        return None
    there = engine.catalogue.embedded([each for each in kept.ids if engine.knows(each)], engine.encoder.fingerprint)
    n_now = len(engine.track_ids)
    is_much = abs(n_now - kept.n_tracks) > MOST_CHANGED * kept.n_tracks
    return None if is_much or len(there) < (1 - MOST_CHANGED) * len(kept.ids) else kept.of_some(there)


def _keep(path: Path, made: DrawnMap, bound_to: str) -> None:
    """A folder that cannot be written to costs only the next start's time."""
    measured = [np.nan if value is None else value for value in (made.trustworthiness, made.neighbours_kept)]
    more = {
        "ids": np.frombuffer("\n".join(made.ids).encode(), dtype=np.uint8),
        "groups": made.groups,
        "measured": np.array(measured),
        "n_tracks": np.array(made.n_tracks),
    }
    try:
        storage.save(made.landscape, path, bound_to, **more)
    except OSError as error:
        _log.warning("The map is not kept for the next start: %s", error)
