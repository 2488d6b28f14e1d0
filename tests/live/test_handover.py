"""Queues that never keep waiting whoever puts something in."""

import queue

from synesthete.live.handover import get, put


def test_a_full_queue_loses_its_oldest():
    waiting = queue.Queue(2)
    for number in range(5):
        put(waiting, number)
    assert [get(waiting, 0.01) for _ in range(3)] == [3, 4, None]
