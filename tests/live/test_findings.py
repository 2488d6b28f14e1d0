"""What of successive searches is shown."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from synesthete.live.findings import N_SHOWN, YOUNG_SECONDS, Findings
from synesthete.live.heard import N_AGREEING
from synesthete.search import SearchResult
from synesthete.tracks import Match, Track

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def found(order, top=0.9):
    matches = tuple(Match(Track(f"{n:02}", f"Track {n}"), top - place / 100) for place, n in enumerate(order))
    return SearchResult(matches, (), "track", None, 60, {}, None, None)


def shown(findings):
    return [match.track.title.removeprefix("Track ") for match in findings.now.result.matches]


def test_of_a_young_sound_the_newest_matches_are_shown_and_of_an_older_one_those_that_hold_still(rng):
    findings = Findings()
    orders = [rng.permutation(30) for _ in range(4)]
    expected = [[str(n) for n in order[:N_SHOWN]] for order in orders]
    findings.take(found(orders[0]), N_SHOWN, NOW, seconds=YOUNG_SECONDS - 2)
    assert shown(findings) == expected[0]
    findings.take(found(orders[1]), N_SHOWN, NOW, seconds=YOUNG_SECONDS)
    assert shown(findings) == expected[1]
    findings.take(found(orders[2]), N_SHOWN, NOW, seconds=YOUNG_SECONDS + 2)
    assert (
        shown(findings) != expected[2]
        and np.mean([a == b for a, b in zip(shown(findings), expected[1], strict=True)]) >= 0.3
    )
    findings.take(found(orders[3]), N_SHOWN, NOW, seconds=YOUNG_SECONDS - 2, is_other=True)
    assert shown(findings) == expected[3]


def test_a_search_sooner_than_in_its_turn_counts_for_a_name_only_as_the_first_of_another_sound():
    findings = Findings()
    named = replace(found(range(30)), recognised=Match(Track("03", "Track 3"), 0.9))
    for _ in range(N_AGREEING + 1):
        findings.take(named, N_SHOWN, NOW, seconds=3, is_in_turn=False)
    assert findings.now.named is None
    findings.take(named, N_SHOWN, NOW, seconds=3, is_other=True, is_in_turn=False)
    for _ in range(N_AGREEING - 1):
        assert findings.now.named is None
        findings.take(named, N_SHOWN, NOW, seconds=5)
    assert findings.now.named.track.track_id == "03"
    findings.take(found(range(30)), N_SHOWN, NOW, seconds=5, is_in_turn=False)
    assert findings.now.named.track.track_id == "03"
