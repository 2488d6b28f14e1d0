"""The catalogue's tracks as a table: what a line says, where a list is cut."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from synesthete.tracks import Track
from synesthete.ui.text import plain

MOST_ROWS = 5000  # of a table; a browser gets slow with more


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


def without_empty(table: pd.DataFrame) -> pd.DataFrame:
    """The table without columns that say nothing, as of music without tags; titles stay."""
    said = [name for name in table if name == "Title" or not (table[name] == "").all()]
    return table[said]


def table_height(n_rows: int, most: int) -> int:
    """Pixels of a table: all its rows, as far as they fit into ``most``."""
    return min(36 * n_rows + 40, most)


def say_nothing_fits(words: str, each_alone: str = "") -> None:
    """Say that a search by words found nothing, and what to try; ``each_alone`` is Markdown on the parts."""
    known = f" {each_alone}" if each_alone else ""
    st.info(f"No track fits {plain(words, 60)}.{known} Try fewer or other words.", icon=":material/search_off:")
