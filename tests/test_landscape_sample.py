"""Which tracks of a large catalogue are drawn."""

from collections import Counter

import numpy as np

from synesthete.landscape import fair_sample


def test_every_group_has_its_share_and_none_is_lost():
    groups = ["rock"] * 6000 + ["jazz"] * 3000 + ["zither"] * 25 + ["one"] + ["folk"] * 974
    groups = [groups[row] for row in np.random.default_rng(3).permutation(len(groups))]
    rows = fair_sample(groups, 1000)
    drawn = Counter(groups[row] for row in rows)
    assert len(rows) == 1000 == len(set(rows.tolist())) and (np.diff(rows) > 0).all()
    assert drawn["one"] == 1 and drawn["zither"] >= 10
    for name, share in (("rock", 0.6), ("jazz", 0.3), ("folk", 0.0974)):
        assert abs(drawn[name] - 1000 * share) < 15
    assert np.array_equal(rows, fair_sample(groups, 1000))


def test_many_groups_do_not_fill_the_sample_and_few_tracks_are_all_drawn():
    groups = [str(number // 5) for number in range(5000)] + ["large"] * 5000
    drawn = Counter(groups[row] for row in fair_sample(groups, 1000))
    assert 480 < drawn["large"] < 520
    assert fair_sample(groups[:10], 10).tolist() == list(range(10))
