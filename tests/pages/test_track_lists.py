"""The catalogue's tracks as tables."""

from synesthete.tracks import Track
from synesthete.ui.track_lists import table_height, table_of, without_empty

TRACKS = (
    Track("1", "Zebra", "Ann", "One", "Rock", 65.0, "1.mp3"),
    Track("2", "Apple", "Bob", "Two", "Rock", 3725.0, "2.mp3"),
    Track("3", "Moon", genre="Blues", path="3.mp3"),
)


def test_a_table_has_a_row_a_track_and_a_bounded_height():
    table = table_of(TRACKS)
    assert list(table.columns) == ["Title", "Artist", "Style", "Album"]
    assert list(table.iloc[0]) == ["Zebra", "Ann", "Rock", "One"] and len(table) == 3
    assert table_height(1, 460) < table_height(3, 460) < table_height(5000, 460) == 460
    assert len(table_of(())) == 0


def test_columns_that_say_nothing_are_left_out_and_titles_stay():
    assert list(without_empty(table_of(TRACKS)).columns) == ["Title", "Artist", "Style", "Album"]
    assert list(without_empty(table_of(TRACKS[2:])).columns) == ["Title", "Style"]
    assert list(without_empty(table_of((Track("4", ""),))).columns) == ["Title"]
