"""What a chunk holds: the spectrogram of its whole frames, and crops that fill it."""

import numpy as np

from synesthete.spectrogram import compute_spectrogram
from synesthete.training.chunks import N_SAMPLES, spectrogram_frames
from synesthete.training.datasets import N_FRAMES, N_ROWS


def test_the_frames_are_those_of_the_spectrogram(rng):
    samples = rng.standard_normal(N_SAMPLES).astype(np.float32) * 0.1
    frames = spectrogram_frames(samples)
    assert frames.shape == (N_FRAMES, N_ROWS)
    spectrogram = compute_spectrogram(samples).inner()
    np.testing.assert_allclose(frames[:, 128:140].T, spectrogram.chroma, atol=1e-3)
    np.testing.assert_allclose(10 ** (frames[:, :128].T.astype(float) / 10), spectrogram.mel, rtol=0.02)
