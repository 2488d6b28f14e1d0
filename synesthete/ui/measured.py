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


def tempo_and_key_of(track: Track, catalogue: Catalogue) -> str:
    """A line as far as they are sure, or why its file cannot be read; empty where no audio is here."""
    path = catalogue.locate(track)
    if path is None or not is_there(path):
        return ""
    try:
        return _tempo_and_key(str(path), path.stat().st_mtime_ns)
    except AudioError as error:
        return plain(str(error), 300)


@st.cache_data(show_spinner=False, max_entries=2_000)
def _tempo_and_key(path: str, changed_ns: int) -> str:
    """Both arguments are the key."""
    with ANALYSIS.take():
        spectrograms = compute_spectrograms(read_clip(Path(path)))
        return tempo_and_key(estimate_tempo(spectrograms), estimate_key(spectrograms))
