"""Which connections are made anew after they broke off."""

import pytest

from synesthete.live.reconnection import LASTING_SECONDS, MOST_IN_A_ROW, Reconnection


@pytest.mark.parametrize("seconds", [0.5, LASTING_SECONDS, 3600])
def test_one_that_carried_sound_is_made_anew_and_one_that_never_did_is_not(seconds):
    assert Reconnection().is_due(seconds)
    assert not Reconnection().is_due(0)


def test_one_that_keeps_breaking_off_is_given_up():
    connections = Reconnection()
    assert connections.is_due(3600)
    assert [connections.is_due(0) for _ in range(MOST_IN_A_ROW + 1)] == [True] * MOST_IN_A_ROW + [False]


def test_one_that_has_held_is_made_anew_as_often_as_it_breaks_off():
    connections = Reconnection()
    assert all(connections.is_due(seconds) for _ in range(20) for seconds in (1, 0, LASTING_SECONDS))
