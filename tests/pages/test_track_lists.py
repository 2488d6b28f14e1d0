"""The catalogue's tracks as menus and tables."""

from synesthete.catalogue import Catalogue
from synesthete.tracks import Track
from synesthete.ui.track_lists import menu_of, menu_text, table_height, table_of

TRACKS = (
    Track("1", "Zebra", "Ann", "One", "Rock", 65.0, "1.mp3"),
    Track("2", "Apple", "Bob", "Two", "Rock", 3725.0, "2.mp3"),
    Track("3", "Moon", genre="Blues", path="3.mp3"),
)


def test_a_menu_is_in_the_order_of_styles_and_titles(tmp_path):
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        for track in TRACKS:
            catalogue.add_track(track)
        menu = menu_of(catalogue)
    assert list(menu) == ["3", "2", "1"]
    assert [menu[track.track_id].title for track in TRACKS] == ["Zebra", "Apple", "Moon"]


def test_a_line_of_a_menu_says_what_is_known():
    assert menu_text(TRACKS[1]) == "Apple · Bob · Rock · 1:02:05"
    assert menu_text(TRACKS[2]) == "Moon · Blues · 0:00"


def test_a_table_has_a_row_a_track_and_a_bounded_height():
    table = table_of(TRACKS)
    assert list(table.columns) == ["Title", "Artist", "Style", "Album"]
    assert list(table.iloc[0]) == ["Zebra", "Ann", "Rock", "One"] and len(table) == 3
    assert table_height(1, 460) < table_height(3, 460) < table_height(5000, 460) == 460
    assert len(table_of(())) == 0
