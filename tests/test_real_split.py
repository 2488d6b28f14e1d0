"""The halves of the real recordings: one for choosing, one for reporting, no artist in both."""

import csv
from collections import defaultdict

import pytest

from benchmarks.real_split import SPLIT_FILE, SPLITS, read_split, split, write_half
from synesthete.settings import PROJECT_ROOT
from synesthete.training.track_list import read_track_list

TRACKS = PROJECT_ROOT.parent / "shared" / "data" / "real" / "tracks.csv"
SCORED = ("classical", "opera-choral", "rock", "electronic", "jazz", "folk")


def tracks():
    if not TRACKS.is_file():
        pytest.skip(f"{TRACKS} is not here")
    with TRACKS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_file_names_each_track_once_and_no_half_but_two():
    with SPLIT_FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["track_id", "split"]
    ids = [track_id for track_id, _ in rows[1:]]
    assert len(ids) == 141 and ids == sorted(set(ids))
    halves = [half for _, half in rows[1:]]
    assert set(halves) == set(SPLITS)
    assert abs(halves.count("choose") - halves.count("report")) <= 10


def test_no_artist_is_in_both_halves_and_every_track_is_in_one():
    halves, of_artist = read_split(), defaultdict(set)
    for track in tracks():
        of_artist[track["artist"]].add(halves[track["track_id"]])
    assert len(of_artist) > 50
    assert [artist for artist, found in of_artist.items() if len(found) != 1] == []
    assert set(halves) == {track["track_id"] for track in tracks()}


def test_each_genre_that_is_scored_has_several_artists_in_both_halves():
    halves, artists = read_split(), defaultdict(set)
    for track in tracks():
        artists[track["genre"], halves[track["track_id"]]].add(track["artist"])
    for genre in SCORED:
        for half in SPLITS:
            assert len(artists[genre, half]) >= 2, f"{genre} in {half}"


def test_the_file_is_what_the_rule_makes():
    assert split(tracks()) == read_split()


def test_a_genre_of_few_artists_stays_together_and_unknown_artists_go_by_collection():
    made = [
        {"track_id": "1", "artist": "Ann", "genre": "reggae", "source": "x:1"},
        {"track_id": "2", "artist": "Ann", "genre": "", "source": "x:2"},
        {"track_id": "3", "artist": "Ben", "genre": "reggae", "source": "x:3"},
        {"track_id": "4", "artist": "", "genre": "", "source": "y:4"},
        {"track_id": "5", "artist": "", "genre": "", "source": "y:5"},
    ]
    halves = split(made)
    assert halves["1"] == halves["2"] == halves["3"] != halves["4"] == halves["5"]


def test_lessons_are_of_the_half_to_choose_on_and_free_of_doubt(tmp_path):
    halves = read_split()
    chosen = [track_id for track_id, half in halves.items() if half == "choose"]
    reported = next(track_id for track_id, half in halves.items() if half == "report")
    names = ("track_id", "file", "title", "artist", "seconds", "licence", "source", "doubt")
    rows = [(name, f"{name}.opus", "", "Ada", "60", "CC0", "here", "") for name in (*chosen[:2], reported)]
    rows.append((chosen[2], f"{chosen[2]}.opus", "", "Bob", "60", "", "there", "licence not stated"))
    for row in rows:
        (tmp_path / row[1]).write_bytes(b"sound")
    with (tmp_path / "tracks.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([names, *rows])
    assert write_half(tmp_path / "tracks.csv", tmp_path / "lessons") == 2
    listed = read_track_list(tmp_path / "lessons")
    assert [row["track_id"] for row in listed] == chosen[:2]
    assert all((tmp_path / "lessons" / row["file"]).read_bytes() == b"sound" for row in listed)
