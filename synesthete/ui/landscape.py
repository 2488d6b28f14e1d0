"""The parts of the Landscape page: what to colour by, the map, the chosen track, the table, what to take away."""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd
import streamlit as st

from synesthete import landscape
from synesthete.catalogue.listing import Query
from synesthete.search import SearchEngine, SearchResult
from synesthete.search.filters import DEFAULT_OPTIONS
from synesthete.tracks import Track, clock
from synesthete.ui import address, listening, map3d, navigation, sound_input, state
from synesthete.ui.landscape_data import LandscapeData, Placed, group_name
from synesthete.ui.player import play_track
from synesthete.ui.text import count, dotted, plain
from synesthete.ui.track_lists import MOST_ROWS, say_nothing_fits, table_height, table_of

_ROWS_OF_LARGE = 200  # of the table, where the catalogue is too large to show whole
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
        help="How many dimensions become three. "
        + " ".join(f"**{_METHODS[name][0]}** {_METHODS[name][1]}." for name in names),
    )


def find_current(engine: SearchEngine) -> SearchResult | None:
    """The sound asked about and its ten matches, or None where there is none."""
    sound = state.current()
    if sound is None:
        return None
    if sound.track_id and engine.catalogue.has_vectors(sound.track_id, engine.encoder.fingerprint):
        return engine.search_track(sound.track_id)
    return listening.find(sound, listening.analyse(sound, engine), engine, DEFAULT_OPTIONS)


def show_map(data: LandscapeData, found: SearchResult | None, engine: SearchEngine) -> None:
    """The map, and beside it the chosen track and the sound asked about."""
    colourings = [*([map3d.LIKENESS] if found else []), *data.colourings]
    colouring = st.segmented_control(
        "Colour by", colourings, default=data.colourings[0], required=True, key="landscape_colouring"
    )
    if colouring not in colourings:  # the sound it was coloured by is gone
        colouring = data.colourings[0]
    chosen = st.session_state.get(state.LANDSCAPE_CHOSEN, "")
    path = st.session_state.get(state.JOURNEY_PATH, ())  # of the journey last shown on its own page
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
            path=[placed.row_of[track_id] for track_id in path if track_id in placed.row_of],
            more=map3d.More(placed.coordinates, [t.title for t in placed.more], [t.artist for t in placed.more]),
            is_turned=bool(st.session_state.pop(state.LANDSCAPE_TURN, False)),
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
        group = group_name(int(data.groups[row])) if row is not None else ""
        about = dotted(*tags, word, group, clock(track.seconds))
        st.markdown(f"**{plain(track.title)}**  \n{about}")
        play_track(track, engine.catalogue, is_started=True)
        if found is not None and (row is not None or engine.catalogue.has_vectors(chosen, engine.encoder.fingerprint)):
            cosine = float((engine.vectors_of([chosen])[0] if row is None else data.vectors[row]) @ found.vector)
            st.caption(f"Like your sound as a whole: {plain(engine.scale.sentence(cosine))}")
        _show_ways_on(track)


def _show_ways_on(track: Track) -> None:
    sound = sound_input.from_track(track)
    if st.button("More like this", icon=":material/hearing:", width="stretch", type="primary"):
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
                wrap=False,
                type="tertiary",
                on_click=choose,
                args=(match.track.track_id,),
                kwargs={"is_turned": True},
            )


def show_table(data: LandscapeData, found: SearchResult | None, engine: SearchEngine) -> None:
    """Every track as a row: what the map shows, for finding by words, for the keyboard and for reading aloud."""
    st.subheader("Every track", anchor=False)
    words = st.text_input(
        "Find on the map",
        placeholder="Title, artist, album, style, word or group",
        icon=":material/search:",
        key="landscape_words",
    )
    ids, table, n_fitting = (_some_rows if data.is_sample else _all_rows)(data, found, engine, words)
    if not n_fitting:
        say_nothing_fits(words)
        return
    cut = f", the first {len(ids):,} of them here" if n_fitting > len(ids) else ""
    st.caption(f"{count(n_fitting, 'track')}{cut}. Choose a row to hear it and see it on the map.")
    key = f"landscape-table-{st.session_state.get(state.LANDSCAPE_TABLE, 0)}-{words}"
    st.dataframe(
        table,
        hide_index=True,
        selection_mode="single-row",
        on_select=lambda: _take_row(key, ids),
        key=key,
        height=table_height(len(ids), 460),
        column_config={"Likeness": st.column_config.NumberColumn(format="%.3f", help="Cosine with your sound")},
    )


