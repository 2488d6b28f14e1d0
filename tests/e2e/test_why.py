"""Why two sounds match, in a real browser: opened from a match, played side by side."""

import pytest

from synesthete import sampler

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
    window.get_by_role("heading", name="Alike").wait_for()
    assert window.locator(".pair img").count() == 2
    page.wait_for_function("() => [...document.querySelectorAll('.pair img')].every((image) => image.naturalWidth)")

    grid = window.locator("canvas.grid")
    box = grid.bounding_box()
    grid.click(position={"x": box["width"] - 2, "y": box["height"] - 2})  # the last segment of both
    page.wait_for_function(f"() => ({SOUNDING})().length === 2 && ({SOUNDING})().every(([time]) => time > 3)")
    assert sorted(muted for _, muted in page.evaluate(SOUNDING)) == [False, True]
    assert window.get_by_role("button", name="A ").get_attribute("aria-pressed") == "true"
    window.get_by_role("button", name="B ").click()
    assert window.get_by_role("button", name="B ").get_attribute("aria-pressed") == "true"
    window.get_by_role("button", name="Pause").click()
    page.wait_for_function(f"() => ({SOUNDING})().length === 0")

    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelectorAll('body > audio').length === 0")
