"""Take pictures of the running app: the README's (``make screenshots``), or of every page into a folder, to look at.

``python -m tests.e2e.screenshots FOLDER`` photographs each page, empty and in use, in both themes, as wide as a desktop
and as narrow as a phone; ``--catalogue FILE`` shows that catalogue instead of the built-in one.
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from synesthete.settings import PROJECT_ROOT
from tests.e2e.conftest import FLAGS, SOFTWARE_GL, find_browser, start_server
from tests.e2e.scenes import PHONE, REST, a_track, all_scenes, use_landscape_with_sound, use_listen

WIDTHS, THEMES = (1280, PHONE), ("dark", "light")
HEIGHT, TALLEST = 900, 6000  # pixels of the window: while a page is in use, and for its picture
WHOLE_LISTEN = 1280  # that shows the ten matches


def main(arguments: list[str] | None = None) -> None:
    """Photograph what the command line asks for."""
    parser = argparse.ArgumentParser(description="Pictures of the running app.")
    parser.add_argument("folder", nargs="?", type=Path, help="every page goes here; without it, the README's pictures")
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
    """Four pages on tracks of the built-in catalogue, into ``docs/``."""
    first, last = a_track(None, "Bossa Nova"), a_track(None, "Metal")
    with opened(browser, f"{url}/?track={first}", 1280, "dark") as page:
        use_listen(page)
        keep(page, "listen", WHOLE_LISTEN)
        page.get_by_role("button", name="Why does").first.click()
        page.get_by_role("dialog").get_by_text("Overall, alike by").wait_for()
        keep(page, "why", WHOLE_LISTEN)
    with opened(browser, f"{url}/?track={first}", 1280, "dark") as page:
        use_landscape_with_sound(page)
        keep(page, "landscape")
    with opened(browser, f"{url}/Journey?from={first}&to={last}", 1280, "dark") as page:
        page.locator(".stop").nth(11).wait_for()
        keep(page, "journey", WHOLE_LISTEN)


def keep(page: Page, name: str, height: int = HEIGHT) -> None:
    """Save what a window of that height shows as a picture of the README, small enough for it."""
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.set_viewport_size({"width": 1280, "height": height})
    page.wait_for_timeout(2 * REST)
    Image.open(io.BytesIO(page.screenshot())).save(PROJECT_ROOT / "docs" / f"{name}.webp", quality=82, method=6)


def photograph_all(browser: Browser, url: str, folder: Path, catalogue: Path | None, only: str) -> None:
    """Every page in every theme and width."""
    folder.mkdir(parents=True, exist_ok=True)
    for scene in all_scenes(catalogue):
        for width in WIDTHS:
            for theme in THEMES:
                file = folder / f"{scene.name}-{width}-{theme}.png"
                if only not in file.name:
                    continue
                with opened(browser, url + scene.path, width, theme) as page:
                    scene.use(page)
                    whole(page, file)
                    sys.stdout.write(f"{file}\n")


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


if __name__ == "__main__":
    sys.exit(main())