def _all_rows(
    data: LandscapeData, found: SearchResult | None, engine: SearchEngine, words: str
) -> tuple[list[str], pd.DataFrame, int]:
    """Ids and lines of the tracks that hold every word, and how many there are, where all are drawn."""
    table = _table(data, found)
    rows = _matching(table, words)
    return [data.tracks[row].track_id for row in rows[:MOST_ROWS]], table.loc[rows[:MOST_ROWS]], len(rows)


def _some_rows(
    data: LandscapeData, found: SearchResult | None, engine: SearchEngine, words: str
) -> tuple[list[str], pd.DataFrame, int]:
    """The same from a large catalogue: those most alike to the sound asked about, or a page of what is found."""
    if found and not words.strip():
        ids, n_fitting = list(engine.near(found.vector[None], _ROWS_OF_LARGE)), data.n_tracks
        tracks = engine.catalogue.tracks(ids)
    else:
        page = engine.catalogue.page(Query(words), limit=_ROWS_OF_LARGE)
        tracks, n_fitting = page.tracks, page.n_tracks
    table = table_of(tracks)
    ids = [track.track_id for track in tracks]
    if found:
        heard = {track_id for track_id in ids if engine.catalogue.has_vectors(track_id, engine.encoder.fingerprint)}
        order = [track_id for track_id in ids if track_id in heard]
        cosines = dict(zip(order, engine.vectors_of(order) @ found.vector, strict=True)) if order else {}
        table = table.assign(Likeness=[cosines.get(track_id, np.nan) for track_id in ids])
        table = table.sort_values("Likeness", ascending=False, kind="stable")
        ids = [ids[row] for row in table.index]
    return ids, table, n_fitting


def _table(data: LandscapeData, found: SearchResult | None) -> pd.DataFrame:
    table = table_of(data.tracks)
    if data.words:
        table = table.assign(Word=data.words)
    table = table.assign(Group=[group_name(int(number)) for number in data.groups])
    if found is None:
        return table.sort_values(["Style", "Title"], kind="stable")
    return table.assign(Likeness=data.vectors @ found.vector).sort_values("Likeness", ascending=False, kind="stable")


def _matching(table: pd.DataFrame, words: str) -> np.ndarray:
    """Row numbers of the tracks that hold every word, in the table's order."""
    text = table["Title"]
    for column in ("Artist", "Style", "Album", "Word", "Group"):
        text = text + "\n" + table[column] if column in table else text
    text = text.str.casefold()
    is_fit = np.ones(len(table), dtype=bool)
    for word in words.casefold().split():
        is_fit &= text.str.contains(word, regex=False).to_numpy()
    return table.index.to_numpy()[is_fit]


def _take_row(key: str, ids: list[str]) -> None:
    rows = st.session_state[key].selection.rows
    if rows and rows[0] < len(ids):
        choose(ids[rows[0]], is_turned=True)


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
    with st.expander("Take the map away", icon=":material/download:"):
        st.caption(
            "The picture: press *Save a picture* on the map. The two TSV files open in projector.tensorflow.org, which "
            "reads them in your browser."
        )
        files = {
            "Coordinates (CSV)": (
                f"{name}-map.csv",
                lambda: landscape.coordinates_csv(data.tracks, data.landscape.coordinates, data.groups),
            ),
            "Vectors (TSV)": (f"{name}-vectors.tsv", lambda: landscape.projector_tsv(data.tracks, data.vectors)[0]),
            "Names (TSV)": (f"{name}-metadata.tsv", lambda: landscape.projector_tsv(data.tracks, data.vectors)[1]),
        }
        with st.container(horizontal=True):
            for label, (file, make) in files.items():
                mime = "text/csv" if file.endswith("csv") else "text/tab-separated-values"
                st.download_button(label, make, file, mime, on_click="ignore", icon=":material/download:")
