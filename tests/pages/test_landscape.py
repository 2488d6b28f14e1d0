"""The Landscape page, run through app.py without a browser: what the map is told, and what follows a choice."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from synesthete import encoders, landscape, sampler
from synesthete.catalogue import Catalogue
from synesthete.landscape import drawn
from synesthete.landscape.of_catalogue import map_of
from synesthete.search import SearchEngine
from synesthete.settings import PROJECT_ROOT
from synesthete.ui import landscape_making, map3d, state
from tests.catalogues import take_in
from tests.sounds import melody, tone, wav_bytes

PAGE = "pages/2_Landscape.py"


@pytest.fixture(autouse=True)
def shown(monkeypatch) -> list[dict]:
    """What the map was told on each run, newest last; its ``chosen`` answers in the browser's place."""
    told = []

    def component(points, view, on_choose):
        told.append({"points": json.loads(points), **view})

    monkeypatch.setattr(map3d, "_component", component)
    return told


@pytest.fixture
def tracks():
    with sampler.open_sampler() as catalogue:
        return catalogue.tracks()


def start(**query) -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run().switch_page(PAGE).run()


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


def choose(app: AppTest, track_id: str) -> AppTest:
    app.session_state[state.LANDSCAPE_CHOSEN] = track_id
    return app.run()


