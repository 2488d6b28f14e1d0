"""One worker process as its parent sees it: asked, held to its limits, and believed in nothing that is not checked."""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from synesthete import settings
from synesthete.audio.excerpts import Excerpt, Reading
from synesthete.audio.placement import CAP_SLACK_SECONDS
from synesthete.audio.tags import Tags
from synesthete.audio.worker_process import TEST_SWITCH, read_message, write_message
from synesthete.errors import AudioError, DecodeLimitError
from synesthete.settings import AudioSettings
from synesthete.text import printable, shorten

START_LIMIT_SECONDS = 60.0  # a cold disk under an antivirus
# Whether a decoder is stuck or slow is a matter of its own time: one that other work has kept waiting gets
# the limit again, as long as it goes on.
STUCK_SHARE, FAIR_SHARE = 0.01, 0.5  # of a processor, during the limit
MOST_LIMITS = 10
REQUESTS_A_WORKER = 500  # then a fresh one: libraries leak a little
MAX_NOTES, MAX_TEXT_CHARACTERS = 16, 600
MAX_PICTURE_BYTES, JPEG_START = 2 * 1024**2, b"\xff\xd8\xff"

# All a worker may know of its surroundings: no tokens or passwords of the server's.
PASSED_ON = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "HOME",
    "PYTHONHOME",
    TEST_SWITCH,
)

# Not "-m synesthete.audio.worker_process": the package's own import of that module would come first, and Python then
# runs it twice under two names.
_PROGRAM = "import sys; from synesthete.audio import worker_process; worker_process.main(int(sys.argv[1]))"

Result = TypeVar("Result")


