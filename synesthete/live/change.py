"""Whether another sound has begun: the newest segment has little in common with those before."""

from __future__ import annotations

import numpy as np

from synesthete.encoders.base import Embedding, unit

# Of pieces by a phone, eight seconds that end in three of another: 88 % lie below, and none of 48 that go on. With four
# of another 98 %, and 4 % of those that go on. Measured on the default encoder; see docs/decisions/listening-along.md.
CHANGED_BELOW = 0.3
OVERLAP_SECONDS = 0.3  # which a segment before may share with the newest


def other_sound_from(embedding: Embedding) -> float | None:
    """Where in what was embedded another sound begins [s]; None where one sound goes on.

    Parameters
    ----------
    embedding : Embedding
        Of a few seconds.
    """
    newest = embedding.segments[-1]
    ends = np.array([segment.start_seconds + segment.seconds for segment in embedding.segments[:-1]])
    before = np.flatnonzero(ends <= newest.start_seconds + OVERLAP_SECONDS)
    if not len(before):
        return None
    cosine = float(embedding.segment_vectors[-1] @ unit(embedding.segment_vectors[before].mean(axis=0)))
    return newest.start_seconds if cosine < CHANGED_BELOW else None
