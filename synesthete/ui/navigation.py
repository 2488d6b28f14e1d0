"""Between the address and the session: what the address says is taken up on arrival, and what is shown is said in it.

On arrival (the first run of a tab, or the browser's Back and Forward) the address decides. In any other run the session
does, and the address follows: docs/decisions/the-address-and-the-visit.md.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from synesthete import encoders, settings
from synesthete.catalogue import Catalogue
from synesthete.ui import address, catalogues, state, visits
from synesthete.ui.address import Name
from synesthete.ui.state import Sound
from synesthete.ui.text import count, plain

_FIRST, _RETURN = "first", "return"  # how this run was arrived at: a tab begins, or the browser's Back or Forward
_SOUNDS = (state.SOUND, state.JOURNEY_FROM, state.JOURNEY_TO)


def begin(page: str) -> None:
    """Note which page is shown, and whether the address decides in this run; else have it follow at once."""
    is_first = state.PAGE not in st.session_state
    is_same = st.session_state.get(state.PAGE) == page
    st.session_state[state.PAGE] = page
    st.session_state[state.ARRIVAL] = _FIRST if is_first else _RETURN if _is_back_or_forward() else ""
    if is_same and not st.session_state[state.ARRIVAL]:
        tell()  # what was just done is in the address before the page has been drawn


def _is_back_or_forward() -> bool:
    """Whether the browser's Back or Forward led here; Streamlit has no documented way to learn it."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def receive(catalogue: Catalogue) -> None:
    """Take up what the address says, if it decides in this run."""
    arrival = st.session_state.pop(state.ARRIVAL, "")
    if not arrival:
        return
    if state.TRAIL not in st.session_state:
        found = [_sound_of(name, catalogue) for name in visits.mine().earlier]
        st.session_state[state.TRAIL] = [sound for sound in found if sound is not None]
    said = address.read(st.session_state[state.PAGE], st.query_params.to_dict())
    for key, value in said.items():
        if arrival == _RETURN or value != address.DEFAULTS[key]:
            _take_up(key, value, catalogue)


def _take_up(key: str, value: Any, catalogue: Catalogue) -> None:
    places = st.session_state
    if key == state.SOUND:
        state.show(_found(value, catalogue))
    elif key in _SOUNDS:
        places[key] = _found(value, catalogue)
        if places[key] is None:
            places.pop(key)  # as before anything was chosen
    elif key == state.JOURNEY_VIA:
        places[key] = [sound for name in value if (sound := _found(name, catalogue)) is not None]
    elif key == state.JOURNEY_LIKED:
        is_own = value == tuple(visits.mine().liked)[-address.MOST_LIKED :]
        places[key] = () if is_own else tuple(each for each in value if each in catalogue)
    elif key in (state.MIX_MORE, state.MIX_LESS):
        _take_up_mixed(key, value, catalogue)
    elif key == state.BLEND:
        places[key] = value
        for name, usual in state.COUNTS.items():
            places[state.blend_key(name)] = dict(value).get(name, usual)
    elif key == state.ENCODER:
        _take_up_encoder(value)
    else:
        places[key] = value


def _take_up_mixed(key: str, track_ids: tuple[str, ...], catalogue: Catalogue) -> None:
    """Tracks that a mixture adds or takes away; what is added is not taken away as well."""
    known = [each for each in track_ids if each in catalogue]
    if len(known) < len(track_ids):
        st.warning(
            f"The address names {count(len(track_ids) - len(known), 'track')} for “{state.MORE_AND_LESS}” that this "
            "catalogue does not hold. The others are here.",
            icon=":material/link_off:",
        )
    added = st.session_state.get(state.MIX_MORE, []) if key == state.MIX_LESS else []
    st.session_state[key] = [each for each in known if each not in added]


def _take_up_encoder(name: str | None) -> None:
    key = state.encoder_key(st.session_state[state.CATALOGUE])
    if name in encoders.available():
        st.session_state[key] = name
    else:
        st.session_state.pop(key, None)


def _found(name: Name | None, catalogue: Catalogue) -> Sound | None:
    """The sound that an address names; where it is not here, a sentence and None."""
    if name is None:
        return None
    sound = _sound_of(name, catalogue)
    if sound is None and name.is_own:
        st.warning(
            "The address names a sound that was dropped or recorded, and this server does not hold it for this browser "
            "(any more): such a sound cannot be shared. Drop or record it here to ask by it again.",
            icon=":material/link_off:",
        )
    elif sound is None:
        st.warning(
            f"The address asks for the track {plain(name.whole, 40)}, which this catalogue does not hold. "
            "Choose another sound here.",
            icon=":material/link_off:",
        )
    return sound


def _sound_of(name: Name, catalogue: Catalogue) -> Sound | None:
    if name.is_own:
        sound = visits.all_visits.sound(visits.mark(), name.whole)
        return sound.of_passage(name.passage) if sound else None
    if name.whole not in catalogue:
        return None
    return Sound.of_track(catalogue.track(name.whole)).of_passage(name.passage)


def tell() -> None:
    """Have the address say what is shown; only a change is told, and becomes a step for the browser's Back."""
    shown = query(st.session_state[state.PAGE])
    all_of_it = st.query_params.to_dict()
    if shown != {name: text for name, text in all_of_it.items() if name in address.NAMES}:
        others = {name: text for name, text in all_of_it.items() if name not in address.NAMES}
        st.query_params.from_dict({**others, **shown})


def link(page: str) -> dict[str, str]:
    """What a link to a page says, so that everything holds there."""
    return {**catalogues.address(), **query(page)}


def query(page: str) -> dict[str, str]:
    """What the address of a page says beside the catalogue."""
    places = st.session_state
    values = {each.key: places[each.key] for each in address.of_page(page) if each.key in places}
    for key in _SOUNDS:
        if key in values:
            values[key] = _name_of(values[key])
    if state.JOURNEY_VIA in values:
        values[state.JOURNEY_VIA] = tuple(filter(None, map(_name_of, values[state.JOURNEY_VIA])))
    if values.get(state.SOUND) is None:
        values.pop(state.MATCH, None)  # of nothing
    values[state.JOURNEY_LIKED] = (
        places.get(state.JOURNEY_SEEDS, ()) if places.get(state.JOURNEY_MODE) == state.LIKED else ()
    )
    values[state.ENCODER] = places.get(state.encoder_key(places.get(state.CATALOGUE, state.BUILT_IN)))
    if values[state.ENCODER] == settings.DEFAULT_ENCODER:
        values[state.ENCODER] = None
    return address.write(page, values)


def _name_of(sound: Sound | None) -> Name | None:
    """What the address calls a sound; one of the visit's own is kept from now on."""
    if sound is None:
        return None
    whole = sound.track_id or visits.all_visits.keep(visits.mark(), sound)
    return Name(whole, sound.passage)


def remember() -> None:
    """Have the visit know the sounds asked about in this tab, for after a reload."""
    trail = st.session_state.get(state.TRAIL, [])
    keys = tuple(sound.key for sound in trail)
    if keys and keys != st.session_state.get(state.REMEMBERED):
        st.session_state[state.REMEMBERED] = keys
        visits.mine().earlier = tuple(filter(None, map(_name_of, trail)))
