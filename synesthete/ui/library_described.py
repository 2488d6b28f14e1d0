"""The Library's answer to a description: tracks that sound so, by CLAP; where it is missing, why words alone answer."""

from __future__ import annotations

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.catalogue.description import describer_of, find_described, why_not
from synesthete.ui import sound_input
from synesthete.ui.text import plain

N_SHOWN = 10
_LEAST_TOKENS = 3  # of a text that describes; shorter ones are names and words


def show_described(catalogue: Catalogue, text: str) -> None:
    """Show what sounds as a text says."""
    if not text:
        return
    describer = describer_of(catalogue)
    if describer is None:
        if len(text.split()) >= _LEAST_TOKENS and not catalogue.n_fitting(text):
            st.caption(f":material/info: {plain(why_not(catalogue), 500)}")
        return
    with st.expander("What sounds like that description", expanded=not catalogue.n_fitting(text)):
        for track_id, cosine in find_described(catalogue, describer, text, N_SHOWN):
            track = catalogue.track(track_id)
            if st.button(
                plain(track.label),
                key=f"described-{track_id}",
                type="tertiary",
                help=f"Fits by {cosine:.2f} of 1",
            ):
                sound_input.search_from(track)
