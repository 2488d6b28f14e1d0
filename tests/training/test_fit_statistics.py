"""The reference of the encoder ``statistics``, from rows and from files."""

import json

import numpy as np
import pytest
import soundfile

from synesthete import settings
from synesthete.encoders import weights
from synesthete.encoders.statistics import N_STATISTICS, REMEDY, STEM, Statistics
from synesthete.errors import OptionError
from synesthete.training import fit_statistics

RATE = settings.SPECTROGRAM.sample_rate_hz


@pytest.fixture
def rows(rng):
    return rng.standard_normal((300, N_STATISTICS)) * np.geomspace(0.01, 100, N_STATISTICS) + 7


def test_the_reference_whitens(rows):
    made = fit_statistics.fit(rows, "noise", n_axes=20)
    projected = (rows - made.tensors["mean"]) / made.tensors["std"] @ made.tensors["axes"]
    np.testing.assert_allclose(np.cov(projected.T), np.eye(20), atol=1e-3)


def test_the_same_music_gives_the_same_reference(rows):
    first, second = (fit_statistics.fit(rows[order], "noise") for order in (slice(None), slice(None, None, -1)))
    np.testing.assert_allclose(first.tensors["axes"], second.tensors["axes"], atol=1e-4)


def test_a_row_that_never_moves_is_harmless(rows):
    rows[:, 3] = 1.0
    made = fit_statistics.fit(rows, "noise")
    assert all(np.isfinite(value).all() for value in made.tensors.values())


def test_too_few_segments_are_refused(rows):
    with pytest.raises(OptionError, match="128 axes need more than 128 segments of music, got 100"):
        fit_statistics.fit(rows[:100], "noise")


def test_the_command_writes_what_the_encoder_reads(tmp_path, rng, capsys):
    for number in range(3):
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * rng.standard_normal(115 * RATE), RATE)
    command = [str(tmp_path), "--made-from", "three noises", "--folder", str(tmp_path / "out")]
    with pytest.raises(OptionError, match="name more files"):
        fit_statistics.main(command)
    for number in range(3, 6):
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * rng.standard_normal(70 * RATE), RATE)
    assert fit_statistics.main(command) == 0
    assert "of 6 files" in capsys.readouterr().out
    card = json.loads((tmp_path / "out" / f"{STEM}.json").read_text())
    assert card["made_from"] == "three noises"
    assert Statistics(weights.read(tmp_path / "out", STEM, REMEDY)).embedding_size == 498
