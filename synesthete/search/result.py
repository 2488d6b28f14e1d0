"""What a search found, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from synesthete.audio import Clip
from synesthete.encoders.base import Embedding
from synesthete.search.blend import Blend
from synesthete.search.similarity_scale import SimilarityScale
from synesthete.spectrogram import Spectrogram
from synesthete.tracks import Match

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class SearchResult:
    """What a search found, and on the way to it.

    Attributes
    ----------
    matches : tuple of Match
        The most alike first.
    same_recording : tuple of Match
        Where the query itself was found, if ``hide_duplicates`` keeps it from the matches.
    recognised : Match, optional
        The recording that the query is, or is a piece of, where that is certain
        (:mod:`synesthete.search.recognition`); its cosine is that of the passages in step.
    compared : {"track", "passage"}
    scale : SimilarityScale
        What the matches' cosines mean in this catalogue, compared this way.
    n_tracks : int >= 0
        How many tracks the encoder has embedded.
    n_hidden : dict of str to int
        For each of ``HIDING_REASONS``, how many tracks it keeps from the matches that would stand among the first
        ``k`` if there were no filters; the query's own recording counts as none of these, and takes no place. A track
        with several reasons counts under the first of: too long, artist, below minimum, duplicates.
    embedding : Embedding
        Of the query.
    vector : np.ndarray [shape=(size,)], float32, unit length
        The query among the tracks: its cosines with :meth:`SearchEngine.vectors` say how alike they sound.
    clip, spectrograms : optional
        The query's sound and its spectrograms, where the search began with a sound.
    timings : dict of str to float [s]
        What each stage took: decode, spectrogram, embed, search.
    blend : Blend, optional
        What counted how much, where that was chosen.
    n_open : int >= 0
        Among how many of the ``n_tracks`` was looked (``SearchOptions.only``).
    """

    matches: tuple[Match, ...]
    same_recording: tuple[Match, ...]
    compared: Literal["track", "passage"]
    scale: SimilarityScale
    n_tracks: int
    n_hidden: dict[str, int]
    embedding: Embedding
    vector: np.ndarray
    recognised: Match | None = None
    clip: Clip | None = None
    spectrograms: tuple[Spectrogram, ...] | None = None
    timings: dict[str, float] = field(default_factory=dict)
    blend: Blend | None = None
    n_open: int = 0


class Stages:
    """Tells the listener which stage has begun, and keeps how long each took."""

    ALL = ("decode", "spectrogram", "embed", "search")

    def __init__(self, on_progress: Progress | None) -> None:
        self._tell = on_progress or (lambda stage, fraction: None)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._tell(name, self.ALL.index(name) / len(self.ALL))
        begin = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - begin
        if name == self.ALL[-1]:
            self._tell(name, 1.0)
