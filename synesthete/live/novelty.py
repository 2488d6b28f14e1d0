"""How much a sound differs from what was before it, by its spectrum alone: where another sound may have begun.

The generalised likelihood ratio of one Gaussian against two over mel cepstra (Chen & Gopalakrishnan, *Speaker,
environment and channel change detection and clustering via the Bayesian information criterion*, 1998), for each frame.
It says where, and is cheap; whether it is another piece is for the encoder to say (:mod:`synesthete.live.change`).
"""

from __future__ import annotations

import numpy as np
import scipy.fft

N_CEPSTRA = 14
LEAST_BEFORE_SECONDS = 4.0  # with less, any sound differs from itself
SPACING_SECONDS = 0.1  # between places that are tried
_FLOOR_DB = -80.0  # below it, a band is taken as silent
_NOISE_DB2 = 0.1  # variance that every cepstrum has at least


def cepstra(mel_db: np.ndarray) -> np.ndarray:
    """The first mel cepstra of each frame [N_CEPSTRA, n_frames] from mel bands in decibels [n_mels, n_frames]."""
    return scipy.fft.dct(np.maximum(mel_db, _FLOOR_DB), axis=0, norm="ortho")[:N_CEPSTRA]


def novelty(frames: np.ndarray, begin: int) -> float:
    """How much better two Gaussians describe the frames than one, if the second begins at ``begin``.

    Parameters
    ----------
    frames : np.ndarray [shape=(N_CEPSTRA, n_frames)]
    begin : int
        Between 2 and ``n_frames - 2``.

    Returns
    -------
    float
        Twice the log of the likelihood ratio, for each frame; about 0 where nothing changes.
    """
    parts = (frames[:, :begin], frames[:, begin:])
    return float(_log_volume(frames) - sum(part.shape[1] * _log_volume(part) for part in parts) / frames.shape[1])


def strongest_change(frames: np.ndarray, frame_seconds: float, least: float, most: float) -> tuple[float, float]:
    """The greatest novelty, and how long before the end it begins [s].

    Parameters
    ----------
    frames : np.ndarray [shape=(N_CEPSTRA, n_frames)]
    frame_seconds : float > 0 [s]
    least, most : float > 0 [s]
        How long before the end it may be; nothing is found where there is too little before that.

    Returns
    -------
    novelty, seconds : float
        0 and 0 where nothing could be compared.
    """
    n_frames = frames.shape[1]
    most = min(most, n_frames * frame_seconds - LEAST_BEFORE_SECONDS)
    tried = np.arange(least, most + SPACING_SECONDS / 2, SPACING_SECONDS) if most >= least else ()
    found = ((novelty(frames, n_frames - round(seconds / frame_seconds)), float(seconds)) for seconds in tried)
    return max(found, default=(0.0, 0.0))


def _log_volume(frames: np.ndarray) -> float:
    return float(np.linalg.slogdet(np.cov(frames) + _NOISE_DB2 * np.eye(len(frames)))[1])
