"""The vectors of the built-in catalogue, read as a journey reads them."""

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.journey import TrackVectors
from synesthete.search import SearchEngine


@pytest.fixture(scope="module")
def catalogue():
    with sampler.open_sampler() as opened:
        yield opened


def test_start_passages_are_chosen_among_the_segments(catalogue):
    """In the default encoder, tracks and segments lie in two spaces; comparing across, 120 of 152 were wrong."""
    names = [entry.name for entry in catalogue.encoders()]
    assert "synesthete" in names
    for encoder in map(encoders.load, names):
        track_vectors = TrackVectors.read(SearchEngine(catalogue, encoder))
        for row, track in enumerate(track_vectors.tracks):
            segments, matrix = catalogue.segments(track.track_id, encoder.fingerprint)
            cosines = matrix.astype(np.float64) @ matrix.astype(np.float64).mean(axis=0)
            assert track_vectors.start_seconds(row) == segments[int(cosines.argmax())].start_seconds
