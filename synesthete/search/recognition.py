"""Which recording is this? With how much certainty, by a measure that was calibrated on real recordings.

A query and a recording are compared segment by segment, in step, over as long a run as both allow (at most
``LONGEST_RUN``, 15 s). Through a phone in a room the mean cosine of the right recording falls, from .9 to .4, but those
of all others stay where they are: what counts is by how much the best leads the best of the others. The lead from which
a recording is named lies in ``data/models/recognition.json``; ``python -m synesthete.evaluation.fit_recognition``
measures it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.encoders.base import Encoder
from synesthete.errors import EncoderError
from synesthete.search.duplicates import is_part, is_version
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import LONGEST_RUN, SegmentVectors, best_passages

FILE_NAME = "recognition.json"
REMEDY = "Make it anew from your music with: python -m synesthete.evaluation.fit_recognition FILES..."
MOST_WRONG = 0.0075  # share of names that may be wrong where the lead is calibrated
N_CANDIDATES = 50
MOST_SEGMENTS = 3 * LONGEST_RUN  # of the query: more make a search slow, and not more certain
LEAST_RECORDINGS = 3  # fewer leave nobody to lead


@dataclass(frozen=True)
class Calibration:
    """How far the best recording must lead to be named.

    Attributes
    ----------
    certain_lead : float > 0
        The least lead at which at most ``MOST_WRONG`` of the queries whose recording is not in the catalogue are named
        as another, and at most ``MOST_WRONG`` of the names are wrong.
    """

    certain_lead: float


@dataclass(frozen=True)
class Evidence:
    """The recording that a sound is nearest to in step, by its row of the index, and by how much.

    Attributes
    ----------
    row : int
    cosine : float in [-1, 1]
        Mean over the run.
    lead : float >= 0
        Over the best of the other recordings.
    """

    row: int
    cosine: float
    lead: float


@dataclass(frozen=True)
class Recognition:
    """The recording that a sound most likely is, by its row of the index.

    Attributes
    ----------
    row : int
    certainty : float in [0, 1]
        Its lead as a share of the lead that is certain.
    cosine : float in [-1, 1]
        Mean over the run.
    """

    row: int
    certainty: float
    cosine: float

    @property
    def is_certain(self) -> bool:
        """Whether the recording may be named."""
        return self.certainty >= 1


def calibration_of(encoder: Encoder) -> Calibration | None:
    """How certain this encoder's segments make; None for one that was not calibrated.

    Raises
    ------
    EncoderError
        The file is damaged.
    """
    made = _read(settings.Paths().models / FILE_NAME).get(encoder.segment_space_id)
    return Calibration(made) if made else None


@lru_cache(maxsize=1)
def _read(file: Path) -> dict[str, float]:
    if not file.is_file():
        return {}
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))["calibrations"]
        return {str(entry["segment_space_id"]): _lead(entry["certain_lead"]) for entry in plain}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"{file} is damaged ({error}). {REMEDY}") from error


def _lead(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not 0 < number < math.inf:
        raise ValueError(f"{value!r} is no lead")
    return number


def recognise(
    query: SegmentVectors, index: EncoderIndex, calibration: Calibration, without: Sequence[int] = ()
) -> Recognition | None:
    """The recording that a query most likely is a piece of; None where there is too little to compare.

    ``without`` are rows to do as if they were not there.
    """
    found = strongest(query, index, without)
    if found is None:
        return None
    return Recognition(found.row, min(found.lead / calibration.certain_lead, 1.0), found.cosine)


def strongest(query: SegmentVectors, index: EncoderIndex, without: Sequence[int] = ()) -> Evidence | None:
    """The recording that a query is nearest to; None where there is too little to compare.

    Other versions of one recording do not contradict each other: the lead is over the first that is another recording.

    Parameters
    ----------
    query : SegmentVectors
        Of one recording.
    index : EncoderIndex
    without : sequence of int
        Rows to do as if they were not there.
    """
    query = middle(query)
    if not query.n_sounding:
        return None
    rows = np.setdiff1d(index.likely_recordings(query, N_CANDIDATES + len(without)), without)
    if len(rows) < LEAST_RECORDINGS:
        return None
    segments = index.segment_vectors(rows)
    cosines = best_passages(query, segments, LONGEST_RUN).cosines
    order = np.argsort(-cosines, kind="stable")
    best = segments.recording(order[0])
    others = (number for number in order[1:] if not is_one(best, segments.recording(number), index.hop_seconds))
    second = next(others, None)
    if second is None:
        return None
    lead = float(cosines[order[0]] - cosines[second])
    return Evidence(int(rows[order[0]]), float(cosines[order[0]]), lead)


def middle(query: SegmentVectors) -> SegmentVectors:
    """The middle ``MOST_SEGMENTS`` segments of one recording."""
    n = len(query.vectors)
    if n <= MOST_SEGMENTS:
        return query
    begin = (n - MOST_SEGMENTS) // 2
    part = slice(begin, begin + MOST_SEGMENTS)
    lengths = np.minimum(query.run_lengths[part], MOST_SEGMENTS - np.arange(MOST_SEGMENTS))
    return SegmentVectors(query.vectors[part], query.start_seconds[part], np.array([0, MOST_SEGMENTS]), lengths)


def is_one(a: SegmentVectors, b: SegmentVectors, hop_seconds: float) -> bool:
    """Whether two entries are one recording, or one is cut from the other."""
    return is_version(a, b, hop_seconds) or is_part(a, b) or is_part(b, a)
