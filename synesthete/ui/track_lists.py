"""The catalogue's tracks as a menu and as a table: their order, what a line says, where a list is cut."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.tracks import Track, clock
from synesthete.ui.text import dotted, plain

MENU_PLACEHOLDER = "Type a title, an artist or a style"
MOST_ROWS = 5000  # of a table; a browser gets slow with more


def menu_of(catalogue: Catalogue) -> dict[str, Track]:
    """The tracks of a catalogue by id, in the order of a menu: by style, then by title."""
    tracks = sorted(catalogue.tracks(), key=lambda track: (track.genre, track.title))
    return {track.track_id: track for track in tracks}


def menu_text(track: Track) -> str:
    """A track in a menu: title, artist, style, length."""
    return dotted(track.title, track.artist, track.genre, clock(track.seconds))


def table_of(tracks: Sequence[Track]) -> pd.DataFrame:
    """Title, artist, style and album, a row a track."""
    return pd.DataFrame(
        {
            "Title": [track.title for track in tracks],
            "Artist": [track.artist for track in tracks],
            "Style": [track.genre for track in tracks],
            "Album": [track.album for track in tracks],
        }
    )


def table_height(n_rows: int, most: int) -> int:
    """Pixels of a table: all its rows, as far as they fit into ``most``."""
    return min(36 * n_rows + 40, most)


def say_nothing_fits(words: str, each_alone: str = "") -> None:
    """Say that a search by words found nothing, and what to try; ``each_alone`` is Markdown on the parts."""
    known = f" {each_alone}" if each_alone else ""
    st.info(f"No track fits {plain(words, 60)}.{known} Try fewer or other words.", icon=":material/search_off:")
