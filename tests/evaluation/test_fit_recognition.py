"""From which evidence a recording is named: the rule against counting, and the whole command on a few sounds."""

import json
from functools import partial

import numpy as np
import pytest
import soundfile

from synesthete import encoders
from synesthete.errors import OptionError
from synesthete.evaluation import fit_recognition
from synesthete.evaluation.fit_recognition import Asked, fit, least_certain, main
from synesthete.search import calibration
from synesthete.search.recognition import MOST_WRONG, Evidence
from synesthete.settings import Paths

RATE = 22_050


def test_the_least_log_odds_that_are_certain(rng):
    found, instead = rng.uniform(0, 1, 800), rng.exponential(0.05, 800)
    least = least_certain(found, instead, np.ones(800, bool))
    all_odds = np.sort(np.concatenate([found, instead]))
    below = all_odds[np.searchsorted(all_odds, least) - 1]
    assert np.sum(instead >= least) <= MOST_WRONG * 800 < np.sum(instead >= below)


def test_wrong_names_raise_it():
    found = np.r_[0.1 + 0.001 * np.arange(100), 0.15]
    assert least_certain(found, np.full(101, 0.01), np.r_[np.ones(100, bool), False]) > 0.15


def test_recordings_that_cannot_be_told_apart_are_refused():
    with pytest.raises(OptionError, match="No evidence tells these recordings apart"):
        least_certain(np.full(5, 0.1), np.full(5, 0.2), np.zeros(5, bool))
    asked = [Asked(number, evidence(0.1, 0.1), evidence(0.2, 0.1), False) for number in range(5)]
    with pytest.raises(OptionError, match="No evidence tells these recordings apart"):
        fit(asked)


def evidence(lead, component_lead):
    return Evidence(0, 0.5, lead, (component_lead,), (0.5,))


def test_evidence_counts_as_it_tells_apart(rng):
    """The lead says little here, that of the component nearly all."""
    asked = [
        Asked(number % 40, evidence(right, 0.4 + apart), evidence(wrong, apart), True)
        for number, (right, wrong, apart) in enumerate(rng.normal(0, (0.1, 0.1, 0.05), (400, 3)).tolist())
    ]
    coefficients, intercept, certain = fit(asked)
    assert coefficients[1] > 3 * abs(coefficients[0]) and abs(coefficients[2]) < 1e-6
    is_named = [coefficients @ one.found.numbers + intercept >= certain for one in asked]
    is_wrong = [coefficients @ one.instead.numbers + intercept >= certain for one in asked]
    assert np.mean(is_named) > 0.98 and np.mean(is_wrong) < 0.02


def test_the_command_writes_what_recognition_reads(tmp_path, rng, monkeypatch):
    resnet = encoders.load("resnet")
    monkeypatch.setattr(fit_recognition, "ENCODERS", ("resnet",))
    monkeypatch.setattr(fit_recognition, "SECONDS", (4.0,))
    monkeypatch.setattr(fit_recognition, "NOISE_DB", (12.0,))
    seconds = np.arange(8 * RATE) / RATE
    for number in range(4):
        hz = rng.uniform(150, 1500, 12)
        tones = np.sin(2 * np.pi * np.repeat(hz, len(seconds) // 12 + 1)[: len(seconds)] * seconds)
        soundfile.write(tmp_path / f"{number}.wav", 0.2 * tones + 0.01 * rng.normal(size=len(seconds)), RATE)
    cohort = [str(tmp_path / f"{number}.wav") for number in (0, 1)]  # their own entries do not contradict them
    music = [str(tmp_path), "--cohort", *cohort, "--made-from", "four melodies"]
    assert main([*music, "--folder", str(tmp_path)]) == 0
    made = json.loads((tmp_path / "recognition.json").read_text())
    assert made["made_from"] == "four melodies"
    (entry,) = made["calibrations"]
    assert (entry["encoder"], entry["n_queries"], entry["n_cohort"]) == ("resnet", 8, 2)
    monkeypatch.setattr("synesthete.settings.Paths", partial(Paths, models=tmp_path))
    calibration._read.cache_clear()
    found = calibration.calibration_of(resnet)
    assert found.coefficients.tolist() == entry["coefficients"] and found.cohort.n_recordings == 2
    assert list(found.components) == ["likeness", "identity"]
