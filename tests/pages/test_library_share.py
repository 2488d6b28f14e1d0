"""Catalogues in and out on the Library page, and its figures; run through app.py without a browser."""

import sqlite3

import pytest
from streamlit.testing.v1 import AppTest

from synesthete import encoders
from synesthete.catalogue import Catalogue
from synesthete.catalogue.share import export_to
from synesthete.catalogue.shared_file import SharedFile
from synesthete.settings import PROJECT_ROOT, Paths
from synesthete.ui import library_manage, state
from tests.catalogues import take_in
from tests.sounds import melody, wav_bytes


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A shared file of three tracks."""
    folder = tmp_path_factory.mktemp("shared")
    files = [folder / f"Theirs {number}.wav" for number in range(3)]
    for number, file in enumerate(files):
        file.write_bytes(wav_bytes(melody(3.0, seed=number)))
    with Catalogue.open(folder / "theirs.sqlite") as catalogue:
        take_in(catalogue, encoders.load("timbre"), files, lambda file: {"genre": "Jazz", "year": 1959})
        export_to(catalogue, folder / "theirs.synesthete")
    return (folder / "theirs.synesthete").read_bytes()


def start(**query) -> AppTest:
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=300)
    for name, value in query.items():
        app.query_params[name] = value
    app = app.run().switch_page("pages/4_Library.py").run()
    assert not app.exception and not app.error
    return app


def said(app: AppTest) -> str:
    texts = [*app.warning, *app.error, *app.caption, *app.markdown]
    return " ".join(element.value for element in texts).replace("\\", "").replace("\u2060", "")


def bring(app: AppTest, data: bytes, name="theirs.synesthete") -> AppTest:
    app.segmented_control(key="add-way").set_value("A shared catalogue").run()
    box = next(box for box in app.file_uploader if box.key.startswith("import-"))
    box.set_value((name, data, "application/octet-stream")).run()
    app.button(key="import").click().run()
    assert not app.exception
    return app


def test_a_visitor_brings_a_shared_catalogue_for_this_visit_alone(shared):
    app = bring(start(), shared)
    assert not app.error and "3 tracks that you dropped" in said(app)
    assert set(app.dataframe[0].value["Title"]) == {f"Theirs {number}" for number in range(3)}
    assert "that you dropped" not in said(start()) and not Paths().own_catalogue.exists()


def test_the_owner_brings_it_into_the_library(shared, monkeypatch):
    monkeypatch.setenv("SYNESTHETE_OWNER", "everyone")
    app = bring(start(), shared)
    assert not app.error and "3 tracks of your own music" in said(app)
    app.session_state["figures"] = True
    app.run()
    assert not app.exception and "came without their sound" in said(app)
    assert len(app.get("plotly_chart")) == 3


@pytest.mark.parametrize("harm", ["not a file", "a catalogue", "cut", "a trigger"])
def test_what_is_no_shared_catalogue_gets_a_sentence_and_leaves_nothing(shared, tmp_path, harm):
    file = tmp_path / "x"
    file.write_bytes(shared)
    if harm == "a catalogue":
        file.unlink()
        Catalogue.open(file).close()
    elif harm == "a trigger":
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TRIGGER t AFTER INSERT ON tracks BEGIN DELETE FROM tracks; END")
    data = {"not a file": b"hello " * 100, "cut": shared[: len(shared) // 2]}.get(harm) or file.read_bytes()
    app = bring(start(), data, "<b>../../x</b>.synesthete")
    assert len(app.warning) == 1 and "/tmp" not in app.warning[0].value and "<b>" not in app.warning[0].value
    assert "that you dropped" not in said(app)


def test_what_is_shared_is_a_file_that_can_be_imported(shared, tmp_path):
    app = bring(start(), shared)
    app.session_state["share"] = True
    app.run()
    assert not app.exception and [button.proto.label for button in app.get("download_button")] == ["Download it"]
    path = app.session_state[state.DROPPED].path
    (tmp_path / "again").write_bytes(library_manage._exported(path)())
    with SharedFile(tmp_path / "again") as again:
        assert again.n_tracks == 3
    assert str(path.parent).encode() not in (tmp_path / "again").read_bytes()
