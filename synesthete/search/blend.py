"""A blend: how much each part of the encoder counts, and the rankings of other encoders beside its own.

A cosine of whole tracks is a weighted mean of the cosines of the encoder's parts
(:mod:`synesthete.encoders.track_space`). With other weights it is another cosine of the same vectors: nothing is
analysed anew, and the vector of a sound that was asked with once serves for every blend.

Another encoder's cosines do not compare with these, but its ranking does: reciprocal-rank fusion adds, for each ranking
that a track is in, its weight over ``RRF_K`` + its rank (G. V. Cormack, C. L. A. Clarke and S. Buettcher, "Reciprocal
rank fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009).

Of a small catalogue all tracks are compared by the blend. Of a large one those whose weighted products with the query
are the largest; their blended cosines are exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from synesthete.encoders.base import unit
from synesthete.errors import OptionError
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.similarity_scale import SimilarityScale

RRF_K = 60
CANDIDATES = 1_000  # tracks of a large catalogue that are compared by the blend, and of each other ranking
MOST = 10.0  # a weight may be so large
_SCALE_TRACKS = 400
_KEPT_SCALES = 8  # of each index: a slider goes back and forth
_SCALES: WeakKeyDictionary[EncoderIndex, dict[bytes, SimilarityScale]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Beside:
    """The ranking of another encoder, which counts beside the encoder's own.

    Attributes
    ----------
    weight : float in (0, 10]
    ids : tuple of str
        Tracks, the most alike first; the first ``CANDIDATES`` of a large catalogue.
    """

    weight: float
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Blend:
    """What counts how much, in a search by whole tracks.

    Attributes
    ----------
    parts : tuple of (str, float in [0, 10])
        By how much the weight of a part of the encoder is multiplied; a part that is not named keeps it, one that the
        encoder does not have is passed over.
    own : float in [0, 10]
        The weight of the encoder's own ranking among ``beside``.
    beside : tuple of Beside

    Raises
    ------
    OptionError
        A weight is outside its range, or nothing counts.
    """

    parts: tuple[tuple[str, float], ...] = ()
    own: float = 1.0
    beside: tuple[Beside, ...] = ()

    def __post_init__(self) -> None:
        for name, weight in (*self.parts, ("own", self.own)):
            if not (math.isfinite(weight) and 0 <= weight <= MOST):
                raise OptionError(f"The weight of {name!r} is {weight!r}; it must be from 0 to {MOST:g}.")
        for other in self.beside:
            if not (math.isfinite(other.weight) and 0 < other.weight <= MOST):
                raise OptionError(f"The weight of a ranking is {other.weight!r}; it must be above 0, up to {MOST:g}.")
        if not self.own and not self.beside:
            raise OptionError("Nothing counts in this blend: give the encoder or one of the other rankings a weight.")


def factors(blend: Blend, parts: Mapping[str, slice], size: int) -> np.ndarray:
    """By how much each number of a vector's products counts [size], float32.

    Parameters
    ----------
    blend : Blend
    parts : mapping of str to slice
        Where in the vectors each part lies (``TrackSpace.parts``).
    size : int
        Of the vectors.

    Raises
    ------
    OptionError
        Every part of the encoder is left out, though its own ranking counts.
    """
    made = np.ones(size, dtype=np.float32)
    for name, weight in blend.parts:
        if name in parts:
            made[parts[name]] = weight
    if made.any():
        return made
    if blend.own:
        raise OptionError("Every part of the encoder is left out of this blend: nothing is left to compare.")
    return np.ones(size, dtype=np.float32)  # other rankings decide; its cosines are only told


def reweighted(vectors: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Unit vectors [..., size] whose products are the blended cosines of ``vectors``; float32."""
    return unit(vectors * np.sqrt(factors))


def fused(rankings: Sequence[tuple[float, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Reciprocal-rank fusion of rankings.

    Parameters
    ----------
    rankings : sequence of (weight, np.ndarray [shape=(n_i,)], int)
        Rows, the most alike first, none of them twice.

    Returns
    -------
    scores : np.ndarray [shape=(n,)], float64, descending
    rows : np.ndarray [shape=(n,)], int64
        All that are in a ranking; equal scores by row.
    """
    rows, place = np.unique(np.concatenate([rows for _, rows in rankings]), return_inverse=True)
    gains = np.concatenate([weight / (RRF_K + 1 + np.arange(len(some))) for weight, some in rankings])
    scores = np.bincount(place, weights=gains, minlength=len(rows))
    order = np.lexsort((rows, -scores))
    return scores[order], rows[order].astype(np.int64)


class Blended:
    """A blend, made ready for one query and one index.

    Parameters
    ----------
    blend : Blend
    vector : np.ndarray [shape=(size,)], unit length
        The query among the tracks of the index.
    index : EncoderIndex
    """

    def __init__(self, blend: Blend, vector: np.ndarray, index: EncoderIndex) -> None:
        self._blend, self._index = blend, index
        self._factors = factors(blend, index.space.parts, len(vector))
        self._products = unit(vector * self._factors)
        self._query = reweighted(vector, self._factors)
        rows = [[index.row_of[each] for each in other.ids if each in index.row_of] for other in blend.beside]
        self._beside = [
            (other.weight, np.array(some, dtype=np.int64)) for other, some in zip(blend.beside, rows, strict=True)
        ]

    @property
    def is_fused(self) -> bool:
        """Whether the order is that of several rankings, and not that of the cosines."""
        return bool(self._beside)

    def cosines(self, rows: np.ndarray) -> np.ndarray:
        """The blended cosines of some tracks [n], float32."""
        return np.asarray(reweighted(self._index.some_vectors(rows), self._factors) @ self._query)

    def nearest(self, n: int, is_allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """At least ``n`` tracks (or all) by blended cosine: cosines and rows, best first."""
        n = max(n, CANDIDATES) if self._index.is_large else self._index.n_tracks
        _, rows = self._index.nearest_tracks(self._products, n, is_allowed)
        cosines = self.cosines(rows) if len(rows) else np.empty(0, np.float32)
        order = np.lexsort((rows, -cosines))
        return cosines[order], rows[order]

    def first(self, n: int, is_allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """At least ``n`` tracks (or all) in the order of all rankings: scores, cosines and rows, best first."""
        rankings = list(self._beside)
        if self._blend.own:
            rankings.append((self._blend.own, self.nearest(n, is_allowed)[1]))
        scores, rows = fused(rankings)
        if is_allowed is not None:
            scores, rows = scores[is_allowed[rows]], rows[is_allowed[rows]]
        return scores, self.cosines(rows) if len(rows) else np.empty(0, np.float32), rows

    def scale(self) -> SimilarityScale:
        """What a blended cosine means in this catalogue: of pairs of tracks, in a large one of some."""
        kept = _SCALES.setdefault(self._index, {})
        key = self._factors.tobytes()
        if key not in kept:
            while len(kept) >= _KEPT_SCALES:
                kept.pop(next(iter(kept)), None)
            kept[key] = self._measure_scale()
        return kept[key]

    def _measure_scale(self) -> SimilarityScale:
        index = self._index
        rng = np.random.default_rng(0)
        n = min(index.n_tracks, _SCALE_TRACKS)
        rows = np.sort(rng.choice(index.n_tracks, n, replace=False)) if index.is_large else np.arange(index.n_tracks)
        return SimilarityScale.from_vectors(reweighted(index.some_vectors(rows), self._factors))
