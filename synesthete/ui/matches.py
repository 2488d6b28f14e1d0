"""The list of matches: rank, names, similarity, a player at the right passage, and the next search."""

from __future__ import annotations

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.search import SearchResult
from synesthete.search.similarity_scale import SimilarityScale
from synesthete.tracks import Match, clock
from synesthete.ui import sound_input, state
from synesthete.ui.player import play_track
from synesthete.ui.text import count, dotted, plain

_REASONS = {
    "duplicates": "other versions of a recording",
    "artist": "more by the same artist",
    "too long": "longer than you asked for",
    "below minimum": "less alike than you asked for",
}


def show_matches(result: SearchResult, catalogue: Catalogue) -> None:
    """Show the matches in order, and say what was left out and why."""
    if result.same_recording:
        titles = ", ".join(plain(match.track.label) for match in result.same_recording[:3])
        st.info(f"This very recording is in the catalogue: {titles}. Below is what else sounds like it.")
    if not result.matches:
        _say_why_empty(result)
        return
    for rank, match in enumerate(result.matches, start=1):
        _show_match(rank, match, catalogue, result.scale)
    hidden = [f"{number} {_REASONS.get(reason, reason)}" for reason, number in result.n_hidden.items() if number]
    compared = "by their best-matching passage" if result.compared == "passage" else "as wholes"
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
