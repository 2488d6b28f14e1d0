"""What the engine sees: the stacked image, its layers, the waveform with its player."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from synesthete import figures
from synesthete.audio import Clip, clip_to_wav
from synesthete.spectrogram import Spectrogram, mel_frequencies
from synesthete.tracks import clock
from synesthete.ui.text import plain

_CONFIG = {"displayModeBar": False}
# What every current browser plays as it came; anything else is played from our own decoding. The type that a browser
# sends goes by the suffix too, and not well: it calls MP2 "audio/mpeg", and many formats nothing at all.
_PLAYABLE = {
    "audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav", "audio/flac", "audio/x-flac", "audio/mp4", "audio/x-m4a",
    "audio/aac", "audio/webm", "video/webm", "video/mp4",
}  # fmt: skip
_PLAYABLE_SUFFIXES = {"", ".mp3", ".wav", ".flac", ".m4a", ".m4b", ".mp4", ".aac", ".webm", ".weba"}


def show_player(clip: Clip, data: bytes | str | None, mime: str) -> None:
    """A player for the sound itself: the original where browsers play it, else what the engine decoded."""
    name = plain(clip.name)
    suffix = PurePath(data if isinstance(data, str) else clip.name).suffix.lower()
    if data is not None and mime in _PLAYABLE and suffix in _PLAYABLE_SUFFIXES:
        st.audio(data, format=mime, alt=f"Player: {name}")
    else:
        st.audio(clip_to_wav(clip), format="audio/wav", alt=f"Player: {name}, as the engine decoded it")


def show_picture(clip: Clip, spectrograms: Sequence[Spectrogram]) -> None:
    """The waveform, the stacked image on its axes, and the three layers apart."""
    spans = [spectrogram.n_frames for spectrogram in spectrograms]
    settings = spectrograms[0].settings
    seconds = sum(spans) * settings.hop_length / settings.sample_rate_hz
    places = np.cumsum([0, *spans[:-1]]) * settings.hop_length / settings.sample_rate_hz
    starts = [(float(place), excerpt.start_seconds) for place, excerpt in zip(places, clip.excerpts, strict=True)]
    if len(starts) > 1:
        st.caption(
            f"A long recording ({clock(clip.seconds)}): {len(starts)} excerpts of it were analysed. The times below "
            "say where each begins."
        )
    mel_hz = mel_frequencies(settings)
    span = f"{seconds:.1f} s"
    _chart(
        figures.waveform_figure(clip.samples, seconds, starts),
        "waveform",
        f"Waveform of the sound over {span}",
    )
    image = np.concatenate([spectrogram.stacked_image() for spectrogram in spectrograms], axis=2)
    _chart(
        figures.stacked_figure(image, seconds, mel_hz, starts),
        "stacked",
        f"Stacked spectrogram over {span}: mel in red, chroma in green, tonnetz in blue",
    )
    st.caption(
        ":red[**Red** is loudness by pitch height (mel)], :green[**green** the pitch classes sounding (chroma)], "
        ":blue[**blue** the harmony's place in the tonal network (tonnetz)]. This picture is all that the picture "
        "encoders know of the sound."
    )
    mel_db = np.concatenate([spectrogram.mel_db() for spectrogram in spectrograms], axis=1)
    chroma = np.concatenate([spectrogram.chroma for spectrogram in spectrograms], axis=1)
    tonnetz = np.concatenate([spectrogram.tonnetz for spectrogram in spectrograms], axis=1)
    red, green, blue = st.columns(3)
    with red:
        st.markdown(":red[**Mel**] · loudness in each band")
        _chart(figures.mel_figure(mel_db, seconds, mel_hz, starts), "mel", f"Mel spectrogram in dB over {span}")
        st.caption(_loudest_band(mel_db, mel_hz))
    with green:
        st.markdown(":green[**Chroma**] · the notes, octaves folded")
        _chart(figures.chroma_figure(chroma, seconds, starts), "chroma", f"Chromagram, C to B, over {span}")
        st.caption(_strongest_notes(chroma))
    with blue:
        st.markdown(":blue[**Tonnetz**] · the harmony's place")
        _chart(figures.tonnetz_figure(tonnetz, seconds, starts), "tonnetz", f"Tonnetz, six axes, over {span}")
        st.caption(_harmony(tonnetz))


def _chart(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, config=_CONFIG, key=f"figure-{key}", alt=alt)


def _loudest_band(mel_db: np.ndarray, mel_hz: np.ndarray) -> str:
    loudness = 10 ** (mel_db / 10)
    centre = float((loudness.mean(axis=1) * mel_hz).sum() / loudness.mean(axis=1).sum())
    return f"Most of the energy lies around {centre:,.0f} Hz."


def _strongest_notes(chroma: np.ndarray) -> str:
    strongest = np.argsort(chroma.mean(axis=1))[::-1][:3]
    return "Strongest notes: " + ", ".join(figures.PITCH_CLASSES[number] for number in strongest) + "."


def _harmony(tonnetz: np.ndarray) -> str:
    movement = float(np.linalg.norm(np.diff(tonnetz, axis=1), axis=0).mean()) if tonnetz.shape[1] > 1 else 0.0
    pace = "hardly moves" if movement < 0.05 else "moves gently" if movement < 0.12 else "moves a lot"
    return f"The harmony {pace} from frame to frame."
