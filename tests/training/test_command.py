"""The command line of the training."""

import argparse

import pytest

from synesthete.errors import SynestheteError
from synesthete.training.command import add_train_command


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
