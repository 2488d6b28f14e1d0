"""Which catalogue the pages show, run through app.py without a browser."""

import json
import os
import shutil
import sqlite3

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from synesthete import encoders, sampler
from synesthete.catalogue import Catalogue, schema
from synesthete.settings import PROJECT_ROOT, Paths
from synesthete.ui import state
from tests.catalogues import take_in
from tests.sounds import melody, wav_bytes

LIBRARY = "pages/4_Library.py"
PAGES = ["app.py", "pages/2_Landscape.py", "pages/3_Journey.py", LIBRARY, "pages/5_Encoders.py"]
TITLES = {"Own 0", "Own 1", "Own 2", "Own 3"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A catalogue of four tracks that ``timbre`` has listened to, and of a file that could not be read."""
    folder = tmp_path_factory.mktemp("music")
    files = [folder / f"Own {number}.wav" for number in range(4)]
    for number, file in enumerate(files):
        file.write_bytes(wav_bytes(melody(4.0, seed=number)))
    with Catalogue.open(folder / "made.sqlite") as catalogue:
        take_in(catalogue, encoders.load("timbre"), files)
        catalogue.record_failure(str(folder / "letter.mp3"), "'letter.mp3' is a text file, not a sound.", "decode")
        catalogue.pack()
    return folder / "made.sqlite"


@pytest.fixture
def own(made):
    """The same as the listener's own catalogue."""
    path = Paths().own_catalogue
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made, path)
    return path


def start(page: str = "app.py", **query) -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return app if page == "app.py" else app.switch_page(page).run()


def titles(app: AppTest) -> set[str]:
    return set(app.dataframe[0].value["Title"])


def music(app: AppTest):
    return app.selectbox(key=state.CATALOGUE_MENU)


def named_in(app: AppTest) -> str:
    value = app.query_params.get("catalogue", "")
    return value[0] if isinstance(value, list) else value


def rows(app: AppTest) -> list[dict]:
    """The matches."""
    told = [json.loads(component.proto.json) for component in app.get("bidi_component")]
    return next(each["rows"] for each in told if "all" in each)


def said(app: AppTest) -> str:
    texts = [*app.warning, *app.error, *app.info, *app.caption, *app.markdown, *app.code]
    return " ".join(element.value for element in texts).replace("\\", "")


@pytest.mark.parametrize("page", ["app.py", LIBRARY])
def test_who_has_no_music_indexed_is_told_how(page):
    app = start(page)
    assert not app.exception and not app.error
    links = {link.proto.label for link in app.get("page_link")}
    assert "Add music of your own" in links if page == "app.py" else "synesthete index ~/Music" in said(app)
    assert state.CATALOGUE_MENU not in [box.key for box in app.selectbox] and named_in(app) == ""


def test_ones_own_music_is_shown_unless_the_built_in_is_chosen_and_the_choice_holds_on_every_page(own):
    app = start(LIBRARY)
    assert titles(app) == TITLES and "4 tracks of your own music" in said(app)
    assert "synesthete index ~/Music" not in said(app)
    music(app).set_value("built-in").run()
    assert named_in(app) == "built-in" and not titles(app) & TITLES
    for page in PAGES:
        app.switch_page(page).run()
        assert not app.exception and not app.error
        assert music(app).value == "built-in" and named_in(app) == "built-in"
    music(app).set_value("own").run()
    assert named_in(app) == "", "the default needs no name"
    assert titles(app.switch_page(LIBRARY).run()) == TITLES


def test_the_address_chooses(own):
    app = start(LIBRARY, catalogue="built-in")
    assert music(app).value == "built-in" and not titles(app) & TITLES


@pytest.mark.parametrize("name", ["nobody", "../../etc/passwd", "/etc/passwd", "own\0", "<b>x</b>"])
def test_an_unknown_name_in_the_address_gets_a_sentence_and_the_default(own, name):
    app = start(catalogue=name)
    assert not app.exception and not app.error
    assert "which is not here" in app.warning[0].value and "Your music" in app.warning[0].value
    assert music(app).value == "own" and named_in(app) == ""


