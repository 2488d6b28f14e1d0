"""The Encoders page's cards, one for each encoder."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from synesthete import encoders, settings
from synesthete.encoders.genre_cnn import GenreCnn
from synesthete.errors import EncoderError
from synesthete.ui.confusion import offer_confusion
from synesthete.ui.text import plain


def show_encoders() -> None:
    """A card for each encoder, the default first: at once what is known of all, then figures of those that load."""
    names, begun = encoders.available(), []
    for first in range(0, len(names), 2):  # row by row: on a phone, where columns lie below each other, the order stays
        for column, name in zip(st.columns(2), names[first : first + 2], strict=False):
            with column:
                begun.append((name, _begin_card(name)))
    for name, rest in begun:
        with rest:
            _finish_card(name)


def _begin_card(name: str) -> DeltaGenerator:
    """What an encoder is, without loading it; returns where the rest goes."""
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.header(name, anchor=False, width="content")
            if name == settings.DEFAULT_ENCODER:
                st.badge("Default", icon=":material/check:", color="green")
            elif not encoders.is_ready(name):
                st.badge("Not here yet", icon=":material/cloud_off:", color="gray")
        st.markdown(encoders.describe(name))
        return st.container()


def _finish_card(name: str) -> None:
    """How big its vectors are; and if something is missing, how to get it."""
    if why_not := encoders.why_not_ready(name):
        st.caption(plain(why_not, 400))
        return
    try:
        encoder = encoders.load(name)
    except EncoderError as error:
        st.caption(plain(str(error), 400))
        return
    for note in encoder.notes:
        st.caption(f":material/info: {plain(note, 400)}")
    st.caption(
        f"Keeps {encoder.n_track_features:,} numbers of a track · hears {encoder.segment_seconds:.1f} s at a time",
        help=f"Version {encoder.version}",
    )
    if isinstance(encoder, GenreCnn) and encoder.confusion.size:
        offer_confusion(name, encoder.genres, encoder.confusion)
