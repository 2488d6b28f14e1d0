"""The Library page, run through app.py without a browser: found by words and by name, with audio and without."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from synesthete import sampler
from synesthete.audio import read_clip
from synesthete.catalogue import Catalogue
from synesthete.key import estimate_key
from synesthete.playlists import write
from synesthete.settings import PROJECT_ROOT, Paths
from synesthete.spectrogram import compute_spectrograms
from synesthete.tempo import estimate_tempo
from synesthete.tracks import Track
from synesthete.ui import state
from synesthete.ui.export import playlist_of
from synesthete.ui.text import tempo_and_key
from tests.catalogues import Fake, embedding_of, walk

HOSTILE = "<b>x</b> ![p](http://example.org/p.png) :red[=cmd()]"


class Tagger(Fake):
    name = "tagger"
    tag_names = ("jazz", "female vocalists", "80s", HOSTILE)


TAGGER = Tagger()


@pytest.fixture
def own(rng):
    with Catalogue.open(Paths().own_catalogue) as catalogue:
        for number, heard in enumerate(
            ({"jazz": 0.9}, {"jazz": 0.5, "female vocalists": 0.4}, {"80s": 0.6, HOSTILE: 0.7})
        ):
            track = Track(f"{number:016x}", f"Title {number}", f"Artist {number}", seconds=60)
            catalogue.add_track(track)
            embedding = replace(embedding_of(walk(rng, 2)), fingerprint=TAGGER.fingerprint, tags=heard)
            catalogue.put_embedding(track.track_id, TAGGER, embedding)
        yield catalogue


def start() -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120).run()
    app = app.switch_page("pages/4_Library.py").run()
    assert not app.exception and not app.error
    return app


def titles(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["Title"])


def find(app: AppTest, text: str) -> AppTest:
    return app.text_input(key="library_words").set_value(text).run()


def test_one_box_finds_by_ear_and_by_name(own):
    app = start()
    assert titles(app) == ["Title 0", "Title 1", "Title 2"]
    assert list(app.dataframe[0].value["Words"])[1] == "jazz, female vocalists"
    assert titles(find(app, "Female Vocals")) == ["Title 1"]
    assert titles(find(app, "80s artist")) == ["Title 2"]
    app = find(app, "jazz piano")
    assert titles(app) == ["Title 0", "Title 1"] and not app.info
    assert any("No track here is known by **piano**" in caption.value for caption in app.caption)
    app = find(app, "jazz 80s")  # each is known, and no track is both
    (info,) = app.info
    assert "**jazz** 2 tracks" in info.value and "**80s** 1 track" in info.value and not app.dataframe
    app = find(app, "Title piano")  # a name, of which a part alone would be another's
    (info,) = app.info
    assert "**title** 3 tracks" in info.value and "**piano** none" in info.value and not app.dataframe


def test_words_narrow_the_list(own):
    app = start()
    assert "jazz · 2" in app.button_group(key="library_heard").options[0]
    assert titles(app.button_group(key="library_heard").set_value(["jazz"]).run()) == ["Title 0", "Title 1"]
    assert titles(app.button_group(key="library_heard").set_value(["jazz", "female vocalists"]).run()) == ["Title 1"]


def test_words_of_strangers_stay_letters(own):
    app = start()
    option = next(option for option in app.button_group(key="library_heard").options if "cmd" in option)
    assert "![p]" not in option and "<b>" not in option and ":red[" not in option


def test_without_words_the_page_says_how_to_get_them(own):
    with own.transaction():
        own._rows("DELETE FROM track_tags")
        own._rows("DELETE FROM track_words")
        own._count_change()
    app = start()
    assert any("knows no words yet" in caption.value and "synesthete index" in caption.value for caption in app.caption)
    assert "Words" not in app.dataframe[0].value and titles(find(app, "artist 1")) == ["Title 1"]


def _player(catalogue_path: str) -> None:
    from synesthete.catalogue import Catalogue
    from synesthete.ui.player import play_track, thumbnails

    with Catalogue.open(catalogue_path) as catalogue:
        assert not play_track(catalogue.tracks()[0], catalogue)
        assert set(thumbnails(catalogue.tracks(), catalogue).values()) == {b""}


def test_a_track_without_audio_says_so_instead_of_playing(own):
    app = AppTest.from_function(_player, args=(str(own.path),), default_timeout=60).run()
    assert not app.exception and "the track was imported" in app.caption[0].value


def test_a_list_of_tracks_without_audio_can_be_taken_home(own, tmp_path):
    own.add_track(Track("f" * 16, "with audio", path=str(tmp_path / "a.ogg")))
    playlist = playlist_of(own.tracks(), "list", own)
    assert [entry.location is not None for entry in playlist.entries] == [False, False, False, True]
    for form in ("xspf", "jspf", "csv"):
        assert b"Title 0" in write(playlist, form)
    app = start()
    app.session_state["export"] = True
    app.run()
    assert not app.exception and not app.error and len(app.get("download_button")) == 4
    assert any("No audio here for 3 tracks" in caption.value for caption in app.caption)


def test_a_track_that_is_chosen_says_its_tempo_and_key_as_listen_does():
    with sampler.open_sampler() as catalogue:
        track = next(track for track in catalogue.tracks() if track.title == "Storm at the Observatory")
        spectrograms = compute_spectrograms(read_clip(catalogue.audio_path(track)))
    expected = tempo_and_key(estimate_tempo(spectrograms), estimate_key(spectrograms))
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120).run()
    app.session_state[state.LIBRARY_PLAYING] = track.track_id
    app = app.switch_page("pages/4_Library.py").run()
    assert not app.exception and not app.error
    assert expected and any(f":material/music_note: {expected}" in said.value for said in app.markdown)


def test_a_track_without_audio_says_no_tempo(own):
    app = start()
    app.session_state[state.LIBRARY_PLAYING] = f"{0:016x}"
    app.run()
    assert not app.exception and not app.error
    assert not any("music_note" in said.value for said in app.markdown)
