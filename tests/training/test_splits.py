"""What no training learns from."""

from pathlib import Path

from synesthete.training.recordings import Recording
from synesthete.training.splits import (
    HELD_OUT,
    TEST_COLLECTIONS,
    VALIDATION_COLLECTIONS,
    are_held_out,
    held_out_groups,
    only,
    without,
)


def test_an_artist_of_a_held_out_collection_is_held_out_everywhere():
    collections = ["open", TEST_COLLECTIONS[0], "open", VALIDATION_COLLECTIONS[0], "open"]
    assert are_held_out(collections, ["Ada", "Bob", "Bob", "", ""]) == [False, True, True, True, False]


def test_weights_are_not_chosen_on_what_is_reported():
    assert not set(TEST_COLLECTIONS) & set(VALIDATION_COLLECTIONS)
    assert set(HELD_OUT) == {*TEST_COLLECTIONS, *VALIDATION_COLLECTIONS}


def recordings(*rows):
    return [Recording(Path(str(number)), *row) for number, row in enumerate(rows)]


def test_of_each_genre_an_artist_is_held_out_where_there_are_two():
    rows = [(f"{genre} {artist}", "", genre) for genre in ("jazz", "folk") for artist in range(4)]
    rows.append(("alone", "", "reggae"))
    made = recordings(*rows, *rows)
    held = held_out_groups(made, 0.25, 0, is_by_genre=True)
    assert {
        len([one for one in rows if f"artist {one[0]}" in held and one[2] == genre]) for genre in ("jazz", "folk")
    } == {1}
    assert "artist alone" not in held
    assert held == held_out_groups(made[::-1], 0.25, 0, is_by_genre=True), "the order of the files decides"
    assert {one.path for one in only(made, held)} | {one.path for one in without(made, held)} == {
        one.path for one in made
    }
    assert not {one.artist for one in only(made, held)} & {one.artist for one in without(made, held)}


def test_the_collections_of_the_report_are_always_held_out():
    made = recordings(("Ada", "open"), ("Bob", TEST_COLLECTIONS[0]), ("", TEST_COLLECTIONS[0]), ("Bob", "open"))
    held = held_out_groups(made, 0.0, 0, is_by_genre=False)
    assert held == {"artist bob", f"collection {TEST_COLLECTIONS[0]}"}
