"""Why two sounds match, in a real browser: opened from a match, played side by side."""

import pytest

from synesthete import sampler
from tests.e2e.test_journey import pick, titles

pytestmark = pytest.mark.browser

SOUNDING = """() => [...document.querySelectorAll("body > audio")]
    .filter((audio) => !audio.paused).map((audio) => [audio.currentTime, audio.muted])"""


def test_a_match_is_explained_and_both_play_from_where_it_is_clicked(server, open_page):
    with sampler.open_sampler() as catalogue:
        track = next(track for track in catalogue.tracks() if track.genre == "Bossa Nova")
    page = open_page(f"{server.url}/?track={track.track_id}")
    page.locator("button.why").first.click()
    window = page.get_by_role("dialog")
    window.get_by_text("Why do these match?").wait_for()
    window.locator("strong", has_text="Alike").first.wait_for()
    window.locator(".pair img").nth(1).wait_for()
    page.wait_for_function("() => [...document.querySelectorAll('.pair img')].every((image) => image.naturalWidth)")

    grid = window.locator("canvas.grid")
    box = grid.bounding_box()
    grid.click(position={"x": 0.35 * box["width"], "y": 0.35 * box["height"]})  # some way into both
    page.wait_for_function(f"() => ({SOUNDING})().length === 2 && ({SOUNDING})().every(([time]) => time > 3)")
    assert sorted(muted for _, muted in page.evaluate(SOUNDING)) == [False, True]
    of_query, of_match = window.locator(".choice").all()
    assert of_query.get_attribute("aria-pressed") == "true"
    of_match.click()
    assert of_match.get_attribute("aria-pressed") == "true" and of_query.get_attribute("aria-pressed") == "false"
    window.get_by_role("button", name="Pause").click()
    page.wait_for_function(f"() => ({SOUNDING})().length === 0")

    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelectorAll('body > audio').length === 0")


def test_a_step_of_a_journey_is_explained(server, open_page):
    page = open_page(f"{server.url}/Journey")
    first, last = titles(4, 130)
    pick(page, "From", first)
    pick(page, "To", last)
    page.locator(".player .why:not(.hidden)").nth(2).click()
    window = page.get_by_role("dialog")
    window.locator("strong", has_text="Alike").first.wait_for()
    window.locator(".pair img").nth(1).wait_for()
    before, after = page.locator(".row .title").nth(2).inner_text(), page.locator(".row .title").nth(3).inner_text()
    assert window.locator(".pair figcaption b").all_inner_texts() == [f"A · {before}", f"B · {after}"]
