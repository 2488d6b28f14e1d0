"""The last seconds of a sound, as it came: nothing older is kept, and nothing of it is changed."""

from __future__ import annotations

import io
import wave

import numpy as np


class SoundBuffer:
    """A ring of the last seconds heard, at the rate and with the channels that they came with.

    Kept as they came, the seconds can be written to a file whose vectors are those of the live search.

    Parameters
    ----------
    seconds : float > 0 [s]
        How much is kept.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ring = np.zeros((0, 1), dtype=np.int16)
        self._end = 0  # where in the ring the next sample goes
        self._n_kept = 0
        self.sample_rate_hz = 0

    @property
    def seconds(self) -> float:
        """How much there is [s]."""
        return self._n_kept / self.sample_rate_hz if self.sample_rate_hz else 0.0

    def append(self, block: np.ndarray, sample_rate_hz: int) -> bool:
        """Take what came next; returns whether it goes on from before.

        Another rate or number of channels, as when the device is changed, begins anew.

        Parameters
        ----------
        block : np.ndarray [shape=(n_samples, n_channels)], int16
        sample_rate_hz : int > 0 [Hz]
        """
        goes_on = sample_rate_hz == self.sample_rate_hz and block.shape[1] == self._ring.shape[1]
        if not goes_on:
            self.sample_rate_hz = sample_rate_hz
            self._ring = np.zeros((round(self._seconds * sample_rate_hz), block.shape[1]), dtype=np.int16)
            self._end = self._n_kept = 0
        size = len(self._ring)
        block = block[-size:]
        places = slice(self._end, min(self._end + len(block), size))
        n_first = places.stop - places.start
        self._ring[places] = block[:n_first]
        self._ring[: len(block) - n_first] = block[n_first:]
        self._end = (self._end + len(block)) % size
        self._n_kept = min(self._n_kept + len(block), size)
        return goes_on

    def last(self, seconds: float) -> np.ndarray:
        """The last seconds, or as many as there are: np.ndarray [shape=(n_samples, n_channels)], int16, a copy."""
        n_samples = min(round(seconds * self.sample_rate_hz), self._n_kept)
        start = self._end - n_samples
        if start >= 0:
            return self._ring[start : self._end].copy()
        return np.concatenate([self._ring[start:], self._ring[: self._end]])

    def clear(self) -> None:
        """Forget what was heard."""
        self._n_kept = self._end = 0


def wav_of(samples: np.ndarray, sample_rate_hz: int) -> bytes:
    """Samples as they came, as a WAV file.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples, n_channels)], int16
    sample_rate_hz : int > 0 [Hz]
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(samples.astype("<i2", copy=False).tobytes())
    return buffer.getvalue()
