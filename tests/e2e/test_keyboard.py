"""The main thing of a page, done with keys alone: what is used is found with Tab, by its accessible name."""

import pytest

from tests.e2e.playing import until

pytestmark = pytest.mark.browser
FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (!element || element === document.body) return "";
  const name = element.getAttribute("aria-label") || element.labels?.[0]?.innerText || element.innerText || "";
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
    tab_to(page, f"{box}")
    page.keyboard.type(title)
    page.get_by_role("option", name=title).first.wait_for()
    page.keyboard.press("ArrowDown")
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
