"""What counts, on Listen: sliders that change the ten, kept in the address, and absent where they would say nothing."""

import pytest

from synesthete import sampler
from synesthete.encoders import registry
from synesthete.search import Blend, SearchOptions
from synesthete.search.blend import Beside
from synesthete.ui import resources, state
from tests.pages.test_listen import drop, keys, start
from tests.sounds import melody, wav_bytes

TIMBRE, RHYTHM, HARMONY = (f"{state.BLEND}_{name}" for name in ("timbre", "rhythm", "harmony"))


@pytest.fixture(autouse=True)
def none_loaded_by_these_names(monkeypatch):
    """What other tests have loaded by the names that stand for something else here is put aside."""
    kept = {name: encoder for name, encoder in registry._loaded.items() if name not in ("rhythm", "harmony")}
    monkeypatch.setattr(registry, "_loaded", kept)


@pytest.fixture
def rhythm(monkeypatch):
    """An encoder of that name, which has listened to the built-in catalogue."""
    monkeypatch.setitem(registry.ENTRIES, "rhythm", registry.ENTRIES["statistics"])
    monkeypatch.setattr(resources, "_embedded_names", lambda files: sampler.embedded_names() | {"rhythm"})


@pytest.fixture
def no_rhythm(monkeypatch):
    for name in ("rhythm", "harmony"):
        monkeypatch.delitem(registry.ENTRIES, name, raising=False)


def _said(app) -> str:
    value = app.query_params["blend"]
    return value if isinstance(value, str) else value[0]


def a_track() -> str:
    with sampler.open_sampler() as catalogue:
        return catalogue.tracks()[30].track_id


def expected(blend: Blend | None) -> list[str]:
    with sampler.open_for(registry.load()) as catalogue:
        from synesthete.search import SearchEngine

        result = SearchEngine(catalogue, registry.load()).search_track(a_track(), SearchOptions(blend=blend))
        return [match.track.track_id for match in result.matches]


def test_timbre_counts_as_the_slider_says_and_the_address_keeps_it(no_rhythm):
    app = start(track=a_track())
    assert keys(app) == expected(None)
    assert "blend" not in app.query_params
    app.slider(key=TIMBRE).set_value(4.0).run()
    assert not app.exception and not app.error
    assert keys(app) == expected(Blend((("timbre", 4.0),)))
    assert _said(app) == "timbre:4"
    assert any("by what counts" in caption.value for caption in app.caption)
    app.button(key="blend-usual").click().run()
    assert keys(app) == expected(None)
    assert "blend" not in app.query_params


def test_a_link_brings_the_blend_along(no_rhythm):
    app = start(track=a_track(), blend="timbre:0,harmony:2")
    assert app.slider(key=TIMBRE).value == 0.0
    assert keys(app) == expected(Blend((("timbre", 0.0),)))
    assert _said(app) == "timbre:0"  # of what has a slider here


@pytest.mark.parametrize("said", ["timbre:99", "timbre:-1", "<script>", "timbre:nan", "voice:2"])
def test_what_a_stranger_wrote_counts_as_not_there(no_rhythm, said):
    app = start(track=a_track(), blend=said)
    assert not app.exception and not app.error
    assert app.slider(key=TIMBRE).value == 1.0
    assert keys(app) == expected(None)


def test_an_encoder_of_its_own_joins_by_its_ranking(rhythm):
    app = start(track=a_track())
    app.slider(key=RHYTHM).set_value(2.0).run()
    with sampler.open_for(registry.load("statistics")) as catalogue:
        from synesthete.search import SearchEngine

        other = SearchEngine(catalogue, registry.load("statistics")).nearest(a_track(), 1000)[0]
    assert keys(app) == expected(Blend(beside=(Beside(2.0, other),)))
    assert any("order of several rankings" in caption.value for caption in app.caption)


def test_a_dropped_sound_is_heard_by_that_encoder_too(rhythm):
    app = drop(start(), wav_bytes(melody(seconds=12)), "melody.wav")
    before = keys(app)
    app.slider(key=RHYTHM).set_value(4.0).run()
    assert not app.exception and not app.error
    assert len(keys(app)) == len(before) and keys(app) != before


def test_without_their_encoders_there_are_no_sliders_of_harmony_and_rhythm(no_rhythm):
    app = start(track=a_track())
    assert RHYTHM not in [slider.key for slider in app.slider] and HARMONY not in [slider.key for slider in app.slider]


def test_an_encoder_that_has_not_listened_here_is_named_with_the_way_to_it(monkeypatch):
    from synesthete.ui import listening

    monkeypatch.setitem(registry.ENTRIES, "harmony", registry.ENTRIES["statistics"])
    has_analysed = listening.has_analysed
    monkeypatch.setattr(
        listening, "has_analysed", lambda source, name: name != "harmony" and has_analysed(source, name)
    )
    app = start(track=a_track())
    assert HARMONY not in [slider.key for slider in app.slider]
    notes = [caption.value for caption in app.caption if "under How it listens" in caption.value]
    assert len(notes) == 1 and notes[0].startswith("For a slider of harmony")  # one, however many have not


def test_an_encoder_without_parts_has_nothing_to_weigh(no_rhythm):
    app = start(track=a_track())
    next(box for box in app.selectbox if box.label == "How it listens").select("statistics").run()
    assert not app.exception and not app.error
    assert TIMBRE not in [slider.key for slider in app.slider]
