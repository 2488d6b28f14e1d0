"""Plotly figures from plain arrays. Knows nothing of Streamlit; every figure works on light and dark ground."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from synesthete.tracks import clock

PITCH_CLASSES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
# where the chord lies on the circles of fifths, minor thirds and major thirds
TONNETZ_AXES = ("5th x", "5th y", "m3 x", "m3 y", "M3 x", "M3 y")
RED, GREEN, BLUE = "#FF6B57", "#43D17E", "#5B9BFF"
_GRID = "rgba(128, 132, 150, 0.25)"
_MAX_COLUMNS = 700  # more than a screen shows; keeps a two-minute sound's figure light
_ENLARGED, _DIMMED = 4, 0.4
_HZ_TICKS = (250, 500, 1000, 2000, 4000, 8000)
_LEFT_MARGIN = 56  # pixels; the same for every figure, so that time lines up from one to the next


def stacked_png(image: np.ndarray, height: int | None = None, width: int | None = None) -> bytes:
    """The stacked image as a PNG, low frequencies at the bottom.

    Parameters
    ----------
    image : np.ndarray [shape=(3, n_bins, n_frames)], float in [0, 1]
        Red mel, green chroma, blue tonnetz.
    height, width : int > 0 [pixels], optional
        Size of the picture; by default one pixel a bin and a frame.
    """
    pixels = (np.clip(image, 0, 1).transpose(1, 2, 0)[::-1] * 255).round().astype(np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(pixels), "RGB")
    if height or width:
        picture = picture.resize((width or picture.width, height or picture.height), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def stacked_figure(
    image: np.ndarray, seconds: float, mel_hz: np.ndarray, starts: Sequence[tuple[float, float]] = ()
) -> go.Figure:
    """The stacked image on axes of seconds and Hz.

    Parameters
    ----------
    image : np.ndarray [shape=(3, n_bins, n_frames)], float in [0, 1]
    seconds : float > 0 [s]
        What the picture spans.
    mel_hz : np.ndarray [shape=(n_bins,)], [Hz]
        Centre frequency of each mel bin, rising.
    starts : sequence of (position in the picture [s], place in the recording [s]), optional
        Where the excerpts of a long recording begin.
    """
    figure = go.Figure()
    # an invisible trace gives the picture its axes
    figure.add_scatter(x=[0, seconds], y=[0, 1], mode="markers", marker_opacity=0, hoverinfo="skip")
    source = "data:image/png;base64," + base64.b64encode(stacked_png(_fewer_columns(image))).decode()
    figure.add_layout_image(
        source=source, xref="x", yref="y", x=0, y=1, sizex=seconds, sizey=1, sizing="stretch", layer="below"
    )
    positions = (np.interp(_HZ_TICKS, mel_hz, np.arange(len(mel_hz))) + 0.5) / len(mel_hz)
    figure.update_yaxes(range=[0, 1], tickvals=positions, ticktext=[_hz_text(hz) for hz in _HZ_TICKS])
    return _finish(figure, seconds, starts, height=300, is_wide=True)


def marked_image(image: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """The stacked image, larger, with marked places outlined and everything else dimmed.

    Parameters
    ----------
    image : np.ndarray [shape=(3, n_bins, n_frames)], float in [0, 1]
    marks : np.ndarray [shape=(n_bins, n_frames)], bool

    Returns
    -------
    np.ndarray [shape=(3, _ENLARGED * n_bins, _ENLARGED * n_frames)], float in [0, 1]
    """
    large, inside = (values.repeat(_ENLARGED, axis=-1).repeat(_ENLARGED, axis=-2) for values in (image, marks))
    padded = np.pad(inside, 1)
    within = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    shown = np.where(inside, large, _DIMMED * large)
    return np.where(inside & ~within, 1.0, shown)


def mel_figure(
    mel_db: np.ndarray, seconds: float, mel_hz: np.ndarray, starts: Sequence[tuple[float, float]] = ()
) -> go.Figure:
    """The red layer: loudness [dB, 0 = loudest] in each mel band over time; ``mel_db`` [n_mels, n_frames]."""
    values = _fewer_columns(mel_db)
    rows = [f"{hz:.0f} Hz" for hz in mel_hz]
    figure = _layer(values, seconds, _ramp(RED), rows, "%{y} · %{x:.1f} s · %{z:.0f} dB")
    nearest = [int(np.abs(mel_hz - hz).argmin()) for hz in _HZ_TICKS]
    figure.update_yaxes(tickvals=[rows[band] for band in nearest], ticktext=[_hz_text(hz) for hz in _HZ_TICKS])
    return _finish(figure, seconds, starts, height=220)


def chroma_figure(chroma: np.ndarray, seconds: float, starts: Sequence[tuple[float, float]] = ()) -> go.Figure:
    """The green layer: strength in [0, 1] of each pitch class over time; ``chroma`` [12, n_frames]."""
    values = _fewer_columns(chroma)
    figure = _layer(values, seconds, _ramp(GREEN), PITCH_CLASSES, "%{y} · %{x:.1f} s · %{z:.2f}")
    figure.update_yaxes(tickvals=list(PITCH_CLASSES))
    return _finish(figure, seconds, starts, height=220)


def tonnetz_figure(tonnetz: np.ndarray, seconds: float, starts: Sequence[tuple[float, float]] = ()) -> go.Figure:
    """The blue layer: place in the tonal network, [-1, 1] on each of six axes; ``tonnetz`` [6, n_frames]."""
    values = _fewer_columns(tonnetz)
    figure = _layer(values, seconds, _ramp(BLUE), TONNETZ_AXES, "%{y} · %{x:.1f} s · %{z:.2f}", (-1.0, 1.0))
    return _finish(figure, seconds, starts, height=220)


def waveform_figure(samples: np.ndarray, seconds: float, starts: Sequence[tuple[float, float]] = ()) -> go.Figure:
    """The waveform's envelope: lowest and highest sample in each column; ``samples`` [n] in [-1, 1]."""
    n_columns = min(_MAX_COLUMNS, len(samples))
    edges = np.linspace(0, len(samples), n_columns, endpoint=False).astype(int)
    highest = np.maximum.reduceat(samples, edges)
    lowest = np.minimum.reduceat(samples, edges)
    time = (edges + len(samples) / n_columns / 2) / len(samples) * seconds
    figure = go.Figure()
    line = {"color": RED, "width": 1}
    figure.add_scatter(x=time, y=highest, mode="lines", line=line, hoverinfo="skip")
    figure.add_scatter(
        x=time,
        y=lowest,
        mode="lines",
        line=line,
        fill="tonexty",
        fillcolor="rgba(255, 107, 87, .55)",
        hoverinfo="skip",
    )
    limit = max(float(np.abs(samples).max(initial=0)), 1e-3) * 1.05
    figure.update_yaxes(range=[-limit, limit], showticklabels=False, zeroline=True, zerolinecolor=_GRID)
    return _finish(figure, seconds, starts, height=100, is_wide=True)


