"""How music comes in: a folder of the server's for its owner, dropped files for everybody, a shared catalogue."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import streamlit as st

from synesthete.audio import FILE_SUFFIXES
from synesthete.catalogue import Catalogue
from synesthete.catalogue.share import import_from
from synesthete.catalogue.shared_file import SharedFile
from synesthete.errors import SynestheteError
from synesthete.sources.folder import SYSTEM_FOLDERS
from synesthete.text import printable
from synesthete.ui import address, catalogues, dropped, library_jobs, navigation, owner, state
from synesthete.ui.catalogues import Source
from synesthete.ui.text import count, plain

_MOST_FOLDERS = 2000  # of a menu
_FOLDER, _DROP, _IMPORT = "A folder", "Drop files", "A shared catalogue"
_ICONS = {_FOLDER: ":material/folder_open:", _DROP: ":material/upload_file:", _IMPORT: ":material/ios_share:"}


def offer(source: Source) -> None:
    """The ways in; for who has no music of their own here yet beside the other way to begin."""
    if not source.is_built_in or {catalogues.OWN, catalogues.DROPPED} & set(catalogues.known()):
        with st.expander("Add music", icon=":material/library_add:", key="add-music"):
            _offer_ways(source)
        return
    built_in, own = st.columns([2, 3])
    with built_in.container(border=True, height="stretch", key="begin-built-in"):
        st.markdown("**:material/library_music: Begin with the built-in music**")
        st.caption("Pieces of our own in many styles, ready to search: the list below.")
        link = navigation.link(address.LISTEN)
        st.page_link("app.py", label="Find what sounds alike", icon=":material/hearing:", query_params=link)
    with own.container(border=True, key="begin-own"):
        st.markdown("**:material/library_add: Index my music**")
        _offer_ways(source)


def _offer_ways(source: Source) -> None:
    """One of them open at a time."""
    ways = [_FOLDER, _DROP, _IMPORT] if owner.is_owner() else [_DROP, _IMPORT]
    way = st.segmented_control(
        "How",
        ways,
        default=ways[0],
        required=True,
        format_func=lambda way: f"{_ICONS[way]} {way}",
        key="add-way",
        label_visibility="collapsed",
    )
    if way == _FOLDER:
        _choose_folder(library_jobs.indexed_into(source))
    elif way == _DROP:
        _drop()
    else:
        _import(source)
    if owner.may_sign_in():
        _offer_sign_in()
    elif not owner.is_owner() and catalogues.OWN not in catalogues.known():
        st.caption(
            "A whole collection is indexed on the computer that runs Synesthete, by who has started it: "
            "`synesthete index ~/Music`."
        )


def _offer_sign_in() -> None:
    """For who may be the owner of this server: the way to show it, or what is in it."""
    if name := owner.signed_in_as():
        st.caption(f"You are signed in as {plain(name)}. The owner of this server is somebody else.")
        st.button("Sign out", icon=":material/logout:", on_click=st.logout)
    elif lacks := owner.why_no_sign_in():
        st.caption(f":material/lock: Only the owner adds folders, after signing in; {plain(lacks, 200)}.")
    elif st.button("Sign in as the owner", icon=":material/login:"):
        owner.sign_in()


# ---- folders -------------------------------------------------------------------------------------------------


def _choose_folder(path: Path) -> None:
    roots = owner.roots()
    if not roots:
        st.info(
            "Say where your music lies when you start Synesthete: `SYNESTHETE_MUSIC=/path/to/music`. Folders below it "
            "can then be chosen here.",
            icon=":material/folder_off:",
        )
        return
    here = Path(st.session_state.get(state.LIBRARY_FOLDER, roots[0]))
    root = owner.root_of(here)
    if root is None or not here.is_dir():
        here = root = roots[0]
    _show_place(here.resolve(), root, roots)
    folders, n_sounds = _look_into(here)
    if folders:
        key = f"library_folder-{here}"
        st.selectbox(
            "Open a folder in it",
            folders,
            index=None,
            format_func=lambda folder: printable(folder.name, "�"),
            placeholder=f"{count(len(folders), 'folder')} in here",
            key=key,
            on_change=lambda: _open(st.session_state[key]),  # before the run: a run begun anew may lose a quick click
        )
    job = library_jobs.running(path)
    st.button(
        f"Index {plain(here.name or str(here), 60)}",
        icon=":material/library_add:",
        key="index-folder",
        disabled=job or not (folders or n_sounds),
        help="Wait until the work above is done" if job else None,
        on_click=library_jobs.begin,
        args=(path, [here]),
    )
    st.caption(
        f"{_what_is_taken(len(folders), n_sounds)} Your files stay where they are and are not changed. Index it again "
        "to take in what is new."
    )


def _what_is_taken(n_folders: int, n_sounds: int) -> str:
    """What indexing a folder would take, of which only what lies directly in it was counted."""
    if n_folders and n_sounds:
        return f"{count(n_sounds, 'sound file')} in it, and all in {count(n_folders, 'folder')} below."
    if n_folders:
        return f"All sound files in {count(n_folders, 'folder')} below, however deep."
    return f"{count(n_sounds, 'sound file')} in it." if n_sounds else "There is no sound file in it."


def _show_place(here: Path, root: Path, roots: tuple[Path, ...]) -> None:
    """The way from the root to the folder, each step a button."""
    parts = here.relative_to(root).parts
    steps = [root, *(root.joinpath(*parts[: n + 1]) for n in range(len(parts)))]
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        for step in (*steps, *(other for other in roots if other != root)):
            st.button(
                plain(step.name or str(step), 40),
                key=f"step-{step}",
                type="tertiary",
                icon=":material/folder:" if step in roots else ":material/chevron_right:",
                disabled=step == here,
                on_click=_open,
                args=(step,),
            )


def _open(folder: Path | None) -> None:
    if folder is not None:
        st.session_state[state.LIBRARY_FOLDER] = str(folder)


def _look_into(folder: Path) -> tuple[list[Path], int]:
    """The folders in a folder that lie below a root, by name; and how many of its files may be sounds."""
    folders, n_sounds = [], 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower() in SYSTEM_FOLDERS:
                    continue
                if entry.is_dir():
                    if not entry.is_symlink() or owner.root_of(Path(entry.path)) is not None:
                        folders.append(Path(entry.path))
                elif Path(entry.name).suffix.lower().lstrip(".") in FILE_SUFFIXES:
                    n_sounds += 1
    except OSError as error:
        st.warning(f"{plain(folder.name)} cannot be opened: {error.strerror}.", icon=":material/lock:")
    return sorted(folders, key=lambda path: path.name.casefold())[:_MOST_FOLDERS], n_sounds


# ---- dropped files ---------------------------------------------------------------------------------------------


def _drop() -> None:
    number = st.session_state.setdefault(state.DROPS, 0)
    key = f"drop-{number}"
    st.file_uploader(
        f"Up to {dropped.MAX_FILES} files, {dropped.MAX_BYTES // 1024**2} MB together",
        type=list(FILE_SUFFIXES),
        accept_multiple_files=True,
        key=key,
        on_change=_take_drop,
        args=(key,),
    )
    st.caption(
        ":material/lock: They are for this visit alone: nobody else can see or hear them, and they are removed when "
        "you close or reload the page."
    )
    if dropped.of_this_visit() is not None:
        st.button("Remove what I dropped", icon=":material/delete:", key="drop-forget", on_click=_forget_dropped)


def _take_drop(key: str) -> None:
    uploads = st.session_state[key]
    if uploads:
        st.session_state[state.DROP_SAID] = dropped.take(uploads)
        st.session_state[state.DROPS] += 1  # a new box, and the server forgets the old one's bytes


def _forget_dropped() -> None:
    dropped.forget()
    catalogues.leave_dropped()


# ---- shared catalogues -----------------------------------------------------------------------------------------


def _import(source: Source) -> None:
    number = st.session_state.setdefault(state.DROPS, 0)
    upload = st.file_uploader(
        "A file that somebody made with “Share this catalogue” or `synesthete export`",
        type=None,
        key=f"import-{number}",
    )
    where = "your library" if owner.is_owner() else "this visit"
    st.caption(
        f"Its tracks come into {where} without their sound: they are found and compared, not played. Every value in "
        "the file is checked. A larger one: `synesthete import FILE`."
    )
    if upload is None or not st.button("Import it", icon=":material/ios_share:", key="import"):
        return
    bar = st.progress(0.0, text="Checking the file …")
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "shared.synesthete"
            file.write_bytes(upload.getvalue())
            path = library_jobs.indexed_into(source) if owner.is_owner() else dropped.begin().path
            with SharedFile(file) as shared, Catalogue.open(path) as catalogue:
                counts = import_from(catalogue, shared, lambda label, done: bar.progress(done, text=plain(label, 60)))
    except SynestheteError as error:
        bar.empty()
        st.session_state[state.DROP_SAID] = str(error).replace(str(file), f"“{upload.name}”")
    else:
        st.toast(f"{count(counts.n_new, 'track')} came in, {counts.n_tracks - counts.n_new:,} were here already.")
        st.session_state[state.DROPS] += 1
        is_others = source.is_built_in or source.is_dropped
        own = catalogues.OWN if is_others else source.name
        catalogues.show(own if owner.is_owner() else catalogues.DROPPED)
    st.rerun()