def test_catalogues_named_at_the_start_are_offered_by_short_names(made, tmp_path, monkeypatch):
    paths = [tmp_path / "Late Night.sqlite", tmp_path / "own.sqlite", tmp_path / "jazz" / "catalogue.sqlite"]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(made, path)
    monkeypatch.setenv("SYNESTHETE_CATALOGUES", os.pathsep.join([*map(str, paths), str(paths[0]), ""]))
    app = start(LIBRARY)
    assert music(app).options == ["Late Night", "own (2)", "jazz", "Built-in music"]
    assert music(app).value == "built-in", "without own music"
    for name in ("late-night", "own-2", "jazz"):
        music(app).set_value(name).run()
        assert named_in(app) == name and titles(app) == TITLES and not app.error


def test_a_search_in_ones_own_music(own):
    with Catalogue.open(own, is_read_only=True) as catalogue:
        track = catalogue.tracks()[0]
    app = start(track=track.track_id)
    assert not app.exception and not app.error
    assert app.header[0].value.replace("\\", "") == track.label
    found = {row["key"] for row in rows(app)}
    with Catalogue.open(own, is_read_only=True) as catalogue:
        assert found == {other.track_id for other in catalogue.tracks() if other != track}


def test_an_encoder_that_has_not_listened_is_not_offered_and_its_command_is_said(own):
    app = start()
    (box,) = [box for box in app.selectbox if box.label == "How it listens"]
    assert box.options == ["timbre"] and box.value == "timbre"
    assert "synesthete index FOLDER --encoder synesthete" in said(app)


def test_vectors_of_another_version_of_an_encoder_are_told_with_the_command(own):
    with Catalogue.open(own) as catalogue:
        track_id = catalogue.tracks()[0].track_id
    with sqlite3.connect(own) as file:
        file.execute("PRAGMA foreign_keys = OFF")
        for table in ("encoders", "track_vectors", "segment_vectors"):
            file.execute(f"UPDATE {table} SET fingerprint = 'older'")
    app = start(track=track_id)
    assert not app.exception and not app.error
    assert "as it is now, has not analysed" in said(app) and "--encoder timbre" in said(app)


def test_choices_of_one_catalogue_do_not_go_along_to_another_but_a_sound_of_ones_own_does(own):
    with sampler.open_sampler() as catalogue:
        track_id = catalogue.tracks()[0].track_id
    app = start(catalogue="built-in", track=track_id)
    assert app.session_state[state.SOUND].track_id == track_id
    music(app).set_value("own").run()
    assert not app.exception and not app.error and not app.warning
    assert app.session_state[state.SOUND] is None and "track" not in app.query_params
    app.file_uploader(key="upload").set_value(("hum.wav", wav_bytes(melody(4.0, seed=9)), "audio/wav")).run()
    music(app).set_value("built-in").run()
    assert app.session_state[state.SOUND].name == "hum.wav" and not app.error


def damage(path):
    path.write_bytes(os.urandom(4096))


def remove(path):
    path.unlink()


def of_format(number):
    def change(path):
        with sqlite3.connect(path) as file:
            file.execute(f"PRAGMA user_version = {number}")

    return change


@pytest.mark.parametrize(
    ("harm", "words"),
    [(damage, "damaged"), (remove, "is gone"), (of_format(1), "older format"), (of_format(99), "Update Synesthete")],
)
def test_a_catalogue_that_cannot_be_used_gets_a_sentence_and_the_built_in_is_offered(
    made, tmp_path, monkeypatch, harm, words
):
    path = tmp_path / "mine.sqlite"
    shutil.copyfile(made, path)
    harm(path)
    monkeypatch.setenv("SYNESTHETE_CATALOGUES", str(path))
    app = start(catalogue="mine")
    assert not app.exception and len(app.error) == 1 and words in app.error[0].value.replace("\\", "")
    (button,) = [button for button in app.button if button.label == "Go on with the built-in music"]
    button.click().run()
    assert not app.error and app.title[0].value == "What sounds like this?"


def test_a_catalogue_that_is_locked_gets_a_sentence(made, tmp_path, monkeypatch):
    path = tmp_path / "mine.sqlite"
    shutil.copyfile(made, path)
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_MS", 100)
    monkeypatch.setenv("SYNESTHETE_CATALOGUES", str(path))
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA locking_mode = EXCLUSIVE")
        file.execute("BEGIN EXCLUSIVE")
        app = start(catalogue="mine")
        assert not app.exception and "is locked by another program" in app.error[0].value
        file.rollback()
    file.close()
    assert not app.run().error


