"""Lists of tracks against brute force in Python; what a listener types is only ever looked for."""

import itertools
import random
import sqlite3
import unicodedata
from dataclasses import replace

import pytest

from synesthete.catalogue import Catalogue, doctor
from synesthete.catalogue.listing import Query
from synesthete.errors import CatalogueError
from synesthete.tracks import Track

WORDS = ("Blue", "blues", "Ógre", "ogre", "Nacht", "night", "Zoë", "a", "In", "AC/DC", "don't", "100%", "été", "x_y")
HOSTILE = [
    '"', '""', "'", "* ", "^", "-", "NOT", "a AND", "OR", "NEAR(a b)", "title:", "title : blue", "(", "){", "blue*",
    "\\", "\0", "blue\0night", "🎉", "% _", "'; DROP TABLE tracks; --", '" OR 1=1 --', "\ud83d", "x" * 5000, "a " * 999,
    "NEAR", "{title}:blue", "+", "^blue", ";", "ß", "İ", "\u0301", "ﬁ", "Ｂｌｕｅ",
]  # fmt: skip


def plain(text):
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def parts(text):
    return "".join(sign if sign.isalnum() else " " for sign in plain(text)).split()


def has(track, token):
    """Whether the token's words stand in a row in one of the tags, the last one begun."""
    wanted = parts(token)
    for tag in (track.title, track.artist, track.album, track.genre, track.album_artist):
        written = parts(tag)
        for first in range(len(written) - len(wanted) + 1):
            row = written[first : first + len(wanted)]
            if row[:-1] == wanted[:-1] and row[-1].startswith(wanted[-1]):
                return True
    return False


@pytest.fixture(scope="module")
def tracks():
    lot = random.Random(5)

    def tag(most, least=0):
        return " ".join(lot.choices(WORDS, k=lot.randint(least, most)))

    return [
        Track(f"{lot.getrandbits(64):016x}", tag(3, 1), tag(2), tag(1), tag(1), float(lot.randint(1, 9)),
              album_artist=tag(1), year=lot.choice((0, 1999, 2020)), track_number=lot.randint(0, 3))
        for _ in range(400)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory, tracks):
    with Catalogue.open(tmp_path_factory.mktemp("listing") / "c.sqlite") as opened:
        with opened.transaction():
            for track in tracks:
                opened.add_track(track)
        yield opened


def key(tag):
    return plain(tag).strip() or "\uffff"


KEYS = {
    "artist": lambda track: (key(track.artist), key(track.album), track.track_number, key(track.title)),
    "title": lambda track: (key(track.title), key(track.artist)),
    "album": lambda track: (key(track.album), track.track_number, key(track.title)),
    "genre": lambda track: (key(track.genre), key(track.artist), key(track.title)),
    "year": lambda track: (track.year,),
    "length": lambda track: (track.seconds,),
    "added": lambda track: (),
}


@pytest.mark.parametrize("order", KEYS)
@pytest.mark.parametrize("is_descending", [False, True])
def test_pages_in_every_order_are_those_of_brute_force(catalogue, tracks, order, is_descending):
    number = {track.track_id: n for n, track in enumerate(tracks)}
    expected = sorted(tracks, key=lambda track: (*KEYS[order](track), number[track.track_id]), reverse=is_descending)
    query = Query(order=order, is_descending=is_descending)
    pages = [catalogue.page(query, offset=first, limit=90) for first in range(0, 400, 90)]
    assert [*itertools.chain(*(page.tracks for page in pages))] == expected
    assert {page.n_tracks for page in pages} == {400}
    assert catalogue.page(query, offset=400).tracks == ()


@pytest.mark.parametrize(
    "text", ["blue", "BLUES", "ogre", "ac/dc", "ac", "don't", "ete blue", "zo nig", "a in", "100%"]
)
def test_a_text_finds_what_brute_force_finds(catalogue, tracks, text):
    expected = {track.track_id for track in tracks if all(has(track, token) for token in text.split())}
    page = catalogue.page(Query(text), limit=1000)
    assert {track.track_id for track in page.tracks} == expected and page.n_tracks == len(expected)
    assert len(expected) > 0


