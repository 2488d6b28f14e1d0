"""Of a large catalogue, the tracks that a journey or a playlist may come by: what is near to it, a few thousand.

A journey chooses among the tracks nearest to points on its way (:func:`synesthete.journey.route.make_route`), a
playlist among those nearest to its seeds. An index finds these without looking at every track; nothing else is read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synesthete.errors import JourneyError
from synesthete.journey.route import great_circle
from synesthete.journey.track_vectors import Seed, TrackVectors
from synesthete.search import SearchEngine

WHOLE_UP_TO = 5000  # tracks; a smaller catalogue is considered whole
N_CANDIDATES = 4000
_LEAST_OF_A_POINT = 60
_POINTS_A_LEG = 12


def near(engine: SearchEngine, seeds: Sequence[Seed], *, is_way: bool, whole_up_to: int = WHOLE_UP_TO) -> TrackVectors:
    """The tracks near to seeds, and with ``is_way`` near to the ways between them; of a small catalogue all.

    Raises
    ------
    JourneyError
        A seed is unknown here.
    """
    ids = engine.track_ids
    if len(ids) <= whole_up_to:
        return TrackVectors.read(engine)
    places = _places(engine, seeds)
    points = [*places]
    for begin, end in zip(places[:-1], places[1:], strict=True) if is_way else ():
        try:
            points += [*great_circle(begin, end, _POINTS_A_LEG)[1:-1]]
        except JourneyError:  # the two are one place; who plans the journey says so
            continue
    n_each = max(N_CANDIDATES // max(len(points), 1), _LEAST_OF_A_POINT)
    found = set(engine.near(np.array(points), n_each)) if points else set()
    return TrackVectors.read(engine, sorted(found | {seed for seed in seeds if isinstance(seed, str)}))


def _places(engine: SearchEngine, seeds: Sequence[Seed]) -> list[np.ndarray]:
    for seed in seeds:
        if isinstance(seed, str) and not engine.catalogue.has_vectors(seed, engine.encoder.fingerprint):
            raise JourneyError(
                f"The track {seed!r} has no vector here. Choose another seed, or index it with this encoder."
            )
    return [engine.vectors_of([seed])[0] if isinstance(seed, str) else engine.vector_of(seed) for seed in seeds]
