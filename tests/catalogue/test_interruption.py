"""Indexing killed at random moments, its power cut, on a full disk, and twice at once: nothing lost, nothing doubled.

``SYNESTHETE_KILLS=200 python -m pytest tests/catalogue/test_interruption.py`` kills two hundred times, a plain run six.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from synesthete import encoders
from synesthete.audio import content_id, read_clip
from synesthete.catalogue import Catalogue, indexing
from synesthete.settings import PROJECT_ROOT
from tests.sounds import RATE_HZ, melody

N_KILLS = int(os.environ.get("SYNESTHETE_KILLS", "6"))
N_FILES = 24


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    for seed in range(N_FILES):
        soundfile.write(folder / f"{seed:02}.flac", melody(2, seed=seed), RATE_HZ)
    return folder


@pytest.fixture(scope="module")
def ids(music):
    return {content_id(read_clip(path)) for path in music.glob("*.flac")}


def start(music, catalogue, *options):
    """The command in a group of its own, so that its workers can be killed with it."""
    command = [sys.executable, "-m", "synesthete", "index", str(music), "--catalogue", str(catalogue)]
    return subprocess.Popen(
        [*command, "--encoder", "timbre", "--workers", "1", *options],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def check(path, ids):
    """The catalogue opens, is whole, and holds finished tracks once; how many."""
    with sqlite3.connect(path) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
    plain.close()
    with Catalogue.open(path) as catalogue:
        fingerprint = encoders.load("timbre").fingerprint
        tracks = catalogue.tracks()
        assert {track.track_id for track in tracks} <= ids
        assert catalogue.missing(fingerprint) == () and catalogue.failures() == ()
        for track in tracks:  # with its vectors, and its file known
            assert len(catalogue.segments(track.track_id, fingerprint)[0]) > 0
            assert catalogue.files_of(track.track_id) == (track.path,)
        return len(tracks)


def test_killed_at_any_moment_it_goes_on_from_there(music, ids, tmp_path):
    chance = random.Random(20231)
    path, n_before, longest = tmp_path / "catalogue.sqlite", 0, 6.0
    for _ in range(N_KILLS):
        process = start(music, path)
        deadline = time.monotonic() + chance.uniform(0, longest)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if not path.exists():
            continue
        n_now = check(path, ids)
        assert n_now >= n_before
        n_before = n_now
        if n_now == N_FILES:  # done: begin anew, so that every kill meets work
            for file in tmp_path.glob("catalogue.sqlite*"):
                file.unlink()
            n_before = 0
    out, err = start(music, path).communicate()
    assert check(path, ids) == N_FILES, out + err


def test_a_power_cut_in_the_middle_of_a_commit_leaves_what_was_finished(music, ids, tmp_path, monkeypatch):
    """Of what was written last only a part has reached the disk, or garbage has: a journal that is cut anywhere."""
    monkeypatch.setattr(indexing, "SECONDS_A_TRANSACTION", 0.0)  # a transaction for each file
    path, chance = tmp_path / "catalogue.sqlite", random.Random(20232)
    with Catalogue.open(path) as catalogue:
        indexing.index(catalogue, [music], ["timbre"], n_workers=1)
        whole, journal = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    cut = tmp_path / "cut" / "catalogue.sqlite"
    counts = set()
    for place in sorted(chance.randrange(len(journal)) for _ in range(40)):
        shutil.rmtree(cut.parent, ignore_errors=True)
        cut.parent.mkdir()
        cut.write_bytes(whole)
        Path(f"{cut}-wal").write_bytes(journal[:place] + chance.randbytes(chance.choice((0, 300, 5000))))
        counts.add(check(cut, ids))
    assert len(counts) > 5, sorted(counts)
    out, err = start(music, cut).communicate(timeout=120)
    assert check(cut, ids) == N_FILES, out + err


def test_two_at_once_double_nothing(music, ids, tmp_path):
    path = tmp_path / "catalogue.sqlite"
    processes = [start(music, path) for _ in range(2)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    assert check(path, ids) == N_FILES


def test_control_c_says_how_to_go_on(music, ids, tmp_path):
    path = tmp_path / "catalogue.sqlite"
    process = start(music, path, "--json")
    assert process.stdout is not None
    process.stdout.readline()  # something is written
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "the same command goes on from here" in err and "Traceback" not in err
    assert check(path, ids) > 0


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small filesystem cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_stops_it_with_a_sentence_and_room_lets_it_go_on(music, ids, small_disk):
    path = small_disk / "catalogue.sqlite"
    filler = small_disk / "filler"
    Catalogue.open(path).close()
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 65_536))
    process = start(music, path)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and "full" in err and "Traceback" not in err, err
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    assert check(path, ids) < N_FILES
    process = start(music, path)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert check(path, ids) == N_FILES


def test_a_locked_database_is_waited_for(music, ids, tmp_path):
    path = tmp_path / "catalogue.sqlite"
    Catalogue.open(path).close()
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    process = start(music, path)
    time.sleep(6)
    lock.execute("COMMIT")
    lock.close()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert check(path, ids) == N_FILES


def test_the_music_is_not_touched(music):
    assert sorted(path.name for path in Path(music).iterdir()) == [f"{seed:02}.flac" for seed in range(N_FILES)]
