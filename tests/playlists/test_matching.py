"""Which song is meant, from names and lengths alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synesthete.playlists.matching import (
    SURE,
    Song,
    artist_likeness,
    choose,
    confidence,
    likeness,
    normalised,
)
from synesthete.tracks import Track


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Beyoncé", "BEYONCE"),
        ("Sigur Rós", "sigur ros"),
        ("Motörhead", "Motorhead"),
        ("Smørrebrød", "Smorrebrod"),
        ("Straße", "STRASSE"),
        ("Don’t Stop", "Don't Stop"),
        ("Dont Stop", "Don't Stop"),
        ("Rock & Roll", "Rock and Roll"),
        ("Heroes (2017 Remaster)", "Heroes"),
        ("Heroes - Remastered 2011", "“Heroes”"),
        ("Here Comes the Sun - 2019 Mono Version", "Here Comes the Sun 2019"),
        ("Umbrella (feat. JAY-Z)", "Umbrella"),
        ("Umbrella feat. JAY-Z", "Umbrella [ft. Jay Z]"),
        ("Song (with Someone)", "Song"),
        ("Album Title (Deluxe Edition)", "Album Title"),
        ("ＦＵＬＬ　ＷＩＤＴＨ", "full width"),
    ],
)
def test_the_same_once_normalised(one, other):
    assert likeness(one, other) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [("Song feat. X (Live)", "Song"), ("Song (Remix)", "Song"), ("がく", "かく"), ("Intro", "Outro")],
)
def test_not_the_same(one, other):
    assert likeness(one, other) < 1.0


def test_titles_of_edition_words_stay():
    assert normalised("Stereo") == "stereo" and normalised("(feat. X)") == "feat x" and normalised("!!!") == ""


def test_credits_in_any_shape():
    assert artist_likeness("Elis Regina & Tom Jobim", ["Elis Regina", "Tom Jobim"]) == 1.0
    assert artist_likeness("Tom Jobim, Elis Regina", ["Elis Regina", "Tom Jobim"]) > 0.9
    assert artist_likeness("Rihanna feat. JAY-Z", ["Rihanna", "JAY-Z"]) >= 0.95
    assert artist_likeness("AC/DC", ["AC/DC"]) == 1.0
    assert artist_likeness("Miles Davis", ["John Coltrane"]) < 0.6
    assert artist_likeness("Miles Davis", []) == 0.0


TRACK = Track("t", "Blue in Green", "Miles Davis", seconds=327)


def found(title="Blue in Green", artists=("Miles Davis",), seconds=327.0, **more):
    return Song(more.pop("uri", "spotify:track:x"), title, artists, seconds=seconds, **more)


@pytest.mark.parametrize("song", [found(), found(seconds=0.0), found(seconds=330), found("Blue In Green - Remastered")])
def test_sure(song):
    assert not choose(TRACK, [], [song]).is_doubtful


@pytest.mark.parametrize(
    ("song", "reason"),
    [
        (found("Blue in Green (Live)"), "another version"),
        (found("Blue in Green", seconds=200), "lasts 3:20 instead of 5:27"),
        (found(artists=("Bill Evans Trio",)), "artists differ"),
        (found("Blue and Green"), "titles differ"),
        (found("Blue in Green 2"), "another version"),
        (found(artists=("Niles Davids",)), "artists differ"),
    ],
)
def test_doubtful_with_a_reason(song, reason):
    candidate = choose(TRACK, [], [song])
    assert candidate.is_doubtful and candidate.song in (song, None)
    assert reason in candidate.reason or candidate.song is None


def test_without_an_artist_nothing_is_sure():
    candidate = choose(Track("t", "Blue in Green", seconds=327), [], [found()])
    assert candidate.song and candidate.is_doubtful and "names no artist" in candidate.reason


def test_parts_are_not_mixed_up():
    for one, other in (("Symphony No. 5 in C minor", "Symphony No. 9 in C minor"), ("Part II", "Part III")):
        track = Track("t", f"A rather long title: {one}", "Band", seconds=200)
        song = found(f"A rather long title: {other}", ("Band",), seconds=200)
        assert choose(track, [], [song]).is_doubtful


def test_an_isrc_that_title_or_length_contradict_is_doubtful():
    track = Track("t", "Blue in Green", "Miles Davis", seconds=327, isrc="USSM15900115")
    right = found("Bleu en vert", isrc="USSM15900115", seconds=326)
    assert choose(track, [found(isrc="USSM15900115")], []).confidence == 1.0
    assert choose(track, [found("Freddie Freeloader", isrc="USSM15900115")], []).is_doubtful
    assert choose(track, [found(isrc="USSM15900115", seconds=60)], []).is_doubtful
    assert "Same ISRC" in choose(track, [right], []).reason


def test_a_song_that_spotify_gives_for_an_isrc_but_with_another_counts_by_name():
    track = Track("t", "Blue in Green", "Miles Davis", seconds=327, isrc="USSM15900115")
    candidate = choose(track, [found("Something", ("Else",), isrc="USSM15900116")], [])
    assert candidate.song is None and candidate.uri is None and candidate.confidence == 0.0


def test_the_best_first_then_four_others_without_repeats():
    songs = [found("Blue in Green (Live)", uri=f"spotify:track:{n}") for n in range(8)]
    candidate = choose(TRACK, [], [*songs, found(uri="spotify:track:best"), found(uri="spotify:track:best")])
    assert candidate.uri == "spotify:track:best"
    assert len(candidate.alternatives) == 4 and len({song.uri for song in candidate.alternatives}) == 4


@given(st.text(), st.text(), st.text(), st.text(), st.floats(0, 1e5), st.floats(0, 1e5))
def test_any_text_gives_a_confidence(title, artist, other_title, other_artist, seconds, other_seconds):
    track = Track("t", title, artist, seconds=seconds)
    song = Song("spotify:track:x", other_title, (other_artist,), seconds=other_seconds)
    assert 0.0 <= confidence(track, song) <= 1.0
    candidate = choose(track, [], [song])
    assert candidate.is_doubtful == (candidate.confidence < SURE)
    assert candidate.reason


@given(st.text(min_size=1))
def test_a_title_is_like_itself(title):
    assert likeness(title, title) == (1.0 if normalised(title) else 0.0)
