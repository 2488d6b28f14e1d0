"""The catalogue as a table: find, play, search from."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.tracks import Track, clock
from synesthete.ui import sound_input
from synesthete.ui.player import play_track
from synesthete.ui.text import badges, count, plain
from synesthete.ui.track_lists import MOST_ROWS, say_nothing_fits, table_height, table_of

_MOST_WORDS = 20  # to choose among; all can be typed


def choose_words(catalogue: Catalogue) -> list[str]:
    """Let the listener choose among the words that the tagger heard; none where it has not been asked."""
    counts = _word_counts(str(catalogue.path), catalogue.n_changes(), catalogue)
    if not counts:
        st.caption(
            ":material/sell: This catalogue knows no words yet, only what stands in the tags. Words come with the next "
            "`synesthete index FOLDER`, which asks an encoder that gives them, such as the default one."
        )
        return []
    return st.pills(
        "Words heard",
        list(counts)[:_MOST_WORDS],
        selection_mode="multi",
        format_func=lambda word: f"{plain(word)} · {counts[word]:,}",
        key="library_heard",
        help="What a tagger called each track by its sound, and how many tracks stand out by it. It knows a few dozen "
        "words only, and errs: piano alone it calls jazz. Tracks that have all chosen words are shown, the likeliest "
        "first. Type further words above.",
    )


@st.cache_data(show_spinner=False, max_entries=8)
def _word_counts(path: str, n_changes: int, _catalogue: Catalogue) -> dict[str, int]:
    return _catalogue.word_counts()


def show_tracks(catalogue: Catalogue, text: str, words: Sequence[str]) -> tuple[Track, ...]:
    """Show the tracks that fit, and return them; the chosen row can be played and searched from."""
    tracks = catalogue.find(text, MOST_ROWS, words)
    if tracks:
        n_fitting = len(tracks) if len(tracks) < MOST_ROWS else catalogue.n_fitting(text, words)
        _show_table(catalogue, tracks, n_fitting, f"library-{text}-{'-'.join(words)}")
    elif not text and not words:
        st.info("This catalogue holds no tracks yet.", icon=":material/library_music:")
    else:
        asked = dict.fromkeys([*text.split(), *words])
        say_nothing_fits(" ".join(asked), _each_alone(catalogue, text))
    return tracks


def _each_alone(catalogue: Catalogue, text: str) -> str:
    """What each part of a search finds; empty for a single part."""
    parts = catalogue.n_by_term(text)
    if len(parts) < 2:
        return ""
    said = [f"**{plain(term.text, 40)}** {count(n, 'track') if n else 'none'}" for term, n in parts]
    unheard = [plain(term.text, 40) for term, n in parts if not n and not term.word]
    hint = f" {unheard[0]} is written nowhere, and is not among the words heard." if unheard else ""
    return f"Alone: {', '.join(said)}.{hint}"


def _show_table(catalogue: Catalogue, tracks: tuple[Track, ...], n_fitting: int, key: str) -> None:
    cut = f", the first {len(tracks):,} of them here" if n_fitting > len(tracks) else ""
    st.caption(f"{count(n_fitting, 'track')}{cut}. Choose a row to play it.")
    heard = catalogue.words_of([track.track_id for track in tracks])
    table = table_of(tracks).assign(Length=[clock(track.seconds) for track in tracks])
    if heard:  # the last column: it may be long
        table = table.assign(Words=[", ".join(heard.get(track.track_id, ())) for track in tracks])
    chosen = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        height=table_height(len(tracks), 520),
    )
    rows = chosen.selection.rows if chosen else []
    if rows and rows[0] < len(tracks):
        track = tracks[rows[0]]
        _show_track(catalogue, track, heard.get(track.track_id, ()))


def _show_track(catalogue: Catalogue, track: Track, words: Sequence[str]) -> None:
    with st.container(border=True):
        names, sound, again = st.columns([3, 4, 2], vertical_alignment="center")
        names.markdown(f"**{plain(track.title)}**  \n{plain(track.artist)}")
        if words:
            names.markdown(badges(words))
        with sound:
            play_track(track, catalogue)
        if again.button("More like this", icon=":material/hearing:", width="stretch"):
            sound_input.search_from(track)


def show_failures(catalogue: Catalogue) -> None:
    """Files that could not be read, with the reason; nothing is skipped in silence."""
    failures = catalogue.failures()
    if not failures:
        return
    with st.expander(f"{count(len(failures), 'file')} could not be read", icon=":material/report:"):
        st.caption("A file is tried again when it changes, or with `synesthete index FOLDER --retry`.")
        shown = failures[:MOST_ROWS]
        st.dataframe(
            pd.DataFrame({"File": [row.path for row in shown], "Why": [row.reason for row in shown]}),
            hide_index=True,
            column_config={"Why": st.column_config.TextColumn(width="large")},
        )


def show_provenance(catalogue: Catalogue) -> None:
    """Where the catalogue came from and which encoders have analysed it."""
    with st.expander("About this catalogue", icon=":material/info:"):
        for key, value in catalogue.provenance().items():
            st.markdown(f"**{plain(key.capitalize())}**: {plain(value, 300)}")
        for entry in catalogue.encoders():
            st.markdown(f"Analysed by **{plain(entry.name)}** {plain(entry.version)}: {count(entry.n_tracks, 'track')}")
