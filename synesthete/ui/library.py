"""The catalogue as a list: found by words and names, a page at a time, each track playable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.catalogue.listing import Order, Query
from synesthete.tracks import Track, clock
from synesthete.ui import covers, frame, library_manage, liked, measured, media, resources, sound_input, state
from synesthete.ui.catalogues import Source
from synesthete.ui.player import play_track
from synesthete.ui.text import badges, cell, count, dotted, plain
from synesthete.ui.track_lists import MOST_ROWS, say_nothing_fits, table_height, table_of, without_empty

Chosen = Sequence[Track] | Callable[[], Sequence[Track]]

ROWS_A_PAGE = 50
_PLAY_WIDTH = 170  # pixels
_MOST_WORDS, _MOST_ON_PHONE = 20, 8  # to choose among; all can be typed
_ORDERS: dict[str, tuple[Order, bool]] = {
    "Best fit": ("fit", False),
    "Artist": ("artist", False),
    "Title": ("title", False),
    "Album": ("album", False),
    "Style": ("genre", False),
    "Year": ("year", False),
    "Shortest": ("length", False),
    "Longest": ("length", True),
    "Newest here": ("added", True),
}


def ask() -> str:
    """The box to search by."""
    return st.text_input(
        "Find",
        placeholder="Jazz guitar, 80s, a title, an artist …",
        help="How it sounds, or a name: female vocals, jazz guitar, 80s; a title, an artist, an album or a style.",
        icon=":material/search:",
        key=state.LIBRARY_WORDS,
        on_change=_to_first_page,
        persist_state="session",
    ).strip()


def _to_first_page() -> None:
    """Another list begins at its first page."""
    st.session_state.pop(state.LIBRARY_PAGE, None)


def only_liked() -> bool:
    """Whether only the tracks that this visitor likes are asked for."""
    return bool(st.session_state.get(state.LIBRARY_LIKED))


def offer_liked() -> None:
    """Let the listener see the tracks that they like alone."""
    st.toggle(
        "Only tracks I like",
        key=state.LIBRARY_LIKED,
        persist_state="session",
        help="Those with a heart, from all pages, the newest first.",
    )


def choose_words(catalogue: Catalogue) -> list[str]:
    """Let the listener choose among the words that the tagger heard; none where it has not been asked."""
    counts = resources.figures(catalogue.path).word_counts
    if not counts:
        st.caption(
            ":material/sell: This catalogue knows no words yet, only what stands in the tags. Words come with the next "
            "`synesthete index FOLDER`."
        )
        return []
    offered = list(counts)[: _MOST_ON_PHONE if frame.is_on_phone() else _MOST_WORDS]
    if state.LIBRARY_HEARD in st.session_state:  # an address may name any, another catalogue has others
        chosen = [word for word in st.session_state[state.LIBRARY_HEARD] or () if word in counts]
        offered += [word for word in chosen if word not in offered]
        st.session_state[state.LIBRARY_HEARD] = chosen
    return st.pills(
        "Words heard",
        offered,
        selection_mode="multi",
        format_func=lambda word: f"{plain(word)} · {counts[word]:,}",
        key=state.LIBRARY_HEARD,
        on_change=_to_first_page,
        persist_state="session",
        help="What Synesthete would call each track by its sound, and how many tracks stand out by it. It knows a few "
        "dozen words only, and errs: piano alone it calls jazz. Tracks that have all chosen words are shown, the "
        "likeliest first. Type further words above.",
    )


def show_tracks(source: Source, catalogue: Catalogue, text: str, words: Sequence[str]) -> Chosen:
    """Show a page of the tracks that fit, and return what can be taken home: the ticked ones, or all of them.

    All of them may be thousands: they are given by a function, which reads them when it is called.
    """
    now = st.container(key="now")
    if only_liked():
        return _show_liked(source, catalogue, text, words, now)
    above = st.container(horizontal=True, vertical_alignment="bottom", key="list-head")
    order, is_descending = _choose_order(above)
    asked, query = text, Query(text, tuple(words), order=order, is_descending=is_descending)
    n_tracks = catalogue.n_listed(query)
    if not n_tracks and text:
        text, unknown = catalogue.known_part(text)
        query = replace(query, text=text)
        n_tracks = catalogue.n_listed(query) if text else 0
        if n_tracks:
            _say_without(unknown)
    if not n_tracks:
        _say_empty(catalogue, asked, words)
        return ()
    n_pages = -(-n_tracks // ROWS_A_PAGE)
    key = f"library-{source.name}-{text}-{'-'.join(words)}-{order}-{is_descending}"
    number = min(st.session_state.get(state.LIBRARY_PAGE, 1), n_pages)
    tracks = catalogue.page(query, offset=(number - 1) * ROWS_A_PAGE, limit=ROWS_A_PAGE).tracks
    heard = catalogue.words_of([track.track_id for track in tracks])
    ticked = _show_table(source, catalogue, tracks, heard, key)
    first = (number - 1) * ROWS_A_PAGE
    shown = (
        f"{first + 1:,} to {first + len(tracks):,} of {count(n_tracks, 'track')}"
        if n_pages > 1
        else count(n_tracks, "track")
    )
    why_tick = "export or remove" if library_manage.may_change(source) else "export"
    above.caption(f"{shown}. Tick tracks to {why_tick} them.", width="stretch")
    if n_pages > 1:
        st.session_state[state.LIBRARY_PAGE] = number
        st.pagination(n_pages, key=state.LIBRARY_PAGE, persist_state="session")
    with now:
        _show_now(catalogue)
    return _chosen(source, catalogue, query, ticked)


def _show_liked(
    source: Source, catalogue: Catalogue, text: str, words: Sequence[str], now: st.delta_generator.DeltaGenerator
) -> tuple[Track, ...]:
    """The liked tracks, the newest first; they are few enough to be looked through here."""
    ids = liked.of(catalogue)[::-1]
    heard = catalogue.words_of(ids)
    tracks = tuple(track for track in catalogue.tracks(ids) if _fits(track, text, words, heard.get(track.track_id, ())))
    if not ids:
        st.info("No track here has a heart yet: press one beside a track, on any page.", icon=":material/favorite:")
    elif not tracks:
        say_nothing_fits(" ".join([*text.split(), *words]))
    ticked = []
    if tracks:
        st.caption(f"{count(len(tracks), 'track')} you like.")
        ticked = _show_table(source, catalogue, tracks, heard, f"library-liked-{source.name}")
    with now:
        _show_now(catalogue)
    return tuple(ticked) or tracks


def _fits(track: Track, text: str, words: Sequence[str], heard: Sequence[str]) -> bool:
    written = " ".join([track.title, track.artist, track.album, track.genre, *heard]).casefold()
    return set(words) <= set(heard) and all(word in written for word in text.casefold().split())


def _choose_order(place: st.delta_generator.DeltaGenerator) -> tuple[Order, bool]:
    if st.session_state.get(state.LIBRARY_ORDER) not in _ORDERS:
        st.session_state.pop(state.LIBRARY_ORDER, None)
    name = place.selectbox(
        "In the order of",
        list(_ORDERS),
        key=state.LIBRARY_ORDER,
        on_change=_to_first_page,
        persist_state="session",
        width=170,
    )
    return _ORDERS[name]


def _say_empty(catalogue: Catalogue, text: str, words: Sequence[str]) -> None:
    if not text and not words:
        st.info("This catalogue holds no tracks yet.", icon=":material/library_music:")
    else:
        asked = dict.fromkeys([*text.split(), *words])
        say_nothing_fits(" ".join(asked), _each_alone(catalogue, text))


def _say_without(unknown: Sequence[str]) -> None:
    """Say that a part of what was looked for is in no track, and that what follows is the rest."""
    parts = " and ".join(f"**{plain(part, 40)}**" for part in unknown)
    st.caption(f"No track here is known by {parts}: not heard as a word, and not written. These fit the rest.")


def _each_alone(catalogue: Catalogue, text: str) -> str:
    """What each part of a search finds; empty for a single part."""
    parts = catalogue.n_by_term(text)
    if len(parts) < 2:
        return ""
    said = [f"**{plain(term.text, 40)}** {count(n, 'track') if n else 'none'}" for term, n in parts]
    unheard = [plain(term.text, 40) for term, n in parts if not n and not term.word]
    hint = f" {unheard[0]} is written nowhere, and is not among the words heard." if unheard else ""
    return f"Alone: {', '.join(said)}.{hint}"


def _show_table(
    source: Source, catalogue: Catalogue, tracks: tuple[Track, ...], heard: dict[str, tuple[str, ...]], key: str
) -> list[Track]:
    """The page as a table; a cell that is clicked has its track played, and the ticked tracks are returned."""
    key += f"-{hash(tuple(track.track_id for track in tracks))}"  # ticks belong to these very rows
    pictures = [] if source.is_built_in else _pictures(catalogue, tracks)
    table = without_empty(table_of(tracks).map(cell)).assign(Length=[clock(track.seconds) for track in tracks])
    if any(pictures):
        table.insert(0, " ", pictures)
    if any(track.year for track in tracks):
        table = table.assign(Year=[str(track.year or "") for track in tracks])
    if heard:  # the last column: it may be long
        table = table.assign(Words=[cell(", ".join(heard.get(track.track_id, ()))) for track in tracks])

    def play() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells and cells[0][0] < len(tracks):
            st.session_state[state.LIBRARY_PLAYING] = tracks[cells[0][0]].track_id

    st.dataframe(
        table,
        hide_index=True,
        on_select=play,
        selection_mode=["multi-row", "single-cell"],
        key=key,
        height=table_height(len(tracks), 520),
        column_config={
            " ": st.column_config.ImageColumn(width=44),
            "Title": st.column_config.TextColumn(width="medium"),
        },
    )
    rows = st.session_state[key]["selection"]["rows"]
    return [tracks[row] for row in rows if row < len(tracks)]


def _pictures(catalogue: Catalogue, tracks: Sequence[Track]) -> list[str]:
    """Addresses of covers: the browser asks for those that it shows; a server without that route reads them all now."""
    paths = [catalogue.locate(track) for track in tracks]
    addresses = [
        media.cover_address_of(path, track.title, track.artist) if path else ""
        for path, track in zip(paths, tracks, strict=True)
    ]
    return addresses if any(addresses) else [covers.address_of(cover) for cover in covers.covers_of(tracks, catalogue)]


def _show_now(catalogue: Catalogue) -> None:
    """What plays: the track chosen last, or a place for it."""
    track_id = st.session_state.get(state.LIBRARY_PLAYING, "")
    is_new = track_id != st.session_state.get(state.LIBRARY_PLAYED)
    st.session_state[state.LIBRARY_PLAYED] = track_id
    track = catalogue.track(track_id) if track_id in catalogue else None
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="now-playing"):
        if track is None:
            st.markdown("**Click a track in the list to play it**", width="stretch")
            return
        covers.show_cover(covers.cover_of(track, catalogue), track.title, track.artist, width=72)
        about = dotted(plain(track.artist), plain(track.album), plain(track.genre), str(track.year or ""))
        words = badges(catalogue.words_of([track_id]).get(track_id, ()))
        told = f"**{plain(track.title)}**  \n{about}  \n{words}"
        place = st.empty()
        place.markdown(told, width="stretch")
        with st.container(width=_PLAY_WIDTH):  # the button measures itself by its container: it has no width of its own
            play_track(track, catalogue, is_started=is_new)
        if st.button("More like this", icon=":material/hearing:", key="now-again"):
            sound_input.search_from(track)
        if line := measured.tempo_and_key_of(track, catalogue):  # last: the track plays meanwhile
            place.markdown(f"{told}  \n:small[:material/music_note: {line}]", width="stretch")


def _chosen(source: Source, catalogue: Catalogue, query: Query, ticked: list[Track]) -> Chosen:
    """The ticked tracks, which can be removed too; without any all that fit."""
    if not ticked:
        return lambda: catalogue.page(query, limit=MOST_ROWS).tracks
    if library_manage.may_change(source):
        library_manage.offer_to_remove(source, [track.track_id for track in ticked])
    return tuple(ticked)
