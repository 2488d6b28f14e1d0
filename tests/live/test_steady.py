"""Matches that hold still, by lists made up here."""

import numpy as np
import pytest

from synesthete.live.steady import MARGIN, SteadyRanking
from synesthete.tracks import Match, Track


def found(**cosines):
    ranked = sorted(cosines.items(), key=lambda item: -item[1])
    return [Match(Track(name, name.upper()), cosine) for name, cosine in ranked]


def names(matches):
    return "".join(match.track.track_id for match in matches)


def test_the_first_list_is_shown_as_it_is():
    steady = SteadyRanking(2)
    shown = steady.update(found(a=0.5, b=0.49, c=0.3))
    assert names(shown) == "ab" and [match.cosine for match in shown] == [0.5, 0.49]


def test_a_row_moves_only_when_it_is_clearly_better():
    steady = SteadyRanking(3)
    steady.update(found(a=0.5, b=0.48, c=0.3))
    assert names(steady.update(found(b=0.51, a=0.5, c=0.3))) == "abc"
    for _ in range(6):
        shown = steady.update(found(b=0.6, a=0.5, c=0.3))
    assert names(shown) == "bac"


def test_cosines_are_smoothed_and_small_moves_are_not_shown():
    steady = SteadyRanking(1, share=0.5)
    first = steady.update(found(a=0.5))
    assert steady.update(found(a=0.52)) == first
    moved = steady.update(found(a=0.7))
    assert moved[0].cosine == pytest.approx(0.605)  # half way from .51


def test_who_has_gone_leaves_its_row_to_the_best_of_the_others():
    steady = SteadyRanking(3)
    steady.update(found(a=0.9, b=0.88, c=0.86, d=0.84, e=0.1))
    assert names(steady.update(found(a=0.9, c=0.86, d=0.84, e=0.1))) == "adc"
    assert steady.update([]) == ()
    assert names(steady.update(found(e=0.4))) == "e"


def test_who_is_clearly_beaten_leaves_its_row():
    steady = SteadyRanking(2, share=1.0)
    steady.update(found(a=0.9, b=0.5, c=0.45))
    assert names(steady.update(found(a=0.9, c=0.49 + MARGIN, b=0.5))) == "ab"
    assert names(steady.update(found(a=0.9, c=0.51 + MARGIN, b=0.5))) == "ac"


def test_more_or_fewer_rows_from_now_on():
    steady = SteadyRanking(2)
    ranked = found(a=0.9, b=0.8, c=0.7, d=0.6)
    assert [names(steady.update(ranked, n)) for n in (2, 4, 1, 3)] == ["ab", "abcd", "a", "abc"]


def test_after_a_reset_another_piece_is_shown_at_once():
    steady = SteadyRanking(3)
    for _ in range(5):
        steady.update(found(a=0.7, b=0.6, c=0.5, x=0.1, y=0.1, z=0.1))
    steady.reset()
    assert names(steady.update(found(x=0.8, y=0.7, z=0.6, a=0.1, b=0.1, c=0.1))) == "xyz"


def test_without_one_it_takes_its_place_within_four_lists():
    steady = SteadyRanking(3)
    for _ in range(5):
        steady.update(found(a=0.7, b=0.6, c=0.5, x=0.1, y=0.1, z=0.1))
    for _ in range(4):
        shown = steady.update(found(x=0.8, y=0.7, z=0.6, a=0.1, b=0.1, c=0.1))
    assert names(shown) == "xyz"


def test_rows_flicker_less_than_the_lists_and_stay_in_order(rng):
    """Thirty tracks whose cosines tremble: fewer rows change, and none stands far from where its mean says."""
    means = np.linspace(0.6, 0.3, 30)
    steady = SteadyRanking(10)
    raw_before, shown_before, n_raw, n_shown = None, None, 0, 0
    for _ in range(60):
        trembling = means + rng.normal(0, 0.02, 30)
        found_now = found(**{f"t{number:02}": float(value) for number, value in enumerate(trembling)})
        raw, shown = [m.track.track_id for m in found_now[:10]], [m.track.track_id for m in steady.update(found_now)]
        if raw_before:
            n_raw += sum(a != b for a, b in zip(raw, raw_before, strict=True))
            n_shown += sum(a != b for a, b in zip(shown, shown_before, strict=True))
        raw_before, shown_before = raw, shown
        places = [int(name[1:]) for name in shown]
        assert all(means[late] - means[early] < MARGIN + 0.06 for early, late in zip(places, places[1:], strict=False))
    assert n_shown < 0.1 * n_raw
