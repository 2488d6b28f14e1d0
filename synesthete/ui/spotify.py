"""Spotify on the page: sign in, find the tracks, confirm the doubtful ones, create the playlist.

How a sign-in finds its way back to the visit that began it: docs/decisions/spotify-sign-in.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import streamlit as st

from synesthete.errors import SpotifyError
from synesthete.playlists.matching import Candidate, Song
from synesthete.playlists.spotify_account import (
    HOW_TO_GET_CREDENTIALS,
    PendingLogins,
    SpotifyConfig,
    TokenStore,
)
from synesthete.playlists.spotify_session import CreatedPlaylist, SpotifySession, UnfinishedPlaylistError
from synesthete.tracks import Track
from synesthete.ui import frame, state
from synesthete.ui.text import count, dotted, plain

_CREDENTIALS = ("SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET", "SPOTIPY_REDIRECT_URI")
_MOST_TRACKS = 200  # an app in development mode has a small quota of searches
_LOGIN_SECONDS = 600
_POLL_SECONDS = 2.0
_MOST_POLLS = 5  # after an answer has come: trading it for the tokens takes a moment


# ---- the way back ------------------------------------------------------------------------------------------


def receive() -> None:
    """Finish a sign-in if Spotify has just sent the browser back here with its answer; else do nothing.

    The tokens go to the visit that began the sign-in, which is another tab; this one only says so.
    """
    query = {name: st.query_params.get(name, "") for name in ("code", "state", "error")}
    if query["state"] and (query["code"] or query["error"]):
        st.query_params.clear()  # neither a reload nor a copied address repeats it
        try:
            login, store = _pending().take(query["state"], _cookie(_cookie_name(query["state"])))
            SpotifySession(_config(), store).finish(query, login)
            st.session_state[state.SPOTIFY_ARRIVED] = True
        except SpotifyError as error:
            frame.show_error(error)
    if st.session_state.get(state.SPOTIFY_ARRIVED):
        st.success(
            "**Spotify is connected.** Go back to the tab with your list; this one can be closed.",
            icon=":material/check_circle:",
        )
        st.button("Use Synesthete in this tab", on_click=st.session_state.pop, args=(state.SPOTIFY_ARRIVED,))
        st.stop()


@st.cache_resource(show_spinner=False)
def _pending() -> PendingLogins:
    """Sign-ins under way, of all visitors; in memory, each for ten minutes and for one use."""
    return PendingLogins(keep_seconds=_LOGIN_SECONDS)


def _cookie(name: str) -> str:
    """What this browser showed when it opened the page."""
    return st.context.cookies.get(name, "")


def _cookie_name(login_state: str) -> str:
    """A cookie for each sign-in, so that two tabs do not disturb each other."""
    return f"synesthete-login-{hashlib.sha256(login_state.encode(errors='replace')).hexdigest()[:16]}"


# ---- what the page offers ----------------------------------------------------------------------------------


def offer(tracks: Sequence[Track], title: str) -> None:
    """The step that is next: how to set it up, connect, find, confirm, create."""
    if not is_set_up():
        st.caption("To Spotify: not set up here.", help=plain(HOW_TO_GET_CREDENTIALS, 600))
        return
    st.markdown("**To Spotify**")
    session = connected("list")
    if session is None:
        return
    if len(tracks) > _MOST_TRACKS:
        st.info(f"Spotify allows few searches: narrow the list to {_MOST_TRACKS} tracks; it has {len(tracks):,}.")
        return
    _find(session, tuple(tracks), title)


def is_set_up() -> bool:
    """Whether who has started Synesthete has named an app of Spotify's."""
    return any(_credential(name) for name in _CREDENTIALS)


def connected(place: str) -> SpotifySession | None:
    """This visitor's connection; while there is none, the step that is next, and None.

    Parameters
    ----------
    place : str
        Which part of the page asks; two of them may stand on one page.
    """
    session = _session()
    if not session.is_connected:
        _connect(session, place)
        return None
    st.session_state.pop(state.SPOTIFY_LOGIN, None)
    return session


def _credential(name: str) -> str:
    """From the secrets file if there is one, else from the environment."""
    if st.secrets.load_if_toml_exists() and name in st.secrets:
        return str(st.secrets[name])
    return os.environ.get(name, "")


