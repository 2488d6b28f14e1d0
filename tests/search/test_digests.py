"""Tracks and hashes in two arrays stand for a dict of them."""

import hashlib

import numpy as np
import pytest

from synesthete.search.digests import Digests
from tests.search.test_track_ids import ids_of


def digests_of(ids, salt=""):
    return {track_id: hashlib.sha256(f"{track_id}{salt}".encode()).hexdigest()[:16] for track_id in ids}


def as_dict(digests):
    return dict(zip(digests.track_ids(), [str(each, "utf-8") for each in digests.hashes.tolist()], strict=True))


def lines_of(digests):
    return "\n".join(f"{track_id} {digest}" for track_id, digest in digests.items()).encode()


@pytest.mark.parametrize("kind", ["hashes", "of any length"])
@pytest.mark.parametrize("n", [1, 2, 500])
def test_lines_come_back_as_they_were(kind, n):
    expected = digests_of(ids_of(n, kind))
    found = Digests.of_lines(lines_of(expected))
    assert as_dict(found) == expected and found.lines() == lines_of(expected)
    assert as_dict(Digests.of_mapping(expected)) == expected


@pytest.mark.parametrize("kind", ["hashes", "of any length"])
def test_rows_are_found_where_id_and_hash_are_the_same(kind, rng):
    ids = ids_of(400, kind)
    one = digests_of(sorted(rng.choice(ids, 300, replace=False).tolist()))
    other = digests_of(sorted(rng.choice(ids, 250, replace=False).tolist()))
    for changed in list(other)[::9]:
        other[changed] = "0" * 16
    rows = Digests.of_mapping(one).rows_in(Digests.of_mapping(other))
    row_of = {track_id: row for row, track_id in enumerate(other)}
    assert rows.tolist() == [row_of[each] if other.get(each) == digest else -1 for each, digest in one.items()]
    assert (rows >= 0).sum() > 100 > np.count_nonzero(rows == -1) - 100
