"""The three ways in: record, drop a file, pick a track."""

from __future__ import annotations

import hashlib
import random
from pathlib import PurePath

import streamlit as st

from synesthete.audio import FILE_SUFFIXES
from synesthete.catalogue import Catalogue
from synesthete.settings import LIMITS
from synesthete.tracks import Track, clock
from synesthete.ui import address, ahead, analyses, navigation, state, visits
from synesthete.ui.state import DROP, PICK, RECORD, Sound
from synesthete.ui.text import count, dotted, plain
from synesthete.ui.track_search import Choice, search_box

_ICONS = {RECORD: ":material/mic:", DROP: ":material/upload_file:", PICK: ":material/library_music:"}
_MICROPHONE_RATE_HZ = 48_000  # what microphones deliver; the widget's own default would cut everything above 8 kHz
_N_SUGGESTED, _N_LOOKED_AT = 6, 100


def from_track(track: Track) -> Sound:
    """A track of the catalogue as the sound asked about."""
    return Sound.of_track(track)


def from_upload(data: bytes, name: str, mime: str) -> Sound:
    """Bytes that a visitor sent; the name serves for showing only."""
    return Sound(key=hashlib.sha256(data).hexdigest(), name=PurePath(name).name or "sound", data=data, mime=mime)


def search_from(track: Track) -> None:
    """Make a track the sound asked about, and go to the Listen page."""
    state.ask(from_track(track))
    st.switch_page("app.py", query_params=navigation.link(address.LISTEN))


def choose_sound(catalogue: Catalogue) -> None:
    """Show the ways in; a new sound becomes the one asked about."""
    way_in = st.segmented_control(
        "How does your sound come in?",
        [RECORD, DROP, PICK],
        default=address.DEFAULTS[state.WAY_IN],
        required=True,
        format_func=lambda way: f"{_ICONS[way]} {way}",
        key=state.WAY_IN,
        persist_state="session",
        label_visibility="collapsed",
    )
    if way_in == RECORD:
        _record()
    elif way_in == DROP:
        _drop()
    else:
        _pick(catalogue)


def _record() -> None:
    st.audio_input(
        "Hold your phone or microphone to the music; five to ten seconds are plenty",
        sample_rate=_MICROPHONE_RATE_HZ,
        key=state.RECORDING,
        on_change=_take_recording,
    )


def _take_recording() -> None:
    recording = st.session_state[state.RECORDING]
    _take(from_upload(recording.getvalue(), "your recording", "audio/wav") if recording is not None else None)


def _drop() -> None:
    st.file_uploader(
        f"A song, a loop, a field recording: up to {LIMITS.max_bytes // 1024**2} MB",
        type=list(FILE_SUFFIXES),
        key=state.UPLOAD,
        on_change=_take_upload,
        label_visibility="collapsed" if state.current() else "visible",  # a phone has better use for the line
    )


def _take_upload() -> None:
    upload = st.session_state[state.UPLOAD]
    _take(from_upload(upload.getvalue(), upload.name, upload.type or "") if upload is not None else None)


def _take(sound: Sound | None) -> None:
    """Ask about what has just come in; where it was taken out of its box again, nothing of it stays."""
    taken = st.session_state.pop(state.TAKEN, "")
    if sound is not None:
        st.session_state[state.TAKEN] = sound.key
        state.ask(sound)
        if not analyses.of_all.has(sound):
            ahead.begin(sound)
    elif taken:
        state.remove(taken)
        visits.all_visits.forget(visits.mark(), taken)
        analyses.of_all.forget(taken)


def _pick(catalogue: Catalogue) -> None:
    sound = state.current()
    is_track = sound is not None and sound.track_id in catalogue
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    with left:
        search_box(
            f"One of the {count(len(catalogue), 'track')} of this catalogue",
            catalogue,
            state.PICKED,
            [Choice.of_track(catalogue.track(sound.track_id))] if sound and is_track else [],
            lambda track_id: _take_track(catalogue, track_id),
            _drop_track,
        )
    right.button(
        "Surprise me",
        icon=":material/casino:",
        width="stretch",
        disabled=not len(catalogue),
        on_click=lambda: _take_track(catalogue, catalogue.some(1)[0].track_id),
    )


def suggest(catalogue: Catalogue) -> None:
    """For who has no sound at hand: one track each of some styles, a different choice on every visit."""
    if state.SUGGESTED not in st.session_state:
        st.session_state[state.SUGGESTED] = _suggested(catalogue)
    st.caption("No sound at hand? Begin with one of these:")
    with st.container(horizontal=True, key="suggestions"):
        for track in catalogue.tracks(id for id in st.session_state[state.SUGGESTED] if id in catalogue):
            st.button(
                dotted(plain(track.title), plain(track.genre)),
                key=f"suggested-{track.track_id}",
                icon=":material/play_circle:",
                on_click=_take_track,
                args=(catalogue, track.track_id),
            )


def offer_earlier() -> None:
    """A menu of the other sounds asked about in this visit; nothing where there are none."""
    sounds = state.earlier_sounds()
    if sounds:
        st.menu_button(
            "Earlier sounds",
            range(len(sounds)),
            format_func=lambda number: _in_menu(number, sounds[number]),
            key=state.EARLIER,
            icon=":material/history:",
            on_click=lambda: _take_earlier(sounds),
        )


def _in_menu(number: int, sound: Sound) -> str:
    """A line of the menu; its number tells sounds of one name apart."""
    passage = f" ({clock(sound.passage[0])} – {clock(sound.passage[1])})" if sound.passage else ""
    return f"{number + 1}. {plain(sound.name, 60)}{passage}"


def _take_earlier(sounds: list[Sound]) -> None:
    number = st.session_state[state.EARLIER]
    if isinstance(number, int) and number < len(sounds):
        state.show(sounds[number])


def _suggested(catalogue: Catalogue) -> list[str]:
    """Of some styles a track each; in a catalogue of few styles further tracks."""
    tracks = catalogue.some(_N_LOOKED_AT)
    by_style = {track.genre: track for track in tracks}
    styles = random.sample(sorted(by_style), min(_N_SUGGESTED, len(by_style)))
    first = [by_style[style].track_id for style in styles]
    return list(dict.fromkeys([*first, *(track.track_id for track in tracks)]))[:_N_SUGGESTED]


def _take_track(catalogue: Catalogue, track_id: str) -> None:
    state.ask(from_track(catalogue.track(track_id)))


def _drop_track(track_id: str) -> None:
    sound = state.current()
    if sound is not None and sound.track_id == track_id:
        state.forget()
