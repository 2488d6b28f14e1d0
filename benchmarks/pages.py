"""What every page costs in a large catalogue: processor time of a rerun on the server, and bytes to the browser.

    python benchmarks/pages.py [--tracks N] [--folder FOLDER]

Fills a catalogue with N tracks (300,000) of made-up names, straight into its tables, with vectors of sixteen numbers by
an encoder of this file; or takes the one that an earlier run left in FOLDER. Starts a real server on it and opens each
page in a headless Chromium. For each step it prints the processor time of the server, which other work on the machine
does not change much, and the bytes that reached the browser: by websocket, and by HTTP but for the code of the pages.
The map is made once and then kept; here it is laid out from 1,000 landmarks rather than 8,000.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from synesthete import encoders
from synesthete.catalogue import Catalogue
from synesthete.catalogue.schema import sort_key
from synesthete.encoders import registry
from synesthete.encoders.base import Encoder, unit

NAME, SIZE, N_SEGMENTS = "sixteen", 16, 2
BLOCK = 10_000
N_ARTISTS, N_ALBUMS, N_STYLES = 20_000, 40_000, 300
SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "ren",
    "ta",
    "vu",
    "sol",
    "ber",
    "an",
    "dri",
    "el",
    "fo",
    "gar",
    "hin",
    "jo",
    "nu",
    "wen",
)
WORDS = ("jazz", "rock", "guitar", "female vocals", "ambient", "80s", "electronic", "soul", "folk", "metal")


class Sixteen(Encoder):
    """Stands for an encoder; this catalogue's tracks have no audio."""

    name: ClassVar[str] = NAME
    version = "1"
    embedding_size = SIZE
    consumes = "waveform"

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """Nothing to hear."""
        return unit(np.ones((len(batch), SIZE), np.float32))


def register() -> Encoder:
    """Make the encoder known in this process."""
    encoder = Sixteen()
    registry.ENTRIES[NAME] = registry.Entry("none:None", "Sixteen numbers.")
    registry._loaded[NAME] = encoder
    return encoder


def names(rng: np.random.Generator, n: int, most: int) -> list[str]:
    """Made-up names of one to ``most`` words."""
    syllables = np.array(SYLLABLES)

    def word() -> str:
        return "".join(rng.choice(syllables, rng.integers(1, 4))).capitalize()

    vocabulary = [word() for _ in range(6000)]
    lengths, at = rng.integers(1, most + 1, n).tolist(), rng.integers(0, 6000, (n, most)).tolist()
    return [" ".join(vocabulary[k] for k in row[:length]) for row, length in zip(at, lengths, strict=True)]


def rows(n_tracks: int) -> Iterator[list[tuple]]:
    """Blocks of tracks: id, title, artist, album, genre, track_number, year, seconds, style number."""
    rng = np.random.default_rng(7)
    artists, albums, styles = names(rng, N_ARTISTS, 2), names(rng, N_ALBUMS, 3), names(rng, N_STYLES, 1)
    for first in range(0, n_tracks, BLOCK):
        n = min(BLOCK, n_tracks - first)
        titles = names(rng, n, 4)
        artist = (N_ARTISTS * rng.random(n) ** 2).astype(int)  # a few have many tracks
        album = (2 * artist + rng.integers(0, 2, n)) % N_ALBUMS
        style = (N_STYLES * rng.random(n) ** 3).astype(int)
        place, year, seconds = (rng.integers(*ends, n).tolist() for ends in ((1, 15), (1960, 2026), (90, 500)))
        ids = [hashlib.sha256(f"{first + number}".encode()).hexdigest()[:16] for number in range(n)]
        yield [
            (ids[i], titles[i], artists[artist[i]], albums[album[i]], styles[style[i]], place[i], year[i], seconds[i],
             int(style[i]))
            for i in range(n)
        ]  # fmt: skip


