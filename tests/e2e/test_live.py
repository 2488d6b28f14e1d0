"""Listening along in a real browser, whose microphone plays a built-in track."""

import numpy as np
import pytest
import soundfile

from tests.e2e import playing as player
from tests.e2e.scenes import a_track
from tests.e2e.test_listen import SAMPLER, sampler_rows

pytestmark = pytest.mark.browser
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def playing(folder, *parts, rate=44_100):
    """Flags of a browser whose microphone plays these parts, over and over."""
    soundfile.write(folder / "microphone.wav", np.concatenate(parts), rate, subtype="PCM_16")
    return (*MICROPHONE, f"--use-file-for-fake-audio-capture={folder / 'microphone.wav'}")


def track(number):
    row = sampler_rows()[number]
    samples, _ = soundfile.read(SAMPLER / row["file"], dtype="float32")
    return row, samples


def picture(page):
    return page.get_by_role("img", name="Stacked picture of the last 10 s")


def n_drawn(page):
    return int(picture(page).get_attribute("data-drawn"))


@pytest.fixture
def live_page(server, open_page, tmp_path):
    def open_live(*parts, before="", **context):
        page = open_page(f"{server.url}/Live", *playing(tmp_path, *parts), permissions=["microphone"], **context)
        if before:
            page.add_init_script(before)
            page.reload()
        page.get_by_role("button", name="Start listening").click()
        return page

    return open_live


def test_a_built_in_track_is_named_and_its_picture_rolls(live_page):
    row, samples = track(2)
    page = live_page(samples)
    page.locator(".match").nth(9).wait_for()
    page.get_by_role("heading", name=f"This is {row['title']} by {row['artist']}").wait_for()
    page.get_by_role("status").get_by_text("Hearing this").wait_for()
    before = n_drawn(page)
    page.wait_for_timeout(4000)
    assert n_drawn(page) - before >= 12  # three times a second, on a busy machine; benchmarks/live.py measures it
    lit = "canvas => canvas.getContext('2d').getImageData(canvas.width - 60, 0, 60, canvas.height).data"
    assert picture(page).evaluate(f"canvas => ({lit})(canvas).filter((v, at) => at % 4 < 3 && v > 60).length") > 2000
    assert page.get_by_role("meter", name="Level").get_attribute("aria-valuenow") != "-60"
    page.get_by_role("heading", name="Recognised so far").wait_for()

    page.get_by_role("button", name="Pause").click()
    page.get_by_role("status").get_by_text("Paused").wait_for()
    page.wait_for_timeout(500)
    columns = picture(page).get_attribute("data-columns")
    page.wait_for_timeout(1500)
    assert picture(page).get_attribute("data-columns") == columns
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("status").get_by_text("Hearing this").wait_for()

    page.get_by_role("button", name="Play 3:").click()
    words = page.get_by_role("status").get_by_text("Paused while the player plays")
    words.wait_for()
    assert words.bounding_box()["height"] < 30, "in one line, clear of the picture"
    player.until(page, lambda now: now["isPlaying"] and now["time"] > 0)
    page.get_by_role("region", name="Player").get_by_role("button", name="Pause").click()
    page.get_by_role("status").get_by_text("Hearing this").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("region", name="Player").get_by_role("button", name="Play", exact=True).click()
    player.until(page, lambda now: now["isPlaying"])
    page.get_by_role("button", name="Start listening").click()
    assert "microphone" in player.until(page, lambda now: not now["isPlaying"])["said"]
    page.get_by_role("status").get_by_text("Hearing this").wait_for()


def test_a_connection_that_breaks_off_is_made_anew(live_page):
    _, samples = track(2)
    page = live_page(samples, before="""
        const Connection = window.RTCPeerConnection;
        window.RTCPeerConnection = class extends Connection {
          constructor(...given) { super(...given); (top.connections ??= []).push(this); }
        };
    """)  # fmt: skip
    page.get_by_role("status").get_by_text("Hearing this").wait_for()
    page.evaluate("() => top.connections.at(-1).close()")
    page.wait_for_function("() => top.connections.length > 1 && top.connections.at(-1).connectionState === 'connected'")
    columns = int(picture(page).get_attribute("data-columns"))
    page.get_by_role("status").get_by_text("Hearing this").wait_for()
    player.until(page, lambda _: int(picture(page).get_attribute("data-columns")) > columns + 50)
    assert page.get_by_role("alert").count() == 0


