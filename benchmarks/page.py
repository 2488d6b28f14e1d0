"""From the drop of a file to ten visible matches, with a real server and a real Chromium, cold and warm.

    python benchmarks/page.py [--drops 8] [--seconds 30 180] [--baseline FOLDER]

``--baseline`` names another checkout: the two take turns, drop by drop, so that both meet the same machine. Beside the
wall clock it says what the server and its decoding process used of the processors until the page had come to rest.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import av
import numpy as np
from playwright.sync_api import Browser, sync_playwright

from synesthete import sampler
from synesthete.audio import read_clip
from synesthete.settings import PROJECT_ROOT
from tests.e2e.conftest import FLAGS, find_browser, free_port

RATE_HZ = 44_100
TENTH_MATCH = ".match:nth-child(10), [class*='st-key-match-10']"  # the second: how older checkouts draw it
REST_SECONDS = 2.5  # after the matches: pictures, garbage
TICKS = os.sysconf("SC_CLK_TCK")


def mp3(seconds: int, first_track: int) -> bytes:
    """Music from the built-in catalogue, joined to this length, encoded at 128 kbit/s."""
    samples = np.empty(0, np.float32)
    with sampler.open_sampler() as catalogue:
        tracks = catalogue.tracks()
        while len(samples) < seconds * 22_050:
            track = tracks[first_track % len(tracks)]
            samples = np.concatenate([samples, read_clip(catalogue.audio_path(track)).samples])
            first_track += 1
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp3") as writer:
        stream = writer.add_stream("libmp3lame", rate=RATE_HZ, layout="stereo", bit_rate=128_000)
        pair = np.repeat(samples[None, : seconds * 22_050], 2, axis=0)
        frame = av.AudioFrame.from_ndarray(pair, format="fltp", layout="stereo")
        frame.sample_rate = 22_050
        for part in av.AudioResampler("fltp", "stereo", RATE_HZ, frame_size=1152).resample(frame):
            part.pts = None
            writer.mux(stream.encode(part))
        writer.mux(stream.encode(None))
    return buffer.getvalue()


class Server:
    """The app of a checkout, started as ``make run`` starts it."""

    def __init__(self, checkout: Path) -> None:
        script = "app.py"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._state = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, "--server.headless", "true", "--server.port", str(port)],
            cwd=checkout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "SYNESTHETE_HOME": self._state.name, "PYTHONPATH": str(checkout)},
        )
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1)
                return
            except OSError:
                time.sleep(0.05)

    def processor_seconds(self) -> float:
        """Of the server and its children, so far."""
        return sum(self._ticks(pid) for pid in [self._process.pid, *self._children(self._process.pid)]) / TICKS

    def memory_mb(self) -> float:
        """What the server alone holds in memory now."""
        return int(_read(Path(f"/proc/{self._process.pid}/statm")).split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2

    def n_threads(self) -> int:
        """How many threads the server has now."""
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

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


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""  # it has ended


def drop(browser: Browser, server: Server, data: bytes) -> tuple[float, float]:
    """Seconds until the tenth match is visible on a page just opened, and processor seconds until all is at rest."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(240_000)
    page.goto(server.url)
    chooser = page.locator("input[type=file]")
    chooser.wait_for(state="attached")
    page.wait_for_timeout(700)
    before = server.processor_seconds()
    begin = time.perf_counter()
    chooser.set_input_files({"name": "song.mp3", "mimeType": "audio/mpeg", "buffer": data})
    page.locator(TENTH_MATCH).first.wait_for(timeout=240_000)
    wall = time.perf_counter() - begin
    page.wait_for_timeout(1000 * REST_SECONDS)
    spent = server.processor_seconds() - before
    page.context.close()
    return wall, spent


def first_sound(browser: Browser, checkout: Path, data: bytes) -> float:
    """Seconds from the drop to ten matches, the first that a server hears, dropped as soon as it can be."""
    server = Server(checkout)
    try:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(server.url)
        chooser = page.locator("input[type=file]")
        chooser.wait_for(state="attached", timeout=240_000)
        begin = time.perf_counter()
        chooser.set_input_files({"name": "song.mp3", "mimeType": "audio/mpeg", "buffer": data})
        page.locator(TENTH_MATCH).first.wait_for(timeout=240_000)
        page.context.close()
        return time.perf_counter() - begin
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=8)
    parser.add_argument("--cold", type=int, default=2, help="how many cold servers of each")
    parser.add_argument("--seconds", type=int, nargs="*", default=[30, 180], help="lengths of the MP3s")
    parser.add_argument("--baseline", type=Path)
    arguments = parser.parse_args()
    checkouts = {"this checkout": PROJECT_ROOT}
    if arguments.baseline:
        checkouts["baseline"] = arguments.baseline.resolve()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        cold = mp3(30, 0)
        for name, checkout in [*checkouts.items()] * arguments.cold:
            print(f"{name:14} first sound of a cold server  {first_sound(browser, checkout, cold):5.2f} s")
        servers = {name: Server(checkout) for name, checkout in checkouts.items()}
        for seconds in arguments.seconds:
            sounds = [mp3(seconds, 7 * number + 1) for number in range(arguments.drops + 1)]
            timings: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
            for sound in sounds:
                for name, server in servers.items():
                    timings[name].append(drop(browser, server, sound))
            for name, measured in timings.items():
                wall, spent = np.array(measured[1:]).T  # the first warms
                print(
                    f"{name:14} {seconds:3} s of MP3: visible after p50 {np.median(wall):.2f} s, "
                    f"p95 {np.percentile(wall, 95):.2f} s; processors p50 {np.median(spent):.2f} s"
                )
        for server in servers.values():
            server.stop()
        browser.close()


if __name__ == "__main__":
    main()
