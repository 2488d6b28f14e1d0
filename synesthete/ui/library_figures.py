"""The figures of a catalogue: how much music, by whom, of which styles, years and lengths."""

from __future__ import annotations

import streamlit as st

from synesthete import figures
from synesthete.catalogue import Catalogue
from synesthete.catalogue.overview import Overview
from synesthete.ui import resources
from synesthete.ui.text import count, dotted

_CONFIG = {"displayModeBar": False, "staticPlot": True}


def in_a_line(catalogue: Catalogue) -> str:
    """Playing time, artists, albums and styles, after the number of tracks."""
    found = _figures(catalogue)
    parts = [(found.n_artists, "artist"), (found.n_albums, "album"), (found.n_styles, "style")]
    return dotted(_hours(found.seconds), *(count(n, noun) for n, noun in parts if n)) if found.n_tracks else ""


def show_figures(catalogue: Catalogue) -> None:
    """Styles, decades and lengths as small bars, and how well the music is tagged."""
    opened = st.expander("In figures", icon=":material/bar_chart:", key="figures", on_change="rerun")
    if not opened.open:
        return
    found = _figures(catalogue)
    charts = (
        ("Styles", list(found.styles)),
        ("Years", [(f"{decade}s", n) for decade, n in found.decades]),
        ("Minutes", [row for row in found.lengths if row[1]]),
    )
    with opened:
        columns = st.columns(3, gap="large")
        for column, (title, rows) in zip(columns, [chart for chart in charts if chart[1]], strict=False):
            said = ", ".join(f"{name}: {n:,}" for name, n in rows)
            column.markdown(f"**{title}**")
            column.plotly_chart(
                figures.bars_figure([name for name, _ in rows], [n for _, n in rows]),
                config=_CONFIG,
                key=f"bars-{title}",
                alt=f"Tracks by {title.lower()}. {said}",
            )
        st.caption(_how_tagged(found))


def _figures(catalogue: Catalogue) -> Overview:
    return resources.figures(catalogue.path).overview


def _how_tagged(found: Overview) -> str:
    """What the tags leave out; sound needs none of them."""
    without = {"artist": found.n_without_artist, "style": found.n_without_style, "year": found.n_without_year}
    missing = [f"{n:,} without {name}" for name, n in without.items() if n]
    said = f"Of {count(found.n_tracks, 'track')}, {', '.join(missing)}." if missing else "Every track is fully tagged."
    silent = f" {found.n_without_audio:,} came without their sound." if found.n_without_audio else ""
    return f"{said}{silent} Searching by sound needs no tags."


def _hours(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} seconds"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:,.0f} hours"
