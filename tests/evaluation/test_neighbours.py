"""``synesthete neighbours`` as it is typed: what it asks with, what it writes, its exit codes."""

import io
import sys

import numpy as np
import pytest
import soundfile

from synesthete import encoders
from synesthete.catalogue import Catalogue
from synesthete.cli import main
from synesthete.errors import OptionError
from synesthete.evaluation import neighbours
from synesthete.evaluation.neighbours import query_files
from tests.catalogues import take_in
from tests.sounds import RATE_HZ, melody


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command") / "music"
    (folder / "inner").mkdir(parents=True)
    for name, seed in (("b.wav", 1), ("a.wav", 2), ("inner/c.wav", 3)):
        soundfile.write(folder / name, melody(4, seed=seed), RATE_HZ)
    (folder / "cover.jpg").write_bytes(b"picture")
    with Catalogue.open(folder.parent / "own.sqlite") as catalogue:
        take_in(catalogue, encoders.load("timbre"), [folder / name for name in ("a.wav", "b.wav", "inner/c.wav")])
    return folder


def command(music, *options):
    catalogue = str(music.parent / "own.sqlite")
    return ["neighbours", "--catalogue", catalogue, "--encoder", "timbre", "--workers", "1", *options]


def test_without_queries_every_track_asks(music, tmp_path, capsys):
    before = (music.parent / "own.sqlite").read_bytes()
    assert main(command(music, "--k", "2", "--output", str(tmp_path / "out.npz"))) == 0
    assert capsys.readouterr().err == f"3 x 2 -> {tmp_path / 'out.npz'}\n"
    with np.load(tmp_path / "out.npz", allow_pickle=False) as archive:
        assert sorted(archive["queries"].tolist()) == sorted(
            str(music / name) for name in ("a.wav", "b.wav", "inner/c.wav")
        )
        assert [sorted(row) for row in archive["neighbours"].tolist()] == [[1, 2], [0, 2], [0, 1]]
    assert (music.parent / "own.sqlite").read_bytes() == before


def test_what_cannot_be_read_is_named_and_the_rest_is_written(music, tmp_path, capsys):
    (tmp_path / "words\x1b[31m.mp3").write_text("words " * 100)
    queries = ["--queries", str(music / "a.wav"), str(tmp_path), "nowhere.wav"]
    assert main(command(music, *queries, "--k", "5", "--output", str(tmp_path / "out.npz"))) == 0
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3 and "words" in said[0] and said[1].startswith("Left out: nowhere.wav: ")
    assert "\x1b" not in said[0]
    with np.load(tmp_path / "out.npz", allow_pickle=False) as archive:
        assert archive["paths"][archive["neighbours"][0, 0]] == str(music / "a.wav")
        assert archive["cosines"][0, 0] == pytest.approx(1, abs=1e-3)
        assert archive["neighbours"][1:].tolist() == [[-1] * 5] * 2 and np.isnan(archive["cosines"][1:]).all()


def test_nothing_is_written_where_nothing_could_be_read(music, tmp_path, capsys):
    out = tmp_path / "out.npz"
    assert main(command(music, "--queries", "nowhere.wav", "--output", str(out))) == 1
    assert "None of the 1 queries could be read" in capsys.readouterr().err and not out.exists()


def test_control_c_leaves_nothing_behind(music, tmp_path, monkeypatch, capsys):
    def interrupt(label, fraction):
        raise KeyboardInterrupt

    monkeypatch.setattr(neighbours, "show_progress", interrupt)
    assert main(command(music, "--output", str(tmp_path / "out.npz"))) == 130
    assert capsys.readouterr().err == "Stopped; nothing was written.\n" and list(tmp_path.iterdir()) == []


def test_queries_come_from_files_folders_and_lists(music, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.txt").write_bytes(b"one.mp3\r\n\ntwo words.mp3\n@three.mp3")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"four.mp3\nlatin-\xe9.mp3\n")))
    found = query_files(["zero.mp3", "@list.txt", str(music), "-"])
    of_folder = [str(music / name) for name in ("a.wav", "b.wav", "inner/c.wav")]
    listed = ["one.mp3", "two words.mp3", "@three.mp3"]
    assert found == ["zero.mp3", *listed, *of_folder, "four.mp3", "latin-\udce9.mp3"]


def test_lists_and_folders_with_nothing_in_them_are_named(tmp_path):
    with pytest.raises(OptionError, match=r"list of queries nowhere\.txt cannot be read .* write \./@nowhere\.txt"):
        query_files(["@nowhere.txt"])
    for content in (b"RIFF\0\0\0\0WAVE", b"x" * 5000):
        (tmp_path / "list.txt").write_bytes(content)
        with pytest.raises(OptionError, match=r"list\.txt is no list of queries; give a text file"):
            query_files([f"@{tmp_path / 'list.txt'}"])
    assert query_files(["n" * 300]) == ["n" * 300], "a name too long for the system is told when it is read"
    (tmp_path / "list.txt").unlink()
    with pytest.raises(OptionError, match=f"--queries is {tmp_path}, where there is no sound file"):
        query_files([str(tmp_path)])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--output", "out.csv"], "ends in .npz"),
        (["--output", "out.npz", "--k", "0"], "k is 0"),
        (["--output", "out.npz", "--workers", "0"], "--workers is 0"),
        (["--output", "out.npz", "--encoder", "nobody"], "no encoder 'nobody'"),
        (["--output", "out.npz", "--encoder", "statistics"], "has not embedded"),
        (["--output", "nowhere/out.npz"], "the folder nowhere does not exist"),
    ],
)
def test_mistakes_get_one_sentence(music, tmp_path, monkeypatch, capsys, options, words):
    monkeypatch.chdir(tmp_path)
    assert main(command(music, *options)) == 1
    said = capsys.readouterr().err
    assert said.startswith("synesthete: ") and words in said and "Traceback" not in said
