"""Whose sound is analysed next, where more come than there are processors: first come, first served.

Twenty sounds at once would each take as long as all of them together; one after another, half are answered in half of
that time and the last no later.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK_SECONDS = 0.5  # between two looks at how many are before one; who has left is noticed then


class Turns:
    """A queue before ``n_at_once`` places; shared by threads."""

    def __init__(self, n_at_once: int) -> None:
        self._n_free = n_at_once
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def is_free(self) -> bool:
        """Whether one more would have its turn at once."""
        with self._changed:
            return self._n_free > 0 and not self._waiting

    @contextmanager
    def take(self, on_wait: Callable[[int], object] = lambda n_before: None) -> Iterator[None]:
        """Wait for one's turn, and have a place until the end of the block.

        ``on_wait`` is told now and then how many wait before one; what it raises ends the waiting.
        """
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
        try:
            while not self._begin(ticket):
                with self._changed:
                    n_before = self._waiting.index(ticket)
                on_wait(n_before)
        finally:
            with self._changed:
                if ticket in self._waiting:  # gone before its turn
                    self._waiting.remove(ticket)
                    self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._n_free += 1
                self._changed.notify_all()

    def _begin(self, ticket: object) -> bool:
        """Whether its turn has come; waits a while for it."""

        def is_its_turn() -> bool:
            return self._n_free > 0 and self._waiting[0] is ticket

        with self._changed:
            if not self._changed.wait_for(is_its_turn, LOOK_SECONDS):
                return False
            self._waiting.popleft()
            self._n_free -= 1
            self._changed.notify_all()  # another place may be free for the next
            return True


ANALYSIS = Turns(os.cpu_count() or 1)
