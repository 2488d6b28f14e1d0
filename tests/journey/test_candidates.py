"""Journeys and playlists from a large catalogue come by the tracks that all of them would give."""

import dataclasses

import numpy as np
import pytest

from synesthete import encoders, sampler
from synesthete.errors import JourneyError
from synesthete.journey import (
    JourneyOptions,
    PlaylistOptions,
    TrackVectors,
    candidates,
    plan,
    playlist_from_liked,
)
from synesthete.search import SearchEngine


@pytest.fixture(scope="module")
def engine():
    with sampler.open_sampler() as opened:
        yield SearchEngine(opened, encoders.load("timbre"))


def ids_of(stops):
    return [stop.track.track_id for stop in stops]


def test_a_small_catalogue_is_taken_whole(engine):
    found = candidates.near(engine, [engine.track_ids[0]], is_way=False)
    assert [track.track_id for track in found.tracks] == list(engine.track_ids)


def test_what_is_near_holds_what_journeys_and_playlists_choose(engine, monkeypatch):
    monkeypatch.setattr(candidates, "N_CANDIDATES", 12 * 45)
    monkeypatch.setattr(candidates, "_LEAST_OF_A_POINT", 1)
    whole = TrackVectors.read(engine)
    for begin, end in ((3, 90), (10, 20), (140, 60)):
        seeds = [engine.track_ids[begin], engine.track_ids[end]]
        some = candidates.near(engine, seeds, is_way=True, whole_up_to=20)
        assert set(seeds) <= set(some.row_of) and len(some.tracks) < len(whole.tracks)
        options = JourneyOptions(6)
        assert ids_of(plan(some, seeds, options, pool_size=40).stops) == ids_of(
            plan(whole, seeds, options, pool_size=40).stops
        )
        around = candidates.near(engine, seeds, is_way=False, whole_up_to=20)
        picks = [playlist_from_liked(tracks, seeds, PlaylistOptions(10)) for tracks in (around, whole)]
        assert [pick.track for pick in picks[0]] == [pick.track for pick in picks[1]]


def test_vectors_and_segments_are_those_of_their_tracks(engine):
    whole = TrackVectors.read(engine)
    some = candidates.near(engine, [engine.track_ids[7]], is_way=False, whole_up_to=1)
    for row, track in enumerate(some.tracks):
        assert np.array_equal(some.vectors[row], whole.vectors[whole.row_of[track.track_id]])
    assert some.start_seconds(0) == whole.start_seconds(whole.row_of[some.tracks[0].track_id])


def test_a_sound_of_one_s_own_and_places_that_are_one(engine):
    track_id = engine.track_ids[5]
    own = dataclasses.replace(engine.search_track(track_id).embedding)
    found = candidates.near(engine, [own, track_id], is_way=True, whole_up_to=1)
    assert track_id in found.row_of
    assert candidates.near(engine, [track_id, track_id], is_way=True, whole_up_to=1).tracks
    with pytest.raises(JourneyError, match="'nobody' has no vector"):
        candidates.near(engine, ["nobody"], is_way=False, whole_up_to=1)
