"""What a narrow window, a phone's or one at twice the size, must not lose: the menu gives way, nothing is cut short."""

import pytest

from tests.e2e.playing import until
from tests.e2e.scenes import PHONE
from tests.e2e.test_address import at_rest, tracks  # noqa: F401 - the fixture

pytestmark = pytest.mark.browser

CUT = """sidebar => [...sidebar.querySelectorAll('a span, label p, button p')]
    .filter(part => part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflow !== 'visible')
    .map(part => part.innerText)"""


@pytest.mark.parametrize("width", [PHONE, 640], ids=["phone", "200 %"])
def test_the_menu_gives_way_to_the_page_chosen_and_cuts_no_name(server, open_page, width):
    page = open_page(f"{server.url}/Landscape")
    page.set_viewport_size({"width": width, "height": 844})
    page.reload()
    page.get_by_role("heading", name="The landscape").wait_for()
    menu = page.get_by_test_id("stSidebar")
    for name, heading in (("Library", "Library"), ("Journey", "Travel through sound")):
        page.get_by_test_id("stExpandSidebarButton").click()
        chosen = menu.get_by_role("link", name=name)
        page.wait_for_timeout(500)  # it slides in
        assert menu.bounding_box()["x"] == 0 and menu.evaluate(CUT) == []
        chosen.click()
        page.get_by_role("heading", name=heading, level=1).wait_for()
        page.wait_for_function("document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right <= 0")
        at_rest(page)


@pytest.mark.parametrize("width", [PHONE, 640, 1280])
def test_where_one_is_in_a_track_can_be_seen_and_chosen(server, open_page, tracks, width):  # noqa: F811
    page = open_page(f"{server.url}/?track={tracks[3].track_id}")
    page.set_viewport_size({"width": width, "height": 844})
    page.locator(".match").nth(9).wait_for()
    page.locator(".match").first.get_by_role("button", name="Play 1:").click()
    before = until(page, lambda state: state["isPlaying"] and state["time"] > 0)
    bar = page.get_by_role("slider", name="Position in the track").bounding_box()
    assert bar["width"] > width / 4 and bar["x"] >= 0 and bar["x"] + bar["width"] <= width
    page.mouse.click(bar["x"] + 0.9 * bar["width"], bar["y"] + bar["height"] / 2)
    until(page, lambda state: state["time"] > before["time"] + 3)
