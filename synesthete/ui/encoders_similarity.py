"""The mean similarity of each track, per encoder: the capstone's table and its histogram; and vectors to take away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from synesthete import figures, settings
from synesthete.evaluation.mean_similarity import MOST_TRACKS, mean_similarities, sample_of
from synesthete.landscape.export import projector_tsv
from synesthete.search import SearchEngine
from synesthete.ui import resources
from synesthete.ui.catalogues import Source
from synesthete.ui.text import cell, count

_COLOURS = (figures.RED, figures.BLUE, "#2E9E6B", "#B07AA1")


def show_similarity(names: Sequence[str], source: Source) -> None:
    """The table and the histogram."""
    engines = {name: resources.engine(source.path, name) for name in names}
    ids = common_ids(engines)
    if len(ids) < 2:
        st.info("These encoders have too few tracks in common to compare.")
        return
    means = {
        name: _means(f"{engine.catalogue.path} {engine.vectors_revision}", name, ids, engine)
        for name, engine in engines.items()
    }
    st.markdown(
        "How alike each track is to all others on average, as the encoder hears it. High: it sounds like much of this "
        "music; low: it stands apart. A narrow hill says that an encoder tells tracks apart little, or evenly."
    )
    n_all = min(len(engine.track_ids) for engine in engines.values())
    if len(ids) < n_all:
        st.caption(f"Of {count(n_all, 'track')} {len(ids):,} were drawn at random.")
    st.plotly_chart(histogram(means), config={"displayModeBar": False}, key="figure-means", alt=_in_words(means))
    # As the first encoder has them: those that sound most like the rest on top.
    order = np.argsort(-means[names[0]], kind="stable").tolist()
    catalogue = next(iter(engines.values())).catalogue
    tracks = catalogue.tracks([ids[row] for row in order])
    columns: dict[str, object] = {"Title": [cell(track.title) for track in tracks]}
    config = {name: st.column_config.NumberColumn(name, format="%.3f") for name in means}
    columns |= {name: values[order] for name, values in means.items()}  # before what a phone has no room for
    columns |= {"Artist": [cell(track.artist) for track in tracks], "Style": [cell(track.genre) for track in tracks]}
    st.dataframe(pd.DataFrame(columns), hide_index=True, column_config=config, key="means-table")


def common_ids(engines: Mapping[str, SearchEngine]) -> tuple[str, ...]:
    """Tracks that all have embedded; of many ``MOST_TRACKS`` drawn at random."""
    sets = [set(engine.track_ids) for engine in engines.values()]
    ids = sorted(set.intersection(*sets)) if sets else []
    return tuple(ids[row] for row in sample_of(len(ids)).tolist())


@st.cache_data(show_spinner=False, max_entries=32)
def _means(revision: str, name: str, ids: tuple[str, ...], _engine: SearchEngine) -> np.ndarray:
    """The first three arguments are the key."""
    return mean_similarities(_engine.vectors_of(ids))


def histogram(means: Mapping[str, np.ndarray]) -> go.Figure:
    """How many tracks have which mean similarity, a line for each encoder."""
    low, high = (float(bound(np.concatenate(list(means.values())))) for bound in (np.min, np.max))
    edges = np.linspace(low, max(high, low + 1e-3), 41)
    figure = go.Figure()
    for (name, values), colour in zip(means.items(), _COLOURS, strict=False):
        numbers, _ = np.histogram(values, edges)
        figure.add_scatter(
            x=(edges[:-1] + edges[1:]) / 2,
            y=numbers,
            name=name,
            mode="lines",
            fill="tozeroy",
            line={"color": colour, "shape": "hvh", "width": 2},
            opacity=0.6,
            hovertemplate="%{y} tracks near %{x:.3f}<extra>" + name + "</extra>",
        )
    figure.update_layout(
        height=300,
        margin={"l": 48, "r": 8, "t": 40, "b": 44},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(title="Mean similarity with all other tracks", fixedrange=True, showgrid=False)
    figure.update_yaxes(title="Tracks", fixedrange=True, rangemode="tozero", gridcolor="rgba(128, 132, 150, 0.25)")
    return figure


def _in_words(means: Mapping[str, np.ndarray]) -> str:
    parts = [f"{name}: from {values.min():.2f} to {values.max():.2f}" for name, values in means.items()]
    return "Mean similarity of the tracks. " + "; ".join(parts)


def offer_vectors(names: Sequence[str], source: Source) -> None:
    """The vectors of an encoder as TensorFlow's projector reads them; written only for who asks."""
    usual = names.index(settings.DEFAULT_ENCODER) if settings.DEFAULT_ENCODER in names else 0
    name = st.selectbox("Encoder", names, usual, key="projector-encoder")
    if name is None:
        return
    st.markdown(
        "Two files for [projector.tensorflow.org](https://projector.tensorflow.org): the vectors of the tracks as they "
        "are compared here, and what the tracks are called. Choose *Load* there, and both files."
    )
    if not st.button("Write the files", icon=":material/deployed_code:", key="projector-write"):
        return
    engine = resources.engine(source.path, name)
    ids = common_ids({name: engine})
    vectors, metadata = projector_tsv(engine.catalogue.tracks(ids), engine.vectors_of(ids))
    if len(engine.track_ids) > MOST_TRACKS:
        st.caption(f"{MOST_TRACKS:,} of {count(len(engine.track_ids), 'track')}, drawn at random.")
    with st.container(horizontal=True):
        for label, text in (("vectors.tsv", vectors), ("metadata.tsv", metadata)):
            st.download_button(
                label,
                text,
                file_name=f"{name}-{label}",
                mime="text/tab-separated-values",
                icon=":material/download:",
                key=f"projector-{label}",
                on_click="ignore",
            )
