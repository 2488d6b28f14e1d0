"""The Library page in a real browser: music is indexed from it, through a reload, and a click on a track plays it."""

import re

import pytest

from tests.e2e.conftest import start_server
from tests.e2e.playing import now, until
from tests.sounds import melody, wav_bytes

pytestmark = pytest.mark.browser


@pytest.fixture
def owned(tmp_path):
    """A server whose owner sits at this computer, with a folder of six sounds and a letter."""
    jazz = tmp_path / "music" / "jazz"
    jazz.mkdir(parents=True)
    for number in range(6):
        (jazz / f"Own {number}.wav").write_bytes(wav_bytes(melody(4.0, seed=number)))
    (jazz / "letter.mp3").write_text("Dear all, " * 100)
    server = start_server(tmp_path, SYNESTHETE_OWNER="local", SYNESTHETE_MUSIC=str(tmp_path / "music"))
    yield server
    server.process.terminate()
    server.process.wait(10)


def is_playing(state, title):
    return bool(state.get("isPlaying")) and state["row"]["title"] == title and state["time"] > 0


def click_on_row(page, number):
    """Cells of the table are drawn on a canvas: the header is 35 pixels high, as is each row."""
    table = page.locator("[class*='st-key-library-']").get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    table.click(position={"x": 150, "y": 35 * (number + 1) + 17})


def test_a_folder_is_indexed_from_the_page_and_played(owned, open_page):
    page = open_page(f"{owned.url}/Library")
    page.get_by_text("Begin with the built-in music").wait_for()
    page.get_by_role("combobox", name="Open a folder in it").click()
    page.get_by_role("option", name="jazz").click()
    page.get_by_role("button", name="Index jazz").click()  # at once, while the page is still being drawn
    state = re.compile("Listening to jazz|jazz is in your library")  # on a fast machine it may be through by now
    page.get_by_text(state).wait_for()
    page.reload()
    page.get_by_text(state).wait_for()
    page.get_by_role("link", name="Encoders").first.click()
    page.get_by_role("heading", name="Encoders").wait_for()
    page.get_by_role("link", name="Library").first.click()
    page.get_by_text("jazz is in your library").wait_for(timeout=120_000)
    page.get_by_text("6 new files, 0 known already, 1 could not be read").wait_for()
    page.get_by_role("button", name="Show them").click()
    page.get_by_text("6 tracks of your own music").wait_for()
    for number in (0, 3):
        click_on_row(page, number)
        page.locator(".st-key-now-playing").get_by_text(f"Own {number}").wait_for()
        until(page, lambda state, title=f"Own {number}": is_playing(state, title), seconds=60)
    page.get_by_role("textbox", name="Find").fill("own 4")
    page.keyboard.press("Enter")
    page.get_by_text("1 track. Tick tracks to export").wait_for()
    assert now(page)["row"]["title"] == "Own 3", "a search leaves alone what plays"
    page.get_by_role("button", name="More like this").click()
    page.get_by_role("heading", name="Own 3").wait_for()


def test_who_comes_through_a_proxy_is_no_owner(owned, open_page):
    page = open_page(f"{owned.url}/Library", extra_http_headers={"X-Forwarded-For": "203.0.113.7"})
    page.get_by_text("Begin with the built-in music").wait_for()
    page.get_by_text("Drop files").wait_for()
    assert page.get_by_role("button", name="Index").count() == 0
