"""More like these, less like those: tracks added and taken away on the Journey page, and what is found between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.search import SearchEngine, SearchOptions
from synesthete.search.mixture import MixResult
from synesthete.text import shorten
from synesthete.tracks import Track
from synesthete.ui import address, matches, player, state
from synesthete.ui.export import offer_export
from synesthete.ui.text import count
from synesthete.ui.track_search import Choice, search_box

MODE = state.MORE_AND_LESS
_MOST = address.MOST_MIXED  # tracks added, and taken away


def show_mixture(engine: SearchEngine, catalogue: Catalogue) -> None:
    """Choose what is added and taken away; ten tracks, played and exported."""
    one, other = st.columns(2, gap="large")
    with one:
        more = _choose("More like", state.MIX_MORE, state.MIX_LESS, catalogue, engine)
    with other:
        less = _choose("Less like", state.MIX_LESS, state.MIX_MORE, catalogue, engine)
    if not more or len(more) + len(less) < 2:
        st.info(
            "Choose two tracks or more: those that it should sound like, and those that it should not.",
            icon=":material/balance:",
        )
        return
    result = engine.mix([track.track_id for track in more], [track.track_id for track in less], SearchOptions())
    _show(result, engine)
    title = " + ".join(shorten(track.title, 40) for track in more[:3])
    title += "".join(f" − {shorten(track.title, 40)}" for track in less[:2])
    found = [match.track for match in result.matches]
    offer_export(found, title, engine.catalogue, [match.offset_seconds for match in result.matches])


def _choose(label: str, key: str, opposite: str, catalogue: Catalogue, engine: SearchEngine) -> list[Track]:
    chosen: list[str] = st.session_state.setdefault(key, [])
    tracks = catalogue.tracks(track_id for track_id in chosen if track_id in catalogue)

    def add(track_id: str) -> None:
        chosen = st.session_state[key]
        if track_id not in chosen and len(chosen) < _MOST:
            st.session_state[key] = [*chosen, track_id]
            st.session_state[opposite] = [other for other in st.session_state.get(opposite, []) if other != track_id]

    def drop(track_id: str) -> None:
        st.session_state[key] = [other for other in st.session_state[key] if other != track_id]

    search_box(label, catalogue, f"box-{key}", [Choice.of_track(track) for track in tracks], add, drop, most=_MOST)
    heard = [track for track in tracks if engine.knows(track.track_id)]
    if len(heard) < len(tracks):
        st.caption(f"{count(len(tracks) - len(heard), 'track')} left out: this encoder has not listened to them yet.")
    return heard


def _show(result: MixResult, engine: SearchEngine) -> None:
    found: Sequence[Track] = [match.track for match in result.matches]
    images = player.thumbnails(found, engine.catalogue)
    rows = [
        replace(
            player.track_row(match.track, engine.catalogue, match.offset_seconds),
            image=images[match.track.track_id],
            note=result.scale.words(match.cosine).capitalize(),
            figure=result.scale.sentence(match.cosine),
            share=matches.fill(result.scale, match.cosine),
        )
        for match in result.matches
    ]
    player.play_through(rows, key="mixture-player")
    st.caption(f"{count(result.n_tracks, 'track')} compared with the sum of what you added, less what you took away.")
