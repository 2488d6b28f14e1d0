"""Which recording is this? With how much certainty, by a measure that was calibrated on real recordings.

A query and a recording are compared segment by segment, in step, over as long a run as both allow (at most
``LONGEST_RUN``, 15 s). Through a phone in a room the mean cosine of the right recording falls, from .9 to .4, but those
of all others stay where they are: what counts is by how much the best leads the best of the others. A logistic
regression on this lead, the cosine itself and the length of the run gives the probability that the best is right, and
not one that happens to be nearest because the right one is not here. Its coefficients lie in
``data/models/recognition.json``; ``python -m synesthete.evaluation.fit_recognition`` makes them.
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
CERTAIN = 0.99  # probability at which a recording is named
N_CANDIDATES = 50
MOST_SEGMENTS = 3 * LONGEST_RUN  # of the query: more make a search slow, and not more certain
LEAST_RECORDINGS = 3  # fewer leave nobody to lead


@dataclass(frozen=True)
class Calibration:
    """How certain a lead makes.

    Attributes
    ----------
    intercept, of_lead, of_cosine, of_length : float
        Of the logistic regression, whose terms are the lead, the cosine, and the logarithm of the run's length.
    """

    intercept: float
    of_lead: float
    of_cosine: float
    of_length: float

    def probability(self, evidence: Evidence) -> float:
        """That the best recording is the one asked about, in [0, 1]."""
        length = math.log(evidence.n_segments)
        score = (
            self.intercept + self.of_lead * evidence.lead + self.of_cosine * evidence.cosine + self.of_length * length
        )
        return 1 / (1 + math.exp(-max(min(score, 50.0), -50.0)))


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
    n_segments : int > 0
        Of the run.
    """

    row: int
    cosine: float
    lead: float
    n_segments: int


@dataclass(frozen=True)
class Recognition:
    """The recording that a sound most likely is, and how likely, in [0, 1]."""

    row: int
    probability: float
    cosine: float

    @property
    def is_certain(self) -> bool:
        """Whether the recording may be named."""
        return self.probability >= CERTAIN


def calibration_of(encoder: Encoder) -> Calibration | None:
    """How certain this encoder's segments make; None for one that was not calibrated.

    Raises
    ------
    EncoderError
        The file is damaged.
    """
    made = _read(settings.Paths().models / FILE_NAME).get(encoder.segment_space_id)
    return Calibration(**made) if made else None


@lru_cache(maxsize=1)
def _read(file: Path) -> dict[str, dict[str, float]]:
    if not file.is_file():
        return {}
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))["calibrations"]
        return {
            str(entry["segment_space_id"]): {name: _number(entry[name]) for name in Calibration.__dataclass_fields__}
            for entry in plain
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"{file} is damaged ({error}). {REMEDY}") from error


def _number(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no coefficient")
    return number


def recognise(query: SegmentVectors, index: EncoderIndex, calibration: Calibration) -> Recognition | None:
    """The recording that a query most likely is a piece of; None where there is too little to compare."""
    found = strongest(query, index)
    return Recognition(found.row, calibration.probability(found), found.cosine) if found else None


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
    n_segments = int(min(query.run_lengths.max(), best.run_lengths.max()))
    lead = float(cosines[order[0]] - cosines[second])
    return Evidence(int(rows[order[0]]), float(cosines[order[0]]), lead, max(n_segments, 1))


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
