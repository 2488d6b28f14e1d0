"""The figures that are kept beside a large catalogue, against those that are counted."""

import json

import pytest

from synesthete.catalogue import Catalogue, kept_figures
from synesthete.catalogue.kept_figures import figures_now, state_of
from synesthete.tracks import Track
from tests.catalogue.test_words import add


@pytest.fixture
def filled(catalogue, rng, monkeypatch):
    monkeypatch.setattr(kept_figures, "SMALL_UP_TO", 2)
    for number in range(5):
        track = Track(str(number), f"Title {number}", f"Artist {number % 2}", genre="Jazz", year=1960 + number)
        add(catalogue, rng, track, {"jazz": 0.8, "rock": 0.2 * number})
    return catalogue


def counted(catalogue):
    return catalogue.overview(), catalogue.word_counts()


def told(figures):
    return figures.overview, figures.word_counts


def test_figures_are_what_is_counted_whether_made_or_read_again(filled, tmp_path):
    expected = counted(filled)
    assert told(figures_now(filled, tmp_path)) == expected
    assert len(list(tmp_path.glob("*.figures.json"))) == 1
    with Catalogue.open(filled.path, is_read_only=True) as again:
        assert told(figures_now(again, tmp_path)) == expected
        assert again.thresholds() == filled.thresholds()


def test_figures_of_a_state_are_counted_once(filled, tmp_path):
    made = figures_now(filled, tmp_path)
    (path,) = tmp_path.glob("*.figures.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"word_counts": {"jazz": 41}}))
    assert figures_now(filled, tmp_path).word_counts == {"jazz": 41}
    filled.remove("3")
    assert told(figures_now(filled, tmp_path)) == counted(filled) != told(made)


@pytest.mark.parametrize("damaged", [b"", b"[]", b'{"format": "synesthete-figures-1"}', b'{"state": null}'])
def test_figures_that_cannot_be_read_are_counted(filled, tmp_path, damaged):
    figures_now(filled, tmp_path)
    (path,) = tmp_path.glob("*.figures.json")
    path.write_bytes(damaged)
    assert told(figures_now(filled, tmp_path)) == counted(filled)


def test_nothing_is_kept_of_a_small_catalogue(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_figures, "SMALL_UP_TO", 5)
    assert told(figures_now(filled, tmp_path)) == counted(filled)
    assert not list(tmp_path.glob("*.figures.json"))


def test_every_change_gives_another_state(filled, rng):
    states = [state_of(filled)]
    for change in (
        lambda: filled.add_track(Track("new", "New")),
        lambda: filled.add_track(Track("new", "New", "By somebody")),
        lambda: add(filled, rng, Track("heard", "Heard"), {"rock": 0.9}),
        lambda: filled.remove("new"),
    ):
        change()
        states.append(state_of(filled))
    assert len(set(states)) == len(states)
