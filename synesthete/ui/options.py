"""The controls of the search, in the sidebar; the same on every page that searches."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from synesthete import encoders, settings
from synesthete.search import SearchOptions, TrackFilter
from synesthete.search.engine import SNIPPET_SECONDS
from synesthete.ui import address, resources, state
from synesthete.ui.catalogues import Source
from synesthete.ui.text import count

_COMPARISONS: dict[Literal["auto", "track", "passage"], str] = {
    "auto": "As suits the encoder",
    "track": "Whole tracks",
    "passage": "Best passage",
}
_ANY_LENGTH: int = address.DEFAULTS[state.OPTION_MINUTES]


def choose_encoder(source: Source) -> str:
    """Let the listener choose which encoder to search with, among those that have listened to this catalogue.

    The built-in catalogue offers every encoder: the page itself can have it analysed.
    """
    n_tracks = {entry.name: entry.n_tracks for entry in resources.encoders_of(source.path)}
    names = [name for name in encoders.available() if source.is_built_in or name in n_tracks]
    names = names or [settings.DEFAULT_ENCODER]
    default = settings.DEFAULT_ENCODER if settings.DEFAULT_ENCODER in names else max(names, key=n_tracks.__getitem__)
    key = state.encoder_key(source.name)
    if st.session_state.get(key, default) not in names:  # an address may name one that has not listened to this music
        st.session_state.pop(key)
    chosen = st.sidebar.selectbox(
        "How it listens",
        names,
        index=names.index(default),
        format_func=lambda name: name if encoders.is_ready(name) else f"{name} (not installed)",
        key=key,
        persist_state="session",
        help="Which encoder listens. " + " ".join(f"**{name}**: {encoders.describe(name)}" for name in names),
    )
    if not source.is_built_in:
        _say_what_is_missing(source, chosen, default, n_tracks)
    return chosen


def _say_what_is_missing(source: Source, chosen: str, default: str, n_tracks: dict[str, int]) -> None:
    n_all = len(resources.catalogue(source.path))
    if 0 < n_tracks.get(chosen, 0) < n_all:
        st.sidebar.caption(f"It has listened to {n_tracks[chosen]:,} of {count(n_all, 'track')} so far.")
    if default != settings.DEFAULT_ENCODER:
        st.sidebar.caption(
            f"{settings.DEFAULT_ENCODER}, the default, has not listened to this music yet. This has it do so:"
        )
        command = source.index_command("--encoder", settings.DEFAULT_ENCODER)
        st.sidebar.code(command, language=None, wrap_lines=True)


def choose_options() -> SearchOptions:
    """Let the listener narrow the ten matches; the address holds what is chosen."""
    with st.sidebar.expander("Search options", icon=":material/tune:"):
        k = st.slider("How many matches", 1, 50, **_kept(state.OPTION_K))
        minimum = st.select_slider(
            "How alike at least",
            address.LIKENESSES,
            format_func=_likeness,
            help="0 % lets everything through, 100 % only the very same. In the details of a match .35 is 35 %.",
            **_kept(state.OPTION_MINIMUM),
        )
        per_artist = st.number_input(
            "At most from one artist", 0, 10, help="0 sets no limit.", **_kept(state.OPTION_PER_ARTIST)
        )
        only = st.text_input(
            "Only among",
            placeholder="jazz, an artist, a style …",
            max_chars=200,
            help="Looks only among tracks that fit these words, heard or written: female vocals, 80s; an artist, an "
            "album or a style. As in the Library's search.",
            **_kept(state.OPTION_ONLY),
        ).strip()
        minutes = st.slider(
            "Leave out tracks longer than (minutes)",
            1,
            _ANY_LENGTH,
            help=f"{_ANY_LENGTH} sets no limit. Leaves out long mixes.",
            **_kept(state.OPTION_MINUTES),
        )
        hide = st.toggle("Hide other versions of one recording", **_kept(state.OPTION_HIDE))
        compare = st.selectbox(
            "Compare",
            list(_COMPARISONS),
            format_func=_COMPARISONS.__getitem__,
            key=state.OPTION_COMPARE,
            persist_state="session",
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
        only=TrackFilter(text=only),
    )


def _likeness(cosine: float) -> str:
    return f"{max(cosine, 0):.0%}".replace("%", " %")


def _kept(key: str) -> dict[str, Any]:
    """What a widget is given so that its value outlives its page."""
    return {"value": address.DEFAULTS[key], "key": key, "persist_state": "session"}
