"""Kaggle's list of songs: each once, damaged rows counted, the same sample for the same seed."""

import random
import string

import pandas as pd
import pytest

from synesthete.errors import CatalogueError
from synesthete.sources.kaggle import Record, Song, find_record, read_songs, shuffled
from synesthete.sources.metadata import NO_METADATA

HEAD = "genre,artist_name,track_name,track_id,popularity"


def spotify_id(number):
    return f"{number:022}"


def song(number):
    return Song(spotify_id(number), f"Title {number}", f"Artist {number}", "Jazz")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "SpotifyFeatures.csv"
    rows = [f"Jazz,Artist {number},Title {number},{spotify_id(number)},50" for number in range(9)]
    rows += [f'Soul,Artist 3,"Title 3",{spotify_id(3)},50', f"Jazz,Artist 3,Title 3,{spotify_id(3)},51"]
    path.write_text("\ufeff" + "\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return path


def test_each_song_once_with_all_its_genres(table):
    songs, n_damaged = read_songs(table)
    frame = pd.read_csv(table, dtype=str, encoding="utf-8-sig")
    assert [song.spotify_id for song in songs] == list(frame.track_id.unique()) and n_damaged == 0
    assert songs[3] == Song(spotify_id(3), "Title 3", "Artist 3", "Jazz; Soul")
    assert songs[3].address == f"https://open.spotify.com/track/{spotify_id(3)}"


@pytest.mark.parametrize("cell", ["", "short", "../../../../etc/passwd", "-o" + "x" * 20, "x" * 21 + ";", "ä" * 22])
def test_rows_without_an_id_are_counted(table, cell):
    with table.open("a") as file:
        file.write(f"Jazz,A,B,{cell},1\nJazz,A\n")
    songs, n_damaged = read_songs(table)
    assert len(songs) == 9 and n_damaged == 2


def test_another_table_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("genre,artist_name,track_name\n")
    with pytest.raises(CatalogueError, match="has no column 'track_id'"):
        read_songs(tmp_path / "x.csv")


def test_a_sample_is_the_same_for_the_same_seed_and_grows():
    songs = [song(number) for number in range(100)]
    mixed = random.Random(1).sample(songs, 100)
    assert shuffled(songs, 5) == shuffled(mixed, 5) != shuffled(songs, 6)
    assert sorted(shuffled(songs, 5), key=lambda song: song.spotify_id) == songs


def test_the_record_knows_files_by_their_folder(tmp_path):
    path = tmp_path / "spotify-list.sqlite"
    assert find_record(tmp_path) is None
    with Record.open(path, is_read_only=False) as record:
        record.note(song(1), 1)
        record.note(song(2), 3, "it ended with exit code 1")
        record.note(song(3), 1, "no")
        record.note(song(3), 2)
        assert record.done() == {spotify_id(1), spotify_id(3)}
        assert record.failed() == {spotify_id(2): "it ended with exit code 1"}
    with Record.open(find_record(tmp_path)) as record:
        given = record(f"/music/{spotify_id(3)}/any name.mp3").given
        assert given == {
            "title": "Title 3",
            "artist": "Artist 3",
            "genre": "Jazz",
            "source": f"https://open.spotify.com/track/{spotify_id(3)}",
        }
        assert record(f"/music/{spotify_id(2)}/x.mp3") == record("/x.mp3") == NO_METADATA


def test_another_database_is_no_record(tmp_path):
    (tmp_path / "spotify-list.sqlite").write_bytes(b"SQLite format 3\0" + string.ascii_letters.encode() * 9)
    with pytest.raises(CatalogueError, match="is not the record of a download"):
        Record.open(tmp_path / "spotify-list.sqlite")
