"""Login, tokens, and what can go wrong on the way to Spotify: real HTTP against ``spotify_server``."""

import copy
import logging
import pickle
import socket
import threading
import time
import traceback
from urllib.parse import parse_qs, urlsplit

import pytest
from spotify_server import CLIENT_ID, CLIENT_SECRET, Answer

from synesthete.errors import SpotifyError
from synesthete.playlists.spotify_account import Login, PendingLogins, SpotifyConfig, TokenStore
from synesthete.playlists.spotify_session import SpotifySession


def test_login_with_secret_and_with_pkce(make_session, agree, flow):
    session = make_session(secret=CLIENT_SECRET if flow == "secret" else "")
    assert not session.is_connected
    login = session.begin()
    query = parse_qs(urlsplit(login.url).query)
    assert query["state"] == [login.state] and len(login.state) >= 32
    assert query["scope"] == ["playlist-modify-private"]
    assert ("code_challenge" in query) == (flow == "pkce")
    session.finish(agree(login), login)
    assert session.is_connected
    assert session.me().name == "A Listener"
    session.disconnect()
    with pytest.raises(SpotifyError, match="not connected. Connect first"):
        session.me()


def test_the_state_of_each_login_is_its_own(make_session):
    session = make_session()
    assert len({session.begin().state for _ in range(20)}) == 20


@pytest.mark.parametrize("state", ["", "other", "émoji 🎧 \udcff"])
def test_a_strange_state_sends_nothing(spotify, make_session, agree, state):
    session = make_session()
    login = session.begin()
    params = agree(login)
    with pytest.raises(SpotifyError, match="belongs to another login"):
        session.finish({**params, "state": state}, login)
    with pytest.raises(SpotifyError, match="belongs to another login"):
        session.finish({"code": params["code"], "state": ""}, Login(login.url, ""))
    assert not spotify.calls("/api/token") and not session.is_connected


def test_declining_and_other_ends_of_a_login(make_session, agree):
    session = make_session()
    login = session.begin()
    with pytest.raises(SpotifyError, match="You declined"):
        session.finish({"error": "access_denied", "state": login.state}, login)
    with pytest.raises(SpotifyError, match="ended the login"):
        session.finish({"error": "server_error", "state": login.state}, login)
    with pytest.raises(SpotifyError, match="ended the login"):
        session.finish({"state": login.state}, login)


def test_a_code_works_once(make_session, agree, flow):
    session = make_session(secret=CLIENT_SECRET if flow == "secret" else "")
    login = session.begin()
    params = agree(login)
    session.finish(params, login)
    with pytest.raises(SpotifyError, match="used before or has waited too long"):
        session.finish(params, login)


def test_pkce_refuses_the_verifier_of_another_login(make_session, agree):
    session = make_session(secret="")
    login = session.begin()
    params = agree(login)
    other = session.begin()
    with pytest.raises(SpotifyError, match="Connect again"):
        session.finish(params, Login(login.url, login.state, other.code_verifier))


def test_a_wrong_secret_names_the_setting(make_session, agree):
    session = make_session(secret="wrong")
    login = session.begin()
    with pytest.raises(SpotifyError, match="SPOTIPY_CLIENT_SECRET"):
        session.finish(agree(login), login)


# ---- configuration -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", ["http://127.0.0.1:8501/", "https://music.example/x", "http://[::1]:80/"])
def test_redirect_uris_that_spotify_takes(uri):
    assert SpotifyConfig("id", uri).redirect_uri == uri


@pytest.mark.parametrize("uri", ["http://localhost:8501/", "https://localhost/", "http://app.localhost:1/"])
def test_localhost_is_refused_with_a_way_out(uri):
    with pytest.raises(SpotifyError, match="name localhost. Use http://127.0.0.1:8501/"):
        SpotifyConfig("id", uri)


@pytest.mark.parametrize(
    "uri", ["http://music.example/", "127.0.0.1:8501", "", "ftp://a/", "https://u@a/", "https://a/#b"]
)
def test_other_redirect_uris_are_refused(uri):
    with pytest.raises(SpotifyError, match="cannot work"):
        SpotifyConfig("id", uri)


