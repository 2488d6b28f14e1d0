"""What a visitor drops: a catalogue of this visit alone, in a folder that goes when the visit ends.

It is analysed in the background, all visitors in one line, by the encoder that the pages have loaded anyway. Nobody
else can choose it: it is known to the session that holds it, and to no list of the server's.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import Protocol

import streamlit as st

from synesthete import encoders, settings
from synesthete.audio import FILE_SUFFIXES
from synesthete.audio.clip import clean_name
from synesthete.catalogue import Catalogue
from synesthete.catalogue.analysis import Analysis, KnownSounds, prepare
from synesthete.errors import SynestheteError
from synesthete.settings import Paths
from synesthete.sources.folder import Found
from synesthete.ui import state
from synesthete.ui.text import count

MAX_FILES = 40
MAX_BYTES = 500 * 1024**2  # of one visit
MAX_BYTES_OF_ALL = 4 * 1024**3  # of all visits together
_LOG = logging.getLogger(__name__)


class Upload(Protocol):
    """A file that the browser sent."""

    name: str
    size: int

    def getvalue(self) -> bytes:
        """All of its bytes."""
        ...


class DroppedMusic:
    """The files of one visit and their catalogue.

    Attributes
    ----------
    path : Path
        The catalogue; its folder is removed when nothing holds this object any more, or the server ends.
    n_files, n_done, n_bytes : int
        Taken so far, of these read or failed; their size.
    current : str
        The name of the file that is being listened to; empty when none is.
    """

    def __init__(self) -> None:
        parent = Paths().passing
        parent.mkdir(parents=True, exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(dir=parent, prefix=f"{os.getpid()}-", ignore_cleanup_errors=True)
        self.path = Path(self._folder.name).resolve() / "catalogue.sqlite"
        self.catalogue = Catalogue.open(self.path)
        self.n_files = self.n_done = self.n_bytes = 0
        self.current = ""

    def take(self, uploads: Sequence[Upload], line: ThreadPoolExecutor, n_bytes_elsewhere: int = 0) -> str:
        """Keep files and have them analysed; a sentence on those that are too many or too large, or nothing."""
        n_left_out = 0
        for upload in uploads:
            n_bytes = self.n_bytes + upload.size
            is_too_much = n_bytes > MAX_BYTES or n_bytes + n_bytes_elsewhere > MAX_BYTES_OF_ALL
            if self.n_files >= MAX_FILES or is_too_much:
                n_left_out += 1
                continue
            file = self.path.parent / _stored_name(self.n_files, upload.name)
            file.write_bytes(upload.getvalue())
            self.n_files, self.n_bytes = self.n_files + 1, n_bytes
            work = line.submit(_analyse, weakref.ref(self), file, clean_name(upload.name))
            work.add_done_callback(_log_mistake)
        if not n_left_out:
            return ""
        return (
            f"{count(n_left_out, 'file')} left out: a visit can hold {MAX_FILES} files and "
            f"{MAX_BYTES // 1024**2} MB together. Drop fewer, or reload this page to begin anew."
        )

    @cached_property
    def _read(self) -> Callable[[Found], Analysis]:
        name = settings.DEFAULT_ENCODER
        return prepare(KnownSounds(self.path), {name: encoders.load(name).fingerprint})

    def analyse(self, file: Path, name: str) -> None:
        """Read one file into the catalogue; what fails is kept there with its reason, by the name it came with."""
        self.current = name
        try:
            self._keep(self._read(Found(str(file), file.stat().st_size, file.stat().st_mtime_ns)), file, name)
        except SynestheteError as error:
            self.catalogue.record_failure(name, str(error).replace(file.name, name), "read")
            file.unlink(missing_ok=True)
        finally:
            self.n_done += 1
            self.current = ""

    def _keep(self, analysis: Analysis, file: Path, name: str) -> None:
        encoder = encoders.load(settings.DEFAULT_ENCODER)
        track = analysis.track
        if track.title == file.stem:  # it had no title of its own
            track = replace(track, title=PurePath(name).stem or name)
        with self.catalogue.transaction():
            kept = self.catalogue.add_track(track)
            for embedding in analysis.embeddings.values():
                self.catalogue.put_embedding(kept.track_id, encoder, embedding)
        self.catalogue.renew_moments(encoder)

    @property
    def is_at_work(self) -> bool:
        """Whether files wait to be read."""
        return self.n_done < self.n_files


def of_this_visit() -> DroppedMusic | None:
    """What this visitor has dropped so far."""
    return st.session_state.get(state.DROPPED)


def begin() -> DroppedMusic:
    """The catalogue of this visit, made now if there is none."""
    if state.DROPPED not in st.session_state:
        made = DroppedMusic()
        _visits().add(made)
        st.session_state[state.DROPPED] = made
    return st.session_state[state.DROPPED]


def take(uploads: Sequence[Upload]) -> str:
    """Take files into the catalogue of this visit; see :meth:`DroppedMusic.take`."""
    mine = begin()
    elsewhere = sum(other.n_bytes for other in list(_visits()) if other is not mine)
    return mine.take(uploads, _line(), elsewhere)


def forget() -> None:
    """Remove all that this visitor has dropped."""
    st.session_state.pop(state.DROPPED, None)


@st.cache_resource(show_spinner=False)
def _line() -> ThreadPoolExecutor:
    """Files wait here for their turn; what an earlier server has left behind is removed first."""
    for folder in Paths().passing.glob("*-*"):
        number = re.match(r"(\d+)-", folder.name)
        if number and not _is_running(int(number[1])):
            shutil.rmtree(folder, ignore_errors=True)
    return ThreadPoolExecutor(1, thread_name_prefix="dropped")


@st.cache_resource(show_spinner=False)
def _visits() -> weakref.WeakSet[DroppedMusic]:
    return weakref.WeakSet()


def _is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stored_name(number: int, name: str) -> str:
    """A name of ours: of the visitor's only a known ending stays."""
    suffix = PurePath(name).suffix.lower().lstrip(".")
    return f"{number:03}.{suffix}" if suffix in FILE_SUFFIXES else f"{number:03}"


def _analyse(music: weakref.ref[DroppedMusic], file: Path, name: str) -> None:
    if (mine := music()) is not None:  # else the visit has ended
        mine.analyse(file, name)


def _log_mistake(work: Future[None]) -> None:
    if error := work.exception():
        _LOG.error("a dropped file could not be taken in", exc_info=error)
