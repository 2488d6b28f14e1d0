"""Players: for one track of the catalogue, and for a list played through with the next track ready.

The list's component (``player.js``) is ours because ``st.audio`` plays one file and tells nobody when it ends. It
holds two audio elements: one sounds, the other has the next track loaded.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.runtime import get_instance

from synesthete import figures
from synesthete.audio import read_clip
from synesthete.catalogue import Catalogue
from synesthete.errors import AudioError
from synesthete.spectrogram import Spectrogram, compute_spectrograms
from synesthete.tracks import Track, clock
from synesthete.ui.text import plain

_ASSETS = Path(__file__).parent / "assets"
_THUMBNAIL_HEIGHT, _THUMBNAIL_WIDTH = 48, 112  # pixels
_QUICK_SECONDS = 0.3  # what is there sooner needs no progress bar
_SECONDS = {10: "10 s", 20: "20 s", 30: "30 s", 0: "To its end"}
_mount = st.components.v2.component(
    "synesthete_player",
    html='<div class="frame"><div class="player"></div></div>',
    css=(_ASSETS / "player.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "player.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Row:
    """One line of the player; all texts are shown as they are, markup is only letters.

    Attributes
    ----------
    title, about : str
        What is played, and a second line on it.
    source : Path, bytes or None
        The file, or a sound in memory; None for what cannot be played.
    start_seconds : float >= 0 [s]
        Where to begin.
    image : bytes
        A little stacked image as PNG; may be empty.
    mark : str
        Shown instead of the number: ``A``, ``B`` for the ends of a journey.
    note, figure : str
        How far it is from the one before, in words and in numbers.
    share : float in [0, 1]
        The length of the bar between them.
    """

    title: str
    about: str = ""
    source: Path | bytes | None = None
    start_seconds: float = 0.0
    image: bytes = b""
    mark: str = ""
    note: str = ""
    figure: str = ""
    share: float = 0.0


def is_there(path: Path) -> bool:
    """Whether a file can be played from here; one that may not be read cannot."""
    return os.path.isfile(path) and os.access(path, os.R_OK)  # noqa: PTH113 - in a closed folder Path.is_file raises


def play_track(
    track: Track, catalogue: Catalogue, start_seconds: float | None = None, *, is_started: bool = False
) -> bool:
    """A player for one track, or a sentence where its file is gone or never was; returns whether it is there.

    Parameters
    ----------
    track : Track
    catalogue : Catalogue
    start_seconds : float >= 0 [s], optional
        Where to begin, to the second.
    is_started : bool
        Play at once.
    """
    path = catalogue.locate(track)
    if path is None:
        st.caption("No audio here: the track was imported.")
        return False
    if not is_there(path):
        st.caption(f"The file {plain(path.name)} is not where it was.")
        return False
    start = int(start_seconds or 0)
    place = "" if start_seconds is None else f" from {clock(start)}"
    st.audio(str(path), start_time=start, alt=f"Player: {track.title}{place}", autoplay=is_started)
    return True


@st.fragment
def play_through(rows: Sequence[Row], key: str) -> None:
    """Show the rows with a player for all of them."""
    left, _ = st.columns([2, 1])
    seconds = left.segmented_control(
        "How much of each track",
        list(_SECONDS),
        default=20,
        required=True,
        format_func=_SECONDS.__getitem__,
        key=f"{key}-seconds",
    )
    lines = [_line(row, f"{key}-{number}") for number, row in enumerate(rows)]
    signature = hashlib.sha256(repr([(line["url"], line["start"], line["note"]) for line in lines]).encode())
    _mount(data={"rows": lines, "seconds": seconds, "signature": signature.hexdigest()}, key=key)


def _line(row: Row, place: str) -> dict[str, object]:
    image = f"data:image/png;base64,{base64.b64encode(row.image).decode()}" if row.image else ""
    return {
        "title": row.title,
        "about": row.about,
        "url": _url(row.source, place),
        "start": round(row.start_seconds, 2),
        "image": image,
        "mark": row.mark,
        "note": row.note,
        "figure": row.figure,
        "share": float(np.clip(row.share, 0, 1)),
    }


def _url(source: Path | bytes | None, place: str) -> str:
    """Where the browser finds a sound: Streamlit's own store of media files, the one ``st.audio`` uses.

    It serves ranges, so that a passage in the middle starts at once, and forgets a file when no page shows it. There is
    no documented way to an address in it; this is the call that ``st.audio`` makes.
    """
    if source is None or (isinstance(source, Path) and not is_there(source)):
        return ""
    if isinstance(source, bytes):
        return get_instance().media_file_mgr.add(source, "audio/wav", place)
    mime = mimetypes.guess_type(source.name)[0] or "audio/mpeg"
    return get_instance().media_file_mgr.add(str(source), mime, place)


def thumbnail(spectrograms: Sequence[Spectrogram]) -> bytes:
    """A little stacked image of a sound, its excerpts side by side, as PNG."""
    image = np.concatenate([spectrogram.stacked_image() for spectrogram in spectrograms], axis=2)
    return figures.stacked_png(image, height=_THUMBNAIL_HEIGHT, width=_THUMBNAIL_WIDTH)


def thumbnails(tracks: Sequence[Track], catalogue: Catalogue) -> dict[str, bytes]:
    """A little stacked image of each track by its id, with progress while they are made; they are kept.

    A track whose file is gone or cannot be read, or that was imported, has an empty one.
    """
    bar = st.empty()
    images = {}
    begin = time.monotonic()
    for number, track in enumerate(tracks, start=1):
        path = catalogue.locate(track)
        images[track.track_id] = _thumbnail(track.track_id, str(path)) if path and is_there(path) else b""
        if time.monotonic() - begin > _QUICK_SECONDS:
            bar.progress(number / len(tracks), text=f"Looking at {number} of {len(tracks)} tracks …")
    bar.empty()
    return images


@st.cache_data(show_spinner=False, max_entries=4000)
def _thumbnail(track_id: str, path: str) -> bytes:
    """``track_id`` is the content's hash, so that another file at the same path has another picture."""
    try:
        return thumbnail(compute_spectrograms(read_clip(path)))
    except AudioError:
        return b""  # the player says so when its turn comes
