"""Make a map of unit vectors, and place new ones on it.

A large catalogue is laid out from a sample, the landmarks; every other track is then placed among them as a
new sound would be. So the map of 100,000 tracks costs what a map of ten thousand costs, and a little more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synesthete.errors import LandscapeError, OptionError
from synesthete.landscape import tsne

METHODS = ("tsne", "umap", "pca")
N_LANDMARKS = 8000
MIN_TRACKS = 5
_N_NEIGHBOURS = 10  # landmarks that a new sound is placed among
_SHORT = 64  # size of vectors of which all eigenvectors are found as soon as three
_ITSELF = 1e-6  # squared distance below which a sound is the landmark


@dataclass(frozen=True)
class Landscape:
    """A map of a catalogue.

    Attributes
    ----------
    coordinates : np.ndarray [shape=(n, 3)], float32
        Of each track, in the order of the vectors it was made from; centred, of unit standard deviation
        overall.
    landmark_rows : np.ndarray [shape=(n_landmarks,)], int64
        The tracks that were laid out together; the others were placed among them.
    landmark_vectors : np.ndarray [shape=(n_landmarks, size)], float32
    axes : np.ndarray [shape=(3, size)], float32
        For "pca": a vector's coordinates are ``axes @ (vector - mean)``. Empty for the others.
    mean : np.ndarray [shape=(size,)], float32
        See ``axes``.
    method : {"tsne", "umap", "pca"}
    seed : int >= 0
    """

    coordinates: np.ndarray
    landmark_rows: np.ndarray
    landmark_vectors: np.ndarray
    axes: np.ndarray
    mean: np.ndarray
    method: str
    seed: int


def fit(
    vectors: np.ndarray,
    method: str = "tsne",
    seed: int = 0,
    *,
    n_landmarks: int = N_LANDMARKS,
    tell: Callable[[float], object] | None = None,
) -> Landscape:
    """Lay out unit vectors [n, size] in three dimensions; the same input gives the same map.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, size)], unit length, n >= 5
    method : {"tsne", "umap", "pca"}
        "umap" needs the package umap-learn.
    seed : int >= 0
        Draws the landmarks, and is UMAP's own; t-SNE starts from the principal axes, whatever the seed.
    n_landmarks : int >= 5
        With more vectors than this, so many are laid out and the others placed among them; not for "pca".
    tell : callable(float), optional
        Told now and then which share [0, 1] of a "tsne" is done.

    Raises
    ------
    OptionError
        An unknown method, a negative seed, or too few landmarks.
    LandscapeError
        Too few vectors, one that is not finite, or the method's package is not installed.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    _check(vectors, method, seed, n_landmarks)
    mean = vectors.mean(axis=0)
    axes = _principal_axes(vectors, mean)
    if method == "pca":
        axes = axes / max(float(((vectors - mean) @ axes.T).std()), 1e-12)
        nobody = np.empty(0, np.int64)
        return Landscape((vectors - mean) @ axes.T, nobody, vectors[:0], axes, mean, method, seed)
    rows = _landmarks(len(vectors), seed, n_landmarks)
    landmarks = vectors[rows]
    start = (landmarks - mean) @ axes.T
    start *= 1e-4 / max(float(start[:, 0].std()), 1e-12)
    laid = tsne.embed(landmarks, start, tell=tell) if method == "tsne" else _umap(landmarks, seed)
    laid -= laid.mean(axis=0)
    laid /= max(float(laid.std()), 1e-12)
    coordinates = np.empty((len(vectors), 3), dtype=np.float32)
    coordinates[rows] = laid
    others = np.setdiff1d(np.arange(len(vectors)), rows)
    if len(others):
        coordinates[others] = _among(landmarks, laid, vectors[others])
    return Landscape(coordinates, rows, landmarks, axes[:0], mean[:0], method, seed)


def place(landscape: Landscape, vectors: np.ndarray) -> np.ndarray:
    """Where new unit vectors [m, size] (or one, [size]) lie on a map; float32 [m, 3] (or [3]).

    On a t-SNE or UMAP map a sound stands among the landmarks most alike to it, nearest to the most alike; one
    that is a landmark stands on it. A PCA map is a projection, and takes any vector as it takes its own.

    Raises
    ------
    LandscapeError
        The vectors have another size than the map's.
    """
    size = landscape.axes.shape[1] if landscape.method == "pca" else landscape.landmark_vectors.shape[1]
    several = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
    if several.shape[-1] != size:
        raise LandscapeError(
            f"The sound has a vector of size {several.shape[-1]}, the map was made of size {size}."
            " Embed it with the encoder of the map."
        )
    if landscape.method == "pca":
        placed = (several - landscape.mean) @ landscape.axes.T
    else:
        laid = landscape.coordinates[landscape.landmark_rows]
        placed = _among(landscape.landmark_vectors, laid, several)
    return placed[0] if np.ndim(vectors) == 1 else placed


