"""What a cosine means here: measured against how alike random pairs of this catalogue are.

A bare cosine says little: for one encoder 0.9 is rare, for another nearly all music has it. So each is placed
within the distribution of the catalogue's own pairs, and words are attached to that place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MAX_PAIRS = 20_000
MIN_TRACKS = 3

# The least share of pairs that must be less alike, and the words for it. Of 10,000 random pairs about 5 are
# "almost the same", another 95 "very alike", 400 "alike" and 1,500 "somewhat alike".
STEPS = (
    (0.9995, "almost the same"),
    (0.99, "very alike"),
    (0.95, "alike"),
    (0.80, "somewhat alike"),
    (0.0, "only loosely alike"),
)


@dataclass(frozen=True)
class SimilarityScale:
    """The distribution of similarities that chance gives in one catalogue.

    Attributes
    ----------
    cosines : np.ndarray [shape=(n_pairs,)], float32 in [-1, 1], ascending
        Of random pairs; empty where there are too few tracks to say anything.
    """

    cosines: np.ndarray

    @classmethod
    def from_vectors(cls, vectors: np.ndarray, seed: int = 0) -> SimilarityScale:
        """Measure the cosines of pairs of tracks: all if they are few, else ``MAX_PAIRS`` drawn at random.

        Parameters
        ----------
        vectors : np.ndarray [shape=(n, embedding_size)]
            Unit vectors; those of silent tracks are zero, and are left out.
        seed : int
        """
        is_silent = ~vectors.any(axis=1)
        if is_silent.any():
            vectors = vectors[~is_silent]
        n = len(vectors)
        if n < MIN_TRACKS:
            return cls(np.empty(0, np.float32))
        if n * (n - 1) // 2 <= MAX_PAIRS:
            first, second = np.triu_indices(n, 1)
        else:
            rng = np.random.default_rng(seed)
            first = rng.integers(0, n, MAX_PAIRS)
            second = (first + rng.integers(1, n, MAX_PAIRS)) % n  # never the track itself
        blocks = [slice(start, start + 4096) for start in range(0, len(first), 4096)]
        parts = [np.einsum("ij,ij->i", vectors[first[block]], vectors[second[block]]) for block in blocks]
        return cls.from_samples(np.concatenate(parts))

    @classmethod
    def from_samples(cls, cosines: np.ndarray | Sequence[float]) -> SimilarityScale:
        """A scale from similarities measured elsewhere, in any order."""
        return cls(np.sort(np.clip(np.asarray(cosines, dtype=np.float32).ravel(), -1, 1)))

    def rarity(self, cosine: float) -> float:
        """The share of random pairs that are less alike, in [0, 1].

        With too few tracks there is nothing to measure by, and the cosine itself, at least 0, stands in.
        """
        return float(self.rarities(np.array([cosine]))[0])

    def rarities(self, cosines: np.ndarray) -> np.ndarray:
        """:meth:`rarity` of many cosines at once."""
        if len(self.cosines) == 0:
            return np.clip(cosines, 0, 1)
        return np.searchsorted(self.cosines, cosines.astype(np.float32), side="left") / len(self.cosines)

    def words(self, cosine: float) -> str:
        """How alike that is, in the words of ``STEPS``.

        The more pairs were measured, the stronger a word may be: being closer than all of 10 pairs is no more
        than "somewhat alike".
        """
        n_pairs = len(self.cosines)
        certain = self.rarity(cosine) * (n_pairs / (n_pairs + 1) if n_pairs else 1)
        return next(words for least, words in STEPS if certain >= least)

    def sentence(self, cosine: float) -> str:
        """The number and its place: ``0.87 – closer than 99.6 % of all pairs here``."""
        if len(self.cosines) == 0:
            return f"{cosine:.2f} – too few tracks here to say how rare that is"
        percent = 100 * self.rarity(cosine)
        if percent == 100:
            return f"{cosine:.2f} – closer than every pair measured here"
        # Rounded down, so that what is not above all pairs is never said to be closer than 100 %.
        return f"{cosine:.2f} – closer than {np.floor(percent * 10) / 10:.1f} % of all pairs here"