def _config() -> SpotifyConfig:
    config = SpotifyConfig.from_mapping({name: _credential(name) for name in _CREDENTIALS})
    # a stand-in for Spotify, as the tests have; https or this computer only, as SpotifyConfig demands
    accounts, api = os.environ.get("SYNESTHETE_SPOTIFY_ACCOUNTS"), os.environ.get("SYNESTHETE_SPOTIFY_API")
    return replace(config, accounts_url=accounts or config.accounts_url, api_url=api or config.api_url)


def _session() -> SpotifySession:
    """This visitor's connection; it lives and ends with the browser tab's session."""
    if state.SPOTIFY not in st.session_state:
        store = TokenStore()
        st.session_state[state.SPOTIFY] = (SpotifySession(_config(), store), store)
    return st.session_state[state.SPOTIFY][0]


def _connect(session: SpotifySession, place: str) -> None:
    elsewhere = _right_address(session.config.redirect_uri)
    if elsewhere:
        st.info(f"To connect, open Synesthete at [{elsewhere}]({elsewhere}): that is where Spotify sends you back.")
        return
    if state.SPOTIFY_LOGIN not in st.session_state:
        st.caption("Synesthete asks for one right only, to make private playlists. The connection ends with this tab.")
        st.button("Connect Spotify", icon=":material/link:", key=f"connect-{place}", on_click=_begin, args=(session,))
        return
    _set_cookie()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button("Agree on Spotify", st.session_state[state.SPOTIFY_LOGIN], icon=":material/open_in_new:")
        st.button("Cancel", key=f"cancel-{place}", on_click=st.session_state.pop, args=(state.SPOTIFY_LOGIN,))
    _wait(session)


def _begin(session: SpotifySession) -> None:
    login = session.begin()
    browser = secrets.token_urlsafe(32)
    _pending().keep(login, st.session_state[state.SPOTIFY][1], browser)
    st.session_state[state.SPOTIFY_LOGIN] = login.url
    st.session_state[state.SPOTIFY_STATE] = login.state
    st.session_state[state.SPOTIFY_COOKIE] = (_cookie_name(login.state), browser)


def _set_cookie() -> None:
    """Give this browser what only it can show when Spotify sends it back."""
    name, value = st.session_state[state.SPOTIFY_COOKIE]
    cookie = f"{name}={value}; Max-Age={_LOGIN_SECONDS}; Path=/; SameSite=Lax"
    safe = "(location.protocol === 'https:' ? '; Secure' : '')"
    st.html(f"<script>document.cookie = {json.dumps(cookie)} + {safe}</script>", unsafe_allow_javascript=True)


@st.fragment(run_every=_POLL_SECONDS)
def _wait(session: SpotifySession) -> None:
    """Look every two seconds whether the other tab has brought the tokens."""
    if session.is_connected:
        st.rerun()
    is_held = _pending().holds(st.session_state.get(state.SPOTIFY_STATE, ""))
    waited = 0 if is_held else st.session_state.get(state.SPOTIFY_WAITED, 0) + 1
    st.session_state[state.SPOTIFY_WAITED] = waited
    if waited > _MOST_POLLS:
        # declined in the other tab, or ten minutes have gone: the same address would not be answered again
        st.session_state.pop(state.SPOTIFY_LOGIN, None)
        st.session_state.pop(state.SPOTIFY_WAITED, None)
        st.rerun()
    st.caption(":material/hourglass_top: Waiting for your answer in the other tab. It comes back here by itself.")


def _right_address(redirect_uri: str) -> str:
    """Where the visitor must be for the way back to work, or empty if they are there.

    127.0.0.1 and localhost are the same computer, but not the same site: the cookie of one is not shown to the other.
    """
    wanted, here = urlsplit(redirect_uri), urlsplit(st.context.url or "")
    is_here = not here.netloc or (here.scheme, here.netloc) == (wanted.scheme, wanted.netloc)
    return "" if is_here else f"{wanted.scheme}://{wanted.netloc}/"


# ---- connected ---------------------------------------------------------------------------------------------


