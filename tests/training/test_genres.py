"""Families of genres, and the matrix of what was taken for what."""

import numpy as np

from synesthete.training.genres import CELL, EMPTY, FAMILIES, FULL, LEFT, TOP, confusion, draw_confusion, family


def test_collections_agree_on_a_name():
    assert family("Drum and Bass") == family("electronic") == "electronic"
    assert family("hiphop") == family("Hip-Hop") == family("Lo-fi") == "hip-hop"
    assert family("  Blues ") == "blues" and family("") == ""
    assert all(family(name) == name for name in FAMILIES.values()), "a family of a family"


def test_the_matrix_counts_rows_by_what_they_are():
    counts = confusion(["a", "a", "b", "b", "b"], ["a", "b", "b", "b", "a"], ["a", "b", "c"])
    np.testing.assert_array_equal(counts, [[1, 1, 0], [1, 2, 0], [0, 0, 0]])


def test_the_picture_shows_the_share_of_a_row():
    image = draw_confusion(np.array([[4, 0], [0, 0]]), ["a", "b"])
    inside = [(LEFT + CELL * column + 3, TOP + CELL * row + 3) for row, column in ((0, 0), (0, 1), (1, 1))]
    assert [image.getpixel(place) for place in inside] == [FULL, EMPTY, EMPTY]
