"""The sound and what the engine sees of it: the stacked image with its playhead, and its three layers apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

import numpy as np
import streamlit as st

from synesthete import figures
from synesthete.audio import Clip, clip_to_wav
from synesthete.spectrogram import Spectrogram, mel_frequencies
from synesthete.tracks import clock
from synesthete.ui import media, player
from synesthete.ui.player import Row
from synesthete.ui.state import Sound

KEY = "picture"
# What every current browser plays as it came; anything else is played from our own decoding. The type that a browser
# sends goes by the suffix too, and not well: it calls MP2 "audio/mpeg", and many formats nothing at all.
_PLAYABLE = {
    "audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav", "audio/flac", "audio/x-flac", "audio/mp4", "audio/x-m4a",
    "audio/aac", "audio/webm", "video/webm", "video/mp4",
}  # fmt: skip
_PLAYABLE_SUFFIXES = {"", ".mp3", ".wav", ".flac", ".m4a", ".m4b", ".mp4", ".aac", ".webm", ".weba"}
COLOURS = (
    ":red[**Red:**] how loud, low to high",
    ":green[**Green:**] which notes",
    ":blue[**Blue:**] how the chords move",
)
_HINT = "Click the picture to play from there; draw over a stretch to ask by it alone."
_mount = player.component("picture", '<div class="sight"></div>', "picture")


def playable(clip: Clip, data: bytes | Path | None, mime: str) -> tuple[bytes | Path, str]:
    """What a browser is given to play, and its type: the original where browsers play it, else our decoding."""
    suffix = PurePath(data if isinstance(data, Path) else clip.name).suffix.lower()
    if data is not None and mime in _PLAYABLE and suffix in _PLAYABLE_SUFFIXES:
        return data, mime
    return clip_to_wav(clip), "audio/wav"


def show_picture(
    sound: Sound,
    clip: Clip,
    spectrograms: Sequence[Spectrogram],
    row: Row,
    on_ask: Callable[[], None] | None = None,
) -> None:
    """The stacked image on its axes under the waveform: it plays, and a stretch drawn on it asks.

    Parameters
    ----------
    sound : Sound
    clip : Clip
        The whole sound.
    spectrograms : sequence of Spectrogram
        Of its excerpts.
    row : Row
        The sound for the player.
    on_ask : callable, optional
        Called when the listener asks by a stretch; :func:`asked` tells which.
    """
    span, starts = _times(clip, spectrograms)
    image = _stacked_png(sound.of_passage(None).key, spectrograms)
    places = [_place(time, starts, span) for time in sound.passage] if sound.passage else None
    _show(
        KEY,
        image,
        f"Stacked picture of {span:.1f} s of sound: loudness in red, notes in green, chords in blue",
        figures.hz_ticks(mel_frequencies(spectrograms[0].settings)),
        (span, starts),
        row,
        on_ask,
        isMain=True,
        wave=figures.waveform_heights(clip.samples),
        seconds=clip.seconds,
        passage=places,
        label="Place in your sound. Arrow keys move it, Shift with an arrow key draws a stretch, Space plays.",
        hint=_HINT,
    )
    if len(starts) > 1:
        st.caption(
            f"A long recording ({clock(clip.seconds)}): {len(starts)} excerpts of it were analysed. A line stands "
            "where each begins."
        )


def asked() -> object:
    """What the browser last said of a stretch, unchecked: ``[from, to]`` in seconds of the recording, or None."""
    event = st.session_state.get(KEY) or {}
    return event.get("ask")


@st.fragment
def show_layers(sound: Sound, clip: Clip, spectrograms: Sequence[Spectrogram], row: Row) -> None:
    """The three layers apart, behind a fold; they are drawn for who opens it."""
    fold = st.expander("What the engine sees", icon=":material/visibility:", key="layers", on_change="rerun")
    if not fold.open:
        return
    with fold:
        times = _times(clip, spectrograms)
        mel_hz = mel_frequencies(spectrograms[0].settings)
        mel_db = np.concatenate([spectrogram.mel_db() for spectrogram in spectrograms], axis=1)
        chroma = np.concatenate([spectrogram.chroma for spectrogram in spectrograms], axis=1)
        tonnetz = np.concatenate([spectrogram.tonnetz for spectrogram in spectrograms], axis=1)
        loudness = (-spectrograms[0].settings.top_db, 0.0)
        naturals = [(name, (at + 0.5) / 12) for at, name in enumerate(figures.PITCH_CLASSES) if len(name) == 1]
        circles = [("fifths", 1 / 6), ("minor", 3 / 6), ("major", 5 / 6)]
        span = f"over {times[0]:.1f} s"
        image = figures.layer_png(mel_db, figures.RED, loudness)
        _show("mel", image, f"How loud, low to high, {span}", figures.hz_ticks(mel_hz), times, row)
        st.caption(_loudest_band(mel_db, mel_hz))
        image = figures.layer_png(chroma, figures.GREEN, (0.0, 1.0))
        _show("chroma", image, f"Which notes, C to B, {span}", naturals, times, row)
        st.caption(_strongest_notes(chroma))
        image = figures.layer_png(tonnetz, figures.BLUE, (-1.0, 1.0))
        _show("tonnetz", image, f"How the chords move, {span}", circles, times, row)
        st.caption(f"{_harmony(tonnetz)} Along fifths, minor and major thirds.")


def _show(
    key: str,
    image: bytes,
    alt: str,
    row_ticks: Sequence[tuple[str, float]],
    times: tuple[float, list[tuple[float, float]]],
    row: Row,
    on_ask: Callable[[], None] | None = None,
    **more: object,
) -> None:
    line = player.line_of(row, "sound")
    data = {
        "list": f"sound-{line['key']}",
        "rows": [line],
        "image": media.address_of(image, f"image-{key}", "image/png"),
        "alt": alt,
        "rowTicks": [list(tick) for tick in row_ticks],
        "span": times[0],
        "starts": [list(start) for start in times[1]],
        "isMain": False,
        "wave": [],
        "passage": None,
    }
    _mount(key=key, data=data | more, on_ask_change=on_ask or (lambda: None))


def _times(clip: Clip, spectrograms: Sequence[Spectrogram]) -> tuple[float, list[tuple[float, float]]]:
    """How long the picture is [s]; and of each excerpt where in it it begins, and where in the recording [s]."""
    settings = spectrograms[0].settings
    lengths = [spectrogram.n_frames * settings.hop_length / settings.sample_rate_hz for spectrogram in spectrograms]
    places = np.cumsum([0.0, *lengths[:-1]])
    starts = [(float(place), excerpt.start_seconds) for place, excerpt in zip(places, clip.excerpts, strict=True)]
    return sum(lengths), starts


def _place(time: float, starts: Sequence[tuple[float, float]], span: float) -> float:
    """Where in the picture a time of the recording lies."""
    place, start = [each for each in starts if each[1] <= time + 0.01 or each is starts[0]][-1]
    return min(max(place + time - start, 0.0), span)


@st.cache_data(show_spinner=False, max_entries=64)
def _stacked_png(key: str, _spectrograms: Sequence[Spectrogram]) -> bytes:
    return figures.sound_png(np.concatenate([each.stacked_image() for each in _spectrograms], axis=2))


def _loudest_band(mel_db: np.ndarray, mel_hz: np.ndarray) -> str:
    loudness = 10 ** (mel_db / 10)
    centre = float((loudness.mean(axis=1) * mel_hz).sum() / loudness.mean(axis=1).sum())
    return f"Most of the energy lies around {centre:,.0f} Hz."


def _strongest_notes(chroma: np.ndarray) -> str:
    strongest = np.argsort(chroma.mean(axis=1))[::-1][:3]
    return "Strongest notes: " + ", ".join(figures.PITCH_CLASSES[number] for number in strongest) + "."


def _harmony(tonnetz: np.ndarray) -> str:
    movement = float(np.linalg.norm(np.diff(tonnetz, axis=1), axis=0).mean()) if tonnetz.shape[1] > 1 else 0.0
    pace = "hardly move" if movement < 0.05 else "move gently" if movement < 0.12 else "move a lot"
    return f"The chords {pace}."
