"""The controls of the search, in the sidebar; the same on every page that searches."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from synesthete import encoders, settings
from synesthete.search import SearchOptions
from synesthete.search.engine import SNIPPET_SECONDS
from synesthete.ui import state

_COMPARISONS: dict[Literal["auto", "track", "passage"], str] = {
    "auto": "As suits the encoder",
    "track": "Whole tracks",
    "passage": "Best passage",
}
_ANY_LENGTH, _ANY_NUMBER = 30, 0


def choose_encoder() -> str:
    """Let the listener choose which encoder to search with."""
    names = list(encoders.available())
    return st.sidebar.selectbox(
        "How it listens",
        names,
        index=names.index(settings.DEFAULT_ENCODER),
        format_func=lambda name: name if encoders.is_ready(name) else f"{name} (not installed)",
        key=state.ENCODER,
        persist_state="session",
        help="Which encoder listens. " + " ".join(f"**{name}**: {encoders.describe(name)}" for name in names),
    )


def choose_options() -> SearchOptions:
    """Let the listener narrow the ten matches."""
    with st.sidebar.expander("Search options", icon=":material/tune:"):
        k = st.slider("How many matches", 1, 50, 10, key="option_k")
        minimum = st.slider(
            "Least similarity (cosine)",
            -1.0,
            1.0,
            -1.0,
            0.05,
            key="option_minimum",
            help="1 is the very same direction, 0 unrelated; -1 lets everything through.",
        )
        per_artist = st.number_input(
            "At most from one artist", 0, 10, _ANY_NUMBER, key="option_per_artist", help="0 sets no limit."
        )
        minutes = st.slider(
            "Leave out tracks longer than (minutes)",
            1,
            _ANY_LENGTH,
            _ANY_LENGTH,
            key="option_minutes",
            help=f"{_ANY_LENGTH} sets no limit. Leaves out long mixes.",
        )
        hide = st.toggle("Hide other versions of one recording", True, key="option_hide")
        compare = st.selectbox(
            "Compare",
            list(_COMPARISONS),
            format_func=_COMPARISONS.__getitem__,
            key="option_compare",
            help="Encoders that can tell which recording they hear compare whole tracks, snippets too. The others "
            f"compare snippets under {SNIPPET_SECONDS:.0f} seconds by their best passage, and songs as wholes.",
        )
    return SearchOptions(
        k=k,
        min_similarity=minimum,
        max_per_artist=per_artist or None,
        hide_duplicates=hide,
        max_seconds=None if minutes == _ANY_LENGTH else minutes * 60.0,
        compare=compare,
    )
