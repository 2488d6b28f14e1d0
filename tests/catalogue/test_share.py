"""Sharing without audio: what goes out and what does not, what comes in, and that a stranger's file is not believed."""

import json
import multiprocessing
import os
import signal
import sqlite3
import struct
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synesthete import encoders
from synesthete.catalogue import Catalogue, embed_missing
from synesthete.catalogue.doctor import examine
from synesthete.catalogue.share import export_to, import_from
from synesthete.catalogue.shared_file import MAX_SIZE, SharedFile
from synesthete.cli import main
from synesthete.encoders.base import Embedding, unit
from synesthete.errors import CatalogueError
from synesthete.search import SearchEngine
from synesthete.tracks import Segment, Track
from tests.catalogues import Fake, embedding_of, walk

NAMES = ("jazz", "female vocalists", "80s")


class Tagger(Fake):
    name = "tagger"
    tag_names = NAMES


TAGGER = Tagger()
SECRET = "/home/someone/private music"


def add(catalogue, rng, number, **tags):
    track = Track(
        f"{number:016x}", f"Track {number}", f"Artist {number % 3}", seconds=12.5, path=f"{SECRET}/{number}.ogg"
    )
    catalogue.add_track(replace(track, **tags))
    heard = dict(zip(NAMES, rng.random(3).round(2).tolist(), strict=True))
    embedding = replace(embedding_of(walk(rng, 3)), fingerprint=TAGGER.fingerprint, tags=heard)
    catalogue.put_embedding(track.track_id, TAGGER, embedding)


@pytest.fixture
def own(tmp_path, rng):
    with Catalogue.open(tmp_path / "own.sqlite") as catalogue:
        for number in range(30):
            add(catalogue, rng, number, licence="CC0", year=1999, replaygain_db=-3.5)
        catalogue.add_track(Track("f" * 16, "never embedded", path=f"{SECRET}/x.ogg"))
        catalogue.put_file(f"{SECRET}/0.ogg", 1, 2, f"{0:016x}")
        catalogue.record_failure(f"{SECRET}/broken.mp3", "It is damaged.", "read")
        catalogue.set_provenance("source", "my own records")
        yield catalogue


@pytest.fixture
def file(own, tmp_path):
    export_to(own, tmp_path / "records.synesthete")
    return tmp_path / "records.synesthete"


@pytest.fixture
def theirs(tmp_path):
    with Catalogue.open(tmp_path / "theirs.sqlite") as catalogue:
        yield catalogue


def take(catalogue, file, on_progress=None):
    with SharedFile(file) as shared:
        return import_from(catalogue, shared, on_progress)


def content(catalogue):
    tables = ("tracks", "track_vectors", "segment_vectors", "track_tags", "track_words", "encoders", "provenance")
    with sqlite3.connect(catalogue.path) as plain:
        rows = {table: plain.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables}
    plain.close()
    return rows


def test_a_round_trip_gives_the_same_matches_with_equal_cosines(own, file, theirs):
    counts = take(theirs, file)
    assert (counts.n_tracks, counts.n_new, counts.n_vectors, counts.n_tagged) == (30, 30, 30, 30)
    assert theirs.revision(TAGGER.fingerprint) == own.revision(TAGGER.fingerprint)
    for number in range(0, 30, 7):
        here, there = (SearchEngine(c, TAGGER).search_track(f"{number:016x}") for c in (own, theirs))
        pairs = [
            [(match.track.track_id, match.cosine, match.offset_seconds) for match in r.matches] for r in (here, there)
        ]
        assert pairs[0] == pairs[1] and len(pairs[0]) == 10
        assert theirs.track(f"{number:016x}") == replace(own.track(f"{number:016x}"), path="")
        assert theirs.tags(f"{number:016x}") == own.tags(f"{number:016x}")
    assert theirs.word_counts() == own.word_counts()
    assert theirs.find("jazz", limit=5) == tuple(replace(track, path="") for track in own.find("jazz", limit=5))


def test_the_file_holds_nothing_private(file):
    raw = file.read_bytes()
    assert b"private" not in raw and b".ogg" not in raw and b"never embedded" not in raw and b"damaged" not in raw
    assert b"my own records" in raw and b"CC0" in raw
    assert [path.name for path in file.parent.glob("records*")] == [file.name]


def test_an_import_is_told_in_the_provenance(file, theirs):
    take(theirs, file)
    told = theirs.provenance()["import of records.synesthete"]
    assert "30 new tracks" in told and "SHA-256" in told and "source: my own records" in told


