"""In a browser: encoders side by side, and a slider that changes the ten at once and is kept by a reload."""

import pytest

from synesthete import sampler

pytestmark = pytest.mark.browser


def a_track() -> str:
    with sampler.open_sampler() as catalogue:
        return catalogue.tracks()[30].track_id


def test_a_blend_is_in_the_address_and_a_reload_keeps_it(server, open_page):
    page = open_page(f"{server.url}/?track={a_track()}&blend=timbre:4")
    fold = page.get_by_text("What counts · timbre 4 ×")
    fold.wait_for()
    page.get_by_text("by what counts").wait_for()
    fold.click()
    page.get_by_role("button", name="As usual").click()
    page.get_by_text("What counts", exact=True).wait_for()
    page.wait_for_function("!location.search.includes('blend')")
    page.get_by_role("slider", name="Timbre").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('timbre')")
    page.reload()
    page.get_by_text("What counts · timbre 1.5 ×").wait_for()


def test_encoders_stand_side_by_side(server, open_page):
    page = open_page(f"{server.url}/Encoders")
    box = page.get_by_role("combobox", name="Sound")
    box.click()
    box.fill("storm")
    page.get_by_role("option", name="Storm at the Observatory").click()
    page.get_by_text("only one finds").wait_for()
    for name in ("synesthete", "resnet", "timbre"):
        page.get_by_role("heading", name=name, exact=True).wait_for()
    page.get_by_role("button", name="Play all").nth(2).wait_for()
    assert page.get_by_role("img", name="as timbre sees it").count() == 1