def test_configuration_from_the_environment():
    values = {"SPOTIPY_CLIENT_ID": " id ", "SPOTIPY_REDIRECT_URI": "http://127.0.0.1:1/"}
    assert SpotifyConfig.from_mapping(values).client_id == "id"
    with pytest.raises(SpotifyError, match="SPOTIPY_REDIRECT_URI missing.*developer.spotify.com.*M3U"):
        SpotifyConfig.from_mapping({"SPOTIPY_CLIENT_ID": "id"})
    with pytest.raises(SpotifyError, match="client id is empty"):
        SpotifyConfig(" ", "http://127.0.0.1:1/")


def test_tokens_never_travel_in_the_open():
    with pytest.raises(SpotifyError, match="not https"):
        SpotifyConfig("id", "http://127.0.0.1:1/", api_url="http://api.spotify.com/v1")


# ---- a browser that comes back -----------------------------------------------------------------------------


def test_a_pending_login_is_handed_out_once_and_to_its_browser():
    pending, store, login = PendingLogins(), TokenStore(), Login("url", "state")
    assert not pending.holds("state")
    pending.keep(login, store, "browser A")
    with pytest.raises(SpotifyError, match="no login begun here"):
        pending.take("state", "browser B")
    pending.keep(login, store, "browser A")
    assert pending.holds("state")
    assert pending.take("state", "browser A") == (login, store)
    assert not pending.holds("state")
    with pytest.raises(SpotifyError, match="no login begun here"):
        pending.take("state", "browser A")


def test_pending_logins_grow_old_and_stay_few():
    pending = PendingLogins(keep_seconds=-1)
    pending.keep(Login("url", "state"), TokenStore(), "")
    with pytest.raises(SpotifyError):
        pending.take("state", "")
    pending = PendingLogins(n_most=3)
    for number in range(5):
        pending.keep(Login("url", f"state {number}"), TokenStore(), "")
    pending.take("state 2", "")
    with pytest.raises(SpotifyError):
        pending.take("state 1", "")


# ---- tokens ------------------------------------------------------------------------------------------------


def test_a_token_about_to_expire_is_renewed_before_use(spotify, connect, flow):
    spotify.expires_in = 30
    session = connect(secret=CLIENT_SECRET if flow == "secret" else "")
    spotify.expires_in = 3600
    assert session.me() and session.me()
    assert len(spotify.calls("/api/token")) == 2


def test_a_token_that_spotify_no_longer_takes_is_renewed_once(spotify, connect, flow):
    session = connect(secret=CLIENT_SECRET if flow == "secret" else "")
    spotify.expire_all()
    assert session.me().user_id == "listener"
    assert [method for method, _, _ in spotify.calls("/v1/me")] == ["GET", "GET"]
    spotify.expire_all()
    assert session.me()  # with PKCE, by the rotated refresh token


def test_reruns_of_one_session_renew_once(spotify, connect):
    session = connect(secret="")
    spotify.expire_all()
    errors = []

    def ask():
        try:
            session.me()
        except SpotifyError as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(spotify.calls("/api/token")) == 2


def test_withdrawn_consent_ends_the_connection(spotify, connect, flow):
    session = connect(secret=CLIENT_SECRET if flow == "secret" else "")
    spotify.revoke_all()
    with pytest.raises(SpotifyError, match="consent was withdrawn or is too old. Connect again"):
        session.me()
    assert not session.is_connected


def test_a_refusal_that_renewing_does_not_cure_ends_the_connection(spotify, connect):
    session = connect()
    spotify.scripted += [Answer("/v1/me", 401, {"error": {"message": "Invalid access token"}}) for _ in range(2)]
    with pytest.raises(SpotifyError, match="no longer accepts this connection.*Connect again"):
        session.me()
    assert not session.is_connected


def test_trouble_while_renewing_keeps_the_connection(spotify, connect):
    session = connect()
    spotify.expire_all()
    spotify.scripted.append(Answer("/api/token", 503))
    with pytest.raises(SpotifyError, match="trouble of its own"):
        session.me()
    assert session.is_connected and session.me()