def _check(vectors: np.ndarray, method: str, seed: int, n_landmarks: int) -> None:
    if method not in METHODS:
        raise OptionError(f"method is {method!r}; it must be one of {', '.join(METHODS)}.")
    if seed < 0 or n_landmarks < MIN_TRACKS:
        raise OptionError(f"seed is {seed}, n_landmarks {n_landmarks}; at least 0 and {MIN_TRACKS} are needed.")
    if vectors.ndim != 2 or len(vectors) < MIN_TRACKS:
        raise LandscapeError(
            f"A map needs at least {MIN_TRACKS} tracks, and there are {len(vectors)}. Add music first."
        )
    if not np.isfinite(vectors).all():
        raise LandscapeError("Some vectors hold not-a-number or infinity. Index these tracks again.")


def _principal_axes(vectors: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The three directions of largest variance [3, size], each with its largest part positive."""
    centred = (vectors - mean).astype(np.float64)
    axes = np.zeros((3, vectors.shape[1]))
    top = _top_directions(centred).T
    axes[: len(top)] = top * np.sign(top[np.arange(len(top)), np.abs(top).argmax(axis=1)])[:, None]
    return axes.astype(np.float32)


def _top_directions(centred: np.ndarray) -> np.ndarray:
    """The eigenvectors [size, 3] of the three largest eigenvalues of ``centred.T @ centred``, the largest first.

    Of long vectors by Lanczos iteration, which needs no matrix of [size, size] and none of its other eigenvectors.
    """
    size = centred.shape[1]
    if size <= _SHORT or not centred.any():
        return np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :3]
    from scipy.sparse.linalg import LinearOperator, eigsh

    times = LinearOperator((size, size), matvec=lambda vector: centred.T @ (centred @ vector), dtype=np.float64)
    start = np.random.default_rng(0).normal(size=size)
    values, directions = eigsh(times, k=3, v0=start, tol=0)
    return directions[:, np.argsort(-values)]


def _landmarks(n: int, seed: int, n_landmarks: int) -> np.ndarray:
    if n <= n_landmarks:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, n_landmarks, replace=False))


def _umap(vectors: np.ndarray, seed: int) -> np.ndarray:
    try:
        from umap import UMAP
    except ImportError as error:
        raise LandscapeError(
            "UMAP is not installed. Say: pip install umap-learn, or choose the method tsne or pca."
        ) from error
    n_neighbours = min(15, len(vectors) - 1)
    start = "spectral" if len(vectors) > 10 else "random"  # the spectral start needs more points than dimensions
    model = UMAP(n_components=3, n_neighbors=n_neighbours, metric="cosine", init=start, random_state=seed, n_jobs=1)
    return np.asarray(model.fit_transform(vectors), dtype=np.float32)


def _among(landmarks: np.ndarray, laid: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Where vectors [m, size] stand among landmarks laid out at ``laid`` [n, 3]; float32 [m, 3].

    The medoid of the nearest landmarks tells where most of them are; those far from it are left out, so that
    a sound between two regions stands in one of them rather than in the void between.
    """
    k = min(_N_NEIGHBOURS, len(landmarks))
    rows, distances = tsne.nearest(vectors, landmarks, k)
    weights = tsne.affinities(distances, k / 2)
    points = laid[rows].astype(np.float64)  # [m, k, 3]
    apart = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)  # [m, k, k]
    to_others = (apart * weights[:, None]).sum(axis=2)
    medoid = to_others.argmin(axis=1)
    from_medoid = np.take_along_axis(apart, medoid[:, None, None], axis=1)[:, 0]  # [m, k]
    is_near = from_medoid <= 2 * np.median(from_medoid, axis=1, keepdims=True)
    weights = weights * is_near
    placed = (weights[:, :, None] * points).sum(axis=1) / weights.sum(axis=1, keepdims=True)
    is_landmark = distances[:, 0] <= _ITSELF
    placed[is_landmark] = points[is_landmark, 0]
    return placed.astype(np.float32)
