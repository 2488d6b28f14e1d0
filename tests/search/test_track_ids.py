"""Ids in one array stand for a tuple and a dict of them."""

import hashlib

import pytest

from synesthete.search.track_ids import RowOfTrack, TrackIds


def ids_of(n, kind):
    if kind == "hashes":
        return tuple(sorted(hashlib.sha256(str(number).encode()).hexdigest()[:16] for number in range(n)))
    return tuple(sorted(f"{'ä' * (number % 3)}{number}" for number in range(n)))


@pytest.mark.parametrize("kind", ["hashes", "of any length"])
@pytest.mark.parametrize("n", [1, 2, 500])
def test_ids_are_those_of_a_tuple(kind, n):
    expected = ids_of(n, kind)
    ids = TrackIds.of_text("\n".join(expected).encode())
    assert ids == expected and len(ids) == n and tuple(ids) == expected
    assert ids[0] == expected[0] and ids[n - 1] == expected[-1] and ids[::7] == expected[::7]
    assert ids != (*expected, "more") and ids == TrackIds.of_text("\n".join(expected).encode())
    with pytest.raises(IndexError):
        ids[n]


@pytest.mark.parametrize("kind", ["hashes", "of any length"])
def test_rows_are_those_of_a_dict(kind):
    expected = ids_of(500, kind)
    rows = RowOfTrack(TrackIds.of_text("\n".join(expected).encode()))
    assert dict(rows) == {track_id: row for row, track_id in enumerate(expected)}
    for other in ("", "~", expected[3] + "0", expected[3][:-1], "ö"):
        assert other not in rows and rows.get(other, -1) == -1
