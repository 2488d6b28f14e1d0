"""Where a recording holds sound: level in short blocks, measured apart from any constant offset."""

from __future__ import annotations

import numpy as np

SILENCE_DBFS = -70.0  # root mean square; tape hiss and dither lie below it, the softest music above
BLOCK_SECONDS = 0.1
_SILENCE_POWER = 10 ** (SILENCE_DBFS / 10)


def is_sounding(samples: np.ndarray, sample_rate_hz: int) -> np.ndarray:
    """Say of each block of a tenth of a second whether it is louder than ``SILENCE_DBFS``.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)], float in about [-1, 1]
    sample_rate_hz : int > 0 [Hz]

    Returns
    -------
    np.ndarray [shape=(n_blocks,)], bool
        The last block may be shorter; empty where there are no samples.
    """
    if len(samples) == 0:
        return np.zeros(0, dtype=bool)
    length = max(1, round(BLOCK_SECONDS * sample_rate_hz))
    starts = np.arange(0, len(samples), length)
    counts = np.diff(np.append(starts, len(samples)))
    samples = np.asarray(samples, dtype=np.float32)
    mean = np.add.reduceat(samples, starts, dtype=np.float64) / counts
    power = np.add.reduceat(np.square(samples), starts, dtype=np.float64) / counts
    return power - mean**2 > _SILENCE_POWER


def is_mostly_silent(samples: np.ndarray, sample_rate_hz: int) -> bool:
    """Whether one stretch of silence fills more than half of a sound.

    Short rests add up to much in a staccato piece and are part of the music; a pause that is longer than what sounds
    is not.
    """
    length = max(1, round(BLOCK_SECONDS * sample_rate_hz))
    middle = -(-len(samples) // length) // 2 * length  # where a stretch that fills more than half must be
    if is_sounding(samples[middle : middle + length], sample_rate_hz).any():
        return False
    sounding = is_sounding(samples, sample_rate_hz)
    at = np.flatnonzero(np.concatenate([[True], sounding, [True]]))  # a sounding block on either side
    longest = int(np.diff(at).max()) - 1
    return 2 * longest > len(sounding)
