"""Folders and lists as one stream: every file once, with what is known of it, and who has the last word."""

import os
import sqlite3

import pytest

from synesthete.errors import CatalogueError
from synesthete.sources import Found, NotSound, Unreadable
from synesthete.sources.kaggle import Record
from synesthete.sources.metadata import NO_METADATA, Metadata
from synesthete.sources.places import Places
from synesthete.tracks import Track
from tests.sources.fma_tables import TRACKS
from tests.sources.test_beets import library
from tests.sources.test_kaggle import song, spotify_id

SUFFIXES = frozenset({".mp3", ".wav"})


@pytest.fixture
def music(tmp_path):
    for name in ("fma_small/000/000002.mp3", "fma_small/000/000003.mp3", "genres/blues/1.wav", "genres/cover.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def entries(*places, **options):
    return list(Places(places, SUFFIXES, **options).entries())


def known(found):
    return {os.path.basename(entry.path): entry.metadata for entry in found if isinstance(entry, Found)}  # noqa: PTH119


def test_folders_alone_are_as_they_were(music):
    assert known(entries(music)) == dict.fromkeys(("000002.mp3", "000003.mp3", "1.wav"), NO_METADATA)


def test_a_playlist_is_its_files_each_accounted_for(music):
    os.mkfifo(music / "pipe.mp3")
    playlist = music / "list.m3u"
    lines = [
        "fma_small/000/000002.mp3",
        "gone.mp3",
        "genres/cover.jpg",
        "http://radio",
        "genres",
        "pipe.mp3",
        "a\0.mp3",
    ]
    playlist.write_text("\n".join([*lines, "./fma_small/000/000002.mp3", "x" * 5000 + ".mp3"]))
    places = Places([playlist], SUFFIXES)
    found, gone, *others = places.entries()
    assert found.path == str(music / "fma_small/000/000002.mp3") and found.n_bytes == 1
    assert gone == Unreadable(str(music / "gone.mp3"), "list.m3u lists it, but it is not there. Has it been moved?")
    *no_sound, nul, long = others
    assert [type(entry) for entry in no_sound] == [NotSound] * 4
    assert "NUL" in nul.reason and "\0" not in nul.path and "too long" in long.reason and len(long.path) <= 4096
    assert list(places.remarks.values()) == [f"1 entries of {playlist} are addresses on the web: passed over."]


def test_a_listed_name_that_is_no_text_is_told(music):
    path = os.fsencode(music) + b"/caf\xe9.mp3"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    place = library(music / "library.db", rows=[{"path": path}])
    (entry,) = entries(place)
    assert "UTF-8" in entry.reason and entry.path.encode()


def test_a_playlist_found_in_a_folder_is_no_list(music):
    (music / "genres/all.m3u").write_text("blues/1.wav\n")
    assert [entry for entry in entries(music / "genres") if isinstance(entry, NotSound)] == [
        NotSound(str(music / "genres/all.m3u")),
        NotSound(str(music / "genres/cover.jpg")),
    ]


def test_a_file_in_a_list_and_a_folder_counts_once(music):
    (music / "list.m3u").write_text("genres/blues/1.wav\n")
    place = library(music / "library.db", rows=[{"path": os.fsencode(music / "genres/blues/1.wav"), "genre": "Blues"}])
    found = entries(music / "genres", music / "list.m3u", place)
    assert [entry.path for entry in found if isinstance(entry, Found)] == [str(music / "genres/blues/1.wav")]
    assert found[0].metadata == Metadata({"genre": "Blues"})


def test_tables_of_fma_beside_the_music_are_found(music):
    (music / "fma_metadata").mkdir()
    (music / "fma_metadata/tracks.csv").write_text(TRACKS + "7,damaged\n")
    for place in (music, music / "fma_small"):
        places = Places([place, music / "genres"], SUFFIXES)
        tags = known(places.entries())
        assert tags["000002.mp3"].given["artist"] == "AWOL"
        assert tags["000003.mp3"] == tags["1.wav"] == NO_METADATA
        assert list(places.remarks.values()) == [f"1 rows of {music}/fma_metadata/tracks.csv are damaged: passed over."]


def test_the_record_of_a_download_is_found(music):
    path = music / spotify_id(4) / "name.mp3"
    path.parent.mkdir()
    path.write_bytes(b"x")
    with Record.open(music / "spotify-list.sqlite", is_read_only=False) as record:
        record.note(song(4), 1)
    assert known(entries(music))["name.mp3"].given["title"] == "Title 4"


def test_an_explicit_table_goes_before_a_list(music):
    (music / "my.csv").write_text(TRACKS)
    rows = [
        {"path": os.fsencode(music / "fma_small/000/000002.mp3"), "title": "Of beets", "year": 1980, "mb_trackid": ""}
    ]
    place = library(music / "library.db", rows=rows)
    (found,) = entries(place, metadata=[music / "my.csv"])
    assert (found.metadata.given["title"], found.metadata.given["year"]) == ("Food", 2009)
    (music / "fma_metadata").mkdir()
    (music / "my.csv").rename(music / "fma_metadata/tracks.csv")
    found = known(entries(place, music))["000002.mp3"]
    assert found.given["title"] == "Of beets"


def test_curated_fields_go_before_tags_and_guesses_behind():
    track = Track("1", "tagged", artist="tagged", genre="tagged")
    said = Metadata({"title": "curated"}, {"genre": "guessed", "album": "guessed"})
    assert said.applied(track) == Track("1", "curated", artist="tagged", genre="tagged", album="guessed")


def test_the_folder_is_a_genre_only_when_asked(music):
    assert known(entries(music / "genres"))["1.wav"] == NO_METADATA
    (music / "list.m3u").write_text("genres/blues/1.wav\n")
    for place in (music / "genres", music / "list.m3u", music / "genres/blues/1.wav"):
        assert known(entries(place, is_genre_from_folder=True))["1.wav"] == Metadata({}, {"genre": "blues"})


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "no folder or file"), ("other.db", "no beets library"), ("broken.db", "cannot be read")],
)
def test_places_that_cannot_be_are_named(music, name, message):
    with sqlite3.connect(music / "other.db") as connection:
        connection.execute("CREATE TABLE other (id)")
    connection.close()
    (music / "broken.db").write_bytes(b"SQLite format 3\0 and nothing more")
    with pytest.raises(CatalogueError, match=message):
        entries(music / name)


def test_tables_that_are_none_are_named(music):
    (music / "my.csv").write_text("title,artist\n")
    for name, message in (("my.csv", "not the tracks.csv of FMA"), ("none.csv", "no table")):
        with pytest.raises(CatalogueError, match=message):
            Places([music], SUFFIXES, [music / name])
    with pytest.raises(CatalogueError, match="not the record of a download"):
        Places([music], SUFFIXES, [library(music / "library.db")])
