"""The Listen page and its neighbours, run through app.py without a browser."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from synesthete import encoders, sampler
from synesthete.audio import clip_from_samples, clip_to_wav, read_clip
from synesthete.catalogue import Catalogue
from synesthete.evaluation.robustness import through_phone
from synesthete.search import SearchEngine
from synesthete.search.similarity_scale import SimilarityScale
from synesthete.settings import LIMITS, PROJECT_ROOT, Paths
from synesthete.tracks import clock
from synesthete.ui import listening, matches, picture
from tests.sounds import RATE_HZ, melody, tone, wav_bytes


def start(page: str | None = None, **query) -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page(page).run() if page else app


def drop(app: AppTest, data: bytes, name: str, mime: str = "audio/wav") -> AppTest:
    app.file_uploader(key="upload").set_value((name, data, mime))
    return app.run()


def components(app: AppTest) -> list[dict]:
    """What each of our components was told."""
    return [json.loads(component.proto.json) for component in app.get("bidi_component")]


def rows(app: AppTest) -> list[dict]:
    """The matches."""
    return next((told["rows"] for told in components(app) if "all" in told), [])


def keys(app: AppTest) -> list[str]:
    return [row["key"] for row in rows(app)]


def search_onward(app: AppTest, number: int) -> AppTest:
    """What a click on "More like this" does; AppTest knows no components of other people's."""
    from synesthete.ui import sound_input, state

    with sampler.open_sampler() as catalogue:
        track = catalogue.track(keys(app)[number])
    app.session_state[state.TRAIL] = [app.session_state[state.SOUND]]
    app.session_state[state.SOUND] = sound_input.from_track(track)
    return app.run()


def naming(app: AppTest) -> str:
    """What the page says of which recording it is, without markup; empty where it says nothing."""
    texts = [*(heading.value for heading in app.subheader), *(text.value for text in app.markdown)]
    said = next((text for text in texts if "This is" in text or "recording is" in text), "")
    text = re.sub(r"(?<!\\):primary\[(.*?)(?<!\\)\]", r"\1", said).replace("**", "")
    return re.sub(r"\\(.)", r"\1", text)


def linked(app: AppTest) -> str:
    """The track that the address names; AppTest gives a list for what a test set, a text for what a page set."""
    value = app.query_params["track"]
    return value[0] if isinstance(value, list) else value


def sampler_file(number: int = 0):
    with sampler.open_sampler() as catalogue:
        track = catalogue.tracks()[number]
        return track, catalogue.audio_path(track).read_bytes()


def test_before_a_sound_is_asked_about_the_browser_fetches_what_draws_matches():
    assert [told["rows"] for told in components(start())] == [[]]


def test_the_page_greets_without_a_sound():
    app = start()
    assert not app.exception and not app.error
    assert app.title[0].value == "What sounds like this?"
    assert rows(app) == []


def test_a_dropped_file_gets_ten_matches():
    track, data = sampler_file()
    app = drop(start(), data, "song.mp3", "audio/mpeg")
    assert not app.exception and not app.error
    assert len(rows(app)) == 10
    assert track.track_id not in keys(app)
    assert app.header[0].value == track.title and track.artist in [text.value for text in app.markdown]
    assert naming(app) == f"This is {track.title} by {track.artist} – it is in this catalogue"
    assert all(row["url"] for row in rows(app))
    (picture,) = (told for told in components(app) if "rowTicks" in told)
    assert picture["rows"][0]["url"] and picture["image"] and picture["passage"] is None
    app.button(key="open-recording").click().run()
    assert linked(app) == track.track_id and naming(app) == ""


def test_a_recording_heard_through_a_phone_is_named_and_plays_from_there():
    track, data = sampler_file(12)
    clip = read_clip(data)
    passage = clip.samples[8 * clip.sample_rate_hz : 16 * clip.sample_rate_hz]
    recorded = through_phone(np.random.default_rng(1), passage, clip.sample_rate_hz, snr_db=12.0)
    app = drop(start(), wav_bytes(recorded, clip.sample_rate_hz), "from the phone.wav")
    assert not app.exception and not app.error
    assert naming(app) == f"This is {track.title} by {track.artist}"
    subheader = next(heading for heading in app.subheader if "This is" in heading.value)
    assert "at least 99 of 100" in subheader.help
    (of_recording,) = (told["rows"][0] for told in components(app) if "isStarted" in told)
    assert abs(of_recording["start"] - 8) <= 1 and of_recording["place"] == f"from {clock(of_recording['start'])}"
    assert len(rows(app)) == 10 and track.track_id not in keys(app)
    with sampler.open_for(encoders.load("synesthete")) as catalogue:
        expected = SearchEngine(catalogue, encoders.load("synesthete")).search_track(track.track_id)
    assert keys(app) == [m.track.track_id for m in expected.matches]
    app.toggle(key="option_hide").set_value(False).run()
    assert not app.exception and keys(app)[0] == track.track_id


