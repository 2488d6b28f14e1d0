"""Search by a song's name in Spotify: which song it is, and whether the catalogue holds it."""

from __future__ import annotations

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.errors import PlaylistError
from synesthete.playlists.matching import SURE, Song, confidence, normalised
from synesthete.playlists.playlist import isrc_of
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
    for number, song in enumerate(songs):
        _show_song(number, song, held(catalogue, song))


def held(catalogue: Catalogue, song: Song) -> Track | None:
    """The track of the catalogue that is this song: by ISRC, else by artist, title and length; None if it has none."""
    code = isrc_of(Track("", "", isrc=song.isrc))
    tracks = catalogue.tracks()
    wanted = normalised(song.title)
    by_name = [track for track in tracks if normalised(track.title) == wanted]
    by_code = [track for track in tracks if code and isrc_of(track) == code]
    scored = [(2.0 if track in by_code else confidence(track, song), track) for track in (*by_code, *by_name)]
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
