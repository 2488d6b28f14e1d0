"""What connecting to Spotify takes: the app's configuration, one login under way, one listener's tokens.

Nothing here is ever written to a file or a log: ``repr`` hides what is secret, and a token store refuses to
be pickled or copied, which is how a cache would put it on disk.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

from synesthete.errors import SpotifyError

LOOPBACK = ("127.0.0.1", "::1")
HOW_TO_GET_CREDENTIALS = (
    "To send playlists to Spotify, make an app at https://developer.spotify.com/dashboard (its owner needs"
    " Spotify Premium), register the redirect URI there letter by letter, for instance http://127.0.0.1:8501/,"
    " and set SPOTIPY_CLIENT_ID and SPOTIPY_REDIRECT_URI; SPOTIPY_CLIENT_SECRET is optional. An app in"
    " development mode serves five people, whom its owner names there. M3U, XSPF and CSV need no account."
)


@dataclass(frozen=True)
class SpotifyConfig:
    """Which Spotify app is used, and how long it may take.

    Attributes
    ----------
    client_id : str
        Of an app at https://developer.spotify.com/dashboard.
    redirect_uri : str
        Registered there letter by letter: https, or http on 127.0.0.1 (Spotify refuses the name localhost).
    client_secret : str
        With it, the Authorization Code flow proves itself by the secret; without, by PKCE, so that a copy of
        Synesthete on somebody's own machine has no secret to keep.
    is_public_allowed : bool
        Ask the listener also for the right to make public playlists.
    timeout_seconds : float > 0 [s]
        How long one answer may take.
    longest_wait_seconds : float >= 0 [s]
        How long one operation waits in all when Spotify asks to come back later.
    accounts_url, api_url : str
        Where Spotify is; the tests have their own.
    """

    client_id: str
    redirect_uri: str
    client_secret: str = field(default="", repr=False)
    is_public_allowed: bool = False
    timeout_seconds: float = 10.0
    longest_wait_seconds: float = 10.0
    accounts_url: str = "https://accounts.spotify.com"
    api_url: str = "https://api.spotify.com/v1"

    def __post_init__(self) -> None:
        if not self.client_id.strip():
            raise SpotifyError(f"The Spotify client id is empty. {HOW_TO_GET_CREDENTIALS}")
        _require_redirect(self.redirect_uri)
        for url in (self.accounts_url, self.api_url):
            if not _is_private_channel(url):
                raise SpotifyError(f"The address {url!r} for Spotify is not https; tokens would travel in the open.")

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> SpotifyConfig:
        """Read SPOTIPY_CLIENT_ID, SPOTIPY_REDIRECT_URI and, if set, SPOTIPY_CLIENT_SECRET.

        Raises
        ------
        SpotifyError
            One of the first two is missing; the message says how to get it. Or the redirect URI cannot work.
        """
        missing = [n for n in ("SPOTIPY_CLIENT_ID", "SPOTIPY_REDIRECT_URI") if not values.get(n, "").strip()]
        if missing:
            raise SpotifyError(f"Spotify is not set up: {' and '.join(missing)} missing. {HOW_TO_GET_CREDENTIALS}")
        secret = values.get("SPOTIPY_CLIENT_SECRET", "").strip()
        return cls(values["SPOTIPY_CLIENT_ID"].strip(), values["SPOTIPY_REDIRECT_URI"].strip(), secret)

    @property
    def scopes(self) -> list[str]:
        """What the listener is asked to allow; no more than making playlists."""
        return ["playlist-modify-private", *(["playlist-modify-public"] if self.is_public_allowed else [])]


@dataclass(frozen=True)
class Login:
    """A login under way: the caller keeps it until Spotify sends the browser back, then uses it once.

    Attributes
    ----------
    url : str
        Where the browser goes.
    state : str
        Comes back with the browser; ties the answer to this login.
    code_verifier : str
        PKCE's one-time secret; empty when the app has a client secret.
    """

    url: str = field(repr=False)
    state: str = field(repr=False)
    code_verifier: str = field(default="", repr=False)

    def answers(self, state: str) -> bool:
        """Whether a returned state is this login's, compared in constant time."""
        return bool(self.state) and hmac.compare_digest(self.state.encode(), state.encode(errors="surrogatepass"))


class TokenStore:
    """One listener's tokens, in memory; keep it in that listener's browser session and nowhere else."""

    __slots__ = ("_token", "lock")

    def __init__(self) -> None:
        self._token: dict[str, Any] | None = None
        self.lock = threading.Lock()  # held while refreshing: with PKCE a refresh token works only once

    @property
    def is_filled(self) -> bool:
        """Whether there are tokens."""
        return self._token is not None

    def get(self) -> dict[str, Any] | None:
        """The tokens as spotipy keeps them, or None."""
        return self._token

    def put(self, token: dict[str, Any]) -> None:
        """Replace the tokens."""
        self._token = dict(token)

    def clear(self) -> None:
        """Forget the tokens."""
        self._token = None

    def __repr__(self) -> str:
        return f"TokenStore({'connected' if self.is_filled else 'empty'})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A TokenStore is never pickled or copied: Spotify tokens stay in one browser session.")


class PendingLogins:
    """Logins under way in all browsers, in memory.

    Spotify sends the browser back to a fresh page, in Streamlit a new session that knows nothing of the old.
    Kept here, a login finds its way back, and fills the store of the session it was started from.
    """

    def __init__(self, keep_seconds: float = 600.0, n_most: int = 1000) -> None:
        self._keep_seconds = keep_seconds
        self._n_most = n_most
        self._logins: dict[str, tuple[float, Login, TokenStore, str]] = {}
        self._lock = threading.Lock()

    def keep(self, login: Login, store: TokenStore, browser: str) -> None:
        """Remember a login; ``browser`` is what tells browsers apart, such as a cookie set before."""
        with self._lock:
            for state in [*self._logins][: max(0, len(self._logins) + 1 - self._n_most)]:
                del self._logins[state]
            self._logins[login.state] = (time.monotonic() + self._keep_seconds, login, store, browser)

    def holds(self, state: str) -> bool:
        """Whether the answer of this login is still awaited."""
        with self._lock:
            deadline = self._logins.get(state, (0.0, None, None, ""))[0]
        return time.monotonic() <= deadline

    def take(self, state: str, browser: str) -> tuple[Login, TokenStore]:
        """Hand out the login of a returned state, once.

        Raises
        ------
        SpotifyError
            There is none, it is too old, or another browser began it: somebody else's login would connect
            this listener to a stranger's account.
        """
        with self._lock:
            deadline, login, store, owner = self._logins.pop(state, (0.0, None, None, ""))
        is_owner = hmac.compare_digest(owner.encode(), browser.encode(errors="surrogatepass"))
        if login is None or store is None or time.monotonic() > deadline or not is_owner:
            raise SpotifyError("This answer of Spotify belongs to no login begun here. Connect again.")
        return login, store


def _is_private_channel(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _require_redirect(redirect_uri: str) -> None:
    parts = urlsplit(redirect_uri)
    advice = "Use http://127.0.0.1:8501/ (with your port) or an https address, and register the same in the app."
    if parts.hostname and (parts.hostname == "localhost" or parts.hostname.endswith(".localhost")):
        raise SpotifyError(f"Spotify refuses the redirect URI {redirect_uri!r}: the name localhost. {advice}")
    if not parts.hostname or not _is_private_channel(redirect_uri) or parts.fragment or parts.username:
        raise SpotifyError(f"The Spotify redirect URI {redirect_uri!r} cannot work. {advice}")