def fill(path: Path, encoder: Encoder, n_tracks: int) -> None:
    """Make the catalogue."""
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((N_STYLES, SIZE))
    starts = np.arange(N_SEGMENTS, dtype="<f4") * encoder.hop_seconds
    lengths = np.full(N_SEGMENTS, encoder.segment_seconds, "<f4")
    with Catalogue.open(path) as catalogue:
        catalogue.put_encoder(encoder.fingerprint, NAME, encoder.version, (SIZE, SIZE))
        write = catalogue._connection.executemany
        for pragma in ("cache_size = -400000", "synchronous = OFF"):
            catalogue._rows(f"PRAGMA {pragma}")
        for block in rows(n_tracks):
            near = centres[[row[8] for row in block]]
            vectors = unit(near + 0.6 * rng.standard_normal(near.shape)).astype("<f4")
            segments = unit(vectors[:, None] + 0.3 * rng.standard_normal((len(block), N_SEGMENTS, SIZE))).astype("<f2")
            words = rng.integers(0, len(WORDS), len(block)).tolist()
            with catalogue.transaction():
                write(
                    "INSERT INTO tracks (track_id, title, artist, album, genre, track_number, year, seconds, path,"
                    " isrc, licence, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '', '', '')",
                    [row[:8] for row in block],
                )
                write(
                    "INSERT INTO listing (track_id, title, artist, album, genre, track_number, year, seconds,"
                    " album_artist) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [(row[0], *map(sort_key, row[1:5]), *row[5:8], sort_key("")) for row in block],
                )
                write(
                    "INSERT INTO track_vectors (track_id, fingerprint, digest, features) VALUES (?, ?, ?, ?)",
                    [
                        (row[0], encoder.fingerprint, row[0], vector.tobytes())
                        for row, vector in zip(block, vectors, strict=True)
                    ],
                )
                write(
                    "INSERT INTO segment_vectors (track_id, fingerprint, starts, lengths, matrix)"
                    " VALUES (?, ?, ?, ?, ?)",
                    [
                        (row[0], encoder.fingerprint, starts.tobytes(), lengths.tobytes(), matrix.tobytes())
                        for row, matrix in zip(block, segments, strict=True)
                    ],
                )
                write(
                    "INSERT INTO track_words (track_id, word, probability) VALUES (?, ?, ?)",
                    [
                        (row[0], WORDS[(at + step) % len(WORDS)], probability)
                        for row, at, probability in zip(block, words, rng.random(len(block)).tolist(), strict=True)
                        for step in (0, 3)
                    ],
                )
                catalogue._count_change()


def serve(port: int) -> None:
    """The app with the encoder of this file; runs until it is ended."""
    from streamlit import config
    from streamlit.web import bootstrap

    from synesthete.landscape import layout

    register()
    layout.fit.__kwdefaults__["n_landmarks"] = 1000
    root = Path(__file__).resolve().parent.parent
    os.chdir(root)
    options = {"server.port": port, "server.address": "127.0.0.1", "server.headless": True}
    options |= {"server.fileWatcherType": "none"}
    bootstrap.load_config_options(options)
    for name, value in options.items():
        config.set_option(name, value)
    bootstrap.run(str(root / "app.py"), False, [], options)


