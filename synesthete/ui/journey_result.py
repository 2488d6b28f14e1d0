"""A journey on the page: the stops with a player, its quality against the baselines, and the steps as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from synesthete import figures
from synesthete.audio import clip_to_wav
from synesthete.journey import Journey, JourneyQuality, Pick, Seed, Stop, TrackVectors, baselines
from synesthete.journey.planning import evaluate_path
from synesthete.search import SearchEngine
from synesthete.search.similarity_scale import SimilarityScale
from synesthete.text import shorten
from synesthete.tracks import Match, Track
from synesthete.ui import address, explain, listening, navigation, player, state
from synesthete.ui.matches import fill
from synesthete.ui.player import Row
from synesthete.ui.state import Sound
from synesthete.ui.text import count, dotted, plain

_PLANNED, _LINEAR_GREEDY, _RANDOM_WALK = "This journey", "Straight line", "Random walk"
_LINE_STYLES = {_PLANNED: (figures.RED, "solid", "circle"), _LINEAR_GREEDY: (figures.BLUE, "dash", "diamond")}
_LINE_STYLES[_RANDOM_WALK] = ("#9A94A8", "dot", "x")


def show_path(journey: Journey, sounds: Sequence[Sound], engine: SearchEngine) -> None:
    """The stops in order, with pictures, step sizes and a player."""
    st.header(plain(title(journey, sounds), 160), anchor="the-journey")
    images = player.thumbnails(journey.tracks, engine.catalogue)
    own = iter([sound for sound in sounds if not sound.track_id])
    rows = []
    for number, (stop, mark) in enumerate(zip(journey.stops, marks(journey), strict=True)):
        mark = mark if stop.is_seed else ""  # a number stands there of itself
        step = _step(stop, engine.scale) if number else {}
        if stop.track is None:
            rows.append(_own_row(next(own), mark, step, engine))
        else:
            rows.append(_row(stop, stop.track, mark, step, images[stop.track.track_id], engine))
    keys = [row.key for row in rows]
    pairs = zip(journey.stops[:-1], journey.stops[1:], keys[1:], strict=True)
    why = [key for one, other, key in pairs if one.track or other.track]
    player.play_through(
        rows,
        "journey-player",
        why,
        on_why=lambda key: st.session_state.__setitem__(state.JOURNEY_WHY, keys.index(key) + 1),
        hint="Each track begins at a telling passage. The bars: how alike to the one before.",
    )
    number = st.session_state.get(state.JOURNEY_WHY, 0)  # by a click on this page, or by the address
    if number and number <= len(keys) and keys[number - 1] in why:
        _explain_step(number - 1, journey, rows, sounds, engine)
    else:
        close_why()


def close_why() -> None:
    """The explanation of a step has been closed."""
    st.session_state.pop(state.JOURNEY_WHY, None)


def marks(journey: Journey) -> list[str]:
    """What stands at each stop: letters at the sounds that were chosen, else the number."""
    letters = iter("ABCDEF")
    return [next(letters) if stop.is_seed else str(number) for number, stop in enumerate(journey.stops, start=1)]


def _explain_step(
    number: int, journey: Journey, rows: Sequence[Row], sounds: Sequence[Sound], engine: SearchEngine
) -> None:
    """Why a stop follows the one before it; a sound of the listener's own is the one that is asked about."""
    from synesthete.explain import Query  # torch comes with it, which the page does not need before

    first, second = (number - 1, number) if journey.stops[number].track else (number, number - 1)
    own, track = journey.stops[first].track, journey.stops[second].track
    if track is None:
        return
    if own:
        query = Query.of_track(engine, own.track_id)
    else:
        sound = next(sound for sound in sounds if sound.key == rows[first].key)
        analysis = listening.analyse(sound, engine)
        query = Query(analysis.embedding, analysis.clip)
    match = Match(track, journey.stops[number].step_cosine)
    explain.open_why(engine, explain.Asked(query, rows[first].key, rows[first]), match, close_why)


def title(journey: Journey, sounds: Sequence[Sound]) -> str:
    """The journey's name: from where to where."""
    ends = zip((journey.stops[0], journey.stops[-1]), (sounds[0], sounds[-1]), strict=True)
    first, last = (stop.track.title if stop.track else sound.name for stop, sound in ends)
    return f"{shorten(first, 60)} → {shorten(last, 60)}"


