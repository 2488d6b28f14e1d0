"""FMA's tables: found where its archives leave them, read as pandas reads them, damaged rows counted."""

import os

import pandas as pd
import pytest

from synesthete.errors import CatalogueError
from synesthete.sources.fma import FmaTracks, find_tracks
from synesthete.sources.metadata import NO_METADATA
from tests.sources.fma_tables import GENRES, HEADS, ROWS, TRACKS, as_csv


@pytest.fixture
def table(tmp_path):
    (tmp_path / "tracks.csv").write_text(TRACKS, encoding="utf-8")
    (tmp_path / "genres.csv").write_text(GENRES, encoding="utf-8")
    return tmp_path / "tracks.csv"


def test_the_fields_of_a_track(table):
    tracks = FmaTracks(table)
    assert len(tracks) == 3 and tracks.n_damaged == 0
    assert tracks("/fma_small/000/000002.mp3").given == {
        "title": "Food",
        "artist": "AWOL",
        "album": "AWOL - A Way Of Life",
        "genre": "Hip-Hop",
        "licence": "CC BY-NC-SA 3.0",
        "year": 2009,
        "track_number": 3,
        "source": "Free Music Archive, track 2",
    }


def test_it_reads_what_pandas_reads(table):
    frame = pd.read_csv(table, index_col=0, header=[0, 1])
    tracks = FmaTracks(table)
    for number, row in frame.iterrows():
        given = tracks(f"{number:06}.mp3").given
        for name, column in {"artist": ("artist", "name"), "licence": ("track", "license")}.items():
            assert given.get(name) == (row[column] if isinstance(row[column], str) else None)


def test_all_genres_stand_in_for_a_principal_one(table):
    assert FmaTracks(table)("000005.mp3").given["genre"] == "Hip-Hop; Jazz"
    table.with_name("genres.csv").unlink()
    assert "genre" not in FmaTracks(table)("000005.mp3").given


def test_titles_are_made_safe(table):
    assert FmaTracks(table)("000005.mp3").given["title"] == "This [31m World"


@pytest.mark.parametrize("path", ["000003.mp3", "cover.jpg", "2.mp3", "0000002.mp3", "٠٠٠٠٠٢.mp3"])
def test_other_files_are_left_alone(table, path):
    assert FmaTracks(table)(path) == NO_METADATA


def test_damaged_rows_are_counted(table):
    damaged = ["3,too,short", "x" * 11 + "," * 10, "9999999" + "," * 10, '7,"' + "endless" * 30_000]
    table.write_bytes((TRACKS + "\n".join(damaged)).encode() + b"\n")
    tracks = FmaTracks(table)
    assert len(tracks) == 3 and tracks.n_damaged >= 4


def test_bytes_that_are_no_text_are_no_end(table):
    table.write_bytes(TRACKS.encode().replace(b"Food", b"F\xff\0od"))
    assert "od" in FmaTracks(table)("000002.mp3").given["title"]


@pytest.mark.parametrize("text", ["", "\n", "a,b\n1,2\n", TRACKS.split("\n", 1)[1], "\0" * 100])
def test_another_table_is_refused(table, text):
    table.write_text(text)
    with pytest.raises(CatalogueError, match=r"tracks.csv is not the tracks.csv of FMA"):
        FmaTracks(table)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(CatalogueError, match="There is no table '.*nothing.csv'"):
        FmaTracks(tmp_path / "nothing.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(CatalogueError, match="There is no table"):
        FmaTracks(tmp_path / "pipe.csv")


@pytest.mark.parametrize("folder", ["fma_small", "fma_small/fma_metadata", "fma_metadata", "."])
def test_it_is_found_where_it_may_lie(tmp_path, folder):
    music = tmp_path / "fma_small"
    music.mkdir()
    assert find_tracks(music) is None
    path = tmp_path / folder / "tracks.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("title,artist\n")  # of somebody else's
    assert find_tracks(music) is None
    path.write_text(TRACKS)
    assert find_tracks(music).samefile(path)


def test_columns_may_be_missing_and_in_another_order(table):
    order = [0, 10, 4]
    table.write_text(as_csv(*[[row[place] for place in order] for row in (*HEADS, *ROWS)]))
    given = FmaTracks(table)("000002.mp3").given
    assert given == {"title": "Food", "artist": "AWOL", "source": "Free Music Archive, track 2"}
