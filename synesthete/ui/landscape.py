"""The parts of the Landscape page: what to colour by, the map, the chosen track, what to export."""

from __future__ import annotations

import importlib.util

import numpy as np
import streamlit as st

from synesthete import landscape
from synesthete.search import SearchEngine, SearchResult
from synesthete.search.filters import DEFAULT_OPTIONS
from synesthete.tracks import Track, clock
from synesthete.ui import address, catalogues, listening, map3d, navigation, sound_input, state
from synesthete.ui.landscape_data import LandscapeData, Placed
from synesthete.ui.player import play_track
from synesthete.ui.text import count, dotted, plain

_METHODS = {
    "tsne": ("t-SNE", "keeps neighbours together; says little about far distances"),
    "umap": ("UMAP", "keeps neighbours together, and more of how the regions lie to each other"),
    "pca": ("PCA", "the three directions in which the tracks differ most; a shadow, nothing bent"),
}


def choose_method() -> str:
    """Let the listener choose how the map is drawn up."""
    names = [name for name in _METHODS if name != "umap" or importlib.util.find_spec("umap")]
    return st.sidebar.selectbox(
        "Map drawn by",
        names,
        format_func=lambda name: _METHODS[name][0],
        key=state.LANDSCAPE_METHOD,
        persist_state="session",
        help=" ".join(f"**{_METHODS[name][0]}** {_METHODS[name][1]}." for name in names),
    )


def find_current(engine: SearchEngine) -> SearchResult | None:
    """The sound asked about and its ten matches, or None where there is none."""
    sound = state.current()
    if sound is None:
        return None
    if sound.track_id and engine.catalogue.has_vectors(sound.track_id, engine.encoder.fingerprint):
        return engine.search_track(sound.track_id)
    return listening.find(sound, listening.analyse(sound, engine), engine, DEFAULT_OPTIONS)


def show_map(data: LandscapeData, found: SearchResult | None, engine: SearchEngine, source: catalogues.Source) -> None:
    """The map, and beside it the chosen track and the sound asked about."""
    colourings = [*([map3d.LIKENESS] if found else []), *data.colourings]
    if st.session_state.get(state.LANDSCAPE_COLOURING, colourings[0]) not in colourings:
        st.session_state.pop(state.LANDSCAPE_COLOURING)  # the sound it was coloured by is gone; another catalogue
    colouring = st.segmented_control(
        "Colour by",
        colourings,
        default=data.colourings[0],
        required=True,
        key=state.LANDSCAPE_COLOURING,
        persist_state="session",
    )
    chosen = st.session_state.get(state.LANDSCAPE_CHOSEN, "")
    path = st.session_state.get(state.JOURNEY_PATH, ())  # of the journey last shown on its own page
    marks = st.session_state.get(state.JOURNEY_MARKS, ())
    matches = [match.track.track_id for match in found.matches] if found else []
    placed = data.with_tracks([*([chosen] if chosen else []), *matches, *path], engine)
    cosines = np.concatenate([each.vectors @ found.vector for each in (data, placed)]) if found else None
    if data.is_sample:
        st.caption(
            f"Drawn are {len(data.tracks):,} of {count(data.n_tracks, 'track')}, of every style its share; "
            "whatever you choose or ask about is drawn too."
        )
    map_column, panel = st.columns([2.6, 1], gap="medium")
    with map_column:
        map3d.show(
            data.points,
            data.map_id,
            colouring=colouring,
            likeness=cosines,
            here=_here(data, found, placed),
            chosen=placed.row_of.get(chosen, map3d.NOBODY),
            path=[
                (placed.row_of[track_id], mark)
                for track_id, mark in zip(path, marks, strict=False)
                if track_id in placed.row_of
            ],
            more=map3d.More(placed.coordinates, [t.title for t in placed.more], [t.artist for t in placed.more]),
            is_turned=bool(st.session_state.pop(state.LANDSCAPE_TURN, False)),
            title=f"The landscape of {catalogues.how_much(source, engine.catalogue)}, by {colouring.lower()}",
            file_name="synesthete landscape",
            on_choose=lambda: _take_click(data, placed),
        )
        if data.is_sample:
            map3d.show_names(data.map_id, data.tracks)
    with panel:
        _show_chosen(data, found, engine, chosen)
        _show_here(data, found)


def _here(data: LandscapeData, found: SearchResult | None, placed: Placed) -> map3d.Here | None:
    sound = state.current()
    if found is None or sound is None:
        return None
    ids = [match.track.track_id for match in found.matches]
    rows = [placed.row_of[track_id] for track_id in ids if track_id in placed.row_of]
    return map3d.Here(sound.key, sound.name, landscape.place(data.landscape, found.vector), rows)


def _take_click(data: LandscapeData, placed: Placed) -> None:
    tracks = (*data.tracks, *placed.more)
    row = map3d.clicked(data.map_id, len(tracks))
    if row != map3d.NOBODY:
        choose(tracks[row].track_id)


def choose(track_id: str, *, is_turned: bool = False) -> None:
    """Make this the chosen track; ``is_turned`` where the map should turn to it."""
    st.session_state[state.LANDSCAPE_CHOSEN] = track_id
    st.session_state[state.LANDSCAPE_TURN] = is_turned
    if not is_turned:  # chosen on the map: no row of the table stays marked
        st.session_state[state.LANDSCAPE_TABLE] = st.session_state.get(state.LANDSCAPE_TABLE, 0) + 1


