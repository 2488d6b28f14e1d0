"""The main job, as a visitor does it: a sound goes in, ten tracks come out and play."""

import csv

import av
import numpy as np
import pytest

from synesthete import sampler
from synesthete.settings import PROJECT_ROOT, Paths
from tests.e2e.playing import until

pytestmark = pytest.mark.browser
SAMPLER = Paths().sampler


def sampler_rows():
    with (SAMPLER / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def transcode(source, target, codec, rate):
    """Re-encode a file with PyAV, as a phone or a browser would."""
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        stream = writer.add_stream(codec, rate=rate)
        stream.layout = "stereo"
        resampler = av.AudioResampler(stream.format, "stereo", rate)
        for frame in reader.decode(audio=0):
            for part in resampler.resample(frame):
                part.pts = None
                writer.mux(stream.encode(part))
        writer.mux(stream.encode(None))


def matches(page):
    return page.locator(".match")


def wait_for_matches(page, number=10):
    matches(page).nth(number - 1).wait_for()
    return matches(page)


def drop(page, path):
    page.locator("input[type=file]").set_input_files(str(path))


def test_dropping_a_file_shows_ten_matches_that_play_from_their_passage(server, open_page):
    page = open_page(server.url)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    drop(page, SAMPLER / sampler_rows()[0]["file"])
    found = wait_for_matches(page)
    assert found.count() == 10
    page.get_by_role("slider", name="Place in your sound").wait_for()
    page.get_by_role("heading", name=sampler_rows()[0]["title"]).wait_for()
    page.get_by_text("it is in this catalogue").wait_for()

    found.nth(1).get_by_role("button", name="Play 2:").click()
    state = until(page, lambda state: state["isPlaying"] and state["time"] > state["row"]["start"] + 0.5)
    assert state["time"] < state["row"]["start"] + 10 and state["number"] == 1
    assert found.nth(1).locator("[aria-current]").count() == 1 and found.locator("[aria-current]").count() == 1
    page.get_by_role("button", name="Next track").click()
    until(page, lambda state: state["number"] == 2 and state["isPlaying"])
    page.get_by_role("button", name="Previous track").click()
    until(page, lambda state: state["number"] == 1)
    page.get_by_role("button", name="Play all ten").click()
    until(page, lambda state: state["number"] == 0 and state["isPlaying"])
    page.get_by_text("What the engine sees").click()
    for name in ("How loud", "Which notes", "How the chords move"):
        page.get_by_role("img", name=name).wait_for()
    assert errors == []


def test_what_plays_goes_on_across_pages_and_one_sound_stops_the_other(server, open_page):
    page = open_page(server.url)
    drop(page, SAMPLER / sampler_rows()[0]["file"])
    found = wait_for_matches(page)
    page.get_by_role("button", name="Play your sound").click()
    until(page, lambda state: state["isPlaying"] and state["count"] == 1)
    found.first.get_by_role("button", name="Play 1:").click()
    state = until(page, lambda state: state["isPlaying"] and state["count"] == 10)
    sounding = "[...document.querySelector('#synesthete-player').shadowRoot.host.querySelectorAll('audio')]"
    assert page.evaluate(f"{sounding}.filter(audio => !audio.paused).length") == 1
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("heading", name="Library").wait_for()
    later = until(page, lambda now: now["time"] > state["time"] + 1)
    assert later["row"] == state["row"] and later["isPlaying"]
    page.get_by_role("slider", name="Position in the track").fill("2")
    until(page, lambda now: now["isPlaying"] and 2 <= now["time"] < 6)
    page.get_by_role("region", name="Player").get_by_role("button", name="Pause").click()
    until(page, lambda now: not now["isPlaying"])


def test_the_picture_seeks_and_a_stretch_drawn_on_it_asks(server, open_page):
    page = open_page(server.url)
    drop(page, SAMPLER / sampler_rows()[0]["file"])
    found = wait_for_matches(page)
    as_whole = found.locator(".title").all_inner_texts()
    stage = page.get_by_role("slider", name="Place in your sound")
    box = stage.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.click(box["x"] + box["width"] / 2, y)
    state = until(page, lambda state: state["isPlaying"] and state["time"])
    half = state["length"] / 2
    assert half - 1 < state["time"] < half + 4
    head = page.locator(".stage.main .playhead").bounding_box()
    assert abs(head["x"] - box["x"] - box["width"] / 2) < box["width"] / 4
    page.mouse.move(box["x"] + 0.2 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], y, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="What sounds like 0:").click()
    page.get_by_role("button", name="Back to the whole sound").wait_for()
    page.wait_for_function("before => [...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean)"
                           ".flatMap(root => [...root.querySelectorAll('.match .title')])"
                           ".map(title => title.textContent).join() !== before", arg=",".join(as_whole))  # fmt: skip
    page.get_by_role("button", name="Back to the whole sound").click()
    found.nth(0).get_by_text(as_whole[0]).wait_for()
    stage.focus()
    page.keyboard.press("ArrowLeft")
    until(page, lambda now: now["time"] < half)
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_role("button", name="What sounds like 0:").wait_for()


