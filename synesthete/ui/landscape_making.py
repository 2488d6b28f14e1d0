"""The map of the catalogue, made once for the whole server: beside the pages, which say meanwhile how far it is.

What a page makes by itself cannot be left before it is done. So a thread makes the map: who goes elsewhere meanwhile
finds it when they come back.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import streamlit as st

from synesthete.landscape.drawn import WHOLE_UP_TO
from synesthete.search import SearchEngine
from synesthete.ui.landscape_data import LandscapeData, make_landscape_data

PATIENCE_SECONDS = 1.0  # before a page says that it waits; a map that is kept is mostly there by then
_LOOKS_EVERY_SECONDS = 1.0
_makers = ThreadPoolExecutor(2, "map")


class Making:
    """A map that is being made, or has been.

    Attributes
    ----------
    told : tuple of (str, float)
        What is being done, and which share [0, 1] of all is done.
    """

    def __init__(self, engine: SearchEngine, method: str) -> None:
        self.told = ("Opening the map …", 0.0)
        self._began = time.monotonic()
        self._work = _makers.submit(make_landscape_data, engine, method, self._tell)

    @property
    def seconds(self) -> float:
        """How long it has been at work [s]."""
        return time.monotonic() - self._began

    @property
    def is_at_work(self) -> bool:
        """Whether it is not made yet."""
        return not self._work.done()

    @property
    def has_failed(self) -> bool:
        """Whether something went wrong."""
        return self._work.done() and self._work.exception() is not None

    def wait(self, seconds: float) -> LandscapeData | None:
        """The map, or None where it is not made in so many seconds; what went wrong is raised here."""
        try:
            return self._work.result(seconds)
        except TimeoutError:
            if self.is_at_work:
                return None
            raise

    def _tell(self, words: str, share: float) -> None:
        self.told = words, share


def open_landscape_data(engine: SearchEngine, method: str) -> LandscapeData | None:
    """The map of this encoder's vectors; None where it is still being made, which the page then says.

    Raises
    ------
    LandscapeError
        There are too few tracks for a map.
    """
    catalogue, fingerprint = engine.catalogue, engine.encoder.fingerprint
    n_tagged = catalogue.n_tagged()
    if len(engine.track_ids) > WHOLE_UP_TO:  # words come all the time while it is added to, vectors with a new index
        n_tagged = min(n_tagged, 1)
    key = (method, str(catalogue.path), fingerprint, engine.vectors_revision, n_tagged)
    making = _making(engine, *key)
    try:
        made = making.wait(PATIENCE_SECONDS)
    finally:
        if making.has_failed:  # the next visit tries again
            _making.clear(engine, *key)
    if made is None:
        _show_progress(making)
    return made


@st.cache_resource(show_spinner=False, max_entries=8)
def _making(
    _engine: SearchEngine, method: str, path: str, encoder_fingerprint: str, vectors_revision: str, n_tagged: int
) -> Making:
    return Making(_engine, method)


@st.fragment(run_every=_LOOKS_EVERY_SECONDS)
def _show_progress(making: Making) -> None:
    """How far it is, until it is there: then the page runs anew."""
    if not making.is_at_work:
        st.rerun()
    words, share = making.told
    st.progress(share, text=f":material/landscape: {words} {making.seconds:.0f} s")
    st.caption("This happens once. The other pages are there meanwhile, and it goes on if you leave.")
