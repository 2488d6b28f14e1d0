"""``synesthete index`` as it is typed: what it prints, its exit codes, and watching."""

import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from synesthete.catalogue import Catalogue
from synesthete.cli import main
from synesthete.search import index_folder
from synesthete.settings import PROJECT_ROOT, Paths
from tests.sounds import RATE_HZ, melody


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    for seed in range(2):
        soundfile.write(folder / f"{seed}.wav", melody(2, seed=seed), RATE_HZ)
    return folder


def arguments(music, *options):
    catalogue = str(music.parent / "catalogue.sqlite")
    return ["index", str(music), "--catalogue", catalogue, "--encoder", "timbre", "--workers", "1", *options]


def test_it_says_what_became_of_every_file(music, capsys):
    (music / "x.mp3").write_bytes(b"\x1b[31mnot a sound" * 100)
    assert main(arguments(music)) == 3
    said = capsys.readouterr().out
    assert "3 files found: 2 indexed, 0 unchanged, 1 failed, 0 not sound." in said
    assert f"{music / 'x.mp3'}: 'x.mp3'" in said and "--retry" in said and "2 tracks in" in said and "\x1b" not in said
    (music.parent / "other").mkdir()
    (music.parent / "other" / "y.mp3").write_bytes(b"not a sound either" * 100)
    assert main(arguments(music.parent / "other")) == 3
    said = capsys.readouterr().out
    assert "y.mp3" in said and "x.mp3" not in said
    (music / "x.mp3").unlink()
    (music / "1.wav").unlink()
    assert main(arguments(music)) == 0
    said = capsys.readouterr().out
    assert "no longer there: 1. Their tracks are kept; --prune removes them." in said and "x.mp3" not in said


def test_machines_get_a_line_of_json_for_each_file(music, capsys):
    assert main(arguments(music, "--json")) == 0
    *files, done = map(json.loads, capsys.readouterr().out.splitlines())
    assert [line["event"] for line in files] == ["indexed", "indexed"] and files[0]["path"].endswith(".wav")
    assert (done["event"], done["n_indexed"], done["n_tracks"], done["is_complete"]) == ("done", 2, 2, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--workers", "0"], "--workers is 0"), (["--encoder", "nobody"], "There is no encoder 'nobody'")],
)
def test_wrong_options_are_named(music, capsys, options, message):
    assert main([*arguments(music), *options]) == 1
    assert message in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_named(music, capsys):
    assert main(arguments(music / "nowhere")) == 1
    assert "There is no folder or file" in capsys.readouterr().err


def test_it_watches_until_control_c(music):
    """What is added, changed, moved and removed is taken in as it comes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "synesthete", *arguments(music, "--json", "--watch", "--prune")],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None

    def until_done(is_first=False):
        """What the next run that did something has said: a slow machine may have one of which nothing had come yet."""
        seen = []
        while (line := json.loads(process.stdout.readline()))["event"] != "done":
            seen.append(line["path"])
        return (seen, line) if seen or line["n_removed"] or is_first else until_done()

    until_done(is_first=True)
    song, moved = music / "sub" / "new.wav", music / "moved.wav"
    song.parent.mkdir()
    for seed in (5, 6):  # added, then changed
        soundfile.write(music.parent / "new.wav", melody(2, seed=seed), RATE_HZ)
        shutil.move(music.parent / "new.wav", song)
        seen, line = until_done()
        assert seen == [str(song)] and (line["n_indexed"], line["n_tracks"]) == (1, 3)
    song.rename(moved)
    seen, line = until_done()
    assert seen == [str(moved)] and (line["n_moved"], line["n_gone"], line["n_tracks"]) == (1, 0, 3)
    moved.unlink()
    seen, line = until_done()
    assert seen == [] and (line["n_removed"], line["n_tracks"]) == (1, 2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    with Catalogue.open(music.parent / "catalogue.sqlite") as catalogue:
        assert len(catalogue) == 2


def test_what_searches_need_is_made_at_indexing(music, monkeypatch):
    monkeypatch.setenv("SYNESTHETE_HOME", str(music.parent / "home"))
    assert main(arguments(music)) == 0
    with Catalogue.open(music.parent / "catalogue.sqlite", is_read_only=True) as catalogue:
        fingerprint = catalogue.encoders()[0].fingerprint
        (file,) = index_folder(catalogue).glob("*.tracks.index")
    assert file.name.startswith(fingerprint)
    made = file.stat().st_mtime_ns
    assert main(arguments(music)) == 0  # nothing has changed
    assert file.stat().st_mtime_ns == made


def test_the_map_of_a_large_catalogue_is_made_at_indexing_unless_it_is_left_out(music, monkeypatch, tmp_path):
    monkeypatch.setenv("SYNESTHETE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("synesthete.cli.LEAST_WITH_MAP", 5)
    for seed in range(2, 6):
        soundfile.write(music / f"{seed}.wav", melody(2, seed=seed), RATE_HZ)
    status = tmp_path / "status"

    def maps():
        return list(Paths().state.rglob("*.landscape.npz"))

    assert main(arguments(music, "--no-map")) == 0 and not maps()
    soundfile.write(music / "another.wav", melody(2, seed=9), RATE_HZ)
    assert main(arguments(music, "--status", str(status))) == 0
    assert len(maps()) == 1 and np.load(maps()[0])["coordinates"].shape == (7, 3)
    said = json.loads(status.read_text())
    assert said["event"] == "done" and said["n_indexed"] == 1 and said["doing"]
