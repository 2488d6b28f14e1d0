"""A training set of noise: shapes and types as the real one's, made in milliseconds."""

import numpy as np
import pytest

from synesthete.training.datasets import N_FRAMES, TrainingSet
from synesthete.training.plan import TrainingPlan

N_CHUNKS = 12


@pytest.fixture
def tiny_plan() -> TrainingPlan:
    return TrainingPlan(
        n_chunks=N_CHUNKS, n_steps=4, n_segments=4, n_phones=3, depth=10, width=4, n_remembered=6, n_solved=40
    )


@pytest.fixture
def tiny_set(rng) -> TrainingSet:
    pictures = rng.uniform(-1, 1, (N_CHUNKS, 2, N_FRAMES, 146)).astype(np.float16)
    pictures[..., :128] *= 40  # dB
    pictures[..., 128:140] = np.abs(pictures[..., 128:140])  # chroma
    return TrainingSet(
        pictures,
        rng.standard_normal((N_CHUNKS, 7, 200)).astype(np.float32),
        rng.standard_normal((N_CHUNKS, 7, 240)).astype(np.float16),
        rng.uniform(0, 1, (N_CHUNKS, 7, 50)).astype(np.float32),
        np.arange(N_CHUNKS) // 2,
        np.zeros(N_CHUNKS, int),
        np.ones(N_CHUNKS, bool),
        np.ones(N_CHUNKS, bool),
        [f"track {number}" for number in range(6)],
        ["noise"] * 6,
        [""] * 6,
    )
