"""Harmony alone: which chords, which scale and how one follows the other, in whatever key. Nothing in it is learned.

Another key turns the chroma of every frame by some semitones, and so the phases of its Fourier transform over the
twelve pitch classes (of which the coefficients 3, 4 and 5 are the tonnetz: minor thirds, major thirds and fifths). What
does not turn with it is kept, of a segment:

- its chords: the bispectrum of every frame, on average. Magnitudes alone would not tell major from minor, whose
  intervals are the same.
- its scale: the bispectrum of the mean chroma.
- its moves: each coefficient times its conjugate some time before, from 0.1 to 4.6 s.
- its patches: magnitudes of the two-dimensional transform over pitch classes and time.

D. Ellis and T. Bertin-Mahieux, "Large-scale cover song recognition using the 2D Fourier transform magnitude", ISMIR,
2012. G. Bernardes et al., "A multi-level tonal interval space", Journal of New Music Research, 2016.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from synesthete import settings
from synesthete.encoders.base import Encoder, unit
from synesthete.errors import EncoderError

N_CHROMA = settings.SPECTROGRAM.n_chroma
CHROMA_ROWS = slice(settings.SPECTROGRAM.n_mels + settings.SPECTROGRAM.n_mfcc, -6)  # of a feature matrix
N_COEFFICIENTS = N_CHROMA // 2  # beyond the mean; the others are their conjugates
PAIRS = [(i, j) for i in range(1, N_COEFFICIENTS + 1) for j in range(i, N_COEFFICIENTS + 1)]
# [frames], from 0.1 to 4.6 s.
LAGS = (0, *np.round(np.geomspace(4, 200, 12)).astype(int).tolist())
PATCH_FRAMES = 4  # 0.09 s
PATCH_POINTS = 128
N_PATCH_FREQUENCIES = 40  # up to 3.4 Hz
PARTS = {
    "chords": 2 * len(PAIRS),
    "scale": 2 * len(PAIRS),
    "moves": 2 * N_COEFFICIENTS * len(LAGS),
    "patches": N_COEFFICIENTS * N_PATCH_FREQUENCIES,
}


def rooted(products: np.ndarray) -> np.ndarray:
    """Complex products with the root of their magnitude, so that strong ones do not drown all others."""
    return np.asarray(products / np.sqrt(np.maximum(np.abs(products), 1e-12)))


def bispectrum(spectrum: np.ndarray) -> np.ndarray:
    """Products of Fourier coefficients over pitch classes that no transposition changes, on average over time.

    Parameters
    ----------
    spectrum : np.ndarray [shape=(n, 12, n_frames)], complex

    Returns
    -------
    np.ndarray [shape=(n, 42)], float64
        Real parts of X(i) X(j) X*(i + j), then imaginary parts.
    """
    one, other = np.transpose(PAIRS)
    products = spectrum[:, one] * spectrum[:, other] * spectrum[:, (one + other) % N_CHROMA].conj()
    means = rooted(products).mean(axis=2)
    return np.concatenate([means.real, means.imag], axis=1)


def moves(spectrum: np.ndarray) -> np.ndarray:
    """How pitch classes follow each other: each coefficient times its conjugate ``LAGS`` frames before, on average.

    Parameters
    ----------
    spectrum : np.ndarray [shape=(n, 12, n_frames)], complex

    Returns
    -------
    np.ndarray [shape=(n, 156)], float64
        0 for lags that the segment is too short for.
    """
    kept = spectrum[:, 1 : N_COEFFICIENTS + 1]
    n_frames = kept.shape[2]
    found = np.zeros((len(kept), len(LAGS), N_COEFFICIENTS), dtype=complex)
    for number, lag in enumerate(lag for lag in LAGS if lag < n_frames):
        found[:, number] = rooted((kept[:, :, lag:] * kept[:, :, : n_frames - lag].conj()).mean(axis=2))
    flat = found.reshape(len(kept), -1)
    return np.concatenate([flat.real, flat.imag], axis=1)


def patches(chroma: np.ndarray) -> np.ndarray:
    """Magnitudes of the two-dimensional Fourier transform over pitch classes and time, [n, 240]; their roots."""
    n_patches = max(chroma.shape[2] // PATCH_FRAMES, 1)
    cut = chroma[:, :, : n_patches * PATCH_FRAMES].reshape(len(chroma), N_CHROMA, n_patches, -1).mean(axis=3)
    magnitudes = np.abs(scipy.fft.fft2(summing_to_one(cut), s=(N_CHROMA, PATCH_POINTS)))
    return np.sqrt(magnitudes[:, 1 : N_COEFFICIENTS + 1, :N_PATCH_FREQUENCIES]).reshape(len(chroma), -1)


def summing_to_one(chroma: np.ndarray) -> np.ndarray:
    """Chroma [n, 12, n_frames] with the sum 1 in each frame; silent frames stay 0."""
    return np.asarray(chroma / np.maximum(chroma.sum(axis=1, keepdims=True), 1e-9))


class Harmony(Encoder):
    """What of a segment's harmony does not depend on its key."""

    name = "harmony"
    consumes = "features"
    version = "1"
    embedding_size = sum(PARTS.values())
    segment_seconds = 10.0
    hop_seconds = 5.0
    is_standardised = True

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode feature matrices [n, 166, n_frames]; see :meth:`Encoder.encode`.

        A segment without any pitch has the vector (1, 0, 0, ...).
        """
        if batch.ndim != 3 or batch.shape[1] < N_CHROMA + 6 or batch.shape[2] == 0:
            raise EncoderError(f"'harmony' needs feature matrices [n, 166, n_frames > 0], got the shape {batch.shape}.")
        chroma = np.asarray(batch[:, CHROMA_ROWS], dtype=np.float64)
        spectrum = scipy.fft.fft(summing_to_one(chroma), axis=1)
        mean = spectrum.mean(axis=2, keepdims=True)
        kinds = (bispectrum(spectrum), bispectrum(mean), moves(spectrum), patches(chroma))
        vectors = np.concatenate([unit(kind) for kind in kinds], axis=1)
        vectors[~vectors.any(axis=1), 0] = 1.0
        return unit(vectors)
