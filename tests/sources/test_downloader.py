"""Songs fetched by a real program that fails first, always, hangs, or brings nothing."""

import json
import os
import sqlite3
import sys
import time
from pathlib import Path

import pytest
import soundfile

from synesthete.errors import OptionError, SourceError
from synesthete.sources import downloader
from synesthete.sources.downloader import Command, DownloadCounts, download_songs
from tests.sounds import RATE_HZ, melody
from tests.sources.test_kaggle import song, spotify_id

PROGRAM = Path(__file__).with_name("fetch_song.py")
SONGS = [song(number) for number in range(30)]


class Downloads:
    """A folder, the program with its plan, and what it was asked for."""

    def __init__(self, tmp_path):
        self.folder = tmp_path / "my songs"
        self.log, self.plan, self.child = (tmp_path / name for name in ("log", "plan.json", "child"))
        soundfile.write(tmp_path / "sound.wav", melody(1), RATE_HZ)
        self.log.write_text("")
        self.behave()

    def behave(self, **songs):
        plan = {"log": str(self.log), "child": str(self.child), "sound": str(self.log.with_name("sound.wav"))}
        plan["songs"] = {spotify_id(int(number[1:])): how for number, how in songs.items()}
        self.plan.write_text(json.dumps(plan))

    def command(self, **options):
        template = f"'{sys.executable}' {PROGRAM} '{self.plan}' {{id}} {{folder}}"
        return Command.parse(template, **{"pause_seconds": 0.0, **options})

    def get(self, n, songs=SONGS, is_retry=False, **options):
        return download_songs(songs, self.command(**options), self.folder, n, is_retry=is_retry)

    def asked(self):
        return [int(line.split()[0]) for line in self.log.read_text().splitlines()]

    def there(self):
        return sorted(int(path.name) for path in self.folder.iterdir() if path.is_dir() and path.name.isdigit())

    def failures(self):
        with sqlite3.connect(self.folder / "spotify-list.sqlite") as connection:
            rows = connection.execute("SELECT spotify_id, n_tries, reason FROM downloads WHERE NOT is_done").fetchall()
        connection.close()
        return {int(row[0]): row[1:] for row in rows}


@pytest.fixture
def downloads(tmp_path):
    return Downloads(tmp_path)


def test_it_stops_when_there_are_enough(downloads):
    assert downloads.get(3) == DownloadCounts(n_new=3)
    assert downloads.asked() == downloads.there() == [0, 1, 2]
    assert [path.name for path in (downloads.folder / spotify_id(1)).iterdir()] == [f"some name of {spotify_id(1)}.wav"]


def test_it_goes_on_and_asks_for_nothing_twice(downloads):
    downloads.get(2)
    assert downloads.get(4) == DownloadCounts(n_before=2, n_new=2)
    assert downloads.get(4) == DownloadCounts(n_before=4)
    assert downloads.asked() == [0, 1, 2, 3]


def test_songs_that_fail_are_tried_again_then_recorded_and_replaced(downloads):
    downloads.behave(_0="fails first", _1="fails", _2="leaves nothing")
    assert downloads.get(2, n_tries=2) == DownloadCounts(n_new=2, n_failed=2)
    assert downloads.asked() == [0, 0, 1, 1, 2, 2, 3] and downloads.there() == [0, 3]
    assert downloads.failures() == {
        1: (2, "it ended with exit code 7; it said: really"),
        2: (2, "it left no sound file in its folder"),
    }
    others = [path.name for path in downloads.folder.iterdir() if not path.name.isdigit()]
    assert others == ["spotify-list.sqlite"]


def test_what_failed_is_passed_over_until_asked(downloads):
    downloads.behave(_0="fails")
    downloads.get(1, n_tries=1)
    assert downloads.get(2) == DownloadCounts(n_before=1, n_new=1, n_passed_over=1)
    downloads.behave()
    assert downloads.get(3, is_retry=True) == DownloadCounts(n_before=2, n_new=1)
    assert downloads.there() == [0, 1, 2] and downloads.failures() == {}


