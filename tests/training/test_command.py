"""The command line of the training."""

import argparse

import pytest
import soundfile

from synesthete.encoders.registry import ENTRIES
from synesthete.errors import SynestheteError
from synesthete.training.command import SMALL, add_train_command


@pytest.fixture
def parser():
    parser = argparse.ArgumentParser()
    add_train_command(parser.add_subparsers(required=True))
    return parser


def test_numbers_of_the_plan_are_options(parser, tmp_path):
    place = str(tmp_path)
    chosen = parser.parse_args(
        ["train", "resnet", "--music", place, "--midi", place, "--work", place, "--n-steps", "7"]
    )
    assert chosen.n_steps == 7 and chosen.learning_rate == pytest.approx(2e-3, rel=1)


def test_no_music_is_a_sentence(parser, tmp_path):
    place = str(tmp_path)
    chosen = parser.parse_args(["train", "resnet", "--music", place, "--midi", place, "--work", place])
    with pytest.raises(SynestheteError, match="tracks.csv"):
        chosen.run(chosen)


@pytest.mark.parametrize("name", SMALL)
def test_each_small_encoder_takes_the_same_options(parser, tmp_path, name):
    chosen = parser.parse_args(["train", name, "--data", str(tmp_path), "--seed", "3", "--n-steps", "5"])
    assert (chosen.encoder, chosen.seed, chosen.n_steps, chosen.report_on) == (name, 3, 5, [])
    chosen.work = tmp_path / "work"
    with pytest.raises(SynestheteError, match="no recording in"):
        chosen.run(chosen)


def test_what_can_be_trained_is_in_the_registry_and_says_how(parser):
    from synesthete.training.run import SMALL_TRAININGS

    assert set(SMALL_TRAININGS) == set(SMALL)
    for name in SMALL:
        assert f"synesthete train {name} --data FOLDER" in ENTRIES[name].remedy
        assert SMALL_TRAININGS[name].encoder.name == name


def test_data_is_another_word_for_the_music_of_the_resnet(parser, tmp_path):
    chosen = parser.parse_args(["train", "resnet", "--data", str(tmp_path), "--work", str(tmp_path / "work")])
    assert chosen.music == [tmp_path] and chosen.midi is None
    with pytest.raises(SynestheteError, match=r"tracks\.csv"):
        chosen.run(chosen)


def test_a_training_from_the_command_line(parser, tmp_path, rng, capsys):
    for number in range(4):
        (tmp_path / "music" / f"artist-{number}").mkdir(parents=True)
        samples = 0.1 * rng.standard_normal(4 * 22_050)
        soundfile.write(tmp_path / "music" / f"artist-{number}" / "a.wav", samples, 22_050)
    options = ["--genre-from-folder", "--n-steps", "1", "--batch-size", "4", "--threads", "1", "--full-precision"]
    places = ["--work", str(tmp_path / "work"), "--models", str(tmp_path / "models")]
    chosen = parser.parse_args(["train", "genre-cnn", "--data", str(tmp_path / "music"), *options, *places])
    assert chosen.run(chosen) == 0
    shown = capsys.readouterr()
    assert shown.out.strip() == str(tmp_path / "models" / "genre-cnn.safetensors")
    assert "step      1 of 1" in shown.err