def _find(session: SpotifySession, tracks: tuple[Track, ...], title: str) -> None:
    ids = tuple(track.track_id for track in tracks)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge("Connected", icon=":material/check:", color="green")
        is_wanted = st.button(f"Find the {count(len(tracks), 'track')}", icon=":material/search:")
        st.button("Disconnect", on_click=session.disconnect)
    if is_wanted:
        bar = st.progress(0.0, text="Asking Spotify …")

        def tell(done: int, total: int) -> None:
            bar.progress(done / total, text=f"{done} of {total} tracks asked for")

        found = session.match_tracks(tracks, tell)
        bar.empty()
        st.session_state[state.SPOTIFY_FOUND] = (ids, found)
    found_ids, candidates = st.session_state.get(state.SPOTIFY_FOUND, ((), []))
    made_ids, made = st.session_state.get(state.SPOTIFY_MADE, ((), None))
    if made_ids == ids and made is not None:
        _show_made(session, made, ids)
    elif found_ids == ids:
        _create(session, _confirm(candidates), title, ids)


def _confirm(candidates: Sequence[Candidate]) -> list[str]:
    """The URIs to take: the sure ones, and of the doubtful those that the listener chooses."""
    sure = [candidate for candidate in candidates if candidate.song and not candidate.is_doubtful]
    doubtful = [c for c in candidates if c.is_doubtful and (c.song or c.alternatives)]
    missing = [c for c in candidates if not c.song and not c.alternatives]
    st.markdown(f"{len(sure)} found for certain, {len(doubtful)} doubtful, {len(missing)} not on Spotify.")
    chosen = {id(candidate): candidate.uri for candidate in sure}
    for number, candidate in enumerate(doubtful):
        songs = [song for song in (candidate.song, *candidate.alternatives) if song]
        song = st.selectbox(
            f"Is it one of these? {plain(candidate.track.label)}",
            songs,
            index=None,
            placeholder="Leave it out",
            format_func=_song_text,
            key=f"spotify-doubt-{number}-{candidate.track.track_id}",
            help=plain(candidate.reason, 300),
        )
        chosen[id(candidate)] = song.uri if song else None
    if missing:
        names = "; ".join(plain(candidate.track.label, 60) for candidate in missing[:20])
        st.caption(f"Not found: {names}{' …' if len(missing) > 20 else ''}")
    return [uri for candidate in candidates if (uri := chosen.get(id(candidate)))]


def _song_text(song: Song) -> str:
    return dotted(song.label, song.album)


def _create(session: SpotifySession, uris: list[str], title: str, ids: tuple[str, ...]) -> None:
    if not uris:
        st.caption("Nothing to create yet: confirm at least one track. As M3U the whole list goes along.")
        return
    name = st.text_input("Name of the playlist", title, max_chars=100, key=f"spotify-name-{title}")
    if st.button(f"Create it with {count(len(uris), 'track')}", icon=":material/playlist_add:"):
        with st.spinner("Creating the playlist …"):
            made: CreatedPlaylist | UnfinishedPlaylistError
            try:
                made = session.create_playlist(name, uris, description="Found by ear, by Synesthete.")
            except UnfinishedPlaylistError as error:
                made = error
        st.session_state[state.SPOTIFY_MADE] = (ids, made)
        st.rerun()


def _show_made(session: SpotifySession, made: CreatedPlaylist | UnfinishedPlaylistError, ids: tuple[str, ...]) -> None:
    if isinstance(made, CreatedPlaylist):
        st.success(f"“{plain(made.name)}” is in your account, private, with {count(made.n_added, 'track')}.")
        with st.container(horizontal=True):
            st.link_button("Open it on Spotify", made.link, icon=":material/open_in_new:")
            st.button("Make another", on_click=st.session_state.pop, args=(state.SPOTIFY_MADE,))
        return
    frame.show_error(made)
    if st.button("Add the missing tracks", icon=":material/refresh:"):
        try:
            st.session_state[state.SPOTIFY_MADE] = (ids, session.add_to_playlist(made.playlist, made.missing))
        except UnfinishedPlaylistError as error:
            st.session_state[state.SPOTIFY_MADE] = (ids, error)
        st.rerun()
