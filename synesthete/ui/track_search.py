"""A box to find tracks by typing, for catalogues of any size: the browser is told of a few tracks, never of all.

What is typed goes to the server, which answers with the likeliest tracks (:meth:`Catalogue.suggest`); an empty box
offers the newest. The box runs as a fragment: while somebody types, the rest of the page rests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.text import printable, shorten
from synesthete.tracks import Track, clock
from synesthete.ui.text import dotted

_ASSETS = Path(__file__).parent / "assets"
_LIMIT, _N_FIRST = 20, 6  # tracks in an answer, and of an empty box
_MOST_LETTERS = 200  # of what is typed
_HTML = """
<div class="search">
  <span class="label" aria-hidden="true"></span>
  <div class="chips"></div>
  <div class="field">
    <svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"
      aria-hidden="true"><circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5 21 21"/></svg>
    <input class="input" role="combobox" aria-autocomplete="list" aria-expanded="false" autocomplete="off"
      autocapitalize="off" spellcheck="false" maxlength="200">
    <button class="clear" type="button" aria-label="Clear" hidden></button>
  </div>
  <div class="list" role="listbox" popover="manual"></div>
  <span class="said" role="status" aria-live="polite"></span>
</div>
"""
_mount = st.components.v2.component(
    "synesthete_track_search",
    html=_HTML,
    css=(_ASSETS / "track_search.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "track_search.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Choice:
    """What can be chosen in a box.

    Attributes
    ----------
    key : str
        A track id, or what else the page knows it by.
    title, by, about : str
        Its name and whose it is, which stand for it where it is chosen; a second line on it.
    """

    key: str
    title: str
    by: str = ""
    about: str = ""

    @classmethod
    def of_track(cls, track: Track) -> Choice:
        """A track, told from others of its name by artist, album, style and length."""
        about = dotted(track.artist, track.album, track.genre, clock(track.seconds))
        return cls(track.track_id, track.title, track.artist, about)

    def shown(self) -> dict[str, str]:
        """For the browser, which shows it as text."""
        lines = {"title": self.title, "by": self.by, "about": self.about}
        return {"key": self.key, **{name: shorten(printable(line, " "), 160) for name, line in lines.items()}}


def search_box(
    label: str,
    catalogue: Catalogue,
    key: str,
    chosen: Sequence[Choice],
    on_choose: Callable[[str], None],
    on_drop: Callable[[str], None],
    *,
    most: int = 1,
    others: Sequence[Choice] = (),
) -> None:
    """A box in which to find a track; the page runs anew when one is chosen or dropped.

    Parameters
    ----------
    label : str
    catalogue : Catalogue
        Its tracks are found.
    key : str
        Of this box; no other widget has it.
    chosen : sequence of Choice
        What is chosen now.
    on_choose, on_drop : callable(key)
        Called with what is chosen, a track of the catalogue or one of ``others``; and with what is dropped again, which
        need not be chosen any more: whoever is quick has seen less than the page knows.
    most : int > 0
        How many may be chosen. With 1, a choice takes the place of the one before.
    others : sequence of Choice
        What can be chosen besides tracks; offered before anything is typed.
    """
    _box(label, catalogue, key, tuple(chosen), on_choose, on_drop, most, tuple(others))


@st.fragment
def _box(
    label: str,
    catalogue: Catalogue,
    key: str,
    chosen: tuple[Choice, ...],
    on_choose: Callable[[str], None],
    on_drop: Callable[[str], None],
    most: int,
    others: tuple[Choice, ...],
) -> None:
    asked = str(_told(key, "asked") or "").strip()[:_MOST_LETTERS]
    first = [*others, *map(Choice.of_track, catalogue.suggest("", _N_FIRST))]
    hits = [Choice.of_track(track) for track in catalogue.suggest(asked, _LIMIT)] if asked else first

    def take() -> None:
        wanted, unwanted = _key_in(_told(key, "chosen")), _key_in(_told(key, "dropped"))
        if wanted and (wanted in catalogue or wanted in {choice.key for choice in others}):
            on_choose(wanted)
        if unwanted:
            on_drop(unwanted)
        st.session_state[_done(key)] = True

    data = {
        "label": label,
        "placeholder": "Type a title, an artist or an album",
        "state": f"{catalogue.path} {catalogue.n_changes()} {len(catalogue)} {[choice.key for choice in others]}",
        "asked": asked,
        "hits": [choice.shown() for choice in hits],
        "first": [choice.shown() for choice in first],
        "chosen": [choice.shown() for choice in chosen],
        "most": most,
        "limit": _LIMIT,
        "note": "Just added" if first else "There are no tracks yet",
        "nothing": "No track is called that. Try another word of its title or artist.",
    }
    _component(key, data, take)
    if st.session_state.pop(_done(key), False):
        st.rerun()


def _component(key: str, data: dict[str, Any], on_told: Callable[[], None]) -> None:
    _mount(key=key, data=data, on_asked_change=lambda: None, on_chosen_change=on_told, on_dropped_change=on_told)


def _told(key: str, name: str) -> object:
    """What the browser said; it is not believed unread."""
    said = st.session_state.get(key)
    return said.get(name) if isinstance(said, Mapping) else None


def _key_in(event: object) -> str:
    found = event.get("key") if isinstance(event, Mapping) else None
    return found if isinstance(found, str) else ""


def _done(key: str) -> str:
    return f"{key}-done"
