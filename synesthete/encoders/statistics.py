"""The capstone's first encoder: how loud, how high, how tonal, on average and at the extremes.

Mean, minimum and maximum over time of mel (in dB), MFCC, chroma and tonnetz: 3 * (128 + 20 + 12 + 6) = 498
statistics. Taken as they are, their vectors are nearly parallel (median cosine of two tracks .985): an MFCC
spans hundreds, a chroma one, and neighbouring mel bands all say the same. So they are standardised over a
reference collection, turned onto its 128 main axes and scaled to equal spread there (whitened): what is
common to all music no longer drowns what tells two pieces apart. And mel counts only down to 50 dB below
the loudest point: what lies lower is the noise of the room or the trace of a codec. The whitened vector is turned
back, so that each of its 498 numbers still belongs to one statistic; a rotation changes no cosine.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from synesthete import settings
from synesthete.encoders.base import unit
from synesthete.encoders.learned import LearnedEncoder
from synesthete.encoders.weights import Weights
from synesthete.errors import EncoderError

STEM = "statistics"
REMEDY = "Make it anew from your music with: python -m synesthete.training.fit_statistics FILES..."
N_ROWS = settings.SPECTROGRAM.n_mels + settings.SPECTROGRAM.n_mfcc + settings.SPECTROGRAM.n_chroma + 6
N_STATISTICS = 3 * N_ROWS
FLOOR_DB = -50.0


def statistics(batch: np.ndarray, floor_db: float = FLOOR_DB) -> np.ndarray:
    """Mean, minimum and maximum over time, side by side.

    Parameters
    ----------
    batch : np.ndarray [shape=(n, 166, n_frames)], float32
        Feature matrices (:meth:`~synesthete.spectrogram.Spectrogram.feature_matrix`).
    floor_db : float < 0 [dB]
        Mel below it counts as this; the MFCC follow.

    Returns
    -------
    np.ndarray [shape=(n, 498)], float32
    """
    if batch.ndim != 3 or batch.shape[1] != N_ROWS or batch.shape[2] == 0:
        raise EncoderError(
            f"'statistics' needs feature matrices [n, {N_ROWS}, n_frames > 0], got the shape {batch.shape}."
        )
    n_mels, n_mfcc = settings.SPECTROGRAM.n_mels, settings.SPECTROGRAM.n_mfcc
    mel_db = np.maximum(batch[:, :n_mels], np.float32(floor_db))
    mfcc = scipy.fft.dct(mel_db, axis=1, norm="ortho")[:, :n_mfcc]
    rows = np.concatenate([mel_db, mfcc, batch[:, n_mels + n_mfcc :]], axis=1)
    return np.concatenate([rows.mean(axis=2), rows.min(axis=2), rows.max(axis=2)], axis=1)


class Statistics(LearnedEncoder):
    """498 statistics of each segment, whitened.

    Parameters
    ----------
    weights : Weights, optional
        ``mean`` and ``std`` [498], ``axes`` [498, n_axes] of unequal length; by default those in ``data/models``.
    """

    name = "statistics"
    stem, remedy = STEM, REMEDY
    consumes = "features"
    embedding_size = N_STATISTICS

    def take(self, weights: Weights) -> None:
        """See :class:`LearnedEncoder`."""
        n_axes = int(weights.setting("n_axes", int))
        weights.check_shapes({"mean": (N_STATISTICS,), "std": (N_STATISTICS,), "axes": (N_STATISTICS, n_axes)})
        self._floor_db = float(weights.setting("floor_db", (int, float)))
        self._limit = float(weights.setting("limit", (int, float)))
        self._mean, self._std = weights.tensors["mean"], weights.tensors["std"]
        axes = weights.tensors["axes"]
        # To the axes, scaled, and from there back: [498, 498] of rank n_axes.
        self._whitening = np.einsum("ik,jk->ij", axes, axes / np.linalg.norm(axes, axis=0))
        # The way back to standardised statistics, as far as the axes reach.
        self._unwhitening = np.einsum("ik,jk->ij", axes, axes / np.linalg.norm(axes, axis=0) ** 3)

    def standardised(self, vectors: np.ndarray) -> np.ndarray:
        """The statistics [n, 498] that whitened vectors [n, 498] stand for, in spreads of the reference.

        Up to their common length, and to what lies off the axes.
        """
        return np.asarray(vectors @ self._unwhitening)

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Encode feature matrices [n, 166, n_frames]; see :meth:`Encoder.encode`."""
        scores = (statistics(batch, self._floor_db) - self._mean) / self._std
        # One odd band, ten spreads out, must not outvote all others.
        scores = np.clip(scores, -self._limit, self._limit)
        return unit(np.einsum("ij,jk->ik", scores, self._whitening))  # on one thread, see FRAMES_PER_PRODUCT
