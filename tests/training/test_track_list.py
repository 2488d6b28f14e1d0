"""tracks.csv: what is written is read, and a list that cannot serve says why."""

import csv

import pytest

from synesthete.errors import SynestheteError
from synesthete.training.track_list import COLUMNS, read_track_list, write_track_list


def test_what_is_written_is_read(tmp_path):
    row = dict.fromkeys(COLUMNS, "x") | {"title": 'Tür, "Tor"\nund Öl', "artist": ""}
    path = write_track_list(tmp_path, [row])
    assert read_track_list(tmp_path) == [row]
    with path.open(newline="", encoding="utf-8") as file:
        assert next(csv.reader(file)) == list(COLUMNS)
    assert [file.name for file in tmp_path.iterdir()] == ["tracks.csv"]


def test_a_list_that_cannot_serve_says_why(tmp_path):
    with pytest.raises(SynestheteError, match=r"There is no .*tracks\.csv"):
        read_track_list(tmp_path)
    write_track_list(tmp_path, [])
    with pytest.raises(SynestheteError, match="lists no track"):
        read_track_list(tmp_path)
    (tmp_path / "tracks.csv").write_text("track_id,file\na,a.ogg\n")
    with pytest.raises(SynestheteError, match=r"tracks\.csv lacks the columns artist, album"):
        read_track_list(tmp_path)
