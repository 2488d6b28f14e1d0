"""The Journey page's modes: what is asked for, and the call that answers it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.journey import (
    Journey,
    JourneyOptions,
    Pick,
    PlaylistOptions,
    Seed,
    TrackVectors,
    candidates,
    plan,
    playlist_from_liked,
    playlist_from_seed,
)
from synesthete.journey.types import MAX_LENGTH, MIN_LENGTH
from synesthete.search import SearchEngine
from synesthete.text import shorten
from synesthete.ui import address, journey_result, listening, mixing, state, waypoints
from synesthete.ui.export import offer_export
from synesthete.ui.state import A_TO_B, LIKED, ONE_SOUND, Sound

_ICONS = {A_TO_B: ":material/route:", ONE_SOUND: ":material/my_location:", LIKED: ":material/favorite:"}
_ICONS[mixing.MODE] = ":material/balance:"
_METADATA_WEIGHT = 0.3


def choose_mode() -> str:
    """Which of the modes."""
    return st.segmented_control(
        "What would you like?",
        [A_TO_B, ONE_SOUND, LIKED, mixing.MODE],
        default=A_TO_B,
        required=True,
        format_func=lambda mode: f"{_ICONS[mode]} {mode}",
        key=state.JOURNEY_MODE,
        label_visibility="collapsed",
        persist_state="session",
    )


def show_journey(engine: SearchEngine) -> None:
    """Choose the places, plan the journey between them, show it."""
    sounds = waypoints.choose_waypoints(engine.catalogue)
    options = _journey_options()
    if sounds[0] is None or sounds[-1] is None:
        st.info("Choose where the journey begins and where it ends, or let chance choose.", icon=":material/route:")
        return
    chosen = [sound for sound in sounds if sound is not None]
    points = _points(chosen, engine)
    with st.spinner("Finding the way …", show_time=True):
        track_vectors = _track_vectors(engine, chosen, points, is_way=True)
        journey = _planned(track_vectors.fingerprint, _revision(engine), _keys(chosen), options, track_vectors, points)
    st.session_state[state.JOURNEY_PATH] = tuple(track.track_id for track in journey.tracks)
    marks = zip(journey.stops, journey_result.marks(journey), strict=True)
    st.session_state[state.JOURNEY_MARKS] = tuple(mark for stop, mark in marks if stop.track)
    journey_result.show_path(journey, chosen, engine)
    stops = [stop for stop in journey.stops if stop.track is not None]
    title = journey_result.title(journey, chosen)
    offer_export([s.track for s in stops if s.track], title, engine.catalogue, [s.start_seconds for s in stops])
    journey_result.show_quality(journey, chosen, points, track_vectors, engine)


def show_from_one(engine: SearchEngine, catalogue: Catalogue) -> None:
    """What sounds like one sound, as a list to play through."""
    sound = waypoints.choose_one(catalogue)
    options = _playlist_options()
    if sound is None:
        st.info("Choose a track, or record or drop a sound on the Listen page first.", icon=":material/my_location:")
        return
    points = _points([sound], engine)
    picks = playlist_from_seed(_track_vectors(engine, [sound], points), points[0], options)
    _show_picks(picks, [sound], options, engine, f"Sounds like {shorten(sound.name, 40)}")


def show_from_liked(engine: SearchEngine, catalogue: Catalogue) -> None:
    """What sounds like each of several tracks, in turns."""
    liked = waypoints.choose_liked(catalogue)
    options = _playlist_options()
    if not liked:
        st.info(
            "Choose a track that you like, or several, or press the heart beside a track on any page.",
            icon=":material/favorite:",
        )
        return
    points = _points(liked, engine)
    picks = playlist_from_liked(_track_vectors(engine, liked, points), points, options)
    st.caption("Your tracks take turns: each gets the same share, so that quiet and loud favourites both stay.")
    _show_picks(picks, liked, options, engine, "Because I like these", is_of_liked=True)


def _show_picks(
    picks: Sequence[Pick],
    sounds: Sequence[Sound],
    options: PlaylistOptions,
    engine: SearchEngine,
    title: str,
    *,
    is_of_liked: bool = False,
) -> None:
    if len(picks) < options.length:
        st.caption(f"Only {len(picks)} tracks pass: the others are too many of one artist or versions of these.")
    journey_result.show_picks(picks, sounds, engine, is_of_liked=is_of_liked)
    offer_export([pick.track for pick in picks], title, engine.catalogue, [pick.start_seconds for pick in picks])


def _journey_options() -> JourneyOptions:
    length, smoothness, artist = st.columns(3, gap="medium")
    return JourneyOptions(
        length=_length(length, state.JOURNEY_STOPS, "How many stops", "The chosen sounds are among them."),
        smoothness=smoothness.slider(
            "Direct or smooth",
            0.0,
            1.0,
            0.5,
            0.05,
            format="percent",
            key=state.JOURNEY_SMOOTHNESS,
            persist_state="session",
            help="0 %: straight ahead, whatever the steps. 100 %: small, even steps above all, even by detours.",
        ),
        max_per_artist=_per_artist(artist),
    )


def _playlist_options() -> PlaylistOptions:
    length, artist, metadata = st.columns(3, gap="medium", vertical_alignment="bottom")
    n_tracks = _length(length, state.JOURNEY_TRACKS, "How many tracks", "The chosen sounds are not among them.")
    per_artist = _per_artist(artist)
    is_weighed = metadata.toggle(
        "Weigh names too",
        key=state.JOURNEY_METADATA,
        persist_state="session",
        help=f"Off: sound alone decides. On: equal artist, album and style count for {_METADATA_WEIGHT:.0%}.",
    )
    return PlaylistOptions(n_tracks, per_artist, metadata_weight=_METADATA_WEIGHT if is_weighed else 0.0)


def _length(place: st.delta_generator.DeltaGenerator, key: str, label: str, help: str) -> int:
    default = address.DEFAULTS[key]
    return place.slider(label, MIN_LENGTH, MAX_LENGTH, default, key=key, help=help, persist_state="session")


def _per_artist(place: st.delta_generator.DeltaGenerator) -> int | None:
    value = place.number_input(
        "At most from one artist",
        0,
        10,
        2,
        key=state.JOURNEY_PER_ARTIST,
        persist_state="session",
        help="0 sets no limit. The sounds you chose are always allowed.",
    )
    return value or None


def _points(sounds: Sequence[Sound], engine: SearchEngine) -> list[Seed]:
    """The seeds: a track's id, or the embedding of the sound."""
    return [sound.track_id or listening.analyse(sound, engine).embedding for sound in sounds]


