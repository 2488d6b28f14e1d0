"""The address of a page in use: what it says, what Back undoes, what comes back to a visit; run through app.py."""

import pytest
from streamlit.testing.v1 import AppTest

from synesthete import sampler
from synesthete.settings import PROJECT_ROOT
from synesthete.ui import address, navigation, sound_input, state, visits
from synesthete.ui.visits import Visits
from tests.sounds import melody, wav_bytes

TRACK = "01a2d0da6cf76c67"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Visits of this test alone."""
    monkeypatch.setattr(visits, "all_visits", Visits())


def start(**query) -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    app.query_params.update(query)
    return app.run()


def said(app: AppTest) -> dict[str, str]:
    return {name: value[-1] if isinstance(value, list) else value for name, value in app.query_params.items()}


def sampler_tracks():
    with sampler.open_sampler() as catalogue:
        return catalogue.tracks()


def back(app: AppTest, monkeypatch, **query) -> AppTest:
    """What the browser's Back does; AppTest has none."""
    app.query_params.clear()
    app.query_params.update(query)
    with monkeypatch.context() as patched:
        patched.setattr(navigation, "_is_back_or_forward", lambda: True)
        return app.run()


def test_the_address_follows_what_is_chosen_and_back_undoes_it(monkeypatch):
    track = sampler_tracks()[3]
    app = start(track=track.track_id)
    assert said(app) == {"track": track.track_id}
    app.slider(key=state.OPTION_K).set_value(25).run()
    app.toggle(key=state.OPTION_HIDE).set_value(False).run()
    app.selectbox(key=state.ENCODER).set_value("timbre").run()
    shown = said(app)
    assert shown == {"track": track.track_id, "matches": "25", "hide": "0", "encoder": "timbre"}
    app.query_params["matches"] = "3"  # an address older than the last click
    app.run()
    assert app.slider(key=state.OPTION_K).value == 25 and said(app) == shown
    back(app, monkeypatch, track=track.track_id, matches="7")
    assert app.slider(key=state.OPTION_K).value == 7 and app.toggle(key=state.OPTION_HIDE).value is True
    assert app.selectbox(key=state.ENCODER).value == "synesthete" and not app.exception
    back(app, monkeypatch)
    assert app.session_state[state.SOUND] is None and said(app) == {}
    assert [sound.track_id for sound in app.session_state[state.TRAIL]] == [track.track_id]


def test_options_and_the_way_in_outlive_a_change_of_page():
    track = sampler_tracks()[3]
    app = start(track=track.track_id, matches="25", way="pick", compare="track", minutes="4")
    shown = said(app)
    app.switch_page("pages/4_Library.py").run()
    app.switch_page("app.py").run()
    assert said(app) == shown and not app.exception
    assert app.slider(key=state.OPTION_K).value == 25 and app.session_state[state.WAY_IN] == state.PICK


@pytest.mark.parametrize(
    "query",
    [
        {"track": "no such track"}, {"sound": "own-somebodys"}, {"track": "../../etc/passwd"}, {"encoder": "nobody"},
        {"encoder": "../x"}, {"matches": "1e9"}, {"matches": "999999"}, {"alike": "nan"}, {"hide": "maybe"},
        {"compare": "<b>"}, {"way": "7"}, {"match": "nobody"}, {"sound": "<script>", "track": "<img src=x>"},
        {"track": f"{TRACK}~9999-99999"}, {"track": f"{TRACK}~x"}, {"track": "a" * 3000},
        {"track": TRACK, "blend": "timbre:99,<b>:2,voice:1"},
    ],
)  # fmt: skip
def test_a_hostile_address_gets_a_sentence_or_the_default(query):
    app = start(**query)
    assert not app.exception and not app.error and len(app.warning) <= 2
    assert app.title[0].value == "What sounds like this?"
    assert set(said(app)) <= {"track"} and said(app).get("track", TRACK) == TRACK