@pytest.mark.parametrize(("suffix", "codec", "rate"), [("m4a", "aac", 44_100), ("webm", "libopus", 48_000)])
def test_other_containers_find_the_same_recording(server, open_page, tmp_path, suffix, codec, rate):
    row = sampler_rows()[5]
    transcode(SAMPLER / row["file"], tmp_path / f"from a phone.{suffix}", codec, rate)
    page = open_page(server.url)
    drop(page, tmp_path / f"from a phone.{suffix}")
    wait_for_matches(page)
    page.get_by_role("heading", name=f"This is {row['title']} by {row['artist']}").wait_for()


def test_recording_through_the_microphone_finds_matches(server, open_page, tmp_path):
    import soundfile

    row = sampler_rows()[2]
    samples, rate = soundfile.read(SAMPLER / row["file"], dtype="float32")
    soundfile.write(tmp_path / "microphone.wav", samples, rate, subtype="PCM_16")
    page = open_page(
        server.url,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={tmp_path / 'microphone.wav'}",
        permissions=["microphone"],
    )
    page.get_by_role("radio", name="Record").or_(page.get_by_role("button", name="Record", exact=False)).first.click()
    page.get_by_role("button", name="Record", exact=True).last.click()
    page.wait_for_timeout(7000)
    page.get_by_role("button", name="Stop recording").click()
    wait_for_matches(page)
    page.get_by_role("heading", name="your recording").wait_for()
    page.get_by_role("heading", name=f"This is {row['title']} by {row['artist']}").wait_for()
    assert page.get_by_text("An error has occurred").count() == 0, "the recorder keeps its place, and what it holds"
    page.get_by_role("button", name="Open it").click()
    page.get_by_role("heading", name=row["title"], exact=True).wait_for()
    wait_for_matches(page)

    matches(page).nth(1).get_by_role("button", name="Play").click()  # what plays and what records are never on at once
    until(page, lambda now: now["isPlaying"])
    page.get_by_role("button", name="Record", exact=True).last.click()
    assert "microphone" in until(page, lambda now: not now["isPlaying"])["said"]
    matches(page).nth(2).get_by_role("button", name="Play").click()
    assert "stop the recording first" in until(page, lambda now: now["number"] == 2)["said"]
    page.wait_for_timeout(4000)  # a shorter one may be nothing but the silence it begins with
    assert not until(page, lambda now: now["number"] == 2)["isPlaying"]
    page.get_by_role("button", name="Stop recording").click()
    page.get_by_role("heading", name="your recording").wait_for()
    wait_for_matches(page)
    matches(page).nth(2).get_by_role("button", name="Play").click()
    until(page, lambda now: now["isPlaying"] and not now["said"])


def test_searching_onward_from_a_match_and_back(server, open_page):
    page = open_page(server.url)
    first = sampler_rows()[0]
    drop(page, SAMPLER / first["file"])
    found = wait_for_matches(page)
    title = found.nth(1).locator(".title").inner_text()
    found.nth(1).get_by_role("button", name="More like this").click()
    page.get_by_role("heading", name=title).wait_for()
    assert "track=" in page.url
    matches(page).locator(".title", has_text=title).wait_for(state="detached")
    page.get_by_role("button", name="Back", exact=True).click()
    page.get_by_role("heading", name=first["title"]).wait_for()


def test_the_new_sound_comes_into_view_each_time_and_the_focus_follows(server, open_page):
    page = open_page(server.url)
    page.set_viewport_size({"width": 700, "height": 500})
    drop(page, SAMPLER / sampler_rows()[0]["file"])
    for _ in range(2):
        last = wait_for_matches(page).nth(9)
        title = last.locator(".title").inner_text()
        last.get_by_role("button", name="More like this").click()
        heading = page.get_by_role("heading", name=title, exact=True)
        heading.wait_for()
        page.wait_for_function("heading => document.activeElement === heading", arg=heading.element_handle())
        page.wait_for_timeout(800)  # it scrolls smoothly
        assert 0 <= heading.bounding_box()["y"] < 400


def test_bad_files_get_a_sentence_and_the_app_lives_on(server, open_page, tmp_path):
    hostile = tmp_path / "<img src=x onerror=alert(1)> ![x](http:..evil).mp3"
    hostile.write_text("not a sound at all, " * 50)
    page = open_page(server.url)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    drop(page, hostile)
    page.get_by_role("alert").wait_for()
    sentence = page.get_by_role("alert").inner_text()
    assert "img src=x" in sentence and "Traceback" not in sentence
    assert page.locator("img[src='x']").count() == 0 and dialogs == []
    page.reload()
    drop(page, SAMPLER / sampler_rows()[0]["file"])
    wait_for_matches(page)


