"""From which lead a recording is named: the rule against counting, and the whole command on a few sounds."""

import json

import numpy as np
import pytest
import soundfile

from synesthete.errors import OptionError
from synesthete.evaluation import fit_recognition
from synesthete.evaluation.fit_recognition import least_certain_lead, main
from synesthete.search.recognition import MOST_WRONG, Evidence

RATE = 22_050


def evidence(lead, lead_without, is_right=True):
    return (
        Evidence(
            0,
            0.5,
            lead,
        ),
        Evidence(1, 0.5, lead_without),
        is_right,
    )


def test_the_least_lead_that_is_certain(rng):
    drawn = np.stack([rng.uniform(0, 1, 800), rng.exponential(0.05, 800)], axis=1)
    pairs = [evidence(lead, without) for lead, without in drawn.tolist()]
    lead = least_certain_lead(pairs)
    leads = np.sort(np.concatenate([[found.lead, instead.lead] for found, instead, _ in pairs]))
    n_false = [
        sum(instead.lead >= at for _, instead, _ in pairs) for at in (lead, leads[np.searchsorted(leads, lead) - 1])
    ]
    assert n_false[0] <= MOST_WRONG * 800 < n_false[1]


def test_wrong_names_raise_it():
    pairs = [evidence(0.1 + 0.001 * n, 0.01) for n in range(100)] + [evidence(0.15, 0.01, is_right=False)]
    assert least_certain_lead(pairs) > 0.15


def test_recordings_that_cannot_be_told_apart_are_refused():
    with pytest.raises(OptionError, match="No lead tells these recordings apart"):
        least_certain_lead([evidence(0.1, 0.2, is_right=False)] * 5)


def test_the_command_writes_what_recognition_reads(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(fit_recognition, "ENCODERS", ("resnet",))
    monkeypatch.setattr(fit_recognition, "SECONDS", (4.0,))
    monkeypatch.setattr(fit_recognition, "NOISE_DB", (12.0,))
    seconds = np.arange(8 * RATE) / RATE
    for number in range(4):
        hz = rng.uniform(150, 1500, 12)
        tones = np.sin(2 * np.pi * np.repeat(hz, len(seconds) // 12 + 1)[: len(seconds)] * seconds)
        soundfile.write(tmp_path / f"{number}.wav", 0.2 * tones + 0.01 * rng.normal(size=len(seconds)), RATE)
    assert main([str(tmp_path), "--folder", str(tmp_path), "--made-from", "four melodies"]) == 0
    made = json.loads((tmp_path / "recognition.json").read_text())
    assert made["made_from"] == "four melodies"
    (entry,) = made["calibrations"]
    assert entry["encoder"] == "resnet" and entry["n_queries"] == 8 and 0 < entry["certain_lead"] < 1
