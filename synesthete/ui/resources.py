"""Thin cached wrappers: models, catalogues and indexes are made once for the whole server."""

from __future__ import annotations

import threading

import streamlit as st

from synesthete import audio, encoders, sampler, spectrogram
from synesthete.catalogue import Catalogue
from synesthete.search import SearchEngine, index_folder


@st.cache_resource(show_spinner=False)
def catalogue() -> Catalogue:
    """The built-in catalogue, for browsing; no encoder is needed.

    The first call on a server also wakes a decoding process and loads librosa, so that the first sound does not wait
    for them.
    """
    for warm_up in (audio.warm_up, spectrogram.warm_up):
        threading.Thread(target=warm_up, daemon=True).start()
    return sampler.open_sampler()


@st.cache_resource(show_spinner="Loading this encoder …", max_entries=8)
def engine(encoder_name: str) -> SearchEngine:
    """A search engine over the built-in catalogue. Raises if this encoder has not embedded it."""
    encoder = encoders.load(encoder_name)
    opened = sampler.open_for(encoder)
    return SearchEngine(opened, encoder, index_folder(opened))


def is_embedded(encoder_name: str) -> bool:
    """Whether this encoder has vectors of every built-in track that can be read."""
    encoder = encoders.load(encoder_name)
    with sampler.open_for(encoder) as opened:
        failed = {failure.path for failure in opened.failures()}
        missing = opened.missing(encoder.fingerprint)
        return len(missing) < len(opened) and all(not track.path or track.path in failed for track in missing)