def test_a_moment_kept_is_asked_about_on_listen(live_page):
    row, samples = track(2)
    page = live_page(samples)
    page.get_by_role("heading", name=f"This is {row['title']}").wait_for()
    page.get_by_role("button", name="Keep this moment").click()
    page.get_by_role("heading", name="What sounds like this?").wait_for()
    page.get_by_role("heading", name="Heard at").wait_for()
    page.locator(".match").nth(9).wait_for()
    page.get_by_role("link", name="Live").first.click()
    page.get_by_role("button", name="Start listening").wait_for()
    page.get_by_role("heading", name="Recognised so far").wait_for()
    page.get_by_role("button", name="Start listening").click()
    page.get_by_role("status").get_by_text("Hearing this").wait_for()
    page.evaluate("""() => {
        navigator.mediaDevices.enumerateDevices = async () => [];
        navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
    }""")
    page.get_by_text("The microphone is gone: it was disconnected.").wait_for()
    page.get_by_role("button", name="Record a few seconds instead").wait_for()
    page.get_by_role("button", name="Start listening").wait_for()


def test_why_of_a_match_is_said_on_listen_by_what_asked(live_page):
    _, samples = track(2)
    page = live_page(samples)
    page.get_by_role("button", name="Why does").nth(9).wait_for()
    page.get_by_role("button", name="Why does").first.click()
    page.get_by_role("heading", name="Heard at").wait_for()
    page.get_by_role("dialog").get_by_text("Alike").first.wait_for()


def test_an_address_that_browsers_do_not_trust_is_said_with_the_way_out(server, open_page):
    port = server.url.rpartition(":")[2]
    page = open_page(f"http://music.test:{port}/Live", *MICROPHONE, "--host-resolver-rules=MAP music.test 127.0.0.1")
    page.get_by_text("addresses that begin with https").wait_for()
    page.get_by_role("button", name="Start listening").click()
    page.get_by_role("alert").get_by_text("Browsers open the microphone only for").wait_for()
    page.get_by_role("button", name="Record a few seconds instead").wait_for()


def test_silence_is_listened_to(live_page):
    page = live_page(np.zeros((44_100 * 20, 2), np.float32))
    page.get_by_role("status").get_by_text("Listening …").wait_for()
    page.wait_for_timeout(3000)
    assert page.locator(".match").count() == 0 and page.get_by_text("This is").count() == 0


def test_without_a_microphone_there_is_a_way_out(server, open_page):
    page = open_page(f"{server.url}/Live", permissions=["microphone"])
    page.get_by_role("button", name="Start listening").click()
    page.get_by_text("No microphone was found.").wait_for()
    page.get_by_role("button", name="Record a few seconds instead").click()
    page.get_by_text("five to ten seconds are plenty").wait_for()


def test_a_refusal_is_said(server, open_page):
    page = open_page(f"{server.url}/Live", "--use-fake-device-for-media-stream", "--deny-permission-prompts")
    page.get_by_role("button", name="Start listening").click()
    page.get_by_text("The browser does not let this page use the microphone.").wait_for()


@pytest.fixture
def two_tabs(server, live_page):
    """A function that gives a tab which hears a track, and another tab of the same browser at a path."""

    def open_both(path):
        _, samples = track(2)
        page = live_page(samples)
        page.get_by_role("status").get_by_text("Hearing this").wait_for()
        other = page.context.new_page()
        other.set_default_timeout(45_000)
        other.goto(f"{server.url}{path}")
        return page, other

    return open_both


def test_two_tabs_know_of_each_other(two_tabs):
    page, other = two_tabs("/Live")
    other.get_by_role("button", name="Start listening").click()
    other.get_by_text("Another tab of this browser is listening too.").wait_for()
    other.get_by_role("status").get_by_text("Hearing this").wait_for()
    page.locator(".match").first.wait_for()


def test_what_another_tab_plays_is_let_pass(two_tabs):
    page, other = two_tabs(f"/?track={a_track(None)}")
    other.get_by_role("button", name="Play 1:").click()
    page.get_by_role("status").get_by_text("Paused while another tab plays").wait_for()
    other.get_by_role("region", name="Player").get_by_role("button", name="Pause").click()
    page.get_by_role("status").get_by_text("Hearing this").wait_for()
    other.get_by_role("region", name="Player").get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("status").get_by_text("Paused while another tab plays").wait_for()
    other.close()
    page.get_by_role("status").get_by_text("Hearing this").wait_for()
