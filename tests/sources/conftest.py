"""What the tests of sources share."""

import pytest

from synesthete.sources.datasets import Dataset
from tests.sources.fma_tables import TRACKS, archive_of
from tests.sources.web import serving


@pytest.fixture
def site():
    with serving() as site:
        yield site


@pytest.fixture
def dataset(site, rng):
    """A collection like FMA's on the server: three songs and their metadata."""
    songs = {f"fma_small/000/00000{number}.mp3": rng.bytes(2_000) for number in (2, 5, 9)}
    tables = {"fma_metadata/tracks.csv": TRACKS.encode(), "fma_metadata/features.csv": bytes(9_000)}
    return Dataset(
        "3 songs",
        archive_of(site, "fma_small.zip", {**songs, "fma_small/README.txt": b"words"}),
        archive_of(site, "fma_metadata.zip", tables, ("fma_metadata/tracks.csv", "fma_metadata/genres.csv")),
    )
