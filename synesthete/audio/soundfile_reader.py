"""Plain sound files read with libsndfile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import soundfile

from synesthete.audio.reader import READ_VALUES, Block

HEADS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b".snd", b"caff")
_FORMATS = {"WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF"}


class SoundfileReader:
    """Reads with libsndfile. See :class:`synesthete.audio.reader.Reader`."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._sound = soundfile.SoundFile(file)
        self.n_channels: int = self._sound.channels
        self.sample_rate_hz: int = self._sound.samplerate
        self.seconds: float | None = self._sound.frames / self._sound.samplerate
        self.promised_seconds: float | None = self.seconds
        self.notes: list[str] = []
        cut = re.search(r"^ *(?:data|SSND) : (\d+) \(should be (\d+)\)", self._sound.extra_info, re.MULTILINE)
        if cut and 0 < int(cut[2]) < int(cut[1]) < 0x7FFF0000:  # above: the unknown size of a stream
            self.promised_seconds = self.seconds * int(cut[1]) / int(cut[2])

    @staticmethod
    def can_read(file: BinaryIO) -> bool:
        """Say whether libsndfile reads this file and knows its length; leaves the file at its start."""
        try:
            with soundfile.SoundFile(file) as sound:
                return sound.format in _FORMATS and 0 < sound.frames < 1 << 48
        except soundfile.LibsndfileError:  # e.g. a WAV around a codec it lacks; PyAV has the last word
            return False
        finally:
            file.seek(0)

    def blocks(self, start_seconds: float) -> Iterator[Block]:
        """Yield blocks from ``start_seconds`` on; a damaged passage is the end."""
        n_frames = max(1, READ_VALUES // self.n_channels)
        try:
            self._sound.seek(round(start_seconds * self.sample_rate_hz))
            while len(block := self._sound.read(n_frames, dtype="float32", always_2d=True)):
                yield self.sample_rate_hz, block.T
        except soundfile.LibsndfileError:
            return

    def measure(self) -> float:
        """Count the seconds that can be read."""
        return sum(block.shape[1] for _, block in self.blocks(0.0)) / self.sample_rate_hz
