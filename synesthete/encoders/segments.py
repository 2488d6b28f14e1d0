"""Segments of a sound: where they lie, and cut out in whichever form an encoder takes.

This is the only place where a sound is cut for an encoder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import soxr

from synesthete import settings
from synesthete.audio.silence import is_sounding
from synesthete.spectrogram import Spectrogram, compute_spectrogram

_FILTER_SECONDS = 0.1  # how far the filter of the resampler reaches, and more
_QUIETEST = 1e-6  # a segment below it is not amplified any further
Form = Literal["features", "image", "waveform"]


@dataclass(frozen=True, eq=False)
class Segments:
    """Equally long segments of one sound, cut when asked for.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)], float32
        The whole sound.
    sample_rate_hz : int > 0 [Hz]
    start_seconds : sequence of float >= 0 [s]
    seconds : float > 0 [s]
        Length of each; an encoder may take less of it.
    spectrogram : Spectrogram, optional
        Of the whole sound, its inner frames; computed when needed if it is not given.
    level : float > 0, optional
        Root mean square to which the waveform of each segment is brought.
    """

    samples: np.ndarray
    sample_rate_hz: int
    start_seconds: Sequence[float]
    seconds: float
    spectrogram: Spectrogram | None = None
    level: float | None = None

    def __len__(self) -> int:
        return len(self.start_seconds)

    def at_level(self, level: float) -> Segments:
        """The same segments, the waveform of each brought to a root mean square of ``level`` > 0."""
        return replace(self, level=level)

    def thinned(self, stride: int) -> Segments:
        """One in ``stride`` segments, from the middle of the first of these spans; at least one."""
        starts = self.start_seconds
        return replace(self, start_seconds=starts[min(stride, len(starts)) // 2 :: stride])

    def shares(self, n: int) -> list[Segments]:
        """The segments in ``n`` > 0 shares, or as many as there are segments, in their order and about equally long."""
        starts = self.start_seconds
        ends = [round(len(starts) * number / n) for number in range(n + 1)]
        return [replace(self, start_seconds=starts[begin:end]) for begin, end in pairwise(ends) if end > begin]

    def sounding_shares(self) -> np.ndarray:
        """How much of each segment is no silence [n], in [0, 1]."""
        rate = self.sample_rate_hz
        spans = [(round(start * rate), round((start + self.seconds) * rate)) for start in self.start_seconds]
        return np.array([is_sounding(self.samples[begin:end], rate).mean() for begin, end in spans])

    def cut(self, form: Form, seconds: float, sample_rate_hz: int) -> np.ndarray:
        """The first ``seconds`` > 0 of each segment (all of it where it is shorter), in one form.

        Parameters
        ----------
        form : {"features", "image", "waveform"}
        seconds : float > 0 [s]
        sample_rate_hz : int > 0 [Hz]
            Of waveforms.

        Returns
        -------
        np.ndarray
            Feature matrices [n, n_rows, n_frames], stacked images [n, 3, n_bins, n_frames] in [0, 1], or waveforms
            [n, n_samples] in [-1, 1]; float32.
        """
        seconds = min(seconds, self.seconds)
        if form == "waveform":
            return self._waveforms(seconds, sample_rate_hz)
        spectrogram = self.spectrogram or compute_spectrogram(self.samples).inner()
        made_with = spectrogram.settings
        n_frames = min(segment_frames(seconds, made_with), spectrogram.n_frames)
        frame_seconds = made_with.hop_length / made_with.sample_rate_hz
        begins = [min(round(start / frame_seconds), spectrogram.n_frames - n_frames) for start in self.start_seconds]
        parts = [spectrogram.slice(begin, begin + n_frames) for begin in begins]
        return np.stack([part.stacked_image() if form == "image" else part.feature_matrix() for part in parts])

    def _waveforms(self, seconds: float, sample_rate_hz: int) -> np.ndarray:
        samples, first = self.samples, 0
        n_whole = math.floor(len(samples) * sample_rate_hz / self.sample_rate_hz + 0.5)  # as the resampler rounds
        n_samples = min(round(seconds * sample_rate_hz), n_whole)
        begins = [min(round(start * sample_rate_hz), n_whole - n_samples) for start in self.start_seconds]
        if sample_rate_hz != self.sample_rate_hz:
            samples, first = self._resampled(min(begins), max(begins) + n_samples, sample_rate_hz)
        waveforms = np.stack([samples[begin - first : begin - first + n_samples] for begin in begins])
        if self.level is None:
            return waveforms
        levels = np.sqrt(np.mean(np.square(waveforms), axis=1, keepdims=True))
        return waveforms * (self.level / np.maximum(levels, _QUIETEST)).astype(np.float32)

    def _resampled(self, begin: int, end: int, sample_rate_hz: int) -> tuple[np.ndarray, int]:
        """The samples at another rate from ``begin`` to ``end`` at least, and where what is given begins.

        They are those of the whole sound: what lies beside the stretch is heard as far as the filter reaches, and the
        stretch begins where samples of both rates fall together.
        """
        common = math.gcd(sample_rate_hz, self.sample_rate_hz)
        step_in, step_out = self.sample_rate_hz // common, sample_rate_hz // common
        reach = math.ceil(_FILTER_SECONDS * common)  # in these steps
        first = max(begin // step_out - reach, 0)
        last = -(-end // step_out) + reach
        part = self.samples[first * step_in : last * step_in]
        return soxr.resample(part, self.sample_rate_hz, sample_rate_hz).astype(np.float32), first * step_out


@dataclass(frozen=True, eq=False)
class SegmentsOfExcerpts:
    """Segments of several sounds of one length, in one batch: a network is faster over many than a few at a time.

    Stands for :class:`Segments` wherever these are cut.

    Attributes
    ----------
    parts : tuple of Segments
        All of them cut to one length.
    """

    parts: tuple[Segments, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def at_level(self, level: float) -> SegmentsOfExcerpts:
        """See :meth:`Segments.at_level`."""
        return SegmentsOfExcerpts(tuple(part.at_level(level) for part in self.parts))

    def thinned(self, stride: int) -> SegmentsOfExcerpts:
        """As :meth:`Segments.thinned`, of all sounds together: a short one may have none."""
        parts: list[Segments] = []
        ahead = min(stride, len(self)) // 2  # how many segments from here to the next that stays
        for part in self.parts:
            if starts := part.start_seconds[ahead::stride]:
                parts.append(replace(part, start_seconds=starts))
            ahead = (ahead - len(part)) % stride
        return SegmentsOfExcerpts(tuple(parts))

    def shares(self, n: int) -> list[SegmentsOfExcerpts] | list[Segments]:
        """As :meth:`Segments.shares`; of whole sounds, where there are as many."""
        if len(self.parts) < n:
            return [share for part in self.parts for share in part.shares(n)]
        ends = [round(len(self.parts) * number / n) for number in range(n + 1)]
        return [SegmentsOfExcerpts(self.parts[begin:end]) for begin, end in pairwise(ends)]

    def sounding_shares(self) -> np.ndarray:
        """See :meth:`Segments.sounding_shares`."""
        return np.concatenate([part.sounding_shares() for part in self.parts])

    def cut(self, form: Form, seconds: float, sample_rate_hz: int) -> np.ndarray:
        """See :meth:`Segments.cut`."""
        return np.concatenate([part.cut(form, seconds, sample_rate_hz) for part in self.parts])


AnySegments = Segments | SegmentsOfExcerpts


def frame_grid(
    n_samples: int,
    n_segment_frames: int,
    n_hop_frames: int,
    made_with: settings.SpectrogramSettings = settings.SPECTROGRAM,
) -> tuple[list[float], float]:
    """Starts [s] and common length [s] of segments that begin and end with a frame of the spectrogram.

    Parameters
    ----------
    n_samples : int > 0
        Of the whole sound.
    n_segment_frames, n_hop_frames : int > 0
        Length of a segment and the step to the next; a shorter sound is one segment.
    made_with : SpectrogramSettings
    """
    hop, rate = made_with.hop_length, made_with.sample_rate_hz
    n_frames = max(1, 1 + (n_samples - made_with.n_fft) // hop)
    length = min(n_segment_frames, n_frames)
    starts = [start * hop / rate for start in segment_starts(n_frames, length, n_hop_frames)]
    return starts, min((length - 1) * hop + made_with.n_fft, n_samples) / rate


def sample_grid(
    n_samples: int, n_segment_samples: int, n_hop_samples: int, sample_rate_hz: int
) -> tuple[list[float], float]:
    """As :func:`frame_grid`, for segments that begin and end with a sample at ``sample_rate_hz`` > 0 [Hz]."""
    length = min(n_segment_samples, n_samples)
    starts = [start / sample_rate_hz for start in segment_starts(n_samples, length, n_hop_samples)]
    return starts, length / sample_rate_hz


def segment_frames(seconds: float, made_with: settings.SpectrogramSettings = settings.SPECTROGRAM) -> int:
    """How many frames of a spectrogram lie wholly inside ``seconds`` > 0 of sound; at least one."""
    n_samples = round(seconds * made_with.sample_rate_hz)
    return max(1, 1 + (n_samples - made_with.n_fft) // made_with.hop_length)


def segment_starts(total: int, length: int, hop: int) -> list[int]:
    """Starts of the segments of ``length`` that fit into ``total``, ``hop`` apart; never empty.

    Where more than half a hop would be left out at the end, one more segment reaches exactly to the end.
    """
    starts = list(range(0, max(total - length, 0) + 1, hop))
    if total - (starts[-1] + length) > hop / 2:
        starts.append(total - length)
    return starts
