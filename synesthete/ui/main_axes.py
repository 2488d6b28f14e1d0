"""The Encoders page's picture of the statistics' main axes: tracks by style along two, and what they are made of."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.errors import EncoderError
from synesthete.evaluation.principal import Axes, axes_of_catalogue
from synesthete.ui.text import cell, plain

_MOST_STYLES = 8  # with a colour and a mark of their own
_HEIGHT = 520  # pixels
_MARKS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star", "hexagon", "circle-open")


def offer_main_axes(catalogue: Catalogue) -> None:
    """A fold with the picture; it is computed for whoever opens it."""
    fold = st.expander("Along what this music differs most", on_change="rerun", key="main-axes")
    if not fold.open:
        return
    with fold:
        try:
            axes = _axes(str(catalogue.path), catalogue.n_changes(), catalogue)
        except EncoderError as error:
            st.caption(plain(str(error), 400))
            return
        show_main_axes(catalogue, axes)


@st.cache_data(show_spinner="Looking for the main axes …", max_entries=8)
def _axes(path: str, n_changes: int, _catalogue: Catalogue) -> Axes:
    return axes_of_catalogue(_catalogue)


def show_main_axes(catalogue: Catalogue, axes: Axes) -> None:
    """The tracks along the first two axes, marked by style; beneath, each axis in words and numbers."""
    st.caption(
        "The summary figures of the statistics encoder, turned so that the first axis is the one along which the "
        "tracks of this catalogue differ most (principal component analysis)."
    )
    names = [f"{axes.name(number)} ({share:.0%})" for number, share in enumerate(axes.explained)]
    alt = f"Tracks along two axes: {names[0]}, and {names[1]}. The table below says what each is made of."
    st.plotly_chart(_figure(catalogue, axes, names), key="main-axes-chart", alt=alt)
    rows = {f"Axis {number + 1}": axes.loadings[number].round(2).tolist() for number in range(len(names))}
    st.dataframe({"Figure": list(axes.figures), **rows}, hide_index=True)
    st.caption("How each figure goes with each axis: 1 always, 0 not at all, -1 against it.")


def _figure(catalogue: Catalogue, axes: Axes, names: list[str]) -> go.Figure:
    tracks = catalogue.tracks(axes.ids)
    styles = [track.genre or "no style given" for track in tracks]
    common = sorted(set(styles), key=lambda style: (-styles.count(style), style))[:_MOST_STYLES]
    figure = go.Figure()
    for number, style in enumerate([*common, "others"]):
        at = [place for place, own in enumerate(styles) if (own if own in common else "others") == style]
        if at:
            figure.add_scatter(
                x=axes.scores[at, 0],
                y=axes.scores[at, 1],
                mode="markers",
                name=cell(style),
                text=[cell(tracks[place].label) for place in at],
                hoverinfo="text",
                marker={"symbol": _MARKS[number], "size": 8},
            )
    figure.update_layout(
        height=_HEIGHT,
        xaxis_title=names[0],
        yaxis_title=names[1],
        margin={"t": 10, "r": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},  # a phone has no room beside
    )
    return figure
