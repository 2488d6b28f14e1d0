"""Hearts: pressed anywhere, they hold everywhere, over a reload, and run no page anew."""

import pytest

from tests.e2e.playing import until
from tests.e2e.test_address import at_rest, go, heading, tracks  # noqa: F401 - the fixture

pytestmark = pytest.mark.browser


def heart(place, title=""):
    return place.get_by_role("button", name=f"Like: {title}").first


def pressed(button):
    return button.get_attribute("aria-pressed") == "true"


def test_hearts_are_collected_across_pages_and_feed_journey(server, open_page, tracks):  # noqa: F811
    page = open_page(f"{server.url}/?track={tracks[3].track_id}")
    heading(page, tracks[3].title)
    match = page.locator(".match").nth(2)
    title = match.locator(".title").inner_text()
    heart(match).focus()
    page.keyboard.press("Space")
    page.wait_for_function(
        "button => button.getAttribute('aria-pressed') === 'true'", arg=heart(match).element_handle()
    )
    assert heart(match).evaluate("button => button === button.getRootNode().activeElement")
    match.get_by_role("button", name="Play 3:").click()
    until(page, lambda state: state["isPlaying"])
    of_player = heart(page.get_by_role("region", name="Player"), title)
    assert pressed(of_player)
    page.get_by_role("button", name="Next track").click()
    until(page, lambda state: state["number"] == 3)
    other = page.locator(".match").nth(3).locator(".title").inner_text()
    of_player = heart(page.get_by_role("region", name="Player"), other)
    assert not pressed(of_player)
    of_player.click()
    heart(page.locator(".match").nth(3)).and_(page.locator("[aria-pressed=true]")).wait_for()

    page.reload()
    heading(page, tracks[3].title)
    heart(page.locator(".match").nth(2)).and_(page.locator("[aria-pressed=true]")).wait_for()
    go(page, "Journey")
    page.get_by_role("radio", name="From tracks you like").or_(
        page.get_by_role("button", name="From tracks you like")
    ).first.click()
    page.get_by_role("button", name=f"Take out {title}").wait_for()
    page.get_by_role("button", name=f"Take out {other}").wait_for()
    stop = page.locator(".stop").nth(0)
    stop.wait_for()
    third = stop.locator(".title").inner_text()
    heart(stop).click()
    page.get_by_role("button", name=f"Take out {third}").wait_for()  # a list of what is liked follows the hearts
    page.get_by_role("button", name="See and export all 3 tracks").click()
    page.get_by_role("heading", name="Library").wait_for()
    page.get_by_text("3 tracks you like").wait_for()
    at_rest(page)
    assert "liked=1" in page.url
    page.reload()
    page.get_by_text("3 tracks you like").wait_for()


def test_another_browser_likes_for_itself(server, open_page, tracks):  # noqa: F811
    page = open_page(f"{server.url}/?track={tracks[3].track_id}")
    heading(page, tracks[3].title)
    assert not pressed(heart(page.locator(".match").nth(2)))
