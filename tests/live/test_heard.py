"""Names that are said, held and noted."""

import csv
from datetime import UTC, datetime, timedelta, timezone

from synesthete.live.heard import Heard, HeardList, Naming, heard_csv
from synesthete.tracks import Match, Track

A, B = (Match(Track(name, name), 0.9, offset_seconds=5.0) for name in "ab")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_a_name_is_said_when_two_searches_agree():
    naming = Naming(n_agreeing=2, n_held=2)
    assert [naming.update(match) for match in (A, None, A, A)] == [None, None, A, A]
    assert naming.update(B) == A
    assert naming.update(B) == B


def test_one_search_that_disagrees_says_nothing():
    naming = Naming(n_agreeing=2, n_held=2)
    assert [naming.update(match) for match in (A, B, A, B)] == [None] * 4


def test_a_name_is_held_for_a_while_and_then_not():
    naming = Naming(n_agreeing=2, n_held=2)
    for match in (A, A, None, None):
        named = naming.update(match)
    assert named == A and naming.update(None) is None
    assert naming.update(A) is None  # to be agreed on again


def test_a_recording_heard_on_is_one_entry():
    heard = HeardList()
    heard.note(A, NOON)
    heard.note(A, NOON + timedelta(seconds=60))
    heard.note(B, NOON + timedelta(seconds=90))
    heard.note(A, NOON + timedelta(seconds=100))
    heard.note(A, NOON + timedelta(seconds=400))
    entries = heard.entries()
    assert [entry.track.track_id for entry in entries] == ["a", "b", "a", "a"]
    assert entries[0].at == NOON and entries[0].until == NOON + timedelta(seconds=60)
    assert entries[0].offset_seconds == 5.0
    heard.clear()
    assert heard.entries() == ()


def test_of_very_many_the_oldest_go():
    heard = HeardList(most=3)
    for number, match in enumerate((A, B, A, B)):
        heard.note(match, NOON + timedelta(seconds=number))
    assert [entry.track.track_id for entry in heard.entries()] == ["b", "a", "b"]


def test_the_table_has_times_and_no_formulas():
    track = Track("c", '=HYPERLINK("http://x")', "Ann,\nBen", "Album", "Jazz")
    entry = Heard(track, NOON, NOON + timedelta(seconds=75), 61.4)
    header, row = csv.reader(heard_csv([entry], timezone(timedelta(hours=2))).splitlines())
    assert header[:4] == ["heard at", "until", "title", "artist"]
    assert row[:2] == ["2026-05-01 14:00:00+02:00", "2026-05-01 14:01:15+02:00"]
    assert not row[2].startswith("=") and row[3:] == ["Ann, Ben", "Album", "Jazz", "61"]
