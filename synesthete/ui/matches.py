"""Which recording the sound is; and its matches: rank, names, similarity, a player at the passage, the next search."""

from __future__ import annotations

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.search import SearchResult
from synesthete.search.recognition import MOST_WRONG
from synesthete.search.similarity_scale import SimilarityScale
from synesthete.tracks import Match, Track, clock
from synesthete.ui import sound_input, state
from synesthete.ui.player import play_track
from synesthete.ui.text import count, dotted, plain

_REASONS = {
    "duplicates": "other versions of a recording",
    "artist": "more by the same artist",
    "too long": "longer than you asked for",
    "below minimum": "less alike than you asked for",
}
_HOW_CERTAIN = (
    f"A recording is named only where, by our measure, at least {100 - MOST_WRONG * 100:.0f} of 100 such namings are "
    "right. The measure was made with real recordings, played through a simulated phone in a room: see "
    "docs/decisions/recognition-and-likeness.md."
)
_MOST_OTHERS = 3


def show_recording(result: SearchResult, catalogue: Catalogue, own_id: str) -> None:
    """Say which recording the sound is, if that is known; ``own_id`` is the sound's own content id."""
    named = result.recognised or next(iter(result.same_recording), None)
    if named is None:
        return
    is_itself = named.track.track_id == own_id
    with st.container(border=True, key="known-recording"):
        _name(named.track, is_itself, is_recognised=result.recognised is not None)
        columns = st.columns([7.3, 1.7] if is_itself else [4, 3.3, 1.7], vertical_alignment="center")
        columns[0].caption(_about(named.track, result))
        if not is_itself:  # its player is already there
            with columns[1]:
                if play_track(named.track, catalogue, named.offset_seconds):
                    place = "the passage that was heard" if result.recognised else "where it is most alike"
                    st.caption(f"From {clock(named.offset_seconds)}, {place}")
        columns[-1].button(
            "Open this track",
            key="open-recording",
            help="Make this track the sound you ask about",
            width="stretch",
            on_click=_search_from,
            args=(named,),
        )


def _name(track: Track, is_itself: bool, is_recognised: bool) -> None:
    name = f":primary[{plain(track.title)}]" + (f" by {plain(track.artist)}" if track.artist else "")
    if is_itself:
        st.subheader(f"This is {name} – it is in this catalogue", anchor=False)
    elif is_recognised:
        st.subheader(f"This is {name}", anchor=False, help=_HOW_CERTAIN)
    else:
        st.subheader(f"The same recording is in this catalogue: {name}", anchor=False)


def _about(track: Track, result: SearchResult) -> str:
    """What else is known of a recording, and under which other names it is here."""
    others = [plain(match.track.label) for match in result.same_recording if match.track.track_id != track.track_id]
    about = dotted(plain(track.album), plain(track.genre), clock(track.seconds))
    if not others:
        return about
    more = f" and {len(others) - _MOST_OTHERS:,} more" if len(others) > _MOST_OTHERS else ""
    return f"{about}  \nAlso here as: {'; '.join(others[:_MOST_OTHERS])}{more}"


def show_matches(result: SearchResult, catalogue: Catalogue) -> None:
    """Show the matches in order, and say what was left out and why."""
    if not result.matches:
        _say_why_empty(result)
        return
    for rank, match in enumerate(result.matches, start=1):
        _show_match(rank, match, catalogue, result.scale)
    hidden = [f"{number} {_REASONS.get(reason, reason)}" for reason, number in result.n_hidden.items() if number]
    compared = "by their best-matching passage" if result.compared == "passage" else "as wholes"
    if result.recognised and result.compared == "track":
        compared += ", with the recording as it is in the catalogue"
    left_out = f" Left out, though among the most alike: {'; '.join(hidden)}." if hidden else ""
    st.caption(f"{count(result.n_tracks, 'track')} compared {compared}.{left_out}")


def _say_why_empty(result: SearchResult) -> None:
    if result.n_tracks == 0:
        st.info("The catalogue is empty: there is nothing yet to compare your sound with.")
        return
    st.info(
        "No track passes your search options. Lower the least similarity, or allow longer tracks, "
        "in the sidebar under Search options.",
        icon=":material/filter_alt_off:",
    )


def _show_match(rank: int, match: Match, catalogue: Catalogue, scale: SimilarityScale) -> None:
    track = match.track
    with st.container(border=True, key=f"match-{rank}"):
        number, names, likeness, player, again = st.columns([0.4, 2.7, 2.7, 3.3, 1.7], vertical_alignment="center")
        number.subheader(str(rank), anchor=False)
        names.markdown(f"**{plain(track.title)}**  \n{dotted(plain(track.artist), plain(track.genre))}")
        likeness.progress(max(0.0, min(1.0, match.cosine)), text=f"**{scale.words(match.cosine).capitalize()}**")
        likeness.caption(plain(scale.sentence(match.cosine)))
        with player:
            if play_track(track, catalogue, match.offset_seconds):
                st.caption(f"From {clock(match.offset_seconds)}, where it is most alike")
        again.button(
            "More like this",
            key=f"again-{track.track_id}",
            help="Make this track the sound you ask about",
            width="stretch",
            on_click=_search_from,
            args=(match,),
        )


def _search_from(match: Match) -> None:
    state.ask(sound_input.from_track(match.track))
    st.session_state[state.SCROLL] = True