def test_a_song_whose_folder_is_gone_is_fetched_again(downloads):
    downloads.get(1)
    next((downloads.folder / spotify_id(0)).iterdir()).unlink()
    (downloads.folder / spotify_id(0)).rmdir()
    assert downloads.get(1).n_new == 1


def is_alive(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks for processes in /proc")  # noqa: PTH112
def test_a_program_that_hangs_is_stopped_with_its_children(downloads):
    downloads.behave(_0="hangs")
    assert downloads.get(1, SONGS[:1], timeout_seconds=1.5, n_tries=1).n_failed == 1
    assert "it was stopped after 1.5 s" in downloads.failures()[0][1]
    child = int(downloads.child.read_text())
    deadline = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(child)


def test_when_everything_fails_it_stops(downloads, monkeypatch):
    monkeypatch.setattr(downloader, "MOST_FAILURES_IN_A_ROW", 3)
    downloads.behave(**{f"_{number}": "fails" for number in range(1, 30)})
    with pytest.raises(SourceError, match="3 songs in a row have failed.*exit code 7.*Is the command right"):
        downloads.get(10, n_tries=1)
    assert downloads.asked() == [0, 1, 2, 3] and downloads.there() == [0]


def test_control_c_leaves_nothing_half(downloads):
    def interrupt(song, reason, counts):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download_songs(SONGS, downloads.command(), downloads.folder, 5, on_song=interrupt)
    assert downloads.there() == [0] and downloads.get(2).n_before == 1


def test_no_shell_and_no_second_meaning(tmp_path):
    """What is filled in is one word as it is, whatever is in it."""
    folder = tmp_path / "a b; touch evil $(touch evil) {url} {id}"
    program = tmp_path / "write.py"
    program.write_text("import sys, pathlib; pathlib.Path(sys.argv[1], 'seen.wav').write_text(repr(sys.argv[1:]))")
    command = Command.parse(f"{sys.executable} {program} {{folder}} '{{id}} x;'")
    download_songs(SONGS[:1], command, folder, 1)
    seen = (folder / spotify_id(0) / "seen.wav").read_text()
    assert seen == repr([str(folder / ".partial" / spotify_id(0)), f"{spotify_id(0)} x;"])
    assert not list(tmp_path.rglob("evil"))


def test_relative_paths_in_a_command_are_those_of_who_typed_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "write.sh").write_text('#!/bin/sh\necho x > "$1/seen.wav"\n')
    (tmp_path / "write.sh").chmod(0o755)
    for number, command in enumerate(("./write.sh {folder} {id}", "sh write.sh {folder} {id}")):
        assert download_songs(SONGS[:1], Command.parse(command), tmp_path / str(number), 1).n_new == 1


def test_a_command_that_names_no_folder_runs_in_it(tmp_path):
    (tmp_path / "write.py").write_text("open('x.wav', 'w').write('x')")
    command = Command.parse(f"{sys.executable} {tmp_path / 'write.py'} {{url}}")
    assert download_songs(SONGS[:1], command, tmp_path / "songs", 1).n_new == 1
    assert (tmp_path / "songs" / spotify_id(0) / "x.wav").is_file()


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("python3 'x {id}", "cannot be split"),
        ("python3 x", "does not say which song"),
        ("", "does not say which song"),
        ("python3 {title} {id}", r"has a \{title\}; there are only"),
        ("surely-not-installed {id}", "There is no program 'surely-not-installed'"),
    ],
)
def test_a_command_that_cannot_work_is_refused(template, message):
    with pytest.raises(OptionError, match=message):
        Command.parse(template)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="cannot be written"):
        download_songs(SONGS, Command.parse(f"{sys.executable} {{id}}"), tmp_path / "file" / "x", 1)
