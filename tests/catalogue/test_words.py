"""Words: what an encoder calls the tracks, which of it counts, and what a search by words finds."""

import sqlite3
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from synesthete import encoders
from synesthete.catalogue import Catalogue, doctor, embed_missing, listing
from synesthete.catalogue.indexing import index
from synesthete.catalogue.listing import Query
from synesthete.catalogue.words import LEAST
from synesthete.cli import main
from synesthete.errors import CatalogueError
from synesthete.tracks import Track
from tests.catalogues import ENCODER, Fake, embedding_of, walk
from tests.sounds import RATE_HZ, melody

NAMES = ("rock", "female vocalists", "jazz", "Hip-Hop", "80s", "guitar", "female vocalist", "blues", "rnb")


class Tagger(Fake):
    name = "tagger"
    tag_names = NAMES


TAGGER = Tagger()


def add(catalogue, rng, track, heard):
    catalogue.add_track(track)
    tags = {name: heard.get(name, 0.01) for name in NAMES}
    embedding = embedding_of(walk(rng, 2))
    catalogue.put_embedding(track.track_id, TAGGER, replace(embedding, fingerprint=TAGGER.fingerprint, tags=tags))


@pytest.fixture
def filled(catalogue, rng):
    add(catalogue, rng, Track("1", "Blue Monday", "New Order"), {"rock": 0.4, "80s": 0.2, "guitar": 0.1})
    add(catalogue, rng, Track("2", "So What", "Miles Davis", genre="Jazz"), {"jazz": 0.1})
    add(catalogue, rng, Track("3", "Jazz Age", "Somebody"), {"rock": 0.5})
    singer = {"jazz": 0.8, "female vocalists": 0.1, "female vocalist": 0.35}
    add(catalogue, rng, Track("4", "Untitled", "Anna"), singer)
    add(catalogue, rng, Track("5", "100%", "MC"), {"Hip-Hop": 0.6, "rnb": 0.4})
    add(catalogue, rng, Track("6", "Stairs", "Ben"), {"jazz": 0.4, "guitar": 0.5, "blues": 0.3})
    return catalogue


def found(catalogue, text, *words):
    tracks = catalogue.find(text, words=words)
    assert len(tracks) == catalogue.n_fitting(text, words)
    return [track.track_id for track in tracks]


def test_tags_come_back_likeliest_first(filled):
    tags = filled.tags("4")
    assert list(tags)[:2] == ["jazz", "female vocalist"] and set(tags) == set(NAMES)
    assert tags["jazz"] == pytest.approx(0.8, abs=1e-3)
    filled.add_track(Track("7", "new"))
    assert filled.tags("7") == {} and filled.n_tagged() == 6


def test_a_track_has_the_words_that_stand_out(catalogue, rng):
    probabilities = rng.beta(0.4, 2, size=(300, len(NAMES))).astype(np.float16).astype(float)
    for number, row in enumerate(probabilities):
        add(catalogue, rng, Track(f"{number:03}", ""), dict(zip(NAMES, row, strict=True)))
    merged = {name.lower(): probabilities[:, column] for column, name in enumerate(NAMES) if name != "female vocalist"}
    merged["female vocalists"] = probabilities[:, [1, 6]].max(axis=1)
    expected = {}
    for word, values in merged.items():
        usual = (values[values >= 0.05].sum() + 20 * 0.05) / (300 + 20)
        expected[word] = set(np.flatnonzero(values >= np.clip(2 * usual, 0.05, 0.3)))
    counts = catalogue.word_counts()
    assert counts == {word: len(rows) for word, rows in expected.items()}
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    words = catalogue.words_of([f"{number:03}" for number in range(300)])
    for number in range(300):
        has = [word for word in merged if number in expected[word]]
        likeliest = sorted(has, key=lambda word: (-merged[word][number], word))
        assert list(words.get(f"{number:03}", ())) == likeliest


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("jazz", ["2", "3", "4", "6"]),  # written and heard, written, heard: likelier first
        ("JAZZ guitar", ["6"]),
        ("jazz piano", []),
        ("rock", ["3", "1"]),
        ("blue", ["1"]),
        ("blues", ["6"]),
        ("guitars", ["6"]),
        ("female vocals", ["4"]),
        ("Female Voice", ["4"]),
        ("male vocals", []),
        ("hip hop", ["5"]),
        ("hip-hop R&B", ["5"]),
        ("r'n'b", ["5"]),
        ("1980s monday", ["1"]),
        ("80's", ["1"]),
        ("100%", ["5"]),
        ("%", ["5"]),
        ("anna jazz", ["4"]),
        ("jazz, guitar;", ["6"]),
        ("'; DROP TABLE tracks; --", []),
        ("jazz " * 2000, ["2", "3", "4", "6"]),
        ("x" * 100_000, []),
    ],
)
def test_a_search_finds_what_is_written_and_what_is_heard(filled, text, ids):
    assert found(filled, text) == ids


