"""Where a journey begins, what it passes and where it ends: a menu for each."""

from __future__ import annotations

import random
from collections.abc import Callable

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.ui import sound_input, state
from synesthete.ui.state import Sound
from synesthete.ui.track_lists import MENU_PLACEHOLDER, menu_of, menu_text

_MOST_VIA = 4


def choose_waypoints(catalogue: Catalogue) -> list[Sound | None]:
    """Two ends and up to four places between; None where nothing is chosen yet."""
    _begin_with_current()
    menu = _Menu(catalogue)
    begin, swap, end = st.columns([5, 1, 5], vertical_alignment="bottom")
    with begin:
        menu.show("From", state.JOURNEY_FROM)
    swap.button("Swap", width="stretch", on_click=_swap, help="Turn the journey round")
    with end:
        menu.show("To", state.JOURNEY_TO)
    via: list[Sound | None] = st.session_state.setdefault(state.JOURNEY_VIA, [])
    for number in range(len(via)):
        left, right = st.columns([10, 1.6], vertical_alignment="bottom")
        with left:
            menu.show_via(number)
        right.button(
            "Remove",
            key=f"via-remove-{number}",
            on_click=_leave_out,
            args=(number,),
            width="stretch",
            help="Leave this place out",
        )
    with st.container(horizontal=True):
        if len(via) < _MOST_VIA:
            st.button("Add a place on the way", icon=":material/add_location_alt:", on_click=via.append, args=(None,))
        st.button("Surprise me", icon=":material/casino:", on_click=_surprise, args=(catalogue,))
    return [st.session_state.get(state.JOURNEY_FROM), *via, st.session_state.get(state.JOURNEY_TO)]


def choose_one(catalogue: Catalogue) -> Sound | None:
    """One sound; the same place as a journey's beginning."""
    _begin_with_current()
    _Menu(catalogue).show("Sounds like", state.JOURNEY_FROM)
    return st.session_state.get(state.JOURNEY_FROM)


def choose_liked(catalogue: Catalogue) -> list[Sound]:
    """Several tracks."""
    tracks = menu_of(catalogue)
    chosen = st.multiselect(
        "Tracks you like",
        list(tracks),
        placeholder=MENU_PLACEHOLDER,
        format_func=lambda track_id: menu_text(tracks[track_id]),
        max_selections=20,
        key=state.JOURNEY_LIKED,
        persist_state="session",
    )
    return [sound_input.from_track(tracks[track_id]) for track_id in chosen]


class _Menu:
    """A searchable menu of every track, and of the sounds that are no tracks but in use."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.tracks = menu_of(catalogue)
        in_use = [state.current(), st.session_state.get(state.JOURNEY_FROM), st.session_state.get(state.JOURNEY_TO)]
        in_use += st.session_state.get(state.JOURNEY_VIA, [])
        self.own = {sound.key: sound for sound in in_use if sound and not sound.track_id}
        current = state.current()
        first = [current.key] if current and current.track_id in self.tracks else []
        self.options = [*self.own, *first, *(key for key in self.tracks if key not in first)]
        self.current = current.key if current else ""

    def show(self, label: str, slot: str) -> None:
        def store(sound: Sound | None) -> None:
            st.session_state[slot] = sound

        self._select(label, f"menu-{slot}", st.session_state.get(slot), store)

    def show_via(self, number: int) -> None:
        via = st.session_state[state.JOURNEY_VIA]
        self._select("On the way", f"menu-via-{number}", via[number], lambda sound: via.__setitem__(number, sound))

    def _select(self, label: str, key: str, sound: Sound | None, store: Callable[[Sound | None], None]) -> None:
        is_known = sound is not None and sound.key in self.options
        st.session_state[key] = sound.key if sound and is_known else None  # the map may have changed it
        st.selectbox(
            label,
            self.options,
            index=None,
            placeholder=MENU_PLACEHOLDER,
            format_func=self._text,
            key=key,
            on_change=lambda: store(self._sound(st.session_state[key])),
        )

    def _text(self, key: str) -> str:
        text = self.own[key].name if key in self.own else menu_text(self.tracks[key])
        return f"Your sound on Listen: {text}" if key == self.current else text

    def _sound(self, key: str | None) -> Sound | None:
        if key is None:
            return None
        return self.own[key] if key in self.own else sound_input.from_track(self.tracks[key])


def _begin_with_current() -> None:
    """The sound asked about on Listen is the first guess, until the listener or the map says otherwise."""
    if state.current() is not None:
        st.session_state.setdefault(state.JOURNEY_FROM, state.current())


def _leave_out(number: int) -> None:
    del st.session_state[state.JOURNEY_VIA][number]


def _swap() -> None:
    places = st.session_state
    begin, end = places.get(state.JOURNEY_FROM), places.get(state.JOURNEY_TO)
    places[state.JOURNEY_FROM], places[state.JOURNEY_TO] = end, begin
    places.get(state.JOURNEY_VIA, []).reverse()


def _surprise(catalogue: Catalogue) -> None:
    """Two tracks of different styles, where there are styles."""
    tracks = list(catalogue.tracks())
    if len(tracks) < 2:
        return
    begin = random.choice(tracks)
    others = [track for track in tracks if track.genre != begin.genre]
    end = random.choice(others or [track for track in tracks if track.track_id != begin.track_id])
    st.session_state[state.JOURNEY_FROM] = sound_input.from_track(begin)
    st.session_state[state.JOURNEY_TO] = sound_input.from_track(end)
    st.session_state[state.JOURNEY_VIA] = []