def test_a_known_track_keeps_what_it_has_and_gains_what_it_lacks(own, file, theirs, rng):
    theirs.add_track(Track(f"{3:016x}", "My title", path="mine.ogg"))
    add(theirs, rng, 4, title="My other")
    before = theirs.features_of(f"{4:016x}", TAGGER.fingerprint), theirs.tags(f"{4:016x}")
    counts = take(theirs, file)
    assert (counts.n_new, counts.n_vectors, counts.n_tagged) == (28, 29, 29)
    mine = theirs.track(f"{3:016x}")
    assert (mine.title, mine.path, mine.artist) == ("My title", "mine.ogg", "")
    assert np.array_equal(
        theirs.features_of(f"{3:016x}", TAGGER.fingerprint), own.features_of(f"{3:016x}", TAGGER.fingerprint)
    )
    assert np.array_equal(theirs.features_of(f"{4:016x}", TAGGER.fingerprint), before[0])
    assert theirs.tags(f"{4:016x}") == before[1]
    again = take(theirs, file)
    assert (again.n_tracks, again.n_new, again.n_vectors, again.n_tagged) == (30, 0, 0, 0)


def test_an_imported_track_gets_its_audio_when_it_is_indexed(file, theirs, tmp_path):
    take(theirs, file)
    assert theirs.locate(theirs.track(f"{3:016x}")) is None
    (tmp_path / "found.ogg").write_bytes(b"")
    theirs.add_track(Track(f"{3:016x}", "Its own title", path=str(tmp_path / "found.ogg")))
    kept = theirs.track(f"{3:016x}")
    assert (kept.title, kept.artist, kept.path) == ("Its own title", "Artist 0", str(tmp_path / "found.ogg"))


def test_tracks_without_audio_are_no_failures(file, theirs):
    take(theirs, file)
    assert embed_missing(theirs, Fake()) == (0, 0) and theirs.failures() == ()
    findings = {finding.what: finding for finding in examine(theirs)}
    assert not findings["audio"].is_problem and "30 tracks were imported" in findings["audio"].detail
    assert not findings["words"].is_problem


def test_an_interrupted_import_leaves_everything_as_it_was(file, theirs, rng):
    add(theirs, rng, 40)
    before = content(theirs)

    def stop(label, fraction):
        if fraction > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(theirs, file, stop)
    assert content(theirs) == before
    assert take(theirs, file).n_new == 30


def _import_and_dawdle(path, file, sign):
    def dawdle(label, fraction):
        if fraction > 0.5:
            sign.touch()
            time.sleep(60)

    with Catalogue.open(path) as catalogue, SharedFile(file) as shared:
        import_from(catalogue, shared, dawdle)


def test_a_killed_import_leaves_everything_as_it_was(file, theirs, tmp_path):
    before, sign = content(theirs), tmp_path / "half done"
    process = multiprocessing.get_context("spawn").Process(target=_import_and_dawdle, args=(theirs.path, file, sign))
    process.start()
    while process.is_alive() and not sign.exists():
        time.sleep(0.05)
    assert process.is_alive()
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)
    assert content(theirs) == before
    assert take(theirs, file).n_new == 30


# ---- a stranger's file -------------------------------------------------------------------------------------

