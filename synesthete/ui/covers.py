"""Covers: the picture in a track's file, or beside it, as a small JPEG, made once for the whole server."""

from __future__ import annotations

import base64
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import streamlit as st

from synesthete.audio import read_cover
from synesthete.catalogue import Catalogue
from synesthete.errors import AudioError
from synesthete.tracks import Track
from synesthete.ui.initials import picture_of

_LOG = logging.getLogger(__name__)
SMALL, LARGE = 96, 320  # pixels: in a table, beside a title
_AT_ONCE = 4


def cover_of(track: Track, catalogue: Catalogue, n_pixels: int = LARGE) -> bytes:
    """The cover of a track as a square JPEG; empty where it has none, or its file is not there."""
    path = catalogue.locate(track)
    return cover_of_file(path, n_pixels) if path else b""


def cover_of_file(path: Path, n_pixels: int = SMALL) -> bytes:
    """The cover of a file as a square JPEG; empty where it has none, or is not there."""
    try:
        return _of_file(str(path), path.stat().st_mtime_ns, n_pixels)
    except OSError:
        return b""


def covers_of(tracks: Sequence[Track], catalogue: Catalogue, n_pixels: int = SMALL) -> list[bytes]:
    """The covers of a page of tracks, in their order, several read at once."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(lambda track: cover_of(track, catalogue, n_pixels), tracks))


def cover_of_sound(key: str, data: bytes, n_pixels: int = LARGE) -> bytes:
    """The cover in a sound that came in; ``key`` is a digest of its bytes."""
    return _of_bytes(key, data, n_pixels)


def show_cover(picture: bytes, title: str, by: str = "", width: int = 72) -> None:
    """Show a cover, or where there is none the track's first letters; ``width`` in pixels."""
    if picture:
        st.image(picture, width=width, alt=f"Cover: {title}")
    else:
        st.image(picture_of(title, by).decode(), width=width, alt="No cover")


def address_of(picture: bytes) -> str:
    """A cover as an address that holds it, for tables; empty for none."""
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}" if picture else ""


@lru_cache(maxsize=4000)  # of the functools kind: threads without a session read covers too
def _of_file(path: str, mtime_ns: int, n_pixels: int) -> bytes:
    """``mtime_ns`` so that a file that has been tagged anew has its new cover."""
    return _read(path, n_pixels)


@st.cache_data(show_spinner=False, max_entries=32)
def _of_bytes(key: str, _data: bytes, n_pixels: int) -> bytes:
    return _read(_data, n_pixels)


def _read(source: str | bytes, n_pixels: int) -> bytes:
    try:
        return read_cover(source, n_pixels)
    except AudioError as error:  # a cover is not worth a sentence to the listener
        _LOG.info("no cover: %s", error)
        return b""
