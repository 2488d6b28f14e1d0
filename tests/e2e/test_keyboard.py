"""The main thing of every page, done with keys alone: what is used is found with Tab, by its accessible name."""

import pytest

from tests.e2e.conftest import SOFTWARE_GL
from tests.e2e.playing import until
from tests.e2e.test_journey import titles

pytestmark = pytest.mark.browser
FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (!element || element === document.body) return "";
  const isControl = element.matches("a, button, summary, [role=radio], [role=tab]"); // whose text is its name
  const label = element.getAttribute("aria-label") || element.labels?.[0]?.innerText;
  const name = label || (isControl && element.innerText) || "";
  return `${element.getAttribute("role") ?? element.tagName.toLowerCase()}: ${name.trim()}`;
}"""
MOST_STEPS = 150


def tab_to(page, name, key="Tab"):
    """Press Tab until something is in focus whose role and name hold this; what was met on the way is in the error."""
    met = []
    for _ in range(MOST_STEPS):
        page.keyboard.press(key)
        met.append(page.evaluate(FOCUSED))
        if name in met[-1]:
            return met[-1]
    raise AssertionError(f"Tab never comes to “{name}”, but to {list(dict.fromkeys(met))}")


def choose(page, box, title):
    """Find a track in a box by typing and take the first that comes."""
    tab_to(page, f"combobox: {box}")
    page.keyboard.type(title)
    page.get_by_role("option", name=title).first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def choose_the_first_row(page):
    """Of the page's table."""
    page.locator("canvas [role=grid]").wait_for(state="attached")  # the table says its rows once it rests
    assert all_named(page) == []
    tab_to(page, "canvas")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")


def all_named(page):
    """Every stop of Tab on the page has a name."""
    return page.evaluate("""() => {
      const roots = [document], nameless = [];
      for (const root of roots) for (const element of root.querySelectorAll("*")) {
        if (element.shadowRoot) roots.push(element.shadowRoot);
        if (!element.matches("button, a[href], input, select, textarea, [tabindex='0']")) continue;
        if (!element.checkVisibility({ visibilityProperty: true }) || element.disabled) continue;
        if (element.closest("[aria-hidden=true]") || element.type === "file") continue;
        const by = element.getAttribute("aria-labelledby");
        const name = element.getAttribute("aria-label") || (by && document.getElementById(by)?.textContent)
          || element.labels?.[0]?.textContent || element.textContent || element.title || element.placeholder
          || element.querySelector("img[alt], [aria-label]")?.outerHTML;
        if (!name?.trim()) nameless.push(element.outerHTML.slice(0, 200));
      }
      return nameless;
    }""")


def test_listen_a_track_is_picked_its_match_played_explained_and_liked(server, open_page):
    page = open_page(server.url)
    page.get_by_role("radio", name="Pick a track").wait_for()
    tab_to(page, "Record")
    tab_to(page, "Pick a track", key="ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="One of the").wait_for()
    (title,) = titles(4)
    choose(page, "One of the", title)
    page.locator(".match").nth(9).wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    assert all_named(page) == []
    tab_to(page, "Play 2:")
    page.keyboard.press("Enter")
    until(page, lambda state: state["isPlaying"] and state["number"] == 1)
    tab_to(page, "Why does")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_text("Overall, alike by").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    tab_to(page, "Like: ")
    page.keyboard.press("Space")
    page.locator(".match .heart[aria-pressed=true]").wait_for()


def test_landscape_a_track_is_found_and_heard(server, open_page):
    page = open_page(f"{server.url}/Landscape", *SOFTWARE_GL)
    page.locator(".sy-stage[data-drawn]").wait_for()
    (title,) = titles(11)
    tab_to(page, "Find on the map")
    page.keyboard.type(title)
    page.keyboard.press("Enter")
    page.get_by_text("1 track. Choose a row").wait_for()
    choose_the_first_row(page)
    page.get_by_role("button", name="More like this").wait_for()
    until(page, lambda state: state.get("isPlaying") and state["row"]["title"] == title)


def test_journey_is_built_and_played(server, open_page):
    page = open_page(f"{server.url}/Journey")
    page.get_by_text("Choose where").wait_for()
    first, last = titles(4, 130)
    choose(page, "From", first)
    page.locator("[data-test-script-state=notRunning]").wait_for()
    choose(page, "To", last)
    page.get_by_role("heading", name=f"{first} → {last}").wait_for()
    page.locator(".stop").nth(11).wait_for()
    assert all_named(page) == []
    tab_to(page, "Play the list")
    page.keyboard.press("Enter")
    until(page, lambda state: state["isPlaying"])


def test_library_a_track_is_found_and_played(server, open_page):
    page = open_page(f"{server.url}/Library")
    page.get_by_test_id("stDataFrame").first.wait_for()
    (title,) = titles(20)
    tab_to(page, "input: Find")
    page.keyboard.type(title)
    page.keyboard.press("Enter")
    page.get_by_text("1 track. Tick tracks").wait_for()
    choose_the_first_row(page)
    until(page, lambda state: state.get("isPlaying") and state["row"]["title"] == title)


def test_encoders_are_compared(server, open_page):
    page = open_page(f"{server.url}/Encoders")
    page.get_by_text("Choose two encoders").wait_for()
    choose(page, "Sound", "Storm at the Observatory")
    page.get_by_text("only one finds").wait_for()
    page.locator(".match").nth(29).wait_for()
    assert all_named(page) == []
    tab_to(page, "Play 1:")
    page.keyboard.press("Enter")
    until(page, lambda state: state["isPlaying"])


def test_live_begins_and_stops(server, open_page):
    page = open_page(f"{server.url}/Live", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                     permissions=["microphone"])  # fmt: skip
    page.get_by_role("button", name="Start listening").wait_for()
    tab_to(page, "Start listening")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Pause").wait_for()
    assert all_named(page) == []
    tab_to(page, "Stop")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start listening").wait_for()
