"""The figures of benchmarks/quality.py on vectors whose answers are known."""

import numpy as np
import pytest

from benchmarks import quality
from synesthete.encoders.base import unit


@pytest.fixture
def groups():
    styles = quality.Group([f"{n}.wav" for n in range(8)])
    styles.known = [{"genre": "ab"[n // 4], "artist": str(n)} for n in range(8)]
    return {"style": styles, "style, 2.5 s": styles}


@pytest.fixture
def made(groups):
    """Two voices: the first knows the two styles, the second knows nothing of them."""
    knows = np.repeat(np.eye(2), 4, axis=0)
    guesses = unit(np.random.default_rng(2).standard_normal((8, 5)))
    vectors = np.concatenate([np.sqrt(0.3) * knows, np.sqrt(0.7) * guesses], axis=1)
    twice = np.concatenate([vectors, vectors]).astype(np.float32)
    voices = {"voice knows": np.array([0, 2]), "voice guesses": np.array([2, 7])}
    return {"X": twice, "segments": twice, "starts": np.zeros(16), "rows": np.arange(16), "hop": np.array(1.5)} | voices


def precision(row):
    return float(row["style"].split()[0])


def test_the_ablation_takes_each_voice_alone_and_away(made, groups):
    rows = quality.ablation(made, groups)
    assert list(rows) == ["only knows", "without knows", "only guesses", "without guesses"]
    assert precision(rows["only knows"]) == 1.0
    assert rows["only knows"] == rows["without guesses"] and rows["only guesses"] == rows["without knows"]
    assert precision(rows["only guesses"]) < precision(quality.figures(made, groups)) <= 1.0


def test_voices_share_the_whole_by_their_weights(made, groups):
    """Brute force: the whole's cosines are .3 of one voice's and .7 of the other's."""
    one, other = (unit(made["X"][:8, first:last]) for first, last in ((0, 2), (2, 7)))
    np.testing.assert_allclose(made["X"][:8] @ made["X"][:8].T, 0.3 * one @ one.T + 0.7 * other @ other.T, atol=1e-5)
