"""Where in a long recording its excerpts lie: evenly over all of it, or over what of it sounds.

A survey listens to short places all over a recording. Their number is bounded, and no clock has a say in it: what is
read depends on the content alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from synesthete.audio.mono import joined
from synesthete.audio.reader import Block, Reader
from synesthete.audio.silence import BLOCK_SECONDS, is_sounding
from synesthete.settings import AudioSettings

Passage = tuple[float, float]  # start and length [s]

CAP_SLACK_SECONDS = 1.0  # how far a "whole" sound may run past what its header says before it is measured
STEP_SECONDS = 5.0  # between the places of a survey; half an excerpt
MAX_PLACES = 1_440  # of a survey; in six hours every quarter of a minute
SCAN_SECONDS = 1800.0  # up to this length a recording is silent only if all of it is
_OVERLAP = 0.1  # of an excerpt, that two may share where a region has not quite the room for both
LISTEN_SECONDS = 1.0  # at each place: longer than a rest


@dataclass(frozen=True)
class Region:
    """A stretch of a recording, from ``start`` to ``end`` [s], in which every place of a survey sounds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Length [s]."""
        return self.end - self.start


class Survey(NamedTuple):
    """Where there is sound, at how many places this was asked, and whether all of the recording was listened to."""

    regions: list[Region]
    n_places: int
    is_complete: bool


def plan(seconds: float | None, audio: AudioSettings) -> list[Passage]:
    """What is read of a sound ``seconds`` long (None: not known).

    A sound up to ``whole_seconds`` is one passage with a little slack; of a longer one, each of ``n_excerpts``
    equal parts gives the passage at its middle.
    """
    if seconds is None or seconds <= audio.whole_seconds:
        return [(0.0, audio.whole_seconds + CAP_SLACK_SECONDS)]
    return _evenly(Region(0.0, seconds), audio.n_excerpts, seconds, audio)


def survey(reader: Reader, seconds: float) -> Survey:
    """Find out where there is sound in a recording that is ``seconds`` long.

    It is listened to at places all over it; if they are silent, from its beginning to its end, unless it is very long.
    """
    n_cells = max(1, min(MAX_PLACES, round(seconds / STEP_SECONDS)))  # not up: a frame more must not shift them all
    cell = seconds / n_cells
    starts = [max(0.0, (number + 0.5) * cell - LISTEN_SECONDS / 2) for number in range(n_cells)]
    sounds = np.array([_sounds(reader.blocks(start)) for start in starts])
    is_complete = not sounds.any() and seconds <= SCAN_SECONDS
    if is_complete:
        sounds = _scan(reader.blocks(0.0), cell, n_cells)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], sounds, [False]]).astype(int)))
    return Survey([Region(start * cell, end * cell) for start, end in edges.reshape(-1, 2)], n_cells, is_complete)


def spread(found: list[Region], seconds: float, audio: AudioSettings) -> list[Passage]:
    """Passages spread over regions as :func:`plan` spreads them over a recording that sounds all through.

    Laid end to end, the regions are cut into equal parts; each part's middle gives its region one passage, as long as
    the region has room. So a pause changes nothing, and where little sounds there are fewer passages.
    """
    lengths = np.array([region.seconds for region in found])
    ends = np.cumsum(lengths)
    n = int(np.clip(np.ceil(ends[-1] / audio.excerpt_seconds), 1, audio.n_excerpts))
    middles = (np.arange(n) + 0.5) * ends[-1] / n
    counts = np.bincount(np.searchsorted(ends, middles, side="right"), minlength=len(found))
    room = np.maximum(1, np.floor(lengths / audio.excerpt_seconds + _OVERLAP)).astype(int)
    return [
        passage
        for region, count in zip(found, np.minimum(counts, room), strict=True)
        for passage in _evenly(region, int(count), seconds, audio)
    ]


def _sounds(blocks: Iterator[Block]) -> bool:
    """Whether there is sound on any channel in the first ``LISTEN_SECONDS`` of blocks."""
    heard, seconds = [], 0.0
    for rate, block in blocks:
        block = block[:, : round(LISTEN_SECONDS * rate)]  # a reader may hand out much at once
        heard.append((rate, block))
        seconds += block.shape[1] / rate
        if seconds >= LISTEN_SECONDS:
            break
    return any(_is_heard(rate, block).any() for rate, block in joined(iter(heard)))


def _scan(blocks: Iterator[Block], cell: float, n_cells: int) -> np.ndarray:
    """Which cells of a recording hold sound anywhere: bool [n_cells]."""
    sounds = np.zeros(n_cells, dtype=bool)
    at = 0.0
    for rate, block in joined(blocks):
        places = at + np.flatnonzero(_is_heard(rate, block)) * BLOCK_SECONDS
        sounds[np.minimum(places // cell, n_cells - 1).astype(int)] = True
        at += block.shape[1] / rate
    return sounds


def _is_heard(rate: int, block: np.ndarray) -> np.ndarray:
    """Whether any channel sounds, by tenths of a second."""
    return np.any([is_sounding(channel, rate) for channel in block], axis=0)


def _evenly(region: Region, n: int, seconds: float, audio: AudioSettings) -> list[Passage]:
    """``n`` passages, each at the middle of one of as many equal parts of a region; within the recording."""
    length = min(audio.excerpt_seconds, seconds)
    part = region.seconds / max(n, 1)
    starts = [region.start + (number + 0.5) * part - length / 2 for number in range(n)]
    return [(min(max(start, 0.0), seconds - length), length) for start in starts]