BAD_VECTOR = np.full(12, np.nan, "<f4").tobytes()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON tracks BEGIN DELETE FROM tracks; END", "its tables are not those"),
        ("CREATE VIEW v AS SELECT * FROM tracks", "its tables are not those"),
        ("CREATE TABLE files (path TEXT)", "its tables are not those"),
        ("CREATE INDEX i ON tracks (abs(seconds))", "its tables are not those"),
        ("DROP TABLE tags", "its tables are not those"),
        ("ALTER TABLE tracks ADD COLUMN path TEXT", "its tables are not those"),
        ("ALTER TABLE tracks ADD COLUMN x TEXT GENERATED ALWAYS AS (hex(title)) VIRTUAL", "its tables are not those"),
        ("PRAGMA user_version = 9", "has format 9"),
        ("PRAGMA application_id = 1", "not a shared catalogue"),
        ("UPDATE tracks SET track_id = '../../etc' WHERE rowid = 1", "no hash of a sound"),
        ("UPDATE tracks SET track_id = 'ABCDEF0123456789' WHERE rowid = 1", "no hash of a sound"),
        ("UPDATE tracks SET seconds = -1 WHERE rowid = 1", "-1.0 seconds long"),
        ("UPDATE tracks SET seconds = 9e999 WHERE rowid = 1", "inf seconds long"),
        ("UPDATE tracks SET seconds = NULL WHERE rowid = 1", "None seconds long"),
        ("UPDATE encoders SET fingerprint = 'x'", "an encoder in it cannot be"),
        ("UPDATE encoders SET name = '`reboot`'", "an encoder in it cannot be"),
        (f"UPDATE encoders SET embedding_size = {MAX_SIZE + 1}", "an encoder in it cannot be"),
        ("UPDATE encoders SET embedding_size = 11", "no embedding of size 11"),
        ("UPDATE encoders SET tag_names = '[1]'", "names of tags cannot be"),
        ('UPDATE encoders SET tag_names = \'["=cmd()", "c", "d"]\'', "names of tags cannot be"),
        ("UPDATE encoders SET tag_names = '" + "[" * 5000 + "'", "names of tags cannot be"),
        ('UPDATE encoders SET tag_names = \'["a\\nb", "c", "d"]\'', "names of tags cannot be"),
        ('UPDATE encoders SET tag_names = \'["a", "a", "d"]\'', "names of tags cannot be"),
        ('UPDATE encoders SET tag_names = \'["a", "b"]\'', "not 2 probabilities"),
        ("UPDATE vectors SET features = zeroblob(4) WHERE rowid = 20", "no embedding of size 12"),
        ("UPDATE vectors SET starts = x'' WHERE rowid = 20", "no embedding of size 12"),
        (f"UPDATE vectors SET features = x'{BAD_VECTOR.hex()}' WHERE rowid = 20", "features that are not finite"),
        (
            "UPDATE vectors SET features = CAST(zeroblob(44) || x'0000807f' AS BLOB) WHERE rowid = 20",
            "features that are not finite",
        ),
        ("UPDATE vectors SET starts = CAST(zeroblob(8) || x'0000c07f' AS BLOB) WHERE rowid = 20", "impossible times"),
        ("UPDATE vectors SET lengths = zeroblob(12) WHERE rowid = 20", "impossible times"),
        ("UPDATE vectors SET fingerprint = '0123456789abcdef' WHERE rowid = 20", "does not name"),
        ("UPDATE tags SET probabilities = x'ff' WHERE rowid = 20", "not 3 probabilities"),
        ("UPDATE tags SET probabilities = x'007c007c007c' WHERE rowid = 20", "not 3 probabilities"),
        ("UPDATE tags SET fingerprint = 'nobody' WHERE rowid = 20", "not 0 probabilities"),
        ("UPDATE tracks SET title = CAST(x'ff' AS TEXT) WHERE rowid = 20", "is damaged"),
    ],
)
def test_a_file_that_cannot_be_is_refused_whole(file, theirs, statement, message):
    with sqlite3.connect(file) as plain:
        plain.execute(statement)
    plain.close()
    before = content(theirs)
    with pytest.raises(CatalogueError, match=message):
        take(theirs, file)
    assert content(theirs) == before


def test_files_that_are_no_shared_catalogue_are_refused(own, tmp_path, file):
    (tmp_path / "text").write_text("not SQLite at all, but long enough to be looked at" * 100)
    (tmp_path / "cut").write_bytes(file.read_bytes()[:-5000])
    (tmp_path / "empty").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    for name, message in (
        ("text", "not a database"),
        ("cut", "damaged"),
        ("empty", "not a shared catalogue"),
        ("pipe", "There is no shared catalogue"),
        ("nowhere", "There is no shared catalogue"),
        (own.path.name, "not a shared catalogue"),
    ):
        with pytest.raises(CatalogueError, match=message):
            SharedFile(tmp_path / name)
    with pytest.raises(CatalogueError, match="not a Synesthete catalogue"):
        Catalogue.open(file, is_read_only=True)


def test_values_of_other_types_below_a_strict_table_are_not_believed(file, theirs):
    """STRICT binds only SQLite; who writes the bytes of the file may put anything anywhere."""
    with sqlite3.connect(file) as plain:
        plain.execute("PRAGMA writable_schema = ON")
        plain.execute("UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '')")
    plain.close()
    with sqlite3.connect(file) as plain:
        plain.execute("UPDATE tracks SET title = x'00ff', year = 'soon', artist = 5 WHERE rowid = 1")
        plain.execute("UPDATE vectors SET features = 7 WHERE rowid = 2")
        plain.execute("PRAGMA writable_schema = ON")
        plain.execute("UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE type = 'table'")
    plain.close()
    with pytest.raises(CatalogueError, match="is damaged"):
        take(theirs, file)
    assert len(theirs) == 0


def test_texts_are_cleaned_as_tags_of_audio_are(file, theirs):
    hostile = "=cmd()\x1b[31m\u202e<b>x</b>\n" + "y" * 1000
    with sqlite3.connect(file) as plain:
        plain.execute("UPDATE tracks SET title = ?, source = ?, year = 99999, replaygain_db = 1e9 WHERE rowid = 1",
                      (hostile, hostile))  # fmt: skip
        plain.execute("UPDATE tracks SET title = NULL WHERE rowid = 2")
        plain.execute("UPDATE provenance SET value = ?", (hostile,))
    plain.close()
    take(theirs, file)
    track = theirs.track(f"{0:016x}")
    for text in (track.title, track.source, theirs.provenance()["import of records.synesthete"]):
        assert text.isprintable() and len(text) <= 1000 and "<b>x</b>" in text
    assert len(track.title) == 300 and track.year == 0 and track.replaygain_db is None and track.path == ""
    assert theirs.track(f"{1:016x}").title == "Untitled"


