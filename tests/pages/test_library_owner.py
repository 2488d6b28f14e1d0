"""What the owner may do on the Library page, and what nobody else may; run through app.py without a browser."""

import fcntl
import json
import os
import re
import shutil
import time
from contextlib import contextmanager

import pytest
from streamlit.testing.v1 import AppTest

from synesthete import settings
from synesthete.catalogue import Catalogue, background
from synesthete.settings import PROJECT_ROOT, Paths
from synesthete.tracks import Track
from synesthete.ui import dropped, library_jobs, owner, state
from tests.sounds import melody, wav_bytes

PROVIDER = {"client_id": "x", "client_secret": "y", "server_metadata_url": "https://example.org/.well-known"}
HOSTILE = "=cmd() <b>x</b> ![p](http://example.org/p.png) :red[x]"


@pytest.fixture
def music(tmp_path, monkeypatch):
    """A root of music with a folder, in it sounds; beside it what is not to be reached."""
    root, secret = tmp_path / "root", tmp_path / "secret"
    (root / "jazz").mkdir(parents=True)
    secret.mkdir()
    for number, name in enumerate(("One", HOSTILE.replace("/", "-"))):
        (root / "jazz" / f"{name}.wav").write_bytes(wav_bytes(melody(2.0, seed=number)))
    (root / "jazz" / "letter.mp3").write_text("Dear all, " * 100)
    (secret / "Hidden.wav").write_bytes(wav_bytes(melody(2.0, seed=9)))
    (root / "out").symlink_to(secret, target_is_directory=True)
    (root / "jazz" / "out.wav").symlink_to(secret / "Hidden.wav")
    monkeypatch.setenv("SYNESTHETE_MUSIC", str(root))
    monkeypatch.setenv("SYNESTHETE_OWNER", "everyone")
    monkeypatch.setattr(library_jobs, "OPTIONS", ("--encoder", "timbre", "--workers", "1"))
    return root


@pytest.fixture
def indexed(music):
    """The listener's own catalogue of that folder."""
    with Catalogue.open(Paths().own_catalogue) as catalogue:
        for number, file in enumerate(sorted((music / "jazz").glob("[!o]*.wav"))):
            track = Track(f"{number:016x}", file.stem, "Ann", seconds=2.0, path=str(file))
            catalogue.put_file(track.path, 1, 1, catalogue.add_track(track).track_id)
        path = str(music / "jazz" / "letter.mp3")
        catalogue.record_failure(path, f"'{path}' in {music / 'jazz'} is a text file.", "read")
        catalogue.put_file(path, 1, 1)


def start() -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=300).run()
    app = app.switch_page("pages/4_Library.py").run()
    assert not app.exception and not app.error
    return app


def said(app: AppTest) -> str:
    texts = [*app.warning, *app.error, *app.info, *app.caption, *app.markdown]
    return " ".join(element.value for element in texts).replace("\\", "")


def wait_until(is_so, seconds=240):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def index_jazz() -> AppTest:
    app = start()
    menu = next(box for box in app.selectbox if box.label == "Open a folder in it")
    assert [str(option) for option in menu.options] == ["jazz"], "a link that leads out is not offered"
    menu.set_value(menu.options[0]).run()
    app.button(key="index-folder").click().run()
    assert not app.exception and not app.error
    return app


def test_the_owner_indexes_a_folder_and_the_page_shows_it(music):
    app = index_jazz()
    assert "Listening to jazz" in said(app) and app.button(key="job-stop")
    other = start()  # another visit, or the same after a reload
    assert "Listening to jazz" in said(other)
    wait_until(lambda: not background.last_job(Paths().own_catalogue).is_at_work)
    app.run()
    assert "jazz is in your library" in said(app) and "2 could not be read" in said(app)
    app.button(key="show-own").click().run()
    assert set(app.dataframe[0].value["Title"]) == {"One", f"\u2060{HOSTILE.replace('/', '-')}"}
    (place,) = [place for place in app.expander if "could not be read" in place.label]
    files = dict(zip(place.dataframe[0].value["File"], place.dataframe[0].value["Why"], strict=True))
    assert "leads out of the music folder" in files[str(music / "jazz" / "out.wav")]
    assert "text file" in files[str(music / "jazz" / "letter.mp3")]
    app.button(key="job-close").click().run()
    assert "is in your library" not in said(app)