def _show_chosen(data: LandscapeData, found: SearchResult | None, engine: SearchEngine, chosen: str) -> None:
    row = data.row_of.get(chosen)
    if row is None and not (data.is_sample and chosen in engine.catalogue):
        st.caption(
            ":material/touch_app: Choose a point to hear it, or a row of the table below. Drag to turn the map; pinch, "
            "or click on it and scroll, to zoom."
        )
        return
    track = engine.catalogue.track(chosen)
    with st.container(border=True, key="landscape-chosen"):
        tags = (plain(tag) for tag in (track.artist, track.genre, track.album))
        word = plain(data.words[row]) if data.words and row is not None else ""
        group = data.group_names[data.groups[row]] if row is not None else ""
        about = dotted(*tags, word, group, clock(track.seconds))
        st.markdown(f"**{plain(track.title)}**  \n{about}")
        play_track(track, engine.catalogue, is_started=True)
        if found is not None and (row is not None or engine.catalogue.has_vectors(chosen, engine.encoder.fingerprint)):
            cosine = float((engine.vectors_of([chosen])[0] if row is None else data.vectors[row]) @ found.vector)
            st.caption(
                f"{engine.scale.words(cosine).capitalize()} to your sound", help=plain(engine.scale.sentence(cosine))
            )
        _show_ways_on(track)


def _show_ways_on(track: Track) -> None:
    sound = sound_input.from_track(track)
    if st.button("More like this", icon=":material/hearing:", width="stretch"):
        sound_input.search_from(track)
    for label, icon, key in (
        ("Start a journey here", ":material/trip_origin:", state.JOURNEY_FROM),
        ("End a journey here", ":material/flag:", state.JOURNEY_TO),
    ):
        st.button(label, icon=icon, width="stretch", on_click=_keep, args=(key, sound))
    _show_journey()


def _keep(key: str, sound: state.Sound) -> None:
    st.session_state[key] = sound


def _show_journey() -> None:
    begin, end = st.session_state.get(state.JOURNEY_FROM), st.session_state.get(state.JOURNEY_TO)
    if begin is None and end is None:
        return
    names = [plain(sound.name, 60) if sound else "…" for sound in (begin, end)]
    st.caption(f"Journey: from {names[0]} to {names[1]}")
    st.page_link(
        "pages/3_Journey.py",
        label="Go on this journey",
        icon=":material/route:",
        query_params=navigation.link(address.JOURNEY),
    )


def _show_here(data: LandscapeData, found: SearchResult | None) -> None:
    sound = state.current()
    if found is None or sound is None:
        return
    st.markdown(f":material/my_location: **You are here:** {plain(sound.name, 80)}")
    with st.container(gap=None, key="landscape-matches"):
        st.caption("Most alike:")
        for rank, match in enumerate(found.matches, start=1):
            st.button(
                f"{rank}. {plain(match.track.title)}",
                key=f"landscape-match-{rank}",
                help=f"{found.scale.words(match.cosine).capitalize()}: {plain(found.scale.sentence(match.cosine))}",
                type="tertiary",
                on_click=choose,
                args=(match.track.track_id,),
                kwargs={"is_turned": True},
            )


def show_meaning(data: LandscapeData) -> None:
    """What nearness means, and how far this map can be trusted."""
    with st.expander("What nearness means", icon=":material/info:"):
        st.markdown(
            f"Each point is a track, placed by how it sounds to the chosen encoder: that encoder's "
            f"{data.vectors.shape[1]:,} numbers, pressed into three. Tracks close together tend to sound alike; how "
            "far apart two distant regions lie means little, and the axes mean nothing. The distance on the map is an "
            "impression. Every similarity in numbers, here and on the other pages, comes from the encoder's own "
            "numbers, not from the map."
        )
        if data.trustworthiness is not None and data.neighbours_kept is not None:
            st.markdown(
                f"**How far to trust this map:** of a track's ten most alike, **{10 * data.neighbours_kept:.1f}** "
                "are on average among its ten nearest here. Its trustworthiness (Venna and Kaski) is "
                f"**{data.trustworthiness:.2f}**: 1 would be perfect, a map drawn by lot has about 0.5. "
                f"That is {_trust_words(data.trustworthiness)}."
            )


def _trust_words(trustworthiness: float) -> str:
    if trustworthiness >= 0.95:
        return "a map whose neighbourhoods can be believed"
    if trustworthiness >= 0.85:
        return "a map whose neighbourhoods are mostly right"
    return "a rough sketch: believe the numbers rather than the picture"


def offer_downloads(data: LandscapeData, encoder_name: str, method: str) -> None:
    """The coordinates, and the encoder's vectors for the TensorFlow projector; the picture is saved on the map."""
    name = f"synesthete-{encoder_name}-{method}"
    with st.expander("Export the map", icon=":material/download:"):
        st.caption(
            "The picture: press *Save a picture* on the map. The two TSV files open in projector.tensorflow.org, which "
            "reads them in your browser."
        )
        files = {
            "Coordinates (CSV)": (
                f"{name}-map.csv",
                lambda: landscape.coordinates_csv(data.tracks, data.coordinates, data.groups),
            ),
            "Vectors (TSV)": (f"{name}-vectors.tsv", lambda: landscape.projector_tsv(data.tracks, data.vectors)[0]),
            "Names (TSV)": (f"{name}-metadata.tsv", lambda: landscape.projector_tsv(data.tracks, data.vectors)[1]),
        }
        with st.container(horizontal=True):
            for label, (file, make) in files.items():
                mime = "text/csv" if file.endswith("csv") else "text/tab-separated-values"
                st.download_button(label, make, file, mime, on_click="ignore", icon=":material/download:")
