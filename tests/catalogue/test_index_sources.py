"""Playlists, beets libraries, FMA's tables and folders of genres, from the file to the catalogue."""

import os
import sqlite3

import mutagen.flac
import pytest
import soundfile

from synesthete.catalogue.indexing import index
from synesthete.cli import main
from tests.sounds import RATE_HZ, melody
from tests.sources.fma_tables import TRACKS


def song(path, seed, **tags):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, melody(2, seed=seed), RATE_HZ)
    if tags:
        file = mutagen.flac.FLAC(path)
        file.update(tags)
        file.save()
    return path


@pytest.fixture
def music(tmp_path):
    song(tmp_path / "fma_small/000/000002.flac", 1, title="Tagged", artist="Tagged", album_artist="Tagged")
    song(tmp_path / "fma_small/000/000003.flac", 2, title="Unlisted", genre="Tagged")
    return tmp_path / "fma_small"


def run(catalogue, *places, **options):
    counts = index(catalogue, places, ("timbre",), n_workers=1, **options)
    total = counts.n_indexed + counts.n_unchanged + counts.n_failed + counts.n_not_sound
    assert counts.is_complete and total == counts.n_found
    return counts


def by_name(catalogue):
    return {os.path.basename(track.path): track for track in catalogue.tracks()}  # noqa: PTH119


def fma_table(music):
    path = music.parent / "fma_metadata/tracks.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(TRACKS)
    return path


def test_what_fma_says_goes_before_tags(catalogue, music):
    fma_table(music)
    run(catalogue, music)
    tracks = by_name(catalogue)
    listed = tracks["000002.flac"]
    assert (listed.title, listed.artist, listed.genre, listed.licence) == ("Food", "AWOL", "Hip-Hop", "CC BY-NC-SA 3.0")
    assert (listed.album_artist, listed.year, listed.source) == ("Tagged", 2009, "Free Music Archive, track 2")
    assert (tracks["000003.flac"].title, tracks["000003.flac"].genre) == ("Unlisted", "Tagged")
    assert [track.title for track in catalogue.find("awol")] == ["Food"]


def test_new_metadata_is_joined_without_reading_the_files(catalogue, music):
    run(catalogue, music)
    table = fma_table(music)
    counts = run(catalogue, music)
    assert (counts.n_indexed, counts.n_unchanged, counts.n_retagged) == (0, 2, 1)
    assert by_name(catalogue)["000002.flac"].title == "Food"
    n_changes = catalogue.n_changes()
    assert run(catalogue, music).n_retagged == 0 and catalogue.n_changes() == n_changes
    table.write_text(TRACKS.replace("Food", "Bread"))
    assert run(catalogue, music).n_retagged == 1 and by_name(catalogue)["000002.flac"].title == "Bread"


def test_a_copy_does_not_rename_its_original(catalogue, music):
    run(catalogue, music)
    (music / "copy.flac").write_bytes((music / "000/000003.flac").read_bytes())
    run(catalogue, music)
    assert run(catalogue, music, is_genre_from_folder=True).n_retagged == 1  # 000002 has no genre of its own
    assert by_name(catalogue)["000002.flac"].genre == "000"


def test_genres_of_folders_fill_gaps_only(catalogue, tmp_path):
    song(tmp_path / "genres/blues/1.flac", 1)
    song(tmp_path / "genres/rock/2.flac", 2, genre="Metal")
    run(catalogue, tmp_path / "genres", is_genre_from_folder=True)
    assert {name: track.genre for name, track in by_name(catalogue).items()} == {"1.flac": "blues", "2.flac": "Metal"}


def test_a_playlist(catalogue, music):
    playlist = music / "list.m3u8"
    playlist.write_text("#EXTM3U\n000/000003.flac\ngone.flac\nhttp://radio\nlist.m3u8\n")
    counts = run(catalogue, playlist)
    assert (counts.n_found, counts.n_indexed, counts.n_failed, counts.n_not_sound) == (4, 1, 1, 2)
    assert "1 entries" in counts.remarks[0]
    (failure,) = catalogue.failures()
    assert failure.path == str(music / "gone.flac") and "list.m3u8 lists it, but it is not there" in failure.reason
    song(music / "gone.flac", 3)
    assert run(catalogue, playlist).n_indexed == 1 and catalogue.failures() == ()


def test_pruning_with_a_list_removes_nothing(catalogue, music):
    run(catalogue, music)
    (music / "list.m3u8").write_text("000/000003.flac\n")
    (music / "000/000002.flac").unlink()
    assert run(catalogue, music / "list.m3u8", is_pruned=True).n_removed == 0 and len(catalogue) == 2
    assert run(catalogue, music / "list.m3u8", music, is_pruned=True).n_removed == 1


def test_a_beets_library(catalogue, music, tmp_path):
    with sqlite3.connect(tmp_path / "library.db") as connection:
        connection.execute(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, path BLOB, title TEXT, genre TEXT, year INTEGER)"
        )
        rows = [(os.fsencode(music / "000/000002.flac"), "Of beets", "Jazz", 1980), (b"/gone.mp3", "", "", 0)]
        connection.executemany("INSERT INTO items (path, title, genre, year) VALUES (?, ?, ?, ?)", rows)
    connection.close()
    counts = run(catalogue, tmp_path / "library.db")
    assert (counts.n_indexed, counts.n_failed) == (1, 1)
    track = by_name(catalogue)["000002.flac"]
    assert (track.title, track.artist, track.genre, track.year) == ("Of beets", "Tagged", "Jazz", 1980)


def test_as_it_is_typed(music, tmp_path, capsys):
    table = fma_table(music).rename(tmp_path / "elsewhere.csv")
    with table.open("a") as file:
        file.write("7,damaged\n")
    arguments = [
        "index",
        str(music),
        "--catalogue",
        str(tmp_path / "c.sqlite"),
        "--encoder",
        "timbre",
        "--workers",
        "1",
    ]
    assert main(arguments) == 0
    assert main([*arguments, "--metadata", str(table), "--genre-from-folder"]) == 0
    said = capsys.readouterr().out
    assert "Of those unchanged, 1 have got other tags" in said and f"1 rows of {table} are damaged" in said
    assert main([*arguments, "--metadata", str(tmp_path / "none.csv")]) == 1
    assert "There is no table" in capsys.readouterr().err
