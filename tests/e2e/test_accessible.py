"""What every page owes who cannot see it well or at all: axe-core finds nothing serious, in either theme."""

import os

import pytest

from tests.e2e.conftest import SOFTWARE_GL
from tests.e2e.scenes import REST, all_scenes

pytestmark = pytest.mark.browser
THEMES = {"dark": "rgb(14, 16, 24)", "light": "rgb(252, 251, 248)"}  # and their grounds, of .streamlit/config.toml
# a name that lacks the words on the control is one that nobody can say who speaks to the computer
OPTIONS = {"resultTypes": ["violations"], "rules": {"label-content-name-mismatch": {"enabled": True}}}
GRAVE = ("serious", "critical")


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


def show_whole(page):
    """Make the window as high as the page: of what it cuts, axe-core reads a part."""
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": 1360, "height": height + 200})


@pytest.mark.parametrize("scene", all_scenes(), ids=lambda scene: scene.name)
def test_nothing_serious(axe, server, open_page, scene):
    page = open_page(server.url + scene.path, *SOFTWARE_GL, color_scheme="dark")
    scene.use(page)
    if not page.get_by_role("dialog").count():
        unfold(page)
        show_whole(page)
    found = []
    for theme, ground in THEMES.items():
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(f"getComputedStyle(document.querySelector('.stApp')).backgroundColor === '{ground}'")
        page.mouse.move(0, 0)
        page.wait_for_timeout(REST)  # colours fade into each other
        results = axe.run(page, options=OPTIONS).response
        found += [f"{theme}: {each['id']}: {node['html'][:200]}"
                  for each in results["violations"] if each["impact"] in GRAVE or each["id"] == "heading-order"
                  for node in each["nodes"]]  # fmt: skip
    assert not found, "\n".join(found)
