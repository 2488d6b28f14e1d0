"""Which song is meant, from names and lengths alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synesthete.playlists.matching import (
    POSSIBLE,
    SURE,
    Song,
    artist_likeness,
    choose,
    confidence,
    likeness,
    normalised,
)
from synesthete.playlists.names import VERSION_WORDS, is_in_another_script, query_words, scripts
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
        ("Ещё раз", "ЕЩЕ РАЗ"),
        ("Μαρία", "ΜΑΡΙΑ"),
        ("مُحَمَّد", "محمد"),
        ("Mötley\u200b Crüe", "Motley Crue"),
        ("÷", "÷"),
        ("÷ (Deluxe)", "÷"),
        ("+ - Remastered 2011", "+"),
        ("??? feat. X", "???"),
        ("！！！", "!!!"),
        ("…", "..."),
        ("( )", "()"),
        ("❤\ufe0f", "❤"),
    ],
)
def test_the_same_once_normalised(one, other):
    assert likeness(one, other) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Song feat. X (Live)", "Song"),
        ("Song (Remix)", "Song"),
        ("がく", "かく"),
        ("कि", "की"),
        ("Intro", "Outro"),
        ("÷", "+"),
        ("+ - ÷", "+"),
        ("!!!", "???"),
        ("!!! (Live)", "!!!"),
        ("❤", "Heart"),
        ("", ""),
        ("\u200b", "\u200b"),
    ],
)
def test_not_the_same(one, other):
    assert likeness(one, other) < 1.0


def test_titles_of_edition_words_stay():
    assert normalised("Stereo") == "stereo" and normalised("(feat. X)") == "feat x" and normalised("!!!") == "!!!"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Виктор Цой", "виктор цой"),
        ("Μαρία", "μαρία"),
        ("हिन्दी गीत", "हिन्दी गीत"),
        ("Águas de Março - 2011 Remaster", "águas de março"),
        ("Don’t Stop (feat. X)", "don't stop"),
        ("÷ (Deluxe)", "÷"),
        ("❤\ufe0f ❤", "❤ ❤"),
        ("( )", "( )"),
        (" \u200b", ""),
    ],
)
def test_a_search_is_spelt_as_the_title_is(text, words):
    assert query_words(text) == words


def test_scripts_by_their_letters():
    assert scripts("Sigur Rós (Live)") == {"LATIN"} and scripts("÷ 1999") == frozenset()
    assert scripts("丸の内 Remix") == {"CJK", "HIRAGANA"} and scripts("Ёлка") == {"CYRILLIC"}


def test_credits_in_any_shape():
    assert artist_likeness("Elis Regina & Tom Jobim", ["Elis Regina", "Tom Jobim"]) == 1.0
    assert artist_likeness("Tom Jobim, Elis Regina", ["Elis Regina", "Tom Jobim"]) > 0.9
    assert artist_likeness("Rihanna feat. JAY-Z", ["Rihanna", "JAY-Z"]) >= 0.95
    assert artist_likeness("AC/DC", ["AC/DC"]) == 1.0
    assert artist_likeness("Miles Davis", ["John Coltrane"]) < 0.6
    assert artist_likeness("Miles Davis", []) == 0.0
    assert artist_likeness("!!!", ["!!!"]) == 1.0
    assert artist_likeness("椎名林檎 (Sheena Ringo)", ["Sheena Ringo"]) >= 0.9
    assert artist_likeness("Кино", ["Kino (Кино)"]) >= 0.9
    assert artist_likeness("Nirvana", ["Nirvana (UK)"]) < 0.9


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


@pytest.mark.parametrize(
    ("title", "artist", "other_title", "other_artist"),
    [
        ("丸の内サディスティック", "椎名林檎", "Marunouchi Sadistic", "Sheena Ringo"),
        ("Gruppa krovi", "Kino", "Группа крови", "Кино"),
        ("Группа крови (Live)", "Кино", "Blood Type (Live)", "Kino"),
        ("桜 (Remastered 2011)", "森山直太朗", "Sakura", "Naotaro Moriyama"),
        ("÷", "Ed Sheeran", "Divide", "Ed Sheeran"),
        ("!!!", "!!!", "Chk Chk Chk", "!!!"),
    ],
)
def test_an_equal_isrc_is_certain_however_the_names_are_written(title, artist, other_title, other_artist):
    track = Track("t", title, artist, seconds=236, isrc="JPTO09901240")
    song = found(other_title, (other_artist,), seconds=237, isrc="JPTO09901240")
    candidate = choose(track, [song], [])
    assert candidate.song is song and candidate.confidence == 1.0 and not candidate.is_doubtful
    assert candidate.reason.startswith("Same ISRC JPTO09901240")
    assert choose(track, [replace(song, seconds=60.0)], []).is_doubtful


@pytest.mark.parametrize("title", ["÷", "+", "!!!", "❤\ufe0f", "( )", "🎉🎉", "...", "÷ (Deluxe)"])
def test_a_title_of_signs_is_compared_as_written(title):
    track = Track("t", title, "Somebody", seconds=200)
    candidate = choose(
        track, [], [found("#", ("Somebody",), 200, uri="spotify:track:y"), found(title, ("Somebody",), 201)]
    )
    assert candidate.uri == "spotify:track:x" and not candidate.is_doubtful
    assert candidate.reason == "Found by name."
    assert choose(track, [], [found("#", ("Somebody",), 200)]).song is None
    assert choose(track, [], [found(title, ("Somebody Else",), 200)]).is_doubtful
    assert choose(track, [], [found(f"{title} (Live)", ("Somebody",), 200)]).is_doubtful


SHEENA = Track("t", "丸の内サディスティック", "椎名林檎", seconds=236)


@pytest.mark.parametrize(
    ("song", "reason"),
    [
        (found("Marunouchi Sadistic", ("Sheena Ringo",), 236), "title is in another script and the artist is in"),
        (found("Marunouchi Sadistic", ("椎名林檎",), 236), "but the title is in another script."),
        (found("丸の内サディスティック", ("Sheena Ringo",), 236), "but the artist is in another script."),
    ],
)
def test_in_another_script_the_length_helps_and_nothing_is_sure(song, reason):
    candidate = choose(SHEENA, [], [song])
    assert candidate.song is song and candidate.is_doubtful and reason in candidate.reason
    assert confidence(SHEENA, song) > confidence(SHEENA, replace(song, seconds=0.0))
    assert confidence(SHEENA, replace(song, seconds=0.0)) >= confidence(SHEENA, replace(song, seconds=90.0))
    assert choose(SHEENA, [], [replace(song, seconds=90.0)]).song is None


def test_what_is_comparable_counts_more_than_what_is_not():
    both, title, artist = (
        found("Marunouchi Sadistic", ("Sheena Ringo",), 236),
        found("Marunouchi Sadistic", ("椎名林檎",), 236),
        found("丸の内サディスティック", ("Sheena Ringo",), 236),
    )
    assert POSSIBLE <= confidence(SHEENA, both) < confidence(SHEENA, title) < confidence(SHEENA, artist) < SURE
    assert choose(SHEENA, [], [found("Marunouchi Sadistic", ("東京事変",), 236)]).song is None
    assert choose(replace(SHEENA, artist=""), [], [both]).song is None
    assert choose(SHEENA, [], [found("幸福論", ("Sheena Ringo",), 236)]).song is None


@given(
    st.text(st.characters(categories=["Lu", "Ll"], max_codepoint=0x7F), min_size=1),
    st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x3096), min_size=1),
    st.text(),
    st.floats(0, 1e3),
)
def test_a_title_in_another_script_is_never_sure(latin, hiragana, artist, seconds):
    track, song = Track("t", hiragana, artist, seconds=seconds), Song("x", latin, (artist,), seconds=seconds)
    if latin.casefold() not in VERSION_WORDS:  # "live" alone names no script
        assert confidence(track, song) < SURE
    assert not is_in_another_script(latin, latin) and not is_in_another_script(hiragana, hiragana)


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
