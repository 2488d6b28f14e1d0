"""First come, first served: never more at once than there are places, in order, and who leaves holds nobody up."""

import threading
import time

import pytest

from synesthete.ui import turns
from synesthete.ui.turns import Turns


@pytest.fixture(autouse=True)
def look_often(monkeypatch):
    monkeypatch.setattr(turns, "LOOK_SECONDS", 0.02)


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("n_at_once", [1, 2])
def test_all_have_their_turn_in_order_and_no_more_at_once_than_there_are_places(n_at_once):
    queue, begun, at_once, most, go_on = Turns(n_at_once), [], [], [], threading.Semaphore(0)

    def visit(number):
        with queue.take():
            begun.append(number)
            at_once.append(number)
            most.append(len(at_once))
            go_on.acquire()
            at_once.remove(number)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(12)]
    for number, visitor in enumerate(visitors):
        visitor.start()
        until(lambda number=number: len(begun) + len(queue._waiting) == number + 1)
    for n_done in range(12):
        until(lambda n_done=n_done: len(begun) >= min(n_done + n_at_once, 12))
        go_on.release()
    for visitor in visitors:
        visitor.join(20)
    assert begun == sorted(begun) if n_at_once == 1 else sorted(begun) == list(range(12))
    assert max(most) == n_at_once
    with queue.take():
        pass


def test_who_waits_is_told_how_many_are_before_and_may_leave():
    queue, told, leave = Turns(1), {1: [], 2: []}, threading.Event()

    class LeftError(Exception):
        pass

    def visit(number):
        def wait(n_before):
            told[number].append(n_before)
            if number == 1 and leave.is_set():
                raise LeftError

        try:
            with queue.take(wait):
                told[number].append("begun")
        except LeftError:
            told[number].append("left")

    with queue.take():
        visitors = []
        for number in (1, 2):
            visitors.append(threading.Thread(target=visit, args=(number,)))
            visitors[-1].start()
            until(lambda number=number: told[number])
        assert (told[1][0], told[2][0]) == (0, 1)
        leave.set()
        until(lambda: told[1][-1] == "left" and told[2][-1] == 0)
        assert "begun" not in told[2]
    for visitor in visitors:
        visitor.join(20)
    assert told[2][-1] == "begun"


def test_a_place_is_given_back_after_an_error():
    queue = Turns(1)
    with pytest.raises(ValueError, match="broken"), queue.take():
        raise ValueError("broken")
    with queue.take():
        pass


def test_it_is_free_until_its_places_are_taken():
    queue = Turns(2)
    with queue.take():
        assert queue.is_free
        with queue.take():
            assert not queue.is_free
    assert queue.is_free
