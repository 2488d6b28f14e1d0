"""Searching with the last seconds; where another sound has begun in them, with that alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synesthete.audio import Clip, clip_from_samples
from synesthete.encoders.base import Embedding, Encoder, unit
from synesthete.live.novelty import cepstra, strongest_change
from synesthete.search import SearchEngine, SearchOptions, SearchResult
from synesthete.search.calibration import calibration_of
from synesthete.settings import SPECTROGRAM
from synesthete.spectrogram import Spectrogram, compute_spectrograms

# Of pieces by a phone, eight seconds that end in three of another: 88 % lie below, and none of 48 that go on. With four
# of another 98 %, and 4 % of those that go on. Measured on the default encoder; see docs/decisions/listening-along.md.
CHANGED_BELOW = 0.3
OVERLAP_SECONDS = 0.3  # which a segment before may share with the newest
# Where the spectrum changes, what has begun is compared alone, and two seconds of it tell nearly as much as three.
NOVEL_ABOVE = 3.25  # see live/novelty.py
# The cosine then: of pieces by a phone nine in ten lie below .21 after two seconds, .23 after two and a half.
NOVEL_BELOW = 0.25
NOVEL_SECONDS = 2.0  # of a sound that has begun, before it is known
LONGEST_NEW_SECONDS = 4.0  # of it, after which the newest segment tells
_FRAME_SECONDS = SPECTROGRAM.hop_length / SPECTROGRAM.sample_rate_hz
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
    clip, encoder = clip_from_samples(samples, sample_rate_hz, name="what is heard"), engine.encoder
    if calibration_of(encoder) is None:
        return engine.search(clip, options), None
    spectrograms = compute_spectrograms(clip)
    embedding = encoder.embed(clip, spectrograms)
    begun = _novel_sound(clip, spectrograms[0], embedding, encoder)
    if begun is None and (start := other_sound_from(embedding)) is not None:
        newest = _last(clip, clip.seconds - start)
        begun = newest, encoder.embed(newest)
    if begun is None:
        return engine.search_embedding(embedding, options, clip=clip), None
    newest, embedding = begun
    return engine.search_embedding(embedding, options, clip=newest), newest.seconds


def _last(clip: Clip, seconds: float) -> Clip:
    rate_hz = clip.sample_rate_hz
    return clip_from_samples(clip.excerpts[0].samples[-round(seconds * rate_hz) :], rate_hz, name=clip.name)


def other_sound_from(embedding: Embedding) -> float | None:
    """Where in what was embedded another sound begins [s]; None where one sound goes on.

    Parameters
    ----------
    embedding : Embedding
        Of a few seconds.
    """
    start = embedding.segments[-1].start_seconds
    return start if _is_unlike(embedding.segment_vectors[-1], embedding, start, CHANGED_BELOW) else None


def _novel_sound(
    clip: Clip, spectrogram: Spectrogram, embedding: Embedding, encoder: Encoder
) -> tuple[Clip, Embedding] | None:
    """What begins where the spectrum changes most, if it sounds otherwise than what was before."""
    frames = cepstra(10 * np.log10(np.maximum(spectrogram.inner().mel, np.float32(1e-12))))
    most, seconds = strongest_change(frames, _FRAME_SECONDS, NOVEL_SECONDS, LONGEST_NEW_SECONDS)
    if most < NOVEL_ABOVE:
        return None
    newest = _last(clip, seconds)
    begun = encoder.embed(newest)
    vector = unit(begun.segment_vectors.mean(axis=0))
    return (newest, begun) if _is_unlike(vector, embedding, clip.seconds - seconds, NOVEL_BELOW) else None


def may_have_begun(mel_db: np.ndarray, longest_seconds: float = NOVEL_SECONDS) -> bool:
    """Whether another sound may have begun so long ago that it can be known by now, so that it is worth asking.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(n_mels, n_frames)]
        Of the last seconds of sound.
    longest_seconds : float [s]
        How long ago at most; what began less than ``NOVEL_SECONDS`` ago is too short.
    """
    longest_seconds = min(max(longest_seconds, NOVEL_SECONDS), LONGEST_NEW_SECONDS)
    most, _ = strongest_change(cepstra(mel_db), _FRAME_SECONDS, NOVEL_SECONDS, longest_seconds)
    return most >= NOVEL_ABOVE


def _is_unlike(vector: np.ndarray, embedding: Embedding, start_seconds: float, below: float) -> bool:
    """Whether a sound is unlike the segments that end where it begins; False where there are none."""
    ends = np.array([segment.start_seconds + segment.seconds for segment in embedding.segments])
    before = np.flatnonzero(ends <= start_seconds + OVERLAP_SECONDS)
    if not len(before):
        return False
    return float(vector @ unit(embedding.segment_vectors[before].mean(axis=0))) < below
