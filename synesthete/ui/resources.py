"""Thin cached wrappers: models, catalogues and indexes are made once for the whole server."""

from __future__ import annotations

import os
import shlex
import threading
from pathlib import Path

import streamlit as st

from synesthete import audio, encoders, sampler, spectrogram
from synesthete.catalogue import Catalogue
from synesthete.catalogue.kept_figures import Figures
from synesthete.catalogue.vectors import EncoderEntry
from synesthete.errors import CatalogueError
from synesthete.search import SearchEngine, index_folder
from synesthete.settings import Paths
from synesthete.ui.followed_figures import FollowedFigures


def catalogue(path: Path) -> Catalogue:
    """A catalogue for browsing, opened for reading only; no encoder is needed.

    Raises
    ------
    CatalogueError
        It is gone, damaged, or of another format.
    """
    _warm_up()
    return _opened(path, _identity(path))


def engine(path: Path, encoder_name: str) -> SearchEngine:
    """A search engine over a catalogue. CatalogueError if this encoder has not embedded it."""
    is_passing = path.is_relative_to(Paths().passing.resolve())
    return (_passing_engine if is_passing else _engine)(path, _identity(path), encoder_name)


def encoders_of(path: Path) -> tuple[EncoderEntry, ...]:
    """The encoders that have vectors in a catalogue."""
    return _encoders(path, _identity(path), catalogue(path).n_changes())


def figures(path: Path) -> Figures:
    """The figures of a catalogue; of a large one that is being changed, the last that were counted."""
    catalogue(path)  # says it if it is gone
    return _figures(path, _identity(path)).now()


def is_embedded(encoder_name: str) -> bool:
    """Whether this encoder has vectors of every built-in track that can be read."""
    paths = Paths()
    copies = sorted(paths.state.glob("sampler-*.sqlite*"))  # each with its log, where what was just written lies
    files = (paths.sampler / sampler.CATALOGUE_NAME, *copies)
    seen = tuple((str(file), found.st_mtime_ns, found.st_size) for file in files if (found := _stat(file)))
    if encoder_name not in _embedded_names(seen):  # to load it would take a second
        return False
    return _is_embedded(encoders.load(encoder_name).fingerprint, seen, encoder_name)


@st.cache_data(max_entries=4, show_spinner=False)
def _embedded_names(files: tuple[tuple[str, int, int], ...]) -> frozenset[str]:
    return sampler.embedded_names()


@st.cache_data(max_entries=64, show_spinner=False)
def _is_embedded(fingerprint: str, files: tuple[tuple[str, int, int], ...], encoder_name: str) -> bool:
    with sampler.open_for(encoders.load(encoder_name)) as opened:
        failed = {failure.path for failure in opened.failures()}
        missing = opened.missing(fingerprint)
        return len(missing) < len(opened) and all(not track.path or track.path in failed for track in missing)


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:
        return None  # removed just now


def forget_engine(path: Path, encoder_name: str) -> None:
    """Have an engine made anew at the next call, because its vectors are in another file now."""
    _engine.clear(path, _identity(path), encoder_name)


def _identity(path: Path) -> tuple[int, int]:
    """Which file lies there now: one that was removed and made again is opened again."""
    try:
        found = path.stat()
    except OSError as error:
        command = f"synesthete index FOLDER --catalogue {shlex.quote(str(path))}"
        remedy = "make sampler" if _is_built_in(path) else command
        raise CatalogueError(f"The catalogue {path} is gone: {error.strerror}. To make it again: {remedy}") from error
    return found.st_dev, found.st_ino


@st.cache_resource(show_spinner=False)
def _warm_up() -> None:
    """Wake a decoding process and build the filter banks, so that the first sound does not wait for them."""
    for warm_up in (audio.warm_up, spectrogram.warm_up):
        threading.Thread(target=warm_up, daemon=True).start()


@st.cache_resource(show_spinner=False, max_entries=16)
def _opened(path: Path, identity: tuple[int, int]) -> Catalogue:
    return Catalogue.open(path, is_read_only=True)


@st.cache_resource(show_spinner=False, max_entries=16)
def _figures(path: Path, identity: tuple[int, int]) -> FollowedFigures:
    return FollowedFigures(_opened(path, identity))


@st.cache_resource(show_spinner=False, max_entries=8)
def _engine(path: Path, identity: tuple[int, int], encoder_name: str) -> SearchEngine:
    """With a connection of its own: making an index does not keep others from browsing."""
    encoder = encoders.load(encoder_name)
    opened = sampler.open_for(encoder) if _is_built_in(path) else Catalogue.open(path, is_read_only=True)
    return SearchEngine(opened, encoder, index_folder(opened))


@st.cache_resource(show_spinner="Loading this encoder …", max_entries=8)
def _passing_engine(path: Path, identity: tuple[int, int], encoder_name: str) -> SearchEngine:
    """Of what visitors drop: apart, so that they do not push the others out."""
    opened = Catalogue.open(path, is_read_only=True)
    return SearchEngine(opened, encoders.load(encoder_name), index_folder(opened))


@st.cache_data(show_spinner=False, max_entries=16)
def _encoders(path: Path, identity: tuple[int, int], n_changes: int) -> tuple[EncoderEntry, ...]:
    return _opened(path, identity).encoders()


def _is_built_in(path: Path) -> bool:
    return path == Paths().sampler / sampler.CATALOGUE_NAME
