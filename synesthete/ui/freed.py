"""Memory that is free goes back to the operating system: the C library keeps what many threads have let go of."""

from __future__ import annotations

import asyncio
import ctypes
from contextlib import suppress

EVERY_SECONDS = 30.0


def give_back() -> bool:
    """Give free memory back; returns whether any was. Where the C library is not glibc nothing is done."""
    with suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).malloc_trim(0))
    return False


async def keep_giving_back(every_seconds: float = EVERY_SECONDS) -> None:
    """Give it back now and then, beside what the server does, until cancelled."""
    while True:
        await asyncio.sleep(every_seconds)
        await asyncio.to_thread(give_back)
