"""The Journey page and taking a list home, run through app.py without a browser."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from synesthete import sampler
from synesthete.playlists import FORMATS, write
from synesthete.settings import PROJECT_ROOT
from synesthete.ui import journey, sound_input, spotify, state
from synesthete.ui.export import playlist_of
from tests.sounds import tone, wav_bytes

PAGE = "pages/3_Journey.py"


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch):
    for name in ("CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI"):
        monkeypatch.delenv(f"SPOTIPY_{name}", raising=False)


def start(page: str = PAGE, **values) -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    app.run()
    for name, value in values.items():
        app.session_state[name] = value
    return app.switch_page(page).run()


def sampler_tracks(*numbers: int):
    with sampler.open_sampler() as catalogue:
        tracks = catalogue.tracks()
    return [tracks[number] for number in numbers]


def ends(first: int = 0, last: int = 120) -> dict:
    begin, end = (sound_input.from_track(track) for track in sampler_tracks(first, last))
    return {state.JOURNEY_FROM: begin, state.JOURNEY_TO: end}


def rows(app: AppTest) -> list[dict]:
    """What the player was given."""
    (player,) = app.get("bidi_component")
    return json.loads(player.proto.json)["rows"]


def test_the_page_asks_for_two_places():
    app = start()
    assert not app.exception and not app.error
    assert any("where it ends" in info.value for info in app.info)
    assert not app.get("bidi_component")


def test_a_journey_between_two_tracks_found_by_typing(boxes):
    first, last = sampler_tracks(3, 90)
    app = start()
    assert first.track_id in boxes.type(app, "box-journey_from", first.title)
    boxes.choose(app, "box-journey_from", first.track_id)
    boxes.choose(app, "box-journey_to", last.track_id)
    assert boxes.chosen("box-journey_from") == [first.track_id]
    assert not app.exception and not app.error
    stops = rows(app)
    assert len(stops) == 12
    assert (stops[0]["title"], stops[-1]["title"]) == (first.title, last.title)
    assert (stops[0]["mark"], stops[-1]["mark"]) == ("A", "B")
    assert stops[0]["note"] == "" and all(stop["figure"].startswith("To the one before: ") for stop in stops[1:])
    longest = max(stops[1:], key=lambda stop: float(stop["figure"].split(": ")[1].split(" ")[0]))
    assert longest["share"] == max(stop["share"] for stop in stops), "a longer bar means more alike, as on Listen"
    assert all(stop["url"] and stop["image"].startswith("data:image/png") for stop in stops)
    assert len({stop["title"] for stop in stops}) == 12
    assert not app.table, "how good it is is told to who asks"
    app.session_state["quality"] = True
    table = app.run().table[0].value
    assert list(table.columns) == ["This journey", "Straight line", "Random walk"]
    assert app.session_state[state.JOURNEY_PATH][0] == first.track_id


def test_seeds_set_by_the_map_swap_and_places_on_the_way(boxes):
    places = ends()
    app = start(**places)
    assert rows(app)[0]["title"] in places[state.JOURNEY_FROM].name
    next(button for button in app.button if button.label == "Swap").click().run()
    assert rows(app)[0]["title"] in places[state.JOURNEY_TO].name
    next(button for button in app.button if button.label.startswith("Add a place")).click().run()
    assert not app.exception and len(rows(app)) == 12  # an empty place waits without harm
    (between,) = sampler_tracks(60)
    boxes.choose(app, "box-via-0", between.track_id)
    assert [stop["title"] for stop in rows(app) if stop["mark"] == "B"] == [between.title]
    app.session_state["quality"] = True
    assert list(app.run().table[0].value.columns) == ["This journey", "Straight line", "Random walk"]
    app.button(key="via-remove-0").click().run()
    assert between.title not in [stop["title"] for stop in rows(app) if stop["mark"]]


def test_options_shape_the_journey():
    app = start(**ends())
    app.slider(key="journey_length_12").set_value(20).run()
    app.number_input(key="journey_per_artist").set_value(1).run()
    assert not app.exception and not app.error
    artists = [stop["about"].split(" · ")[0] for stop in rows(app)][1:-1]
    assert len(rows(app)) == 20 and len(set(artists)) == 18


def test_a_recorded_sound_may_be_an_end(boxes):
    sound = sound_input.from_upload(wav_bytes(tone(3)), "my [hum](http://evil).wav", "audio/wav")
    app = start(**{**ends(), state.JOURNEY_FROM: sound})
    assert not app.exception and not app.error
    assert rows(app)[0]["about"] == "Your sound" and rows(app)[0]["url"]
    assert boxes.chosen("box-journey_from") == [sound.key]
    assert sound.key in [choice["key"] for choice in boxes.told["box-journey_to"]["first"]]
    app.session_state["quality"] = True
    assert list(app.run().table[0].value.columns) == ["This journey", "Straight line", "Random walk"]
    assert "[hum](" not in app.header[0].value
    assert len(app.session_state[state.JOURNEY_PATH]) == 11


def test_impossible_wishes_get_their_sentence():
    place = ends()[state.JOURNEY_FROM]
    app = start(**{state.JOURNEY_FROM: place, state.JOURNEY_TO: place})
    assert not app.exception
    assert "is chosen twice" in app.error[0].value.replace("\\", "")
    app = start(**{**ends(), state.JOURNEY_VIA: [sound_input.from_track(t) for t in sampler_tracks(10, 20, 30)]})
    app.slider(key="journey_length_12").set_value(3).run()
    assert not app.exception
    assert "cannot hold 5 seeds" in app.error[0].value.replace("\\", "")


@pytest.mark.parametrize("is_weighed", [False, True])
def test_lists_from_one_sound_and_from_liked_ones(is_weighed):
    places = ends()
    app = start(**{**places, "journey_mode": journey.ONE_SOUND})
    assert app.toggle(key="journey_metadata").value is False
    app.toggle(key="journey_metadata").set_value(is_weighed).run()
    assert not app.exception and len(rows(app)) == 20
    assert rows(app)[0]["title"] not in places[state.JOURNEY_FROM].name

    liked = sampler_tracks(5, 70, 110)
    app = start(**{"journey_mode": journey.LIKED, state.JOURNEY_LIKED: [track.track_id for track in liked]})
    assert not app.exception and not app.error
    titles = [row["title"] for row in rows(app)]
    assert len(titles) == 20 and not set(titles) & {track.title for track in liked}


def test_liked_tracks_are_chosen_and_taken_out_one_by_one(boxes):
    app = start(journey_mode=journey.LIKED)
    first, second = sampler_tracks(5, 70)
    for track in (first, second, first):
        boxes.choose(app, "box-liked", track.track_id)
    assert boxes.chosen("box-liked") == [first.track_id, second.track_id] and len(rows(app)) == 20
    boxes.drop(app, "box-liked", first.track_id)
    assert boxes.chosen("box-liked") == [second.track_id] == app.session_state[state.JOURNEY_LIKED]


def test_nothing_liked_is_said_kindly():
    app = start(journey_mode=journey.LIKED)
    assert not app.exception and any("that you like" in info.value for info in app.info)


@pytest.mark.parametrize("page", [PAGE, "pages/4_Library.py", "app.py"])
def test_every_list_can_be_taken_home(page):
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    (track,) = sampler_tracks(3)
    app.query_params["track"] = track.track_id
    app.run()
    for name, value in ends().items():
        app.session_state[name] = value
    app.switch_page(page).run()
    assert not app.get("download_button"), "nothing is written before somebody asks"
    app.session_state["export"] = True
    app.run()
    assert not app.exception and not app.error
    buttons = app.get("download_button")
    assert [button.proto.label for button in buttons] == ["M3U8", "XSPF", "JSPF", "CSV"]
    assert [caption.value for caption in app.caption if "Spotify" in caption.value] == ["To Spotify: not set up here."]


def test_the_files_parse_and_point_at_the_audio():
    with sampler.open_sampler() as catalogue:
        tracks = catalogue.tracks()[:5]
        playlist = playlist_of(tracks, "From A → B & <c>", catalogue, [0, 1, 2.5, 3, 4])
        folder = catalogue.folder.resolve()
    files = {name: write(playlist, name) for name in FORMATS}
    lines = [line for line in files["m3u"].decode().splitlines() if not line.startswith("#")]
    assert len(lines) == 5 and all((folder / line).is_file() for line in lines)
    assert len(ElementTree.fromstring(files["xspf"]).findall(".//{http://xspf.org/ns/0/}track")) == 5
    assert len(json.loads(files["jspf"])["playlist"]["track"]) == 5
    assert len(list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"))))) == 5
    relative = write(playlist, "m3u", relative_to=folder).decode().splitlines()
    assert all((folder / line).is_file() for line in relative if not line.startswith("#"))


def test_half_set_credentials_get_a_sentence(monkeypatch):
    monkeypatch.setenv("SPOTIPY_CLIENT_ID", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("SPOTIPY_REDIRECT_URI", "http://localhost:8501/")
    app = start(**{**ends(), "export": True})
    assert not app.exception
    assert "refuses the redirect URI" in app.error[0].value.replace("\\", "")


def test_an_answer_to_no_sign_in_is_refused(monkeypatch):
    monkeypatch.setattr(spotify, "_cookie", lambda name: "")  # AppTest has no cookies
    monkeypatch.setenv("SPOTIPY_CLIENT_ID", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("SPOTIPY_REDIRECT_URI", "http://127.0.0.1:8501/")
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    app.query_params["code"], app.query_params["state"] = "stolen", "guessed"
    app.run()
    assert not app.exception
    assert "belongs to no login begun here" in app.error[0].value
    assert "code" not in app.query_params
