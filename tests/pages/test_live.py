"""The Live page without a browser: the microphone is replaced, the sound is fed by hand."""

import json
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from synesthete import sampler
from synesthete.audio import read_clip
from synesthete.live import Status, listener
from synesthete.live.reconnection import MOST_IN_A_ROW
from synesthete.settings import PROJECT_ROOT
from synesthete.ui import live, matches, microphone, state
from synesthete.ui.microphone import TROUBLES, Heard
from tests.sounds import melody

RATE = 48_000


class FakeMicrophone:
    """What the page asked of the browser's microphone, and what that says."""

    def __init__(self):
        self.says = Heard(is_granted=True)
        self.number = 0
        self.is_wanted = False
        self.on_sound = self.on_end = lambda *_: None

    def listen(self, number, is_wanted, on_sound, on_end):
        self.number, self.is_wanted, self.on_sound, self.on_end = number, is_wanted, on_sound, on_end
        return self.says if is_wanted else Heard()


@pytest.fixture
def mic(monkeypatch):
    fake = FakeMicrophone()
    monkeypatch.setattr(microphone, "listen", fake.listen)
    return fake


@pytest.fixture
def app(mic):
    page = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120).run()
    page = page.switch_page("pages/1_Live.py").run()
    yield page
    page.session_state[state.LIVE].stop()


def button(app, label):
    return next(each for each in app.button if each.label == label)


def labels(app):
    return [each.label for each in app.button]


def start(app):
    return button(app, "Start listening").click().run()


def listening(app):
    return app.session_state[state.LIVE].listener