def _layer(
    values: np.ndarray,
    seconds: float,
    colours: list[list[float | str]],
    rows: Sequence[str],
    hover: str,
    limits: tuple[float, float] | None = None,
) -> go.Figure:
    low, high = limits or (float(values.min()), float(values.max()))
    step = seconds / values.shape[1]
    heatmap = go.Heatmap(
        z=values.round(3),
        y=rows,
        x0=step / 2,
        dx=step,
        zmin=low,
        zmax=high,
        colorscale=colours,
        showscale=False,
        hovertemplate=hover + "<extra></extra>",
    )
    return go.Figure(heatmap)


def _ramp(colour: str) -> list[list[float | str]]:
    """Near black to the layer's colour: darkness is quiet on either theme, as in the stacked image."""
    return [[0.0, "#06070C"], [1.0, colour]]


def _fewer_columns(values: np.ndarray) -> np.ndarray:
    """Average neighbouring frames (last axis) until at most ``_MAX_COLUMNS`` are left."""
    n_frames = values.shape[-1]
    if n_frames <= _MAX_COLUMNS:
        return values
    edges = np.linspace(0, n_frames, _MAX_COLUMNS, endpoint=False).astype(int)
    widths = np.diff(np.append(edges, n_frames))
    return np.add.reduceat(values, edges, axis=-1) / widths


def _finish(
    figure: go.Figure, seconds: float, starts: Sequence[tuple[float, float]], *, height: int, is_wide: bool = False
) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": _LEFT_MARGIN, "r": 8, "t": 6, "b": 26},
        showlegend=False,
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
    )
    figure.update_yaxes(showgrid=False, fixedrange=True, ticks="")
    figure.update_xaxes(range=[0, seconds], showgrid=False, fixedrange=True, ticksuffix=" s")
    if len(starts) > 1:
        figure.update_xaxes(
            tickvals=[place for place, _ in starts],
            ticktext=[clock(start) for _, start in starts],
            ticksuffix="",
        )
        for place, _ in starts[1:]:
            figure.add_vline(x=place, line_width=1, line_color="rgba(255, 255, 255, .6)")
    return figure


def _hz_text(hz: float) -> str:
    return f"{hz / 1000:g} kHz" if hz >= 1000 and hz % 1000 == 0 else f"{hz:.0f} Hz"
