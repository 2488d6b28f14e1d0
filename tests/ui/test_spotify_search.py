"""Which track of a catalogue a song of Spotify is, against comparing it with every track."""

import pytest

from synesthete.catalogue import Catalogue
from synesthete.playlists.matching import SURE, Song, confidence, normalised
from synesthete.playlists.playlist import checked_isrc, isrc_of
from synesthete.tracks import Track
from synesthete.ui.spotify_search import held

NAMES = (
    ("Blue Monday", "New Order"),
    ("Blue Monday (2016 Remaster)", "New Order"),
    ("Blue Monday", "Orgy"),
    ("Blue Monday - Live", "New Order"),
    ("Don't Stop", "Fleetwood Mac"),
    ("Dont Stop", "Fleetwood Mac"),
    ("Jóga", "Björk"),
    ("Eple", "Røyksopp"),
    ("Eple", "Royksopp"),
    ("÷", "Ed Sheeran"),
    ("!!!", "!!!"),
    ("桜", "コブクロ"),
    ("桜 (Live)", "コブクロ"),
    ("ガーデン", "藤井 風"),
    ("Rock & Roll", "Led Zeppelin"),
    ("Rock and Roll", "Led Zeppelin"),
    ("Sound of Silence feat. Nobody", "Simon & Garfunkel"),
    ('"; DROP TABLE tracks; --', "NEAR('*"),
    ("", ""),
    ("Untitled", ""),
)


def by_comparing_all(tracks, song):
    code = checked_isrc(song.isrc)
    coded = [track for track in tracks if code and isrc_of(track) == code]
    if coded:
        return coded[0]
    named = [track for track in tracks if normalised(track.title) == normalised(song.title)]
    best = max(named, key=lambda track: confidence(track, song), default=None)
    return best if best and confidence(best, song) >= SURE else None


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue.open(tmp_path / "x.sqlite") as opened:
        for number, (title, artist) in enumerate(NAMES):
            opened.add_track(Track(f"{number:02}", title, artist, seconds=60.0 + 20 * number, path=f"{number}.ogg"))
        opened.add_track(Track("coded", "Named otherwise", "Somebody", isrc="gb-aye-67-00149", path="c.ogg"))
        for number in range(1500):  # more of one artist, and of one title, than are looked at
            opened.add_track(Track(f"a{number}", f"Number {number}", "New Order", seconds=100.0, path=f"a{number}.ogg"))
            opened.add_track(Track(f"t{number}", "Jóga", f"Cover {number}", seconds=180.0, path=f"t{number}.ogg"))
        yield opened


def test_a_song_is_held_exactly_if_comparing_it_with_all_tracks_says_so(catalogue):
    tracks = catalogue.tracks()
    songs = [Song(f"u{n}", title, (artist,), seconds=60.0 + 20 * n) for n, (title, artist) in enumerate(NAMES)]
    songs += [Song("two", "Sound of Silence", ("Paul Simon", "Simon & Garfunkel"), seconds=380.0)]
    songs += [Song("none", "Nothing of the kind", ("Nobody",)), Song("other", "Blue Monday", ("Flunk",))]
    songs += [Song("code", "Here Comes the Sun", ("The Beatles",), isrc="GBAYE6700149")]
    expected = [by_comparing_all(tracks, song) for song in songs]
    assert list(held(catalogue, songs)) == expected
    assert sum(track is not None for track in expected) >= 15


def test_no_songs_are_held_where_there_are_none(catalogue):
    assert held(catalogue, ()) == ()
