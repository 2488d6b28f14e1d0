"""The one contract all encoders keep, and how a clip becomes an embedding through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from synesthete import settings
from synesthete.spectrogram import Spectrogram, compute_spectrograms
from synesthete.tracks import Segment

if TYPE_CHECKING:
    from synesthete.audio import Clip


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
    """Turns segments of sound into unit vectors.

    A passage gives the same vector alone and cut out of a longer recording: segments are made of the frames
    that lie wholly inside the sound, and nothing in them is measured against the rest of the recording.
    An encoder's class, called without arguments, loads what it needs or raises :class:`EncoderError`.

    Attributes
    ----------
    name, version : str
    embedding_size : int > 0
    sample_rate : int > 0 [Hz]
        Of the waveform it expects (``consumes == "waveform"``), or that its spectrogram was made from.
    segment_seconds, hop_seconds : float > 0 [s]
        Length of a segment, and the step from one to the next.
    consumes : {"features", "image", "waveform"}
        What :meth:`encode` takes: feature matrices [n, n_rows, n_frames]
        (:meth:`~synesthete.spectrogram.Spectrogram.feature_matrix`), stacked images [n, 3, n_bins, n_frames]
        in [0, 1], or waveforms [n, n_samples] in [-1, 1].
    """

    name: ClassVar[str]
    version: str
    embedding_size: int
    sample_rate: int = settings.AUDIO.sample_rate_hz
    notes: tuple[str, ...] = ()  # what a listener should know, such as a part that is missing
    segment_seconds: float = 5.0
    hop_seconds: float = 2.5
    consumes: ClassVar[Literal["features", "image", "waveform"]]

    @abstractmethod
    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode a batch of equally long segments.

        Returns
        -------
        np.ndarray [shape=(n, embedding_size)], float32
            Unit vectors, one a segment; the same segment gives the same vector alone and in a batch.
        """

    @property
    def fingerprint(self) -> str:
        """Identity of the vectors: encoder, weights and every setting that shapes them."""
        segment = [self.segment_seconds, self.hop_seconds]
        return settings.fingerprint(
            self.name, self.version, self.weights_id, segment, settings.AUDIO, settings.SPECTROGRAM
        )

    @property
    def weights_id(self) -> str:
        """Hash of the learned numbers; empty where there are none."""
        return ""

    def aggregate(self, segment_vectors: np.ndarray) -> np.ndarray:
        """One unit vector [embedding_size] for a whole clip from its segments' [n_segments, size]."""
        return unit(segment_vectors.mean(axis=0))

    def embed(self, clip: Clip, spectrograms: tuple[Spectrogram, ...] | None = None) -> Embedding:
        """Embed a clip: cut its excerpts into segments, encode them, aggregate.

        Parameters
        ----------
        clip : Clip
        spectrograms : tuple of Spectrogram, optional
            One per excerpt, if the caller has already looked (:func:`synesthete.spectrogram.compute_spectrograms`).
        """
        segments: list[Segment] = []
        vectors: list[np.ndarray] = []
        if self.consumes != "waveform" and spectrograms is None:
            spectrograms = compute_spectrograms(clip)
        for number, excerpt in enumerate(clip.excerpts):
            if self.consumes == "waveform":
                batch, starts, length = self._cut_waveform(excerpt.samples, clip.sample_rate_hz)
            else:
                assert spectrograms is not None
                batch, starts, length = self._cut_spectrogram(spectrograms[number])
            vectors.append(self.encode(batch))
            segments += [Segment(excerpt.start_seconds + start, length) for start in starts]
        segment_vectors = np.concatenate(vectors)
        return Embedding(self.aggregate(segment_vectors), segment_vectors, tuple(segments), self.fingerprint)

    def _cut_spectrogram(self, spectrogram: Spectrogram) -> tuple[np.ndarray, list[float], float]:
        made_with = spectrogram.settings
        spectrogram = spectrogram.inner()
        length = min(segment_frames(self.segment_seconds, made_with), spectrogram.n_frames)
        hop = round(self.hop_seconds * made_with.sample_rate_hz / made_with.hop_length)
        starts = segment_starts(spectrogram.n_frames, length, hop)
        cut = [spectrogram.slice(start, start + length) for start in starts]
        is_image = self.consumes == "image"
        segments = [part.stacked_image() if is_image else part.feature_matrix() for part in cut]
        seconds = ((length - 1) * made_with.hop_length + made_with.n_fft) / made_with.sample_rate_hz
        offsets = [start * made_with.hop_length / made_with.sample_rate_hz for start in starts]
        return np.stack(segments), offsets, seconds

    def _cut_waveform(self, samples: np.ndarray, sample_rate_hz: int) -> tuple[np.ndarray, list[float], float]:
        if sample_rate_hz != self.sample_rate:
            import soxr

            samples = soxr.resample(samples, sample_rate_hz, self.sample_rate).astype(np.float32)
        length = min(round(self.segment_seconds * self.sample_rate), len(samples))
        starts = segment_starts(len(samples), length, round(self.hop_seconds * self.sample_rate))
        segments = np.stack([samples[start : start + length] for start in starts])
        return segments, [start / self.sample_rate for start in starts], length / self.sample_rate


def segment_frames(seconds: float, made_with: settings.SpectrogramSettings = settings.SPECTROGRAM) -> int:
    """How many frames of a spectrogram lie wholly inside ``seconds`` > 0 of sound; at least one."""
    n_samples = round(seconds * made_with.sample_rate_hz)
    return max(1, 1 + (n_samples - made_with.n_fft) // made_with.hop_length)


def segment_starts(total: int, length: int, hop: int) -> list[int]:
    """Starts of the segments of ``length`` that fit into ``total``, ``hop`` apart; never empty.

    Where more than half a hop would stay unheard at the end, one more segment reaches exactly to the end.
    """
    starts = list(range(0, max(total - length, 0) + 1, hop))
    if total - (starts[-1] + length) > hop / 2:
        starts.append(total - length)
    return starts


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors (last axis) to unit length, as float32; a zero vector stays zero."""
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(norms, np.finfo(np.float32).tiny)
