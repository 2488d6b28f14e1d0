"""Bands by MMA: which grooves count, what a score says, and that what MMA writes from it plays for a while."""

import shutil

import mido
import numpy as np
import pytest

from synesthete.errors import SynestheteError
from synesthete.training import accompaniment, sources
from tests.sounds import needs_fluidsynth

needs_mma = pytest.mark.skipif(shutil.which("mma") is None, reason="needs mma")


def test_introductions_endings_and_metronomes_do_not_count(tmp_path):
    (tmp_path / "stdlib").mkdir()
    text = (
        "DefGroove Swing  Basic\n  // DefGroove Not\ndefgroove SwingWalk\nDefGroove SwingIntro x\nDefGroove SwingEnd\n"
    )
    (tmp_path / "stdlib" / "swing.mma").write_text(text)
    (tmp_path / "stdlib" / "metronome.mma").write_text("DefGroove Tick\n")
    assert accompaniment.grooves(tmp_path) == {"stdlib/swing": ["Swing", "SwingWalk"]}


@pytest.mark.parametrize("has_melody", [True, False])
def test_a_score_numbers_its_bars_and_names_its_groove(has_melody):
    lines = accompaniment.write_score(np.random.default_rng(3), "stdlib/swing", "SwingWalk", has_melody).splitlines()
    assert "Groove stdlib/swing:SwingWalk" in lines
    bars = [line for line in lines if line[0].isdigit()]
    assert [int(bar.split()[0]) for bar in bars] == list(range(1, accompaniment.N_BARS + 1))
    assert all(("{" in bar) == has_melody for bar in bars)


@needs_mma
def test_mma_plays_every_progression(tmp_path):
    lengths = []
    for seed in range(12):
        path = accompaniment.arrange(np.random.default_rng(seed), "stdlib/swing", ["Swing"], tmp_path)
        lengths.append(mido.MidiFile(path).length)
        path.unlink()
    assert min(lengths) > 32 * 4 * 60 / 165 - 3 and len(set(lengths)) > 1


@needs_mma
def test_a_groove_that_is_not_there_gives_nothing(tmp_path):
    assert accompaniment.arrange(np.random.default_rng(0), "stdlib/swing", ["No"], tmp_path) is None


@needs_mma
@needs_fluidsynth
def test_bands_are_the_same_for_the_same_seed_and_sound():
    first, again = (list(sources.bands(2, seed=5)) for _ in range(2))
    assert first
    for band, other in zip(first, again, strict=True):
        assert band.artist == other.artist and "/" in band.artist
        np.testing.assert_allclose(band.samples, other.samples, atol=1e-3)
        assert len(band.samples) > 15 * sources.RATE_HZ and np.abs(band.samples).max() > 0.5


def test_a_missing_mma_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SynestheteError, match="MMA.*apt install mma"):
        list(sources.bands(3, seed=0))
    assert list(sources.bands(0, seed=0)) == []
