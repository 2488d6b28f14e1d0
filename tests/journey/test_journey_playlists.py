"""Playlists from seeds: nearest neighbours, within the rules."""

from dataclasses import replace

import numpy as np
import pytest

from synesthete.errors import JourneyError, OptionError
from synesthete.journey import PlaylistOptions, playlist_from_liked, playlist_from_seed
from tests.journey.random_tracks import random_track_vectors


def test_a_playlist_from_a_seed_is_its_nearest_neighbours(rng):
    tracks = random_track_vectors(rng, n_artists=80)
    picks = playlist_from_seed(tracks, "t7", PlaylistOptions(10))
    order = [row for row in np.argsort(-(tracks.vectors @ tracks.vectors[7])) if row != 7]
    assert [pick.track.track_id for pick in picks] == [f"t{row}" for row in order[:10]]
    assert all(pick.score == pick.cosine for pick in picks)


def test_a_playlist_keeps_its_rules(rng):
    tracks = random_track_vectors(rng, n_artists=5)
    picks = playlist_from_seed(tracks, "t7", PlaylistOptions(30, max_per_artist=2))
    assert len(picks) == 10
    picks = playlist_from_seed(tracks, "t7", PlaylistOptions(80, None, min_similarity=0.2))
    assert len(picks) == (np.delete(tracks.vectors @ tracks.vectors[7], 7) >= 0.2).sum()
    with pytest.raises(JourneyError, match=r"None of the 80 tracks passes \(min_similarity 1.00"):
        playlist_from_seed(tracks, "t7", PlaylistOptions(min_similarity=1.0))


def test_liked_tracks_take_turns(rng):
    tracks = random_track_vectors(rng, n_artists=80)
    picks = playlist_from_liked(tracks, ["t1", "t2", "t3"], PlaylistOptions(9))
    assert [pick.seed_number for pick in picks] == [0, 1, 2] * 3
    names = [pick.track.track_id for pick in picks]
    assert len(set(names)) == 9 and not {"t1", "t2", "t3"} & set(names)
    with pytest.raises(JourneyError, match="at least one liked track"):
        playlist_from_liked(tracks, [])


def test_metadata_counts_only_when_asked_for(rng):
    plain = random_track_vectors(rng, n=40, n_artists=40)
    far = int((plain.vectors @ plain.vectors[0]).argmin())
    tags = {"artist": "Artist 0", "album": "One", "genre": "Rock"}
    tracks = list(plain.tracks)
    tracks[0], tracks[far] = replace(tracks[0], **tags), replace(tracks[far], **tags)
    tagged = replace(plain, tracks=tuple(tracks))

    def first(weight):
        return playlist_from_seed(tagged, "t0", PlaylistOptions(1, metadata_weight=weight))[0].track.track_id

    assert first(0.0) != f"t{far}"
    assert first(1.0) == f"t{far}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"length": 0}, "length is 0"),
        ({"max_per_artist": 0}, "max_per_artist is 0"),
        ({"min_similarity": 2.0}, "min_similarity is 2.0"),
        ({"metadata_weight": -0.1}, "metadata_weight is -0.1"),
    ],
)
def test_playlist_options_outside_their_range_are_refused(options, words):
    with pytest.raises(OptionError, match=words):
        PlaylistOptions(**options)
