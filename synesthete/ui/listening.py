"""Decode, analyse and search the sound asked about, once per sound and encoder."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from synesthete import sampler
from synesthete.audio import Clip, Excerpt, read_clip
from synesthete.audio.silence import is_sounding
from synesthete.encoders import load, pending_download
from synesthete.search import SearchEngine, SearchOptions, SearchResult
from synesthete.spectrogram import compute_spectrograms
from synesthete.ui import ahead, analyses, resources
from synesthete.ui.analyses import Analysis
from synesthete.ui.catalogues import Source
from synesthete.ui.player import is_there
from synesthete.ui.state import Sound
from synesthete.ui.text import count, plain
from synesthete.ui.turns import ANALYSIS

_MOST_TAGS = 5
_LEAST_PROBABILITY = 0.1  # below, a tag is a guess
_LEAST_SECONDS = 1.0  # of a passage that asks by itself


def is_gone(sound: Sound, engine: SearchEngine) -> bool:
    """Whether the sound is a track of the catalogue whose file has been moved or removed, or was never here."""
    if not sound.track_id:
        return False
    path = engine.catalogue.locate(engine.catalogue.track(sound.track_id))
    return path is None or not is_there(path)


def why_gone(sound: Sound, engine: SearchEngine) -> str:
    """A sentence on a sound that :func:`is_gone`."""
    is_imported = engine.catalogue.locate(engine.catalogue.track(sound.track_id)) is None
    why = "No audio here: it was imported" if is_imported else "Its file is not where it was"
    return f"{why}, so it can be neither seen nor played; what sounds like it is known."


def analyse(sound: Sound, engine: SearchEngine) -> Analysis:
    """Decode, compute spectrograms and embed the whole sound, with progress; the last analyses are kept."""
    whole = sound.of_passage(None)
    return analyses.of_all.get(whole, engine.encoder.fingerprint, lambda whole: _analyse_now(whole, engine))


def analyse_passage(sound: Sound, whole: Analysis, engine: SearchEngine) -> Analysis:
    """What the engine makes of the sound's passage alone, which is cut out of the whole."""
    if sound.passage is None or not is_within(sound.passage, whole.clip):
        return whole
    start, end = sound.passage

    def analyse_part(_: Sound) -> Analysis:
        with _turn():
            return _analyse_clip(cut(whole.clip, start, end), engine)

    return analyses.of_all.get(sound, engine.encoder.fingerprint, analyse_part)


def cut(clip: Clip, start_seconds: float, end_seconds: float) -> Clip:
    """The passage of a clip between two times of the recording, as far as it lies in one of the clip's excerpts."""
    rate_hz = clip.sample_rate_hz
    begun = [excerpt for excerpt in clip.excerpts if excerpt.start_seconds <= start_seconds] or clip.excerpts[:1]
    excerpt = begun[-1]
    first, last = (round((seconds - excerpt.start_seconds) * rate_hz) for seconds in (start_seconds, end_seconds))
    samples = excerpt.samples[max(first, 0) : max(last, 0)]
    passage = Excerpt(start_seconds, samples)
    return replace(clip, excerpts=(passage,), seconds=len(samples) / rate_hz, notes=())


def is_within(passage: tuple[float, float], clip: Clip) -> bool:
    """Whether something sounds in a passage of this clip; an address may name any."""
    return passage_of(list(passage), clip) is not None and not is_silent(clip, passage)


def is_silent(clip: Clip, passage: tuple[float, float]) -> bool:
    """Whether nothing sounds in a passage: nothing can be like it."""
    return not is_sounding(cut(clip, *passage).samples, clip.sample_rate_hz).any()