@pytest.mark.parametrize(
    "query",
    [
        {"from": "nobody", "to": "own-nobody", "via": "a,b,,<b>"}, {"mode": "both", "stops": "1", "smooth": "7"},
        {"mode": "liked", "liked": "x,y," + "0" * 16}, {"artist": "-1", "names": "2", "tracks": "9" * 30},
        {"mode": "mix", "more": "<b>," + "0" * 16, "less": "../x,0"},
    ],
)  # fmt: skip
def test_a_hostile_address_of_a_journey_gets_a_sentence_or_the_default(query):
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    app.query_params.update(query)
    app.switch_page("pages/3_Journey.py").run()
    assert not app.exception and not app.error
    assert set(said(app)) <= {"mode"}


def test_an_address_of_the_library_may_name_any_words_and_orders():
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"words": "jazz,<b>,nobody", "order": "Title", "find": "a" * 9999})
    app.switch_page("pages/4_Library.py").run()
    assert not app.exception and said(app) | {"find": ""} == {"words": "jazz", "order": "Title", "find": ""}
    again = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    again.query_params.update({"order": "by lot"})
    again.switch_page("pages/4_Library.py").run()
    assert not again.exception and said(again) == {}


def test_a_passage_that_is_not_there_is_said_and_the_whole_asks():
    app = start(track=f"{TRACK}~500-600")
    assert any("Nothing sounds between 8:20 and 10:00" in caption.value for caption in app.caption)
    assert said(app) == {"track": TRACK} and app.session_state[state.SOUND].passage is None
    assert [sound.key for sound in app.session_state[state.TRAIL]] == [TRACK]


def test_a_dropped_sound_comes_back_to_its_visit_and_to_no_other(monkeypatch):
    monkeypatch.setattr(visits, "mark", lambda: "anna")
    app = start()
    app.file_uploader(key=state.UPLOAD).set_value(("hum.wav", wav_bytes(melody(4.0)), "audio/wav")).run()
    shown = said(app)
    assert set(shown) == {"sound"}
    again = start(**shown)
    assert again.header[0].value == "hum\\.wav" and said(again) == shown and not again.warning
    monkeypatch.setattr(visits, "mark", lambda: "ben")
    other = start(**shown)
    assert "cannot be shared" in other.warning[0].value and said(other) == {} and not other.exception
    assert not other.session_state[state.TRAIL]


def test_a_file_that_is_taken_out_is_kept_nowhere(monkeypatch):
    monkeypatch.setattr(visits, "mark", lambda: "anna")
    app = start()
    app.file_uploader(key=state.UPLOAD).set_value(("hum.wav", wav_bytes(melody(4.0)), "audio/wav")).run()
    assert visits.all_visits.of("anna").sounds
    app.session_state[state.UPLOAD] = None
    with_none = AppTest.from_function(_take_out)
    with_none.session_state[state.SOUND] = app.session_state[state.SOUND]
    with_none.session_state[state.TRAIL] = app.session_state[state.TRAIL]
    with_none.session_state[state.TAKEN] = app.session_state[state.TAKEN]
    with_none.run()
    assert not with_none.exception
    assert state.SOUND not in with_none.session_state and with_none.session_state[state.TRAIL] == []
    assert visits.all_visits.of("anna").sounds == {} and visits.all_visits.of("anna").earlier == ()


def _take_out():
    from synesthete.ui import sound_input

    sound_input._take(None)


def test_the_trail_goes_back_and_keeps_its_order():
    def page():
        from synesthete.ui import state
        from synesthete.ui.state import Sound

        one, two, three = (Sound(key=key, name=key) for key in "abc")
        for sound in (one, two, three):
            state.ask(sound)
        state.go_back()
        state.go_back()
        assert state.current() == one and state.before() is None
        assert state.earlier_sounds() == [three, two]
        state.show(three)
        assert state.before() == two
        state.show(one)
        four = Sound(key="d", name="d")
        state.ask(four)
        assert state.before() == one and state.earlier_sounds() == [one, three, two]
        for number in range(50):
            state.ask(Sound(key=str(number), name="x", data=bytes(4 * 1024**2)))
        assert len(state.earlier_sounds()) <= 16
        state.forget()
        assert state.current() is None and state.before() is not None

    app = AppTest.from_function(page).run()
    assert not app.exception