class Visit:
    """A browser on the server, and what has come to it."""

    def __init__(self, playwright, url: str, server: int) -> None:
        from tests.e2e.conftest import FLAGS, find_browser

        self.url, self.server = url, server
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        self.page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
        self.page.set_default_timeout(600_000)
        self.by_socket = self.by_http = 0
        client = self.page.context.new_cdp_session(self.page)
        client.send("Network.enable")
        self.urls: dict[str, str] = {}
        client.on("Network.webSocketFrameReceived", self._frame)
        client.on(
            "Network.responseReceived", lambda event: self.urls.update({event["requestId"]: event["response"]["url"]})
        )
        client.on("Network.loadingFinished", self._loaded)

    def _frame(self, event) -> None:
        frame = event["response"]
        n = len(frame["payloadData"])
        self.by_socket += n * 3 // 4 if frame["opcode"] == 2 else n  # binary comes in base 64

    def _loaded(self, event) -> None:
        url = self.urls.get(event["requestId"], "")
        if "/static/" not in url and "plotly.min.js" not in url and "/_stcore/" not in url:
            self.by_http += event["encodedDataLength"]

    def cpu(self) -> float:
        """Processor seconds of the server so far."""
        fields = Path(f"/proc/{self.server}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rest(self) -> None:
        """Wait until the script has run and the server has been still for a while."""
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        still = 0
        while still < 3:
            before = self.cpu()
            self.page.wait_for_timeout(400)
            still = still + 1 if self.cpu() - before < 0.02 else 0
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')

    def step(self, what: str, act) -> None:
        """Do something and print what it cost."""
        cpu, socket, http = self.cpu(), self.by_socket, self.by_http
        act()
        self.page.wait_for_timeout(300)
        self.rest()
        seconds = self.cpu() - cpu
        kilobytes = [(self.by_socket - socket) / 1000, (self.by_http - http) / 1000]
        print(f"{what:44} {seconds:7.2f} s {kilobytes[0]:9,.0f} kB {kilobytes[1]:7,.0f} kB", flush=True)

    def again(self) -> None:
        """Run the page anew."""
        self.page.locator("body").press("r")


def visit(playwright, url: str, server: int, track_ids: list[str]) -> None:
    """Open every page, run it again, and do on it what listeners do."""
    seen = Visit(playwright, url, server)
    page = seen.page
    place = "?catalogue=large"
    print(f"{'':44} {'server':>9} {'websocket':>12} {'HTTP':>10}")
    seen.step("Listen: first visit, index read", lambda: page.goto(f"{url}/{place}"))
    seen.step("nothing at all: the server at rest", lambda: None)
    seen.step("Listen: again", seen.again)
    seen.step("Listen: pick a track", lambda: page.get_by_text("Pick a track").click())
    box = page.get_by_role("combobox", name="One of the")
    seen.step("Listen: one letter typed", lambda: box.fill("k"))
    seen.step("Listen: two words typed", lambda: box.fill("kalo mi"))
    seen.step("Listen: a track asked about (first search)", lambda: page.goto(f"{url}/{place}&track={track_ids[5]}"))
    seen.step("Listen: again", seen.again)
    for name in ("Journey", "Library", "Encoders", "Landscape"):
        seen.step(f"{name}: first visit", lambda name=name: page.goto(f"{url}/{name}{place}"))
        seen.step(f"{name}: again", seen.again)
        if name == "Journey":
            for label, text in (("From", "ren"), ("To", "wen")):
                seen.step(
                    f"Journey: {label.lower()} chosen",
                    lambda label=label, text=text: (
                        page.get_by_role("combobox", name=label).fill(text),
                        page.get_by_role("option").first.click(),
                    ),
                )
            seen.step("Journey: planned, again", seen.again)
    seen.step("Landscape: another visit", lambda: page.goto(f"{url}/Landscape{place}"))
    find = page.get_by_role("textbox", name="Find on the map")
    seen.step("Landscape: found by words", lambda: (find.fill("ren"), find.press("Enter")))
    seen.step(
        "Landscape: coloured by another", lambda: page.get_by_test_id("stMain").get_by_text("Group").first.click()
    )


def main() -> None:
    """Fill, serve, visit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=300_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import free_port

    encoder = register()
    assert encoders.load(NAME) is encoder
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        path = folder / "large.sqlite"
        if not path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            begin = time.process_time()
            fill(path, encoder, arguments.tracks)
            print(f"{arguments.tracks:,} tracks written in {time.process_time() - begin:.0f} s of processor time")
        with Catalogue.open(path, is_read_only=True) as catalogue:
            track_ids = [track.track_id for track in catalogue.suggest("")]
            print(f"{len(catalogue):,} tracks, {path.stat().st_size / 1e6:,.0f} MB")
        port = free_port()
        environment = {"SYNESTHETE_HOME": str(folder / "state"), "SYNESTHETE_CATALOGUES": str(path)}
        with (folder / "server.log").open("w") as log:
            server = subprocess.Popen(
                [sys.executable, __file__, "--serve", str(port)],
                stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **environment},
            )  # fmt: skip
        try:
            wait_for(port)
            with sync_playwright() as playwright:
                visit(playwright, f"http://127.0.0.1:{port}", server.pid, track_ids)
        finally:
            server.kill()  # nothing of it is kept
            server.wait()


def wait_for(port: int) -> None:
    """Until the server answers."""
    import urllib.request

    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("The app did not start.")


if __name__ == "__main__":
    main()
