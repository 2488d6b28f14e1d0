"""Finding songs and making playlists: real HTTP against ``spotify_server``."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from spotify_server import Answer, song

from synesthete.errors import OptionError, PlaylistError, SpotifyError
from synesthete.playlists.spotify_session import UnfinishedPlaylistError
from synesthete.tracks import Track

ISRC = "GBAYE6900522"


def uris(count):
    return [f"spotify:track:{number:022d}" for number in range(count)]


# ---- songs by name -----------------------------------------------------------------------------------------


def test_search_gives_metadata_page_by_page(spotify, connect):
    spotify.songs = [song(number, f"Blue {number}", "Someone") for number in range(25)]
    session = connect()
    found = session.search_song("blue", limit=23)
    assert [entry.title for entry in found] == [f"Blue {number}" for number in range(23)]
    assert found[0].uri == "spotify:track:" + "0" * 22 and found[0].link.startswith("https://open.spotify.com/")
    assert found[0].artists == ("Someone",) and found[0].seconds == 200.0
    assert len(spotify.calls("/v1/search")) == 3
    assert session.search_song("Someone: “nothing”") == ()
    with pytest.raises(OptionError, match="nothing to search for in ' \\(\\) '"):
        session.search_song(" () ")


def test_long_and_operator_like_queries_are_tamed(spotify, connect):
    spotify.songs = [song(1, "not or and", "x")]
    session = connect()
    assert session.search_song("NOT or AND")[0].title == "not or and"
    session.search_song("word " * 100)
    session.search_song("x" * 500)
    assert session.search_song('isrc:"x" (y)') == ()


def test_holes_in_a_page_are_left_out(spotify, connect):
    spotify.songs = [None, song(1, "One", "x"), song(2, "Two", "y", external_ids=None, album=None)]
    assert [entry.title for entry in connect().search_song("one two")][:1] == []
    assert [entry.title for entry in connect().search_song("one")] == ["One"]


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"tracks": None},
        {"tracks": {"items": {}}},
        {"tracks": {"items": ["x"]}},
        {"tracks": {"items": [{}]}},
    ]
    + [{"tracks": {"items": [{**song(1, "a", "b"), "duration_ms": "long"}]}}]
    + [{"tracks": {"items": [{**song(1, "a", "b"), "artists": [{}]}]}}],
)
def test_malformed_results(spotify, connect, page):
    session = connect()
    spotify.scripted.append(Answer("/v1/search", 200, page))
    with pytest.raises(SpotifyError, match="could not be understood; it could not search"):
        session.search_song("a")


# ---- matching ----------------------------------------------------------------------------------------------


def test_isrc_first_and_one_question_is_enough(spotify, connect):
    spotify.songs = [
        song(1, "Octopus's Garden", "Someone Else"),
        song(2, "Octopus's Garden", "The Beatles", isrc=ISRC),
    ]
    track = Track("t", "Octopus's Garden", "The Beatles", seconds=201, isrc="GB-AYE-69-00522")
    (candidate,) = connect().match_tracks([track])
    assert candidate.uri == "spotify:track:" + f"{2:022d}"
    assert candidate.confidence == 1.0 and not candidate.is_doubtful
    assert candidate.reason == f"Same ISRC {ISRC}."
    assert len(spotify.calls("/v1/search")) == 1


def test_by_name_with_the_doubtful_left_to_the_listener(spotify, connect):
    spotify.songs = [
        song(1, "Águas de Março - Remastered 2011", "Elis Regina + Tom Jobim", 213),
        song(2, "Sunday", "Band", 180),
        song(3, "Sunday (Live)", "Band", 260),
        song(4, "Monday (Live at Home)", "Band", 260),
    ]
    tracks = [
        Track("a", "Aguas de Marco", "Elis Regina feat. Tom Jobim", seconds=212),
        Track("b", "Sunday", "Band", seconds=181),
        Track("c", "Monday", "Band", seconds=181),
        Track("d", "Tuesday", "Nobody"),
        Track("e", "???", ""),
    ]
    # The server finds literal words; Spotify itself looks past accents.
    spotify.songs[0]["name"] = "Aguas de Marco - Remastered 2011"
    progress = []
    found = connect().match_tracks(tracks, lambda done, total: progress.append((done, total)))
    assert [candidate.track for candidate in found] == tracks
    assert [candidate.is_doubtful for candidate in found] == [False, False, True, True, True]
    assert [candidate.song and candidate.song.uri[-1] for candidate in found] == ["1", "2", "4", None, None]
    assert found[1].alternatives[0].title == "Sunday (Live)"
    assert "another version" in found[2].reason and "4:20 instead of 3:01" in found[2].reason
    assert found[3].reason.startswith("Nothing found that resembles Nobody – Tuesday")
    assert progress == [(n, 5) for n in range(1, 6)]


def queries(spotify):
    return [parse_qs(urlsplit(path).query)["q"][0] for _, path, _ in spotify.calls("/v1/search")]


def test_titles_of_signs_are_asked_for_and_found(spotify, connect):
    titles = ["÷", "+", "!!!", "❤\ufe0f", "🎉🎉", "( )", "***", "???"]
    spotify.songs = [song(number, title, "Somebody", 200) for number, title in enumerate(titles)]
    tracks = [Track(title, title, "Somebody", seconds=201) for title in titles]
    found = connect().match_tracks(tracks)
    assert [candidate.song and candidate.song.title for candidate in found] == titles
    assert not any(candidate.is_doubtful for candidate in found)
    assert len(queries(spotify)) == len(titles)
    found = connect().match_tracks([replace(track, artist="") for track in tracks])
    assert [candidate.song and candidate.song.title for candidate in found] == titles
    assert queries(spotify)[len(titles) :] == ["÷", "+", "!!!", "❤", "🎉🎉", "( )", "***", "???"]


def test_other_scripts_are_asked_for_as_they_are_spelt(spotify, connect):
    names = [("Группа крови", "Виктор Цой"), ("हिन्दी गीत", "लता"), ("Μαρία", "Μίκης"), ("さくら", "椎名林檎")]
    spotify.songs = [song(number, *name, 200) for number, name in enumerate(names)]
    found = connect().match_tracks([Track("t", *name, seconds=200) for name in names])
    assert [candidate.song and candidate.song.title for candidate in found] == [title for title, _ in names]
    assert not any(candidate.is_doubtful for candidate in found)
    assert queries(spotify)[0] == "track:группа крови artist:виктор цой"


def test_an_isrc_is_certain_across_scripts(spotify, connect):
    spotify.songs = [song(1, "Marunouchi Sadistic", "Sheena Ringo", 236, isrc=ISRC), song(2, "Else", "Someone")]
    (candidate,) = connect().match_tracks([Track("t", "丸の内サディスティック", "椎名林檎", seconds=235, isrc=ISRC)])
    assert candidate.uri == "spotify:track:" + f"{1:022d}"
    assert candidate.confidence == 1.0 and not candidate.is_doubtful
    assert queries(spotify) == [f"isrc:{ISRC}"]


@pytest.mark.parametrize(
    ("artist", "other_artist"), [("椎名林檎", "Sheena Ringo"), ("Sheena Ringo", "椎名林檎"), ("Кино", "Kino")]
)
def test_an_artist_in_another_script_is_found_by_title_and_doubtful(spotify, connect, artist, other_artist):
    spotify.songs = [song(1, "Gips", other_artist, 236), song(2, "Gips", "Somebody", 236), song(3, "x", artist)]
    (candidate,) = connect().match_tracks([Track("t", "Gips", artist, seconds=235)])
    assert candidate.uri == "spotify:track:" + f"{1:022d}" and candidate.is_doubtful
    assert candidate.reason == "Found by name, but the artist is in another script."
    assert queries(spotify)[-1] == "gips"
    (candidate,) = connect().match_tracks([Track("t", "Gips", artist, seconds=120)])
    assert candidate.song is None


def test_a_title_in_another_script_is_offered_where_artist_and_length_fit(spotify, connect):
    answer = {"tracks": {"items": [song(1, "Gips", "椎名林檎", 330), song(2, "Honno", "椎名林檎", 255)]}}
    spotify.scripted.append(Answer("/v1/search", 200, answer))  # Spotify knows songs by translated titles too
    (candidate,) = connect().match_tracks([Track("t", "ギブス", "椎名林檎", seconds=331)])
    assert candidate.uri == "spotify:track:" + f"{1:022d}" and candidate.is_doubtful
    assert candidate.reason == "Found by name, but the title is in another script."


def test_a_track_that_is_not_there_costs_few_questions(spotify, connect):
    """Where Spotify answers with other songs, there is no third question."""
    spotify.songs = [song(1, "Sunday", "Bandits", 100)]
    (candidate,) = connect().match_tracks([Track("t", "Sunday", "Band", seconds=300)])
    assert candidate.is_doubtful and len(queries(spotify)) == 2
    connect().match_tracks([Track("t", "Nowhere", "", seconds=300), Track("u", " \u200b", "Band")])
    assert queries(spotify)[2:] == ["nowhere"]


def test_a_second_try_asks_only_for_what_is_missing(spotify, connect):
    spotify.songs = [song(number, f"Title {number}", "Band") for number in range(6)]
    tracks = [Track(str(number), f"Title {number}", "Band", seconds=200) for number in range(6)]
    session = connect()
    spotify.scripted.append(Answer("title+4", 429, None, {"Retry-After": "999"}))
    with pytest.raises(SpotifyError, match="in 999 seconds"):
        session.match_tracks(tracks)
    before = len(spotify.calls("/v1/search"))
    assert not any(candidate.is_doubtful for candidate in session.match_tracks(tracks))
    assert len(spotify.calls("/v1/search")) == before + 2


# ---- playlists ---------------------------------------------------------------------------------------------


def test_a_playlist_is_private_and_filled_in_order(spotify, connect):
    wanted = uris(230)
    created = connect().create_playlist("My\njourney", wanted, description="From A\r\nto B")
    (stored,) = spotify.playlists.values()
    assert stored["uris"] == wanted and stored["batches"] == [100, 100, 30]
    assert stored["public"] is False and stored["collaborative"] is False
    assert stored["name"] == "My journey" and stored["description"] == "From A  to B"
    assert created.link.startswith("https://open.spotify.com/playlist/pl")
    assert created.n_added == 230 and not created.is_public
    posts = [path.partition("?")[0] for method, path, _ in spotify.requests if method == "POST"]
    assert posts[1:] == ["/v1/me/playlists"] + [f"/v1/playlists/{created.playlist_id}/items"] * 3


def test_public_only_if_asked_for_at_the_login(spotify, connect):
    with pytest.raises(OptionError, match="is_public_allowed"):
        connect().create_playlist("p", uris(1), is_public=True)
    assert not spotify.playlists
    assert connect(is_public_allowed=True).create_playlist("p", uris(1), is_public=True).is_public
    assert [entry["public"] for entry in spotify.playlists.values()] == [True]


def test_names_are_made_to_fit(spotify, connect):
    session = connect()
    for name in ("x" * 500, "", "\0\n", "🎧" * 200, "\ud800"):
        session.create_playlist(name, uris(1), description="y" * 999)
    names = [entry["name"] for entry in spotify.playlists.values()]
    assert names == ["x" * 100, "Synesthete", "Synesthete", "🎧" * 100, "\ufffd"]


def test_nothing_is_created_for_nothing(spotify, connect):
    session = connect()
    with pytest.raises(PlaylistError, match="no track to send"):
        session.create_playlist("p", [])
    for bad in ("spotify:album:1", "https://open.spotify.com/track/1", "", "spotify:track:../me"):
        with pytest.raises(PlaylistError, match="is not a Spotify track"):
            session.create_playlist("p", [*uris(1), bad])
    assert not spotify.playlists


def test_half_made_says_what_exists_and_can_be_finished(spotify, connect):
    session = connect()
    wanted = uris(230)
    original = spotify._add
    refusals = [1]

    def refuse_the_second(identifier, body):
        if len(spotify.playlists[identifier]["batches"]) == 1 and refusals:
            refusals.clear()
            return 429, None, {"Retry-After": "60"}
        return original(identifier, body)

    spotify._add = refuse_the_second
    with pytest.raises(UnfinishedPlaylistError) as caught:
        session.create_playlist("Mine", wanted)
    error = caught.value
    assert "'Mine' exists with 100 of 230 tracks: https://open.spotify.com/playlist/pl" in str(error)
    assert "The other 130 are not" in str(error) and "in 60 seconds" in str(error)
    assert not error.is_undecided and error.missing == tuple(wanted[100:])
    created = session.add_to_playlist(error.playlist, error.missing)
    assert created.n_added == 230
    (stored,) = spotify.playlists.values()
    assert stored["uris"] == wanted


@pytest.mark.parametrize("mishap", ["status", "timeout", "malformed"])
def test_an_undecided_batch_is_said_to_be_undecided(spotify, connect, mishap):
    session = connect(timeout_seconds=0.4)
    options = {"timeout": {"delay_seconds": 0.8}, "status": {}, "malformed": {}}[mishap]
    status = {"status": 502, "timeout": 201, "malformed": 201}[mishap]
    spotify.scripted.append(Answer("/items", status, {}, is_done_anyway=True, **options))
    with pytest.raises(UnfinishedPlaylistError, match="Tracks 1 to 100 may or may not be in it; those after"):
        session.create_playlist("Mine", uris(130))
    (stored,) = spotify.playlists.values()
    assert stored["batches"] in ([], [100])  # asked once: a repeat could double it
    assert len(spotify.calls("/items")) == 1


def test_an_undecided_creation_is_not_repeated(spotify, connect):
    session = connect()
    spotify.scripted.append(Answer("/v1/me/playlists", 500, is_done_anyway=True))
    with pytest.raises(SpotifyError, match="status 500.*may exist without tracks"):
        session.create_playlist("Mine", uris(3))
    assert len(spotify.playlists) == 1 and not spotify.calls("/items")


def test_a_refused_creation_leaves_nothing(spotify, connect):
    session = connect()
    body = {"error": {"status": 403, "message": "Insufficient client scope"}}
    spotify.scripted.append(Answer("/v1/me/playlists", 403, body))
    with pytest.raises(SpotifyError, match="does not allow to create the playlist. Connect again and agree"):
        session.create_playlist("Mine", uris(3))
    assert not spotify.playlists


def test_a_token_that_expires_between_two_batches(spotify, connect):
    session = connect()
    original = spotify._add

    def expire_after(identifier, body):
        answer = original(identifier, body)
        spotify.expire_all()
        return answer

    spotify._add = expire_after
    assert session.create_playlist("Mine", uris(300)).n_added == 300
    (stored,) = spotify.playlists.values()
    assert stored["uris"] == uris(300)


@pytest.mark.parametrize("identifier", ["../me", "", None, "a b", 5])
def test_a_playlist_id_is_not_trusted(spotify, connect, identifier):
    session = connect()
    spotify.scripted.append(Answer("/v1/me/playlists", 201, {"id": identifier}))
    with pytest.raises(SpotifyError, match="could not be understood.*may exist without tracks"):
        session.create_playlist("Mine", uris(1))


def test_a_link_that_is_not_https_is_not_shown(spotify, connect):
    session = connect()
    answer = {"id": "abc", "external_urls": {"spotify": "javascript:alert(1)"}}
    spotify.scripted.append(Answer("/v1/me/playlists", 201, answer))
    with pytest.raises(UnfinishedPlaylistError, match="https://open.spotify.com/playlist/abc"):
        session.create_playlist("Mine", uris(1))


def test_what_spotipy_sends(spotify, connect):
    """spotipy 2.26 posts items as a bare list where the reference shows an object with ``uris``."""
    connect().create_playlist("Mine", uris(2))
    ((_, _, body),) = spotify.calls("/items")
    assert json.loads(body) == uris(2)
