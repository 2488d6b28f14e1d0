"""The catalogue as a table: find, play, search from."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.tracks import Track, clock
from synesthete.ui import sound_input
from synesthete.ui.player import play_track
from synesthete.ui.text import count, plain
from synesthete.ui.track_lists import MOST_ROWS, say_nothing_fits, table_height, table_of


def show_tracks(catalogue: Catalogue, words: str) -> tuple[Track, ...]:
    """Show the tracks that the words fit, and return them; the chosen row can be played and searched from."""
    tracks = catalogue.find(words, limit=MOST_ROWS) if words.strip() else catalogue.tracks()[:MOST_ROWS]
    if not tracks and not words.strip():
        st.info("This catalogue holds no tracks yet.", icon=":material/library_music:")
    elif not tracks:
        say_nothing_fits(words)
    else:
        _show_table(catalogue, tracks, f"library-{words}")
    return tracks


def _show_table(catalogue: Catalogue, tracks: tuple[Track, ...], key: str) -> None:
    st.caption(f"{count(len(tracks), 'track')}. Choose a row to play it.")
    chosen = st.dataframe(
        table_of(tracks).assign(Length=[clock(track.seconds) for track in tracks]),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        height=table_height(len(tracks), 520),
    )
    rows = chosen.selection.rows if chosen else []
    if rows and rows[0] < len(tracks):
        _show_track(catalogue, tracks[rows[0]])


def _show_track(catalogue: Catalogue, track: Track) -> None:
    with st.container(border=True):
        names, sound, again = st.columns([3, 4, 2], vertical_alignment="center")
        names.markdown(f"**{plain(track.title)}**  \n{plain(track.artist)}")
        with sound:
            play_track(track, catalogue)
        if again.button("More like this", icon=":material/hearing:", width="stretch"):
            sound_input.search_from(track)


def show_failures(catalogue: Catalogue) -> None:
    """Files that could not be read, with the reason; nothing is skipped in silence."""
    failures = catalogue.failures()
    if not failures:
        return
    with st.expander(f"{count(len(failures), 'file')} could not be read", icon=":material/report:"):
        st.caption("A file is tried again when it changes, or with `synesthete index FOLDER --retry`.")
        shown = failures[:MOST_ROWS]
        st.dataframe(
            pd.DataFrame({"File": [row.path for row in shown], "Why": [row.reason for row in shown]}),
            hide_index=True,
            column_config={"Why": st.column_config.TextColumn(width="large")},
        )


def show_provenance(catalogue: Catalogue) -> None:
    """Where the catalogue came from and which encoders have analysed it."""
    with st.expander("About this catalogue", icon=":material/info:"):
        for key, value in catalogue.provenance().items():
            st.markdown(f"**{plain(key.capitalize())}**: {plain(value, 300)}")
        for entry in catalogue.encoders():
            st.markdown(f"Analysed by **{plain(entry.name)}** {plain(entry.version)}: {count(entry.n_tracks, 'track')}")
