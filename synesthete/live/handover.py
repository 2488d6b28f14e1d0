"""Queues between threads in which nobody waits to put something in: what does not fit pushes the oldest out."""

from __future__ import annotations

import queue
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")


def get(waiting: queue.Queue[Item], seconds: float) -> Item | None:
    """The next item; None where none comes within some seconds."""
    try:
        return waiting.get(timeout=seconds)
    except queue.Empty:
        return None


def put(waiting: queue.Queue[Item], item: Item) -> None:
    """Put an item into a queue; where it is full, the oldest goes."""
    while True:
        try:
            waiting.put_nowait(item)
            return
        except queue.Full:
            with suppress(queue.Empty):
                waiting.get_nowait()
