"""Pictures of sound from plain arrays, as PNG, and where the ticks of their axes lie."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from scipy.ndimage import binary_erosion

from synesthete.text import printable, shorten

PITCH_CLASSES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
RED, GREEN, BLUE = "#FF6B57", "#43D17E", "#5B9BFF"
_DARK = "#06070C"
_MAX_COLUMNS = 1200  # more than a screen shows; keeps a long sound's picture light
_ENLARGED, _DIMMED = 4, 0.4
_OUTLINE = (7, 3)  # rows and columns: pages show it wider than high
_HZ_TICKS = (500, 1000, 2000, 4000, 8000)


def stacked_png(image: np.ndarray, height: int | None = None, width: int | None = None) -> bytes:
    """The stacked image as a PNG, low frequencies at the bottom.

    Parameters
    ----------
    image : np.ndarray [shape=(3, n_bins, n_frames)], float in [0, 1]
        Red mel, green chroma, blue tonnetz.
    height, width : int > 0 [pixels], optional
        Size of the picture; by default one pixel a bin and a frame.
    """
    n_bins, n_frames = image.shape[1:]
    pixels = (np.clip(image, 0, 1).transpose(1, 2, 0)[::-1] * 255).round().astype(np.uint8)
    return _png(pixels, (width or n_frames, height or n_bins) if height or width else None)


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
    within = binary_erosion(inside, np.ones(_OUTLINE))
    shown = np.where(inside, large, _DIMMED * large)
    return np.where(inside & ~within, 1.0, shown)


def bars_figure(names: Sequence[str], counts: Sequence[int]) -> go.Figure:
    """Small horizontal bars, each with its name before it and its count behind it.

    Parameters
    ----------
    names : sequence of str
        Strangers' words among them: shown as letters.
    counts : sequence of int >= 0
        As many, in order from the top.
    """
    labels = [shorten(re.sub("[<>&]", " ", printable(name)), 22) for name in names]
    rows = list(range(len(labels)))
    figure = go.Figure()
    figure.add_bar(
        x=list(counts), y=rows, orientation="h", marker_color=BLUE, width=0.55, text=[f"{n:,}" for n in counts],
        textposition="outside", cliponaxis=False, hoverinfo="skip",
    )  # fmt: skip
    figure.update_yaxes(tickvals=rows, ticktext=labels, autorange="reversed", showgrid=False, fixedrange=True)
    figure.update_xaxes(visible=False, range=[0, 1.25 * max([*counts, 1])], fixedrange=True)
    figure.update_layout(
        height=26 * len(labels) + 12, margin={"l": 0, "r": 8, "t": 4, "b": 8}, showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
    return figure


def sound_png(image: np.ndarray) -> bytes:
    """The stacked image with no more columns than a screen shows."""
    return stacked_png(_fewer_columns(image))


def layer_png(values: np.ndarray, colour: str, limits: tuple[float, float]) -> bytes:
    """One layer of it as a PNG: near black at the lower limit, ``colour`` at the upper; ``values`` [n_rows, n_frames].

    Darkness is quiet on either theme, as in the stacked image.
    """
    low, high = limits
    share = np.clip((_fewer_columns(values) - low) / max(high - low, 1e-9), 0, 1)[..., None]
    dark, light = (np.array([int(code[at : at + 2], 16) for at in (1, 3, 5)]) for code in (_DARK, colour))
    return _png((dark + share * (light - dark)).astype(np.uint8)[::-1])


def hz_ticks(mel_hz: np.ndarray) -> list[tuple[str, float]]:
    """Where in a picture of mel bands, in [0, 1] from the bottom, some frequencies lie.

    Parameters
    ----------
    mel_hz : np.ndarray [shape=(n_bins,)], [Hz]
        Centre frequency of each mel bin, rising.
    """
    positions = (np.interp(_HZ_TICKS, mel_hz, np.arange(len(mel_hz))) + 0.5) / len(mel_hz)
    return [(_hz_text(hz), float(position)) for hz, position in zip(_HZ_TICKS, positions, strict=True)]


def waveform_heights(samples: np.ndarray, n_columns: int = 300) -> list[int]:
    """The waveform's envelope: the highest absolute sample in each column, in percent of the loudest."""
    n_columns = min(n_columns, len(samples))
    edges = np.linspace(0, len(samples), n_columns, endpoint=False).astype(int)
    highest = np.maximum(np.maximum.reduceat(samples, edges), -np.minimum.reduceat(samples, edges))
    return [round(float(height)) for height in 100 * highest / max(float(highest.max(initial=0)), 1e-3)]


def _fewer_columns(values: np.ndarray) -> np.ndarray:
    """Average neighbouring frames (last axis) until at most ``_MAX_COLUMNS`` are left."""
    n_frames = values.shape[-1]
    if n_frames <= _MAX_COLUMNS:
        return values
    edges = np.linspace(0, n_frames, _MAX_COLUMNS, endpoint=False).astype(int)
    widths = np.diff(np.append(edges, n_frames))
    return np.add.reduceat(values, edges, axis=-1) / widths


def _png(pixels: np.ndarray, size: tuple[int, int] | None = None) -> bytes:
    picture = Image.fromarray(np.ascontiguousarray(pixels), "RGB")
    if size:
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _hz_text(hz: float) -> str:
    return f"{hz / 1000:g} kHz" if hz >= 1000 and hz % 1000 == 0 else f"{hz:.0f} Hz"
