"""The map of one encoder's vectors of a catalogue: shipped with the catalogue, or made once and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from synesthete.landscape.layout import Landscape
from synesthete.landscape.storage import LandscapeMismatchError, default_path, fingerprint, load, load_or_fit


def map_of(
    vectors_revision: str,
    read_vectors: Callable[[], np.ndarray],
    encoder_fingerprint: str,
    folders: Sequence[Path],
    method: str = "tsne",
    seed: int = 0,
) -> Landscape:
    """The map of an encoder's vectors of a catalogue, its rows in their order.

    Parameters
    ----------
    vectors_revision : str
        Of the vectors (:attr:`synesthete.search.SearchEngine.vectors_revision`), which the map is bound to.
    read_vectors : callable returning np.ndarray [shape=(n, size)]
        Called where the map has to be made.
    encoder_fingerprint : str
    folders : sequence of Path, not empty
        Where the map may lie. If it lies in none of them it is made, and kept in the last.
    method : {"tsne", "umap", "pca"}
    seed : int >= 0

    Raises
    ------
    LandscapeError
        There are too few tracks for a map.
    """
    bound_to = fingerprint(encoder_fingerprint, vectors_revision, method, seed)
    *others, last = (default_path(folder, encoder_fingerprint, method) for folder in folders)
    for path in others:
        try:
            return load(path, bound_to)
        except LandscapeMismatchError:
            continue  # it is looked for in the next folder, and made if it is in none
    return load_or_fit(last, bound_to, read_vectors, method, seed)
