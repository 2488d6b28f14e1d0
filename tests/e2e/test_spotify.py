"""Signing in to Spotify in a real browser, against the stand-in for Spotify that tests/playlists has."""

import sys
from urllib.parse import urlencode

import pytest
from playwright.sync_api import TimeoutError

from synesthete import sampler
from synesthete.settings import PROJECT_ROOT
from tests.e2e.conftest import free_port, start_server

sys.path.insert(0, str(PROJECT_ROOT / "tests" / "playlists"))
import spotify_server
from spotify_server import CLIENT_ID, CLIENT_SECRET, FakeSpotify, song

pytestmark = pytest.mark.browser


@pytest.fixture(params=["secret", "pkce"])
def app(request, tmp_path, monkeypatch):
    """The app on a port that Spotify's stand-in knows as its redirect address; gives both, and the log."""
    port = free_port()
    monkeypatch.setattr(spotify_server, "REDIRECT_URI", f"http://127.0.0.1:{port}/")
    with FakeSpotify() as spotify:
        environment = {
            "SPOTIPY_CLIENT_ID": CLIENT_ID,
            "SPOTIPY_CLIENT_SECRET": CLIENT_SECRET if request.param == "secret" else "",
            "SPOTIPY_REDIRECT_URI": f"http://127.0.0.1:{port}/",
            "SYNESTHETE_SPOTIFY_ACCOUNTS": spotify.url,
            "SYNESTHETE_SPOTIFY_API": f"{spotify.url}/v1",
        }
        server = start_server(tmp_path, "--logger.level", "debug", port=port, **environment)
        yield server.url, spotify, tmp_path / "server.log"
        server.process.terminate()
        server.process.wait(10)


def begin(page):
    """Press Connect until the page has taken it: a press that falls into a rerun of the page may be lost."""
    connect, agree = (
        page.get_by_role("button", name="Connect Spotify"),
        page.get_by_role("link", name="Agree on Spotify"),
    )
    connect.or_(agree).first.wait_for()
    for _ in range(5):
        if connect.is_visible():
            connect.click()
        try:
            agree.wait_for(timeout=8000)
            break
        except TimeoutError:
            continue
    agree.wait_for()
    return agree


def open_list(page):
    """Three tracks found in the library, about to be taken home."""
    page.locator("[data-test-script-state=notRunning]").wait_for()  # else the fold may be drawn anew, closed
    page.get_by_text("Export", exact=True).click()
    agree = begin(page)
    page.wait_for_function("document.cookie.includes('synesthete-login-')")
    return agree


def library_of(style):
    with sampler.open_sampler() as catalogue:
        return catalogue.find(style, limit=5000)


def test_from_connect_to_the_playlist(app, open_page):
    url, spotify, log = app
    tracks = library_of("Bossa")
    assert 2 <= len(tracks) <= 100
    sure, unsure = tracks[0], tracks[1]
    spotify.songs = [
        song(1, sure.title, sure.artist, sure.seconds),
        song(2, f"{unsure.title} (Live)", unsure.artist, unsure.seconds),
    ]
    page = open_page(f"{url}/Library")
    page.get_by_role("textbox", name="Find").fill("Bossa")
    page.keyboard.press("Enter")
    page.get_by_text(f"{len(tracks)} tracks. Tick").wait_for()
    agree = open_list(page)
    with page.context.expect_page() as opened:
        agree.click()
    second = opened.value
    second.get_by_text("Spotify is connected").wait_for()
    assert "code=" not in second.url and "state=" not in second.url
    second.reload()  # a new visit: it has no part in the connection
    second.get_by_role("heading", name="What sounds like this?").wait_for()

    page.get_by_role("button", name=f"Find the {len(tracks)} tracks").click()  # it came by itself
    page.get_by_text("1 found for certain, 1 doubtful").wait_for()
    doubtful = page.get_by_role("combobox", name="Is it one of these?")
    doubtful.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)  # a list that opens while the page still scrolls is closed by the scrolling
    doubtful.click()
    page.get_by_role("option", name="(Live)").click()
    page.get_by_role("button", name="Create it with 2 tracks").click()
    page.get_by_text("is in your account, private, with 2 tracks").wait_for()
    (playlist,) = spotify.playlists.values()
    assert playlist["public"] is False and playlist["name"] == "Library: Bossa"
    assert playlist["uris"] == [spotify.songs[0]["uri"], spotify.songs[1]["uri"]]

    # a second click must not make a second one
    page.get_by_role("button", name="Create it").wait_for(state="detached")

    written = log.read_text()
    assert not [secret for secret in spotify.secrets_issued if secret in written]
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("button", name="Connect Spotify").wait_for()


def test_a_song_found_by_name_is_searched_from_if_the_catalogue_holds_it(app, open_page):
    url, spotify, _ = app
    track = library_of("Bossa")[0]
    spotify.songs = [song(1, track.title, track.artist, track.seconds), song(2, f"{track.title} Nowhere", "Nobody", 99)]
    page = open_page(f"{url}/Library")
    page.get_by_text("Search by a song's name in Spotify").click()
    agree = begin(page)
    page.wait_for_function("document.cookie.includes('synesthete-login-')")
    with page.context.expect_page() as opened:
        agree.click()
    opened.value.get_by_text("Spotify is connected").wait_for()
    page.get_by_role("textbox", name="Title, or artist and title").fill(track.title)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="More like this").wait_for()
    page.get_by_text("Not in this catalogue").wait_for()
    page.get_by_role("button", name="More like this").click()
    page.get_by_role("heading", name=track.title).wait_for()


def test_another_browser_cannot_answer_for_this_one(app, open_page):
    url, spotify, _ = app
    page = open_page(f"{url}/Library")
    agree = open_list(page)
    stranger = open_page(agree.get_attribute("href"))  # somebody else agrees to this visitor's link
    stranger.get_by_role("alert").wait_for()
    assert "belongs to no login begun here" in stranger.get_by_role("alert").inner_text()
    assert spotify.calls("/api/token") == [], "the code must not be traded"
    stranger.goto(f"{url}/?{urlencode({'code': 'x', 'state': 'guessed'})}")
    stranger.get_by_text("belongs to no login begun here").wait_for()
    page.wait_for_timeout(3000)
    page.get_by_role("link", name="Agree on Spotify").wait_for()
    assert page.get_by_role("button", name="Disconnect").count() == 0


def test_under_another_name_the_page_says_where_to_go(app, open_page):
    url, _, _ = app
    page = open_page(url.replace("127.0.0.1", "localhost") + "/Library")
    page.get_by_text("Export", exact=True).click()
    page.get_by_role("link", name=f"{url}/").wait_for()
    assert page.get_by_role("button", name="Connect Spotify").count() == 0