# ---- refusals ----------------------------------------------------------------------------------------------


def test_a_short_rate_limit_is_waited_for(spotify, connect):
    session = connect()
    spotify.scripted.append(Answer("/v1/me", 429, {"error": {"status": 429}}, {"Retry-After": "1"}))
    began = time.monotonic()
    assert session.me()
    assert 0.9 < time.monotonic() - began < 5


def test_a_long_rate_limit_is_told_at_once(spotify, connect):
    session = connect()
    spotify.scripted.append(Answer("/v1/me", 429, "Too many requests", {"Retry-After": "86400"}))
    began = time.monotonic()
    with pytest.raises(SpotifyError, match="too many requests.*in 86400 seconds"):
        session.me()
    assert time.monotonic() - began < 2 and session.is_connected


def test_waiting_is_limited_in_all(spotify, connect):
    session = connect(longest_wait_seconds=1.5)
    spotify.scripted += [Answer("/v1/me", 429, None, {"Retry-After": "1"}) for _ in range(9)]
    with pytest.raises(SpotifyError, match="in 1 seconds"):
        session.me()
    assert len(spotify.calls("/v1/me")) == 2


@pytest.mark.parametrize("header", ["soon", "-1", "1e9", "NaN", "Fri, 20 Nov 2026 17:00:00 GMT"])
def test_a_strange_retry_after_is_not_obeyed(spotify, connect, header):
    session = connect()
    spotify.scripted.append(Answer("/v1/me", 429, None, {"Retry-After": header}))
    with pytest.raises(SpotifyError, match="in a few minutes"):
        session.me()


