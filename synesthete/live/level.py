"""How loud it is now, and since when something sounds."""

from __future__ import annotations

from collections import deque

import numpy as np

LOWEST_DBFS = -100.0
# Of a microphone: what a quiet room and the device itself make lies below. A file's silence is ten decibels lower.
SILENCE_DBFS = -60.0
BLOCK_SECONDS = 0.1
PAUSE_SECONDS = 1.5  # shorter ones are part of the music


def level_dbfs(samples: np.ndarray) -> float:
    """Root mean square, apart from any constant offset.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples, n_channels)], int16

    Returns
    -------
    float in [LOWEST_DBFS, 0] [dB]
        Against a square wave at full scale; a sine at full scale has -3.
    """
    if len(samples) == 0:
        return LOWEST_DBFS
    mono = samples.mean(axis=1, dtype=np.float64) / 32768
    power = float(np.mean(np.square(mono - mono.mean())))
    return max(LOWEST_DBFS, 10 * float(np.log10(power))) if power > 0 else LOWEST_DBFS


class LevelMeter:
    """Level in blocks of a tenth of a second, and how long it has been sounding without a pause.

    Parameters
    ----------
    seconds : float > 0 [s]
        How far back it remembers.
    """

    def __init__(self, seconds: float) -> None:
        self._is_sounding: deque[bool] = deque(maxlen=round(seconds / BLOCK_SECONDS))
        self._rest: list[np.ndarray] = []
        self._n_rest = 0
        self.dbfs = LOWEST_DBFS

    def append(self, block: np.ndarray, sample_rate_hz: int) -> None:
        """Take what came next: ``block`` [n_samples, n_channels], int16."""
        length = max(1, round(BLOCK_SECONDS * sample_rate_hz))
        self._rest.append(block)
        self._n_rest += len(block)
        if self._n_rest < length:
            return
        samples = np.concatenate(self._rest)
        n_whole = len(samples) // length * length
        for start in range(0, n_whole, length):
            self.dbfs = level_dbfs(samples[start : start + length])
            self._is_sounding.append(self.dbfs > SILENCE_DBFS)
        self._rest, self._n_rest = [samples[n_whole:]], len(samples) - n_whole

    @property
    def sounding_seconds(self) -> float:
        """How far back the sound reaches that goes on now [s]: to the last long pause. 0 in a pause."""
        longest = round(PAUSE_SECONDS / BLOCK_SECONDS)
        n_blocks = n_silent = 0
        for number, is_sounding in enumerate(reversed(self._is_sounding), start=1):
            n_silent = 0 if is_sounding else n_silent + 1
            if n_silent >= longest:
                break
            if is_sounding:
                n_blocks = number
        return n_blocks * BLOCK_SECONDS

    @property
    def has_sounded(self) -> bool:
        """Whether anything sounded, as far back as it remembers."""
        return any(self._is_sounding)

    def forget_before(self, seconds: float) -> None:
        """Remember only the last seconds: what was before is another sound."""
        for _ in range(len(self._is_sounding) - round(seconds / BLOCK_SECONDS)):
            self._is_sounding.popleft()

    def clear(self) -> None:
        """Forget what was heard."""
        self._is_sounding.clear()
        self._rest, self._n_rest = [], 0
        self.dbfs = LOWEST_DBFS
