"""What the engine sees: mel, chroma, tonnetz and MFCC from one short-time Fourier transform.

librosa computes the same four with four transforms; the tests hold these equal to its results. Its filter banks are
built here: importing librosa takes a process 0.8 s, and 15 s the first time, in which numba compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
import scipy.fft
import scipy.sparse

from synesthete import side_by_side
from synesthete.errors import AudioError
from synesthete.settings import SPECTROGRAM, SpectrogramSettings

if TYPE_CHECKING:
    from synesthete.audio import Clip

FRAMES_PER_BLOCK = 64  # half a megabyte of frames: stays in the processor's cache, memory stays flat
# Products this small stay on one thread. OpenBLAS splits larger ones over all cores, and where other
# processes hold a core its threads wait for each other: 0.02 s for a minute of sound becomes 1.5 s.
FRAMES_PER_PRODUCT = 16
LINEAR_BELOW_HZ, HZ_PER_MEL = 1000.0, 200.0 / 3  # Slaney's scale
MEL_STEP = np.log(6.4) / 27  # above: natural logarithm of the ratio of frequencies one mel apart
SMALLEST = np.finfo(np.float32).tiny  # librosa leaves columns below this unscaled; so do we


@dataclass(frozen=True)
class Spectrogram:
    """One sound, seen three ways over the same frames.

    Attributes
    ----------
    mel : np.ndarray [shape=(n_mels, n_frames)], float32, >= 0
        Power in Slaney mel bands, low frequencies first.
    chroma : np.ndarray [shape=(n_chroma, n_frames)], float32 in [0, 1]
        Energy of the pitch classes from C upwards; the strongest of a frame is 1, a silent frame is 0.
    tonnetz : np.ndarray [shape=(6, n_frames)], float32 in [-1, 1]
        Tonal centroid: fifths, minor thirds, major thirds (Harte, Sandler & Gasser, 2006).
    settings : SpectrogramSettings
    n_edge_frames : tuple of two int >= 0
        How many frames at the beginning and at the end reach beyond the sound, into the zeros around it.
    """

    mel: np.ndarray
    chroma: np.ndarray
    tonnetz: np.ndarray
    settings: SpectrogramSettings
    n_edge_frames: tuple[int, int] = (0, 0)

    @property
    def n_frames(self) -> int:
        """Number of frames, ``hop_length`` samples apart."""
        return self.mel.shape[1]

    def slice(self, start: int, stop: int) -> Spectrogram:
        """Frames ``start`` (included) to ``stop`` (excluded), without copying."""
        before, after = self.n_edge_frames
        stop = min(stop, self.n_frames)
        edges = (max(before - start, 0), max(stop - (self.n_frames - after), 0))
        mel, chroma, tonnetz = (rows[:, start:stop] for rows in (self.mel, self.chroma, self.tonnetz))
        return Spectrogram(mel, chroma, tonnetz, self.settings, edges)

    def inner(self) -> Spectrogram:
        """Only the frames that lie wholly inside the sound; all of them if none does.

        These are the frames a passage shares with a longer recording that it was cut from.
        """
        before, after = self.n_edge_frames
        if before + after >= self.n_frames:
            return self
        return self.slice(before, self.n_frames - after)

    def mel_db(self) -> np.ndarray:
        """Mel in decibels below the loudest point of this slice, so that gain does not matter.

        Returns
        -------
        np.ndarray [shape=(n_mels, n_frames)], float32 in [-top_db, 0] [dB]
            ``-top_db`` throughout for digital silence.
        """
        loudest = float(self.mel.max(initial=0.0))
        if loudest <= 0:
            return np.full_like(self.mel, -self.settings.top_db)
        relative = np.maximum(self.mel / np.float32(loudest), np.float32(10 ** (-self.settings.top_db / 10)))
        # The floor again after the logarithm: rounding may put it a hair below -top_db.
        return np.maximum(10 * np.log10(relative), np.float32(-self.settings.top_db))

    def mfcc(self) -> np.ndarray:
        """Mel-frequency cepstral coefficients of :meth:`mel_db`, [n_mfcc, n_frames], float32."""
        return self._cepstrum(self.mel_db())

    def feature_matrix(self) -> np.ndarray:
        """Rows mel_db, mfcc, chroma, tonnetz; [n_mels + n_mfcc + n_chroma + 6, n_frames], float32."""
        mel_db = self.mel_db()
        return np.concatenate([mel_db, self._cepstrum(mel_db), self.chroma, self.tonnetz])

    def _cepstrum(self, mel_db: np.ndarray) -> np.ndarray:
        return scipy.fft.dct(mel_db, axis=0, norm="ortho")[: self.settings.n_mfcc]

    def stacked_image(self, n_bins: int = 128) -> np.ndarray:
        """Mel, chroma and tonnetz as the red, green and blue of one picture.

        Returns
        -------
        np.ndarray [shape=(3, n_bins, n_frames)], float32 in [0, 1]
            Low frequencies, C and the fifths in row 0. Each picture is stretched to ``n_bins`` rows by
            repeating the nearest.
        """
        red = self.mel_db() / np.float32(self.settings.top_db) + 1
        blue = (self.tonnetz + 1) / 2
        return np.stack([_stretch(layer, n_bins) for layer in (red, self.chroma, blue)])


def compute_spectrograms(clip: Clip, settings: SpectrogramSettings = SPECTROGRAM) -> tuple[Spectrogram, ...]:
    """Analyse every excerpt of a clip.

    Returns
    -------
    tuple of Spectrogram
        One per excerpt, in order.

    Raises
    ------
    AudioError
        If the clip's sample rate is not the one the settings are made for.
    """
    if clip.sample_rate_hz != settings.sample_rate_hz:
        raise AudioError(
            f"{clip.name} has a sample rate of {clip.sample_rate_hz} Hz, the spectrogram needs "
            f"{settings.sample_rate_hz} Hz. Read it with synesthete.audio, which resamples."
        )
    works = [partial(compute_spectrogram, excerpt.samples, settings) for excerpt in clip.excerpts]
    return tuple(side_by_side.run(works))


def compute_spectrogram(samples: np.ndarray, settings: SpectrogramSettings = SPECTROGRAM) -> Spectrogram:
    """Compute mel, chroma and tonnetz of a sound from one transform.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)], real, at ``settings.sample_rate_hz``
    settings : SpectrogramSettings

    Returns
    -------
    Spectrogram
        ``1 + n_samples // hop_length`` frames, centred on multiples of ``hop_length``.

    Raises
    ------
    AudioError
        If there are no samples, more than one channel, or values that are not finite.
    """
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim != 1 or samples.size == 0:
        raise AudioError(f"A spectrogram needs one row of samples, got shape {samples.shape}: mix to mono.")
    if not np.isfinite(samples).all():
        raise AudioError("The sound holds values that are not numbers (NaN or infinite): decode it again.")
    hop, half = settings.hop_length, settings.n_fft // 2
    n_frames = 1 + samples.size // hop
    mel_bank, chroma_bank = _filter_banks(settings)
    mel = np.empty((settings.n_mels, n_frames), dtype=np.float32)
    chroma = np.empty((n_frames, settings.n_chroma), dtype=np.float32)
    for start, power in _power_blocks(samples, n_frames, settings):
        mel[:, start : start + len(power)] = mel_bank @ power.T
        for row in range(0, len(power), FRAMES_PER_PRODUCT):
            part = power[row : row + FRAMES_PER_PRODUCT]
            np.matmul(part, chroma_bank, out=chroma[start + row : start + row + len(part)])
    chroma = _scaled(np.ascontiguousarray(chroma.T), np.max)
    tonnetz = np.einsum("ij,jk->ik", _tonal_centroids(settings.n_chroma), _scaled(chroma, np.sum))
    # Frame i sees the samples from i * hop - half up to i * hop + half.
    before = min(-(-half // hop), n_frames)
    after = n_frames - min(max((samples.size - half) // hop + 1, 0), n_frames)
    return Spectrogram(mel, chroma, tonnetz, settings, (before, after))


def _power_blocks(
    samples: np.ndarray, n_frames: int, settings: SpectrogramSettings
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (first frame, power [n_block, 1 + n_fft / 2]) for blocks of frames in order."""
    n_fft, hop = settings.n_fft, settings.hop_length
    padded = np.pad(samples, n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    window = hann(n_fft)
    for start in range(0, n_frames, FRAMES_PER_BLOCK):
        spectrum = scipy.fft.rfft(frames[start : start + FRAMES_PER_BLOCK] * window, axis=1, overwrite_x=True)
        power = np.square(spectrum.real)
        power += np.square(spectrum.imag)
        yield start, power


def _scaled(rows: np.ndarray, norm: Callable[..., np.ndarray]) -> np.ndarray:
    """Divide each column by its norm; silent columns stay zero."""
    norms = norm(rows, axis=0, keepdims=True)
    return rows / np.where(norms < SMALLEST, np.float32(1), norms)


def _stretch(rows: np.ndarray, n_bins: int) -> np.ndarray:
    if len(rows) == n_bins:
        return rows
    return rows[np.arange(n_bins) * len(rows) // n_bins]


@lru_cache(maxsize=8)
def hann(n_fft: int) -> np.ndarray:
    """The periodic Hann window [n_fft], float32; not to be written to."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)


@lru_cache(maxsize=8)
def _filter_banks(settings: SpectrogramSettings) -> tuple[scipy.sparse.csr_array, np.ndarray]:
    """Mel [n_mels, 1 + n_fft / 2], nearly all zeros, and chroma [1 + n_fft / 2, n_chroma], both float32."""
    mel = scipy.sparse.csr_array(mel_filters(settings).astype(np.float32))
    return mel, np.ascontiguousarray(chroma_filters(settings).T, dtype=np.float32)


def warm_up() -> None:
    """Build the filter banks now, so that the first sound does not wait for them."""
    _filter_banks(SPECTROGRAM)


def mel_filters(settings: SpectrogramSettings = SPECTROGRAM) -> np.ndarray:
    """Triangular filters on Slaney's mel scale (1998), each of unit area, from 0 Hz to half the sample rate.

    Returns
    -------
    np.ndarray [shape=(n_mels, 1 + n_fft / 2)], float64, >= 0
        ``librosa.filters.mel``, bit for bit: every vector in every catalogue was made with that.
    """
    edges_hz = _mel_edges(settings)
    bins_hz = np.fft.rfftfreq(settings.n_fft, 1 / settings.sample_rate_hz)
    from_edges = np.subtract.outer(edges_hz, bins_hz)
    widths = np.diff(edges_hz)[:, None]
    rising, falling = -from_edges[:-2] / widths[:-1], from_edges[2:] / widths[1:]
    heights = 2 / (edges_hz[2:] - edges_hz[:-2])
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * heights[:, None])


def mel_frequencies(settings: SpectrogramSettings = SPECTROGRAM) -> np.ndarray:
    """Centre frequency of each mel band, [n_mels], rising [Hz]."""
    return _mel_edges(settings)[1:-1]


def _mel_edges(settings: SpectrogramSettings) -> np.ndarray:
    """Where the bands begin, culminate and end, [n_mels + 2] [Hz]: linear below 1000 Hz, logarithmic above."""
    highest_hz = settings.sample_rate_hz / 2
    highest = highest_hz / HZ_PER_MEL
    if highest_hz >= LINEAR_BELOW_HZ:
        highest = LINEAR_BELOW_HZ / HZ_PER_MEL + np.log(highest_hz / LINEAR_BELOW_HZ) / MEL_STEP
    mels = np.linspace(0, highest, settings.n_mels + 2)
    above = np.maximum(mels - LINEAR_BELOW_HZ / HZ_PER_MEL, 0)
    return np.where(above > 0, LINEAR_BELOW_HZ * np.exp(MEL_STEP * above), HZ_PER_MEL * mels)


def chroma_filters(settings: SpectrogramSettings = SPECTROGRAM) -> np.ndarray:
    """Gaussian bumps around each pitch class at A440, weighted towards the fifth octave (Ellis, 2007).

    Returns
    -------
    np.ndarray [shape=(n_chroma, 1 + n_fft / 2)], float64, >= 0
        Row 0 is C. Equal to ``librosa.filters.chroma`` with ``tuning=0``: a tuning estimated from each clip
        would give one passage two vectors.
    """
    n_fft, n_chroma = settings.n_fft, settings.n_chroma
    bins_hz = np.arange(1, n_fft) * settings.sample_rate_hz / n_fft
    pitches = n_chroma * np.log2(bins_hz / (440 / 16))
    # The bin at 0 Hz has no pitch: an octave and a half below the first one makes it broad and weak.
    pitches = np.concatenate([[pitches[0] - 1.5 * n_chroma], pitches])
    widths = np.concatenate([np.maximum(np.diff(pitches), 1), [1]])
    half = np.round(n_chroma / 2)
    distances = np.remainder(pitches - np.arange(n_chroma)[:, None] + half + 10 * n_chroma, n_chroma) - half
    filters = np.exp(-0.5 * (2 * distances / widths) ** 2)
    filters /= np.linalg.norm(filters, axis=0)
    filters *= np.exp(-0.5 * ((pitches / n_chroma - 5) / 2) ** 2)
    return np.roll(filters, -3 * (n_chroma // 12), axis=0)[:, : 1 + n_fft // 2]


@lru_cache(maxsize=8)
def _tonal_centroids(n_chroma: int) -> np.ndarray:
    """Coordinates of the pitch classes on the circles of fifths, minor and major thirds, [6, n_chroma]."""
    angles = np.outer([7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3], np.arange(n_chroma) * 12 / n_chroma)
    angles[::2] -= 0.5  # sine in the even rows, cosine in the odd ones
    radii = np.array([1, 1, 1, 1, 0.5, 0.5])
    return (radii[:, None] * np.cos(np.pi * angles)).astype(np.float32)