def test_a_sound_that_is_not_here_has_no_name():
    app = drop(start(), wav_bytes(melody(8.0)), "my melody.wav")
    assert len(rows(app)) == 10 and naming(app) == ""


def test_names_of_recordings_are_letters_and_said_once(tmp_path):
    def page(file):
        import numpy as np

        from synesthete.catalogue import Catalogue
        from synesthete.search import SearchResult
        from synesthete.search.similarity_scale import SimilarityScale
        from synesthete.tracks import Match, Track
        from synesthete.ui import matches

        named = Match(Track("a", "]<b>x</b> [y](http://e.org)", "![z](q) :red[r]", path="a.ogg"), cosine=0.8)
        others = [Match(Track(f"b{number}", f"Again {number}", path="b.ogg"), cosine=1.0) for number in range(5)]
        scale = SimilarityScale.from_samples([])
        result = SearchResult((), (named, *others), "track", scale, 9, {}, None, np.zeros(3), recognised=named)
        matches.show_recording(result, Catalogue.open(file), "")

    app = AppTest.from_function(page, args=(tmp_path / "own.sqlite",)).run()
    assert not app.exception
    said = app.subheader[0].value
    assert said.startswith("This is :primary[") and "](" not in said.replace("\\](", "") and "<b>" not in said
    assert naming(app).replace("\u2060", "") == "This is ]<b>x</b> [y](http://e.org) by ![z](q) :red[r]"
    about = app.caption[0].value
    assert "Again 2 and 2 more" in about and "http" not in about


@pytest.mark.parametrize(
    ("name", "mime", "is_as_it_came"),
    [
        ("song.mp3", "audio/mpeg", True),
        ("SONG.MP3", "audio/mpeg", True),
        ("song.mp2", "audio/mpeg", False),  # what browsers call it, and none plays it
        ("song.wv", "", False),
        ("song.aiff", "audio/aiff", False),
        ("your recording", "audio/wav", True),
    ],
)
def test_the_player_plays_what_browsers_can_and_else_our_own_decoding(name, mime, is_as_it_came):
    clip = clip_from_samples(tone(2.0), RATE_HZ, name=name)
    expected = (b"the upload", mime) if is_as_it_came else (clip_to_wav(clip), "audio/wav")
    assert picture.playable(clip, b"the upload", mime or "audio/mpeg") == expected


def test_a_link_opens_its_track_and_a_wrong_one_says_so():
    track, _ = sampler_file(3)
    app = start(track=track.track_id)
    assert app.header[0].value.replace("\\", "") == track.title
    assert len(rows(app)) == 10
    wrong = start(track="no such track")
    assert "does not hold" in wrong.warning[0].value
    assert not wrong.exception


def test_searching_onward_and_back():
    track, _ = sampler_file(3)
    app = start(track=track.track_id)
    target = keys(app)[0]
    search_onward(app, 0)
    assert app.session_state["sound"].track_id == target and target not in keys(app)
    back = next(button for button in app.button if button.label == "Back")
    back.click().run()
    assert linked(app) == track.track_id


def test_matches_play_from_their_passage_and_say_where_a_file_is_gone(monkeypatch):
    track, data = sampler_file()
    app = drop(start(), data, "song.mp3", "audio/mpeg")
    assert any(row["start"] for row in rows(app))
    assert [row["place"] for row in rows(app)] == [f"from {clock(row['start'])}" for row in rows(app)]
    assert all("of all pairs here" in row["figure"] or "every pair" in row["figure"] for row in rows(app))
    monkeypatch.setattr(Catalogue, "audio_path", lambda self, track: Path("/nowhere/gone.mp3"))
    app = start(track=track.track_id)
    assert not app.exception and not app.error
    assert [(row["url"], row["place"]) for row in rows(app)] == [("", "The file gone.mp3 is not where it was.")] * 10
    assert any("neither seen nor played" in caption.value for caption in app.caption)


def test_bars_are_filled_by_how_rare_the_likeness_is():
    scale = SimilarityScale.from_samples(np.linspace(-1, 1, 20_001))
    shares = [matches.fill(scale, cosine) for cosine in (-1.0, 0.6, 0.9, 0.98, 0.999, 1.0)]
    assert shares == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0], abs=0.03)  # a fifth for each word
    assert 0 <= matches.fill(SimilarityScale.from_samples([]), 0.5) <= 1


def test_a_stretch_asks_by_itself_and_the_whole_comes_back():
    track, _ = sampler_file(3)
    app = start(track=track.track_id)
    as_whole = keys(app)
    whole = app.session_state["sound"]
    app.session_state["sound"] = whole.of_passage((4.0, 8.0))
    app.run()
    assert not app.exception and not app.error
    (picture,) = (told for told in components(app) if "rowTicks" in told)
    assert picture["passage"] == pytest.approx([4, 8]) and len(rows(app)) == 10
    assert keys(app) != as_whole and track.track_id not in keys(app)
    encoder = encoders.load("synesthete")
    with sampler.open_for(encoder) as catalogue:
        clip = read_clip(catalogue.audio_path(catalogue.track(track.track_id)))
        cut = clip.samples[4 * clip.sample_rate_hz : 8 * clip.sample_rate_hz]
        embedding = encoder.embed(clip_from_samples(cut, clip.sample_rate_hz))
        expected = SearchEngine(catalogue, encoder).search_embedding(embedding, query_track_id=track.track_id)
    assert keys(app) == [match.track.track_id for match in expected.matches]
    app.session_state["sound"] = app.session_state["sound"].of_passage(None)
    assert keys(app.run()) == as_whole and app.session_state["sound"] == whole


