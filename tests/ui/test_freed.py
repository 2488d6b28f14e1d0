"""What is let go of leaves the process."""

import asyncio
import platform
import threading
from pathlib import Path

import numpy as np
import pytest

from synesthete.ui import freed


def resident_mb():
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps it so")
def test_what_another_thread_has_let_go_of_goes_back_to_the_system():
    def work():
        pieces = [np.ones(10_000) for _ in range(2000)]  # 160 MB in pieces too small for pages of their own
        kept.append(pieces[-1])  # which holds the place of all before it

    kept = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    before = resident_mb()
    freed.give_back()
    assert resident_mb() < before - 100


def test_it_goes_on_until_it_is_cancelled(monkeypatch):
    times = []
    monkeypatch.setattr(freed, "give_back", lambda: times.append(1))

    async def serve():
        giving_back = asyncio.create_task(freed.keep_giving_back(0.01))
        while len(times) < 3:
            await asyncio.sleep(0.01)
        giving_back.cancel()
        with pytest.raises(asyncio.CancelledError):
            await giving_back

    asyncio.run(asyncio.wait_for(serve(), 20))
