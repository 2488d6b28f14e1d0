"""The main job, as a visitor does it: a sound goes in, ten tracks come out and play."""

import csv

import av
import numpy as np
import pytest

from synesthete.settings import PROJECT_ROOT, Paths

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
    return page.locator("[class*='st-key-match-']")


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
    for name in ("Stacked spectrogram", "Mel spectrogram", "Chromagram", "Tonnetz", "Waveform"):
        page.get_by_label(name).first.wait_for()
    page.get_by_role("heading", name=f"This is {sampler_rows()[0]['title']} by").wait_for()
    page.get_by_text("it is in this catalogue").wait_for()

    player = found.first.locator("audio")
    player.scroll_into_view_if_needed()
    page.wait_for_function("player => player.readyState >= 1", arg=player.element_handle())
    begins = player.evaluate("player => player.currentTime")
    said = found.first.get_by_text("where it is most alike").inner_text()
    minutes, seconds = said.split()[1].rstrip(",").split(":")
    assert abs(begins - (int(minutes) * 60 + int(seconds))) < 1.5
    player.evaluate("player => player.play()")
    page.wait_for_function(
        "([player, start]) => player.currentTime > start + .5", arg=[player.element_handle(), begins]
    )
    assert errors == []


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
    page.get_by_text("the passage that was heard").wait_for()
    page.get_by_role("button", name="Open this track").click()
    page.get_by_role("heading", name=f"{row['artist']} – {row['title']}").wait_for()


def test_searching_onward_from_a_match_and_back(server, open_page):
    page = open_page(server.url)
    first = sampler_rows()[0]
    drop(page, SAMPLER / first["file"])
    found = wait_for_matches(page)
    title = found.nth(1).locator("strong").first.inner_text()
    found.nth(1).get_by_role("button", name="More like this").click()
    page.get_by_role("heading", name=title).wait_for()
    assert "track=" in page.url
    matches(page).locator("strong", has_text=title).wait_for(state="detached")
    page.get_by_role("button", name="Back").click()
    page.get_by_role("heading", name=first["file"].rsplit("/")[-1]).wait_for()


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
