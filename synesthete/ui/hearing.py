"""From the sound asked about to what the engine made of it, once per sound and encoder."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from synesthete import sampler
from synesthete.audio import Clip, read_clip
from synesthete.encoders import load
from synesthete.encoders.base import Embedding
from synesthete.search import SearchEngine, SearchOptions, SearchResult
from synesthete.spectrogram import Spectrogram, compute_spectrograms
from synesthete.ui import resources, state
from synesthete.ui.state import Sound
from synesthete.ui.text import plain

_MOST_TAGS = 5
_LEAST_PROBABILITY = 0.1  # below, a tag is a guess
_KEPT = 6  # analyses kept in a browser session: enough to go back and forth


@dataclass(frozen=True)
class Heard:
    """What the engine made of a sound.

    Attributes
    ----------
    clip : Clip
    spectrograms : tuple of Spectrogram, one per excerpt
    embedding : Embedding
    tags : tuple of str
        What the borrowed ear would call it, likeliest first; empty where that ear takes no part.
    """

    clip: Clip
    spectrograms: tuple[Spectrogram, ...]
    embedding: Embedding
    tags: tuple[str, ...] = ()


def is_gone(sound: Sound, engine: SearchEngine) -> bool:
    """Whether the sound is a track of the catalogue whose file has been moved or removed."""
    return bool(sound.track_id) and not engine.catalogue.audio_path(engine.catalogue.track(sound.track_id)).is_file()


def hear(sound: Sound, engine: SearchEngine) -> Heard:
    """Decode, see and embed, with progress; a sound heard before is remembered for the session."""
    kept: dict[tuple[str, str], Heard] = st.session_state.setdefault(state.HEARD, {})
    key = (sound.key, engine.encoder.fingerprint)
    if key not in kept:
        heard = _hear_now(sound, engine)
        while len(kept) >= _KEPT:
            kept.pop(next(iter(kept)))
        kept[key] = heard
    return kept[key]


def _hear_now(sound: Sound, engine: SearchEngine) -> Heard:
    with st.spinner("Listening …", show_time=True):
        source: bytes | str = sound.data or b""
        if sound.track_id:
            source = str(engine.catalogue.audio_path(engine.catalogue.track(sound.track_id)))
        clip = read_clip(source, name=sound.name)
    with st.spinner("Looking at the sound …", show_time=True):
        spectrograms = compute_spectrograms(clip)
    with st.spinner(f"The {engine.encoder.name} ear is forming its impression …", show_time=True):
        embedding = engine.encoder.embed(clip, spectrograms)
    likeliest = list(embedding.tags.items())[:_MOST_TAGS]
    tags = tuple(tag for tag, probability in likeliest if probability >= _LEAST_PROBABILITY)
    return Heard(clip, spectrograms, embedding, tags)


def find(sound: Sound, heard: Heard, engine: SearchEngine, options: SearchOptions) -> SearchResult:
    """The matches of what was heard."""
    if sound.track_id:
        return engine.search_track(sound.track_id, options)
    return engine.search_embedding(heard.embedding, options, clip=heard.clip)


def engine_for(encoder_name: str) -> SearchEngine | None:
    """The engine of an encoder; if that encoder has not heard the catalogue, offer to let it, and return None."""
    with st.spinner("Waking up this ear …", show_time=True):
        is_heard = resources.is_heard(encoder_name)
    if is_heard:
        return resources.engine(encoder_name)
    st.info(f"The {encoder_name} ear has not heard this catalogue yet. It needs to once, before it can compare.")
    if st.button("Let it hear the catalogue", type="primary", icon=":material/hearing:"):
        bar = st.progress(0.0, text="Beginning …")
        sampler.let_hear(load(encoder_name), lambda label, done: bar.progress(done, text=f"Hearing {plain(label, 60)}"))
        resources.engine.clear()
        st.rerun()
    return None
