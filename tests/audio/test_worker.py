"""The worker processes: limits, crashes, replacement, many threads at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from synesthete.audio.worker import WorkerPool
from synesthete.audio.worker_process import TEST_SWITCH
from synesthete.errors import AudioError, DecodeLimitError
from synesthete.settings import AUDIO, PROJECT_ROOT, DecodeLimits
from tests.sounds import tone, wav_bytes

SOUND = wav_bytes(tone(2.0))


def worker_ids(pool):
    return [one.process.pid for one in pool._idle]


def assert_works(pool):
    reading = pool.decode(SOUND, "'next.wav'")
    assert len(reading.excerpts[0].samples) == 2 * AUDIO.sample_rate_hz


def test_worker_stays_warm(pool):
    assert_works(pool)
    before = worker_ids(pool)
    assert_works(pool)
    with pytest.raises(AudioError, match="empty"):
        pool.decode(b"", "'x'")
    assert worker_ids(pool) == before


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("crash", "stopped while reading 'song.mp3' .signal 11"),
        ("garbage", "stopped while reading 'song.mp3' .its answer was damaged"),
        ("not json", "its answer was damaged"),
        ("huge answer", "its answer was damaged"),
        ("not numbers", "its answer was damaged"),
    ],
)
def test_broken_decoder_is_reported_and_replaced(pool, how, message):
    with pytest.raises(DecodeLimitError, match=message):
        pool.decode(SOUND, "'song.mp3'", misbehave=how)
    assert_works(pool)


def test_hang_is_stopped_at_the_time_limit(pool):
    pool.warm_up()
    started = time.monotonic()
    with pytest.raises(DecodeLimitError, match="'song.mp3' took longer than 0.5 seconds"):
        pool.decode(SOUND, "'song.mp3'", limits=DecodeLimits(time_limit_seconds=0.5), misbehave="hang")
    assert time.monotonic() - started < 2.0
    assert_works(pool)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says in a file what a process has used")
def test_a_decoder_that_other_work_keeps_waiting_gets_more_time(pool):
    pool.warm_up()
    limits = DecodeLimits(time_limit_seconds=0.5)
    assert pool.decode(SOUND, "x", limits=limits, misbehave="plod").seconds == pytest.approx(2.0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps RLIMIT_AS")
def test_memory_is_bounded(pool):
    limits = DecodeLimits(memory_limit_bytes=1 << 30)
    with pytest.raises(DecodeLimitError, match="'song.mp3' needs more than 1 GiB of memory"):
        pool.decode(SOUND, "'song.mp3'", limits=limits, misbehave="eat memory")
    assert_works(pool)


def test_library_that_prints_does_not_spoil_the_answer(pool):
    assert pool.decode(SOUND, "x", misbehave="print").seconds == pytest.approx(2.0)


def test_misbehaviour_needs_the_switch(monkeypatch):
    monkeypatch.delenv(TEST_SWITCH, raising=False)
    pool = WorkerPool(n_workers=1)
    assert pool.decode(SOUND, "x", misbehave="crash").seconds == pytest.approx(2.0)
    pool.close()


def test_worker_killed_while_idle_is_replaced_unseen(pool):
    pool.warm_up()
    (pid,) = worker_ids(pool)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert_works(pool)


def test_worker_killed_half_way_is_reported(pool):
    pool.warm_up()
    (pid,) = worker_ids(pool)
    threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(DecodeLimitError, match="signal 9"):
        pool.decode(SOUND, "x", misbehave="hang")
    assert_works(pool)


def test_threads_share_the_pool_and_get_their_own_answers():
    pool = WorkerPool(n_workers=2)
    lengths = [1.0 + 0.1 * number for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        readings = list(threads.map(lambda s: pool.decode(wav_bytes(tone(s)), "x"), lengths))
    np.testing.assert_allclose([reading.seconds for reading in readings], lengths, atol=1e-3)
    assert len(worker_ids(pool)) <= 2
    pool.close()


def test_waiting_for_a_worker_does_not_use_up_the_time_limit(pool):
    pool.warm_up()
    first = threading.Thread(
        target=lambda: pytest.raises(
            DecodeLimitError, pool.decode, SOUND, "x", AUDIO, DecodeLimits(time_limit_seconds=1.5), "hang"
        )
    )
    first.start()
    time.sleep(0.2)
    assert pool.decode(SOUND, "y", limits=DecodeLimits(time_limit_seconds=1.0)).seconds == pytest.approx(2.0)
    first.join()


def test_worker_knows_no_secrets(pool, monkeypatch):
    monkeypatch.setenv("SPOTIPY_CLIENT_SECRET", "hidden")
    pool.warm_up()
    (pid,) = worker_ids(pool)
    if not os.path.exists(f"/proc/{pid}/environ"):  # noqa: PTH110
        pytest.skip("no /proc here")
    with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
        assert b"hidden" not in file.read()


def test_worker_ends_with_its_parent():
    program = (
        "from synesthete.audio import worker; worker.warm_up();"
        "print(worker._pool._idle[0].process.pid, flush=True); import os; os._exit(0)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    pid = int(answer.stdout)
    for _ in range(100):
        if not is_running(pid):
            return
        time.sleep(0.05)
    pytest.fail(f"worker {pid} outlived its parent")


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_worker_that_cannot_start_says_how_to_see_why(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DecodeLimitError, match=r"could not start .*worker_process"):
        WorkerPool(n_workers=1).decode(SOUND, "x")