def test_a_sound_can_be_asked_on_another_page_before_listen_is_opened():
    """What a page does that keeps a sound of its own: ask, then switch; the address it was given says nothing."""
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120).run()
    app.switch_page("pages/5_Encoders.py").run()
    sound = sound_input.from_upload(wav_bytes(melody(4.0)), "this moment.wav", "audio/wav")
    app.session_state[state.TRAIL], app.session_state[state.SOUND] = [sound], sound
    app.switch_page("app.py").run()
    assert app.header[0].value == "this moment\\.wav" and said(app)["sound"].startswith(address.OWN)


def menu_links(app: AppTest, monkeypatch, page: str) -> dict[str, str]:
    """What the menu's link to a page says, on a run of the page that is open."""
    from synesthete.ui import frame

    links: list[dict[str, str]] = []
    with monkeypatch.context() as patched:
        patched.setattr(frame, "_show_menu", lambda place, now: links.append(now))
        app.run()
    labels = [label for _, label, _ in frame.MENU]
    return links[-1][labels.index(page)]


def test_what_counts_is_a_step_of_back_and_stays_through_a_change_of_page(monkeypatch):
    timbre = state.blend_key("timbre")
    app = start(track=TRACK)
    app.slider(key=timbre).set_value(2.5).run()
    assert said(app) == {"track": TRACK, "blend": "timbre:2.5"}
    app.switch_page("pages/3_Journey.py").run()
    assert "blend" not in said(app)
    assert menu_links(app, monkeypatch, address.LISTEN) == {"track": TRACK, "blend": "timbre:2.5"}
    app.switch_page("app.py").run()
    assert app.slider(key=timbre).value == 2.5 and said(app)["blend"] == "timbre:2.5"
    back(app, monkeypatch, track=TRACK)
    assert app.slider(key=timbre).value == 1.0 and said(app) == {"track": TRACK}
    back(app, monkeypatch, track=TRACK, blend="timbre:2.5")  # Forward
    assert app.slider(key=timbre).value == 2.5 and not app.exception


def test_a_mixture_is_in_the_address_and_back_undoes_it(monkeypatch):
    one, other, third = (track.track_id for track in sampler_tracks()[3:6])
    query = {"mode": "mix", "more": f"{one},{other}", "less": f"{third},{one}"}
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    app.query_params.update(query)
    app.switch_page("pages/3_Journey.py").run()
    assert not app.exception and not app.warning
    assert app.session_state[state.MIX_MORE] == [one, other]
    assert app.session_state[state.MIX_LESS] == [third], "what is added is not taken away"
    assert said(app) == query | {"less": third}
    assert menu_links(app, monkeypatch, address.JOURNEY) == query | {"less": third}
    back(app, monkeypatch, mode="mix", more=one)
    assert app.session_state[state.MIX_MORE] == [one] and app.session_state[state.MIX_LESS] == []
    assert said(app) == {"mode": "mix", "more": one} and not app.exception
    back(app, monkeypatch)
    assert said(app) == {} and app.session_state[state.JOURNEY_MODE] == state.A_TO_B


def test_tracks_of_a_mixture_that_are_not_here_are_said_to_be_missing():
    one, other = (track.track_id for track in sampler_tracks()[3:5])
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"mode": "mix", "more": f"{one},{'0' * 16}", "less": other})
    app.switch_page("pages/3_Journey.py").run()
    assert "names 1 track" in app.warning[0].value and len(app.warning) == 1
    assert said(app) == {"mode": "mix", "more": one, "less": other} and not app.exception
