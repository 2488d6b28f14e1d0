"""What no training learns from."""

from synesthete.training.splits import HELD_OUT, TEST_COLLECTIONS, VALIDATION_COLLECTIONS, are_held_out


def test_an_artist_of_a_held_out_collection_is_held_out_everywhere():
    collections = ["open", TEST_COLLECTIONS[0], "open", VALIDATION_COLLECTIONS[0], "open"]
    assert are_held_out(collections, ["Ada", "Bob", "Bob", "", ""]) == [False, True, True, True, False]


def test_weights_are_not_chosen_on_what_is_reported():
    assert not set(TEST_COLLECTIONS) & set(VALIDATION_COLLECTIONS)
    assert set(HELD_OUT) == {*TEST_COLLECTIONS, *VALIDATION_COLLECTIONS}
