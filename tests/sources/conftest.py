"""What the tests of sources share."""

import pytest

from tests.sources.web import serving


@pytest.fixture
def site():
    with serving() as site:
        yield site
