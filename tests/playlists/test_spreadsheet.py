"""CSV read back by ``csv`` and pandas."""

import csv
import io
from pathlib import Path

import pandas
import pytest
from hostile import TEXTS, playlists
from hypothesis import given

from synesthete.playlists import Entry, Playlist, write
from synesthete.playlists.playlist import one_line
from synesthete.playlists.spreadsheet import COLUMNS, as_text
from synesthete.tracks import Track

FORMULA = tuple("=+-@\t\r＝＋－＠")  # OWASP's list, CSV injection


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


@given(playlists)
def test_one_row_each_and_no_cell_runs(playlist):
    content = write(playlist, "csv", relative_to=Path("/music"))
    assert content.startswith(b"\xef\xbb\xbf")
    assert len(content.decode().splitlines()) == len(playlist.entries) + 1
    rows = rows_of(content)
    assert len(rows) == len(playlist.entries)
    for position, (row, entry) in enumerate(zip(rows, playlist.entries, strict=True), start=1):
        assert tuple(row) == COLUMNS and row["position"] == str(position)
        assert row["artist"].removeprefix("'") == one_line(entry.track.artist).removeprefix("'")
        assert not any(cell.startswith(FORMULA) for cell in row.values())


@pytest.mark.parametrize("text", TEXTS)
def test_an_apostrophe_only_where_it_is_needed(text):
    line = one_line(text)
    assert as_text(text) == (f"'{line}" if line.startswith(FORMULA) else line)


def test_every_field_in_pandas():
    track = Track("0123456789abcdef", "=1+1", 'Ärtist, "x"', "Album", "Jazz", 61.2345, "", "GBAYE6900522", "CC0", "src")
    entries = (Entry(track, Path("/music/-a.mp3"), offset_seconds=0.0), Entry(Track("2", "b")))
    table = pandas.read_csv(io.BytesIO(write(Playlist("", entries), "csv", relative_to=Path("/music"))))
    assert tuple(table.columns) == COLUMNS
    assert table.iloc[0].to_dict() == {
        "position": 1,
        "title": "'=1+1",
        "artist": 'Ärtist, "x"',
        "album": "Album",
        "genre": "Jazz",
        "seconds": 61.234,
        "offset_seconds": 0.0,
        "isrc": "GBAYE6900522",
        "location": "./-a.mp3",
        "licence": "CC0",
        "source": "src",
        "track_id": "0123456789abcdef",
    }
    assert table.iloc[1][["seconds", "location", "artist"]].isna().all()
