"""Pieces to learn from: what the training reads of them, that they are the composer's, and that none is shipped."""

import numpy as np
import pytest

from synesthete.errors import SynestheteError
from synesthete.settings import PROJECT_ROOT
from synesthete.training.card import licences
from synesthete.training.sounds import music
from tools.composer import STYLES, compose, training_pieces
from tools.composer.render import read_manifest
from tools.composer.training_pieces import FIRST_SEED, main, render

SYNTHESISED = {name: style for name, style in STYLES.items() if not style.is_sampled}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(training_pieces, "STYLES", SYNTHESISED)  # they need no FluidSynth
    list(render(tmp_path, n_pieces=len(SYNTHESISED) + 1))
    return tmp_path


def test_the_training_reads_the_pieces_that_the_composer_wrote(folder):
    soxr = pytest.importorskip("soxr")
    styles = list(SYNTHESISED)
    sounds = list(music(folder))
    assert [sound.name for sound in sounds] == [f"{s}-{n}" for n, s in enumerate([*styles, styles[0]])]
    assert {sound.collection for sound in sounds} == {f"composer-{style}" for style in styles}
    assert {sound.artist for sound in sounds} == {""}
    samples, _ = compose(styles[1], FIRST_SEED + 1)
    expected = soxr.resample(samples.mean(axis=0), 44_100, 22_050)
    np.testing.assert_allclose(sounds[1].samples, expected, atol=1e-3)


def test_the_model_card_counts_them_as_one_collection(folder):
    assert licences([folder]) == [("our composer", "CC0-1.0", len(SYNTHESISED) + 1)]


def test_no_piece_is_in_the_built_in_catalogue():
    shipped = {int(row["seed"]) for row in read_manifest(PROJECT_ROOT / "data" / "sampler")}
    assert shipped and max(shipped) < FIRST_SEED


@pytest.mark.parametrize(("n_pieces", "seed"), [(0, 0), (1_001, 0), (1, -1)])
def test_impossible_numbers_are_refused(tmp_path, capsys, n_pieces, seed):
    with pytest.raises(SynestheteError, match=f"{n_pieces} pieces with the seed {seed}"):
        list(render(tmp_path, n_pieces, seed))
    assert main([str(tmp_path), "--n-pieces", str(n_pieces), f"--seed={seed}"]) == 1
    assert "error: " in capsys.readouterr().err and not list(tmp_path.iterdir())
