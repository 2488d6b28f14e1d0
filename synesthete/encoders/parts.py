"""What the features of a track are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A share of the track features that is compared by itself.

    Attributes
    ----------
    at : slice
        Where in the features it lies.
    weight : float > 0
        Of its cosine among those of the other parts.
    """

    at: slice
    weight: float = 1.0
