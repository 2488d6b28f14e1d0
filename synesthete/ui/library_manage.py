"""Looking after a catalogue: what could not be read, what goes, what is shared, where it came from."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

import pandas as pd
import streamlit as st

from synesthete.catalogue import Catalogue, Failure
from synesthete.catalogue.share import export_to
from synesthete.ui import library_jobs, owner, resources
from synesthete.ui.catalogues import Source
from synesthete.ui.text import cell, count, plain
from synesthete.ui.track_lists import MOST_ROWS

_MOST_AGAIN = 500  # files that are tried again at once
_MOST_SHARED_BYTES = 1024**3  # more is exported by the command


def may_change(source: Source) -> bool:
    """Whether this visitor may take tracks out of the catalogue that is shown."""
    return source.is_dropped or (owner.is_owner() and not source.is_built_in)


def offer_to_remove(source: Source, ids: Sequence[str]) -> None:
    """A button that takes tracks out, asking first."""
    n = count(len(ids), "track")
    with st.popover(f"Remove {n}", icon=":material/delete:", key="remove"):
        st.markdown(f"**Take {n} out of the library?**")
        st.caption("The files stay where they are, untouched; indexing their folder again brings them back.")
        st.button(f"Remove {n}", key="remove-now", on_click=_remove, args=(source.path, tuple(ids)))


def _remove(path: Path, ids: tuple[str, ...]) -> None:
    with Catalogue.open(path) as catalogue, catalogue.transaction():
        for track_id in ids:
            if track_id in catalogue:
                catalogue.remove(track_id)
    st.toast(f"{count(len(ids), 'track')} taken out.", icon=":material/delete:")


def show_failures(source: Source, catalogue: Catalogue) -> None:
    """Files that could not be read, with the reason; nothing is skipped in silence."""
    failures = catalogue.failures()
    if not failures:
        return
    is_mine = owner.is_owner()
    with st.expander(f"{count(len(failures), 'file')} could not be read", icon=":material/report:", key="failures"):
        shown = failures[:MOST_ROWS]
        files = [row.path if is_mine else PurePath(row.path).name for row in shown]  # folders are the owner's business
        reasons = [row.reason if is_mine else _without_folders(row) for row in shown]
        st.dataframe(
            pd.DataFrame({"File": files, "Why": reasons}).map(cell),
            hide_index=True,
            column_config={"Why": st.column_config.TextColumn(width="large")},
        )
        if is_mine and not source.is_dropped and not source.is_built_in:
            again = [
                path for row in failures[:_MOST_AGAIN] if (path := Path(row.path)).exists() and owner.root_of(path)
            ]
            st.caption("A file is tried again by itself when it changes and its folder is indexed.")
            st.button(
                "Try again",
                icon=":material/refresh:",
                key="failures-again",
                disabled=not again or library_jobs.running(source.path),
                on_click=library_jobs.begin,
                args=(source.path, again, "--retry"),
            )


def _without_folders(failure: Failure) -> str:
    path = PurePath(failure.path)
    reason = failure.reason.replace(failure.path, path.name)
    return reason.replace(str(path.parent), "its folder") if path.is_absolute() else reason


def offer_share(source: Source, catalogue: Catalogue) -> None:
    """The catalogue as a file for others, without sound and without paths."""
    if not (may_change(source) or source.is_built_in) or not resources.encoders_of(source.path):
        return
    opened = st.expander("Share this catalogue", icon=":material/ios_share:", key="share", on_change="rerun")
    if not opened.open:
        return
    name = re.sub(r"\W+", "-", source.label).strip("-") or "catalogue"
    with opened:
        st.markdown(
            "One file that others can search: titles, artists and other tags, and how each track sounds. No sound, no "
            "folders, no file names."
        )
        if catalogue.path.stat().st_size > _MOST_SHARED_BYTES:
            st.caption("It is too large for a browser. This command writes it:")
            st.code("synesthete export mine.synesthete", language=None)
            return
        st.download_button(
            "Download it",
            _exported(catalogue.path),
            file_name=f"{name}.synesthete",
            mime="application/octet-stream",
            icon=":material/download:",
            key="share-file",
            on_click="ignore",
        )


def _exported(path: Path) -> Callable[[], bytes]:
    def write() -> bytes:
        with tempfile.TemporaryDirectory() as folder, Catalogue.open(path, is_read_only=True) as catalogue:
            file = Path(folder) / "shared.synesthete"
            export_to(catalogue, file)
            return file.read_bytes()

    return write


def show_about(source: Source, catalogue: Catalogue) -> None:
    """Where the catalogue came from, and which encoders have analysed it."""
    with st.expander("About this catalogue", icon=":material/info:", key="about"):
        for key, value in catalogue.provenance().items():
            st.markdown(f"**{plain(key.capitalize())}**: {plain(value, 300)}")
        for entry in resources.encoders_of(source.path):
            st.markdown(f"Analysed by **{plain(entry.name)}** {plain(entry.version)}: {count(entry.n_tracks, 'track')}")
