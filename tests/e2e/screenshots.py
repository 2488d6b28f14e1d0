"""Take pictures of the running app: the README's (``make screenshots``), or of every page into a folder, to look at.

``python -m tests.e2e.screenshots FOLDER`` photographs each page, empty and in use, in both themes, as wide as a desktop
and as narrow as a phone; ``--catalogue FILE`` shows that catalogue instead of the built-in one.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from synesthete.catalogue import Catalogue
from synesthete.settings import PROJECT_ROOT, Paths
from tests.e2e.conftest import FLAGS, SOFTWARE_GL, find_browser, start_server

WIDTHS, PHONES, THEMES = (1280, 390), (390,), ("dark", "light")
HEIGHT, TALLEST = 900, 6000  # pixels of the window: while a page is in use, and for its picture
REST = 1500  # ms in which what moves comes to rest


def main(arguments: list[str] | None = None) -> None:
    """Photograph what the command line asks for."""
    parser = argparse.ArgumentParser(description="Pictures of the running app.")
    parser.add_argument("folder", nargs="?", type=Path, help="every page goes here; without it, the README's picture")
    parser.add_argument("--catalogue", type=Path, help="show this catalogue instead of the built-in one")
    parser.add_argument("--only", default="", help="only pictures whose name holds this")
    chosen = parser.parse_args(arguments)
    more = {"SYNESTHETE_CATALOGUES": str(chosen.catalogue.absolute())} if chosen.catalogue else {}
    server = start_server(Path(tempfile.mkdtemp()), SYNESTHETE_OWNER="local", **more)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=[*FLAGS, *SOFTWARE_GL])
            if chosen.folder:
                photograph_all(browser, server.url, chosen.folder, chosen.catalogue, chosen.only)
            else:
                photograph_readme(browser, server.url)
            browser.close()
    finally:
        server.process.terminate()


def photograph_readme(browser: Browser, url: str) -> None:
    """The Listen page on a track of the built-in catalogue."""
    track_id = a_track(None, "Bossa Nova")
    with opened(browser, f"{url}/?track={track_id}", 1280, "dark") as page:
        use_listen(page)
        whole(page, PROJECT_ROOT / "docs" / "listen.png")


def photograph_all(browser: Browser, url: str, folder: Path, catalogue: Path | None, only: str) -> None:
    """Every page in every theme and width."""
    folder.mkdir(parents=True, exist_ok=True)
    query = {"catalogue": catalogue.stem} if catalogue else {}
    asked = urlencode(query | {"track": a_track(catalogue)})
    scenes: dict[str, tuple[str, Callable[[Page], None]]] = {
        "listen": (f"/?{urlencode(query)}", lambda page: page.get_by_text("No sound at hand?").wait_for()),
        "listen-sound": (f"/?{asked}", use_listen),
        "listen-why": (f"/?{asked}", use_why),
        "landscape": (f"/Landscape?{urlencode(query)}", use_landscape),
        "landscape-sound": (f"/?{asked}", use_landscape_with_sound),
        "journey": (f"/Journey?{urlencode(query)}", lambda page: page.get_by_text("Choose where").wait_for()),
        "journey-a-b": (f"/Journey?{urlencode(query)}", use_journey),
        "journey-one": (f"/?{asked}", use_one_sound),
        "library": (f"/Library?{urlencode(query)}", use_library),
        "encoders": (f"/Encoders?{urlencode(query)}", lambda page: page.get_by_text("Default").first.wait_for()),
    }
    for name, (path, use) in scenes.items():
        for width in WIDTHS:
            for theme in THEMES:
                file = folder / f"{name}-{width}-{theme}.png"
                if only not in file.name:
                    continue
                with opened(browser, url + path, width, theme) as page:
                    use(page)
                    whole(page, file)
                    sys.stdout.write(f"{file}\n")


def a_track(catalogue: Path | None, genre: str = "") -> str:
    """The id of a track to ask about."""
    path = catalogue or Paths().sampler / "catalogue.sqlite"
    with Catalogue.open(path, is_read_only=True) as opened_catalogue:
        tracks = opened_catalogue.tracks()
    return next((track for track in tracks if genre in track.genre), tracks[0]).track_id


@contextmanager
def opened(browser: Browser, url: str, width: int, theme: str) -> Iterator[Page]:
    """A page in a browser of its own settings."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(url)
    yield page
    context.close()


def whole(page: Page, file: Path) -> None:
    """Save the whole page: Streamlit scrolls inside the window, so the window is made as high as the page."""
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(REST)
    width = (page.viewport_size or {})["width"]
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(height, HEIGHT), TALLEST)})
    page.wait_for_timeout(REST)
    page.screenshot(path=file)


def use_listen(page: Page) -> None:
    """Wait for the matches and the picture."""
    page.locator(".match").nth(9).wait_for()
    page.locator(".stage.main img").wait_for()


def use_why(page: Page) -> None:
    """Open the window that says why the first match matches."""
    use_listen(page)
    page.get_by_role("button", name="Why does").first.click()
    page.get_by_role("dialog").locator("img").first.wait_for()


def use_landscape(page: Page) -> None:
    """Wait for the map."""
    page.locator(".sy-stage[data-drawn]").wait_for()


def use_landscape_with_sound(page: Page) -> None:
    """Go to the map with the sound asked about."""
    use_listen(page)
    follow(page, "Landscape")
    use_landscape(page)
    page.get_by_text("You are here:").wait_for()


def use_journey(page: Page) -> None:
    """Let chance choose the ends."""
    page.get_by_role("button", name="Surprise me").click()
    page.locator(".stop").nth(11).wait_for()


def use_one_sound(page: Page) -> None:
    """What sounds like the sound asked about."""
    use_listen(page)
    follow(page, "Journey")
    page.get_by_text("From one sound").click()
    page.locator(".stop").nth(9).wait_for()


def use_library(page: Page) -> None:
    """Wait for the table."""
    page.get_by_test_id("stDataFrame").first.wait_for()


def follow(page: Page, name: str) -> None:
    """Choose a page from the menu, which a phone shows on demand."""
    if (page.viewport_size or {})["width"] in PHONES:
        page.get_by_test_id("stExpandSidebarButton").click()
        page.wait_for_timeout(REST)
    page.get_by_role("link", name=name).first.click()


if __name__ == "__main__":
    sys.exit(main())
