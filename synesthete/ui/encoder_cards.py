"""The Encoders page's cards, one for each encoder."""

from __future__ import annotations

import streamlit as st

from synesthete import encoders
from synesthete.errors import EncoderError
from synesthete.ui.text import plain


def show_encoder(name: str, *, is_default: bool) -> None:
    """Show what an encoder is, how big its vectors are, and if it is missing, how to get it."""
    with st.container(border=True):
        title, badge = st.columns([4, 1], vertical_alignment="center")
        title.header(name, anchor=False)
        try:
            encoder = encoders.load(name) if encoders.is_ready(name) else None
        except EncoderError as error:
            encoder = None
            st.caption(plain(str(error), 400))
        if is_default:
            badge.badge("Default", icon=":material/check:", color="green")
        elif encoder is None:
            badge.badge("Not installed", icon=":material/cloud_off:", color="gray")
        st.markdown(encoders.describe(name))
        if encoder is None:
            st.caption(plain(encoders.why_not_ready(name), 400))
            return
        for note in encoder.notes:
            st.caption(f":material/info: {plain(note, 400)}")
        st.caption(
            f"Keeps {encoder.n_track_features:,} numbers of a track · hears {encoder.segment_seconds:.1f} s at a time",
            help=f"Version {encoder.version}",
        )
