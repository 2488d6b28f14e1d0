"""What Spotify answers, checked once: refusals become sentences, songs become records. Knows no spotipy."""

from __future__ import annotations

import re
import time
from typing import Any

import requests

from synesthete.errors import SpotifyError
from synesthete.playlists.matching import Song
from synesthete.playlists.playlist import one_line

FALLBACK_WAIT_SECONDS = 2.0  # where a 429 does not say how long


class Refusal(Exception):
    """An answer of Spotify not to go on with; :func:`sentence` explains it. Carries no request, so no token.

    Attributes
    ----------
    status : int
        HTTP status; below 300 for an answer that is malformed.
    message, reason : str
        Spotify's own words, cleaned; may be empty.
    wait_seconds : float or None [s]
        From Retry-After.
    """

    def __init__(self, status: int, message: str, reason: str = "", wait_seconds: float | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.reason = reason
        self.wait_seconds = wait_seconds

    @property
    def may_wait(self) -> bool:
        """It is a rate limit that passes by waiting."""
        return self.status == 429 and self.reason != "QUOTA_EXCEEDED" and self.wait_seconds is not None


class Patience:
    """The time one operation may spend waiting in all, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def wait(self, seconds: float) -> bool:
        """Sleep if there is time left for it; say whether it was done."""
        if seconds > self._left:
            return False
        self._left -= seconds
        time.sleep(seconds)
        return True


def check(response: requests.Response, *_args: Any, **_options: Any) -> None:
    """A ``requests`` response hook: every answer of Spotify passes here before spotipy sees it.

    spotipy trusts the shape of an error body, and quotes it in its log; so refusals stop here.

    Raises
    ------
    Refusal
        Any status from 400 on, or a body that is not a JSON object, or tokens that are incomplete.
    """
    if response.is_redirect:
        return  # requests follows it; the answer at its end passes here too
    body = _json(response)
    if response.status_code >= 400:
        error = body.get("error") if isinstance(body, dict) else None
        details = error if isinstance(error, dict) else {"message": error or response.text, "reason": error}
        reason, message = _quote(details.get("reason")), _quote(details.get("message"))
        raise Refusal(response.status_code, message, reason, _retry_after(response))
    is_token_answer = response.url.partition("?")[0].endswith("/api/token")
    if not isinstance(body, dict) or (is_token_answer and not _is_token(body)):
        raise Refusal(response.status_code, "")


def sentence(refusal: Refusal, action: str) -> SpotifyError:
    """Say what went wrong while Spotify was asked to ``action`` (an infinitive), and the way out."""
    status = refusal.status
    said = f" (it says: {refusal.message})" if refusal.message else ""
    if refusal.reason in ("invalid_grant", "not_connected"):
        text = "The connection to Spotify has ended: the consent was withdrawn or is too old. Connect again."
    elif refusal.reason in ("invalid_client", "unauthorized_client"):
        text = "Spotify does not know this app: check SPOTIPY_CLIENT_ID and SPOTIPY_CLIENT_SECRET."
    elif refusal.reason == "QUOTA_EXCEEDED":
        text = f"Spotify's quota for this app is used up; it could not {action}. Try later, or take M3U."
    elif status == 429:
        after = f"in {refusal.wait_seconds:.0f} seconds" if refusal.wait_seconds else "in a few minutes"
        text = f"Spotify has too many requests of this app; it could not {action}. Try again {after}."
    elif status == 401:
        text = f"Spotify no longer accepts this connection; it could not {action}{said}. Connect again."
    elif status == 403:
        text = _forbidden(refusal, action, said)
    elif status >= 500:
        text = f"Spotify has trouble of its own (status {status}); it could not {action}. Try in a minute."
    elif status < 300:
        text = f"Spotify's answer could not be understood; it could not {action}. Try again later."
    else:
        text = f"Spotify refused to {action} (status {status}){said}."
    error = SpotifyError(text)
    error.is_undecided = status >= 500 or status < 300
    return error


def _forbidden(refusal: Refusal, action: str, said: str) -> str:
    if "scope" in refusal.message.lower():
        return f"The connection to Spotify does not allow to {action}. Connect again and agree to it."
    return (
        f"Spotify does not let this account {action}{said}. While the app is in development mode, its owner"
        " must name the account under User Management at https://developer.spotify.com/dashboard."
    )


def unreachable(error: requests.RequestException, action: str) -> SpotifyError:
    """Say that no answer came at all."""
    if isinstance(error, requests.Timeout):
        problem = SpotifyError(f"Spotify took too long to answer; it could not {action}. Try again.")
    else:
        problem = SpotifyError(f"Spotify cannot be reached; it could not {action}. Check the network.")
    problem.is_undecided = True
    return problem


def songs_of(answer: dict[str, Any]) -> list[Song]:
    """The tracks of one page of search results; Refusal if it has another shape."""
    tracks = answer.get("tracks")
    items = tracks.get("items") if isinstance(tracks, dict) else None
    if not isinstance(items, list):
        raise Refusal(200, "")
    return [song_of(item) for item in items if item is not None]  # Spotify leaves nulls for withdrawn tracks


def song_of(item: Any) -> Song:
    """One track object; Refusal if it lacks a URI or a name."""
    try:
        artists = tuple(one_line(artist["name"]) for artist in item.get("artists") or ())
        return Song(
            uri=text_of(item, "uri"),
            title=one_line(text_of(item, "name")),
            artists=artists,
            album=one_line((item.get("album") or {}).get("name") or ""),
            seconds=float(item.get("duration_ms") or 0) / 1000,
            isrc=str((item.get("external_ids") or {}).get("isrc") or ""),
            link=link_of(item),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # raised below, without the answer in its context
    raise Refusal(200, "")


def text_of(item: dict[str, Any], key: str) -> str:
    """A string that must be there; Refusal if it is not."""
    value = item.get(key)
    if not isinstance(value, str) or not value:
        raise Refusal(200, "")
    return value


def link_of(item: dict[str, Any]) -> str:
    """The page of an object on open.spotify.com; empty if it names none that is https."""
    urls = item.get("external_urls")
    link = urls.get("spotify") if isinstance(urls, dict) else None
    return link if isinstance(link, str) and link.startswith("https://") else ""


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _is_token(body: dict[str, Any]) -> bool:
    return isinstance(body.get("access_token"), str) and isinstance(body.get("expires_in"), int)


def _quote(words: Any) -> str:
    """Words of Spotify fit to be shown: one line, short, and nothing long enough to be a token."""
    text = one_line(words) if isinstance(words, str) else ""
    return re.sub(r"[^\s/:.]{24,}", "…", text)[:160]


def _retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,7}", value):
        return float(value)
    return FALLBACK_WAIT_SECONDS if response.status_code == 429 and not value else None