def click(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_the_map_holds_every_track(shown, tracks):
    app = start()
    assert not app.exception and not app.error
    view = shown[-1]
    assert len(view["points"]["titles"]) == len(tracks)
    assert np.isfinite(floats(view["points"]["xyz"])).all()
    assert set(view["points"]["titles"]) == {track.title for track in tracks}
    assert view["here"] is None and view["chosen"] == map3d.NOBODY
    assert list(app.dataframe[0].value.columns[:6]) == ["Title", "Artist", "Style", "Album", "Word", "Group"]
    assert len(app.dataframe[0].value) == len(tracks)
    assert any("How far to trust this map" in text.value for text in app.markdown)


def test_each_method_draws_a_map(shown):
    app = start()
    methods = app.sidebar.selectbox(key="landscape_method")
    ids = {shown[-1]["map"]}
    methods.set_value("pca").run()
    assert not app.exception and not app.error
    assert shown[-1]["map"] not in ids


def test_the_sound_asked_about_is_on_the_map_with_lines_to_its_matches(shown, tracks):
    app = start(track=tracks[3].track_id)
    here = shown[-1]["here"]
    points = floats(shown[-1]["points"]["xyz"]).reshape(-1, 3)
    assert here["key"] == tracks[3].track_id
    row = shown[-1]["points"]["titles"].index(tracks[3].title)
    assert np.allclose(here["xyz"], points[row], atol=1e-4)
    assert len(here["matches"]) == 10 and row not in here["matches"]
    assert any("You are here" in text.value for text in app.markdown)
    app.segmented_control(key="landscape_colouring").set_value(map3d.LIKENESS).run()
    likeness = np.frombuffer(base64.b64decode(shown[-1]["likeness"]), "<i2") / 32767
    assert likeness.argmax() == row
    alike = app.dataframe[0].value["Alike"]
    assert alike.iloc[0] == pytest.approx(1, abs=1e-3) and alike.is_monotonic_decreasing
    assert here["matches"][0] in np.argsort(-likeness)[:5]


def test_a_dropped_sound_is_placed_on_the_map(shown):
    app = start()
    app.file_uploader(key="upload").set_value(("<b>tone</b>.wav", wav_bytes(tone(3)), "audio/wav")).run()
    assert not app.exception and not app.error
    assert len(shown[-1]["here"]["matches"]) == 10
    assert np.isfinite(shown[-1]["here"]["xyz"]).all()


def test_a_chosen_track_plays_and_leads_on(shown, tracks):
    app = choose(start(), tracks[7].track_id)
    assert shown[-1]["points"]["titles"][shown[-1]["chosen"]] == tracks[7].title
    assert any(tracks[7].title in text.value.replace("\\", "") for text in app.markdown)
    click(app, "Start a journey here")
    assert app.session_state[state.JOURNEY_FROM].track_id == tracks[7].track_id
    choose(app, tracks[9].track_id)
    click(app, "End a journey here")
    assert app.session_state[state.JOURNEY_TO].track_id == tracks[9].track_id
    assert app.session_state[state.JOURNEY_FROM].track_id == tracks[7].track_id
    click(app, "More like this")
    assert app.session_state[state.SOUND].track_id == tracks[9].track_id


def test_a_chosen_track_whose_file_is_gone_says_so(tracks, monkeypatch):
    app = choose(start(), tracks[7].track_id)
    assert len(app.get("bidi_component")) == 1  # what plays it
    monkeypatch.setattr(Catalogue, "audio_path", lambda self, track: Path("/nowhere/gone.mp3"))
    app.run()
    assert not app.exception and not app.error
    assert any("gone.mp3 is not where it was" in caption.value.replace("\\", "") for caption in app.caption)
    assert not app.get("bidi_component")


def test_the_table_finds_by_words(tracks):
    app = start()
    app.text_input(key="landscape_words").set_value(f"{tracks[4].title.upper()} {tracks[4].genre}").run()
    assert tracks[4].title in list(app.dataframe[0].value["Title"])
    app.text_input(key="landscape_words").set_value("no title is like this one").run()
    assert any("No track fits" in info.value for info in app.info)


@pytest.mark.parametrize(
    "event", [None, "row", {"map": "m"}, {"map": "m", "row": -1}, {"map": "m", "row": 5}, {"map": "m", "row": "1"},
              {"map": "m", "row": 1.0}, {"map": "other", "row": 1}]
)  # fmt: skip
def test_what_the_browser_sends_is_not_believed_unread(event, monkeypatch):
    monkeypatch.setattr(map3d.st, "session_state", {map3d.KEY: {"chosen": event}})
    assert map3d.clicked("m", 5) == map3d.NOBODY
    monkeypatch.setattr(map3d.st, "session_state", {map3d.KEY: {"chosen": {"map": "m", "row": 4}}})
    assert map3d.clicked("m", 5) == 4


def test_too_many_groups_are_taken_together(rng):
    groups = [f"artist {number}" for number in range(100)] + ["artist 7"] * 5 + [""] * 3
    points = map3d.pack_points("m", rng.normal(size=(108, 3)), ["t"] * 108, [""] * 108, {"Artist": groups})
    packed = json.loads(points)["colourings"]["Artist"]
    codes = np.frombuffer(base64.b64decode(packed["codes"]), "<u1")
    assert packed["names"][:2] == ["artist 7", "unknown"] and packed["names"][-1] == "others"
    assert codes[7] == codes[100] == 0 and (codes[-3:] == 1).all()
    assert codes.max() == len(packed["names"]) - 1


def test_a_shipped_map_is_used_and_a_foreign_one_is_not(tmp_path, monkeypatch):
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    with sampler.open_sampler() as catalogue:
        encoder = encoders.load("timbre")
        engine, fingerprint = SearchEngine(catalogue, encoder), encoder.fingerprint
        of = (engine.vectors_revision, lambda: engine.vectors()[1], fingerprint)
        made = map_of(*of, [shipped], "pca")
        assert len(list(shipped.iterdir())) == 1
        again = map_of(*of, [shipped, own], "pca")
        assert np.array_equal(made.coordinates, again.coordinates) and not own.exists()
        path = landscape.default_path(shipped, fingerprint, "pca")
        path.write_bytes(path.read_bytes()[:500])
        assert np.array_equal(map_of(*of, [shipped, own], "pca").coordinates, made.coordinates)
        assert len(list(own.iterdir())) == 1
        map_of(*of, [shipped], "tsne")
        assert len(list(shipped.iterdir())) == 2


def test_points_are_coloured_by_the_likeliest_word(shown, tracks, monkeypatch):
    words = {track.track_id: "<i>jazz</i>" if number % 3 else "rock" for number, track in enumerate(tracks[:-2])}
    monkeypatch.setattr(Catalogue, "words_of", lambda self, ids: {i: (words[i], "also") for i in ids if i in words})
    monkeypatch.setattr(Catalogue, "n_tagged", lambda self: -1)  # another map than the one that is kept
    app = start()
    assert not app.exception
    colouring = shown[-1]["points"]["colourings"]["Word"]
    assert colouring["names"] == ["<i>jazz</i>", "rock", "unknown"]
    codes = np.frombuffer(base64.b64decode(colouring["codes"]), "<u1")
    assert [colouring["names"][code] for code in codes] == [words.get(track.track_id, "unknown") for track in tracks]
    app.text_input(key="landscape_words").set_value("<i>jazz").run()
    rows = app.dataframe[0].value
    assert len(rows) and all("<i>jazz" in (row.Word + row.Group).casefold() for row in rows.itertuples())


@pytest.fixture
def large(monkeypatch):
    """The built-in catalogue taken for a large one: of its 152 tracks 60 are drawn, without names."""
    monkeypatch.setattr(drawn, "WHOLE_UP_TO", 100)
    monkeypatch.setattr(drawn, "N_DRAWN", 60)
    monkeypatch.setattr(Catalogue, "n_tagged", lambda self: -2)  # another map than the one that is kept


def test_of_a_large_catalogue_a_sample_is_drawn_and_whatever_is_asked_about(large, shown, tracks):
    app = start()
    assert not app.exception and not app.error
    points = shown[-1]["points"]
    places = np.frombuffer(base64.b64decode(points["grid"]), "<i2").reshape(-1, 3) * points["step"]
    assert len(places) == 60 and "titles" not in points and np.isfinite(places).all()
    assert any("Drawn are 60 of 152 tracks" in caption.value for caption in app.caption)
    assert len(points["colourings"]["Style"]["names"]) == len({track.genre for track in tracks})

    app = start(track=tracks[3].track_id)
    here, more = shown[-1]["here"], shown[-1]["more"]
    assert len(here["matches"]) == 10 and max(here["matches"]) < 60 + len(more["titles"])
    with sampler.open_sampler() as catalogue:
        engine = SearchEngine(catalogue, encoders.load("synesthete"))
        titles = {match.track.title for match in engine.search_track(tracks[3].track_id).matches}
    assert set(more["titles"]) <= titles
    assert len(floats(more["xyz"])) == 3 * len(more["titles"]) == 3 * sum(row >= 60 for row in here["matches"])
    app.segmented_control(key="landscape_colouring").set_value(map3d.LIKENESS).run()
    assert len(base64.b64decode(shown[-1]["likeness"])) == 2 * (60 + len(more["titles"]))
    assert app.dataframe[0].value["Title"].iloc[0] == tracks[3].title and len(app.dataframe[0].value) == 152


def test_every_track_of_a_large_catalogue_can_be_found_and_chosen(large, shown, tracks):
    app = start()
    app.text_input(key="landscape_words").set_value(tracks[4].title.upper()).run()
    assert tracks[4].title in list(app.dataframe[0].value["Title"])
    app.text_input(key="landscape_words").set_value("no title is like this one").run()
    assert any("No track fits" in info.value for info in app.info)
    for track in tracks[:20]:
        choose(app, track.track_id)
        more = shown[-1]["more"]
        if more is not None:
            assert shown[-1]["chosen"] == 60 and more["titles"] == [track.title]
            break
    assert more is not None and any(track.title in text.value.replace("\\", "") for text in app.markdown)
    assert not app.exception and not app.error


def test_while_the_map_is_made_the_page_says_so_and_then_shows_it(large, shown, monkeypatch):
    landscape_making._making.clear()
    monkeypatch.setattr(landscape_making, "PATIENCE_SECONDS", 0.0)
    app = start()
    assert not app.exception and not app.error and not shown
    (bar,) = app.get("progress")
    assert re.search(r"… \d+ s$", bar.proto.text)
    assert any("goes on if you leave" in caption.value for caption in app.caption)
    monkeypatch.setattr(landscape_making, "PATIENCE_SECONDS", 120.0)
    app.run()
    assert not app.exception and not app.error and shown and not app.get("progress")


def test_a_map_of_too_few_tracks_is_tried_again_when_more_have_come(monkeypatch, tmp_path):
    path = tmp_path / "mine.sqlite"
    monkeypatch.setenv("SYNESTHETE_CATALOGUES", str(path))
    encoder = encoders.load("timbre")
    with Catalogue.open(path) as catalogue:
        for number in range(6):
            file = tmp_path / f"{number}.wav"
            file.write_bytes(wav_bytes(melody(3.0, seed=number)))
            take_in(catalogue, encoder, [file])
            if number in (2, 5):
                app = start(catalogue="mine", encoder="timbre")
                assert not app.exception
                assert bool(app.error) == (number == 2) and (number == 5 or "at least 5 tracks" in app.error[0].value)


@pytest.mark.parametrize(
    ("asked", "rows"),
    [(None, []), ("x", []), ({"map": "other", "rows": [1]}, []), ({"map": "m", "rows": 5}, []), ({"map": "m"}, []),
     ({"map": "m", "rows": [1, -1, 9, "2", True, None, 4]}, [1, 4]), ({"map": "m", "rows": [2] * 10_000}, [2] * 40)],
)  # fmt: skip
def test_names_are_told_of_points_that_are_there(asked, rows):
    assert map3d.named_rows(asked, "m", 5) == rows
