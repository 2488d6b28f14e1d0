"""Neighbour smoothing: each track is drawn a little towards the two that sound most like it.

What a recording shares with its neighbours is heard more surely than what it has by itself. This is one step of the
diffusion through a graph of neighbours (A. Iscen et al., "Efficient diffusion on region manifolds", CVPR 2017). With
more neighbours kinds of music still gain, but each artist's own sound is lost.
"""

from __future__ import annotations

import numpy as np

from synesthete.encoders.base import unit
from synesthete.search.nearest import VectorIndex

N_NEIGHBOURS = 2
WEIGHT = 0.5  # of the mean of the neighbours, beside the track itself
VERSION = f"{N_NEIGHBOURS} {WEIGHT}"
_TRACKS_AT_ONCE = 1_000


def smoothed(vectors: np.ndarray) -> np.ndarray:
    """Draw every vector [n, size], unit length, to its nearest neighbours among the others; zero vectors stay zero."""
    if len(vectors) < 2:
        return vectors
    index = VectorIndex.build(vectors)
    made = np.empty_like(vectors)
    for first in range(0, len(vectors), _TRACKS_AT_ONCE):
        own = np.arange(first, min(first + _TRACKS_AT_ONCE, len(vectors)))
        _, found = index.search(vectors[own], N_NEIGHBOURS + 1)
        is_other = found != own[:, None]
        is_other[is_other.all(axis=1), -1] = False  # a twin has taken the track's own place
        others = found[is_other].reshape(len(own), found.shape[1] - 1)
        made[own] = drawn_to(vectors[own], vectors[others])
    return made * vectors.any(axis=1, keepdims=True)


def drawn_to(vectors: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Vectors [..., size] with a share of the mean of their neighbours [..., n_neighbours, size], unit length."""
    return unit(vectors + np.float32(WEIGHT) * neighbours.mean(axis=-2))