def test_a_link_to_a_track_works_on_a_cold_server(cold_server, open_page, rng):
    from synesthete import sampler

    with sampler.open_sampler() as catalogue:
        track = catalogue.tracks()[int(rng.integers(len(catalogue)))]
    page = open_page(f"{cold_server.url}/?track={track.track_id}")
    wait_for_matches(page)
    page.get_by_role("heading", name=track.title).first.wait_for()


@pytest.mark.parametrize("name", ["Library", "Encoders"])
def test_each_page_opens_by_its_own_address_on_a_cold_server(cold_server, open_page, name):
    assert (PROJECT_ROOT / "pages").glob(f"*_{name}.py")
    page = open_page(f"{cold_server.url}/{name}")
    page.get_by_role("heading", level=1).wait_for()
    menu = page.get_by_role("link", name="Listen")
    menu.first.wait_for()
    assert name in page.title()


def test_noise_is_answered_too(server, open_page, tmp_path, rng):
    import soundfile

    soundfile.write(tmp_path / "rain.flac", rng.normal(0, 0.1, 48_000 * 4).astype(np.float32), 48_000)
    page = open_page(server.url)
    drop(page, tmp_path / "rain.flac")
    wait_for_matches(page)
    assert page.get_by_text("This is").count() == page.get_by_text("The same recording").count() == 0


PHONE = ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile "
         "Safari/537.36")  # fmt: skip


def a_long_name():
    """A track whose matches have long names."""
    with sampler.open_sampler() as catalogue:
        return next(track for track in catalogue.tracks() if track.title == "Drumline in the Tunnel")


def test_a_phone_shows_the_sound_and_its_matches_first(server, open_page):
    track = a_long_name()
    page = open_page(f"{server.url}/?track={track.track_id}", user_agent=PHONE)
    page.set_viewport_size({"width": 390, "height": 844})
    wait_for_matches(page)
    title = matches(page).first.locator(".title").inner_text()
    matches(page).first.get_by_role("button", name="More like this").click()
    page.get_by_text("Choose a sound").wait_for()
    heading = page.get_by_role("heading", name=title)
    heading.wait_for()
    wait_for_matches(page)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    page.wait_for_timeout(2500)
    assert heading.bounding_box()["y"] < 200
    assert matches(page).first.bounding_box()["y"] < 844 - 100, "the first match is on the first screen"
    names = page.locator(".match .title")
    assert all(names.nth(n).evaluate("e => e.scrollHeight <= e.clientHeight + 1") for n in range(10)), "no name is cut"
    page.get_by_text("Choose a sound").click()
    page.get_by_text("Pick a track").wait_for()


@pytest.mark.parametrize(
    ("width", "is_beside"),
    [(426, False), (640, True), (853, False), (1280, True)],
    ids=["300 %", "200 %", "150 %, beside the menu", "100 %"],
)
def test_matches_stand_beside_their_sound_or_right_below_it(server, open_page, width, is_beside):
    """Of a desktop 1,280 pixels wide, at several sizes of the browser's."""
    page = open_page(f"{server.url}/?track={a_long_name().track_id}")
    page.set_viewport_size({"width": width, "height": round(width * 0.7)})
    found = wait_for_matches(page)
    page.locator(".stage.main img").wait_for()
    page.get_by_text("What the engine sees").wait_for()
    page.wait_for_timeout(1000)
    stage, first, last = (place.bounding_box() for place in (page.locator(".stage.main"), found.first, found.nth(9)))
    more = page.get_by_text("What counts").bounding_box()
    assert (first["x"] > stage["x"] + stage["width"]) is is_beside
    if is_beside:
        assert first["y"] < stage["y"] + stage["height"] and more["x"] < first["x"]
        assert first["y"] + first["height"] < width * 0.7, "the first match is on the first screen"
    else:
        assert stage["y"] < first["y"] < stage["y"] + stage["height"] + 350
        assert more["y"] > last["y"]
    assert page.get_by_role("heading", name="What sounds like this?", level=1).count() == 1


def test_no_name_of_a_match_is_cut_on_a_desktop(server, open_page):
    page = open_page(f"{server.url}/?track={a_long_name().track_id}")
    page.set_viewport_size({"width": 1280, "height": 900})
    wait_for_matches(page)
    page.wait_for_timeout(1000)
    names = page.locator(".match .title")
    assert all(names.nth(n).evaluate("e => e.scrollHeight <= e.clientHeight + 1") for n in range(10))
    tenth = page.locator(".match .number").nth(9)
    assert tenth.bounding_box()["height"] < 30, "10 stands in one line"