def test_of_what_is_known_in_part_the_rest_is_found(filled, capsys):
    assert filled.known_part("jazz piano") == ("jazz", ("piano",))
    assert filled.known_part("guitar and female vocals, opera") == ("guitar female vocals", ("and", "opera"))
    assert filled.known_part("jazz 80s") == filled.known_part("anna piano") == filled.known_part("piano") == ("", ())
    assert main(["find", "jazz", "piano", "--catalogue", str(filled.path), "--limit", "3"]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 3 and "Miles Davis" in said.out
    assert "No track is known by piano, heard or written: these fit the rest." in said.err and "1 more fit" in said.err


@pytest.mark.parametrize("query", [Query("jazz"), Query(words=("jazz",)), Query("jazz", is_descending=True)])
@pytest.mark.parametrize("n_kept", [1, 7, 100])
def test_the_likeliest_come_first_however_many_are_looked_at(catalogue, rng, monkeypatch, query, n_kept):
    monkeypatch.setattr(listing, "KEPT_IDS", n_kept)
    for number in range(60):  # many are equally likely, some are written too, some are neither
        track = Track(f"{number:02}", "Jazz" if number % 9 == 0 else "Song", f"Artist {number % 7}")
        add(catalogue, rng, track, {"jazz": (0.0, 0.35, 0.4, 0.4, 0.8)[number % 5]})

    def rank(track):
        heard = catalogue.tags(track.track_id)["jazz"]
        return (not query.words and track.title == "Jazz") + (heard if heard >= LEAST else 0)

    def order(track):
        key = (track.artist, track.title)
        return (-rank(track), tuple(-ord(sign) for sign in key[0]) if query.is_descending else key[0])

    n = catalogue.n_listed(query)
    whole = [catalogue.page(query, offset=at, limit=1).tracks[0] for at in range(n)]
    assert len({track.track_id for track in whole}) == n >= 48
    assert [order(track) for track in whole] == sorted(map(order, whole))


def test_words_chosen_from_the_list_narrow_a_search(filled):
    assert found(filled, "", "jazz") == ["4", "6"]  # by ear alone
    assert found(filled, "", "jazz", "guitar") == ["6"]
    assert found(filled, "somebody", "rock") == ["3"]
    assert found(filled, "", "no such word") == []
    assert [track.track_id for track in filled.find("", limit=2, words=["rock"])] == ["3", "1"]


def test_what_is_looked_for_is_cut_into_words_and_tokens(filled):
    terms = [(term.text, term.word) for term in filled.terms("Female vocals, 80's Ánna")]
    assert terms == [("female vocals", "female vocalists"), ("80's", "80s"), ("anna", "")]


def test_words_go_with_their_track(filled):
    filled.remove("6")
    assert "blues" not in filled.word_counts() and filled.tags("6") == {} and found(filled, "blues") == []
    assert filled.n_broken_references() == 0


def test_another_process_s_words_are_seen(filled):
    filled.thresholds()
    with Catalogue.open(filled.path) as other:
        other.remove("1")
    assert "80s" not in filled.word_counts()


def test_without_words_a_search_goes_by_tags_alone(catalogue, rng):
    catalogue.add_track(Track("1", "All that jazz"))
    catalogue.put_embedding("1", ENCODER, embedding_of(walk(rng, 2)))
    assert found(catalogue, "jazz") == ["1"] and catalogue.word_counts() == {} and catalogue.words_of(["1"]) == {}
    assert catalogue.n_tagged() == 0


def test_tags_that_cannot_be_are_refused(filled):
    for values in ([0.5], np.full(9, 1.5), np.full(9, np.nan)):
        with pytest.raises(CatalogueError, match="tags of track '1'"):
            filled.put_tags("1", TAGGER.fingerprint, NAMES, np.array(values, dtype=np.float16))
    with pytest.raises(CatalogueError, match="other tag names"):
        filled.put_tags("1", TAGGER.fingerprint, NAMES[::-1], np.zeros(9, np.float16))
    assert filled.tags("1")["rock"] == pytest.approx(0.4, abs=1e-3)


def test_indexing_keeps_words_and_gets_those_that_are_missing(tmp_path):
    if not encoders.is_ready("musicnn"):
        pytest.skip(encoders.why_not_ready("musicnn"))
    for seed in range(2):
        soundfile.write(tmp_path / f"{seed}.wav", melody(3, seed=seed), RATE_HZ)
    encoder = encoders.load("musicnn")
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        assert index(catalogue, [tmp_path], ["musicnn"], n_workers=1).n_indexed == 2
        kept = {track.track_id: catalogue.tags(track.track_id) for track in catalogue.tracks()}
        assert all(len(tags) == 50 for tags in kept.values())
        revision = catalogue.revision(encoder.fingerprint)
        forget_tags(catalogue, "AND track_id = (SELECT min(track_id) FROM tracks)")  # as an older version left it
        finding = doctor._words(catalogue, {encoder.fingerprint: encoder})
        assert finding.is_problem and finding.detail == "known of 1 of 2 tracks" and "musicnn" in finding.remedy
        counts = index(catalogue, [tmp_path], ["musicnn"], n_workers=1)
        assert (counts.n_indexed, counts.n_unchanged) == (1, 1)
        assert {track_id: catalogue.tags(track_id) for track_id in kept} == kept
        assert catalogue.revision(encoder.fingerprint) == revision


def test_embedding_what_is_missing_gets_missing_words(catalogue, tmp_path):
    class Giving(Tagger):
        def tags(self, features):
            return dict.fromkeys(NAMES, 0.5)

    soundfile.write(tmp_path / "a.wav", melody(6, seed=1), RATE_HZ)
    catalogue.add_track(Track("1", "a", path=str(tmp_path / "a.wav")))
    catalogue.add_track(Track("2", "imported"))
    assert embed_missing(catalogue, Giving()) == (1, 0) and catalogue.n_tagged() == 1
    forget_tags(catalogue)
    assert catalogue.n_untagged() == 1
    assert embed_missing(catalogue, Fake()) == (1, 0) and catalogue.n_tagged() == 0  # one that knows no words
    assert embed_missing(catalogue, Giving()) == (1, 0) and catalogue.n_untagged() == 0
    assert embed_missing(catalogue, Giving()) == (0, 0) and catalogue.failures() == ()


def forget_tags(catalogue, of_whom=""):
    with sqlite3.connect(catalogue.path) as plain:
        plain.execute(f"DELETE FROM track_tags WHERE 1 {of_whom}")
        plain.execute(f"DELETE FROM track_words WHERE 1 {of_whom}")
    plain.close()
