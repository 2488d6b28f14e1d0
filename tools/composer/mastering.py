"""The last step of a mix: loudness, peaks, edges."""

from __future__ import annotations

import numpy as np
from scipy import ndimage, signal

from tools.composer.score import Samples
from tools.composer.synthesis import SAMPLE_RATE_HZ

TARGET_LUFS = -16.0
CEILING = 0.84
"""Peak of the samples; the MP3 coder overshoots a little."""

# K weighting of ITU-R BS.1770 at 48 kHz moved to 44.1 kHz (coefficients as in the EBU R 128 reference code).
_SHELF = (
    [1.5308412300503478, -2.6509799951547297, 1.1690790799215869],
    [1.0, -1.6636551132560204, 0.7125954280732254],
)
_HIGH = ([1.0, -2.0, 1.0], [1.0, -1.9891696736297957, 0.9891990357870394])


def loudness_lufs(samples: Samples) -> float:
    """Integrated loudness after ITU-R BS.1770-4, both gates applied.

    Parameters
    ----------
    samples : np.ndarray [2, n]

    Returns
    -------
    float [LUFS]
        -120 for silence.
    """
    weighted = signal.lfilter(*_HIGH, signal.lfilter(*_SHELF, samples, axis=-1), axis=-1)
    hop = int(0.1 * SAMPLE_RATE_HZ)
    n_hops = weighted.shape[1] // hop
    power = np.sum(np.mean(weighted[:, : n_hops * hop].reshape(2, n_hops, hop) ** 2, axis=2), axis=0)
    blocks = np.convolve(power, np.ones(4) / 4, mode="valid") if n_hops >= 4 else power
    levels = -0.691 + 10 * np.log10(blocks + 1e-12)
    loud = blocks[levels > -70]
    if not len(loud):
        return -120.0
    gate = -0.691 + 10 * np.log10(np.mean(loud)) - 10
    return float(-0.691 + 10 * np.log10(np.mean(blocks[(levels > -70) & (levels > gate)])))


def limited(samples: Samples, ceiling: float = CEILING) -> Samples:
    """Look-ahead limiter: no sample beyond `ceiling`."""
    reach = int(0.005 * SAMPLE_RATE_HZ)
    peak = ndimage.maximum_filter1d(np.max(np.abs(samples), axis=0), 2 * reach + 1, mode="nearest")
    gain = np.minimum(1.0, ceiling / np.maximum(peak, 1e-9))
    # The mean of gains that all hold the peak down holds it down too.
    return samples * ndimage.uniform_filter1d(gain, reach, mode="nearest")


def mastered(samples: Samples, fade_in_seconds: float = 0.01, fade_out_seconds: float = 1.0) -> Samples:
    """Remove rumble, bring to `TARGET_LUFS`, limit, fade.

    Returns
    -------
    np.ndarray [2, n], float32, in [-`CEILING`, `CEILING`]
    """
    clean = signal.sosfilt(signal.butter(2, 28, "highpass", fs=SAMPLE_RATE_HZ, output="sos"), samples, axis=-1)
    for _ in range(2):  # a second pass makes up for what the limiter took
        clean = limited(clean * 10 ** ((TARGET_LUFS - loudness_lufs(clean)) / 20))
    n_in, n_out = (max(2, int(s * SAMPLE_RATE_HZ)) for s in (fade_in_seconds, fade_out_seconds))
    clean[:, :n_in] *= np.linspace(0, 1, n_in) ** 2
    clean[:, -n_out:] *= np.cos(np.linspace(0, np.pi / 2, n_out)) ** 2
    return clean.astype(np.float32)
