"""A list exported: as a file that players read, or to Spotify."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st

from synesthete.catalogue import Catalogue
from synesthete.errors import PlaylistError
from synesthete.playlists import FORMATS, Entry, Playlist, file_name, write
from synesthete.tracks import Track
from synesthete.ui import frame, spotify
from synesthete.ui.text import count, plain

_FILES_ONLY = "m3u"  # an M3U list is nothing but files
_RELATIVE, _ABSOLUTE = "Relative to the music folder", "Absolute"


def offer_export(
    tracks: Sequence[Track] | Callable[[], Sequence[Track]],
    title: str,
    catalogue: Catalogue,
    offsets: Sequence[float] | None = None,
) -> None:
    """Offer a list as M3U8, XSPF, JSPF and CSV, and to Spotify.

    Parameters
    ----------
    tracks : sequence of Track, or callable that gives one
        In playing order; nothing is shown for none. A long list is only read, and written, for who asks for it.
    title : str
        Of the playlist and its file.
    catalogue : Catalogue
        It knows where the audio lies.
    offsets : sequence of float >= 0 [s], optional
        Where each track should begin to play, for players that heed it.
    """
    if tracks:
        read = tracks if callable(tracks) else tuple(tracks).__iter__
        _offer(read, title, catalogue, tuple(offsets) if offsets is not None else None)


@st.fragment
def _offer(
    read: Callable[[], Iterable[Track]], title: str, catalogue: Catalogue, offsets: tuple[float, ...] | None
) -> None:
    """A fragment: what is done in here does not interrupt what plays outside."""
    opened = st.expander("Export", icon=":material/download:", key="export", on_change="rerun")
    if not opened.open:
        return
    with opened:
        try:
            tracks = tuple(read())
            _offer_files(playlist_of(tracks, title, catalogue, offsets), catalogue)
            spotify.offer(tracks, title)
        except PlaylistError as error:  # a fragment's own rerun has no frame around it
            frame.show_error(error)


def playlist_of(
    tracks: Sequence[Track], title: str, catalogue: Catalogue, offsets: Sequence[float] | None = None
) -> Playlist:
    """The list as the file formats want it."""
    starts = offsets if offsets is not None else [0.0] * len(tracks)
    places = [catalogue.locate(track) for track in tracks]
    entries = tuple(
        Entry(track, place.resolve() if place else None, round(start, 2) or None)
        for track, place, start in zip(tracks, places, starts, strict=True)
    )
    return Playlist(title, entries)


def _offer_files(playlist: Playlist, catalogue: Catalogue) -> None:
    st.markdown(f"**{plain(playlist.title)}** · {count(len(playlist.entries), 'track')} as a file")
    style = st.segmented_control(
        "Paths in the file", [_RELATIVE, _ABSOLUTE], default=_ABSOLUTE, required=True, key="export-paths"
    )
    folder = catalogue.folder.resolve()
    with_audio = replace(playlist, entries=tuple(entry for entry in playlist.entries if entry.location is not None))
    with st.container(horizontal=True):
        for name, form in FORMATS.items():
            st.download_button(
                form.label,
                partial(
                    write,
                    with_audio if name == _FILES_ONLY else playlist,
                    name,
                    relative_to=folder if style == _RELATIVE else None,
                ),
                file_name=file_name(playlist.title, name),
                mime=form.mime,
                icon=":material/download:",
                key=f"export-{name}",
                help=f"For {form.purpose}",
                on_click="ignore",
            )
    if n_silent := len(playlist.entries) - len(with_audio.entries):
        st.caption(
            f"No audio here for {count(n_silent, 'track')}: imported. The list names them, without a file; "
            f"{FORMATS[_FILES_ONLY].label} leaves them out."
        )
    n_missing = sum(isinstance(e.location, Path) and not e.location.is_file() for e in playlist.entries)
    lies = f"Save the file in {plain(str(folder), 300)}: its paths begin there."
    st.caption(lies if style == _RELATIVE else "The file works wherever you save it on this computer.")
    if n_missing:
        st.warning(f"{count(n_missing, 'audio file')} of the list are not where they were.")
