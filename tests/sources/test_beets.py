"""Libraries as beets writes them, old and new, and databases that only look like it."""

import os
import sqlite3

import pytest

from synesthete.errors import CatalogueError
from synesthete.sources import beets
from synesthete.sources.beets import is_database, music_folder, read_library

UUID = "12345678-1234-1234-1234-123456789abc"
OLD = """
    id INTEGER PRIMARY KEY, path BLOB, title TEXT, artist TEXT, album TEXT, albumartist TEXT, genre TEXT, year INTEGER,
    original_year INTEGER, track INTEGER, mb_trackid TEXT, length REAL
"""


def library(path, columns=OLD, rows=()):
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE items ({columns})")
        for row in rows:
            names = ", ".join(row)
            connection.execute(f"INSERT INTO items ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
    connection.close()
    return path


@pytest.fixture(autouse=True)
def no_beets_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setenv("BEETSDIR", str(tmp_path / "no beets"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_songs_with_what_beets_knows(tmp_path):
    row = {
        "path": b"/music/caf\xc3\xa9.mp3",
        "title": "Title",
        "artist": "Artist",
        "album": "Album",
        "albumartist": "Various",
        "genre": "Jazz",
        "year": 1999,
        "track": 7,
        "mb_trackid": UUID.upper(),
    }
    ((path, metadata),) = read_library(library(tmp_path / "library.db", rows=[row]))
    assert path == "/music/café.mp3"
    assert metadata.given == {
        "title": "Title",
        "artist": "Artist",
        "album": "Album",
        "album_artist": "Various",
        "genre": "Jazz",
        "year": 1999,
        "track_number": 7,
        "musicbrainz_recording_id": UUID,
    }


def test_newer_versions_keep_several_genres_and_relative_paths(tmp_path):
    columns = "id INTEGER PRIMARY KEY, path BLOB, title TEXT, genres TEXT, isrc TEXT"
    row = {"path": b"Artist/song.mp3", "genres": "Jazz\\␀Soul", "isrc": "us-abc-12-34567"}
    path = library(tmp_path / "library.db", columns, [row])
    (tmp_path / "config.yaml").write_text("plugins: []\ndirectory: /srv/my music # here\n")
    ((place, metadata),) = read_library(path)
    assert place == "/srv/my music/Artist/song.mp3"
    assert metadata.given == {"genre": "Jazz; Soul", "isrc": "USABC1234567"}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("directory: ~/sounds\n", "{home}/sounds"),
        ("directory: '/a b'\n", "/a b"),
        ('directory: "/a#b"\n', "/a#b"),
        ("directory: music\n", "{beside}/music"),
        ("library: x\n", "{home}/Music"),
        ("directory: ~nobody-here/x\n", "{beside}/~nobody-here/x"),
        (None, "{home}/Music"),
    ],
)
def test_where_relative_paths_start(tmp_path, config, expected):
    if config is not None:
        (tmp_path / "config.yaml").write_text(config)
    assert music_folder(tmp_path / "library.db") == expected.format(home=tmp_path / "home", beside=tmp_path)


def test_a_pipe_is_no_configuration(tmp_path):
    os.mkfifo(tmp_path / "config.yaml")
    assert music_folder(tmp_path / "library.db") == str(tmp_path / "home/Music")


def test_the_configuration_of_beets_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("BEETSDIR", str(tmp_path / "beets"))
    (tmp_path / "beets").mkdir()
    (tmp_path / "beets/config.yaml").write_text("directory: /theirs\n")
    assert music_folder(tmp_path / "elsewhere" / "library.db") == "/theirs"


def test_many_songs_in_portions_and_beets_can_go_on_writing(tmp_path, monkeypatch):
    monkeypatch.setattr(beets, "ROWS_A_QUERY", 10)
    rows = [{"path": f"/m/{number}.mp3".encode()} for number in range(25)]
    path = library(tmp_path / "library.db", rows=rows)
    songs = read_library(path)
    found = [next(songs)[0]]
    with sqlite3.connect(path, timeout=0.1) as connection:
        connection.execute("UPDATE items SET title = 'new'")
    connection.close()
    found += [place for place, _ in songs]
    assert found == [row["path"].decode() for row in rows]


def test_it_is_not_written_to(tmp_path):
    path = library(tmp_path / "library.db", rows=[{"path": b"/a.mp3"}])
    before = path.read_bytes(), sorted(tmp_path.iterdir())
    list(read_library(path))
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == before


def test_strange_values_do_no_harm(tmp_path):
    rows = [
        {"path": b"/a\0b.mp3", "title": b"\xff\xfe", "artist": "x" * 1_000_000, "year": "no year", "track": -4},
        {"path": "text.mp3", "title": 5, "mb_trackid": "not one", "genre": "a\x1b[31m\nb"},
        {"path": None},
        {"path": b"\xff.mp3"},
    ]
    songs = list(read_library(library(tmp_path / "library.db", rows=rows)))
    assert len(songs) == 4 and songs[0][0] == "/a\0b.mp3"
    assert len(songs[0][1].given["artist"]) == 300 and "year" not in songs[0][1].given
    assert songs[1][1].given == {"title": "5", "genre": "a [31m b"}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (id)",
        "CREATE TABLE items (title)",
        "CREATE VIEW items AS WITH RECURSIVE n(id, path) AS (SELECT 1, 'x' UNION ALL SELECT id + 1, path FROM n)"
        " SELECT * FROM n",
    ],
)
def test_another_database_is_refused(tmp_path, statement):
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute(statement)
    connection.close()
    with pytest.raises(CatalogueError, match="no beets library"):
        list(read_library(tmp_path / "x.db"))


def test_a_damaged_library_is_named(tmp_path):
    path = library(tmp_path / "library.db", rows=[{"path": b"/a.mp3"}])
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xff" * (len(data) - 100))
    with pytest.raises(CatalogueError, match="cannot be read"):
        list(read_library(path))


def test_databases_are_known_by_their_beginning(tmp_path):
    assert is_database(library(tmp_path / "musiclibrary.blb"))
    (tmp_path / "x.db").write_bytes(b"SQLite")
    assert not is_database(tmp_path / "x.db") and not is_database(tmp_path / "nothing")
