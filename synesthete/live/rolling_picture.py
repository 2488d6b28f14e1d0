"""The stacked image of the last seconds, made frame by frame as the sound comes.

The frames are those of :func:`~synesthete.spectrogram.compute_spectrogram`: only new ones are computed, each once. A
frame leaves here as a column of bytes, so that a browser is sent each once too, and draws them itself.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import soxr

from synesthete.settings import SPECTROGRAM, SpectrogramSettings
from synesthete.spectrogram import Spectrogram, compute_spectrogram

LOWEST_DB = -85.0  # of a mel band's power; byte 0
STEPS_PER_DB = 2.0  # byte 255 is 42.5 dB, which no sound reaches
_OFFSET_SECONDS = 0.5  # over which a constant offset of the device is measured


@dataclass(frozen=True)
class Columns:
    """Some columns of the picture, the oldest first.

    Attributes
    ----------
    first : int >= 0
        Number of the first of them, counted from the beginning.
    data : bytes
        One column after the other.
    n_kept : int >= 0
        How many the picture has, the older ones included.
    """

    first: int
    data: bytes
    n_kept: int


class RollingPicture:
    """Columns of mel, chroma and tonnetz of the last seconds.

    Parameters
    ----------
    seconds : float > 0 [s]
        How much is kept.
    settings : SpectrogramSettings
    """

    def __init__(self, seconds: float, settings: SpectrogramSettings = SPECTROGRAM) -> None:
        self.settings = settings
        self.n_columns = round(seconds * settings.sample_rate_hz / settings.hop_length)
        self.column_size = settings.n_mels + settings.n_chroma + 6  # bytes
        self._columns: deque[bytes] = deque(maxlen=self.n_columns)
        self._next = 0
        self._begin()

    def _begin(self, sample_rate_hz: int = 0) -> None:
        """Forget the sound, not the columns: what comes now does not go on from it."""
        self._rate_hz = sample_rate_hz
        own_hz = self.settings.sample_rate_hz
        self._resampler = soxr.ResampleStream(sample_rate_hz, own_hz, 1, "float32", "HQ") if sample_rate_hz else None
        self._offset = np.float32(0)
        # The next frame's samples and those after, as if there had been silence before.
        self._samples = np.zeros(self.settings.n_fft // 2, dtype=np.float32)

    def append(self, block: np.ndarray, sample_rate_hz: int) -> None:
        """Take what came next: ``block`` [n_samples, n_channels], int16, and draw what it completes."""
        if sample_rate_hz != self._rate_hz:
            self._begin(sample_rate_hz)
        assert self._resampler is not None
        mono = self._without_offset(block.mean(axis=1, dtype=np.float32) / np.float32(32768))
        self._samples = np.concatenate([self._samples, self._resampler.resample_chunk(mono)])
        n_frames = 1 + (len(self._samples) - self.settings.n_fft) // self.settings.hop_length
        if n_frames < 1:
            return
        # Samples begin half a window before the next frame's centre, so the frames wholly inside begin with it.
        spectrogram = compute_spectrogram(self._samples, self.settings).inner()
        self._columns.extend(columns_of(spectrogram))
        self._next += n_frames
        self._samples = self._samples[n_frames * self.settings.hop_length :]

    def _without_offset(self, mono: np.ndarray) -> np.ndarray:
        """Take off a running mean, in straight lines from block to block: what comes later is not known here."""
        share = len(mono) / (len(mono) + _OFFSET_SECONDS * self._rate_hz)
        before, self._offset = self._offset, np.float32(self._offset + share * (mono.mean() - self._offset))
        return mono - np.linspace(before, self._offset, len(mono), dtype=np.float32)

    def since(self, number: int) -> Columns:
        """The columns from a number on, as far as they are kept."""
        oldest = self._next - len(self._columns)
        first = min(max(number, oldest), self._next)
        return Columns(first, b"".join(list(self._columns)[first - oldest :]), len(self._columns))

    def mel_db(self, seconds: float) -> np.ndarray:
        """The mel bands of the last seconds, or of as many as there are [n_mels, n_frames], in decibels."""
        n_frames = round(seconds * self.settings.sample_rate_hz / self.settings.hop_length)
        table = np.frombuffer(b"".join(list(self._columns)[-n_frames:]), dtype=np.uint8).reshape(-1, self.column_size)
        return table[:, : self.settings.n_mels].T / STEPS_PER_DB + LOWEST_DB

    def clear(self) -> None:
        """An empty picture; the numbers go on."""
        self._columns.clear()
        self._begin()


def columns_of(spectrogram: Spectrogram) -> list[bytes]:
    """Each frame as bytes: mel bands in half decibels above ``LOWEST_DB``, chroma and tonnetz in 255 steps."""
    decibels = 10 * np.log10(np.maximum(spectrogram.mel, np.float32(10 ** (LOWEST_DB / 10))))
    rows = [(decibels - LOWEST_DB) * STEPS_PER_DB, spectrogram.chroma * 255, (spectrogram.tonnetz + 1) * 127.5]
    table = np.clip(np.round(np.concatenate(rows)), 0, 255).astype(np.uint8)
    return [column.tobytes() for column in table.T]
