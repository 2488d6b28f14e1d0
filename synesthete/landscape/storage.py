"""A map as a file beside the catalogue.

Derived, bound to what it was made from, made anew when that changed.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.errors import CatalogueError
from synesthete.files import write_atomically
from synesthete.landscape import tsne
from synesthete.landscape.layout import N_LANDMARKS, Landscape, fit

VERSION = 1  # of the layout; raise it with any change to what fit() computes
_ARRAYS = ("coordinates", "landmark_rows", "landmark_vectors", "axes", "mean")

_log = logging.getLogger(__name__)


class LandscapeMismatchError(CatalogueError):
    """A map file that is missing, damaged, or made from something else; make it again."""


def fingerprint(encoder_fingerprint: str, revision: str, method: str, seed: int) -> str:
    """What a map is bound to: encoder, the catalogue's revision for it, method, its settings, seed."""
    shape = [N_LANDMARKS, tsne.PERPLEXITY, tsne.EXAGGERATION, tsne.EXAGGERATED_STEPS, tsne.STEPS]
    return settings.fingerprint("landscape", VERSION, encoder_fingerprint, revision, method, seed, shape)


def default_path(folder: Path, encoder_fingerprint: str, method: str) -> Path:
    """Where the map of an encoder and method lies in ``folder``, where the index files are."""
    return folder / f"{encoder_fingerprint}.{method}.landscape.npz"


def save(landscape: Landscape, path: str | Path, bound_to: str, **more: np.ndarray) -> None:
    """Write a map with the fingerprint it is bound to; a reader sees the old file or the new one, whole.

    ``more`` are further arrays in the same file.

    Raises
    ------
    OSError
        The folder cannot be written to.
    """
    buffer = io.BytesIO()
    arrays = more | {name: getattr(landscape, name) for name in _ARRAYS}
    np.savez(
        buffer,
        fingerprint=bound_to,
        method=landscape.method,
        seed=landscape.seed,
        allow_pickle=False,
        **arrays,
    )
    with write_atomically(Path(path)) as file:
        file.write(buffer.getvalue())


def load(path: str | Path, bound_to: str) -> Landscape:
    """Read what :func:`save` wrote.

    Raises
    ------
    LandscapeMismatchError
        The file is missing or damaged, or bound to another fingerprint.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            found = str(file["fingerprint"])
            if found != bound_to:
                raise LandscapeMismatchError(f"The map {path} is bound to {found}, not {bound_to}. Make it again.")
            arrays = {name: file[name] for name in _ARRAYS}
            landscape = Landscape(**arrays, method=str(file["method"]), seed=int(file["seed"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise LandscapeMismatchError(f"The map {path} cannot be read: {error}. Make it again.") from error
    if landscape.coordinates.ndim != 2 or landscape.coordinates.shape[1] != 3:
        raise LandscapeMismatchError(f"The map {path} has the shape {landscape.coordinates.shape}. Make it again.")
    return landscape


def load_or_fit(
    path: Path | None,
    bound_to: str,
    read_vectors: Callable[[], np.ndarray],
    method: str = "tsne",
    seed: int = 0,
) -> Landscape:
    """The map bound to this fingerprint: from ``path`` if it fits, else made from ``read_vectors()`` and
    saved.

    ``path`` None keeps it in memory only. A folder that cannot be written to costs only the next start's
    time.
    """
    if path is not None:
        try:
            return load(path, bound_to)
        except LandscapeMismatchError as mismatch:
            _log.info("%s", mismatch)
    landscape = fit(read_vectors(), method, seed)
    if path is not None:
        try:
            save(landscape, path, bound_to)
        except OSError as error:
            _log.warning("The map is not kept for the next start: %s", error)
    return landscape