def test_a_journal_beside_the_file_is_not_looked_at(file, theirs):
    for ending in ("-wal", "-journal", "-shm"):
        file.with_name(file.name + ending).write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"x" * 600)
    listing = {path: path.read_bytes() for path in file.parent.glob("records*")}
    assert take(theirs, file).n_new == 30
    assert {path: path.read_bytes() for path in file.parent.glob("records*")} == listing


def test_damaged_pages_end_in_a_sentence(file, tmp_path, rng):
    raw = file.read_bytes()
    n_refused = 0
    for attempt in range(40):
        damaged = bytearray(raw)
        for place in rng.integers(100, len(raw), 30):
            damaged[place] = rng.integers(256)
        (tmp_path / "damaged").write_bytes(bytes(damaged))
        with Catalogue.open(tmp_path / f"{attempt}.sqlite") as catalogue:
            try:
                take(catalogue, tmp_path / "damaged")
            except CatalogueError:
                n_refused += 1
                assert len(catalogue) == 0
            assert catalogue.integrity_problems() == []
    assert n_refused > 10


def test_a_false_size_of_an_encoder_of_ours_is_refused(tmp_path, theirs, rng):
    encoder = encoders.load("statistics")
    with Catalogue.open(tmp_path / "own.sqlite") as own:
        own.add_track(Track("a" * 16, "x"))
        vectors = unit(rng.normal(size=(1, encoder.embedding_size)))
        embedding = Embedding(vectors[0], vectors, (Segment(0.0, 5.0),), encoder.fingerprint)
        own.put_embedding("a" * 16, encoder, embedding)
        export_to(own, tmp_path / "x")
    with sqlite3.connect(tmp_path / "x") as plain:
        plain.execute("UPDATE encoders SET embedding_size = 4, n_track_features = 4, name = 'other'")
        plain.execute("UPDATE vectors SET features = ?, matrix = zeroblob(8)", (struct.pack("<4f", 1, 0, 0, 0),))
    plain.close()
    with pytest.raises(CatalogueError, match="says of the encoder statistics is not so"):
        take(theirs, tmp_path / "x")
    assert theirs.encoders() == ()


def test_exports_that_cannot_be_are_refused(own, file, theirs, tmp_path):
    with pytest.raises(CatalogueError, match="there already"):
        export_to(own, file)
    with pytest.raises(CatalogueError, match="no vectors to share"):
        export_to(theirs, tmp_path / "new")
    (tmp_path / "plain").write_text("")
    with pytest.raises(CatalogueError, match="could not be written"):
        export_to(own, tmp_path / "plain" / "new")
    assert not (tmp_path / "new").exists()


def test_a_read_only_catalogue_shares_and_takes_nothing_in(own, file, theirs, tmp_path):
    with Catalogue.open(own.path, is_read_only=True) as reader:
        assert export_to(reader, tmp_path / "again").n_tracks == 30
    with Catalogue.open(theirs.path, is_read_only=True) as reader, pytest.raises(CatalogueError, match="read-only"):
        take(reader, file)


def test_the_commands(own, tmp_path, capsys):
    file, catalogue = tmp_path / "mine.synesthete", tmp_path / "new" / "catalogue.sqlite"
    assert main(["export", str(file), "--catalogue", str(own.path)]) == 0
    assert "30 tracks" in capsys.readouterr().out
    assert main(["import", str(own.path), "--catalogue", str(catalogue)]) == 1
    assert "not a shared catalogue" in capsys.readouterr().err and not catalogue.exists()
    assert main(["import", str(file), "--catalogue", str(catalogue), "--json"]) == 0
    said = capsys.readouterr()
    assert (
        json.loads(said.out)["n_new"] == 30 and "by tagger (1) are of a version that is not installed here" in said.err
    )
    assert main(["find", "jazz", "--catalogue", str(catalogue), "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found and all("jazz" in track["words"] and track["path"] == "" for track in found)
    assert main(["find", "Track", "piano", "--catalogue", str(catalogue)]) == 0
    said = capsys.readouterr()
    assert said.out == "" and "track: 30" in said.err and "piano: 0 (not a word" in said.err
    assert main(["find", "track", "--limit", "3", "--catalogue", str(catalogue)]) == 0
    assert "27 more fit" in capsys.readouterr().err
    assert main(["find", "x", "--limit", "0", "--catalogue", str(catalogue)]) == 1
    assert Path(catalogue).is_file()
