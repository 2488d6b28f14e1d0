"""More like these, less like those: the tracks nearest to a sum and difference of tracks.

The vectors are those by which tracks are compared in this catalogue, fitted to it and drawn to their neighbours: what
all of its music shares is not in them, so that a difference means something. The mean of what is added, less a share
of the mean of what is taken away, is a direction; the tracks nearest to it are the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synesthete.catalogue import Catalogue
from synesthete.encoders.base import unit
from synesthete.errors import CatalogueError, OptionError
from synesthete.search.blend import Blended
from synesthete.search.encoder_index import EncoderIndex
from synesthete.search.filters import SearchOptions, select
from synesthete.search.ranking import Query
from synesthete.search.similarity_scale import SimilarityScale
from synesthete.tracks import Match

LESS = 0.5  # what is taken away counts so much, what is added 1
LEAST_LENGTH = 1e-3  # of the sum; below, nothing is left


@dataclass(frozen=True)
class MixResult:
    """What a mixture found.

    Attributes
    ----------
    matches : tuple of Match
        The nearest first; their cosines are with the mixture.
    scale : SimilarityScale
        Of the catalogue.
    n_tracks : int >= 0
        Compared.
    vector : np.ndarray [shape=(size,)], float32, unit length
        The mixture.
    """

    matches: tuple[Match, ...]
    scale: SimilarityScale
    n_tracks: int
    vector: np.ndarray


def mixture(more: np.ndarray, less: np.ndarray, share: float = LESS) -> np.ndarray:
    """The direction of a sum and difference.

    Parameters
    ----------
    more : np.ndarray [shape=(n, size)], unit length
        What is added; n > 0.
    less : np.ndarray [shape=(m, size)], unit length
        What is taken away.
    share : float >= 0
        How much that counts.

    Returns
    -------
    np.ndarray [shape=(size,)], float32, unit length

    Raises
    ------
    OptionError
        Nothing is added, or nothing is left.
    """
    if not len(more):
        raise OptionError("Nothing is added: name at least one track that the others should be like.")
    total = more.mean(axis=0) - (share * less.mean(axis=0) if len(less) else 0.0)
    if float(np.linalg.norm(total)) < LEAST_LENGTH:
        raise OptionError("These tracks cancel each other out: nothing is left that another could be like.")
    return unit(total)


def mix(
    index: EncoderIndex, catalogue: Catalogue, more: Sequence[str], less: Sequence[str], options: SearchOptions
) -> MixResult:
    """The tracks nearest to a mixture; see :meth:`synesthete.search.engine.SearchEngine.mix`."""
    if twice := set(more) & set(less):
        raise OptionError(f"The track {min(twice)!r} is both added and taken away: leave it out of one of the two.")
    seeds = [*more, *less]
    unknown = next((track_id for track_id in seeds if not index.has(track_id)), None)
    if unknown is not None:
        raise CatalogueError(
            f"The track {unknown!r} is not in the index of {catalogue.path}. Index the catalogue again:"
            " synesthete index."
        )
    rows = [index.row_of[track_id] for track_id in seeds]
    vectors = index.some_vectors(np.array(rows, dtype=np.int64))
    vector = mixture(vectors[: len(more)], vectors[len(more) :])
    segments = index.segment_vectors(rows)
    others = tuple((track_id, segments.recording(number)) for number, track_id in enumerate(seeds))[1:]
    blended = Blended(options.blend, vector, index) if options.blend else None
    query = Query(vector, segments.recording(0), False, excluded_id=seeds[0], blended=blended, others=others)
    found = select(query, index, catalogue, options)
    return MixResult(tuple(found.matches), blended.scale() if blended else index.scale, index.n_tracks, vector)