def _row(stop: Stop, track: Track, mark: str, step: dict[str, Any], image: bytes, engine: SearchEngine) -> Row:
    return Row(
        title=track.title,
        about=dotted(track.artist, track.genre),
        source=engine.catalogue.locate(track),
        start_seconds=stop.start_seconds,
        key=track.track_id,
        artist=track.artist,
        seconds=track.seconds,
        image=image,
        mark=mark,
        **step,
    )


def _own_row(sound: Sound, mark: str, step: dict[str, Any], engine: SearchEngine) -> Row:
    analysis = listening.analyse(sound, engine)
    image = player.thumbnail(analysis.spectrograms)
    wav = clip_to_wav(analysis.clip)
    about = "Your sound"
    return Row(sound.name, about, source=wav, image=image, mark=mark, key=sound.key, **step)


def _step(stop: Stop, scale: SimilarityScale) -> dict[str, Any]:
    return {
        "note": scale.words(stop.step_cosine).capitalize(),
        "figure": f"To the one before: {scale.sentence(stop.step_cosine)} (a step of {stop.step_degrees:.0f}°)",
        "share": fill(scale, stop.step_cosine),
    }


def show_picks(
    picks: Sequence[Pick], sounds: Sequence[Sound], engine: SearchEngine, *, is_of_liked: bool = False
) -> None:
    """A playlist around seeds, or around what is liked: how alike each track is to the seed it was picked for."""
    st.header(count(len(picks), "track") + " alike", anchor="the-journey")
    images = player.thumbnails([pick.track for pick in picks], engine.catalogue)
    known = engine.catalogue.tracks(sound.track_id for sound in sounds if sound.track_id)
    titles = {track.track_id: track.title for track in known}
    seeds = [shorten(titles.get(sound.track_id, sound.name), 40) for sound in sounds]
    rows = []
    for pick in picks:
        to_whom = f" to {seeds[pick.seed_number]}" if len(sounds) > 1 else ""
        rows.append(
            Row(
                title=pick.track.title,
                about=dotted(pick.track.artist, pick.track.genre),
                source=engine.catalogue.locate(pick.track),
                start_seconds=pick.start_seconds,
                key=pick.track.track_id,
                artist=pick.track.artist,
                seconds=pick.track.seconds,
                image=images[pick.track.track_id],
                note=engine.scale.words(pick.cosine).capitalize() + to_whom,
                figure=engine.scale.sentence(pick.cosine),
                share=fill(engine.scale, pick.cosine),
            )
        )
    player.play_through(
        rows, key="journey-player", hint="Each track begins at a telling passage.", is_of_liked=is_of_liked
    )


@dataclass(frozen=True)
class _Path:
    """A path from the first seed to the last: its quality, and its steps in degrees."""

    quality: JourneyQuality
    steps: tuple[float, ...]


def show_quality(
    journey: Journey,
    sounds: Sequence[Sound],
    points: Sequence[Seed],
    track_vectors: TrackVectors,
    engine: SearchEngine,
) -> None:
    """How good the journey is, against two baselines between the same ends."""
    fold = st.expander("How good is this journey?", icon=":material/monitoring:", key="quality", on_change="rerun")
    if fold.open:  # the two others are walked for who asks
        with fold:
            _show_measures(journey, sounds, points, track_vectors, engine)
    st.page_link(
        "pages/2_Landscape.py",
        label="See these tracks on the map",
        icon=":material/landscape:",
        query_params=navigation.link(address.LANDSCAPE),
    )


def _show_measures(
    journey: Journey,
    sounds: Sequence[Sound],
    points: Sequence[Seed],
    track_vectors: TrackVectors,
    engine: SearchEngine,
) -> None:
    paths = {_PLANNED: _Path(journey.quality, tuple(stop.step_degrees for stop in journey.stops[1:]))}
    keys = tuple(sound.key for sound in sounds)
    seed_numbers = tuple(number for number, stop in enumerate(journey.stops) if stop.is_seed)
    revision = f"{engine.catalogue.path} {engine.vectors_revision}"
    paths |= _baseline_paths(track_vectors.fingerprint, revision, keys, seed_numbers, track_vectors, list(points))
    st.markdown(_summary(paths))
    chart, table = st.columns(2, gap="medium", vertical_alignment="center")
    chart.plotly_chart(
        _steps_figure(paths), config={"displayModeBar": False}, key="figure-steps", alt=_steps_in_words(paths)
    )
    with table:
        st.table(_table(paths), border="horizontal")
        st.caption(
            "**Straight line** takes the track nearest to each of equally spaced points between the ends; "
            "**random walk** goes to one of the ten nearest by lot. An angle of 0° is the same point, 90° nothing in "
            "common. Evenness is 100 % when all steps are equal."
        )
    best = (
        f"By the measure it was planned with, no other choice among {count(journey.n_candidates, 'track')} is better."
    )
    near = f"Another choice could be better by at most {journey.gap:.0%}."
    st.caption(best if journey.is_optimal else near)


