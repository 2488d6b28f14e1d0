"""The table below the map: every track as a row, found by words, chosen by a click."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from synesthete.catalogue.listing import Query
from synesthete.search import SearchEngine, SearchResult
from synesthete.ui import state
from synesthete.ui.landscape import choose
from synesthete.ui.landscape_data import LandscapeData
from synesthete.ui.matches import fills
from synesthete.ui.text import count
from synesthete.ui.track_lists import MOST_ROWS, say_nothing_fits, table_height, table_of, without_empty

_ALIKE = "Alike"
_ROWS_OF_LARGE = 200  # of the table, where the catalogue is too large to show whole


def show_table(data: LandscapeData, found: SearchResult | None, engine: SearchEngine) -> None:
    """Every track as a row: what the map shows, for finding by words, for the keyboard and for reading aloud."""
    st.header("Every track", anchor=False)
    words = st.text_input(
        "Find on the map",
        placeholder="Title, artist, album, style, word or group",
        icon=":material/search:",
        key="landscape_words",
    )
    ids, table, n_fitting = (_some_rows if data.is_sample else _all_rows)(data, found, engine, words)
    if not n_fitting:
        say_nothing_fits(words)
        return
    cut = f", the first {len(ids):,} of them here" if n_fitting > len(ids) else ""
    st.caption(f"{count(n_fitting, 'track')}{cut}. Choose a row to hear it and see it on the map.")
    key = f"landscape-table-{st.session_state.get(state.LANDSCAPE_TABLE, 0)}-{words}"
    st.dataframe(
        without_empty(table),
        hide_index=True,
        selection_mode=["single-row", "single-cell"],  # a cell: by keyboard, whose arrows reach no row's box
        on_select=lambda: _take_row(key, ids),
        key=key,
        height=table_height(len(ids), 460),
        column_config={
            "Title": st.column_config.TextColumn(width="medium"),
            _ALIKE: st.column_config.ProgressColumn(
                min_value=0.0, max_value=1.0, format=" ", width="small", help="The longer, the more alike to your sound"
            ),
        },
    )


def _all_rows(
    data: LandscapeData, found: SearchResult | None, engine: SearchEngine, words: str
) -> tuple[list[str], pd.DataFrame, int]:
    """Ids and lines of the tracks that hold every word, and how many there are, where all are drawn."""
    table = _table(data, found, engine)
    rows = _matching(table, words)
    return [data.tracks[row].track_id for row in rows[:MOST_ROWS]], table.loc[rows[:MOST_ROWS]], len(rows)


def _some_rows(
    data: LandscapeData, found: SearchResult | None, engine: SearchEngine, words: str
) -> tuple[list[str], pd.DataFrame, int]:
    """The same from a large catalogue: those most alike to the sound asked about, or a page of what is found."""
    if found and not words.strip():
        ids, n_fitting = list(engine.near(found.vector[None], _ROWS_OF_LARGE)), data.n_tracks
        tracks = engine.catalogue.tracks(ids)
    else:
        page = engine.catalogue.page(Query(words), limit=_ROWS_OF_LARGE)
        tracks, n_fitting = page.tracks, page.n_tracks
    table = table_of(tracks)
    ids = [track.track_id for track in tracks]
    if found:
        heard = {track_id for track_id in ids if engine.catalogue.has_vectors(track_id, engine.encoder.fingerprint)}
        order = [track_id for track_id in ids if track_id in heard]
        cosines = dict(zip(order, engine.vectors_of(order) @ found.vector, strict=True)) if order else {}
        table = _by_likeness(table, np.array([cosines.get(track_id, -1.0) for track_id in ids]), engine)
        ids = [ids[row] for row in table.index]
    return ids, table, n_fitting


def _by_likeness(table: pd.DataFrame, cosines: np.ndarray, engine: SearchEngine) -> pd.DataFrame:
    """The table from the most alike down, with bars as of the matches."""
    order = np.argsort(-cosines, kind="stable")
    return table.assign(**{_ALIKE: fills(engine.scale, cosines)}).iloc[order]


def _table(data: LandscapeData, found: SearchResult | None, engine: SearchEngine) -> pd.DataFrame:
    table = table_of(data.tracks)
    if data.words:
        table = table.assign(Word=data.words)
    table = table.assign(Group=[data.group_names[number] for number in data.groups])
    if found is None:
        return table.sort_values(["Style", "Title"], kind="stable")
    return _by_likeness(table, data.vectors @ found.vector, engine)


def _matching(table: pd.DataFrame, words: str) -> np.ndarray:
    """Row numbers of the tracks that hold every word, in the table's order."""
    text = table["Title"]
    for column in ("Artist", "Style", "Album", "Word", "Group"):
        text = text + "\n" + table[column] if column in table else text
    text = text.str.casefold()
    is_fit = np.ones(len(table), dtype=bool)
    for word in words.casefold().split():
        is_fit &= text.str.contains(word, regex=False).to_numpy()
    return table.index.to_numpy()[is_fit]


def _take_row(key: str, ids: list[str]) -> None:
    selection = st.session_state[key].selection
    rows = selection.rows or [row for row, _ in selection.cells]
    if rows and rows[0] < len(ids):
        choose(ids[rows[0]], is_turned=True)
