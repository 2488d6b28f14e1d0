"""The 3-D map as a Streamlit component, and what it is told. :func:`show` is its only way in.

Streamlit's own Plotly chart reports no clicks in 3-D. The component draws with the plotly.js that ships inside
the plotly package, which this server hands out itself: nothing is fetched from elsewhere, nothing is copied.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import plotly
import streamlit as st
import streamlit.components.v1 as file_server

from synesthete.tracks import Track

KEY, NAMES_KEY = "landscape_map", "landscape_map_names"
NOBODY = -1
LIKENESS = "Likeness"
_LIKENESS_STEPS = 32767  # of a cosine
_MOST_NAMES = 40  # that the browser may ask for at once
_MOST_GROUPS = 30  # in one legend; smaller ones are taken together
_ASSETS = Path(__file__).parent / "assets" / "map3d"
_CODE = "".join(
    (_ASSETS / f"{part}.js").read_text(encoding="utf-8")
    for part in ("data", "palette", "camera", "legend", "labels", "saved", "pointer", "scene")
)
_HTML = """
<div class="sy-map">
  <div class="sy-stage" tabindex="0" role="application" aria-label="Map of all tracks">
    <div class="sy-plot"></div>
    <div class="sy-wait">Drawing the map …</div>
    <div class="sy-names" aria-hidden="true"></div>
    <div class="sy-label" hidden>You are here</div>
    <div class="sy-ring" hidden></div>
    <div class="sy-tip" role="status" aria-live="polite" hidden></div>
    <div class="sy-tools"></div>
  </div>
  <div class="sy-legend" role="group" aria-label="Legend"></div>
