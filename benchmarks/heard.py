"""The app's listener, fed with recordings by hand: faster than sound goes, but never faster than it searches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from synesthete.audio import Clip
from synesthete.encoders.base import Embedding
from synesthete.live import Listener, Now, listener
from synesthete.search import SearchEngine, SearchOptions, SearchResult

BLOCK_SECONDS, PACE_SECONDS = 0.1, 0.5
PATIENCE_SECONDS = 3600.0


class Asked:
    """The engine as the listener knows it, with or without a track."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self.encoder, self.catalogue = engine.encoder, engine.catalogue
        self.without: str | None = None
        self.n_searches = 0

    def search(self, clip: Clip, options: SearchOptions) -> SearchResult:
        return self.search_embedding(self.encoder.embed(clip), options, clip=clip)

    def search_embedding(self, embedding: Embedding, options: SearchOptions, *, clip: Clip) -> SearchResult:
        self.n_searches += 1
        return self._engine.search_embedding(embedding, options, self.without, clip)


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