@contextmanager
def at_work(music, **others):
    """A run over the listener's own catalogue as its files would tell it."""
    folder = background._folder(Paths().own_catalogue, None)
    folder.mkdir(parents=True, exist_ok=True)
    counts = {"n_found": 30, "n_indexed": 20, "n_failed": 2, "n_unchanged": 8, "n_expected": 120, "seconds": 60.0}
    counts |= others
    event = {"event": "indexed", "path": str(music / "jazz" / "One.wav"), "label": "Ann – One", **counts}
    (folder / "status").write_text(json.dumps(event) + "\n")
    (folder / "log").write_text("")
    (folder / "job.json").write_text(json.dumps({"places": [str(music / "jazz")], "began": time.time(), "pid": 0}))
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_what_the_owner_sees_of_a_run(music):
    with at_work(music):
        app = start()
        assert (
            "Listening to jazz" in said(app) and "Ann – One" in said(app) and "2 files could not be read" in said(app)
        )
        (bar,) = app.get("progress")
        assert bar.proto.value == 25 and bar.proto.text.startswith(
            "**30 of 120 files** · 22 a minute · about 4 minutes"
        )
        assert app.button(key="index-folder").disabled
    one_that_failed = {"n_found": 1, "n_indexed": 0, "n_failed": 1, "n_unchanged": 0, "n_expected": None}
    with at_work(music, **one_that_failed, seconds=0.003):
        (bar,) = start().get("progress")
        assert bar.proto.text == "**1 file**"
    app = start()
    assert "jazz: stopped before the end" in said(app) and app.button(key="job-go-on")
    job_file = background._folder(Paths().own_catalogue, None) / "job.json"
    job = json.loads(job_file.read_text())
    job_file.write_text(json.dumps(job | {"places": [*job["places"], str(music / "a"), str(music / "b")]}))
    assert "jazz and 2 more: stopped before the end" in said(start())


def test_visitors_see_progress_but_no_paths_and_no_buttons(music, indexed, monkeypatch):
    monkeypatch.delenv("SYNESTHETE_OWNER")
    with at_work(music):
        app = start()
        assert "Music is being added" in said(app) and "jazz" not in said(app) and "Ann" not in said(app)
        assert "job-stop" not in {button.key for button in app.button}
    app = start()
    assert "stopped before" not in said(app)
    assert "1 file could not be read" in [place.label for place in app.expander]
    shown = str([frame.value.to_dict() for frame in app.dataframe])
    assert "letter.mp3" in shown and str(music) not in shown
    keys = {button.key for button in app.button}
    assert not keys & {"job-stop", "job-go-on", "index-folder", "failures-again", "remove-folder-now", "remove-now"}
    assert "How" not in [box.label for box in app.text_input] and "remove-folder" not in [i.key for i in app.text_input]


def test_who_is_not_the_owner_is_not_offered_folders(music, monkeypatch):
    for setting in ("", "nobody@example.org", "local"):  # nobody has signed in; no address to be local by
        monkeypatch.setenv("SYNESTHETE_OWNER", setting)
        app = start()
        assert "A folder" not in str(app.get("button_group")[0].proto.options) and not owner.is_owner()
        assert "index-folder" not in {button.key for button in app.button}


