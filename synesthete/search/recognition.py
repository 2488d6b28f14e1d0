"""Which recording is this? With how much certainty, by a measure that was calibrated on real recordings.

A query and a recording are compared segment by segment, in step, over as long a run as both allow (at most
``LONGEST_RUN``, 15 s). Through a phone in a room the mean cosine of the right recording falls, from .9 to .4, but those
of all others stay where they are: what counts is by how much the best leads the best of the others, and of a cohort of
other music, so that a small catalogue names no stranger. The components of the segments are witnesses of their own: of
the right recording each leads in the same place; what is only alike leads in likeness, and not in identity.
:mod:`synesthete.search.calibration` says how much each of this counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synesthete.search.calibration import Calibration
from synesthete.search.duplicates import is_part, is_version
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.passages import LONGEST_RUN, Passages, SegmentVectors, best_passages, inner_products

MOST_WRONG = 0.0075  # share of names that may be wrong where the measure is calibrated
N_CANDIDATES = 50
MOST_SEGMENTS = 3 * LONGEST_RUN  # of the query: more make a search slow, and not more certain


@dataclass(frozen=True)
class Evidence:
    """The recording that a sound is nearest to in step, by its row of the index, and by how much.

    Attributes
    ----------
    row : int
    cosine : float in [-1, 1]
        Mean over the run.
    lead : float
        Over the best of the other recordings; below 0 where one of the cohort is nearer.
    component_leads, component_cosines : tuple of float
        The cosine of each component of the segments over the same run, and its lead over the best run that each other
        recording has by this component alone.
    """

    row: int
    cosine: float
    lead: float
    component_leads: tuple[float, ...]
    component_cosines: tuple[float, ...]

    @property
    def numbers(self) -> np.ndarray:
        """What is weighed [1 + 2 * n_components]: the lead, those of the components, their cosines."""
        return np.array([self.lead, *self.component_leads, *self.component_cosines])


@dataclass(frozen=True)
class Recognition:
    """The recording that a sound most likely is, by its row of the index.

    Attributes
    ----------
    row : int
    certainty : float in [0, 1]
        See :meth:`~synesthete.search.calibration.Calibration.certainty`.
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


def recognise(
    query: SegmentVectors, index: EncoderIndex, calibration: Calibration, without: Sequence[int] = ()
) -> Recognition | None:
    """The recording that a query most likely is a piece of; None where there is nothing to compare.

    ``without`` are rows to do as if they were not there.
    """
    found = strongest(query, index, calibration.components, calibration.cohort, without)
    if found is None:
        return None
    return Recognition(found.row, calibration.certainty(found.numbers), found.cosine)


def strongest(
    query: SegmentVectors,
    index: EncoderIndex,
    components: Mapping[str, slice],
    cohort: SegmentVectors,
    without: Sequence[int] = (),
) -> Evidence | None:
    """The recording that a query is nearest to; None where there is nothing to compare.

    Other versions of one recording do not contradict each other: leads are over those that are another recording.

    Parameters
    ----------
    query : SegmentVectors
        Of one recording.
    index : EncoderIndex
    components : dict of str to slice
        Where in a segment's vector each component lies; together they are all of it.
    cohort : SegmentVectors
        Recordings that compete and are not looked for.
    without : sequence of int
        Rows to do as if they were not there.
    """
    query = middle(query)
    if not query.n_sounding:
        return None
    rows = np.setdiff1d(index.likely_recordings(query, N_CANDIDATES + len(without)), without)
    if not len(rows):
        return None
    segments = SegmentVectors.join([index.segment_vectors(rows), cohort])
    products = [inner_products(query.vectors[:, part], segments.vectors[:, part]) for part in components.values()]
    passages = best_passages(query, segments, LONGEST_RUN, sum(products[1:], products[0]))
    best = int(passages.cosines[: len(rows)].argmax())
    others = _Others(best, segments, index.hop_seconds)
    second = others.best(passages.cosines)
    if second is None:
        return None
    run = _run(query, segments, best, passages)
    leads, cosines = [], []
    for part, product in zip(components.values(), products, strict=True):
        of_segments = _over(product, query.vectors[:, part], segments.vectors[:, part])
        cosines.append(float(of_segments[run].mean()))
        leads.append(cosines[-1] - (others.best(best_passages(query, segments, LONGEST_RUN, of_segments).cosines) or 0))
    cosine = float(passages.cosines[best])
    return Evidence(int(rows[best]), cosine, cosine - second, tuple(leads), tuple(cosines))


def _run(
    query: SegmentVectors, segments: SegmentVectors, best: int, passages: Passages
) -> tuple[np.ndarray, np.ndarray]:
    """The segments of the query and of the best recording that are compared, as numbers of rows and columns."""
    of_query = np.flatnonzero(query.start_seconds == passages.query_offset_seconds[best])[0]
    first, end = segments.bounds[best : best + 2]
    at = first + np.flatnonzero(segments.start_seconds[first:end] == passages.offset_seconds[best])[0]
    steps = np.arange(min(int(query.run_lengths[of_query]), int(segments.run_lengths[at])))
    return of_query + steps, at + steps


def _over(products: np.ndarray, queries: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Cosines [n, m] from inner products; 0 beside a zero vector."""
    lengths = (np.sqrt(np.einsum("ij,ij->i", each, each)) for each in (queries, vectors))
    of_queries, of_vectors = (np.where(length > 0, length, 1) for length in lengths)
    return products / of_queries[:, None] / of_vectors


class _Others:
    """The recordings that are not the same as the best one."""

    def __init__(self, best: int, segments: SegmentVectors, hop_seconds: float) -> None:
        recording = segments.recording(best)
        self._is_same = {best: True}
        self._compare: Callable[[int], bool] = lambda number: is_one(recording, segments.recording(number), hop_seconds)

    def best(self, cosines: np.ndarray) -> float | None:
        """The highest of the cosines that belongs to another recording; None where there is none."""
        for number in np.argsort(-cosines, kind="stable").tolist():
            if number not in self._is_same:
                self._is_same[number] = self._compare(number)
            if not self._is_same[number]:
                return float(cosines[number])
        return None


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
