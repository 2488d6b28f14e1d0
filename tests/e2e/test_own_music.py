"""Music of one's own, as its owner meets it: one command, then the page."""

import http.client
import subprocess
import sys
import urllib.parse

import pytest

from synesthete.settings import PROJECT_ROOT
from tests.e2e.conftest import start_server
from tests.e2e.playing import until
from tests.sounds import melody, wav_bytes

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    """A server over six files that the command has indexed, and a seventh that is no sound."""
    folder = tmp_path_factory.mktemp("own")
    music = folder / "music"
    music.mkdir()
    for number in range(6):
        (music / f"Own {number}.wav").write_bytes(wav_bytes(melody(5.0, seed=number)))
    (music / "letter.mp3").write_text("Dear all, " * 100)
    home = {"SYNESTHETE_HOME": str(folder / "state"), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "synesthete", "index", str(music), "--encoder", "timbre", "--workers", "1"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, env=home, capture_output=True, text=True)
    assert done.returncode == 3, done.stderr  # one file failed
    server = start_server(folder)
    yield server
    server.process.terminate()
    server.process.wait(10)


def choose_music(page, label):
    page.get_by_role("combobox", name="Music").click()
    page.get_by_role("option", name=label).click()


def test_own_tracks_are_in_the_library_and_among_the_matches(own_server, open_page):
    page = open_page(f"{own_server.url}/Library")
    page.get_by_text("6 tracks of your own music").wait_for()
    page.get_by_text("1 file could not be read").click()
    page.locator(".st-key-failures").get_by_test_id("stDataFrame").wait_for()
    page.get_by_role("link", name="Listen").first.click()
    page.get_by_text("Pick a track").click()
    page.get_by_role("button", name="Surprise me").click()
    matches = page.locator(".match")
    matches.nth(4).wait_for()
    names = [matches.nth(number).locator(".title").inner_text() for number in range(5)]
    assert matches.count() == 5 and all(name.startswith("Own ") for name in names)
    matches.first.get_by_role("button", name="Play 1:").click()
    until(page, lambda state: state["time"] > 0)


def test_the_choice_survives_reload_and_page_change_and_back_undoes_it(own_server, open_page):
    page = open_page(f"{own_server.url}/Library")
    page.get_by_text("6 tracks of your own music").wait_for()
    choose_music(page, "Built-in music")
    page.get_by_text("of our built-in music").wait_for()
    assert "catalogue=built-in" in page.url
    page.reload()
    page.get_by_text("of our built-in music").wait_for()
    page.get_by_role("link", name="Listen").first.click()
    page.get_by_role("heading", name="What sounds like this?").wait_for()
    page.get_by_text("of our built-in music").wait_for()
    assert "catalogue=built-in" in page.url
    page.go_back()
    page.get_by_role("heading", name="Library").wait_for()
    page.get_by_text("of our built-in music").wait_for()
    page.go_back()
    page.get_by_text("6 tracks of your own music").wait_for()


def test_an_unknown_name_in_the_address_is_refused_with_a_sentence(own_server, open_page):
    page = open_page(f"{own_server.url}/Library?catalogue=" + urllib.parse.quote("/etc/passwd", safe=""))
    page.get_by_text("which is not here. Shown is: Your music").wait_for()
    page.get_by_text("6 tracks of your own music").wait_for()


@pytest.mark.parametrize(
    "path", ["/media/../../../../etc/passwd", "/media/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/media//etc/passwd"]
)
def test_the_server_streams_no_file_by_its_path(own_server, path):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(own_server.url).netloc, timeout=10)
    connection.request("GET", path)  # as it is: urllib would tidy it
    answer = connection.getresponse()
    assert b"root:" not in answer.read()
    assert answer.status != 200 or answer.getheader("Content-Type", "").startswith("text/html")
    connection.close()
