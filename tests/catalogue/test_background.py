"""Indexing in the background: its state from files alone, one run a catalogue, stopped and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from synesthete.catalogue import Catalogue, background
from synesthete.errors import CatalogueError
from synesthete.settings import PROJECT_ROOT, Paths
from tests.sounds import melody, wav_bytes

FAST = ("--encoder", "timbre", "--workers", "1")


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(3):
        (folder / f"Song {number}.wav").write_bytes(wav_bytes(melody(2.0, seed=number)))
    (folder / "letter.mp3").write_text("Dear all, " * 100)
    return folder


def wait_until(is_so, seconds=240):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return
        time.sleep(0.05)
    pytest.fail("it did not come to that")


def job() -> background.Job:
    found = background.last_job(Paths().own_catalogue)
    assert found is not None
    return found


def test_a_run_from_its_beginning_to_its_end(music):
    own = Paths().own_catalogue
    assert background.last_job(own) is None
    background.start(own, [music], options=FAST)
    assert job().is_at_work and job().places == (str(music),)
    with pytest.raises(CatalogueError, match="being indexed already"):
        background.start(own, [music], options=FAST)
    wait_until(lambda: not job().is_at_work)
    done = job()
    assert done.state == "done" and done.problem == "" and done.counts is not None
    assert (done.counts.n_indexed, done.counts.n_failed, done.counts.n_expected) == (3, 1, 4)
    with Catalogue.open(own, is_read_only=True) as catalogue:
        assert len(catalogue) == 3 and len(catalogue.failures()) == 1
    folder = next(Paths().state.glob("jobs/*"))
    assert (folder / "status").stat().st_size < 4096  # what it said last, and not all that it ever said
    (folder / "events").write_text("of an older version\n" * 1000)
    background.start(own, [music], options=FAST)  # the lock is free again
    assert not (folder / "events").exists()
    wait_until(lambda: not job().is_at_work)
    assert job().counts.n_unchanged == 3


def test_one_that_is_stopped_says_so_and_the_same_run_goes_on(music):
    own = Paths().own_catalogue
    for number in range(3, 60):
        (music / f"Song {number}.wav").write_bytes(wav_bytes(melody(20.0, seed=number)))
    background.start(own, [music], options=FAST)
    wait_until(lambda: job().counts is not None)
    background.stop(own)
    wait_until(lambda: not job().is_at_work)
    stopped = job()
    assert stopped.state == "stopped" and stopped.problem == "" and 0 < stopped.counts.n_indexed < 60
    background.start(own, stopped.places, options=FAST)
    wait_until(lambda: not job().is_at_work)
    assert job().state == "done" and job().counts.n_unchanged >= stopped.counts.n_indexed


def test_another_server_sees_it_and_one_that_is_killed_is_told_as_stopped(music):
    own = Paths().own_catalogue
    background.start(own, [music], options=FAST)
    code = "from synesthete.catalogue import background as b; from synesthete.settings import Paths as P;" \
        "print(b.last_job(P().own_catalogue).state)"  # fmt: skip
    other = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert other.stdout.strip() in ("running", "finishing", "done")
    record = json.loads(next(Paths().state.glob("jobs/*/job.json")).read_text())
    os.kill(record["pid"], signal.SIGKILL)
    wait_until(lambda: not job().is_at_work)
    assert job().state in ("stopped", "done")


def test_a_run_that_cannot_be_done_says_why(tmp_path):
    background.start(Paths().own_catalogue, [tmp_path / "nowhere"], options=FAST)
    wait_until(lambda: not job().is_at_work)
    assert job().state == "failed" and "There is no folder or file" in job().problem


def test_a_bystander_with_its_number_is_not_stopped_and_damaged_files_are_no_state(tmp_path):
    own = Paths().own_catalogue
    (tmp_path / "letter.mp3").write_text("Dear all, " * 100)
    background.start(own, [tmp_path], options=FAST)
    wait_until(lambda: not job().is_at_work)
    folder = next(Paths().state.glob("jobs/*"))
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    record = json.loads((folder / "job.json").read_text()) | {"pid": bystander.pid}
    (folder / "job.json").write_text(json.dumps(record))
    background.stop(own)
    time.sleep(0.1)
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    for harm in (b"", b"{", b"[1]\n", b'{"event"', b'{"event": "indexed", "n_found": '):
        (folder / "status").write_bytes(harm)
        assert job().counts is None and job().state == "stopped"
    for harm in (b"", b"{", b"[1]", b'{"places": []}'):
        (folder / "job.json").write_bytes(harm)
        assert background.last_job(own) is None


def test_links_out_of_the_music_are_not_followed(tmp_path, music):
    secret = tmp_path / "secret"
    secret.mkdir()
    for name in ("Hidden.wav", "Other.wav"):
        (secret / name).write_bytes(wav_bytes(melody(2.0, seed=len(name))))
    (music / "more").symlink_to(secret, target_is_directory=True)
    (music / "one.wav").symlink_to(secret / "Hidden.wav")
    (music / "inside.wav").symlink_to(music / "Song 0.wav")
    own = Paths().own_catalogue
    background.start(own, [music, secret], within=music, options=FAST)
    wait_until(lambda: not job().is_at_work)
    with Catalogue.open(own, is_read_only=True) as catalogue:
        assert {track.title for track in catalogue.tracks()} <= {"Song 0", "Song 1", "Song 2", "inside"}
        refused = {failure.path for failure in catalogue.failures() if "leads out of" in failure.reason}
    assert refused == {str(music / "more"), str(music / "one.wav"), str(secret)}