def _processor_seconds(pid: int) -> float:
    """What a process has used of the processors; 0 where the system does not say it in a file."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


class _WorkerGone(Exception):
    """The pipe ended, or what came through it is no answer."""


class Worker:
    """One warm process that decodes one file at a time."""

    def __init__(self, memory_limit_bytes: int) -> None:
        self.memory_limit_bytes = memory_limit_bytes
        self.n_requests = 0
        root = str(settings.PROJECT_ROOT)
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(memory_limit_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libraries chat there
            cwd=root,
            env=environment,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self._to_worker: Any = self.process.stdin
        self._from_worker: Any = self.process.stdout
        try:
            self._within(START_LIMIT_SECONDS, self._read_header)
        except _WorkerGone as error:
            self.stop()
            raise DecodeLimitError(
                f"The decoding process could not start ({error}). To see why, run "
                f"'{sys.executable} -m synesthete.audio.worker_process {memory_limit_bytes}' in {root}."
            ) from error

    def ask(
        self,
        header: dict[str, Any],
        payload: bytes,
        read_answer: Callable[[Worker, dict[str, Any]], Result],
        time_limit_seconds: float,
        label: str,
    ) -> Result:
        """Have one sound or picture decoded. After a :class:`DecodeLimitError` this worker must not be used again."""
        self.n_requests += 1

        def talk() -> Result:
            self._send(header, payload)
            return read_answer(self, self._read_verdict(label))

        started = time.monotonic()
        try:
            result, is_late = self._within(time_limit_seconds, talk)
        except _WorkerGone as error:
            self.stop()
            if time.monotonic() - started >= time_limit_seconds:
                raise DecodeLimitError(
                    f"{label} took longer than {time_limit_seconds:g} seconds to decode and was stopped. "
                    "Cut out a shorter part, or save it as MP3 or WAV."
                ) from error
            raise DecodeLimitError(
                f"The decoder stopped while reading {label} ({error}). The file may be damaged; save it as MP3 or WAV."
            ) from error
        if is_late:
            self.stop()
        return result

    @property
    def is_usable(self) -> bool:
        """Alive and not worn out."""
        return self.process.poll() is None and self.n_requests < REQUESTS_A_WORKER

    def stop(self) -> None:
        """End the process now."""
        self.process.kill()
        self.process.wait()
        for pipe in (self._to_worker, self._from_worker):
            with contextlib.suppress(OSError):  # what was still to be written has nobody to read it
                pipe.close()

    def _within(self, limit_seconds: float, act: Callable[[], Result]) -> tuple[Result, bool]:
        """Run ``act``; kill the process when the time is over, which ends any wait on its pipes."""
        is_over, killed = threading.Event(), threading.Event()

        def watch() -> None:
            used = first = _processor_seconds(self.process.pid)
            for _ in range(MOST_LIMITS):
                if is_over.wait(limit_seconds):
                    return
                before, used = used, _processor_seconds(self.process.pid)
                share = (used - before) / limit_seconds
                if not STUCK_SHARE < share < FAIR_SHARE or used - first > limit_seconds:
                    break
            killed.set()
            self.process.kill()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            return act(), killed.is_set()
        finally:
            is_over.set()
            watcher.join()  # so that it cannot fire into the next request

    def _send(self, header: dict[str, Any], payload: bytes) -> None:
        try:
            write_message(self._to_worker, header)
            self._to_worker.write(payload)
            self._to_worker.flush()
        except OSError as error:
            raise _WorkerGone("it closed its pipe") from error

    def _read_header(self) -> dict[str, Any]:
        try:
            header = read_message(self._from_worker)
        except ValueError as error:  # JSON's errors and wrong encodings are ValueErrors too
            raise _WorkerGone("its answer was damaged") from error
        if header is None:
            code = self.process.wait()
            raise _WorkerGone(f"signal {-code}" if code < 0 else f"exit code {code}")
        return header

    def _read_verdict(self, label: str) -> dict[str, Any]:
        header = self._read_header()
        if header.get("is_limit"):
            self.stop()
            raise DecodeLimitError(
                f"{label} needs more than {self.memory_limit_bytes / 1024**3:g} GiB of memory to decode and "
                "was stopped. Cut out a shorter part, or save it as MP3 or WAV."
            )
        if "problem" in header:
            raise AudioError(_plain_text(header["problem"]))
        return header

    def read_sound(self, header: dict[str, Any], audio: AudioSettings) -> Reading:
        """The samples behind a header, checked."""
        seconds, notes, spans = _checked(header, audio)
        samples = np.empty(sum(n for _, n in spans), dtype="<f4")
        view = samples.data.cast("B")
        if self._from_worker.readinto(view) != len(view):
            raise _WorkerGone("its answer was cut")
        if not np.isfinite(samples).all():
            raise _WorkerGone("its answer was damaged")
        ends = np.cumsum([n for _, n in spans])
        parts = np.split(samples, ends[:-1])
        excerpts = tuple(Excerpt(start, part) for (start, _), part in zip(spans, parts, strict=True))
        return Reading(excerpts, seconds, notes, Tags.from_plain(header.get("tags")))

    def read_picture(self, header: dict[str, Any]) -> bytes:
        """The JPEG behind a header, checked."""
        n_bytes = header.get("n_bytes")
        if not isinstance(n_bytes, int) or not 0 <= n_bytes <= MAX_PICTURE_BYTES:
            raise _WorkerGone("its answer was damaged")
        picture = self._from_worker.read(n_bytes)
        if len(picture) != n_bytes or (picture and not picture.startswith(JPEG_START)):
            raise _WorkerGone("its answer was damaged")
        return picture


def _checked(header: dict[str, Any], audio: AudioSettings) -> tuple[float, tuple[str, ...], list[tuple[float, int]]]:
    """Length, notes and (start, number of samples) of each excerpt, if they can be true in these settings."""
    longest_seconds = max(audio.whole_seconds + CAP_SLACK_SECONDS, audio.n_excerpts * audio.excerpt_seconds)
    try:
        seconds = float(header["seconds"])
        notes = tuple(_plain_text(note) for note in header["notes"][:MAX_NOTES])
        spans = [(float(start), int(n)) for start, n in header["excerpts"]]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _WorkerGone("its answer was damaged") from error
    is_possible = (
        math.isfinite(seconds)
        and 0 < seconds <= audio.max_seconds
        and 1 <= len(spans) <= max(audio.n_excerpts, 1)
        and all(0 <= start <= seconds and n > 0 for start, n in spans)
        and sum(n for _, n in spans) <= math.ceil((longest_seconds + 1) * audio.sample_rate_hz)
    )
    if not is_possible:
        raise _WorkerGone("its answer was damaged")
    return seconds, notes, spans


def _plain_text(text: Any) -> str:
    """What a worker says, without control characters and of bounded length."""
    return shorten(printable(str(text)), MAX_TEXT_CHARACTERS)