def test_filters_keep_to_one_artist_album_or_genre(catalogue, tracks):
    for kind in ("artist", "album", "genre"):
        for name in ("Blue", "ÓGRE", ""):
            expected = {track.track_id for track in tracks if key(getattr(track, kind)) == key(name)}
            page = catalogue.page(Query(**{kind: name}), limit=1000)
            assert {track.track_id for track in page.tracks} == expected and expected
    both = catalogue.page(Query("night", genre="blue"), limit=1000).tracks
    assert {track.track_id for track in both} == {
        track.track_id for track in tracks if has(track, "night") and key(track.genre) == "blue"
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_typed_is_more_than_looked_for(catalogue, text):
    page = catalogue.page(Query(text), limit=5)
    assert page.n_tracks == catalogue.n_fitting(text) >= len(page.tracks)
    assert all(isinstance(track, Track) for track in catalogue.suggest(text))
    for kind in ("artist", "album", "genre"):
        catalogue.names(kind, text)
        catalogue.page(Query(**{kind: text}))
    assert len(catalogue) == catalogue.n_listed() == 400


def test_suggestions_begin_with_what_is_meant(tmp_path):
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        for number in range(600):
            catalogue.add_track(Track(f"{number:03}", f"One more {number}", "Someone", "One"))
        catalogue.add_track(Track("exact", "One", "Metallica", "Garage"))
        catalogue.add_track(Track("artist", "Song", "One"))
        catalogue.add_track(Track("inside", "Everyone", "Nobody"))
        catalogue.add_track(Track("japan", "夜の東京", "歌手"))
        catalogue.add_track(Track("band", "Must Be the Moss", "!!!"))

        def suggested(text, limit=20):
            return [track.track_id for track in catalogue.suggest(text, limit)]

        assert suggested("ONE")[:2] == ["exact", "artist"] and len(suggested("one")) == 20
        assert suggested("metall one") == ["exact"] == suggested("one garage met")
        assert suggested("veryon") == ["inside"]  # no word begins so: then inside of words
        assert suggested("東京") == ["japan"] and suggested("!!!") == ["band"]
        assert suggested("", 3) == ["band", "japan", "inside"]  # the newest
        assert suggested("no such") == []


def test_names_with_how_often_they_come(catalogue, tracks):
    artists = {}
    for track in tracks:
        if track.artist:
            artists.setdefault(plain(track.artist).strip(), []).append(track.artist)
    every = catalogue.names("artist", limit=1000)
    assert [plain(name) for name, _ in every] == sorted(artists)
    assert [n for _, n in every] == [len(artists[name]) for name in sorted(artists)]
    found = [plain(name) for name, _ in catalogue.names("artist", "blu", limit=1000)]
    first = sorted(name for name in artists if name.startswith("blu"))
    second = sorted(
        name for name in artists if any(part.startswith("blu") for part in parts(name)) and name not in first
    )
    assert found == first + second
    assert len(catalogue.names("artist", limit=5)) == 5
    assert catalogue.names("genre", "nothing like it") == ()


def test_tracks_by_lot(catalogue, tracks):
    assert {track.track_id for track in catalogue.some(1000)} == {track.track_id for track in tracks}
    assert len({track.track_id for track in catalogue.some(7)}) == 7


def test_what_is_found_keeps_in_step_with_the_tags(tmp_path):
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        track = catalogue.add_track(Track("1", "Old", "Anna", path="a.ogg"))
        catalogue.add_track(Track("2", "Other", "Bert"))
        catalogue.add_track(replace(track, title="New"))
        assert catalogue.find("old") == () and len(catalogue.find("new anna")) == 1
        catalogue.remove("1")
        assert catalogue.find("new") == () and catalogue.names("artist") == (("Bert", 1),)
        catalogue._rows("INSERT INTO written (written, rank) VALUES ('integrity-check', 1)")


def test_a_list_asked_for_again_is_that_of_the_catalogue_as_it_is_now(tmp_path):
    query = Query(order="title")

    def seen(catalogue):
        page = catalogue.page(query, limit=5)
        return page.n_tracks, [track.title for track in page.tracks]

    with Catalogue.open(tmp_path / "c.sqlite") as own:
        own.add_track(Track("1", "One"))
        with Catalogue.open(tmp_path / "c.sqlite", is_read_only=True) as other:
            for catalogue in (own, other, own, other):
                assert seen(catalogue) == (1, ["One"])
            own.add_track(Track("2", "A second"))
            assert seen(own) == seen(other) == (2, ["A second", "One"])
            with pytest.raises(RuntimeError), own.transaction():
                own.add_track(Track("3", "Three"))
                assert seen(own)[0] == 3
                raise RuntimeError
            own.add_track(Track("4", "Four"))
            assert seen(own) == seen(other) == (3, ["A second", "Four", "One"])
            own.add_track(Track("4", "Zoë"))
            assert seen(own) == seen(other) == (3, ["A second", "One", "Zoë"])
            own.remove("4")
            assert seen(own) == seen(other) == (2, ["A second", "One"])


def test_a_catalogue_of_format_3_is_brought_up_to_date(tmp_path, tracks):
    path = tmp_path / "c.sqlite"
    with Catalogue.open(path) as catalogue:
        for track in tracks:
            catalogue.add_track(track)
    with sqlite3.connect(path) as old:
        for table in ("written", "listing"):
            old.execute(f"DROP TABLE {table}")
        old.execute("ALTER TABLE tracks ADD COLUMN search_text TEXT NOT NULL DEFAULT ''")
        old.execute("PRAGMA user_version = 3")
    old.close()
    with pytest.raises(CatalogueError, match="older format 3"):
        Catalogue.open(path, is_read_only=True)
    with Catalogue.open(path) as catalogue, Catalogue.open(tmp_path / "new.sqlite") as new:
        assert catalogue.tracks() == tuple(sorted(tracks, key=lambda track: track.track_id))
        for track in tracks:
            new.add_track(track)
        for text in ("", "blue", "ogre zo"):
            assert catalogue.page(Query(text), limit=1000) == new.page(Query(text), limit=1000)
        assert catalogue.suggest("") == new.suggest("")
        schema = "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY name"
        assert catalogue._rows(schema) == new._rows(schema)


def test_the_doctor_finds_a_track_in_no_list(tmp_path):
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        catalogue.add_track(Track("1", "a"))
        assert not doctor._lists(catalogue).is_problem
        catalogue._rows("DELETE FROM listing")
        assert doctor._lists(catalogue).is_problem and "1 tracks" in doctor._lists(catalogue).detail
