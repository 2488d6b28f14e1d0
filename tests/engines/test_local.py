"""Jobs over processes: all done once, whatever dies."""

import os
import subprocess
import sys
import time

import pytest

from synesthete.engines import LocalEngine, WorkerLostError
from synesthete.errors import EngineError, SynestheteError
from synesthete.settings import PROJECT_ROOT
from tests.engines.workers import fatal, refused, square, troubled


def test_every_job_is_done_once():
    found = sorted(LocalEngine(square, (1,), n_workers=2).run(range(50)))
    assert found == [(job, job * job + 1) for job in range(50)]


def test_no_jobs_no_results():
    assert list(LocalEngine(square, (1,), n_workers=1).run([])) == []


def test_jobs_are_taken_as_workers_can_hold_them():
    taken = []

    def jobs():
        for number in range(100):
            taken.append(number)
            yield ("wait", number)

    results = LocalEngine(troubled, ("",), n_workers=2).run(jobs())
    for n_done in range(1, 20):
        next(results)
        assert len(taken) <= n_done + 2 * 2
    results.close()
    assert len(taken) < 30


def test_both_processes_work():
    done = LocalEngine(troubled, ("",), n_workers=2).run([("wait", number) for number in range(20)])
    assert len({result[1] for _, result in done}) == 2


def test_an_error_is_a_result():
    done = dict(LocalEngine(troubled, ("",), n_workers=1).run([("raise", 1), ("fine", 2)]))
    assert isinstance(done["raise", 1], SynestheteError) and "job 1 cannot be done" in str(done["raise", 1])
    assert done["fine", 2][0] == 2


def test_a_lost_process_is_replaced_and_its_jobs_are_done(tmp_path):
    jobs = [("die once" if number % 5 == 2 else "fine", number) for number in range(20)]
    done = list(LocalEngine(troubled, (str(tmp_path),), n_workers=2).run(jobs))
    assert sorted(result[0] for _, result in done) == list(range(20))


def test_a_job_that_kills_twice_is_given_up_and_the_others_go_on():
    jobs = [("fine", 0), ("die always", 1), *(("fine", number) for number in range(2, 8))]
    done = dict(LocalEngine(troubled, ("",), n_workers=2).run(jobs))
    assert len(done) == len(jobs)
    assert isinstance(done["die always", 1], WorkerLostError) and "SIGSEGV" in str(done["die always", 1])
    assert all(done["fine", number][0] == number for number in (0, *range(2, 8)))


def test_workers_that_cannot_begin_give_up_no_job():
    for prepare, why in ((refused, "the weights are of another encoder"), (fatal, "SIGKILL")):
        with pytest.raises(EngineError, match=why):
            list(LocalEngine(prepare, n_workers=2).run(range(10)))


@pytest.mark.parametrize("signal_name", ["SIGKILL", "SIGTERM"])
def test_workers_end_with_their_parent(signal_name):
    code = (
        "from synesthete.engines import LocalEngine\nfrom tests.engines.workers import troubled\n"
        "if __name__ == '__main__':\n"
        "    jobs = (('wait', number) for number in range(10**6))\n"
        "    for _, (number, pid) in LocalEngine(troubled, ('',), n_workers=1).run(jobs):\n"
        "        print(pid, flush=True)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.send_signal(getattr(__import__("signal"), signal_name))
    parent.wait()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail(f"the worker {worker} outlived its parent")
