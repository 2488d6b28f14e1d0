"""Pieces to learn from: what the training reads of them, that they are the composer's, and that none is shipped."""

import json

import numpy as np
import pytest

from synesthete import cli
from synesthete.encoders import weights
from synesthete.encoders.resnet import STEM, Resnet
from synesthete.errors import SynestheteError
from synesthete.settings import PROJECT_ROOT
from synesthete.training.card import licences
from synesthete.training.sources import music
from tools.composer import STYLES, compose, training_pieces
from tools.composer.render import read_manifest
from tools.composer.training_pieces import FIRST_SEED, main, render

PLAYED = {name: STYLES[name] for name in ("chiptune", "techno")}  # synthesised: they need no FluidSynth


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pieces")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_pieces, "STYLES", PLAYED)
        assert main([str(folder), "--n-pieces", "3"]) == 0
    return folder


def test_the_training_reads_the_pieces_that_the_composer_wrote(folder):
    soxr = pytest.importorskip("soxr")
    styles = list(PLAYED)
    sounds = list(music(folder))
    assert [sound.name for sound in sounds] == [f"{s}-{n}" for n, s in enumerate([*styles, styles[0]])]
    assert {sound.collection for sound in sounds} == {f"composer-{style}" for style in styles}
    assert {sound.artist for sound in sounds} == {""}
    samples, _ = compose(styles[1], FIRST_SEED + 1)
    expected = soxr.resample(samples.mean(axis=0), 44_100, 22_050)
    np.testing.assert_allclose(sounds[1].samples, expected, atol=1e-3)


def test_a_training_on_them_ends_in_weights_that_load(folder, tmp_path_factory, capsys):
    """The whole command, on chunks and steps so few that it takes seconds."""
    work = tmp_path_factory.mktemp("work")
    midi = tmp_path_factory.mktemp("midi")
    small = "--n-chunks 6 --n-steps 3 --batch-size 6 --n-pairs 3 --n-head-segments 24 --depth 10 --width 4"
    none = "--n-midi-renders 0 --n-bands 0 --n-voices 0 --workers 1 --threads 1"
    command = ["train", "resnet", "--music", str(folder), "--midi", str(midi), "--work", str(work)]
    assert cli.main([*command, "--models", str(work / "models"), *small.split(), *none.split()]) == 0
    assert str(work / "models" / f"{STEM}.safetensors") in capsys.readouterr().out
    encoder = Resnet(weights.read(work / "models", STEM, ""))
    assert encoder.encode(np.zeros((1, 3, 128, 126), np.float32)).shape == (1, 256)
    card = json.loads((work / "models" / f"{STEM}.json").read_text())
    assert sum(card["chunks_by_collection"].values()) == card["n_chunks"] == 6
    assert {name.removeprefix("composer-") for name in card["chunks_by_collection"]} <= set(PLAYED)
    assert card["training"]["config"]["batch_size"] == 6
    text = (work / "models" / f"{STEM}.md").read_text()
    assert "| our composer | 6 |" in text and "| our composer | CC0-1.0 | 3 |" in text
    assert (work / "models" / f"{STEM}-curves.png").stat().st_size > 1000


def test_the_model_card_counts_them_as_one_collection(folder):
    assert licences([folder]) == [("our composer", "CC0-1.0", 3)]


def test_no_piece_is_in_the_built_in_catalogue():
    shipped = {int(row["seed"]) for row in read_manifest(PROJECT_ROOT / "data" / "sampler")}
    assert shipped and max(shipped) < FIRST_SEED


@pytest.mark.parametrize(("n_pieces", "seed"), [(0, 0), (1_001, 0), (1, -1)])
def test_impossible_numbers_are_refused(tmp_path, capsys, n_pieces, seed):
    with pytest.raises(SynestheteError, match=f"{n_pieces} pieces with the seed {seed}"):
        list(render(tmp_path, n_pieces, seed))
    assert main([str(tmp_path), "--n-pieces", str(n_pieces), f"--seed={seed}"]) == 1
    assert "error: " in capsys.readouterr().err and not list(tmp_path.iterdir())
