"""What the tests of catalogues share."""

import pytest

from synesthete.catalogue import Catalogue


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue.open(tmp_path / "kept" / "catalogue.sqlite") as opened:
        yield opened
