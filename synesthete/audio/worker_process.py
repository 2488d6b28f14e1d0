"""What runs inside a worker (``python -m synesthete.audio.worker_process``), and the messages of both sides.

A message is four bytes of length, big-endian, then that much JSON; sound and file bytes follow raw. The
parent's side is :mod:`synesthete.audio.worker`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

MAX_HEADER_BYTES = 1 << 16
MAX_OPEN_FILES = 64
TEST_SWITCH = "SYNESTHETE_WORKER_TEST"  # lets tests ask a worker to misbehave; never set in use
RESIDENT_CHECK_SECONDS = 0.05


def write_message(pipe: BinaryIO, message: dict[str, Any]) -> None:
    """Write a message; the caller flushes."""
    text = json.dumps(message).encode("ascii")
    pipe.write(len(text).to_bytes(4, "big") + text)


def read_message(pipe: BinaryIO) -> dict[str, Any] | None:
    """Read a message; None when the pipe has ended.

    Raises
    ------
    ValueError
        What came is no message.
    """
    prefix = pipe.read(4)
    if len(prefix) < 4:
        return None
    n_bytes = int.from_bytes(prefix, "big")
    if n_bytes > MAX_HEADER_BYTES:
        raise ValueError(f"a message of {n_bytes} bytes")
    message = json.loads(pipe.read(n_bytes))
    if not isinstance(message, dict):
        raise ValueError("a message that is no object")
    return message


def main(memory_limit_bytes: int) -> None:
    """Decode what the parent sends until it closes the pipe."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not speak for us
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _limit_resources(memory_limit_bytes)
    from synesthete.audio import decode  # within the limits, and not in a parent that only wants the messages

    write_message(answers, {"is_ready": True})
    answers.flush()
    while (request := read_message(requests)) is not None:
        payload = requests.read(request["n_bytes"])
        _limit_processor(request["time_limit_seconds"])
        _answer(decode, request, payload, answers)
        answers.flush()
        del payload


def _answer(decode: ModuleType, request: dict[str, Any], payload: bytes, answers: BinaryIO) -> None:
    """Decode one sound, or its cover, and write the answer."""
    from synesthete.audio.pictures import read_picture
    from synesthete.audio.tags import read_tags
    from synesthete.errors import AudioError
    from synesthete.settings import AudioSettings

    try:
        if request["misbehave"] and os.environ.get(TEST_SWITCH):
            _misbehave(request["misbehave"], answers)
        with BytesIO(payload) if request["path"] is None else Path(request["path"]).open("rb") as file:
            if "cover_pixels" in request:
                picture = read_picture(file, int(request["cover_pixels"]))
                write_message(answers, {"n_bytes": len(picture)})
                answers.write(picture)
                return
            audio = AudioSettings(**request["audio"])
            reading = decode.decode_file(file, request["label"], audio, request["passage"])
            tags = read_tags(file)
    except AudioError as error:
        write_message(answers, {"problem": str(error)})
        return
    except MemoryError:  # the parent then starts a fresh worker
        write_message(answers, {"problem": "memory", "is_limit": True})
        return
    except OSError as error:
        write_message(answers, {"problem": f"{request['label']} could not be opened ({error.strerror})."})
        return
    spans = [(excerpt.start_seconds, len(excerpt.samples)) for excerpt in reading.excerpts]
    answer = {"seconds": reading.seconds, "notes": reading.notes, "excerpts": spans, "tags": asdict(tags)}
    write_message(answers, answer)
    for excerpt in reading.excerpts:
        answers.write(excerpt.samples.astype("<f4", copy=False).tobytes())


def _limit_resources(memory_limit_bytes: int) -> None:
    """Bound memory, files and core dumps as far as the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit alone
        return
    limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, MAX_OPEN_FILES)]
    if sys.platform == "linux":
        limits.append((resource.RLIMIT_AS, memory_limit_bytes))
    for kind, limit in limits:
        _, hard = resource.getrlimit(kind)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (bound, bound))
    if sys.platform != "linux":
        threading.Thread(target=_watch_resident_memory, args=(memory_limit_bytes,), daemon=True).start()


def _watch_resident_memory(limit_bytes: int) -> None:
    """End this process when it has held more than the limit; for systems that do not keep RLIMIT_AS."""
    import resource

    unit_bytes = 1 if sys.platform == "darwin" else 1024
    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit_bytes <= limit_bytes:
        time.sleep(RESIDENT_CHECK_SECONDS)
    os._exit(137)


def _limit_processor(seconds: float) -> None:
    """Let the system end a request that outlives its parent: twice the time limit in processor seconds."""
    try:
        import resource
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(usage.ru_utime + usage.ru_stime + 2 * seconds) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _misbehave(how: str, answers: BinaryIO) -> None:
    """Do what a broken decoder or a hostile file might do."""
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how == "hang":
        time.sleep(3600)
    elif how == "plod":  # as on a machine that is busy with other work
        end = time.monotonic() + 2
        while time.monotonic() < end:
            busy = time.process_time() + 0.02
            while time.process_time() < busy:
                pass
            time.sleep(0.08)
    elif how == "eat memory":
        hoard = []
        while True:
            hoard.append(bytearray(64 << 20))
    elif how == "garbage":
        answers.write(b"\xff" * 100)
    elif how == "not json":
        answers.write(b"\0\0\0\4oops")
    elif how == "huge answer":
        write_message(answers, {"seconds": 1.0, "notes": [], "excerpts": [[0.0, 1 << 40]]})
    elif how == "huge picture":
        write_message(answers, {"n_bytes": 1 << 40})
    elif how == "no picture":
        write_message(answers, {"n_bytes": 6})
        answers.write(b"<html>")
    elif how == "not numbers":
        write_message(answers, {"seconds": 1.0, "notes": [], "excerpts": [[0.0, 2]]})
        answers.write(b"\xff" * 8)
    elif how == "print":
        os.write(1, b"a library that prints to the standard output")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m synesthete.audio.worker_process MEMORY_LIMIT_BYTES (audio.worker does)")
    main(int(sys.argv[1]))
