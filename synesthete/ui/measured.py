"""What is measured of a track when its details open, and is in no catalogue: tempo and key, as Listen tells them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from synesthete.audio import read_clip
from synesthete.catalogue import Catalogue
from synesthete.errors import AudioError
from synesthete.key import estimate_key
from synesthete.spectrogram import compute_spectrograms
from synesthete.tempo import estimate_tempo
from synesthete.tracks import Track
from synesthete.ui.player import is_there
from synesthete.ui.text import plain, tempo_and_key
from synesthete.ui.turns import ANALYSIS


def show_tempo_and_key(track: Track, catalogue: Catalogue) -> None:
    """A line as far as they are sure; nothing where no audio is here, which the player says."""
    path = catalogue.locate(track)
    if path is None or not is_there(path):
        return
    with st.container():  # filled last: the track plays meanwhile
        try:
            line = _tempo_and_key(str(path), path.stat().st_mtime_ns)
        except AudioError as error:
            line = plain(str(error), 300)
        if line:
            st.caption(f":material/music_note: {line}")


@st.cache_data(show_spinner=False, max_entries=2_000)
def _tempo_and_key(path: str, changed_ns: int) -> str:
    """Both arguments are the key."""
    with ANALYSIS.take():
        spectrograms = compute_spectrograms(read_clip(Path(path)))
        return tempo_and_key(estimate_tempo(spectrograms), estimate_key(spectrograms))
