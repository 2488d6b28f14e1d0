"""Searching with the last seconds; where another sound has begun in them, with that alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synesthete.audio import clip_from_samples
from synesthete.encoders.base import Embedding, unit
from synesthete.search import SearchEngine, SearchOptions, SearchResult
from synesthete.search.calibration import calibration_of

# Of pieces by a phone, eight seconds that end in three of another: 88 % lie below, and none of 48 that go on. With four
# of another 98 %, and 4 % of those that go on. Measured on the default encoder; see docs/decisions/listening-along.md.
CHANGED_BELOW = 0.3
OVERLAP_SECONDS = 0.3  # which a segment before may share with the newest
LOOKED_AT = 3  # times as many matches are searched as are shown, so that a row may fall a few places and come back


def search_newest(
    engine: SearchEngine, options: SearchOptions, samples: np.ndarray, sample_rate_hz: int
) -> tuple[SearchResult, float | None]:
    """Search with some seconds of sound as they came.

    Parameters
    ----------
    engine : SearchEngine
    options : SearchOptions
    samples : np.ndarray [shape=(n_samples, n_channels)], int16
    sample_rate_hz : int > 0 [Hz]

    Returns
    -------
    found : SearchResult
        With ``LOOKED_AT`` times as many matches as the options ask for.
    seconds : float > 0 [s] or None
        How long the sound is that has begun, where one has: then it alone was searched with.

    Raises
    ------
    AudioError
        The sound cannot be used.
    """
    options = replace(options, k=LOOKED_AT * options.k)
    found = engine.search(clip_from_samples(samples, sample_rate_hz, name="what is heard"), options)
    start = other_sound_from(found.embedding) if calibration_of(engine.encoder) else None
    if start is None:
        return found, None
    newest = samples[round(start * sample_rate_hz) :]
    found = engine.search(clip_from_samples(newest, sample_rate_hz, name="what is heard"), options)
    return found, len(newest) / sample_rate_hz


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
