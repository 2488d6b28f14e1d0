"""Every page as a visitor may see it, empty and in use: for pictures, and for checks that hold on all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page

from synesthete.catalogue import Catalogue
from synesthete.settings import Paths

REST = 1500  # ms in which what moves comes to rest
PHONE = 390  # pixels of width


@dataclass(frozen=True)
class Scene:
    """A page in a state: where it begins, and what brings the state about."""

    name: str
    path: str
    use: Callable[[Page], None]


def all_scenes(catalogue: Path | None = None) -> list[Scene]:
    """Every page, of another catalogue than the built-in one where it is named."""
    query = {"catalogue": catalogue.stem} if catalogue else {}
    plain, asked = urlencode(query), urlencode(query | {"track": a_track(catalogue)})
    return [
        Scene("listen", f"/?{plain}", lambda page: page.get_by_text("No sound at hand?").wait_for()),
        Scene("listen-sound", f"/?{asked}", use_listen),
        Scene("listen-why", f"/?{asked}", use_why),
        Scene("live", f"/Live?{plain}", lambda page: page.get_by_role("button", name="Start listening").wait_for()),
        Scene("landscape", f"/Landscape?{plain}", use_landscape),
        Scene("landscape-sound", f"/?{asked}", use_landscape_with_sound),
        Scene("journey", f"/Journey?{plain}", lambda page: page.get_by_text("Choose where").wait_for()),
        Scene("journey-a-b", f"/Journey?{plain}", use_journey),
        Scene("journey-one", f"/?{asked}", use_one_sound),
        Scene("library", f"/Library?{plain}", use_library),
        Scene("encoders", f"/Encoders?{plain}", lambda page: page.get_by_text("Choose two encoders").wait_for()),
        Scene("encoders-compared", f"/?{asked}", use_encoders),
        Scene("encoders-all", f"/Encoders?{plain}", use_all_encoders),
    ]


def a_track(catalogue: Path | None, genre: str = "") -> str:
    """The id of a track to ask about."""
    path = catalogue or Paths().sampler / "catalogue.sqlite"
    with Catalogue.open(path, is_read_only=True) as opened_catalogue:
        tracks = opened_catalogue.tracks()
    return next((track for track in tracks if genre in track.genre), tracks[0]).track_id


def use_listen(page: Page) -> None:
    """Wait for the matches and the picture."""
    page.locator(".match").nth(9).wait_for()
    page.locator(".stage.main img").wait_for()


def use_why(page: Page) -> None:
    """Open the window that says why the first match matches."""
    use_listen(page)
    page.get_by_role("button", name="Why does").first.click()
    page.get_by_role("dialog").locator("img").first.wait_for()


def use_encoders(page: Page) -> None:
    """Compare encoders by the sound asked about."""
    use_listen(page)
    follow(page, "Encoders")
    page.get_by_text("only one finds").wait_for()
    page.locator(".match").nth(29).wait_for()


def use_all_encoders(page: Page) -> None:
    """Look at the cards."""
    page.get_by_role("radio", name="All encoders").click()
    page.get_by_text("Default").first.wait_for()


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
    if (page.viewport_size or {})["width"] == PHONE:
        page.get_by_test_id("stExpandSidebarButton").click()
        page.wait_for_timeout(REST)
    page.get_by_role("link", name=name).first.click()
