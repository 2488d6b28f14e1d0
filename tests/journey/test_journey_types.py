"""Options and the measures of a journey."""

import numpy as np
import pytest

from synesthete.errors import OptionError
from synesthete.journey import JourneyOptions, JourneyQuality
from synesthete.tracks import Track


def test_even_steps_have_evenness_one_and_one_large_step_has_little():
    even = JourneyQuality.measure(np.full(4, 10.0), np.arange(5) / 4, [None] * 5)
    assert even.evenness == pytest.approx(1) and even.forward_share == 1
    uneven = JourneyQuality.measure(np.array([40.0, 0, 0, 0]), np.array([0, 0.5, 0.4, 0.3, 1]), [None] * 5)
    assert uneven.evenness == pytest.approx(1 / 4) and uneven.forward_share == 0.5


def test_artist_repeats_ignore_case_and_unknown_artists():
    artists = ["A", "a ", "", "", "B"]
    tracks = [Track(str(i), "x", artist=artist) for i, artist in enumerate(artists)]
    assert JourneyQuality.measure(np.ones(4), np.arange(5), tracks).artist_repeats == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"length": 2}, "length is 2"),
        ({"length": 51}, "length is 51"),
        ({"smoothness": 1.5}, "smoothness is 1.5"),
        ({"smoothness": float("nan")}, "smoothness is nan"),
        ({"max_per_artist": 0}, "max_per_artist is 0"),
    ],
)
def test_options_outside_their_range_are_refused(options, words):
    with pytest.raises(OptionError, match=words):
        JourneyOptions(**options)
