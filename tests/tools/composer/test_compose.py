"""Scores and sound: the same seed gives the same piece, and every style can be heard."""

import numpy as np
import pytest

from synesthete.errors import SynestheteError
from tests.sounds import needs_fluidsynth
from tools.composer import STYLES, compose
from tools.composer.mastering import loudness_lufs
from tools.composer.pieces import named, write

SYNTHESISED = [name for name, style in STYLES.items() if not style.is_sampled]


def notes(style: str, seed: int) -> list:
    score, _ = write(style, seed)
    return [(part.name, note) for part in score.parts for note in part.notes]


@pytest.mark.parametrize("style", STYLES)
def test_scores_are_playable_and_the_same_twice(style):
    assert notes(style, 3) == notes(style, 3)
    for seed in (4, 1_234_567):
        events = notes(style, seed)
        assert len(events) >= 30
        assert all(0 <= note.pitch < 128 and 0 < note.velocity <= 1.5 and note.length > 0 for _, note in events)
        score, _ = write(style, seed)
        assert 20 <= score.seconds <= 28


@pytest.mark.parametrize("style", STYLES)
def test_another_seed_is_another_piece(style):
    assert notes(style, 1) != notes(style, 9)


@pytest.mark.parametrize("style", SYNTHESISED)
def test_synthesised_styles_sound(style):
    samples, piece = compose(style, 2)
    assert samples.shape[0] == 2
    assert samples.dtype == np.float32
    assert np.all(np.isfinite(samples))
    assert np.max(np.abs(samples)) < 0.9
    assert piece.seconds == pytest.approx(samples.shape[1] / 44_100, abs=1e-3)
    assert -18 < loudness_lufs(samples.astype(float)) < -14.5


def test_synthesis_is_the_same_twice():
    assert np.array_equal(compose("chiptune", 5)[0], compose("chiptune", 5)[0])


@needs_fluidsynth
def test_a_sampled_style_sounds():
    samples, piece = compose("string-quartet", 11)
    assert np.all(np.isfinite(samples))
    assert -18 < loudness_lufs(samples.astype(float)) < -14.5
    assert piece.genre == "String Quartet"


def test_unknown_styles_and_seeds_are_refused():
    with pytest.raises(SynestheteError, match="'polka'"):
        compose("polka", 1)
    with pytest.raises(SynestheteError, match="-1"):
        compose("techno", -1)


def test_titles_never_repeat():
    shipped = [named(style, seed)[0] for style in STYLES for seed in range(8)]
    assert len(set(shipped)) == len(shipped)
    # Made-up titles carry their seed: they are unique within a style.
    assert len({named("dub", seed)[0] for seed in range(200)}) == 200
