"""A journey as a visitor makes it: by the page's own address, played through, taken home."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from synesthete.settings import Paths
from tests.e2e.playing import until

pytestmark = pytest.mark.browser
SAMPLER = Paths().sampler


def titles(*numbers):
    with (SAMPLER / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [rows[number]["title"] for number in numbers]


def pick(page, menu, title):
    box = page.get_by_role("combobox", name=menu)
    box.click()
    box.fill(title)
    page.get_by_role("option", name=title).first.click()


def stops(page):
    return page.get_by_role("button", name="Play ", exact=False).and_(page.locator(".row"))


@pytest.fixture
def journey(server, open_page):
    page = open_page(f"{server.url}/Journey", accept_downloads=True)
    first, last = titles(4, 130)
    pick(page, "From", first)
    pick(page, "To", last)
    page.get_by_role("heading", name=f"{first} → {last}").wait_for()
    stops(page).nth(11).wait_for()
    return page


def test_a_journey_is_heard_through_and_taken_home(journey):
    page = journey
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    first, last = titles(4, 130)
    assert stops(page).count() == 12
    assert first in stops(page).first.inner_text() and last in stops(page).last.inner_text()
    page.get_by_text("How good is this journey?").click()
    page.get_by_label("Size of each step in order").first.wait_for()

    page.get_by_role("button", name="Play the list").click()
    begins = until(page, lambda now: now["isPlaying"] and now["time"])["time"]
    until(page, lambda now: now["time"] > begins + 0.5)
    waiting = "[...document.querySelectorAll('#synesthete-player audio')].find(audio => audio.paused)"
    page.wait_for_function(f"() => {waiting}?.readyState >= 3")  # HAVE_FUTURE_DATA
    ready = page.evaluate(f"{waiting}.src")
    page.get_by_role("button", name="Next track").click()
    now = until(page, lambda now: now["number"] == 1 and now["isPlaying"])
    assert ready.endswith(now["row"]["url"])
    page.get_by_role("button", name="Pause the list").click()
    until(page, lambda now: not now["isPlaying"])

    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="M3U8").click()
    assert download.value.suggested_filename.endswith(".m3u8")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    paths = [line for line in text.splitlines() if not line.startswith("#")]
    assert text.startswith("#EXTM3U\n") and len(paths) == 12
    assert all(Path(path).is_file() for path in paths)
    assert until(page, lambda now: now["row"])["number"] == 1, "taking the list home must not touch the player"
    assert errors == []


def test_the_player_goes_on_by_itself_and_by_keyboard(journey):
    page = journey
    third = stops(page).nth(2)
    before = third.inner_text()
    page.get_by_role("radio", name="10 s").or_(page.get_by_role("button", name="10 s")).first.click()
    page.evaluate("document.addEventListener('playing', event => { window.begins ??= event.target.currentTime }, true)")
    third.focus()
    expect(third).not_to_have_text(before, use_inner_text=True, timeout=20_000)  # the list is drawn anew
    page.keyboard.press("Enter")  # the focus is where it was
    until(page, lambda now: now["number"] == 2 and now["time"])
    begins = page.evaluate("window.begins")
    minutes, seconds = third.inner_text().rsplit("from ", 1)[1].split(":")
    assert 0 <= begins - (60 * int(minutes) + int(seconds)) < 3
    until(page, lambda now: now["number"] == 3 and now["isPlaying"], seconds=25)
    page.keyboard.press("Enter")  # still on the third: it plays again
    until(page, lambda now: now["number"] == 2 and now["isPlaying"])
    page.get_by_text("3 of 12 · ").first.wait_for()
    page.get_by_role("radio", name="30 s").or_(page.get_by_role("button", name="30 s")).first.click()
    page.wait_for_timeout(2000)
    assert until(page, lambda now: now["number"] == 2)["isPlaying"], "another choice of seconds must not stop the music"
