"""Why two sounds match: in a sentence, in both pictures, in shares, and second against second."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from synesthete import figures
from synesthete.search import SearchEngine
from synesthete.spectrogram import mel_frequencies
from synesthete.text import shorten
from synesthete.tracks import Match, clock
from synesthete.ui.player import _url as source_address
from synesthete.ui.text import plain

if TYPE_CHECKING:
    from synesthete.explain import Explanation, Query, Seen

_ASSETS = Path(__file__).parent / "assets"
_MINUS = "\u2212"
_mount = st.components.v2.component(
    "synesthete_alignment",
    html='<div class="alignment"></div>',
    css=(_ASSETS / "alignment.css").read_text(encoding="utf-8"),
    js=(_ASSETS / "alignment.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Asked:
    """The sound whose matches are explained, as the page knows it.

    Attributes
    ----------
    query : Query
    key : str
        Tells it from other sounds.
    name : str
        Shown as it is.
    source : Path, bytes or None
        What is played; None for what cannot be.
    """

    query: Query
    key: str
    name: str
    source: Path | bytes | None = None


@st.dialog("Why do these match?", width="large")
def open_why(engine: SearchEngine, asked: Asked, match: Match) -> None:
    """The explanation of a match, in a window over the page."""
    show_why(engine, asked, match)


def show_why(engine: SearchEngine, asked: Asked, match: Match) -> None:
    """The explanation of a match; computed now, and kept."""
    with st.spinner("Looking for what they share …"):
        found = _explained(
            engine.vectors_revision, engine.encoder.fingerprint, asked.key, match.track.track_id,
            round(match.cosine, 6), engine, asked.query, match,
        )  # fmt: skip
    names = (shorten(asked.name, 60), shorten(match.track.title, 60))
    st.markdown(f"**{plain(names[0])}** and **{plain(names[1])}**")
    st.markdown(f"#### {plain(found.sentence, 300)}")
    if found.seen:
        _show_pictures(found, names)
    _show_shares(found)
    _show_alignment(found, engine, asked, match, names)
    for note in found.notes:
        st.caption(f":material/info: {plain(note, 300)}")


@st.cache_data(show_spinner=False, max_entries=64)
def _explained(
    revision: str, fingerprint: str, asked: str, track_id: str, cosine: float, _engine: SearchEngine, _query: Query,
    _match: Match,
) -> Explanation:  # fmt: skip
    """The first five arguments are the key."""
    from synesthete.explain import explain_match  # torch comes with it, which no page needs before

    return explain_match(_engine, _query, _match)


def _show_pictures(found: Explanation, names: Sequence[str]) -> None:
    marks = found.attribution.marks if found.attribution else (None, None)
    for column, seen, mask, name in zip(st.columns(2), found.seen, marks, names, strict=True):
        with column:
            end = seen.start_seconds + seen.seconds
            st.markdown(f"**{plain(name)}**  \n{clock(seen.start_seconds)} to {clock(end)}")
            _show_picture(seen, mask, name)
    if found.attribution is None:
        st.caption("Red is loudness by pitch height, green the pitch classes, blue the harmony's place.")
        return
    whole, marked, others = (
        f"{value:.2f}".replace("-", _MINUS)
        for value in (found.attribution.cosine, found.attribution.without_marks, found.attribution.without_others)
    )
    st.caption(
        "The bright, outlined tenth of each picture carries the most of the likeness. With it painted over, the cosine "
        f"of the two pictures falls from {whole} to {marked}; with as much painted over elsewhere, to {others}."
    )


def _show_picture(seen: Seen, marks: np.ndarray | None, name: str) -> None:
    image = seen.image if marks is None else figures.marked_image(seen.image, marks)
    figure = figures.stacked_figure(image, seen.seconds, mel_frequencies())
    seconds = np.arange(np.ceil(seen.start_seconds), seen.start_seconds + seen.seconds)
    ticks = [clock(second) for second in seconds]
    figure.update_xaxes(tickvals=seconds - seen.start_seconds, ticktext=ticks, ticksuffix="")
    figure.update_layout(height=230)
    what = (
        "Stacked spectrogram" if marks is None else "Stacked spectrogram with the places marked that carry the likeness"
    )
    place = f"{clock(seen.start_seconds)} to {clock(seen.start_seconds + seen.seconds)}"
    st.plotly_chart(
        figure,
        config={"displayModeBar": False},
        key=f"why-picture-{name}-{seen.start_seconds}",
        alt=f"{what}: {name}, {place}",
    )


def _show_shares(found: Explanation) -> None:
    from synesthete.explain.sentence import LAYER_WORDS, heard

    at_passage = {}
    if found.attribution is not None:
        amounts = found.attribution.layers
        at_passage = {LAYER_WORDS[name]: amount for name, amount in amounts.items()}
    overall = {heard(part.name): part.amount for part in found.parts}
    if overall and found.by_neighbours:
        overall["the tracks nearest to both"] = found.by_neighbours
    shown = [
        (title, amounts)
        for title, amounts in (("At this passage", at_passage), ("In all that was compared", overall))
        if amounts
    ]
    if not shown:
        return
    for column, (title, amounts) in zip(st.columns(len(shown)), shown, strict=True):
        with column:
            st.markdown(f"**{title}, alike by**")
            total = sum(amounts.values())
            for name, amount in sorted(amounts.items(), key=lambda pair: -pair[1]):
                share = amount / total if total > 0 else 0.0
                st.progress(float(np.clip(share, 0, 1)), text=f"{name.capitalize()} · {_percent(share)}")


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("-", _MINUS)


def _show_alignment(found: Explanation, engine: SearchEngine, asked: Asked, match: Match, names: Sequence[str]) -> None:
    alignment = found.alignment
    sources = (asked.source, engine.catalogue.locate(match.track))
    starts = (alignment.query_seconds, alignment.match_seconds)
    st.markdown("**Second against second**")
    data: dict[str, Any] = {
        "cosines": base64.b64encode(
            ((alignment.cosines + 1) * 127.5).round().clip(0, 255).astype(np.uint8).tobytes()
        ).decode(),
        "path": [list(pair) for pair in alignment.path],
        "best": list(alignment.best),
        "alt": f"How alike each moment of {names[0]} is to each moment of {names[1]}.",
        "sides": [
            {"name": name, "url": source_address(source, f"why-{number}"), "starts": begins.round(2).tolist()}
            for number, (name, source, begins) in enumerate(zip(names, sources, starts, strict=True))
        ],
    }
    _mount(data=data, key=f"why-alignment-{match.track.track_id}")
    st.caption(
        "Lighter is more alike; the white line is how they go along together, the ring the passage above. Click a "
        "place to play both from there, side by side, and switch with A and B."
    )
