"""Where the parts of Listen stand: the matches beside their sound, or, where that is too narrow, right below it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_STYLE = Path(__file__).parent / "assets" / "listen.css"


def sound_matches_and_more() -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Three places, in the order in which a screen reader comes to them: the sound, its matches, more on the sound.

    With them the page's title, in a container with the key ``title``, is no more than said on a narrow screen.
    """
    st.html(_STYLE)
    with st.container(key="listen-around"), st.container(key="listen"):
        return st.container(), st.container(), st.container()
