"""Finding a track by typing, with the keys alone and with the pointer, in a real browser."""

import csv

import pytest

from synesthete.settings import Paths

pytestmark = pytest.mark.browser


@pytest.fixture
def titles():
    with (Paths().sampler / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        return [row["title"] for row in csv.DictReader(lines)]


def options(page):
    return page.get_by_role("option")


def test_a_track_is_found_chosen_and_cleared_with_the_keys(server, open_page, titles):
    page = open_page(f"{server.url}/Journey")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    box = page.get_by_role("combobox", name="From")
    box.focus()
    options(page).nth(5).wait_for()  # the newest are offered
    box.press_sequentially(titles[30], delay=20)
    options(page).filter(has_text=titles[30]).first.wait_for()
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == options(page).first.get_attribute("id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert box.input_value().startswith(titles[30]) and box.get_attribute("aria-expanded") == "false"
    box.press_sequentially("x")
    page.keyboard.press("Escape")  # what was chosen stands there again
    assert box.input_value().startswith(titles[30])
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Clear").wait_for(state="hidden")
    assert box.input_value() == "" and errors == []


def test_who_types_on_and_presses_enter_gets_the_first_of_what_was_meant(server, open_page, titles):
    page = open_page(f"{server.url}/Journey")
    page.get_by_role("combobox", name="From").fill(titles[8])
    page.keyboard.press("Enter")  # before the answer is there
    page.get_by_role("button", name="Clear").first.wait_for()
    assert page.get_by_role("combobox", name="From").input_value().startswith(titles[8])
    other = page.get_by_role("combobox", name="To")
    other.fill("no such track anywhere")
    page.get_by_text("No track is called that").wait_for()
    other.fill(titles[90])
    options(page).first.click()
    page.get_by_role("heading", name=f"{titles[8]} → {titles[90]}").wait_for()
