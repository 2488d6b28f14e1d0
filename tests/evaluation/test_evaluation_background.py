"""Measuring in a process of its own: progress, reports with their revision, and what went wrong in a sentence."""

import time

import pytest

from synesthete import encoders, sampler
from synesthete.errors import CatalogueError
from synesthete.evaluation import background
from synesthete.evaluation.report import evaluate
from synesthete.settings import Paths

QUICK = ("--tracks", "0")


def wait(path, seconds=240):
    deadline = time.monotonic() + seconds
    told = []
    while (work := background.work(path)).is_at_work:
        assert time.monotonic() < deadline, "the process does not end"
        told.append(work.fraction)
        time.sleep(0.1)
    assert told == sorted(told)
    return background.work(path)


def test_reports_are_those_of_evaluate_and_carry_their_revision():
    path = Paths().sampler / sampler.CATALOGUE_NAME
    assert background.report_of(path, "nothing") is None
    assert background.work(path) == background.Work(False)
    background.start(path, ["timbre", "statistics"], is_built_in=True, options=QUICK)
    with pytest.raises(CatalogueError, match="already"):
        background.start(path, ["timbre"], is_built_in=True, options=QUICK)
    assert wait(path).problem == ""
    for name in ("timbre", "statistics"):
        encoder = encoders.load(name)
        with sampler.open_for(encoder) as catalogue:
            report = background.report_of(path, encoder.fingerprint)
            assert report["revision"] == catalogue.revision(encoder.fingerprint)
            expected = evaluate(catalogue, encoder, max_tracks=0)
        assert report["encoder"] == name
        assert report["hubness"] == pytest.approx(expected.hubness)
        mean = expected.labels["genre"].mean_average_precision
        assert report["labels"]["genre"]["mean_average_precision"] == pytest.approx(mean)
        assert report["analysis_ms"] is None  # nothing was embedded


def test_why_it_ended_early_is_a_sentence(tmp_path):
    background.start(tmp_path / "none.sqlite", ["timbre"], options=QUICK)
    assert "none.sqlite" in wait(tmp_path / "none.sqlite").problem


def test_a_run_can_be_stopped():
    path = Paths().sampler / sampler.CATALOGUE_NAME
    background.start(path, ["timbre"], is_built_in=True, options=("--tracks", "1000"))
    background.stop(path)
    assert wait(path).problem == ""