def test_a_catalogue_that_goes_while_the_page_is_open_and_one_that_takes_its_place(made, tmp_path, monkeypatch):
    path = tmp_path / "mine.sqlite"
    shutil.copyfile(made, path)
    monkeypatch.setenv("SYNESTHETE_CATALOGUES", str(path))
    app = start(LIBRARY, catalogue="mine")
    assert titles(app) == TITLES
    path.unlink()
    assert "is gone" in app.run().error[0].value and not app.exception
    with Catalogue.open(path) as catalogue:
        take_in(catalogue, encoders.load("timbre"), [made.parent / "Own 1.wav"])
    assert titles(app.run()) == {"Own 1"} and not app.error


def test_ones_own_catalogue_that_goes_during_a_visit_is_told(own):
    app = start(LIBRARY)
    own.unlink()
    assert "is gone" in app.run().error[0].value and not app.exception
    next(button for button in app.button if button.label == "Go on with the built-in music").click().run()
    assert not app.error and not titles(app) & TITLES


def test_what_an_indexer_writes_meanwhile_is_shown_at_the_next_run(own, tmp_path):
    app = start()
    app.file_uploader(key="upload").set_value(("hum.wav", wav_bytes(melody(4.0, seed=9)), "audio/wav")).run()
    assert any("4 tracks compared" in text.value for text in app.caption)
    new = tmp_path / "New.wav"
    new.write_bytes(wav_bytes(melody(4.0, seed=50)))
    with Catalogue.open(own) as writer:
        take_in(writer, encoders.load("timbre"), [new])
        app.run()
    assert any("5 tracks compared" in text.value for text in app.caption) and not app.error


def test_a_file_that_is_gone_or_closed_is_told_in_its_place(made, tmp_path, monkeypatch):
    folder = tmp_path / "moved"
    folder.mkdir()
    path = tmp_path / "mine.sqlite"
    files = [shutil.copy(made.parent / f"Own {number}.wav", folder / f"Own {number}.wav") for number in range(4)]
    with Catalogue.open(path) as catalogue:
        take_in(catalogue, encoders.load("timbre"), files)
        track_id = next(track.track_id for track in catalogue.tracks() if track.title == "Own 0")
    monkeypatch.setenv("SYNESTHETE_CATALOGUES", str(path))
    for file in files:
        file.unlink()
    app = start(catalogue="mine", track=track_id)
    assert not app.exception and not app.error
    assert "neither seen nor played" in said(app) and "is not where it was" in said(app)
    assert [row["place"].endswith("is not where it was.") for row in rows(app)] == [True] * 3


def test_files_that_could_not_be_read_stand_in_the_library_with_their_reasons(own):
    app = start(LIBRARY)
    (place,) = [place for place in app.expander if "could not be read" in place.label]
    assert place.label.startswith("1 file")
    assert list(place.dataframe[0].value["Why"]) == ["'letter.mp3' is a text file, not a sound."]


def test_the_map_of_ones_own_music_is_kept_with_its_index(made, tmp_path, monkeypatch):
    path = tmp_path / "mine.sqlite"
    with Catalogue.open(path) as catalogue:
        files = [tmp_path / f"{number}.wav" for number in range(12)]
        for number, file in enumerate(files):
            file.write_bytes(wav_bytes(melody(3.0, seed=100 + number)))
        take_in(catalogue, encoders.load("timbre"), files)
    monkeypatch.setenv("SYNESTHETE_CATALOGUES", str(path))
    before = {file.name for file in tmp_path.iterdir() if "sqlite" not in file.name}
    app = start("pages/2_Landscape.py", catalogue="mine")
    assert not app.exception and not app.error
    assert len(app.dataframe[0].value) == 12
    kept = list(Paths().state.rglob("*.landscape.npz"))
    assert len(kept) == 1 and kept[0].parent.parent == Paths().state / "indexes"
    assert np.load(kept[0])["coordinates"].shape == (12, 3)
    assert {file.name for file in tmp_path.iterdir() if "sqlite" not in file.name} == before
