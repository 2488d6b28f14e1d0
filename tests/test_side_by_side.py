import threading
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
import torch

from synesthete import side_by_side
from synesthete.audio import clip_from_samples
from synesthete.encoders import load


@pytest.fixture
def two_threads() -> Iterator[None]:
    side_by_side.use(2)
    yield
    side_by_side.use(1)


def test_two_works_run_at_the_same_time_and_answer_in_their_order(two_threads):
    both = threading.Barrier(2, timeout=20)  # passed only if both are there at once

    def meet(name: str) -> str:
        both.wait()
        return name

    assert side_by_side.run([partial(meet, "a"), partial(meet, "b")]) == ["a", "b"]


def test_until_it_is_asked_for_works_run_in_the_thread_of_who_asks():
    assert side_by_side.run([threading.get_ident, threading.get_ident]) == [threading.get_ident()] * 2


def test_an_operation_of_torch_has_one_thread_beside_others(two_threads):
    assert side_by_side.run([torch.get_num_threads, torch.get_num_threads]) == [1, 1]


def test_what_a_work_raises_reaches_who_asked(two_threads):
    def fail() -> None:
        raise ValueError("no such sound")

    with pytest.raises(ValueError, match="no such sound"):
        side_by_side.run([fail, fail])


def test_the_default_encoder_gives_the_same_embedding_side_by_side(rng):
    clip = clip_from_samples(rng.normal(0, 0.1, 8 * 22_050).astype(np.float32), 22_050)
    encoder = load("synesthete")
    alone = encoder.embed(clip)
    side_by_side.use(2)
    try:
        beside = encoder.embed(clip)
    finally:
        side_by_side.use(1)
    np.testing.assert_allclose(beside.track_features, alone.track_features, atol=1e-5)
    np.testing.assert_allclose(beside.segment_vectors, alone.segment_vectors, atol=1e-5)
    assert list(beside.tags) == list(alone.tags)
