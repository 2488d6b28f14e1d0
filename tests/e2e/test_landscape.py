"""The map as a visitor uses it: by its own address, with the mouse, the keyboard and the table."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synesthete import sampler
from synesthete.settings import Paths
from tests.e2e.conftest import SOFTWARE_GL
from tests.e2e.playing import until

pytestmark = pytest.mark.browser
# Where a point of the map is on the stage, by the matrices that it is drawn with, between -1 and 1 in both directions.
PROJECTED = """() => {
  const plot = document.querySelector('.sy-plot'), gl = plot._fullLayout.scene._scene
  const { model, view, projection } = gl.glplot.cameraParams, s = gl.dataScale
  const times = (m, v) => [0, 1, 2, 3].map(i => m[i] * v[0] + m[i + 4] * v[1] + m[i + 8] * v[2] + m[i + 12] * v[3])
  return plot.data.filter(trace => trace.mode === 'markers').flatMap(trace => Array.from(trace.x, (x, i) => {
    const place = [x * s[0], trace.y[i] * s[1], trace.z[i] * s[2], 1]
    const at = [model, view, projection].reduce((v, m) => times(m, v), place)
    return [at[0] / at[3], at[1] / at[3]]
  }))
}"""
CAMERA = "document.querySelector('.sy-plot')._fullLayout.scene._scene.getCamera()"
DISTANCE = f"Math.hypot(...Object.values({CAMERA}.eye))"


@pytest.fixture
def tracks():
    with sampler.open_sampler() as catalogue:
        return catalogue.tracks()


def open_map(open_page, url, **context):
    page = open_page(url, *SOFTWARE_GL, **context)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.locator(".sy-stage[data-drawn]").wait_for()
    return page


def stage(page):
    return page.get_by_role("application", name="Map of")


def panel(page):
    return page.locator(".st-key-landscape-chosen")


def point_at_something(page):
    """With the keyboard: turn a little, and the track nearest to the middle is named."""
    stage(page).focus()
    page.keyboard.press("ArrowRight")
    tip = stage(page).get_by_role("status")
    tip.wait_for()
    page.wait_for_timeout(500)  # the picture comes to rest
    return tip.locator("strong").inner_text()


def wait_for_player(page, title):
    panel(page).get_by_text(title, exact=True).wait_for()
    until(page, lambda state: state["row"] and state["row"]["title"] == title and state["time"] > 0)


def camera(page):
    return page.evaluate(f"{CAMERA}.eye")


def distance(page):
    return page.evaluate(DISTANCE)


def test_a_click_on_a_cold_server_plays_the_track_and_leads_on(cold_server, open_page):
    page = open_map(open_page, f"{cold_server.url}/Landscape")
    title = point_at_something(page)
    ring = page.locator(".sy-ring").bounding_box()
    page.keyboard.press("Escape")
    page.mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2, steps=3)
    stage(page).get_by_role("status").get_by_text(title).wait_for()
    before = camera(page)
    page.mouse.down()
    page.mouse.up()
    wait_for_player(page, title)
    after = camera(page)
    assert after == pytest.approx(before, abs=1e-6), "a click must not move the map"
    panel(page).get_by_role("button", name="Start a journey here").click()
    panel(page).get_by_text("Journey: from").wait_for()
    panel(page).get_by_role("button", name="More like this").click()
    page.get_by_role("heading", name=title).first.wait_for()
    assert "track=" in page.url and "/Landscape" not in page.url
    assert page.errors == []


def test_the_keyboard_alone_chooses_a_track(server, open_page):
    page = open_map(open_page, f"{server.url}/Landscape")
    point_at_something(page)
    far = distance(page)
    page.keyboard.press("+")
    page.wait_for_function(f"{DISTANCE} < {far - 0.05}")
    page.wait_for_timeout(500)  # the track nearest to the middle may be another one now
    title = stage(page).get_by_role("status").locator("strong").inner_text()
    page.keyboard.press("Enter")
    wait_for_player(page, title)


def test_a_row_of_the_table_does_what_a_click_does(server, open_page, tracks):
    page = open_map(open_page, f"{server.url}/Landscape")
    page.get_by_label("Find on the map").fill(tracks[11].title)
    page.get_by_label("Find on the map").press("Enter")
    page.get_by_text("1 track. Choose a row").wait_for()
    page.wait_for_function("document.querySelectorAll('[data-testid=stDataFrame]').length === 1")  # the old one is gone
    table = page.get_by_test_id("stDataFrame")
    for _ in range(10):  # the grid is a canvas, and says not when it is ready for its first row's box to be clicked
        table.scroll_into_view_if_needed()
        page.wait_for_timeout(1000)
        box = table.bounding_box()
        page.mouse.click(box["x"] + 18, box["y"] + 54)
        page.wait_for_timeout(2000)
        if panel(page).count():
            break
    wait_for_player(page, tracks[11].title)
    page.wait_for_timeout(1500)
    box = stage(page).bounding_box()
    assert box["y"] > -2 and box["y"] + box["height"] < 902, "the map that has turned to it is in view"


def test_your_own_sound_is_on_the_map(server, open_page, tracks):
    page = open_map(open_page, f"{server.url}/Landscape")
    page.get_by_text("Put a sound on the map").click()
    page.locator("input[type=file]").set_input_files(str(Paths().sampler / tracks[20].path))
    label = stage(page).get_by_text("You are here", exact=True)
    label.wait_for()
    page.get_by_text("You are here:").wait_for()
    assert page.locator("[class*='st-key-landscape-match-']").count() == 10
    page.wait_for_timeout(1500)  # the map turns to it
    where, box = label.bounding_box(), stage(page).bounding_box()
    assert box["x"] < where["x"] < box["x"] + box["width"] and box["y"] < where["y"] < box["y"] + box["height"]
    page.get_by_role("radio", name="Likeness").or_(page.get_by_role("button", name="Likeness")).first.click()
    page.get_by_text("more alike").wait_for()
    assert page.errors == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_first_view_is_framed_to_all_points_and_names_stand_in_it(server, open_page, tracks, width):
    page = open_map(open_page, f"{server.url}/Landscape")
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(2000)
    places = page.evaluate(PROJECTED)
    assert len(places) == len(tracks)
    across, up = ([place[axis] for place in places] for axis in (0, 1))
    assert max(map(abs, across)) < 1 and max(map(abs, up)) < 1, "no point is cut"
    assert abs(max(across) + min(across)) < 0.15 and abs(max(up) + min(up)) < 0.15, "in the middle"
    assert max(*map(abs, across), *map(abs, up)) > 0.6, "and it fills the picture"
    names = page.locator(".sy-name").filter(visible=True).all_inner_texts()
    assert len(names) >= (8 if width > 400 else 3) and set(names) <= {track.genre for track in tracks}
    boxes = [page.locator(".sy-name").filter(visible=True).nth(i).bounding_box() for i in range(len(names))]
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            assert (one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                    or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"])  # fmt: skip


def test_circles_and_diamonds_are_of_one_size(server, open_page):
    page = open_map(open_page, f"{server.url}/Landscape")
    covered = {}
    for name in ("Solo Piano", "Choir"):  # one of each symbol, whose points lie apart
        page.get_by_role("group", name="Legend").get_by_role("button", name=name).dblclick()
        page.wait_for_function("document.querySelectorAll('.sy-legend [aria-pressed=true]').length === 1")
        page.wait_for_timeout(1000)
        page.evaluate("document.querySelectorAll('.sy-names, .sy-tools').forEach(part => part.style.opacity = 0)")
        with Image.open(io.BytesIO(page.locator(".sy-plot").screenshot())) as picture:
            pixels = np.asarray(picture.convert("RGB")).astype(int)
        covered[name] = int((np.abs(pixels - pixels[4, 4]).sum(axis=2) > 90).sum())
    assert 0.7 < covered["Solo Piano"] / covered["Choir"] < 1.4, covered


def test_a_journey_is_on_the_map_with_its_ends_and_its_direction(server, open_page):
    page = open_page(f"{server.url}/Journey", *SOFTWARE_GL)
    page.get_by_role("button", name="Surprise me").click()
    page.locator(".stop").nth(11).wait_for()
    page.get_by_role("link", name="Landscape").first.click()
    page.locator(".sy-stage[data-drawn]").wait_for()
    page.locator(".sy-end").first.wait_for()
    assert page.locator(".sy-stop").all_inner_texts() == ["A", *map(str, range(2, 12)), "B"]
    colours = page.evaluate(
        """document.querySelector('.sy-plot').data.map(trace => [trace.mode, trace.marker?.color])"""
    )
    (of_path,) = [colour for mode, colour in colours if mode == "lines+markers"]
    assert of_path not in [colour for mode, colour in colours if mode == "markers"], "no style's colour"


def test_another_way_to_draw_the_map_says_that_it_takes_a_while(server, open_page):
    page = open_map(open_page, f"{server.url}/Landscape")
    page.get_by_role("combobox", name="Map drawn by").click()
    page.get_by_role("option", name="UMAP").click()
    page.get_by_text("Laying out the map").wait_for()


def test_the_legend_hides_and_shows(server, open_page, tracks):
    page = open_map(open_page, f"{server.url}/Landscape")
    entry = page.get_by_role("group", name="Legend").get_by_role("button", name=tracks[0].genre)
    assert entry.get_attribute("aria-pressed") == "true"
    entry.click()
    page.wait_for_function("document.querySelector('.sy-legend [aria-pressed=false]')")
    hidden = page.evaluate("document.querySelector('.sy-plot').data.filter(trace => trace.visible === false).length")
    assert hidden == 1
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("!document.querySelector('.sy-legend [aria-pressed=false]')")


def test_a_rerun_keeps_the_scene_and_where_one_looks_from(server, open_page):
    page = open_map(open_page, f"{server.url}/Landscape")
    box = stage(page).bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 100, steps=4)
    page.mouse.up()
    page.wait_for_timeout(500)
    before = camera(page)
    page.evaluate("window.before = document.querySelector('.sy-plot')._fullLayout.scene._scene.glplot")
    page.get_by_role("radio", name="Artist").or_(page.get_by_role("button", name="Artist")).first.click()
    page.get_by_role("group", name="Legend: Artist").wait_for()
    assert camera(page) == pytest.approx(before, abs=1e-6)
    assert page.evaluate("window.before === document.querySelector('.sy-plot')._fullLayout.scene._scene.glplot")


def test_the_map_can_be_taken_home(server, open_page, tracks):
    page = open_map(open_page, f"{server.url}/Landscape")
    with page.expect_download() as picture:
        page.get_by_role("button", name="Save a picture").click()
    assert picture.value.suggested_filename.endswith(".png")
    with Image.open(Path(picture.value.path())) as saved:
        pixels = np.asarray(saved.convert("RGB")).astype(int)
    width, height = (int(stage(page).evaluate(f"stage => stage.client{side}")) for side in ("Width", "Height"))
    assert pixels.shape[1] == 2 * width and pixels.shape[0] > 2 * height + 100
    is_drawn = np.abs(pixels - pixels[0, 0]).sum(axis=2) > 60
    assert is_drawn[:80].any() and is_drawn[-100:].any(), "a title above, the legend below"
    page.get_by_text("Export the map").click()
    texts = {}
    for name in ("Coordinates (CSV)", "Vectors (TSV)", "Names (TSV)"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        texts[name] = Path(download.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(texts["Coordinates (CSV)"])))
    assert {row["track_id"] for row in rows} == {track.track_id for track in tracks}
    assert len(texts["Vectors (TSV)"].splitlines()) == len(texts["Names (TSV)"].splitlines()) - 1 == len(tracks)


def test_a_phone_shows_the_whole_page(server, open_page):
    page = open_map(open_page, f"{server.url}/Landscape")
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_timeout(1000)
    box = stage(page).bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    plot = page.locator(".sy-plot canvas").first.bounding_box()
    assert abs(plot["width"] - box["width"]) < 6
    point_at_something(page)