def passage_of(value: object, clip: Clip) -> tuple[float, float] | None:
    """The passage that the browser names, ``[from, to]`` in seconds; None for what is none of this clip's."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    if not all(isinstance(number, (int, float)) and math.isfinite(number) for number in value):
        return None
    start, end = float(value[0]), float(value[1])
    is_inside = start >= 0 and end <= clip.seconds + 1
    if not is_inside or cut(clip, start, end).seconds < 0.9 * _LEAST_SECONDS:
        return None
    return start, end


def _analyse_now(sound: Sound, engine: SearchEngine) -> Analysis:
    path = engine.catalogue.audio_path(engine.catalogue.track(sound.track_id)) if sound.track_id else None
    with _turn():
        return _analyse_clip(read_clip(path, name=sound.name) if path else ahead.clip_of(sound), engine)


@contextmanager
def _turn() -> Iterator[None]:
    """Wait until this server has a processor for one more sound, and say so meanwhile; then that it listens."""
    said: DeltaGenerator | None = None

    def say(n_before: int) -> None:
        nonlocal said
        said = said or st.empty()
        said.caption(
            f"Others are listening too: {count(n_before, 'sound')} before yours …" if n_before else "You are next …"
        )

    with ANALYSIS.take(say):
        if said:
            said.empty()
        with st.spinner("Listening …", show_time=True):  # one: each costs the browser a drawing beside the analysis
            yield


def _analyse_clip(clip: Clip, engine: SearchEngine) -> Analysis:
    spectrograms = compute_spectrograms(clip)
    embedding = engine.encoder.embed(clip, spectrograms)
    likeliest = list(embedding.tags.items())[:_MOST_TAGS]
    tags = tuple(tag for tag, probability in likeliest if probability >= _LEAST_PROBABILITY)
    return Analysis(clip, spectrograms, embedding, tags)


def find(sound: Sound, whole: Analysis, engine: SearchEngine, options: SearchOptions) -> SearchResult:
    """The matches of the sound, or of its passage alone; ``whole`` is the analysis of all of it."""
    if sound.passage is not None:
        return _find_passage(sound, whole, engine, options)
    if not sound.track_id:
        return engine.search_embedding(whole.embedding, options, clip=whole.clip)
    if engine.catalogue.has_vectors(sound.track_id, engine.encoder.fingerprint):
        return engine.search_track(sound.track_id, options)
    # this encoder has not come to this track yet
    return engine.search_embedding(whole.embedding, options, query_track_id=sound.track_id, clip=whole.clip)


def _find_passage(sound: Sound, whole: Analysis, engine: SearchEngine, options: SearchOptions) -> SearchResult:
    """What sounds like the passage: not the recording it is from, whose whole would then ask in its place."""
    own_id = sound.track_id
    if not own_id:
        of_whole = find(sound.of_passage(None), whole, engine, options)
        named = of_whole.recognised or next(iter(of_whole.same_recording), None)
        own_id = named.track.track_id if named else ""
    passage = analyse_passage(sound, whole, engine)
    return engine.search_embedding(passage.embedding, options, query_track_id=own_id or None, clip=passage.clip)


def engine_for(source: Source, encoder_name: str) -> SearchEngine | None:
    """The engine of an encoder; if that encoder has not embedded the catalogue, say how to, and return None."""
    if needed := pending_download(encoder_name):
        _offer_download(encoder_name, needed)
        return None
    with st.spinner("Loading this encoder …", show_time=True):
        is_embedded = has_analysed(source, encoder_name)
    if is_embedded:
        return resources.engine(source.path, encoder_name)
    if source.is_built_in:
        _offer_analysis(source, encoder_name)
    else:
        st.info(
            f"The {encoder_name} encoder, as it is now, has not analysed this catalogue yet. This command does it:",
            icon=":material/hearing:",
        )
        st.code(source.index_command("--encoder", encoder_name), language=None, wrap_lines=True)
    return None


def _offer_download(name: str, needed: str) -> None:
    st.info(f"The {name} encoder needs its weights: {needed}, once. Nothing is fetched unless you say so.")
    if st.button("Fetch them", icon=":material/download:"):
        with st.spinner(f"Fetching {needed} …", show_time=True):
            load(name, may_download=True)
        st.rerun()


def has_analysed(source: Source, encoder_name: str) -> bool:
    """Whether an encoder, as it is now, has vectors of a catalogue."""
    if source.is_built_in:
        return resources.is_embedded(encoder_name)
    fingerprints = {entry.fingerprint for entry in resources.encoders_of(source.path) if entry.name == encoder_name}
    return bool(fingerprints) and load(encoder_name).fingerprint in fingerprints


def _offer_analysis(source: Source, encoder_name: str) -> None:
    st.info(f"The {encoder_name} encoder has not analysed this catalogue yet. It needs to once, before it can compare.")
    if st.button("Analyse the catalogue", icon=":material/hearing:"):
        analyse_built_in(source, encoder_name)
        st.rerun()


def analyse_built_in(source: Source, encoder_name: str) -> None:
    """Have an encoder listen to the built-in catalogue, with progress; what was done before it is cut off is kept."""
    bar = st.progress(0.0, text="Beginning …")
    sampler.embed_with(load(encoder_name), lambda label, done: bar.progress(done, text=f"Analysing {plain(label, 60)}"))
    resources.forget_engine(source.path, encoder_name)
