"""Rhythm alone: what repeats after how long, in which bands, at whatever tempo. Nothing in it is learned.

The onset strength of a segment is taken in 16 groups of mel bands, and of each its autocorrelation. Over the logarithm
of the lag another tempo is a shift, which a Fourier transform turns into a phase; magnitudes do not change, nor do the
products of one band with another's conjugate, which say how the bands' patterns lie against each other. That is the
scale transform of Holzapfel and Stylianou, with the bands held together. It is taken twice: over all lags from 0.1 to
6.4 s, and with these folded into one octave, where twice and half the tempo fall together.

A. Holzapfel and Y. Stylianou, "Scale transform in rhythmic similarity of music", IEEE Transactions on Audio, Speech and
Language Processing, 2011. P. Grosche, M. Müller and F. Kurth, "Cyclic tempogram", ICASSP, 2010 (lags folded by octave).
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.signal

from synesthete import settings
from synesthete.encoders.base import Encoder, unit
from synesthete.errors import EncoderError
from synesthete.tempo import autocorrelation, onset_strength

SHORTEST_LAG, N_OCTAVES, LAGS_PER_OCTAVE = 0.1, 6, 32  # [s], and on: the longest lag is 6.4 s
FOLDED_BANDS, FOLDED_SCALES = 16, 6
WHOLE_BANDS, WHOLE_SCALES = 8, 12
TAPER = 0.5  # what of the lags fades in and out, so that a shift moves nothing over an edge
FLOOR_DB = -40.0  # below the loudest point; what lies lower, such as a room's noise, begins nothing
N_MELS = settings.SPECTROGRAM.n_mels


def log_lags(correlations: np.ndarray, frames_per_second: float) -> np.ndarray:
    """Autocorrelations over the logarithm of the lag, about their mean, fading at both ends.

    Parameters
    ----------
    correlations : np.ndarray [shape=(..., n_frames)]
    frames_per_second : float > 0 [1/s]

    Returns
    -------
    np.ndarray [shape=(..., 192)], float64
        Lags that the segment is too short for are 0.
    """
    n_lags = N_OCTAVES * LAGS_PER_OCTAVE
    lags = SHORTEST_LAG * 2 ** (np.arange(n_lags) / LAGS_PER_OCTAVE) * frames_per_second
    last = correlations.shape[-1] - 1
    before = np.clip(np.floor(lags).astype(int), 0, max(last - 1, 0))
    share = np.clip(lags - before, 0, 1)
    rows = (1 - share) * correlations[..., before] + share * correlations[..., np.minimum(before + 1, last)]
    rows = rows * (lags <= last)
    rows -= rows.mean(axis=-1, keepdims=True)
    return np.asarray(rows * scipy.signal.windows.tukey(n_lags, TAPER))


def shift_free(rows: np.ndarray, n_scales: int) -> np.ndarray:
    """What stays of rows when all of them are shifted together: magnitudes, and each pair's cross-spectrum.

    Parameters
    ----------
    rows : np.ndarray [shape=(n, n_bands, n_points)]
    n_scales : int > 0
        How many Fourier coefficients are kept, after the mean.

    Returns
    -------
    np.ndarray [shape=(n, n_bands ** 2 * n_scales)], float32, of unit length or 0
        Products of two coefficients are scaled to the geometric mean of their magnitudes.
    """
    spectrum = scipy.fft.rfft(rows, axis=-1)[..., 1 : n_scales + 1]
    one, other = np.triu_indices(rows.shape[1], 1)
    cross = spectrum[:, one] * spectrum[:, other].conj()
    cross /= np.sqrt(np.maximum(np.abs(cross), 1e-12))
    parts = [np.abs(spectrum), cross.real, cross.imag]
    return unit(np.concatenate([part.reshape(len(rows), -1) for part in parts], axis=1))


class Rhythm(Encoder):
    """What of a segment's rhythm does not depend on its tempo."""

    name = "rhythm"
    consumes = "features"
    version = "1"
    embedding_size = FOLDED_BANDS**2 * FOLDED_SCALES + WHOLE_BANDS**2 * WHOLE_SCALES
    segment_seconds = 10.0
    hop_seconds = 5.0
    is_standardised = True

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode feature matrices [n, 166, n_frames]; see :meth:`Encoder.encode`.

        A segment in which nothing begins has the vector (1, 0, 0, ...).
        """
        if batch.ndim != 3 or batch.shape[1] < N_MELS or batch.shape[2] == 0:
            raise EncoderError(f"'rhythm' needs feature matrices [n, 166, n_frames > 0], got the shape {batch.shape}.")
        made_with = settings.SPECTROGRAM
        per_second = made_with.sample_rate_hz / made_with.hop_length
        mel_db = np.maximum(batch[:, :N_MELS], np.float32(FLOOR_DB))
        folded, whole = (
            log_lags(autocorrelation(onset_strength(mel_db, n_bands)), per_second)
            for n_bands in (FOLDED_BANDS, WHOLE_BANDS)
        )
        octave = folded.reshape(*folded.shape[:2], N_OCTAVES, LAGS_PER_OCTAVE).sum(axis=2)
        vectors = np.concatenate([shift_free(octave, FOLDED_SCALES), shift_free(whole, WHOLE_SCALES)], axis=1)
        vectors[~vectors.any(axis=1), 0] = 1.0
        return unit(vectors)
