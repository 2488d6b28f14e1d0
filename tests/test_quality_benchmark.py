"""The measures of benchmarks/quality.py on vectors whose answers are known."""

import numpy as np
import pytest

from benchmarks import quality
from benchmarks.quality_clips import write_wav
from synesthete import encoders
from synesthete.encoders.base import unit


@pytest.fixture
def groups():
    styles = quality.Group([f"{n}.wav" for n in range(8)])
    styles.known = [{"genre": "ab"[n // 4], "artist": str(n)} for n in range(8)]
    return {"style": styles, "style, 2.5 s": styles}


@pytest.fixture
def made(groups):
    """Two components: the first knows the two genres, the second knows nothing of them."""
    knows = np.repeat(np.eye(2), 4, axis=0)
    guesses = unit(np.random.default_rng(2).standard_normal((8, 5)))
    vectors = np.concatenate([np.sqrt(0.3) * knows, np.sqrt(0.7) * guesses], axis=1)
    twice = np.concatenate([vectors, vectors]).astype(np.float32)
    components = {"component knows": np.array([0, 2]), "component guesses": np.array([2, 7])}
    return {
        "X": twice,
        "segments": twice,
        "starts": np.zeros(16),
        "rows": np.arange(16),
        "hop": np.array(1.5),
    } | components


def precision(row):
    return float(row[quality.GENRE_MAP].split()[0])


def test_the_ablation_takes_each_component_alone_and_away(made, groups):
    rows = quality.ablation(made, groups)
    assert list(rows) == ["only knows", "without knows", "only guesses", "without guesses"]
    assert precision(rows["only knows"]) == 1.0
    assert rows["only knows"] == rows["without guesses"] and rows["only guesses"] == rows["without knows"]
    assert precision(rows["only guesses"]) < precision(quality.figures(made, groups)) <= 1.0


def test_components_share_the_whole_by_their_weights(made, groups):
    """Brute force: the whole's cosines are .3 of one component's and .7 of the other's."""
    one, other = (unit(made["X"][:8, first:last]) for first, last in ((0, 2), (2, 7)))
    np.testing.assert_allclose(made["X"][:8] @ made["X"][:8].T, 0.3 * one @ one.T + 0.7 * other @ other.T, atol=1e-5)


def test_the_components_of_the_default_encoder_cover_its_vector(tmp_path, rng):
    if not encoders.is_ready("synesthete"):
        pytest.skip(encoders.why_not_ready("synesthete"))
    encoder = encoders.load("synesthete")
    made = quality.embed(encoder, [write_wav(tmp_path / "a.wav", 0.1 * rng.standard_normal(4 * 22_050))])
    slices = sorted(made[name].tolist() for name in made if name.startswith("component "))
    assert len(slices) >= 3
    ends = [last for _, last in slices]
    assert [first for first, _ in slices] == [0, *ends[:-1]] and ends[-1] == encoder.n_track_features


def test_all_stands_for_every_encoder_once():
    assert quality.named("timbre,bliss") == ["timbre", "bliss"]
    assert quality.named("all,bliss,timbre") == [*encoders.available(), "bliss"]
