"""The box to find tracks by typing, alone in a real browser; the test answers in the server's place."""

import base64

import pytest

from synesthete.ui import track_search

pytestmark = pytest.mark.browser
SONGS = [{"key": str(n), "title": f"Song {n}", "by": "Anna", "about": f"Anna · Album {n}"} for n in range(30)]
HOSTILE = {"key": "x", "title": "<img src=x onerror=window.broken=1>", "by": "", "about": "</div><script>"}


class Told:
    """What the box said last, and the way to answer it."""

    def __init__(self, page, most=1):
        self.page, self.most, self.chosen = page, most, []
        code = base64.b64encode((track_search._ASSETS / "track_search.js").read_bytes()).decode()
        page.set_content(f"<div id=root>{track_search._HTML}</div>")
        page.add_style_tag(content=(track_search._ASSETS / "track_search.css").read_text())
        page.evaluate(
            """async code => {
              const mount = (await import(`data:text/javascript;base64,${code}`)).default
              window.said = []
              const say = (name, value) => window.said.push([name, value])
              const parentElement = document.getElementById("root")
              window.answer = data => mount({ data, parentElement, setStateValue: say, setTriggerValue: say })
            }""",
            code,
        )
        self.answer()

    def answer(self, asked="", hits=None):
        first = SONGS[:6]
        data = {"label": "From", "placeholder": "Type", "state": "1", "asked": asked, "first": first, "most": self.most,
                "hits": first if hits is None else hits, "chosen": self.chosen, "limit": 20, "note": "Just added",
                "nothing": "No track is called that."}  # fmt: skip
        self.page.evaluate("data => { window.answer(data) }", data)

    def last(self, name):
        self.page.wait_for_function("name => window.said.some(([what]) => what === name)", arg=name)
        return self.page.evaluate("name => window.said.findLast(([what]) => what === name)[1]", name)

    @property
    def box(self):
        return self.page.get_by_role("combobox", name="From")

    @property
    def options(self):
        return self.page.get_by_role("option")


@pytest.fixture
def told(open_page):
    return Told(open_page("about:blank"))


def test_the_keys_alone_find_choose_and_restore(told):
    page, box = told.page, told.box
    box.focus()
    assert told.options.count() == 6 and page.get_by_text("Just added").is_visible()
    box.press_sequentially("song")
    assert told.last("asked") == "song"
    told.answer("song", SONGS[10:13])
    assert told.options.all_inner_texts()[0].split("\n") == ["Song 10", "Anna · Album 10"]
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowUp"):  # over the ends, round
        page.keyboard.press(key)
    assert box.get_attribute("aria-activedescendant") == told.options.nth(1).get_attribute("id")
    page.keyboard.press("Enter")
    assert told.last("chosen") == {"key": "11"} and box.input_value() == "Song 11 · Anna"
    assert box.get_attribute("aria-expanded") == "false" and not told.options.first.is_visible()
    box.press_sequentially("x")
    page.keyboard.press("Escape")
    assert box.input_value() == "Song 11 · Anna"


def test_enter_before_the_answer_takes_the_first_of_it(told):
    told.box.fill("song")
    told.page.keyboard.press("Enter")
    told.last("asked")
    told.answer("song", SONGS[20:25])
    assert told.last("chosen") == {"key": "20"}


def test_the_pointer_chooses_clears_and_leaves(told):
    told.box.click()
    told.options.nth(2).click()
    assert told.last("chosen") == {"key": "2"}
    told.chosen = [SONGS[2]]
    told.answer()
    told.page.get_by_role("button", name="Clear").click()
    assert told.last("dropped") == {"key": "2"} and told.box.input_value() == ""
    told.page.get_by_role("button", name="Clear").wait_for(state="hidden")  # before any answer
    told.box.fill("nothing like it")
    told.last("asked")
    told.answer("nothing like it", [])
    assert told.page.get_by_text("No track is called that.").is_visible()
    told.box.blur()
    assert not told.page.get_by_text("No track is called that.").is_visible()
    assert told.box.input_value() == "Song 2 · Anna"  # as the server still says


def test_several_stand_above_the_box(open_page):
    told = Told(open_page("about:blank"), most=3)
    told.chosen = SONGS[:2]
    told.answer()
    told.page.get_by_role("button", name="Take out Song 0").click()
    assert told.last("dropped") == {"key": "0"}
    told.box.press("Backspace")
    assert told.last("dropped") == {"key": "1"}
    told.chosen = SONGS[:3]
    told.answer()
    assert told.box.is_disabled()


def test_names_are_only_letters(told):
    told.box.fill("img")
    told.last("asked")
    told.answer("img", [HOSTILE])
    assert told.options.first.inner_text().startswith("<img src=x")
    told.options.first.click()
    told.chosen = [HOSTILE]
    told.answer()
    assert told.page.evaluate("window.broken") is None and told.box.input_value() == HOSTILE["title"]


def test_a_list_that_opens_while_the_page_scrolls_stays_open_and_at_its_box(told):
    page, box = told.page, told.box
    page.set_viewport_size({"width": 800, "height": 500})
    page.add_style_tag(content="#root { margin: 700px 20px 2000px }")
    page.evaluate("scrollTo({ top: 600, behavior: 'smooth' })")
    page.wait_for_function("scrollY > 250")
    box.evaluate("input => input.focus({ preventScroll: true })")
    page.wait_for_timeout(1200)
    assert told.options.first.is_visible() and box.get_attribute("aria-expanded") == "true"
    field, line = box.bounding_box(), told.options.first.bounding_box()
    assert 0 < line["y"] - field["y"] - field["height"] < 60
    told.options.nth(1).click()
    assert told.last("chosen") == {"key": "1"}
