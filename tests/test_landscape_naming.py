import numpy as np

from synesthete.landscape import name_groups


def test_a_group_is_called_by_what_the_others_are_not():
    groups = np.array([0, 0, 0, 1, 1, 1])
    words = [("instrumental", "piano"), ("instrumental", "piano", "sad"), ("instrumental", "piano"),
             ("instrumental", "metal"), ("instrumental", "metal", "loud"), ("metal", "loud")]  # fmt: skip
    names = name_groups(groups, words)
    assert names[0].startswith("Piano") and names[1].startswith("Metal, loud")
    assert "nstrumental" not in names[1]


def test_a_word_of_few_is_no_name():
    groups = np.array([0] * 10 + [1] * 10)
    words = [("odd",)] + [("jazz",)] * 9 + [("rock",)] * 10
    assert name_groups(groups, words) == ("Jazz", "Rock")


def test_where_nothing_tells_it_is_a_number_and_no_two_are_alike():
    groups = np.array([0, 0, 1, 1, 2, 2])
    assert name_groups(groups, [()] * 6) == ("Group 1", "Group 2", "Group 3")
    words = [("jazz",), ("jazz",), ("jazz",), ("jazz",), (), ()]
    assert name_groups(groups, words) == ("Jazz", "Jazz (2)", "Group 3")
    assert name_groups(np.array([], dtype=int), []) == ()