@pytest.mark.parametrize("place", ["..", "out", "jazz/../../secret", "jazz/out.wav", "nowhere", "a\0b", "/etc"])
def test_a_folder_outside_of_the_music_is_refused(music, place):
    assert owner.root_of(music / "jazz") == music.resolve()
    assert owner.root_of(music / place) is None
    app = start()
    app.session_state[state.LIBRARY_FOLDER] = str(music / place)
    app.run()
    assert not app.exception and app.button(key="index-folder").label == "Index root"


def test_the_page_says_what_of_a_folder_would_be_taken(music):
    assert "All sound files in 1 folder below, however deep." in said(app := start())
    (music / "Here.wav").write_bytes(wav_bytes(melody(1.0)))
    assert "1 sound file in it, and all in 1 folder below." in said(app.run())
    (music / "empty").mkdir()
    app.session_state[state.LIBRARY_FOLDER] = str(music / "empty")
    assert "There is no sound file in it." in said(app.run()) and app.button(key="index-folder").disabled
    app.session_state[state.LIBRARY_FOLDER] = str(music / "jazz")
    assert "4 sound files in it. Your files" in said(app.run()) and not app.button(key="index-folder").disabled


def test_nothing_is_begun_for_who_is_not_the_owner(music, monkeypatch):
    def press():
        from pathlib import Path

        import streamlit as st

        from synesthete.settings import Paths
        from synesthete.ui import library_jobs

        library_jobs.begin(Paths().own_catalogue, [Path(st.session_state["place"])])

    for setting, place in (("", music / "jazz"), ("everyone", music / "out")):
        monkeypatch.setenv("SYNESTHETE_OWNER", setting)
        app = AppTest.from_function(press)
        app.session_state["place"] = str(place)
        assert not app.run().exception
        assert "not a folder that may be indexed" in app.session_state[state.DROP_SAID]
        assert background.last_job(Paths().own_catalogue) is None


# ---- what visitors drop ------------------------------------------------------------------------------------------


def drop(app: AppTest, *files) -> AppTest:
    app.segmented_control(key="add-way").set_value("Drop files").run() if "A folder" in str(
        app.get("button_group")[0].proto.options
    ) else None
    box = next(box for box in app.file_uploader if box.key.startswith("drop-"))
    return box.set_value([(name, data, "audio/wav") for name, data in files]).run()


def settled(app: AppTest) -> AppTest:
    mine = app.session_state[state.DROPPED]
    wait_until(lambda: not mine.is_at_work)
    return app.run()


def test_what_is_dropped_is_for_this_visit_alone_and_goes_with_it(monkeypatch):
    monkeypatch.setattr(settings, "DEFAULT_ENCODER", "timbre")
    hostile = f"../../../{HOSTILE}.wav"
    app = drop(start(), ("hum.wav", wav_bytes(melody(3.0))), (hostile, wav_bytes(melody(3.0, seed=2))), ("a.mp3", b"x"))
    assert not app.exception and not app.error
    app = settled(app)
    assert "2 tracks that you dropped can be searched" in said(app)
    app.button(key="show-dropped").click().run()
    assert not app.exception and not app.error
    assert "2 tracks that you dropped" in said(app)
    titles = set(app.dataframe[0].value["Title"])
    assert "hum" in titles and not any("/" in title for title in titles)
    folder = app.session_state[state.DROPPED].path.parent
    assert folder.parent == Paths().passing.resolve()
    assert {file.name for file in folder.glob("0*")} == {"000.wav", "001.wav"}
    (place,) = [place for place in app.expander if "could not be read" in place.label]
    assert list(place.dataframe[0].value["File"]) == ["a.mp3"]
    other = start()
    other.query_params["catalogue"] = "dropped"
    other.run()
    assert "which is not here" in said(other) and "that you dropped" not in said(other)
    app.button(key="drop-forget").click().run()
    assert not app.exception and not app.error and not folder.exists()


