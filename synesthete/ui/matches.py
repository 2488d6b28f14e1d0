"""Which recording the sound is; and its matches: rank, names, similarity, a player at the passage, the next search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.search import SearchResult
from synesthete.search.recognition import MOST_WRONG
from synesthete.search.similarity_scale import STEPS, SimilarityScale
from synesthete.tracks import Match, Track, clock
from synesthete.ui import sound_input, state
from synesthete.ui.media import cover_address_of
from synesthete.ui.player import component, line_of, list_id, play_track, track_row, why_silent
from synesthete.ui.text import count, dotted, plain

KEY = "matches"
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}
_REASONS = {
    "duplicates": "other versions of a recording",
    "artist": "more by the same artist",
    "too long": "longer than you asked for",
    "below minimum": "less alike than you asked for",
}
_PLAY_WIDTH = 206  # pixels: the button with where it plays from, and the heart
_HOW_CERTAIN = (
    f"A recording is named only where, by our measure, at least {100 - MOST_WRONG * 100:.0f} of 100 such namings are "
    "right, also when they were heard by a phone in a room."
)
_MOST_OTHERS = 3
_mount = component("matches", '<div class="board"></div>', "matches")


def show_recording(result: SearchResult, catalogue: Catalogue, own_id: str) -> None:
    """Say which recording the sound is, if that is known; ``own_id`` is the sound's own content id."""
    named = result.recognised or next(iter(result.same_recording), None)
    if named is None:
        return
    track = named.track
    if track.track_id == own_id:
        with st.container(horizontal=True, vertical_alignment="center", key="known-recording"):
            by = f" by {plain(track.artist)}" if track.artist else ""
            st.markdown(f"This is **{plain(track.title)}**{by} – it is in this catalogue", width="content")
            _offer_to_open(named)
        st.caption(_about(track, result))
        return
    with st.container(border=True, gap="xxsmall", key="known-recording"):
        name = f":primary[{plain(track.title)}]" + (f" by {plain(track.artist)}" if track.artist else "")
        if result.recognised is not None:
            st.subheader(f"This is {name}", anchor=False, help=_HOW_CERTAIN)
        else:
            st.subheader(f"The same recording is in this catalogue: {name}", anchor=False)
        st.caption(_about(track, result))
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            with st.container(width=_PLAY_WIDTH):  # where both do not fit into a row, the other goes below
                play_track(track, catalogue, named.offset_seconds)
            _offer_to_open(named)


def _offer_to_open(named: Match) -> None:
    st.button(
        "Open it",
        key="open-recording",
        help="Make this track the sound you ask about",
        on_click=_search_from,
        args=(named,),
    )


def _about(track: Track, result: SearchResult) -> str:
    """What else is known of a recording, and under which other names it is here."""
    others = [plain(match.track.label) for match in result.same_recording if match.track.track_id != track.track_id]
    about = dotted(plain(track.album), plain(track.genre), clock(track.seconds))
    if not others:
        return about
    more = f" and {len(others) - _MOST_OTHERS:,} more" if len(others) > _MOST_OTHERS else ""
    return f"{about}  \nAlso here as: {'; '.join(others[:_MOST_OTHERS])}{more}"


def show_matches(
    result: SearchResult,
    catalogue: Catalogue,
    on_why: Callable[[Match], None] | None = None,
    *,
    is_why_kept: bool = True,
) -> None:
    """Show the matches in order, and say what was left out and why; ``on_why`` is called for one to be explained.

    That is on every run until :func:`close_why`, as long as the explanation stays open here; or else once.
    """
    if not result.matches:
        _say_why_empty(result)
        return
    lines = [_line(match, catalogue, result.scale) for match in result.matches]
    _mount(
        key=KEY,
        data={
            "list": list_id(lines),
            "rows": lines,
            "all": f"Play all {_NUMBERS.get(len(lines), len(lines))}",
            "hasWhy": on_why is not None,
        },
        on_again_change=lambda: _take_again(result),
        on_why_change=lambda: _take_why(result) if is_why_kept else None,
    )
    if on_why and (match := _explained(result) if is_why_kept else _named("why", result)):
        on_why(match)
    hidden = [f"{number} {_REASONS.get(reason, reason)}" for reason, number in result.n_hidden.items() if number]
    compared = "by their best-matching passage" if result.compared == "passage" else "as wholes"
    if result.recognised and result.compared == "track":
        compared += ", with the recording as it is in the catalogue"
    if result.blend is not None:
        compared += ", by what counts" + (", in the order of several rankings" if result.blend.beside else "")
    left_out = f" Left out, though among the most alike: {'; '.join(hidden)}." if hidden else ""
    st.caption(f"{count(result.n_open, 'track')} compared {compared}.{left_out}")


