"""The connection to Spotify; the only file that imports spotipy.

spotipy speaks the protocol. Three of its habits do not fit a page that many visitors share, and are kept out:
it waits as long as Spotify says (hours, at times), it asks at the terminal when a token is missing, and it
writes tokens to its debug log. So refusals are caught on the way in (``spotify_answers.check``), tokens are
renewed here, and its loggers are silenced.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests
import spotipy
from spotipy.cache_handler import CacheHandler

from synesthete.errors import SpotifyError
from synesthete.playlists.spotify_account import Login, SpotifyConfig, TokenStore
from synesthete.playlists.spotify_answers import Patience, Refusal, check, sentence, unreachable

Answer = TypeVar("Answer")

REPEAT_AFTER_SECONDS = 1.0


class SpotifyConnection:
    """Login, tokens and calls; what is asked of Spotify is in :class:`spotify_session.SpotifySession`.

    Parameters
    ----------
    config : SpotifyConfig
    store : TokenStore
        The listener's tokens, filled by :meth:`finish`.
    """

    def __init__(self, config: SpotifyConfig, store: TokenStore) -> None:
        for name in ("client", "oauth2", "util"):
            logging.getLogger(f"spotipy.{name}").addFilter(_silent)
        self.config = config
        self._store = store
        http = requests.Session()  # its own, without spotipy's endless retries
        http.hooks["response"].append(check)
        http.max_redirects = 3
        self._manager = _auth_manager(config, store, http)
        self._client = spotipy.Spotify(requests_session=http, requests_timeout=config.timeout_seconds)
        self._client.prefix = config.api_url.rstrip("/") + "/"

    def begin(self) -> Login:
        """Start to connect: send the browser to ``url``, keep the login for :meth:`finish`."""
        state = secrets.token_urlsafe(32)
        if self.config.client_secret:
            return Login(self._manager.get_authorize_url(state=state), state)
        self._manager.get_pkce_handshake_parameters()
        url = self._manager.get_authorize_url(state=state)
        return Login(url, state, self._manager.code_verifier)

    def finish(self, params: Mapping[str, str], login: Login) -> None:
        """Complete a login with the query parameters that the browser came back with.

        Raises
        ------
        SpotifyError
            The answer belongs to another login (nothing is then sent), the listener declined, or the code is
            too old or was used before.
        """
        if not login.answers(params.get("state", "")):
            raise SpotifyError("This answer of Spotify belongs to another login. Connect again from this page.")
        if params.get("error") == "access_denied":
            raise SpotifyError("You declined, so Spotify stays unconnected. M3U, XSPF and CSV need no account.")
        if params.get("error") or not params.get("code"):
            raise SpotifyError("Spotify ended the login without a reason that helps. Connect again.")
        if not self.config.client_secret:
            self._manager.code_verifier = login.code_verifier
            self._manager.code_challenge = "sent before"  # else spotipy would make a new pair

        flow = {"as_dict": False} if self.config.client_secret else {}
        answer = _attempt(lambda: self._manager.get_access_token(params["code"], check_cache=False, **flow), "connect")
        if isinstance(answer, Refusal):
            if answer.reason == "invalid_grant":
                raise SpotifyError("This login was used before or has waited too long. Connect again.")
            raise sentence(answer, "connect")

    @property
    def is_connected(self) -> bool:
        """Whether there are tokens; whether Spotify still takes them shows with the next call."""
        return self._store.is_filled

    def disconnect(self) -> None:
        """Forget the tokens. The listener's consent ends at https://www.spotify.com/account/apps/."""
        with self._store.lock:
            self._store.clear()

    def _patience(self) -> Patience:
        return Patience(self.config.longest_wait_seconds)

    def _ask(
        self, action: str, patience: Patience, call: Callable[[], Answer], *, is_repeatable: bool = True
    ) -> Answer:
        """Call Spotify with a fresh token; wait and repeat where that is right, else raise the sentence."""
        is_renewed = is_repeated = False
        while True:
            token = self._access_token()
            self._client.set_auth(token)
            answer = _attempt(call, action)
            if not isinstance(answer, Refusal):
                return answer
            if answer.status == 401 and not is_renewed:
                is_renewed = True
                self._renew(token)
            elif answer.may_wait and patience.wait(answer.wait_seconds or 0.0):
                continue
            elif answer.status >= 500 and is_repeatable and not is_repeated:
                is_repeated = True
                patience.wait(REPEAT_AFTER_SECONDS)
            else:
                if answer.status == 401:
                    self.disconnect()
                raise sentence(answer, action)

    def _access_token(self) -> str:
        token = self._store.get()
        if token is None:
            raise SpotifyError("Spotify is not connected. Connect first.")
        if self._manager.is_token_expired(token):
            self._renew(token["access_token"])
            token = self._store.get() or token
        return str(token["access_token"])

    def _renew(self, stale: str) -> None:
        """Replace an access token that is no longer good, unless another rerun has just done so."""
        with self._store.lock:
            token = self._store.get()
            if token is None or token["access_token"] != stale:
                return
            refresh_token = token.get("refresh_token")
            answer: object = Refusal(400, "", "not_connected")
            if refresh_token:
                answer = _attempt(lambda: self._manager.refresh_access_token(refresh_token), "reconnect")
            if isinstance(answer, Refusal):
                if answer.reason in ("invalid_grant", "not_connected"):
                    self._store.clear()
                raise sentence(answer, "reconnect")


class _InStore(CacheHandler):
    """Where spotipy keeps tokens: the listener's store, not its default file."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store

    def get_cached_token(self) -> dict[str, Any] | None:
        return self._store.get()

    def save_token_to_cache(self, token_info: dict[str, Any]) -> None:
        self._store.put(token_info)


def _silent(_record: logging.LogRecord) -> bool:
    """Log filter: spotipy's debug records hold tokens, and its errors are told in our own sentences."""
    return False


def _auth_manager(config: SpotifyConfig, store: TokenStore, http: requests.Session) -> Any:
    """spotipy's side of the login: by client secret where there is one, else by PKCE."""
    options: dict[str, Any] = {
        "client_id": config.client_id,
        "redirect_uri": config.redirect_uri,
        "scope": config.scopes,
        "requests_session": http,
        "requests_timeout": config.timeout_seconds,
        "cache_handler": _InStore(store),
        "open_browser": False,
    }
    if config.client_secret:
        manager = spotipy.SpotifyOAuth(client_secret=config.client_secret, **options)
    else:
        manager = spotipy.SpotifyPKCE(**options)
    accounts = config.accounts_url.rstrip("/")
    manager.OAUTH_AUTHORIZE_URL = f"{accounts}/authorize"
    manager.OAUTH_TOKEN_URL = f"{accounts}/api/token"
    return manager


def _attempt(call: Callable[[], Answer], action: str) -> Answer | Refusal:
    """Call Spotify; give its answer or its refusal, or raise the sentence that no answer came.

    That is raised outside of the ``except``: an error of ``requests`` refers to the request and so to the
    token, and would stay reachable as the context of ours.
    """
    try:
        return call()
    except Refusal as refusal:
        return refusal.with_traceback(None)
    except requests.RequestException as error:
        problem = unreachable(error, action)
    raise problem
