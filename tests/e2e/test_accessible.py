"""What every page owes who cannot see it well or at all: axe-core finds nothing serious, in either theme and width.

Each scene is looked at twice, as wide as a desktop in one theme and as narrow as a phone in the other; which is which
changes from scene to scene, so that what all pages share is seen in all four.
"""

import os

import pytest

from tests.e2e.conftest import SOFTWARE_GL
from tests.e2e.scenes import PHONE, REST, all_scenes

pytestmark = pytest.mark.browser
THEMES = {"dark": "rgb(14, 16, 24)", "light": "rgb(252, 251, 248)"}  # and their grounds, of .streamlit/config.toml
# a name that lacks the words on the control is one that nobody can say who speaks to the computer
OPTIONS = {"resultTypes": ["violations"], "rules": {"label-content-name-mismatch": {"enabled": True}}}
GRAVE = ("serious", "critical")
WIDE = 1360  # pixels
SCENES = all_scenes()
SIZES = "(main => [main.scrollWidth, main.clientWidth])(document.querySelector('[data-testid=stMain]'))"


@pytest.fixture(scope="module")
def axe():
    if not os.environ.get("CI"):
        pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


def unfold(page):
    """Open what is folded on the page."""
    folds = page.locator("[data-testid=stMain] details:not([open]) > summary")
    while folds.count():
        folds.first.click()
        page.wait_for_timeout(300)


def show_whole(page, width):
    """Make the window as high as the page: of what it cuts, axe-core reads a part."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(300)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": height + 200})


@pytest.mark.parametrize("number", range(len(SCENES)), ids=[scene.name for scene in SCENES])
def test_nothing_serious(axe, server, open_page, number):
    scene, themes = SCENES[number], list(THEMES.items())[:: 1 if number % 2 else -1]
    page = open_page(server.url + scene.path, *SOFTWARE_GL, color_scheme=themes[0][0])
    scene.use(page)
    if not (is_window := page.get_by_role("dialog").count()):
        unfold(page)
    found = []
    for width, (theme, ground) in zip((WIDE, PHONE), themes, strict=True):
        page.emulate_media(color_scheme=theme)
        show_whole(page, width)
        page.wait_for_function(f"getComputedStyle(document.querySelector('.stApp')).backgroundColor === '{ground}'")
        page.locator("[data-test-script-state=notRunning]").wait_for()  # what is being drawn anew is pale meanwhile
        page.wait_for_function("!document.querySelector('[data-stale=true]')")
        page.mouse.move(0, 0)
        sizes = page.evaluate(SIZES)
        assert is_window or sizes[0] <= sizes[1], f"{width}: the page is wider than the window"
        page.wait_for_timeout(REST)  # colours fade into each other
        results = axe.run(page, options=OPTIONS).response
        found += [f"{width}, {theme}: {each['id']}: {node['html'][:200]}"
                  for each in results["violations"] if each["impact"] in GRAVE or each["id"] == "heading-order"
                  for node in each["nodes"]]  # fmt: skip
    assert not found, "\n".join(found)
