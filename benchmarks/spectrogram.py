"""One transform for all four pictures, against calling librosa four times, in the same run.

Run ``python benchmarks/spectrogram.py``. librosa's ``tonnetz`` from samples takes a constant-Q transform;
it is timed once like that and once, closer to ours, over ``chroma_stft``. Memory is what Python and NumPy
allocate at the peak, beyond the samples.
"""

from __future__ import annotations

import time
import tracemalloc
import warnings
from collections.abc import Callable

import librosa
import numpy as np

from synesthete.settings import SPECTROGRAM
from synesthete.spectrogram import compute_spectrogram

RATE_HZ = SPECTROGRAM.sample_rate_hz


def ours(samples: np.ndarray) -> None:
    """Mel, chroma, tonnetz and MFCC from one transform."""
    compute_spectrogram(samples).feature_matrix()


def librosa_four_times(samples: np.ndarray) -> None:
    """The four as a reader of librosa's manual would call them."""
    librosa.feature.melspectrogram(y=samples, sr=RATE_HZ)
    librosa.feature.chroma_stft(y=samples, sr=RATE_HZ)
    librosa.feature.tonnetz(y=samples, sr=RATE_HZ)
    librosa.feature.mfcc(y=samples, sr=RATE_HZ)


def librosa_stft_only(samples: np.ndarray) -> None:
    """The four on the settings we use: no tuning, no constant-Q transform, chroma handed to tonnetz."""
    librosa.feature.melspectrogram(y=samples, sr=RATE_HZ)
    chroma = librosa.feature.chroma_stft(y=samples, sr=RATE_HZ, tuning=0)
    librosa.feature.tonnetz(chroma=chroma)
    librosa.feature.mfcc(y=samples, sr=RATE_HZ)


def best_seconds(call: Callable[[np.ndarray], None], samples: np.ndarray, n_times: int) -> float:
    """Shortest of several runs, after one to warm up."""
    call(samples)
    times = []
    for _ in range(n_times):
        start = time.perf_counter()
        call(samples)
        times.append(time.perf_counter() - start)
    return min(times)


def peak_megabytes(call: Callable[[np.ndarray], None], samples: np.ndarray) -> float:
    """Peak of memory allocated during a call."""
    tracemalloc.start()
    call(samples)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    """Print the table."""
    warnings.filterwarnings("ignore")
    rng = np.random.default_rng(0)
    calls = (ours, librosa_stft_only, librosa_four_times)
    for seconds in (8, 30, 120):
        hum = np.sin(2 * np.pi * 220 * np.arange(seconds * RATE_HZ) / RATE_HZ)
        samples = (0.1 * hum + 0.01 * rng.standard_normal(hum.size)).astype(np.float32)
        reference = None
        for call in calls:
            taken = best_seconds(call, samples, n_times=5 if call is ours else 3)
            reference = reference or taken
            print(
                f"{seconds:4d} s  {call.__name__:20s} {1000 * taken:8.1f} ms  {taken / reference:6.1f} x  "
                f"{peak_megabytes(call, samples):7.1f} MB at the peak"
            )


if __name__ == "__main__":
    main()
