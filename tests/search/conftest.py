"""What the tests of a large catalogue's index share."""

from types import SimpleNamespace

import numpy as np
import pytest

from synesthete.catalogue import Catalogue
from synesthete.search.smoothing import smoothed
from synesthete.search.store_builder import bring_up_to_date
from synesthete.search.track_store import state_path
from tests.search.large_catalogues import ENCODER, N_TRACKS, put


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A catalogue that nobody changes, and its index."""
    folder = tmp_path_factory.mktemp("large")
    with Catalogue.open(folder / "catalogue.sqlite") as catalogue:
        put(catalogue, np.random.default_rng(0), range(N_TRACKS))
        catalogue.renew_moments(ENCODER)
        store = bring_up_to_date(catalogue, ENCODER, folder / "index")
        vectors = smoothed(store.space(catalogue.track_features(ENCODER.fingerprint)))
        yield SimpleNamespace(catalogue=catalogue, store=store, vectors=vectors, folder=folder / "index")


@pytest.fixture
def own(made, tmp_path):
    """A copy of both, to be changed."""
    made.catalogue.pack()
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(made.catalogue.path.read_bytes())
    folder = tmp_path / "index"
    folder.mkdir()
    for file in made.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with Catalogue.open(path) as catalogue:
        yield SimpleNamespace(catalogue=catalogue, folder=folder, state=state_path(folder, ENCODER.fingerprint))
