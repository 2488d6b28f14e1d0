"""Take the README's pictures from the running app: ``make screenshots``."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from synesthete import sampler
from synesthete.settings import PROJECT_ROOT
from tests.e2e.conftest import FLAGS, find_browser, start_server


def main() -> None:
    """Open the Listen page on a track of the built-in catalogue and photograph it."""
    with sampler.open_sampler() as catalogue:
        track = next(track for track in catalogue.tracks() if track.genre == "Bossa Nova")
    server = start_server(Path(tempfile.mkdtemp()))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
            page = browser.new_context(viewport={"width": 1280, "height": 2080}, color_scheme="dark").new_page()
            page.goto(f"{server.url}/?track={track.track_id}")
            page.locator(".match").nth(9).wait_for(timeout=60_000)
            page.locator(".stage.main img").wait_for()
            page.wait_for_timeout(5000)
            page.screenshot(path=PROJECT_ROOT / "docs" / "listen.png")
            browser.close()
    finally:
        server.process.terminate()


if __name__ == "__main__":
    sys.exit(main())
