"""Search by a song's name in Spotify: which song it is, and whether the catalogue holds it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.errors import PlaylistError
from synesthete.playlists.matching import SURE, Song, confidence, normalised
from synesthete.playlists.names import certain_words
from synesthete.playlists.playlist import checked_isrc, isrc_of
from synesthete.tracks import Track, clock
from synesthete.ui import frame, sound_input, spotify, state
from synesthete.ui.text import dotted, plain


def search_by_name(catalogue: Catalogue) -> None:
    """Look a song up in Spotify by its name, where that is set up; one that is held here can be searched from."""
    if not spotify.is_set_up():
        return
    opened = st.expander(
        "Search by a song's name in Spotify", icon=":material/search:", key="by-name", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        st.caption("Spotify gives names, not sound: a song can be searched from here if this catalogue holds it.")
        try:
            _search(catalogue)
        except PlaylistError as error:
            frame.show_error(error)


def _search(catalogue: Catalogue) -> None:
    session = spotify.connected("name")
    if session is None:
        return
    text = st.text_input("Title, or artist and title", key="spotify_words").strip()
    if not text:
        return
    asked, songs = st.session_state.get(state.SPOTIFY_SONGS, ("", ()))
    if asked != text:
        with st.spinner("Asking Spotify …"):
            songs = session.search_song(text)
        st.session_state[state.SPOTIFY_SONGS] = (text, songs)
    if not songs:
        st.info(f"Spotify knows no song called {plain(text, 60)}. Try the title alone.", icon=":material/search_off:")
    here = _held(str(catalogue.path), catalogue.listing_state(), tuple(song.uri for song in songs), catalogue, songs)
    for number, (song, track) in enumerate(zip(songs, here, strict=True)):
        _show_song(number, song, track)


@st.cache_data(show_spinner=False, max_entries=64)
def _held(
    path: str, state: tuple[int, int | None], uris: tuple[str, ...], _catalogue: Catalogue, _songs: Sequence[Song]
) -> tuple[Track | None, ...]:
    return held(_catalogue, _songs)


def held(catalogue: Catalogue, songs: Sequence[Song]) -> tuple[Track | None, ...]:
    """The track of the catalogue that each song is: by ISRC, else by artist, title and length; None if it has none."""
    codes = [checked_isrc(song.isrc) for song in songs]
    with catalogue.snapshot():
        coded = catalogue.tracks(catalogue.ids_of_codes(filter(None, codes)) if any(codes) else ())
        named = [catalogue.tracks(_likely_ids(catalogue, song)) for song in songs]
    by_code = {isrc_of(track): track for track in coded}
    return tuple(
        by_code.get(code) or _best_named(tracks, song) for song, code, tracks in zip(songs, codes, named, strict=True)
    )


def _likely_ids(catalogue: Catalogue, song: Song) -> tuple[str, ...]:
    return catalogue.ids_of_song(certain_words(song.title), [*map(certain_words, song.artists)], song.title)


def _best_named(tracks: Sequence[Track], song: Song) -> Track | None:
    wanted = normalised(song.title)
    scored = [(confidence(track, song), track) for track in tracks if normalised(track.title) == wanted]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] >= SURE else None


def _show_song(number: int, song: Song, track: Track | None) -> None:
    with st.container(border=True):
        names, answer = st.columns([3, 2], vertical_alignment="center")
        about = dotted(plain(", ".join(song.artists)), plain(song.album), clock(song.seconds))
        names.markdown(f"**{plain(song.title)}**  \n{about}")
        if track is None:
            answer.caption("Not in this catalogue. Drop its file on the Listen page, or record it while it plays.")
        elif answer.button("More like this", key=f"spotify-song-{number}", icon=":material/hearing:"):
            sound_input.search_from(track)
