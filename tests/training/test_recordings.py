"""Music with labels, in the layouts that it comes in."""

import csv

import pytest

from synesthete.errors import SynestheteError
from synesthete.settings import Paths
from synesthete.training.recordings import Recording, read_recordings


def write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path.parent


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_a_list_in_the_folder(tmp_path):
    """Rows with a doubt are not learned from."""
    rows = [
        ("file", "artist", "genre", "licence", "doubt"),
        ("a.opus", "Ada", "jazz", "CC0", ""),
        ("b.opus", "", "", "CC BY", ""),
        ("c.opus", "Cem", "folk", "", "licence not stated"),
    ]
    folder = write_rows(tmp_path / "real" / "tracks.csv", rows)
    touch(folder, "a.opus", "b.opus", "c.opus")
    assert read_recordings([folder]) == [
        Recording(folder / "a.opus", "Ada", "real", "jazz", "CC0"),
        Recording(folder / "b.opus", "", "real", "", "CC BY"),
    ]


def test_the_built_in_music():
    found = read_recordings([Paths().sampler])
    assert len(found) == 152 and len({one.genre for one in found}) == 19
    assert all(one.artist and one.path.is_file() and one.licence == "CC0-1.0" for one in found)


def test_folders_of_genres(tmp_path):
    touch(tmp_path, "genres/blues/1.wav", "genres/rock/2.wav", "genres/rock/cover.jpg")
    found = read_recordings([tmp_path / "genres"], is_genre_from_folder=True)
    assert [(one.path.name, one.genre) for one in found] == [("1.wav", "blues"), ("2.wav", "rock")]
    assert {one.genre for one in read_recordings([tmp_path / "genres"])} == {""}


def test_the_fma_dataset(tmp_path):
    rows = [
        ("", "artist", "track", "track"),
        ("", "name", "title", "genre_top"),
        ("track_id", "", "", ""),
        ("2", "AWOL", "Food", "Hip-Hop"),
    ]
    write_rows(tmp_path / "fma_metadata" / "tracks.csv", rows)
    touch(tmp_path, "fma_small/000/000002.mp3")
    (found,) = read_recordings([tmp_path / "fma_small"])
    assert (found.artist, found.genre) == ("AWOL", "Hip-Hop")


def test_what_cannot_be_read_is_a_sentence(tmp_path):
    with pytest.raises(SynestheteError, match="no recording in"):
        read_recordings([tmp_path])
    folder = write_rows(tmp_path / "a" / "tracks.csv", [("file",), ("x.wav",)])
    with pytest.raises(SynestheteError, match="lacks the columns artist"):
        read_recordings([folder])
    folder = write_rows(tmp_path / "b" / "tracks.csv", [("file", "artist"), ("x.wav", "")])
    with pytest.raises(SynestheteError, match="names 'x.wav', which is not there"):
        read_recordings([folder])


def test_who_is_held_out_together(tmp_path):
    file = tmp_path / "x.wav"
    assert Recording(file, "Ada", "one").group == Recording(tmp_path / "y.wav", "ADA", "two").group
    assert Recording(file, "", "one").group == Recording(tmp_path / "y.wav", "", "one").group
    assert Recording(file).group != Recording(tmp_path / "y.wav").group