def test_a_visit_holds_so_much_and_no_more(monkeypatch):
    monkeypatch.setattr(settings, "DEFAULT_ENCODER", "timbre")
    monkeypatch.setattr(dropped, "MAX_FILES", 2)
    sound = wav_bytes(melody(1.5))
    app = drop(start(), *[(f"{number}.wav", sound) for number in range(4)])
    assert "2 files left out" in said(app)
    app = settled(app)
    monkeypatch.setattr(dropped, "MAX_FILES", 40)
    monkeypatch.setattr(dropped, "MAX_BYTES", 2 * len(sound))
    assert "1 file left out" in said(drop(app, ("more.wav", sound)))
    assert app.session_state[state.DROPPED].n_files == 2


def test_what_an_ended_server_left_behind_is_removed(tmp_path):
    gone, other = Paths().passing / "999999999-x", Paths().passing / f"{os.getpid()}-y"
    for folder in (gone, other):
        folder.mkdir(parents=True)
        (folder / "000.wav").write_bytes(b"x")
    dropped._line.clear()
    dropped._line()
    assert not gone.exists() and other.exists()
    shutil.rmtree(other)


# ---- removing ------------------------------------------------------------------------------------------------------


def test_ticked_tracks_and_folders_are_taken_out_and_the_files_stay(music, indexed):
    app = start()
    table = app.dataframe[0]
    app.session_state[table.key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app.button(key="remove-now").click().run()
    assert not app.exception and not app.error and len(app.dataframe[0].value) == 1
    app.session_state["folders"] = True
    app.run()
    table = app.dataframe[1].value
    assert list(table["Folder"]) == [str(music / "jazz")]
    assert list(table["Sounds"]) == [1] and list(table["Not read"]) == [1]
    app.text_input(key="remove-folder").set_value(str(music / "jazz")).run()
    app.button(key="remove-folder-now").click().run()
    assert not app.exception
    with Catalogue.open(Paths().own_catalogue, is_read_only=True) as catalogue:
        assert len(catalogue) == 0
    assert len(list((music / "jazz").glob("*.wav"))) == 3


def test_folders_are_those_that_were_named_with_their_last_run(music, indexed):
    with Catalogue.open(Paths().own_catalogue) as catalogue:
        catalogue.note_places([str(music)], is_complete=False)
    app = start()
    app.session_state["folders"] = True
    app.run()
    table = app.dataframe[1].value
    assert list(table["Folder"]) == [str(music)] and list(table["Sounds"]) == [2]
    assert re.fullmatch(r"\d\d:\d\d, not to its end", table["Looked through"][0])
    with Catalogue.open(Paths().own_catalogue) as catalogue:
        catalogue.note_places([str(music)], is_complete=True)
    assert re.fullmatch(r"\d\d:\d\d", app.run().dataframe[1].value["Looked through"][0])


@pytest.mark.parametrize("text", ["' OR 1=1; --", '"; DROP TABLE tracks', "%", "_", "/", "\0", "a" * 5000])
def test_no_field_reaches_the_database_as_a_command(music, indexed, text):
    app = start()
    app.text_input(key="library_words").set_value(text).run()
    app.session_state["folders"] = True
    app.run()
    app.text_input(key="remove-folder").set_value(text).run()
    assert not app.exception and not app.error
    with Catalogue.open(Paths().own_catalogue, is_read_only=True) as catalogue:
        assert len(catalogue) == 2 and not catalogue.integrity_problems()


def test_a_server_that_nobody_can_sign_in_to_says_what_it_lacks(music, monkeypatch):
    content = {"owner": "me@example.org"}
    monkeypatch.delenv("SYNESTHETE_OWNER", raising=False)
    monkeypatch.setattr(owner, "_secret", content.get)
    assert "section [auth]" in said(start())
    content["auth"] = {"redirect_uri": "http://localhost:8501/oauth2callback", "cookie_secret": "z" * 32} | PROVIDER
    monkeypatch.setattr(owner.importlib.util, "find_spec", lambda name: None)
    assert "pip install Authlib" in said(start())
