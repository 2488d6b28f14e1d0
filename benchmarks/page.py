"""From the drop of a file to ten visible matches, with a real server and a real Chromium, cold and warm.

    python benchmarks/page.py [--drops 8] [--seconds 30 180] [--baseline FOLDER]

``--baseline`` names another checkout: the two take turns, drop by drop, so that both meet the same machine. Beside the
wall clock it says what the server and its decoding process used of the processors until the page had come to rest.

The page itself tells the time, from the browser's word that there is a file to the frame in which the tenth match has
been painted. Playwright's own waiting looks after 0, 20, 70, 170 and 270 ms and then every half second: what was there
after .3 s was seen after .8 s.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.serving import Server, mp3
from synesthete.settings import PROJECT_ROOT
from tests.e2e.conftest import FLAGS, find_browser

TENTH_MATCH = ".match:nth-child(10), [class*='st-key-match-10']"  # the second: how older checkouts draw it
REST_SECONDS = 2.5  # after the matches: pictures, garbage
LONGEST_SECONDS = 240
STOPWATCH = """
([tenth, longest]) => {
  const find = () => {
    const hosts = [...document.querySelectorAll(".st-key-matches *")].filter((element) => element.shadowRoot);
    return [document, ...hosts.map((host) => host.shadowRoot)].map((root) => root.querySelector(tenth)).find(Boolean);
  };
  const isShown = (row) => row?.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  window.shownAfter = new Promise((resolve, reject) => {
    let begin = null;
    document.addEventListener("change", () => {
      begin = performance.now();
      setTimeout(() => reject(new Error("no tenth match")), 1000 * longest);
    }, { capture: true, once: true });
    const afterPaint = new MessageChannel();
    afterPaint.port1.onmessage = () => resolve((performance.now() - begin) / 1000);
    const look = () => {
      if (begin !== null && isShown(find())) afterPaint.port2.postMessage(0);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}"""  # the rows lie in the shadow root of a component


def time_drop(page: Page, song: Path) -> float:
    """Drop a song on the page; seconds until its tenth match has been painted."""
    page.evaluate(STOPWATCH, [TENTH_MATCH, LONGEST_SECONDS])
    page.locator("input[type=file]").set_input_files(song)
    return float(page.evaluate("window.shownAfter"))


def drop(browser: Browser, server: Server, song: Path) -> tuple[float, float]:
    """Seconds until the tenth match is visible on a page just opened, and processor seconds until all is at rest."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(240_000)
    page.goto(server.url)
    chooser = page.locator("input[type=file]")
    chooser.wait_for(state="attached")
    page.wait_for_timeout(700)
    before = server.processor_seconds()
    wall = time_drop(page, song)
    page.wait_for_timeout(1000 * REST_SECONDS)
    spent = server.processor_seconds() - before
    page.context.close()
    return wall, spent


def first_sound(browser: Browser, checkout: Path, song: Path) -> float:
    """Seconds from the drop to ten matches, the first that a server hears, dropped as soon as it can be."""
    server = Server(checkout)
    try:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(server.url)
        chooser = page.locator("input[type=file]")
        chooser.wait_for(state="attached", timeout=240_000)
        wall = time_drop(page, song)
        page.context.close()
        return wall
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
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:

        def file(seconds: int, number: int) -> Path:
            """A song on the disk, as a listener drops it: bytes would first be unpacked by the page's own thread."""
            path = Path(folder) / f"song-{seconds}-{number}.mp3"
            path.write_bytes(mp3(seconds, number))
            return path

        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        cold = file(30, 0)
        for name, checkout in [*checkouts.items()] * arguments.cold:
            print(f"{name:14} first sound of a cold server  {first_sound(browser, checkout, cold):5.2f} s")
        servers = {name: Server(checkout) for name, checkout in checkouts.items()}
        for seconds in arguments.seconds:
            sounds = [file(seconds, 7 * number + 1) for number in range(arguments.drops + 1)]
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
