"""Mel spectra of recordings on disk, computed once: what the trainings of our small networks draw their crops from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.audio import Clip, read_clip
from synesthete.files import write_atomically
from synesthete.spectrogram import compute_spectrogram
from synesthete.training.recordings import Recording

SECONDS = 60.0  # of each recording, its middle
FLOOR_DB = -120.0
QUIETEST_DB = -50.0  # a crop whose loudest point lies further below that of its recording is not learned from


class Spectra:
    """The middle minute of recordings as mel bands in decibels, in a folder.

    Parameters
    ----------
    recordings : sequence of Recording
    folder : Path
        Gets one array a recording; those that are there are kept.
    report : callable, optional
        Gets how many are done, of how many.

    Attributes
    ----------
    recordings : tuple of Recording
        Those long enough for one crop of ``n_frames``.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        folder: Path,
        n_frames: int,
        report: Callable[[int, int], None] = lambda done, of: None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        made = []
        for number, recording in enumerate(recordings):
            path = folder / f"{_name(recording.path)}.npy"
            if not path.is_file():
                rows = mel_rows(read_clip(recording.path))
                with write_atomically(path) as file:
                    np.save(file, rows)
            made.append(np.load(path, mmap_mode="r"))
            report(number + 1, len(recordings))
        pairs = [(recording, rows) for recording, rows in zip(recordings, made, strict=True) if len(rows) >= n_frames]
        self.recordings = tuple(recording for recording, _ in pairs)
        self._rows = [rows for _, rows in pairs]
        self._loudest = [float(rows.max(initial=FLOOR_DB)) for rows in self._rows]
        self.n_frames = n_frames

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, rng: np.random.Generator, number: int) -> np.ndarray:
        """A random crop of a recording that is not silent: see :func:`image_of`."""
        rows = self._rows[number]
        for _ in range(20):
            begin = int(rng.integers(len(rows) - self.n_frames + 1))
            crop = rows[begin : begin + self.n_frames]
            if float(crop.max()) > self._loudest[number] + QUIETEST_DB:
                break
        return image_of(crop)

    def crops(self, number: int, n: int) -> np.ndarray:
        """At most ``n`` crops evenly spread over a recording [m, n_mels, n_frames], silent ones left out."""
        rows = self._rows[number]
        begins = np.unique(np.linspace(0, len(rows) - self.n_frames, n).astype(int))
        parts = [rows[begin : begin + self.n_frames] for begin in begins]
        loud = [part for part in parts if float(part.max()) > self._loudest[number] + QUIETEST_DB]
        return np.stack([image_of(part) for part in loud or parts[:1]])


def mel_rows(clip: Clip) -> np.ndarray:
    """The middle minute of a clip's longest excerpt as mel bands [n_frames, n_mels], float16, >= -120 [dB]."""
    samples = max((excerpt.samples for excerpt in clip.excerpts), key=len)
    n_samples = round(SECONDS * clip.sample_rate_hz)
    begin = max((len(samples) - n_samples) // 2, 0)
    mel = compute_spectrogram(samples[begin : begin + n_samples]).inner().mel
    return (10 * np.log10(np.maximum(mel, 10 ** (FLOOR_DB / 10)))).T.astype(np.float16)


def image_of(rows: np.ndarray) -> np.ndarray:
    """Mel bands [n_frames, n_mels] in dB as the picture [n_mels, n_frames] that an encoder gets, float32 in [0, 1].

    1 is the loudest point of the crop, 0 lies 80 dB below it, as in the stacked image.
    """
    mel_db = np.asarray(rows, dtype=np.float32).T
    return np.maximum((mel_db - mel_db.max()) / np.float32(settings.SPECTROGRAM.top_db) + 1, 0)


def _name(path: Path) -> str:
    """After the file's path, size and age, and the settings that shape what is made of it."""
    status = path.stat()
    about = (str(path.resolve()), status.st_size, status.st_mtime_ns)
    return hashlib.sha256(f"{about}{settings.fingerprint(settings.AUDIO, settings.SPECTROGRAM)}".encode()).hexdigest()[
        :24
    ]
