"""The box to find tracks by typing: what reaches the browser, and what is believed of its answers."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from synesthete import sampler
from synesthete.catalogue import Catalogue
from synesthete.settings import PROJECT_ROOT
from synesthete.tracks import Track
from synesthete.ui import sound_input, state
from synesthete.ui.track_search import Choice


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    app.session_state[state.WAY_IN] = sound_input.PICK
    return app.run()


@pytest.fixture
def tracks():
    with sampler.open_sampler() as catalogue:
        return catalogue.tracks()


def test_a_few_tracks_are_offered_and_typing_finds_others(app, boxes, tracks):
    assert not app.exception
    told = boxes.told[state.PICKED]
    assert 0 < len(told["first"]) <= 6 and told["hits"] == told["first"] and told["chosen"] == []
    assert boxes.type(app, state.PICKED, tracks[40].title.upper())[0] == tracks[40].track_id
    assert len(boxes.type(app, state.PICKED, "s")) == 20
    assert boxes.type(app, state.PICKED, '"; DROP TABLE tracks; --') == []
    assert len(json.dumps(boxes.told[state.PICKED])) < 20_000


def test_a_choice_is_shown_in_the_address_and_can_be_dropped(app, boxes, tracks):
    boxes.choose(app, state.PICKED, tracks[40].track_id)
    assert app.query_params["track"] == tracks[40].track_id and boxes.chosen(state.PICKED) == [tracks[40].track_id]
    boxes.drop(app, state.PICKED, tracks[40].track_id)
    assert "track" not in app.query_params and boxes.chosen(state.PICKED) == [] and not app.exception


@pytest.mark.parametrize(
    "said", [{"chosen": {"key": "../../etc"}}, {"chosen": {"key": 7}}, {"chosen": "x"}, {"chosen": [1]}, {"asked": 5},
             {"dropped": {"key": "nobody"}}, {"asked": "x" * 100_000}, {}]
)  # fmt: skip
def test_a_browser_is_not_believed(app, boxes, said):
    boxes.say(app, state.PICKED, **said).run()
    assert not app.exception and boxes.chosen(state.PICKED) == []


def test_tracks_of_one_name_are_told_apart(tmp_path):
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        for number, album in enumerate(("Studio", "Live", "\u202eBest\x00 of")):
            catalogue.add_track(Track(str(number), "Song", "Anna", album, "Folk", 60.0 + number))
        shown = [Choice.of_track(track).shown() for track in catalogue.suggest("song")]
    assert {line["title"] for line in shown} == {"Song"} and len({line["about"] for line in shown}) == 3
    assert "Anna · Live · Folk · 1:01" in [line["about"] for line in shown]
    assert all(sign.isprintable() for line in shown for sign in line["about"])
