"""What an encoder that learned genres takes for what: its confusion matrix as a picture, and in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from synesthete.ui.text import count, plain

_MOST_NAMED = 3  # confusions in the sentence
_FEW, _ALL = "#CFE0F3", "#0F62B4"  # opaque: the numbers on them are readable in either theme
_SIDE = 440  # pixels


def offer_confusion(name: str, genres: Sequence[str], counts: np.ndarray) -> None:
    """A fold with the matrix, for whoever opens it.

    Parameters
    ----------
    name : str
        Of the encoder.
    genres : sequence of str
    counts : np.ndarray [shape=(n_genres, n_genres)], int
        Recordings by what they are (rows) and what they were called (columns).
    """
    fold = st.expander("Which genres it takes for which", on_change="rerun", key=f"confusion-{name}")
    if not fold.open:
        return
    with fold:
        said = in_words(genres, counts)
        st.markdown(plain(said, 600))
        st.plotly_chart(
            confusion_figure(genres, counts), config={"displayModeBar": False}, key=f"confusion-figure-{name}", alt=said
        )
        st.caption("Each row is a genre: the deeper the blue, the larger the share. On the diagonal: named rightly.")


def in_words(genres: Sequence[str], counts: np.ndarray) -> str:
    """How many were named rightly, what naming all alike would reach, and confusions that happened more than once."""
    n_all, n_right, n_commonest = int(counts.sum()), int(counts.trace()), int(counts.sum(axis=1).max(initial=0))
    said = (
        f"Of {count(n_all, 'recording')} by artists it never heard it named the genre of {n_right} "
        f"({n_right / max(n_all, 1):.0%}); calling all of them by the commonest would be right for {n_commonest}."
    )
    wrong = counts - np.diag(counts.diagonal())
    most = [divmod(int(at), len(genres)) for at in np.argsort(-wrong, axis=None, kind="stable")[:_MOST_NAMED]]
    often = [(row, column) for row, column in most if wrong[row, column] > 1]
    named = [f"{genres[row]} for {genres[column]} ({wrong[row, column]})" for row, column in often]
    return f"{said} Taken most often: {', '.join(named)}." if named else said


def confusion_figure(genres: Sequence[str], counts: np.ndarray) -> go.Figure:
    """The matrix: in each field how many, its colour the share of its row; fields of none are empty."""
    shares = np.where(counts > 0, counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), np.nan)
    text = [[str(number or "") for number in row] for row in counts.tolist()]
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=list(genres), y=list(genres), text=text, texttemplate="%{text}", xgap=1, ygap=1,
            zmin=0, zmax=1, colorscale=[[0, _FEW], [1, _ALL]], showscale=False,
            hovertemplate="%{y}, called %{x}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        height=_SIDE, margin={"l": 4, "r": 4, "t": 4, "b": 4}, dragmode=False,
        plot_bgcolor="rgba(0,0,0,0)", paper_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
    figure.update_xaxes(title="Called", fixedrange=True, showgrid=False, tickangle=-90, automargin=True, dtick=1)
    figure.update_yaxes(fixedrange=True, showgrid=False, autorange="reversed", automargin=True, dtick=1)
    return figure