@st.cache_data(show_spinner=False, max_entries=200)
def _baseline_paths(
    fingerprint: str,
    revision: str,
    keys: tuple[str, ...],
    seed_numbers: tuple[int, ...],
    _track_vectors: TrackVectors,
    _points: list[Seed],
) -> dict[str, _Path]:
    """The two baselines through the same seeds, leg by leg with as many stops; the first four arguments are the key.

    A recorded sound joins the tracks for them as one more row.
    """
    vectors = _track_vectors
    ids: list[str] = []
    for point in _points:
        ids.append(point if isinstance(point, str) else f"own sound {len(ids)}")
        if not isinstance(point, str):
            own = Track(ids[-1], ids[-1])
            matrix = np.vstack([vectors.vectors, vectors.locate(point).vector])
            vectors = replace(vectors, tracks=(*vectors.tracks, own), vectors=matrix, segments=None)
    is_seed = np.isin(np.arange(seed_numbers[-1] + 1), seed_numbers)
    paths = {}
    for name, baseline in ((_LINEAR_GREEDY, baselines.linear_greedy), (_RANDOM_WALK, baselines.random_walk)):
        legs = zip(ids[:-1], ids[1:], np.diff(seed_numbers), strict=True)
        parts = [baseline(vectors, begin, end, int(n_steps) + 1) for begin, end, n_steps in legs]
        rows = np.concatenate([parts[0][:1], *(part[1:] for part in parts)])
        stops, quality = evaluate_path(vectors, vectors.locate_all(ids), vectors.vectors[rows], rows, is_seed)
        paths[name] = _Path(quality, tuple(stop.step_degrees for stop in stops[1:]))
    return paths


def _summary(paths: dict[str, _Path]) -> str:
    """The largest steps compared, in a sentence for the listener."""
    planned, greedy, walk = (
        paths[name].quality.largest_step_degrees for name in (_PLANNED, _LINEAR_GREEDY, _RANDOM_WALK)
    )
    text = f"Its largest step is **{planned:.0f}°**; the straight line's is {greedy:.0f}°, a random walk's {walk:.0f}°"
    share = paths[_PLANNED].quality.forward_share
    forward = "Every step" if share == 1 else f"{share:.0%} of its steps"
    return f"{text}. {forward} leads nearer to the end."


def _table(paths: dict[str, _Path]) -> pd.DataFrame:
    lines = {
        "Largest step": [f"{path.quality.largest_step_degrees:.1f}°" for path in paths.values()],
        "Mean step": [f"{path.quality.mean_step_degrees:.1f}°" for path in paths.values()],
        "Evenness of the steps": [f"{path.quality.evenness:.1%}" for path in paths.values()],
        "Steps forward": [f"{path.quality.forward_share:.0%}" for path in paths.values()],
        "Artist heard again": [count(path.quality.artist_repeats, "time") for path in paths.values()],
    }
    return pd.DataFrame(lines, index=list(paths)).T


def _steps_figure(paths: dict[str, _Path]) -> go.Figure:
    figure = go.Figure()
    for name, path in reversed(paths.items()):
        colour, dash, symbol = _LINE_STYLES[name]
        figure.add_scatter(
            x=list(range(1, len(path.steps) + 1)),
            y=path.steps,
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 3 if name == _PLANNED else 1.5},
            marker={"symbol": symbol, "size": 7},
            hovertemplate="Step %{x}: %{y:.1f}°<extra>" + name + "</extra>",
        )
    figure.update_layout(
        height=330,
        margin={"l": 48, "r": 8, "t": 48, "b": 40},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
    )
    figure.update_xaxes(title="Step", fixedrange=True, showgrid=False, tickformat="d")
    figure.update_yaxes(
        title="Size", ticksuffix="°", fixedrange=True, rangemode="tozero", gridcolor="rgba(128, 132, 150, 0.25)"
    )
    return figure


def _steps_in_words(paths: dict[str, _Path]) -> str:
    parts = [f"{name}: {', '.join(f'{step:.0f}' for step in path.steps)} degrees" for name, path in paths.items()]
    return "Size of each step in order. " + ". ".join(parts)
