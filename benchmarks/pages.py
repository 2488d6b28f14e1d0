"""What every page costs in a large catalogue: processor time of a rerun on the server, and bytes to the browser.

    python benchmarks/pages.py [--tracks N] [--segments M] [--encoder NAME] [--folder FOLDER] [--port PORT]

Fills a catalogue with N tracks (300,000) of made-up names (benchmarks/synthetic.py) and indexes it; or takes the one
that an earlier run, or benchmarks/scale.py, left in FOLDER. Starts a real server on it and opens each page in a
headless Chromium. For each step it prints the processor time of the server, which other work on the machine does not
change much, and the bytes that reached the browser: by websocket, and by HTTP but for the code of the pages.
The map is made once and then kept; here it is laid out from 1,000 landmarks rather than 8,000.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.synthetic import fill
from synesthete import encoders, settings
from synesthete.catalogue import Catalogue
from synesthete.search import index_folder, make_searchable
from synesthete.settings import Paths


def serve(port: int) -> None:
    """The app, with the server of its own that `make run` starts, too; runs until it is ended."""
    from streamlit.web import cli

    from synesthete.landscape import layout

    layout.fit.__kwdefaults__["n_landmarks"] = 1000
    os.chdir(Path(__file__).resolve().parent.parent)
    options = {"port": str(port), "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    sys.argv = ["streamlit", "run", "app.py", *(f"--server.{name}={value}" for name, value in options.items())]
    cli.main()


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
        """Run the page anew; the key is not for a box that is being typed in."""
        self.page.evaluate("document.activeElement.blur()")
        self.page.locator("body").press("r")


def visit(playwright, url: str, server: int, catalogue: str, track_ids: list[str]) -> None:
    """Open every page, run it again, and do on it what listeners do."""
    seen = Visit(playwright, url, server)
    page = seen.page
    place = f"?catalogue={catalogue}"
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
        if name == "Library":
            words = page.get_by_role("textbox", name="Find", exact=True)
            for text in ("kalo", "rock", "artist 7"):
                seen.step(
                    f"Library: found by {text!r}",
                    lambda text=text, words=words: (words.fill(text), words.press("Enter")),
                )
                seen.step(f"Library: {text!r}, again", seen.again)
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
    parser.add_argument("--segments", type=int, default=4)
    parser.add_argument("--encoder", default=settings.DEFAULT_ENCODER)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--port", type=int, help="where the server listens (default: any free one)")
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import free_port

    encoder = encoders.load(arguments.encoder)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        path = folder / f"{arguments.encoder}-{arguments.tracks}-{arguments.segments}.sqlite"
        if not path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            begin = time.process_time()
            fill(path, encoder, 0, arguments.tracks, arguments.segments)
            with Catalogue.open(path) as catalogue:
                catalogue.renew_moments(encoder)
            print(f"{arguments.tracks:,} tracks written in {time.process_time() - begin:.0f} s of processor time")
        os.environ |= {"SYNESTHETE_HOME": str(folder / "state"), "SYNESTHETE_CATALOGUES": str(path)}
        with Catalogue.open(path, is_read_only=True) as catalogue:
            track_ids = [track.track_id for track in catalogue.suggest("")]
            print(f"{len(catalogue):,} tracks, {path.stat().st_size / 1e6:,.0f} MB")
            made, wanted = path.with_suffix(".index"), index_folder(catalogue, Paths())
            if made.is_dir() and not wanted.exists():  # of benchmarks/scale.py
                wanted.parent.mkdir(parents=True, exist_ok=True)
                wanted.symlink_to(made)
            make_searchable(catalogue, encoder, wanted)
        port = arguments.port or free_port()
        with (folder / "server.log").open("w") as log:
            server = subprocess.Popen(
                [sys.executable, __file__, "--serve", str(port)],
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            wait_for(port)
            with sync_playwright() as playwright:
                visit(playwright, f"http://127.0.0.1:{port}", server.pid, path.stem, track_ids)
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