def prepare() -> None:
    """Have the browser fetch ahead what it draws matches with, and show nothing."""
    _mount(data={"list": "", "rows": []}, on_again_change=lambda: None, on_why_change=lambda: None)


def show_list(matches: Sequence[tuple[Match, str]], key: str, result: SearchResult, catalogue: Catalogue,
              on_again: Callable[[Track], None]) -> None:  # fmt: skip
    """Some matches of a result, each with a note in place of how alike it is, as a list of its own.

    ``on_again`` is called with the track that is to be looked on from.
    """
    lines = [_line(match, catalogue, result.scale) | {"note": note} for match, note in matches]
    tracks = {match.track.track_id: match.track for match, _ in matches}

    def take() -> None:
        chosen = (st.session_state.get(key) or {}).get("again")
        if isinstance(chosen, str) and chosen in tracks:
            on_again(tracks[chosen])

    data = {"list": list_id(lines), "rows": lines, "all": "Play all", "hasWhy": False}
    _mount(key=key, data=data, on_again_change=take, on_why_change=lambda: None)


def _say_why_empty(result: SearchResult) -> None:
    if result.n_tracks == 0:
        st.info("The catalogue is empty: there is nothing yet to compare your sound with.")
        return
    st.info(
        "No track passes your search options. Ask for less likeness, allow longer tracks, or look among others, "
        "in the sidebar under Search options.",
        icon=":material/filter_alt_off:",
    )


def _line(match: Match, catalogue: Catalogue, scale: SimilarityScale) -> dict[str, Any]:
    row = replace(
        track_row(match.track, catalogue, match.offset_seconds),
        note=scale.words(match.cosine).capitalize(),
        figure=scale.sentence(match.cosine),
        share=fill(scale, match.cosine),
    )
    line = line_of(row, f"match-{match.track.track_id}")
    if why := why_silent(match.track, catalogue):
        return line | {"place": why}
    return line | {"image": cover_address_of(cast(Path, row.source), row.title, row.artist)}


def fill(scale: SimilarityScale, cosine: float) -> float:
    """How far a bar is filled, in [0, 1]: a fifth for each of the scale's words, within it by rarity.

    Against all pairs of a catalogue the ten most alike are all among the first percent: a bar of plain shares would
    show them alike, and one of cosines would show the best as poor.
    """
    return float(fills(scale, np.array([cosine]))[0])


def fills(scale: SimilarityScale, cosines: np.ndarray) -> np.ndarray:
    """:func:`fill` of many cosines at once."""
    least = [share for share, _ in reversed(STEPS)]
    return np.interp(scale.rarities(cosines), [*least, 1.0], np.linspace(0, 1, len(least) + 1))


def _take_again(result: SearchResult) -> None:
    match = _named("again", result)
    if match is not None:
        _search_from(match)


def _take_why(result: SearchResult) -> None:
    match = _named("why", result)
    if match is not None:
        st.session_state[state.MATCH] = match.track.track_id


def _explained(result: SearchResult) -> Match | None:
    """The match whose explanation is open, on this page or by the address."""
    wanted = st.session_state.get(state.MATCH, "")
    match = next((match for match in result.matches if match.track.track_id == wanted), None)
    if match is None and st.session_state.pop(state.MATCH, None):
        st.toast("The match to be explained is not among these.", icon=":material/help:")
    return match


def close_why() -> None:
    """The explanation has been closed."""
    st.session_state.pop(state.MATCH, None)


def _named(event: str, result: SearchResult) -> Match | None:
    """The match that the browser names in an event; what it sent is believed only where it is one."""
    key = (st.session_state.get(KEY) or {}).get(event)
    return next((match for match in result.matches if match.track.track_id == key), None)


def _search_from(match: Match) -> None:
    state.ask(sound_input.from_track(match.track))
    st.session_state[state.SCROLL] = True
