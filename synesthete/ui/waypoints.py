"""Where a journey begins, what it passes and where it ends: a search box for each."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.ui import liked, navigation, sound_input, state, visits
from synesthete.ui.address import LIBRARY, MOST_LIKED, MOST_VIA
from synesthete.ui.state import Sound
from synesthete.ui.text import count
from synesthete.ui.track_search import Choice, search_box

_N_LOOKED_AT = 100


def choose_waypoints(catalogue: Catalogue) -> list[Sound | None]:
    """Two ends and up to four places between; None where nothing is chosen yet."""
    _begin_with_current()
    boxes = _Boxes(catalogue)
    begin, swap, end = st.columns([5, 1, 5], vertical_alignment="bottom")
    with begin:
        boxes.show("From", state.JOURNEY_FROM)
    swap.button("Swap", width="stretch", on_click=_swap, help="Turn the journey round")
    with end:
        boxes.show("To", state.JOURNEY_TO)
    via: list[Sound | None] = st.session_state.setdefault(state.JOURNEY_VIA, [])
    for number in range(len(via)):
        left, right = st.columns([10, 1.6], vertical_alignment="bottom")
        with left:
            boxes.show_via(number)
        right.button(
            "Remove",
            key=f"via-remove-{number}",
            on_click=_leave_out,
            args=(number,),
            width="stretch",
            help="Leave this place out",
        )
    with st.container(horizontal=True):
        if len(via) < MOST_VIA:
            st.button("Add a place on the way", icon=":material/add_location_alt:", on_click=via.append, args=(None,))
        st.button("Surprise me", icon=":material/casino:", on_click=_surprise, args=(catalogue,))
    return [st.session_state.get(state.JOURNEY_FROM), *via, st.session_state.get(state.JOURNEY_TO)]


def choose_one(catalogue: Catalogue) -> Sound | None:
    """One sound; the same place as a journey's beginning."""
    _begin_with_current()
    _Boxes(catalogue).show("Sounds like", state.JOURNEY_FROM)
    return st.session_state.get(state.JOURNEY_FROM)


def choose_liked(catalogue: Catalogue) -> list[Sound]:
    """The tracks that this visitor likes, those liked last; or those that a link names."""
    linked = [track_id for track_id in st.session_state.get(state.JOURNEY_LIKED, ()) if track_id in catalogue]
    own = liked.of(catalogue)
    ids = linked or own[-MOST_LIKED:]
    st.session_state[state.JOURNEY_SEEDS] = tuple(ids)
    tracks = catalogue.tracks(ids)
    search_box(
        "Tracks you like",
        catalogue,
        "box-liked",
        [Choice.of_track(track) for track in tracks],
        _add_liked,
        _drop_liked,
        most=MOST_LIKED,
    )
    if linked:
        _say_where_from(own)
    elif own:
        _offer_all(own)
    return [Sound.of_track(track) for track in tracks]


def _say_where_from(own: list[str]) -> None:
    """Of tracks that a link names: they are not this visitor's own, and can be."""
    with st.container(horizontal=True, vertical_alignment="center", key="liked-by-link"):
        st.caption("These came with the address.", width="content")
        st.button("Like them too", icon=":material/favorite:", on_click=_like_linked)
        if own:
            st.button("Back to the tracks I like", on_click=st.session_state.pop, args=(state.JOURNEY_LIKED,))


def _offer_all(own: list[str]) -> None:
    """Where all that is liked is heard and taken home."""
    more = f"The {MOST_LIKED} you liked last. " if len(own) > MOST_LIKED else ""
    with st.container(horizontal=True, vertical_alignment="center", key="liked-of-all"):
        st.caption(f"{more}Hearts on every page add to these.", width="content")
        if st.button(f"See and export all {count(len(own), 'track')} you like", icon=":material/library_music:"):
            st.session_state[state.LIBRARY_LIKED] = True
            st.switch_page("pages/4_Library.py", query_params=navigation.link(LIBRARY))


def _like_linked() -> None:
    for track_id in st.session_state.pop(state.JOURNEY_LIKED, ()):
        liked.like(track_id)


def _add_liked(track_id: str) -> None:
    linked = st.session_state.get(state.JOURNEY_LIKED)
    if linked:
        st.session_state[state.JOURNEY_LIKED] = tuple(dict.fromkeys([*linked, track_id]))[:MOST_LIKED]
    elif track_id not in visits.mine().liked:  # else it would change its place
        liked.like(track_id)


def _drop_liked(track_id: str) -> None:
    linked = st.session_state.get(state.JOURNEY_LIKED)
    if linked:
        st.session_state[state.JOURNEY_LIKED] = tuple(other for other in linked if other != track_id)
    else:
        liked.like(track_id, False)


class _Boxes:
    """Search boxes for every track, and for the sounds that are no tracks but in use."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        in_use = [state.current(), st.session_state.get(state.JOURNEY_FROM), st.session_state.get(state.JOURNEY_TO)]
        in_use += st.session_state.get(state.JOURNEY_VIA, [])
        current = state.current()
        self.own = {sound.key: sound for sound in in_use if sound and not sound.track_id}
        self.others = [self._choice(sound) for sound in self.own.values() if sound != current]
        if current and (current.key in self.own or current.track_id in catalogue):
            self.others.insert(0, replace(self._choice(current), about="Your sound on Listen"))

    def show(self, label: str, slot: str) -> None:
        def store(sound: Sound | None) -> None:
            st.session_state[slot] = sound

        self._show(label, f"box-{slot}", lambda: st.session_state.get(slot), store)

    def show_via(self, number: int) -> None:
        via = st.session_state[state.JOURNEY_VIA]
        key = f"box-via-{number}"
        self._show("On the way", key, lambda: via[number], lambda sound: via.__setitem__(number, sound))

    def _show(
        self, label: str, key: str, read: Callable[[], Sound | None], store: Callable[[Sound | None], None]
    ) -> None:
        sound = read()
        is_known = sound is not None and (sound.key in self.own or sound.track_id in self.catalogue)
        search_box(
            label,
            self.catalogue,
            key,
            [self._choice(sound)] if sound and is_known else [],
            lambda chosen: store(self._sound(chosen)),
            lambda dropped: store(None) if (now := read()) and now.key == dropped else None,
            others=self.others,
        )

    def _choice(self, sound: Sound) -> Choice:
        if sound.track_id:
            return Choice.of_track(self.catalogue.track(sound.track_id))
        return Choice(sound.key, sound.name, about="A sound of your own")

    def _sound(self, key: str) -> Sound:
        return self.own[key] if key in self.own else sound_input.from_track(self.catalogue.track(key))


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
    tracks = catalogue.some(_N_LOOKED_AT)
    if len(tracks) < 2:
        return
    begin = random.choice(tracks)
    others = [track for track in tracks if track.genre != begin.genre]
    end = random.choice(others or [track for track in tracks if track.track_id != begin.track_id])
    st.session_state[state.JOURNEY_FROM] = sound_input.from_track(begin)
    st.session_state[state.JOURNEY_TO] = sound_input.from_track(end)
    st.session_state[state.JOURNEY_VIA] = []
