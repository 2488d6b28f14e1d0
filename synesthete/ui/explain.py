"""Why two sounds match: in a sentence, in both pictures, in shares, and second against second."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st

from synesthete import figures
from synesthete.search import SearchEngine
from synesthete.spectrogram import mel_frequencies
from synesthete.text import shorten
from synesthete.tracks import Match, clock
from synesthete.ui import media, player
from synesthete.ui.player import Row
from synesthete.ui.text import plain

if TYPE_CHECKING:
    from synesthete.explain import Explanation, Query

_MINUS = "\u2212"
_NEIGHBOURS = "the tracks nearest to both, which are alike too"
_LEAST_SHOWN = 0.005  # of a cosine
_mount = player.component("alignment", '<div class="alignment"></div>', "alignment")


@dataclass(frozen=True)
class Asked:
    """The sound whose matches are explained, as the page knows it.

    Attributes
    ----------
    query : Query
    key : str
        Tells it from other sounds, and its passages from each other.
    row : Row
        What is played, and what it is called.
    """

    query: Query
    key: str
    row: Row


def open_why(
    engine: SearchEngine, asked: Asked, match: Match, on_close: Callable[[], None] | Literal["ignore"] = "ignore"
) -> None:
    """The explanation of a match, in a window over the page; ``on_close`` is called when it is closed."""
    st.dialog("Why do these match?", width="large", on_dismiss=on_close)(show_why)(engine, asked, match)


def show_why(engine: SearchEngine, asked: Asked, match: Match) -> None:
    """The explanation of a match; computed now, and kept."""
    with st.spinner("Looking for what they share …"):
        found = _explained(
            f"{engine.catalogue.path} {engine.vectors_revision}", engine.encoder.fingerprint, asked.key,
            match.track.track_id, round(match.cosine, 6), engine, asked.query, match,
        )  # fmt: skip
    names = shorten(asked.row.title, 60), shorten(match.track.title, 60)
    st.markdown(f"**{plain(found.sentence, 300)}**")
    _show_places(found, engine, asked, match, names)
    _show_shares(found)
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


def _show_places(found: Explanation, engine: SearchEngine, asked: Asked, match: Match, names: tuple[str, str]) -> None:
    """Both pictures with their marks, and second against second: one component, as both play."""
    alignment = found.alignment
    rows = asked.row, player.track_row(match.track, engine.catalogue)
    starts = alignment.query_seconds, alignment.match_seconds
    places = [(name, player.line_of(row, f"why-{name}")["url"]) for name, row in zip(names, rows, strict=True)]
    cosines = ((alignment.cosines + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
    data: dict[str, Any] = {
        "cosines": base64.b64encode(cosines.tobytes()).decode(),
        "path": [list(pair) for pair in alignment.path],
        "best": list(alignment.best),
        "seconds": alignment.segment_seconds,
        "alt": f"How alike each moment of {names[0]} is to each moment of {names[1]}.",
        "sides": [
            {"name": name, "url": url, "starts": begins.round(2).tolist()}
            for (name, url), begins in zip(places, starts, strict=True)
        ],
        "pictures": _pictures(found, names),
        "ticks": [list(tick) for tick in figures.hz_ticks(mel_frequencies())],
        "told": _deletion(found),
        "figures": _deletion_in_figures(found),
        "hint": "Lighter is more alike. The white line is how they go along together. Click to play both from there.",
    }
    _mount(data=data, key=f"why-{asked.key}-{match.track.track_id}")


def _pictures(found: Explanation, names: Sequence[str]) -> list[dict[str, Any]]:
    made = []
    for side, (seen, name) in enumerate(zip(found.seen, names, strict=False)):
        image, what = seen.image, "Stacked picture"
        if found.attribution is not None:
            image = figures.marked_image(image, found.attribution.marks[side])
            what = "Stacked picture, the places marked that carry the likeness"
        place = f"{clock(seen.start_seconds)} to {clock(seen.start_seconds + seen.seconds)}"
        address = media.address_of(figures.sound_png(image), f"why-picture-{side}", "image/png")
        made.append({"src": address, "alt": f"{what}: {name}, {place}", "name": name, "place": place})
    return made


def _deletion(found: Explanation) -> str:
    """What the marked places are; empty where none are marked."""
    if found.attribution is None:
        return ""
    return "The outlined tenth of each picture carries the most."


def _deletion_in_figures(found: Explanation) -> str:
    """What painting over the marked places takes, in figures."""
    if found.attribution is None:
        return ""
    values = found.attribution.cosine, found.attribution.without_marks, found.attribution.without_others
    whole, marked, others = (f"{value:.2f}".replace("-", _MINUS) for value in values)
    return (
        f"With it painted over, the cosine of the two pictures falls from {whole} to {marked}; "
        f"with as much painted over elsewhere, to {others}."
    )


def _show_shares(found: Explanation) -> None:
    from synesthete.explain.sentence import LAYER_WORDS, heard

    at_passage = {}
    if found.attribution is not None:
        at_passage = {LAYER_WORDS[name]: amount for name, amount in found.attribution.layers.items()}
    overall = {heard(part.name): part.amount for part in found.parts}
    alone = {heard(part.name): f"{part.cosine:.2f}".replace("-", _MINUS) for part in found.parts}
    both = {"At this passage, alike by": at_passage, "Overall, alike by": overall}
    shown = [(title, amounts) for title, amounts in both.items() if amounts]
    for column, (title, amounts) in zip(st.columns(max(len(shown), 1), gap="large"), shown, strict=False):
        with column:
            st.markdown(f"**{title}**", help=_each_alone(alone) if amounts is overall and alone else None)
            ranked = sorted(amounts.items(), key=lambda pair: -pair[1])
            if amounts is overall and abs(found.by_neighbours) > _LEAST_SHOWN:
                ranked.append((_NEIGHBOURS, found.by_neighbours))
            total = sum(amount for _, amount in ranked)
            for name, amount in ranked:
                share = amount / total if total > 0 else 0.0
                st.progress(float(np.clip(share, 0, 1)), text=f"{name.capitalize()} · {_percent(share)}")


def _each_alone(cosines: dict[str, str]) -> str:
    said = "; ".join(f"{name} {cosine}" for name, cosine in cosines.items())
    return f"How alike the two are in each by itself, at most 1: {said}."


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("-", _MINUS)
