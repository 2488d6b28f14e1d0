"""The app's listener, fed with recordings by hand: faster than sound goes, but never faster than it searches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from synesthete.audio import Clip, content_id
from synesthete.encoders.base import Embedding
from synesthete.live import Listener, Now, listener
from synesthete.search import SearchEngine, SearchOptions, SearchResult
from synesthete.spectrogram import Spectrogram, compute_spectrograms

BLOCK_SECONDS, PACE_SECONDS = 0.1, 0.5
PATIENCE_SECONDS = 3600.0


class Asked:
    """The engine as the listener knows it, with or without a track; what is heard twice is embedded once."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self.encoder, self.catalogue = engine.encoder, engine.catalogue
        self.without: str | None = None
        self.n_searches = 0
        self._known: dict[str, tuple[Embedding, tuple[Spectrogram, ...]]] = {}

    def search(self, clip: Clip, options: SearchOptions) -> SearchResult:
        self.n_searches += 1
        key = content_id(clip)
        if key not in self._known:
            spectrograms = compute_spectrograms(clip)
            self._known[key] = self.encoder.embed(clip, spectrograms), spectrograms
        embedding, spectrograms = self._known[key]
        found = self._engine.search_embedding(embedding, options, self.without, clip)
        return replace(found, clip=clip, spectrograms=spectrograms)

    def forget(self) -> None:
        self._known.clear()


def listen(asked: Asked, samples: np.ndarray, rate_hz: int) -> Iterator[tuple[float, Now]]:
    """What is known while this is heard, ten times a second of the sound: when [s], and what."""
    working = SimpleNamespace(n=0)

    @contextmanager
    def turn() -> Iterator[None]:
        working.n += 1
        try:
            yield
        finally:
            working.n -= 1

    listener.LONGEST_WAIT_SECONDS = PATIENCE_SECONDS  # here the sound waits for a search, however busy the machine
    live = Listener(turn=turn)
    live.ask_with(asked, SearchOptions())  # type: ignore[arg-type]
    live.begin()
    pcm = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)[:, None]
    length = round(BLOCK_SECONDS * rate_hz)
    for start in range(0, len(pcm), length):
        live.offer(pcm[start : start + length], rate_hz)
        seconds = (start + length) / rate_hz
        if seconds % PACE_SECONDS < BLOCK_SECONDS or start + length >= len(pcm):
            time.sleep(0.02)  # for what was offered to be taken up
            while working.n or live._sounds.qsize():
                time.sleep(0.005)
        yield seconds, live.now()
    live.end()