</div>
"""
# plotly.js writes its styles into the page's head, so the component is not put into a shadow root
_mount = st.components.v2.component(
    "synesthete.map3d",
    html=_HTML,
    css=(_ASSETS / "style.css").read_text(encoding="utf-8"),
    js=_CODE,
    isolate_styles=False,
)
_mount_names = st.components.v2.component("synesthete.map3d_names", js=_CODE, isolate_styles=False)
_mount_points = st.components.v2.component("synesthete.map3d_points", js=_CODE, isolate_styles=False)


@dataclass(frozen=True)
class Here:
    """The sound asked about, on the map.

    Attributes
    ----------
    key, name : str
        Which sound it is; what to call it.
    place : np.ndarray [shape=(3,)], float32
    matches : sequence of int
        Rows of the tracks most alike, the first the most.
    """

    key: str
    name: str
    place: np.ndarray
    matches: Sequence[int]


@dataclass(frozen=True)
class More:
    """Tracks on the map beside those packed: their places [n, 3] and names."""

    coordinates: np.ndarray
    titles: Sequence[str]
    artists: Sequence[str]


def pack_points(
    map_id: str,
    coordinates: np.ndarray,
    titles: Sequence[str],
    artists: Sequence[str],
    colourings: Mapping[str, Sequence[str]],
) -> bytes:
    """What of a map stays the same from run to run, as the browser reads it.

    Parameters
    ----------
    map_id : str
        Names this content; other content has another name.
    coordinates : np.ndarray [shape=(n, 3)], float
    titles, artists : sequence of str [n]
        Shown as they are, as text.
    colourings : mapping of str to sequence of str [n]
        What points may be coloured by, and each point's group.
    """
    places = {"xyz": _base64(np.ascontiguousarray(coordinates, dtype="<f4"))}
    return _packed(map_id, places | {"titles": list(titles), "artists": list(artists)}, colourings)


def pack_nameless_points(map_id: str, coordinates: np.ndarray, colourings: Mapping[str, Sequence[str]]) -> bytes:
    """The same for a map of many points: places in 2 bytes an axis, names not among them.

    The browser asks for names as they are wanted (:func:`show_names`).
    """
    step = max(float(np.abs(coordinates).max(initial=0)), 1e-6) / 32767
    places = {"grid": _base64(np.round(coordinates / step).astype("<i2")), "step": step}
    return _packed(map_id, places, colourings)


def _packed(map_id: str, content: dict[str, Any], colourings: Mapping[str, Sequence[str]]) -> bytes:
    groups = {name: _pack_groups(groups) for name, groups in colourings.items()}
    content = {"map": map_id, **content, "colourings": groups}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _pack_groups(groups: Sequence[str]) -> dict[str, Any]:
    """Group names, the largest first, and each point's number among them; what is too many is "others"."""
    names, codes, counts = np.unique(np.asarray(groups, dtype=object), return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    place = np.argsort(order)
    shown = [str(names[number]) or "unknown" for number in order]
    if len(shown) > _MOST_GROUPS:
        place = np.minimum(place, _MOST_GROUPS - 1)
        shown = [*shown[: _MOST_GROUPS - 1], "others"]
    return {"names": shown, "codes": _base64(place[codes].astype("<u1"))}


def show(
    points: bytes,
    map_id: str,
    *,
    colouring: str,
    likeness: np.ndarray | None = None,
    here: Here | None = None,
    chosen: int = NOBODY,
    path: Sequence[tuple[int, str]] = (),
    more: More | None = None,
    is_turned: bool = False,
    title: str = "",
    file_name: str = "landscape",
    on_choose: Callable[[], None] | None = None,
) -> None:
    """Draw the map; while ``on_choose`` runs, :func:`clicked` tells the row of the point that was clicked.

    Parameters
    ----------
    points : bytes
        From :func:`pack_points`, named ``map_id``.
    colouring : str
        One of the colourings packed, or ``LIKENESS``.
    likeness : np.ndarray [shape=(n,)], optional
        Cosine of each track, those of ``more`` included, with the sound asked about; the colour where ``colouring`` is
        ``LIKENESS``.
    here : Here, optional
    chosen : int
        Row of the track to mark, or ``NOBODY``.
    path : sequence of (int, str)
        Rows of tracks to join by a line, in this order, and what is written at each: ``A``, ``2`` and so on.
    more : More, optional
        Tracks beside those packed, whose rows follow.
    is_turned : bool
        Turn the map to the chosen track, which was not chosen on the map itself.
    title, file_name : str
        Of the picture that can be saved, without ending.
    """
    view: dict[str, Any] = {
        "map": map_id,
        "plotly": _plotly_address(),
        "colouring": colouring,
        "chosen": chosen,
        "path": [int(row) for row, _ in path],
        "marks": [mark for _, mark in path],
        "title": title,
        "turn": is_turned,
        "file": file_name,
        "more": None,
        "here": None,
        "likeness": None,
    }
    if here is not None:
        place = [round(float(value), 5) for value in here.place]
        view["here"] = {"key": here.key, "name": here.name, "xyz": place, "matches": [int(row) for row in here.matches]}
    if more is not None and more.titles:
        xyz = _base64(np.ascontiguousarray(more.coordinates, dtype="<f4"))
        view["more"] = {"xyz": xyz, "titles": list(more.titles), "artists": list(more.artists)}
    if colouring == LIKENESS and likeness is not None:
        view["likeness"] = _base64(np.round(np.clip(likeness, -1, 1) * _LIKENESS_STEPS).astype("<i2"))
    _component(points, view, on_choose or (lambda: None))


@st.fragment
def show_names(map_id: str, tracks: Sequence[Track]) -> None:
    """Tell the browser the names it asks for, of points that were packed without; the rest of the page rests."""
    asked = (st.session_state.get(NAMES_KEY) or {}).get("asked")
    rows = named_rows(asked, map_id, len(tracks))
    names = {str(row): [tracks[row].title, tracks[row].artist] for row in rows}
    _mount_names(key=NAMES_KEY, data={"map": map_id, "names": names}, on_asked_change=lambda: None)


def named_rows(asked: object, map_id: str, n_points: int) -> list[int]:
    """The rows whose names the browser asks for; what it sent is not believed unread."""
    if not isinstance(asked, Mapping) or asked.get("map") != map_id or not isinstance(asked.get("rows"), Sequence):
        return []
    wanted = asked["rows"][:_MOST_NAMES]
    return [row for row in wanted if isinstance(row, int) and not isinstance(row, bool) and 0 <= row < n_points]


def clicked(map_id: str, n_points: int) -> int:
    """The row of the point just clicked, or ``NOBODY``; what the browser sent is not believed unread."""
    event = (st.session_state.get(KEY) or {}).get("chosen")
    if not isinstance(event, Mapping) or event.get("map") != map_id:
        return NOBODY
    row = event.get("row")
    return row if isinstance(row, int) and 0 <= row < n_points else NOBODY


def _component(points: bytes, view: dict[str, Any], on_choose: Callable[[], None]) -> None:
    with st.container(gap=None):
        _mount_points(key=f"{KEY}_points", data=points)
        _mount(key=KEY, data=view, on_chosen_change=on_choose)


def _plotly_address() -> str:
    """Where this server hands out plotly.js: as the one file of interest in a component's folder."""
    folder = Path(plotly.__file__).parent / "package_data"
    name = file_server.declare_component("plotly", path=str(folder)).name
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/component/{name}/plotly.min.js?{plotly.__version__}"


def _base64(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()