def test_a_used_up_quota_is_not_waited_for(spotify, connect):
    session = connect()
    body = {"error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}}
    spotify.scripted.append(Answer("/v1/me", 429, body, {"Retry-After": "1"}))
    with pytest.raises(SpotifyError, match="quota for this app is used up"):
        session.me()
    assert len(spotify.calls("/v1/me")) == 1


@pytest.mark.parametrize(
    "body",
    [
        "User not registered in the Developer Dashboard",
        {"error": {"status": 403, "message": "User not registered in the Developer Dashboard"}},
    ],
)
def test_an_account_unknown_to_a_development_app(spotify, connect, body):
    session = connect()
    spotify.scripted.append(Answer("/v1/me", 403, body))
    with pytest.raises(SpotifyError, match="User not registered.*User Management"):
        session.me()


def test_server_trouble_is_tried_twice_for_questions(spotify, connect):
    session = connect(longest_wait_seconds=0.0)
    spotify.scripted.append(Answer("/v1/me", 502, "<html>Bad gateway</html>"))
    assert session.me()
    spotify.scripted += [Answer("/v1/me", 503), Answer("/v1/me", 503)]
    with pytest.raises(SpotifyError, match=r"trouble of its own \(status 503\)"):
        session.me()


@pytest.mark.parametrize(
    "body", ["", "<html>hotel login</html>", [], "null", {"id": 5}, {"display_name": "no id"}, {"id": ""}]
)
def test_malformed_answers(spotify, connect, body):
    session = connect()
    spotify.scripted.append(Answer("/v1/me", 200, body))
    with pytest.raises(SpotifyError, match="could not be understood"):
        session.me()


@pytest.mark.parametrize(
    "body", ["", "oops", [1], {"error": "text"}, {"error": ["x"]}, {"error": None}, {"error": {"message": 5}}]
)
def test_errors_of_any_shape_are_one_sentence(spotify, connect, body):
    session = connect()
    spotify.scripted.append(Answer("/v1/me", 418, body))
    with pytest.raises(SpotifyError, match=r"refused to say whose account this is \(status 418\)"):
        session.me()


@pytest.mark.parametrize("body", ["<html>", {}, {"access_token": "a"}, {"access_token": 1, "expires_in": 2}])
def test_malformed_tokens(spotify, make_session, agree, body):
    session = make_session()
    login = session.begin()
    params = agree(login)
    spotify.scripted.append(Answer("/api/token", 200, body))
    with pytest.raises(SpotifyError, match="could not be understood; it could not connect"):
        session.finish(params, login)
    assert not session.is_connected


def test_redirects_without_a_goal_and_without_an_end(spotify, connect):
    session = connect()
    spotify.scripted.append(Answer("/v1/me", 304))
    with pytest.raises(SpotifyError, match="status 304"):
        session.me()
    spotify.scripted += [Answer("/v1/me", 302, None, {"Location": "/v1/me"}) for _ in range(9)]
    with pytest.raises(SpotifyError, match="cannot be reached"):
        session.me()


def test_no_network(spotify, connect):
    session = connect()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        session._client.prefix = f"http://127.0.0.1:{free.getsockname()[1]}/v1/"
        with pytest.raises(SpotifyError, match="cannot be reached.*Check the network"):
            session.me()


def test_a_slow_answer_is_given_up(spotify, connect):
    session = connect(timeout_seconds=0.3)
    spotify.scripted.append(Answer("/v1/me", 200, {"id": "x"}, delay_seconds=1.0))
    with pytest.raises(SpotifyError, match="too long to answer"):
        session.me()


# ---- secrets -----------------------------------------------------------------------------------------------


def everything_reachable(error):
    """All text that a log or an error page could make of an exception and of what led to it."""
    seen = []
    while error is not None:
        seen += [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
        error = error.__cause__ or error.__context__
    return "\n".join(seen)


def test_no_secret_in_logs_reprs_or_errors(spotify, make_session, agree, flow, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("spotipy.client", "spotipy.oauth2", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    session = make_session(secret=CLIENT_SECRET if flow == "secret" else "", timeout_seconds=0.3)
    login = session.begin()
    texts = [repr(login), str(login)]
    session.finish(agree(login), login)
    spotify.expire_all()
    session.me()
    session.create_playlist("name", ["spotify:track:" + "1" * 22])
    tokens = session._store.get()
    assert tokens is not None
    echo = f"bad token {tokens['access_token']} {tokens['refresh_token']}"
    mishaps = [
        Answer("/v1/me", 400, {"error": {"message": echo, "reason": echo}}),
        Answer("/v1/me", 403, echo),
        Answer("/v1/me", 200, echo),
        Answer("/v1/me", 200, {}, delay_seconds=0.6),
    ]
    for mishap in mishaps:
        spotify.scripted.append(mishap)
        with pytest.raises(SpotifyError) as caught:
            session.me()
        assert caught.value.__context__ is None
        texts.append(everything_reachable(caught.value))
    spotify.revoke_all()
    texts += [repr(session), repr(session._store), repr(session.config), str(vars(session.config).keys())]
    with pytest.raises(SpotifyError) as caught:
        session.me()
    texts += [
        everything_reachable(caught.value),
        caplog.text,
        *(str(vars(record)) for record in caplog.records),
    ]
    everything = "\n".join(texts)
    hidden = [*spotify.secrets_issued, CLIENT_SECRET, login.state, login.code_verifier]
    hidden = [secret for secret in hidden if secret and not secret.startswith("snapshot")]
    assert len(hidden) >= 6
    assert not [secret[:10] for secret in hidden if secret in everything]
    assert "GET /v1/me" in caplog.text  # urllib3 did log, so the test listened


def test_tokens_refuse_to_be_stored_or_copied():
    store = TokenStore()
    store.put({"access_token": "very secret"})
    assert repr(store) == "TokenStore(connected)"
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="never pickled or copied"):
            leave(store)


def test_nothing_is_written_to_disk(connect, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert connect().me()
    assert not list(tmp_path.iterdir())


def test_two_listeners_do_not_share(connect, make_session):
    assert connect().is_connected
    assert not make_session().is_connected


def test_the_real_addresses_are_the_default():
    session = SpotifySession(SpotifyConfig(CLIENT_ID, "http://127.0.0.1:1/"), TokenStore())
    assert session.begin().url.startswith("https://accounts.spotify.com/authorize?")
    assert session._client.prefix == "https://api.spotify.com/v1/"
    assert session._manager.OAUTH_TOKEN_URL == "https://accounts.spotify.com/api/token"
