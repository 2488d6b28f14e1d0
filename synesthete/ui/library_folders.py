"""The folders of a library, for its owner: how much came from each, when it was last looked through, what goes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from synesthete.catalogue import Catalogue, background
from synesthete.catalogue.background import Job
from synesthete.catalogue.folders import Folder, gathered, is_below
from synesthete.catalogue.indexed_places import IndexedPlace
from synesthete.ui import library_jobs, owner
from synesthete.ui.catalogues import Source
from synesthete.ui.text import cell, count, plain
from synesthete.ui.track_lists import table_height

_DAY_SECONDS = 86_400


def show_folders(source: Source, catalogue: Catalogue) -> None:
    """The folders that were indexed, each to be looked through again or taken out; for the owner alone."""
    if not owner.is_owner() or source.is_built_in or source.is_dropped:
        return
    fold = st.expander("Folders", icon=":material/folder_open:", key="folders", on_change="rerun")
    if not fold.open:
        return
    job = background.last_job(source.path)
    with fold:
        places = catalogue.indexed_places()
        named = tuple(place.path for place in places)
        folders = _folders(str(catalogue.path), catalogue.n_changes(), named, catalogue)
        if not folders:
            st.caption("No folder of this server has been indexed.")
            return
        table = pd.DataFrame(
            {
                "Folder": [cell(folder.path) for folder in folders],
                "Sounds": [folder.n_files - folder.n_failed for folder in folders],
                "Not read": [folder.n_failed for folder in folders],
                "Looked through": [last_run(folder.path, places, job) for folder in folders],
            }
        )
        key = f"folders-table-{hash(tuple(folders))}"
        chosen = st.dataframe(
            table, hide_index=True, on_select="rerun", selection_mode="single-row", key=key,
            height=table_height(len(folders), 340),
            column_config={"Folder": st.column_config.TextColumn(width="large")},
        )  # fmt: skip
        rows = chosen["selection"]["rows"]
        other = st.text_input(
            "Another folder", placeholder="/path/of/the/folder, as it was indexed", key="remove-folder"
        ).strip()
        folder = other or (folders[rows[0]].path if rows and rows[0] < len(folders) else "")
        if folder:
            _offer(folder, source, catalogue)
        else:
            st.caption("Choose one to look through it again for what is new, or to take it out of the library.")


def last_run(folder: str, places: Sequence[IndexedPlace], job: Job | None) -> str:
    """When a folder was last looked through, as far as it is known, by this page or by the command."""
    if job is not None and job.is_at_work and any(is_below(folder, place) for place in job.places):
        return "now"
    over = [place for place in places if is_below(folder, place.path)]
    if not over:
        return ""
    last = max(over, key=lambda place: place.last_time)
    days = (time.time() - last.last_time) / _DAY_SECONDS
    when = time.strftime("%H:%M" if days < 0.5 else "%d %B %Y", time.localtime(last.last_time))
    return when if last.is_complete else f"{when}, not to its end"


@st.cache_data(show_spinner=False, max_entries=8)
def _folders(path: str, n_changes: int, places: tuple[str, ...], _catalogue: Catalogue) -> list[Folder]:
    return gathered(_catalogue.folders(), places)


def _offer(folder: str, source: Source, catalogue: Catalogue) -> None:
    files = catalogue.files_below(folder)
    if not files:
        st.caption(f"Nothing in {plain(folder, 200)} has been indexed.")
        return
    st.markdown(f"**{plain(folder, 200)}**")
    place = Path(folder)
    with st.container(horizontal=True):
        st.button(
            "Index it again", icon=":material/refresh:", key="folder-again",
            disabled=owner.root_of(place) is None or library_jobs.running(source.path),
            on_click=library_jobs.begin, args=(source.path, [place]),
        )  # fmt: skip
        st.button(
            f"Remove {count(len(files), 'file')}", icon=":material/delete:", key="remove-folder-now",
            help="They stay where they are, untouched; indexing the folder again brings them back",
            on_click=_remove, args=(source.path, folder),
        )  # fmt: skip


def _remove(path: Path, folder: str) -> None:
    with Catalogue.open(path) as catalogue:
        n_removed = catalogue.forget_files(catalogue.files_below(folder))
    st.session_state.pop("remove-folder", None)
    st.toast(f"{count(n_removed, 'track')} taken out.", icon=":material/delete:")