@pytest.mark.parametrize(
    ("said", "passage"),
    [
        ([1.0, 3.5], (1.0, 3.5)),
        ([], None),
        (None, None),
        ("1, 3", None),
        ([3.0, 1.0], None),
        ([-5.0, 3.0], None),
        ([1.0, 1.2], None),  # too short to sound like anything
        ([1.0, float("nan")], None),
        ([50.0, 60.0], None),
        ([True, {}], None),
    ],
)
def test_a_stretch_that_the_browser_names_is_checked(said, passage):
    clip = clip_from_samples(tone(10.0), RATE_HZ)
    assert listening.passage_of(said, clip) == passage


def test_the_layers_are_drawn_for_who_opens_them():
    track, _ = sampler_file(3)
    app = start(track=track.track_id)
    assert sum("rowTicks" in told for told in components(app)) == 1
    app.session_state["layers"] = True
    app.run()
    assert not app.exception
    assert sum("rowTicks" in told for told in components(app)) == 4
    assert any("which notes" in text.value for text in app.markdown)


def test_options_narrow_the_matches():
    track, _ = sampler_file(3)
    app = start(track=track.track_id)
    app.slider(key="option_k").set_value(25).run()
    assert len(rows(app)) == 25
    app.number_input(key="option_per_artist").set_value(1).run()
    assert not app.exception
    with sampler.open_sampler() as catalogue:
        artists = [catalogue.track(key).artist for key in keys(app)]
    assert len(set(artists)) == len(artists)
    app.text_input(key="option_only").set_value("piano").run()
    with sampler.open_sampler() as catalogue:
        fitting = {track.track_id for track in catalogue.find("piano", limit=200)}
    assert set(keys(app)) <= fitting and rows(app)
    assert any(f"{len(fitting)} tracks compared" in caption.value for caption in app.caption)
    assert app.query_params["only"] in ("piano", ["piano"])
    app.text_input(key="option_only").set_value("").run()
    app.select_slider(key="option_minimum").set_value(1.0).run()
    assert rows(app) == []
    assert any("No track passes" in info.value for info in app.info)


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "empty.wav", "empty"),
        (b"these are words " * 200, "words.mp3", "words.mp3"),
        (wav_bytes(tone(0.4)), "blip.wav", "blip.wav"),
        (wav_bytes(tone(3, amplitude=0.0)), "quiet.wav", "silen"),
    ],
)
def test_a_bad_file_gets_a_sentence_and_the_next_one_works(data, name, words):
    app = drop(start(), data, name)
    assert not app.exception
    assert len(app.error) == 1
    assert words in app.error[0].value.replace("\\", "")
    drop(app, wav_bytes(tone(3)), "fine.wav")
    assert not app.error and len(rows(app)) == 10


def test_markup_in_a_file_name_stays_letters():
    app = drop(start(), wav_bytes(tone(3)), "<b>bold</b> ![pixel](http://example.org/x.png).wav")
    header = app.header[0].value
    assert "![" not in header and "<b>" not in header.replace("\\<", "")
    assert header.replace("\\", "").startswith("<b>bold</b>") or header.replace("\\", "").startswith("x.png")


@pytest.mark.parametrize("page", ["pages/4_Library.py", "pages/5_Encoders.py"])
def test_every_page_opens(page):
    app = start(page)
    assert not app.exception and not app.error
    assert app.title[0].value


def test_the_library_finds_by_words():
    track, _ = sampler_file(7)
    app = start("pages/4_Library.py")
    app.text_input(key="library_words").set_value(track.title).run()
    assert track.title in list(app.dataframe[0].value["Title"])
    app.text_input(key="library_words").set_value("no title is like this one").run()
    assert any("No track fits" in info.value for info in app.info)


def test_upload_limits_agree():
    import tomllib

    config = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] * 1024**2 == LIMITS.max_bytes
    assert Paths().sampler.is_dir()


def test_a_reload_and_another_visitor_need_no_analysis_of_what_was_analysed(monkeypatch):
    n_analysed, analyse = [], listening._analyse_clip

    def count(clip, engine):
        n_analysed.append(clip.name)
        return analyse(clip, engine)

    monkeypatch.setattr(listening, "_analyse_clip", count)
    data = wav_bytes(melody(5.0, seed=91))  # of which no other test has had an analysis
    first, second = (drop(start(), data, "mine.wav") for _ in range(2))
    assert keys(first) and keys(first) == keys(second)
    assert n_analysed == ["mine.wav"]
