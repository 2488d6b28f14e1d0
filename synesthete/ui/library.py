"""The catalogue as a table: find, play, search from."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.tracks import Track, clock
from synesthete.ui import sound_input, state
from synesthete.ui.text import count, plain

_MOST_ROWS = 5000


def show_tracks(catalogue: Catalogue, words: str) -> None:
    """The tracks that the words fit; the chosen row can be played and searched from."""
    tracks = catalogue.find(words, limit=_MOST_ROWS) if words.strip() else catalogue.tracks()[:_MOST_ROWS]
    if not tracks and not words.strip():
        st.info("This catalogue holds no tracks yet.", icon=":material/library_music:")
        return
    if not tracks:
        st.info(f"No track fits {plain(words, 60)}. Try fewer or other words.", icon=":material/search_off:")
        return
    st.caption(f"{count(len(tracks), 'track')}. Choose a row to play it.")
    chosen = st.dataframe(
        _table(tracks),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"library-{words}",
        height=min(36 * len(tracks) + 40, 520),
    )
    rows = chosen.selection.rows if chosen else []
    if rows and rows[0] < len(tracks):
        _show_track(catalogue, tracks[rows[0]])


def _table(tracks: tuple[Track, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Title": [track.title for track in tracks],
            "Artist": [track.artist for track in tracks],
            "Style": [track.genre for track in tracks],
            "Album": [track.album for track in tracks],
            "Length": [clock(track.seconds) for track in tracks],
        }
    )


def _show_track(catalogue: Catalogue, track: Track) -> None:
    with st.container(border=True):
        names, player, again = st.columns([3, 4, 2], vertical_alignment="center")
        names.markdown(f"**{plain(track.title)}**  \n{plain(track.artist)}")
        path = catalogue.audio_path(track)
        if path.is_file():
            player.audio(str(path), alt=f"Player: {track.title}")
        else:
            player.caption(f"The file {plain(path.name)} is not where it was.")
        if again.button("More like this", icon=":material/hearing:", width="stretch"):
            state.ask(sound_input.from_track(track))
            st.switch_page("app.py", query_params={"track": track.track_id})


def show_failures(catalogue: Catalogue) -> None:
    """Files that could not be read, with the reason; nothing is skipped in silence."""
    failures = catalogue.failures()
    if not failures:
        return
    st.subheader(f"{count(len(failures), 'file')} could not be read", anchor=False)
    st.dataframe(
        pd.DataFrame({"File": [row.path for row in failures], "Why": [row.reason for row in failures]}),
        hide_index=True,
    )


def show_provenance(catalogue: Catalogue) -> None:
    """Where the catalogue came from and which encoders have analysed it."""
    with st.expander("About this catalogue", icon=":material/info:"):
        for key, value in catalogue.provenance().items():
            st.markdown(f"**{plain(key.capitalize())}**: {plain(value, 300)}")
        for entry in catalogue.encoders():
            st.markdown(f"Analysed by **{plain(entry.name)}** {plain(entry.version)}: {count(entry.n_tracks, 'track')}")
