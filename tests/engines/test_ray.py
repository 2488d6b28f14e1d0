"""Jobs over the actors of a real Ray cluster of this machine: all done once, and the catalogue is the local engine's.

Skipped where Ray is not installed (requirements-ray.txt); the sentences for that are tested in any case.
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from synesthete.catalogue import Catalogue
from synesthete.catalogue.analysis import KnownSounds, prepare
from synesthete.cli import main
from synesthete.engines import AtHome, WorkerLostError
from synesthete.engines.ray import RayEngine, _connect, _import_ray
from synesthete.errors import EngineError, SynestheteError
from synesthete.settings import PROJECT_ROOT
from tests.engines.workers import asking, fatal, square, troubled
from tests.sounds import RATE_HZ, melody

N_FILES = 20


@pytest.fixture(scope="module")
def cluster():
    """A cluster of this machine, for all tests here: its start is the dear part."""
    ray = pytest.importorskip("ray")
    RayEngine(square)  # what has to be said to Ray before it starts
    ray.init(
        address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
        object_store_memory=100 << 20,
    )  # fmt: skip
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


def test_every_job_is_done_once(cluster):
    assert sorted(RayEngine(square, (1,)).run(range(50))) == [(job, job * job + 1) for job in range(50)]
    assert list(RayEngine(square, (1,)).run([])) == []


def test_a_function_at_home_is_called_from_the_actors(cluster):
    assert sorted(RayEngine(asking, (AtHome(abs),)).run([-3, 2])) == [(-3, 3), (2, 2)]


def test_what_lost_actors_held_is_done_by_others_and_what_kills_twice_is_given_up(cluster, tmp_path):
    jobs = [("die once", 0), ("fine", 1), ("raise", 2), ("die always", 3), *(("fine", n) for n in range(4, 12))]
    results = list(RayEngine(troubled, (str(tmp_path),), n_workers=2).run(jobs))
    done = dict(results)
    assert len(results) == len(done) == len(jobs)
    assert isinstance(done["die always", 3], WorkerLostError)
    assert isinstance(done["raise", 2], SynestheteError) and "job 2 cannot be done" in str(done["raise", 2])
    assert all(done[word, n][0] == n for word, n in jobs if word in ("die once", "fine"))


def test_jobs_are_taken_as_actors_can_hold_them(cluster):
    taken = []

    def jobs():
        for number in range(100):
            taken.append(number)
            yield ("wait", number)

    results = RayEngine(troubled, ("",), n_workers=2).run(jobs())
    for n_done in range(1, 12):
        next(results)
        assert len(taken) <= n_done + 2 * 2
    results.close()
    assert len(taken) < 20


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Short files, one that is no sound, and the catalogue that the local engine makes of them."""
    folder = tmp_path_factory.mktemp("music")
    for seed in range(N_FILES):
        soundfile.write(folder / f"{seed:02}.flac", melody(2, seed=seed), RATE_HZ)
    (folder / "broken.mp3").write_bytes(b"this is no sound")
    local = folder.parent / "local.sqlite"
    assert main([*command(folder, local), "--workers", "1"]) == 3
    return folder, local


def command(folder, catalogue):
    return ["index", str(folder), "--catalogue", str(catalogue), "--encoder", "timbre", "--encoder", "statistics"]


WHEN = ("time", "number", "first_time", "last_time")


def rows(path):
    """All rows of all tables that say what came of the music, and not when, in how many steps or in which order."""
    found = {}
    with sqlite3.connect(path) as plain:
        for (table,) in plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name != 'changes'"):
            if table.startswith("written_"):  # where the full-text index keeps the words of the listing
                continue
            columns = [row[1] for row in plain.execute(f"PRAGMA table_info({table})") if row[1] not in WHEN]
            found[table] = sorted(map(repr, plain.execute(f"SELECT {', '.join(columns)} FROM {table}")))
    plain.close()
    return found


def at_work():
    """Process ids of the actors that do a job in this moment, by the titles that Ray gives to its processes."""
    shown = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in shown.splitlines() if "ray::_Actor.do" in line]


def test_with_a_worker_killed_midway_the_catalogue_is_the_local_one_row_for_row(cluster, music, tmp_path):
    folder, local = music
    path = tmp_path / "ray.sqlite"
    options = ["--engine", "ray", "--address", cluster, "--workers", "2", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "synesthete", *command(folder, path), *options],
        cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    victims: list[int] = []
    while process.poll() is None and not (victims := at_work()):
        time.sleep(0.01)
    assert victims, process.communicate()
    os.kill(victims[0], signal.SIGKILL)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 3 and "Traceback" not in err, out + err
    done = [json.loads(line) for line in out.splitlines()][-1]
    assert (done["n_indexed"], done["n_failed"]) == (N_FILES, 1)
    ours, theirs = rows(path), rows(local)
    assert sorted(ours) == sorted(theirs) and len(ours["tracks"]) == N_FILES
    assert [table for table in ours if ours[table] != theirs[table]] == []


def test_control_c_keeps_what_was_done(cluster, music, tmp_path):
    folder, _ = music
    path = tmp_path / "ray.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-m", "synesthete", *command(folder, path), "--engine", "ray", "--address", cluster],
        cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while process.poll() is None and not at_work():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "the same command goes on from here" in err and "Traceback" not in err
    with Catalogue.open(path, is_read_only=True) as catalogue:
        assert not catalogue.integrity_problems() and catalogue.n_broken_references() == 0


def test_an_engine_of_another_version_is_refused(cluster):
    wanted = {"timbre": "another fingerprint"}
    engine = RayEngine(prepare, (AtHome(KnownSounds(Path("none.sqlite"))), wanted), 1)
    with pytest.raises(EngineError, match="cannot begin: .* another version of the encoder 'timbre'"):
        list(engine.run([1]))


def test_actors_that_cannot_start_end_the_run_with_a_sentence(cluster):
    with pytest.raises(EngineError, match="end before they can begin"):
        list(RayEngine(fatal, (), 1).run([1]))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ray://head:10001", "must be HOST:PORT"),
        ("head", "must be HOST:PORT"),
        ("127.0.0.1:99999", "must be HOST:PORT"),
        ("{free}", "No Ray cluster answers at 127.0.0.1:.*ray start --head --port"),
    ],
)
def test_an_address_where_no_cluster_is_is_named(address, message):
    pytest.importorskip("ray")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound, and nobody listens
        address = address.format(free=f"127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(EngineError, match=message):
            _connect(_import_ray(), address)


def test_without_ray_the_way_out_is_named(music, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    assert main([*command(music[0], tmp_path / "x.sqlite"), "--engine", "ray"]) == 1
    assert "pip install -r requirements-ray.txt" in capsys.readouterr().err


def test_an_address_belongs_to_ray(music, tmp_path, capsys):
    assert main([*command(music[0], tmp_path / "x.sqlite"), "--address", "auto"]) == 1
    assert "--address is 'auto', but only a Ray cluster has one: add --engine ray." in capsys.readouterr().err
