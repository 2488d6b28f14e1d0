"""What plays: one player for the whole app, and what hands it its sounds.

The player is ours (``assets/player.js``) because ``st.audio`` plays one file, ends with its page, and several sound at
once. It lives in the browser's window; the components here, :func:`play_track`, :func:`play_through` and those of
``ui/matches.py`` and ``ui/picture.py``, each carry its code and find the one that is there.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from synesthete import figures
from synesthete.audio import read_clip
from synesthete.catalogue import Catalogue
from synesthete.errors import AudioError
from synesthete.spectrogram import Spectrogram, compute_spectrograms
from synesthete.tracks import Track, clock
from synesthete.ui import media
from synesthete.ui.address import is_track_id
from synesthete.ui.text import dotted, plain

_ASSETS = Path(__file__).parent / "assets"
_THUMBNAIL_HEIGHT, _THUMBNAIL_WIDTH = 48, 112  # pixels
_QUICK_SECONDS = 0.3  # what is there sooner needs no progress bar
_SECONDS = {10: "10 s", 20: "20 s", 30: "30 s", 0: "To its end"}


def component(name: str, html: str, style: str) -> Callable[..., Any]:
    """A component of ``assets/{name}.js`` that has the player in its hands."""
    heart = (_ASSETS / "heart.css").read_text(encoding="utf-8")
    bar = json.dumps((_ASSETS / "bar.css").read_text(encoding="utf-8") + heart)
    code = [(_ASSETS / f"{part}.js").read_text(encoding="utf-8") for part in ("player", name)]
    return st.components.v2.component(
        f"synesthete_{name}",
        html=html,
        css=(_ASSETS / f"{style}.css").read_text(encoding="utf-8") + heart,
        js="\n".join([f"const BAR_STYLE = {bar};", *code]),
    )


_mount_list = component("list", '<div class="frame"><div class="player"></div></div>', "list")
_mount_track = component("track", '<div class="board"></div>', "matches")


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
    key : str
        Tells it from the other rows; a track's id.
    artist : str
        For the player, which has a line for it.
    seconds : float >= 0 [s]
        Length of the sound; 0 where unknown.
    mime : str
        Type of a sound in memory; WAV where empty.
    mark : str
        Shown instead of the number: ``A``, ``B`` for the ends of a journey.
    note, figure : str
        How alike it is to the sound asked about, or to the one before: in words and in numbers.
    share : float in [0, 1]
        The length of its bar: longer is more alike, everywhere.
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
    key: str = ""
    artist: str = ""
    seconds: float = 0.0
    mime: str = ""


def is_there(path: Path) -> bool:
    """Whether a file can be played from here; one that may not be read cannot."""
    return os.path.isfile(path) and os.access(path, os.R_OK)  # noqa: PTH113 - in a closed folder Path.is_file raises


def play_track(
    track: Track, catalogue: Catalogue, start_seconds: float | None = None, *, is_started: bool = False
) -> bool:
    """A button that plays one track, or a sentence where its file is gone or never was; returns whether it is there.

    Parameters
    ----------
    track : Track
    catalogue : Catalogue
    start_seconds : float >= 0 [s], optional
        Where to begin, to the second.
    is_started : bool
        Play at once.
    """
    why = why_silent(track, catalogue)
    if why:
        st.caption(plain(why, 200))
        return False
    row = track_row(track, catalogue, start_seconds or 0.0)
    key = f"play-{track.track_id}"
    line = line_of(row, key) | {"place": "" if start_seconds is None else f"from {clock(start_seconds)}"}
    _mount_track(data={"list": key, "rows": [line], "isStarted": is_started}, key=key)
    return True


def why_silent(track: Track, catalogue: Catalogue) -> str:
    """A sentence on a track that cannot be played here; empty for one that can."""
    path = catalogue.locate(track)
    if path is None:
        return "No audio here: the track was imported."
    return "" if is_there(path) else f"The file {path.name} is not where it was."


def track_row(track: Track, catalogue: Catalogue, start_seconds: float = 0.0) -> Row:
    """A track of the catalogue as a row."""
    return Row(
        title=track.title,
        about=dotted(track.artist, track.genre),
        source=catalogue.locate(track),
        start_seconds=start_seconds,
        key=track.track_id,
        artist=track.artist,
        seconds=track.seconds,
    )


@st.fragment
def play_through(
    rows: Sequence[Row],
    key: str,
    why: Sequence[str] = (),
    on_why: Callable[[str], None] | None = None,
    hint: str = "",
    *,
    is_of_liked: bool = False,
) -> None:
    """Show the rows with a player for all of them.

    Parameters
    ----------
    rows : sequence of Row
    key : str
    why : sequence of str
        Keys of rows that can be explained.
    on_why : callable, optional
        Called with the one to be explained; then the whole page runs anew.
    hint : str
        What the list says of itself before it is played.
    is_of_liked : bool
        The list is made of what is liked: with every heart the page runs anew.
    """
    left, _ = st.columns([2, 1])
    seconds = left.segmented_control(
        "How much of each track",
        list(_SECONDS),
        default=20,
        required=True,
        format_func=_SECONDS.__getitem__,
        key=f"{key}-seconds",
    )
    lines = [line_of(row, f"{key}-{number}", seconds) for number, row in enumerate(rows)]
    data = {
        "list": list_id(lines),
        "rows": lines,
        "seconds": seconds,
        "why": list(why),
        "hint": hint,
        "isOfLiked": is_of_liked,
    }
    has_liked = f"{key}-has-liked"
    _mount_list(
        data=data,
        key=key,
        on_why_change=lambda: None,
        on_liked_change=lambda: st.session_state.__setitem__(has_liked, True),
    )
    if st.session_state.pop(has_liked, False):
        st.rerun()
    wanted = (st.session_state.get(key) or {}).get("why")
    if on_why and isinstance(wanted, str) and wanted in why:
        on_why(wanted)
        st.rerun()  # of the page, which opens the explanation and has it in its address


def list_id(lines: Sequence[dict[str, Any]]) -> str:
    """The same for the same sounds in the same order."""
    return hashlib.sha256(json.dumps([line["key"] for line in lines]).encode()).hexdigest()[:16]


def line_of(row: Row, place: str, seconds: int = 0) -> dict[str, Any]:
    """A row as the browser reads it.

    Parameters
    ----------
    row : Row
    place : str
        Where on the page it is, for a sound in memory.
    seconds : int >= 0 [s]
        How much of it will be played, 0 for all: it begins early enough for that.
    """
    is_playable = row.source is not None and (isinstance(row.source, bytes) or is_there(row.source))
    start = max(0.0, min(row.start_seconds, row.seconds - seconds)) if row.seconds and seconds else row.start_seconds
    image = f"data:image/png;base64,{base64.b64encode(row.image).decode()}" if row.image else ""
    return {
        "key": row.key or place,
        "isTrack": is_track_id(row.key),
        "title": row.title,
        "artist": row.artist,
        "about": row.about,
        "url": media.address_of(row.source, place, row.mime) if row.source is not None and is_playable else "",
        "start": round(start, 2),
        "place": f"from {clock(start)}" if is_playable else "no file",
        "image": image,
        "mark": row.mark,
        "note": row.note,
        "figure": row.figure,
        "share": float(np.clip(row.share, 0, 1)),
    }


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
