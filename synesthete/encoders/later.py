"""What is made when it is first asked for: networks, whose library takes longer to import than all else together.

Who only asks an encoder for its identity, such as a run over unchanged files, does not wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Later(Generic[Made]):
    """Something made at the first call, once for all threads.

    Parameters
    ----------
    make : callable
        Makes it; let go of afterwards, with what it holds.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make: Callable[[], Made] | None = make
        self._made: list[Made] = []
        self._lock = threading.Lock()

    def __call__(self) -> Made:
        if not self._made:
            with self._lock:
                if self._make is not None:
                    self._made.append(self._make())
                    self._make = None
        return self._made[0]