def _keys(sounds: Sequence[Sound]) -> tuple[str, ...]:
    return tuple(sound.key for sound in sounds)


def _revision(engine: SearchEngine) -> str:
    """Of the catalogue's tracks as they are compared; another catalogue has another, whatever it holds."""
    return f"{engine.catalogue.path} {engine.vectors_revision}"


def _track_vectors(
    engine: SearchEngine, sounds: Sequence[Sound], points: list[Seed], *, is_way: bool = False
) -> TrackVectors:
    """The tracks to choose from: of a small catalogue the same for all, of a large one those near to the sounds."""
    keys = _keys(sounds) if len(engine.track_ids) > candidates.WHOLE_UP_TO else ()
    is_way = is_way and bool(keys)
    return _read_track_vectors(engine.encoder.fingerprint, _revision(engine), keys, is_way, engine, points)


@st.cache_resource(show_spinner=False, max_entries=8)
def _read_track_vectors(
    fingerprint: str, revision: str, keys: tuple[str, ...], is_way: bool, _engine: SearchEngine, _points: list[Seed]
) -> TrackVectors:
    """Once per catalogue as it is now, encoder and sounds; the first four arguments are the key."""
    return candidates.near(_engine, _points, is_way=is_way)


@st.cache_data(show_spinner=False, max_entries=200)
def _planned(
    fingerprint: str,
    revision: str,
    keys: tuple[str, ...],
    options: JourneyOptions,
    _vectors: TrackVectors,
    _points: list[Seed],
) -> Journey:
    return plan(_vectors, _points, options)
