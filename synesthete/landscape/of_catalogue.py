"""The map of one encoder's vectors of a catalogue: shipped with the catalogue, or made once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synesthete.catalogue import Catalogue
from synesthete.landscape.layout import Landscape
from synesthete.landscape.storage import LandscapeMismatchError, default_path, fingerprint, load, load_or_fit


def map_fingerprint(catalogue: Catalogue, encoder_fingerprint: str, method: str = "tsne", seed: int = 0) -> str:
    """What the map of this catalogue is bound to, as it is now."""
    return fingerprint(encoder_fingerprint, catalogue.revision(encoder_fingerprint), method, seed)


def map_of(
    catalogue: Catalogue,
    encoder_fingerprint: str,
    folders: Sequence[Path],
    method: str = "tsne",
    seed: int = 0,
) -> Landscape:
    """The map of an encoder's vectors, its rows in the order of ``catalogue.vectors(encoder_fingerprint)``.

    Parameters
    ----------
    catalogue : Catalogue
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
    bound_to = map_fingerprint(catalogue, encoder_fingerprint, method, seed)
    *others, last = (default_path(folder, encoder_fingerprint, method) for folder in folders)
    for path in others:
        try:
            return load(path, bound_to)
        except LandscapeMismatchError:
            continue  # it is looked for in the next folder, and made if it is in none
    return load_or_fit(last, bound_to, lambda: catalogue.vectors(encoder_fingerprint)[1], method, seed)
