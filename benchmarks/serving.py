"""What benchmarks of the running app share: a server of a checkout, what it uses, and music to send it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np

from synesthete import sampler
from synesthete.audio import read_clip
from tests.e2e.conftest import free_port

RATE_HZ = 44_100
TICKS = os.sysconf("SC_CLK_TCK")


def mp3(seconds: int, first_track: int = 0) -> bytes:
    """Music from the built-in catalogue, joined to this length, encoded at 128 kbit/s."""
    samples = np.empty(0, np.float32)
    with sampler.open_sampler() as catalogue:
        tracks = catalogue.tracks()
        while len(samples) < seconds * 22_050:
            track = tracks[first_track % len(tracks)]
            samples = np.concatenate([samples, read_clip(catalogue.audio_path(track)).samples])
            first_track += 1
    buffer = io.BytesIO()
    write_mp3(buffer, samples[: seconds * 22_050], 22_050)
    return buffer.getvalue()


def write_mp3(
    file: Path | BinaryIO,
    samples: np.ndarray,
    sample_rate_hz: int,
    rate_hz: int = RATE_HZ,
    layout: str = "stereo",
    bit_rate: int = 128_000,
) -> None:
    """Encode [n_samples] or [n_channels, n_samples] at another rate; both sides alike where one becomes two."""
    with av.open(file, "w", format="mp3") as writer:
        stream = writer.add_stream("libmp3lame", rate=rate_hz, layout=layout, bit_rate=bit_rate)
        samples = np.ascontiguousarray(np.atleast_2d(samples), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono" if len(samples) == 1 else "stereo")
        frame.sample_rate = sample_rate_hz
        for part in av.AudioResampler("fltp", layout, rate_hz, frame_size=1152).resample(frame):
            part.pts = None
            writer.mux(stream.encode(part))
        writer.mux(stream.encode(None))


class Server:
    """The app of a checkout, started as ``make run`` starts it, with a home of its own."""

    def __init__(self, checkout: Path, **environment: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._state = tempfile.TemporaryDirectory()
        self.log = Path(self._state.name) / "server.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
                 "--server.port", str(port), "--server.fileWatcherType", "none"],
                cwd=checkout, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, "SYNESTHETE_HOME": self._state.name, "PYTHONPATH": str(checkout), **environment},
            )  # fmt: skip
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1)
                return
            except OSError:
                time.sleep(0.05)

    def processor_seconds(self) -> float:
        """Of the server and its children, so far."""
        return sum(self._ticks(pid) for pid in self._pids()) / TICKS

    def memory_mb(self) -> float:
        """What the server and its children hold now, memory that they share counted once (PSS)."""
        return sum(_memory_mb(pid) for pid in self._pids())

    def own_memory_mb(self) -> float:
        """The same of the server's process alone."""
        return _memory_mb(self._process.pid)

    def n_threads(self) -> int:
        """How many threads the server itself has now."""
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

    def n_files(self) -> int:
        """How many files and sockets the server itself has open now."""
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    def _pids(self) -> list[int]:
        return [self._process.pid, *self._children(self._process.pid)]

    def _children(self, pid: int) -> list[int]:
        found = [int(text) for task in Path(f"/proc/{pid}/task").iterdir() for text in _read(task / "children").split()]
        return [*found, *(below for child in found for below in self._children(child))]

    def _ticks(self, pid: int) -> int:
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        return sum(int(value) for value in fields[11:15]) if fields else 0

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(120)
        self._state.cleanup()


def _memory_mb(pid: int) -> float:
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""  # it has ended
