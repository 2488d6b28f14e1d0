"""A training set of noise: shapes and types as the real one's, made in milliseconds."""

import numpy as np
import pytest

from synesthete.training.config import TrainingConfig
from synesthete.training.datasets import N_FRAMES, TrainingSet

N_CHUNKS = 12


@pytest.fixture
def tiny_config() -> TrainingConfig:
    return TrainingConfig(
        n_chunks=N_CHUNKS, n_steps=4, batch_size=4, n_pairs=3, depth=10, width=4, queue_size=6, n_head_segments=40
    )


@pytest.fixture
def tiny_set(rng) -> TrainingSet:
    spectrograms = rng.uniform(-1, 1, (N_CHUNKS, 2, N_FRAMES, 146)).astype(np.float16)
    spectrograms[..., :128] *= 40  # dB
    spectrograms[..., 128:140] = np.abs(spectrograms[..., 128:140])  # chroma
    return TrainingSet(
        spectrograms,
        rng.standard_normal((N_CHUNKS, 7, 200)).astype(np.float32),
        rng.standard_normal((N_CHUNKS, 7, 240)).astype(np.float16),
        rng.uniform(0, 1, (N_CHUNKS, 7, 50)).astype(np.float32),
        rng.uniform(0, 1, (N_CHUNKS, 7, 180)).astype(np.float16),
        np.arange(N_CHUNKS) // 2,
        np.zeros(N_CHUNKS, int),
        np.ones(N_CHUNKS, bool),
        np.ones(N_CHUNKS, bool),
        [f"track {number}" for number in range(6)],
        ["noise"] * 6,
        [""] * 6,
    )
