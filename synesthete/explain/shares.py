"""Which parts of two vectors make their cosine: an exact decomposition.

A cosine of unit vectors is a sum over their numbers, so that what each slice of them adds is known exactly. For whole
tracks a slice is a part of the encoder, and what it adds is its weight times the part's own cosine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Share:
    """What one part adds to a cosine.

    Attributes
    ----------
    name : str
        Of the part, as the encoder calls it.
    amount : float
        Of the cosine; below zero where the part tells them apart.
    cosine : float in [-1, 1]
        Of the part by itself; 0 where it is nothing in one of them.
    """

    name: str
    amount: float
    cosine: float


def shares(query: np.ndarray, match: np.ndarray, parts: Mapping[str, slice]) -> tuple[Share, ...]:
    """What each part adds to the mean cosine of vectors in step.

    Parameters
    ----------
    query, match : np.ndarray [shape=(n, size)], unit length
        Compared row by row.
    parts : mapping of str to slice
        Together they are all of the vectors.

    Returns
    -------
    tuple of Share
        The most first; the amounts add up to the mean cosine.
    """
    query, match = query.astype(np.float64), match.astype(np.float64)
    found = []
    for name, at in parts.items():
        products = (query[:, at] * match[:, at]).sum(axis=1)
        lengths = np.linalg.norm(query[:, at], axis=1) * np.linalg.norm(match[:, at], axis=1)
        cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
        found.append(Share(name, float(products.mean()), float(np.clip(cosines.mean(), -1, 1))))
    return tuple(sorted(found, key=lambda share: -share.amount))
