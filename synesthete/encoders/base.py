"""The one contract all encoders keep, and how a clip becomes an embedding through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from synesthete import settings
from synesthete.audio import Clip
from synesthete.spectrogram import Spectrogram, see
from synesthete.tracks import Segment


@dataclass(frozen=True)
class Embedding:
    """What an encoder makes of one clip.

    Attributes
    ----------
    vector : np.ndarray [shape=(embedding_size,)], float32, unit length
        The whole clip.
    segment_vectors : np.ndarray [shape=(n_segments, embedding_size)], float32, unit length
    segments : tuple of Segment, n_segments long
        Where in the recording each segment lies.
    fingerprint : str
        Of the encoder that made it.
    """

    vector: np.ndarray
    segment_vectors: np.ndarray
    segments: tuple[Segment, ...]
    fingerprint: str


class Encoder(ABC):
    """Turns windows of sound into unit vectors.

    Attributes
    ----------
    name, version : str
    embedding_size : int > 0
    sample_rate : int > 0 [Hz]
        Of the waveform it expects (``consumes == "waveform"``), or that its spectrogram was made from.
    segment_seconds, hop_seconds : float > 0 [s]
        Length of a window, and the step from one to the next.
    consumes : {"features", "image", "waveform"}
        What :meth:`encode` takes: feature matrices [n, n_rows, n_frames]
        (:meth:`~synesthete.spectrogram.Spectrogram.feature_matrix`), stacked images [n, 3, n_bins, n_frames]
        in [0, 1], or waveforms [n, n_samples] in [-1, 1].
    """

    name: ClassVar[str]
    version: str
    embedding_size: int
    sample_rate: int = settings.AUDIO.sample_rate_hz
    segment_seconds: float = 5.0
    hop_seconds: float = 2.5
    consumes: ClassVar[Literal["features", "image", "waveform"]]

    @abstractmethod
    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode a batch of equally long windows.

        Returns
        -------
        np.ndarray [shape=(n, embedding_size)], float32
            Unit vectors, one a window; the same window gives the same vector alone and in a batch.
        """

    @property
    def fingerprint(self) -> str:
        """Identity of the vectors: encoder, weights and every setting that shapes them."""
        return settings.fingerprint(
            self.name, self.version, self.segment_seconds, self.hop_seconds, settings.AUDIO, settings.SPECTROGRAM
        )

    def aggregate(self, segment_vectors: np.ndarray) -> np.ndarray:
        """One unit vector [embedding_size] for a whole clip from its segments' [n_segments, embedding_size]."""
        return unit(segment_vectors.mean(axis=0))

    def embed(self, clip: Clip, spectrograms: tuple[Spectrogram, ...] | None = None) -> Embedding:
        """Embed a clip: cut its excerpts into windows, encode them, aggregate.

        Parameters
        ----------
        clip : Clip
        spectrograms : tuple of Spectrogram, optional
            One per excerpt, if the caller has already looked (:func:`synesthete.spectrogram.see`).
        """
        segments: list[Segment] = []
        vectors: list[np.ndarray] = []
        if self.consumes != "waveform" and spectrograms is None:
            spectrograms = see(clip)
        for number, excerpt in enumerate(clip.excerpts):
            if self.consumes == "waveform":
                windows, starts, length = self._cut_waveform(excerpt.samples, clip.sample_rate_hz)
            else:
                assert spectrograms is not None
                windows, starts, length = self._cut_spectrogram(spectrograms[number])
            vectors.append(self.encode(windows))
            segments += [Segment(excerpt.start_seconds + start, length) for start in starts]
        segment_vectors = np.concatenate(vectors)
        return Embedding(self.aggregate(segment_vectors), segment_vectors, tuple(segments), self.fingerprint)

    def _cut_spectrogram(self, spectrogram: Spectrogram) -> tuple[np.ndarray, list[float], float]:
        frames_a_second = spectrogram.settings.sample_rate_hz / spectrogram.settings.hop_length
        length = min(round(self.segment_seconds * frames_a_second), spectrogram.n_frames)
        hop = round(self.hop_seconds * frames_a_second)
        starts = window_starts(spectrogram.n_frames, length, hop)
        cut = [spectrogram.slice(start, start + length) for start in starts]
        windows = [part.feature_matrix() if self.consumes == "features" else part.stacked_image() for part in cut]
        return np.stack(windows), [start / frames_a_second for start in starts], length / frames_a_second

    def _cut_waveform(self, samples: np.ndarray, sample_rate_hz: int) -> tuple[np.ndarray, list[float], float]:
        if sample_rate_hz != self.sample_rate:
            import soxr

            samples = soxr.resample(samples, sample_rate_hz, self.sample_rate).astype(np.float32)
        length = min(round(self.segment_seconds * self.sample_rate), len(samples))
        starts = window_starts(len(samples), length, round(self.hop_seconds * self.sample_rate))
        windows = np.stack([samples[start : start + length] for start in starts])
        return windows, [start / self.sample_rate for start in starts], length / self.sample_rate


def window_starts(total: int, length: int, hop: int) -> list[int]:
    """Starts of the windows of ``length`` that fit into ``total``, ``hop`` apart; never empty."""
    return list(range(0, max(total - length, 0) + 1, hop))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors (last axis) to unit length, as float32; a zero vector stays zero."""
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(norms, np.finfo(np.float32).tiny)
