"""What the server keeps of a visit for a while: its own sounds, the tracks it likes, the sounds it has asked about.

A visit is a browser, told by a cookie that only the server reads (:class:`Cookie`); a reload, another page and another
tab belong to it. All of it lies in memory, bounded in number, size and age, and is told to nobody else:
docs/decisions/the-address-and-the-visit.md.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import streamlit as st
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from synesthete.ui import state
from synesthete.ui.address import OWN, Name, is_track_id
from synesthete.ui.state import Sound

COOKIE = "synesthete-visit"
MOST_LIKED = 500
_MARK = re.compile(r"[\w-]{22,64}", re.ASCII)


@dataclass(frozen=True)
class Limits:
    """How much is kept.

    Attributes
    ----------
    n_visits : int
        Those of which nothing is kept go first, then those unseen for longest.
    seconds : float [s]
        A visit unseen for so long goes.
    n_sounds, n_bytes : int
        Sounds of one visit; of these the newest is kept whatever its size.
    n_bytes_of_all : int
        Sounds of all visits together.
    """

    n_visits: int = 2000
    seconds: float = 6 * 3600.0
    n_sounds: int = 20
    n_bytes: int = 64 * 1024**2
    n_bytes_of_all: int = 128 * 1024**2


@dataclass
class Visit:
    """One browser.

    Attributes
    ----------
    sounds : dict of str to Sound
        Whole sounds of its own by name, the one used longest ago first.
    liked : dict of str to None
        Ids of tracks, the newest last.
    earlier : tuple of Name
        The sounds asked about, the newest last.
    seen : float [s]
        When it was last here.
    """

    sounds: dict[str, Sound] = field(default_factory=dict)
    liked: dict[str, None] = field(default_factory=dict)
    earlier: tuple[Name, ...] = ()
    seen: float = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is kept."""
        return not (self.sounds or self.liked or self.earlier)

    @property
    def n_bytes(self) -> int:
        """Size of its sounds."""
        return sum(len(sound.data or b"") for sound in self.sounds.values())


class Visits:
    """All visits of this server.

    Parameters
    ----------
    limits : Limits
    clock : callable
        The time in seconds.
    """

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits or Limits(), clock
        self._visits: dict[str, Visit] = {}  # the one unseen for longest first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._visits)

    def of(self, mark: str) -> Visit:
        """The visit of a mark, begun now if there is none."""
        with self._lock:
            return self._of(mark)

    def _of(self, mark: str) -> Visit:
        visit = self._visits.pop(mark, None) or Visit()
        visit.seen = self._clock()
        self._visits[mark] = visit
        while self._is_old(next(iter(self._visits.values()))):
            self._visits.pop(next(iter(self._visits)))
        while len(self._visits) > self._limits.n_visits:
            others = list(self._visits)[:-1]
            idle = (mark for mark in others if self._visits[mark].is_empty)  # so that empty visits push no other out
            self._visits.pop(next(idle, others[0]))
        return visit

    def _is_old(self, visit: Visit) -> bool:
        return visit.seen + self._limits.seconds < self._clock()

    def keep(self, mark: str, sound: Sound) -> str:
        """Keep a sound of a visit's own, and return its name, the same each time."""
        with self._lock:
            mine = self._of(mark).sounds
            whole = sound.of_passage(None)
            name = next((name for name, kept in mine.items() if kept.key == whole.key), "")
            if name:
                mine[name] = mine.pop(name)  # it was used just now
                return name
            name = f"{OWN}{secrets.token_urlsafe(12)}"
            mine[name] = whole
            self._make_room(mark)
            return name

    def _make_room(self, mark: str) -> None:
        visit, limits = self._visits[mark], self._limits
        while len(visit.sounds) > 1 and (len(visit.sounds) > limits.n_sounds or visit.n_bytes > limits.n_bytes):
            visit.sounds.pop(next(iter(visit.sounds)))
        n_bytes = sum(each.n_bytes for each in self._visits.values())
        for other in list(self._visits.values()):  # the newest visit, this one, comes last
            while n_bytes > limits.n_bytes_of_all and other.sounds and not (other is visit and len(other.sounds) == 1):
                n_bytes -= len(other.sounds.pop(next(iter(other.sounds))).data or b"")

    def sound(self, mark: str, name: str) -> Sound | None:
        """A visit's own sound by its name; another visit's is not found."""
        with self._lock:
            mine = self._of(mark).sounds
            if name in mine:
                mine[name] = mine.pop(name)
            return mine.get(name)

    def forget(self, mark: str, key: str) -> None:
        """Keep a sound no longer, given its key as a whole."""
        with self._lock:
            visit = self._of(mark)
            gone = [name for name, sound in visit.sounds.items() if sound.key == key]
            for name in gone:
                visit.sounds.pop(name)
            visit.earlier = tuple(name for name in visit.earlier if name.whole not in gone)

    def like(self, mark: str, track_id: str, is_liked: bool = True) -> tuple[str, ...]:
        """Like a track, or no longer; returns all that this visit likes, the newest last."""
        with self._lock:
            liked = self._of(mark).liked
            liked.pop(track_id, None)
            if is_liked and is_track_id(track_id):
                liked[track_id] = None
            while len(liked) > MOST_LIKED:
                liked.pop(next(iter(liked)))
            return tuple(liked)


class Cookie:
    """Gives a browser that opens a page its mark, in a cookie for this visit that no script of a page can read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a page goes out with the cookie where the browser has none."""
        if scope["type"] != "http" or mark_in(scope):
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        is_safe = scope.get("scheme") == "https" or headers.get(b"x-forwarded-proto") == b"https"

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message["headers"]):
                cookie = f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; HttpOnly; SameSite=Lax"
                cookie += "; Secure" if is_safe else ""
                message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
            await send(message)

        await self.app(scope, receive, send_marked)


def mark_in(scope: Scope) -> str:
    """The mark that a browser shows; empty where it shows none, or none of ours."""
    shown = HTTPConnection(scope).cookies.get(COOKIE, "")
    return shown if _MARK.fullmatch(shown) else ""


def _is_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


all_visits = Visits()


def mark() -> str:
    """The mark of this visit; where the browser takes no cookies, of this session alone."""
    if state.VISIT not in st.session_state:
        shown = str(st.context.cookies.get(COOKIE, ""))
        st.session_state[state.VISIT] = shown if _MARK.fullmatch(shown) else secrets.token_urlsafe(24)
    return st.session_state[state.VISIT]


def mine() -> Visit:
    """This visit."""
    return all_visits.of(mark())
