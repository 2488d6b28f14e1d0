"""Wakes what the first sound would wait for, in the background: decoder, filter banks, encoder, index."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import threading

import numpy as np
from threadpoolctl import threadpool_limits

from synesthete import audio, sampler, settings, side_by_side, spectrogram
from synesthete.audio import clip_from_samples
from synesthete.errors import SynestheteError
from synesthete.settings import Paths
from synesthete.ui import resources

_LOG = logging.getLogger(__name__)
_SECONDS = 3.0
_REST_SECONDS = 2.0  # after the first answer
_has_begun, _settled = threading.Event(), threading.Event()


def begin() -> None:
    """Begin; returns at once. For the server, before anyone has come."""
    _has_begun.set()
    gc.freeze()  # what came with the imports; there is no garbage yet
    for work in (audio.warm_up, _search_once):
        threading.Thread(target=work, daemon=True).start()


def _search_once() -> None:
    """Search with the default encoder in the catalogues that come first, and set aside what has come with it.

    Streamlit has all garbage collected after every run of a page. What torch and the like have made at their import,
    half a million objects, stays for good: frozen, it is not looked at again. Nor is it while it is being made.
    """
    gc.disable()
    try:
        _share_processors()
        spectrogram.warm_up()
        rate_hz = settings.AUDIO.sample_rate_hz
        noise = np.random.default_rng(0).normal(0, 0.1, round(_SECONDS * rate_hz)).astype(np.float32)
        clip = clip_from_samples(noise, rate_hz)
        paths = Paths()
        for path in (paths.sampler / sampler.CATALOGUE_NAME, paths.own_catalogue):
            try:
                if path.is_file():
                    resources.engine(path, settings.DEFAULT_ENCODER).search(clip)
            except SynestheteError as error:
                _LOG.info("not warmed: %s", error)  # the page says so to who asks for it
        importlib.import_module("pandas")  # of all tables: most of a second that the first visit to one would wait
    finally:
        gc.freeze()  # the little garbage in it goes in `settle`, when nobody waits
        gc.enable()


def settle() -> None:
    """After an answer, the first time: set aside what came with it and stays, such as the modules of what was drawn."""
    if not _settled.is_set() and _has_begun.is_set():
        _settled.set()
        timer = threading.Timer(_REST_SECONDS, _set_aside)
        timer.daemon = True
        timer.start()


def _set_aside() -> None:
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _share_processors() -> None:
    """Several networks at once, each operation in one thread: threads that share one wait for each other busily."""
    side_by_side.use(os.cpu_count() or 1)
    threadpool_limits(1, user_api="blas")
