"""Nothing is lost: a reload, the browser's Back and Forward, a change of page, a link opened elsewhere."""

from urllib.parse import parse_qs, urlsplit

import pytest

from synesthete import sampler
from synesthete.settings import Paths
from tests.e2e.playing import until

pytestmark = pytest.mark.browser
SAMPLER = Paths().sampler


@pytest.fixture(scope="module")
def tracks():
    with sampler.open_sampler() as catalogue:
        return catalogue.tracks()


def drop(page, track):
    page.locator("input[type=file]").set_input_files(str(SAMPLER / track.path))
    heading(page, track.title)


def heading(page, title):
    page.get_by_role("heading", name=title, exact=True).first.wait_for()
    page.locator(".match").nth(0).wait_for()
    at_rest(page)


def at_rest(page):
    page.wait_for_timeout(300)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(state="attached")


def said(page):
    """What the address says."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def onward(page, number=1):
    match = page.locator(".match").nth(number)
    title = match.locator(".title").inner_text()
    match.get_by_role("button", name="More like this").click()
    heading(page, title)
    return title


def choose(page, menu, option):
    page.get_by_role("combobox", name=menu).click()
    page.get_by_role("option", name=option, exact=True).click()
    at_rest(page)


def pick(page, box, title):
    box = page.get_by_role("combobox", name=box, exact=True)
    box.click()
    box.fill(title)
    page.get_by_role("option", name=title).first.click()
    at_rest(page)


def go(page, name):
    page.get_by_role("link", name=name, exact=True).first.click()
    at_rest(page)


def show_options(page):
    page.get_by_text("Search options").click()


def test_a_dropped_sound_its_options_and_its_encoder_outlive_a_reload_and_a_change_of_page(server, open_page, tracks):
    page = open_page(server.url)
    drop(page, tracks[3])
    choose(page, "How it listens", "timbre")
    show_options(page)
    page.get_by_role("spinbutton", name="At most from one artist").fill("1")
    page.keyboard.press("Enter")
    page.wait_for_url("**artist=1**")
    at_rest(page)
    before = said(page)
    titles = page.locator(".match .title").all_inner_texts()
    assert before["sound"].startswith("own-") and before["encoder"] == "timbre"

    page.reload()
    heading(page, tracks[3].title)
    assert page.locator(".match .title").all_inner_texts() == titles and said(page) == before
    page.get_by_role("button", name="Play your sound").click()
    until(page, lambda state: state["isPlaying"])

    go(page, "Library")
    page.get_by_role("heading", name="Library").wait_for()
    go(page, "Listen")
    heading(page, tracks[3].title)
    assert page.locator(".match .title").all_inner_texts() == titles and said(page) == before


def test_back_and_forward_after_more_like_this(server, open_page, tracks):
    page = open_page(server.url)
    drop(page, tracks[3])
    second = onward(page)
    third = onward(page, 2)
    page.go_back()
    heading(page, second)
    page.go_back()
    heading(page, tracks[3].title)
    page.go_back()
    page.get_by_text("No sound at hand?").wait_for()
    assert said(page) == {}
    for title in (tracks[3].title, second, third):
        page.go_forward()
        heading(page, title)
    page.reload()
    heading(page, third)
    page.get_by_role("button", name="Earlier sounds").click()
    page.get_by_role("option", name=second).or_(page.get_by_role("menuitem", name=second)).first.click()
    heading(page, second)


def test_a_passage_is_in_the_address(server, open_page, tracks):
    page = open_page(f"{server.url}/?track={tracks[5].track_id}~4.00-9.00")
    heading(page, tracks[5].title)
    page.get_by_role("button", name="Back to the whole sound").wait_for()
    as_part = page.locator(".match .title").all_inner_texts()
    page.reload()
    page.get_by_role("button", name="Back to the whole sound").wait_for()
    assert page.locator(".match .title").all_inner_texts() == as_part
    page.get_by_role("button", name="Back to the whole sound").click()
    page.get_by_role("button", name="Back to the whole sound").wait_for(state="detached")
    at_rest(page)
    assert said(page) == {"track": tracks[5].track_id}
    page.go_back()
    page.get_by_role("button", name="Back to the whole sound").wait_for()


def test_a_link_opens_the_same_elsewhere_but_for_a_sound_of_ones_own(server, open_page, tracks):
    first = open_page(server.url)
    drop(first, tracks[3])
    own = first.url
    onward(first)
    choose(first, "How it listens", "timbre")
    other = open_page(first.url)
    other.locator(".match").nth(9).wait_for()
    at_rest(first)
    assert other.locator(".match .title").all_inner_texts() == first.locator(".match .title").all_inner_texts()
    assert said(other) == said(first)
    other.goto(own)
    other.get_by_text("such a sound cannot be shared").wait_for()
    assert other.locator(".match").count() == 0


def test_a_journey_outlives_a_reload_a_change_of_page_and_back(server, open_page, tracks):
    page = open_page(f"{server.url}/Journey")
    pick(page, "From", tracks[4].title)
    pick(page, "To", tracks[130].title)
    page.get_by_role("button", name="Add a place on the way").click()
    pick(page, "On the way", tracks[60].title)
    name = f"{tracks[4].title} → {tracks[130].title}"
    page.get_by_role("heading", name=name).wait_for()
    page.locator(".stop .row").nth(11).wait_for()
    stops = page.locator(".stop .title").all_inner_texts()
    before = said(page)
    assert (before["from"], before["via"], before["to"]) == tuple(tracks[each].track_id for each in (4, 60, 130))
    page.reload()
    page.get_by_role("heading", name=name).wait_for()
    page.locator(".stop .row").nth(11).wait_for()
    assert page.locator(".stop .title").all_inner_texts() == stops and said(page) == before
    go(page, "Library")
    page.get_by_role("heading", name="Library").wait_for()
    page.go_back()
    page.get_by_role("heading", name=name).wait_for()
    page.locator(".stop .row").nth(11).wait_for()
    assert page.locator(".stop .title").all_inner_texts() == stops and said(page) == before
    page.go_back()
    page.get_by_role("heading", name=name).wait_for()
    at_rest(page)
    assert "via" not in said(page)


def test_a_file_that_is_taken_out_leaves_no_result(server, open_page, tracks):
    page = open_page(server.url)
    drop(page, tracks[3])
    page.get_by_role("button", name="Remove ").or_(page.get_by_role("button", name="Delete ")).first.click()
    page.get_by_text("No sound at hand?").wait_for()
    at_rest(page)
    assert page.locator(".match").count() == 0 and said(page) == {}


def test_the_track_picker_names_the_sound_that_is_asked_about(server, open_page, tracks):
    page = open_page(server.url)
    page.get_by_role("radio", name="Pick a track").or_(page.get_by_role("button", name="Pick a track")).first.click()
    box = page.get_by_role("combobox", name="One of the ")
    box.click()
    box.fill(tracks[7].title)
    page.get_by_role("option", name=tracks[7].title).first.click()
    heading(page, tracks[7].title)
    title = onward(page)
    assert title in box.input_value()
    go(page, "Library")
    page.get_by_role("heading", name="Library").wait_for()
    go(page, "Listen")
    heading(page, title)
    assert title in page.get_by_role("combobox", name="One of the ").input_value()
    page.go_back()
    page.get_by_role("heading", name="Library").wait_for()
    page.go_back()
    heading(page, title)
    page.go_back()
    heading(page, tracks[7].title)
    assert tracks[7].title in page.get_by_role("combobox", name="One of the ").input_value()


def test_an_open_explanation_is_in_the_address(server, open_page, tracks):
    page = open_page(f"{server.url}/?track={tracks[3].track_id}")
    heading(page, tracks[3].title)
    page.get_by_role("button", name="Why does").first.click()
    page.get_by_role("dialog").get_by_text("Overall, alike by").wait_for()
    assert "match" in said(page)
    page.reload()
    page.get_by_role("dialog").get_by_text("Overall, alike by").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    at_rest(page)
    assert "match" not in said(page)
    page.go_forward()
    page.get_by_role("dialog").get_by_text("Overall, alike by").wait_for()


def test_an_explanation_that_was_closed_is_no_step_of_back(server, open_page, tracks):
    page = open_page(f"{server.url}/?track={tracks[3].track_id}")
    heading(page, tracks[3].title)
    title = onward(page)
    page.get_by_role("button", name="Why does").first.click()
    page.get_by_role("dialog").get_by_text("Overall, alike by").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.wait_for_url(lambda url: "match=" not in url)
    page.get_by_role("heading", name=title, exact=True).first.wait_for()
    at_rest(page)
    page.go_back()
    heading(page, tracks[3].title)


def test_back_is_the_sound_or_the_page_before_whatever_was_set_meanwhile(server, open_page, tracks):
    page = open_page(f"{server.url}/?track={tracks[3].track_id}")
    heading(page, tracks[3].title)
    second = onward(page)
    show_options(page)
    for number in ("1", "2"):
        page.get_by_role("spinbutton", name="At most from one artist").fill(number)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**artist={number}**")
        at_rest(page)
    go(page, "Library")
    page.get_by_text("1 to 50 of").wait_for()
    page.get_by_role("button", name="Page 2").or_(page.get_by_role("button", name="2", exact=True)).first.click()
    page.wait_for_url("**page=2**")
    page.get_by_text("51 to 100 of").wait_for()
    page.reload()
    page.get_by_text("51 to 100 of").wait_for()
    go(page, "Landscape")
    page.get_by_role("heading", name="The landscape").wait_for()
    page.get_by_role("radio", name="Group").or_(page.get_by_role("button", name="Group")).first.click()
    page.wait_for_url("**colour=group**")
    at_rest(page)
    page.go_back()
    page.get_by_text("51 to 100 of").wait_for()
    page.evaluate("history.go(-1); setTimeout(() => history.go(-1), 100)")  # in a hurry, across a page
    heading(page, second)
    assert said(page)["artist"] == "2"
    page.go_back()
    heading(page, tracks[3].title)
    assert "artist" not in said(page)
    page.evaluate("history.go(1); setTimeout(() => history.go(1), 100); setTimeout(() => history.go(1), 200)")
    page.get_by_text("51 to 100 of").wait_for()


def test_an_open_explanation_of_a_step_is_in_the_address(server, open_page, tracks):
    page = open_page(f"{server.url}/Journey?from={tracks[4].track_id}&to={tracks[130].track_id}&why=3")
    page.get_by_role("dialog").get_by_text("Overall, alike by").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    at_rest(page)
    assert "why" not in said(page)


def test_on_a_narrow_window_the_pages_are_seen_and_lead_on_without_a_new_document(server, open_page, tracks):
    page = open_page(f"{server.url}/?track={tracks[3].track_id}")
    heading(page, tracks[3].title)
    row = page.get_by_role("navigation", name="Pages")
    assert not row.is_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    row.get_by_role("link", name="Landscape").wait_for()
    page.evaluate("window.isThisDocument = true")
    for name in ("Library", "Live", "Listen"):
        row.get_by_role("link", name=name, exact=True).click()
        row.locator("[aria-current=page]").get_by_text(name, exact=True).wait_for()
    heading(page, tracks[3].title)
    assert page.evaluate("window.isThisDocument") is True
    box, title = row.bounding_box(), page.locator("h1").bounding_box()
    assert box["width"] <= 390 and box["height"] <= 40 and title["y"] < 80