def feed(app, mic, samples, rate_hz=RATE):
    block = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    for begin in range(0, len(block), rate_hz // 10):
        mic.on_sound(block[begin : begin + rate_hz // 10], rate_hz)
    until(lambda: listening(app)._sounds is None or listening(app)._sounds.empty())


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def told(app, key):
    """What the component with this word in its data was told last."""
    return next((data for part in app.get("bidi_component") if key in (data := json.loads(part.proto.json))), None)


def test_nothing_is_heard_before_it_is_started(app, mic):
    assert not app.exception and app.title[0].value == "What is playing here?"
    assert "152 tracks of our built-in music" in app.markdown[0].value
    assert labels(app) == ["Start listening", "Record a few seconds instead"]
    assert not mic.is_wanted and listening(app).status is Status.OFF
    assert told(app, "hopSeconds") is None


def test_started_it_hears_and_shows_ten_steady_matches(app, mic, monkeypatch):
    monkeypatch.setattr("synesthete.live.listener.LOST_SECONDS", 600.0)  # the first search may take long
    start(app)
    assert mic.is_wanted and listening(app).status is Status.WAITING
    assert labels(app)[:3] == ["Stop", "Pause", "Keep this moment"]
    assert "two seconds of sound" in app.caption[0].value
    feed(app, mic, melody(3, RATE))
    until(lambda: listening(app).now().result)
    app.run()
    assert len(told(app, "hasWhy")["rows"]) == 10
    picture = told(app, "hopSeconds")
    assert picture["isOn"] and picture["status"] == "hearing" and picture["revision"] == 1
    rows = told(app, "hasWhy")["rows"]
    app.run()
    assert told(app, "hasWhy")["rows"] == rows


def test_a_built_in_track_is_named_listed_and_opened(app, mic):
    with sampler.open_sampler() as catalogue:
        track = next(track for track in catalogue.tracks() if track.title == "Nave Before Morning")
        clip = read_clip(catalogue.audio_path(track))
    start(app)
    for begin in range(0, 16, 2):
        part = clip.samples[begin * 22_050 : (begin + 2) * 22_050 + 100]
        feed(app, mic, part[:, np.newaxis], 22_050)
        time.sleep(0.4)
    until(lambda: listening(app).now().named)
    app.run()
    assert any("This is :primary[Nave Before Morning]" in each.value for each in app.subheader)
    table = app.dataframe[0].value
    assert list(table["Title"]) == ["Nave Before Morning"] and len(table["Heard at"][0]) == 8
    assert [each.label for each in app.get("download_button")] == ["With times (CSV)"]
    button(app, "Open it").click().run()
    assert app.title[0].value == "What sounds like this?"
    assert app.session_state[state.SOUND].track_id == track.track_id


def test_pause_and_stop_and_clear(app, mic):
    start(app)
    feed(app, mic, melody(3, RATE))
    until(lambda: listening(app).now().result)
    button(app, "Pause").click().run()
    assert listening(app).status is Status.PAUSED and "Go on" in labels(app)
    button(app, "Go on").click().run()
    assert listening(app).status in (Status.SILENT, Status.HEARING)
    button(app, "Stop").click().run()
    assert listening(app).status is Status.OFF and not mic.is_wanted
    assert told(app, "hasWhy") and "Start listening" in labels(app)
    button(app, "Clear all of this").click().run()
    assert told(app, "hasWhy") is None and listening(app).kept_seconds == 0


def test_a_moment_kept_becomes_the_sound_of_listen(app, mic):
    start(app)
    button(app, "Keep this moment").click().run()
    assert "nothing has sounded" in app.toast[0].value
    feed(app, mic, melody(4, RATE))
    button(app, "Keep this moment").click().run()
    assert app.title[0].value == "What sounds like this?"
    sound = app.session_state[state.SOUND]
    assert sound.name.startswith("Heard at ") and sound.mime == "audio/wav"
    assert read_clip(sound.data).seconds == pytest.approx(4, abs=0.01)
    assert any(header.value.startswith("Heard at") for header in app.header)


def test_why_leads_to_listen_with_what_asked_and_the_explanation_open(app, mic, monkeypatch):
    start(app)
    feed(app, mic, melody(9, RATE))
    until(lambda: listening(app).now().result)
    app.run()
    match = listening(app).now().result.matches[0]
    monkeypatch.setattr(matches, "_named", lambda event, result: match if event == "why" else None)
    app.run()
    monkeypatch.undo()
    sound = app.session_state[state.SOUND]
    assert app.title[0].value == "What sounds like this?" and sound.name.startswith("Heard at ")
    assert sound.passage == pytest.approx((9 - listener.ASKED_SECONDS, 9), abs=0.3)
    assert app.session_state[state.MATCH] == match.track.track_id


def test_an_explanation_that_is_open_elsewhere_opens_nothing_here(app, mic):
    start(app)
    feed(app, mic, melody(4, RATE))
    until(lambda: listening(app).now().result)
    app.session_state[state.MATCH] = listening(app).now().result.matches[0].track.track_id
    app.run()
    assert app.title[0].value == "What is playing here?" and told(app, "hasWhy")["hasWhy"]


def test_another_page_stops_it_and_coming_back_does_not_start_it(app, mic):
    start(app)
    app.switch_page("pages/5_Encoders.py").run()
    app.switch_page("pages/1_Live.py").run()
    assert not mic.is_wanted and "Start listening" in labels(app)
    assert listening(app).status is Status.OFF


@pytest.mark.parametrize(
    "trouble", ["NotAllowedError", "NotFoundError", "NotReadableError", microphone.INSECURE, microphone.GONE]
)
def test_what_stands_in_the_way_is_said_with_the_way_out(app, mic, trouble):
    mic.says = Heard(trouble=trouble)
    start(app)
    assert [each.value for each in app.warning] == [TROUBLES[trouble]]
    assert not app.session_state[state.LIVE].is_wanted and listening(app).status is Status.OFF
    button(app, "Record a few seconds instead").click().run()
    assert app.title[0].value == "What sounds like this?" and app.session_state[state.WAY_IN] == "Record"
    mic.says = Heard(is_granted=True)
    app.switch_page("pages/1_Live.py").run()
    start(app)
    assert not app.warning and listening(app).status is Status.WAITING


def test_a_second_tab_is_mentioned(app, mic):
    mic.says = Heard(is_granted=True, is_elsewhere=True)
    start(app)
    assert "Another tab" in app.info[0].value and listening(app).status is Status.WAITING


def test_sound_that_stops_or_never_comes_is_said(app, mic, monkeypatch):
    start(app)
    feed(app, mic, melody(1, RATE))
    monkeypatch.setattr(listener, "LOST_SECONDS", 0.0)
    app.run()
    assert TROUBLES[microphone.SILENCED] in [each.value for each in app.warning]
    monkeypatch.setattr(listener, "UNREACHED_SECONDS", 0.0)
    button(app, "Stop").click().run()
    start(app)
    assert [each.value for each in app.warning] == [TROUBLES[microphone.UNREACHED]]
    assert listening(app).status is Status.OFF


def test_a_connection_that_ends_stops_it_and_an_earlier_one_does_not(app, mic):
    start(app)
    of_first = mic.on_end
    button(app, "Stop").click().run()
    start(app)
    of_first()
    app.run()
    assert listening(app).status is Status.WAITING
    mic.on_end()  # it has never carried a sound
    app.run()
    assert [each.value for each in app.warning] == [TROUBLES[microphone.UNREACHED]]
    assert not app.session_state[state.LIVE].is_wanted


def test_a_connection_that_carried_sound_is_made_anew_and_that_is_said(app, mic):
    start(app)
    feed(app, mic, melody(3, RATE))
    until(lambda: listening(app).now().result)
    heeded = told(app, "hopSeconds")["heeded"]
    for number in (mic.number + 1, mic.number + 2):
        mic.on_end()
        app.run()
        assert not app.warning and mic.number == number and mic.is_wanted
        assert listening(app).status is Status.WAITING and told(app, "hasWhy")
        assert "broke off" in told(app, "hopSeconds")["words"]["waiting"]
    assert told(app, "hopSeconds")["heeded"] == heeded  # nobody has asked for what plays to be paused
    for _ in range(MOST_IN_A_ROW - 1):
        mic.on_end()
        app.run()
    assert [each.value for each in app.warning] == [TROUBLES[microphone.ENDED]]
    start(app)
    assert "broke off" not in told(app, "hopSeconds")["words"]["waiting"]


def test_who_starts_or_goes_on_has_what_plays_paused(app, mic):
    start(app)
    heeded = told(app, "hopSeconds")["heeded"]
    app.run()
    button(app, "Pause").click().run()
    assert told(app, "hopSeconds")["heeded"] == heeded
    button(app, "Go on").click().run()
    assert told(app, "hopSeconds")["heeded"] == heeded + 1


def test_what_plays_on_the_page_is_not_listened_to(app, mic):
    start(app)
    feed(app, mic, melody(1, RATE))
    listening(app).hold(True)
    app.run()
    picture = told(app, "hopSeconds")
    assert picture["words"][picture["status"]] == "Paused while the player plays"
    assert "Pause" in labels(app) and "Go on" not in labels(app)


def test_options_and_encoder_hold_here_too(app, mic):
    start(app)
    feed(app, mic, melody(3, RATE))
    until(lambda: listening(app).now().result)
    app.slider(key="option_k").set_value(5).run()
    feed(app, mic, melody(3, RATE))
    until(lambda: listening(app).now().result)
    app.run()
    assert len(told(app, "hasWhy")["rows"]) == 5
    assert mic.is_wanted and app.session_state[state.PAGE] == live.TITLE
