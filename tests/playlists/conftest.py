"""A Spotify of our own for each test, and a session that talks to it."""

from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

import pytest
from spotify_server import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, FakeSpotify

from synesthete.playlists.spotify_account import SpotifyConfig, TokenStore
from synesthete.playlists.spotify_session import SpotifySession


@pytest.fixture
def spotify():
    """The server: its songs, playlists, tokens and scripted mishaps."""
    with FakeSpotify() as server:
        yield server


@pytest.fixture(params=["secret", "pkce"])
def flow(request):
    """Both ways to prove that the app is the app."""
    return request.param


@pytest.fixture
def make_session(spotify):
    """Build an unconnected session against the server."""

    def make(secret=CLIENT_SECRET, **options):
        config = SpotifyConfig(
            CLIENT_ID, REDIRECT_URI, secret, accounts_url=spotify.url, api_url=f"{spotify.url}/v1", **options
        )
        return SpotifySession(config, TokenStore())

    return make


@pytest.fixture
def agree():
    """Be the browser of a listener who agrees: the query parameters that come back."""

    def go(login):
        parts = urlsplit(login.url)
        browser = HTTPConnection(parts.netloc, timeout=5)  # not requests: it would log the address
        browser.request("GET", f"{parts.path}?{parts.query}")
        answer = browser.getresponse()
        browser.close()
        assert answer.status == 302
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {key: values[0] for key, values in query.items()}

    return go


@pytest.fixture
def connect(make_session, agree):
    """Build a connected session."""

    def make(**options):
        session = make_session(**options)
        login = session.begin()
        session.finish(agree(login), login)
        return session

    return make
