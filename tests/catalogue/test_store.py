"""The catalogue: what goes in comes out, nothing leaves its folder, and every refusal says why."""

import dataclasses
import multiprocessing
import sqlite3
import threading

import numpy as np
import pytest

from synesthete.catalogue import Catalogue
from synesthete.encoders.base import Embedding, Encoder, unit
from synesthete.errors import CatalogueError
from synesthete.tracks import Segment, Track


class Fake(Encoder):
    name = "fake"
    version = "1"
    embedding_size = 8
    consumes = "waveform"

    def encode(self, batch):
        return unit(batch[:, :8])


class Other(Fake):
    name = "other"
    embedding_size = 5


ENCODER = Fake()


def embedding_of(rng, n_segments=4, encoder=ENCODER):
    vectors = unit(rng.normal(size=(n_segments, encoder.embedding_size)))
    segments = tuple(Segment(2.5 * number, 5.0) for number in range(n_segments))
    return Embedding(unit(vectors.mean(axis=0)), vectors, segments, encoder.fingerprint)


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue.open(tmp_path / "music" / "catalogue.sqlite") as opened:
        yield opened


def test_a_track_comes_back_as_it_went_in(catalogue):
    track = Track("b1", "Höhle", "Á", "album", "genre", 12.5, "a/b.ogg", "DE1", "CC0", "us")
    assert catalogue.add_track(track) == track
    assert catalogue.track("b1") == track
    assert "b1" in catalogue
    assert "zz" not in catalogue
    assert len(catalogue) == 1


def test_tracks_come_in_the_order_asked_for(catalogue):
    for number in range(1200):  # more than one query can bind
        catalogue.add_track(Track(f"{number:04}", str(number)))
    wanted = [f"{number:04}" for number in np.random.default_rng(0).permutation(1200)]
    assert [track.track_id for track in catalogue.tracks(wanted)] == wanted
    assert [track.track_id for track in catalogue.tracks()] == sorted(wanted)
    assert catalogue.tracks([]) == ()


def test_an_unknown_track_is_named(catalogue):
    with pytest.raises(CatalogueError, match="no track 'nobody'"):
        catalogue.track("nobody")
    with pytest.raises(CatalogueError, match="no track 'nobody'"):
        catalogue.remove("nobody")


def test_adding_again_updates_and_a_copy_is_remembered(catalogue):
    first = catalogue.add_track(Track("a", "old", path="one.ogg"))
    renamed = dataclasses.replace(first, title="new")
    assert catalogue.add_track(renamed).title == "new"
    assert [found.track_id for found in catalogue.find("new")] == ["a"]
    kept = catalogue.add_track(Track("a", "copy", path="two.ogg"))
    assert kept == renamed
    assert catalogue.other_paths("a") == ("two.ogg",)
    assert catalogue.known_paths() == {"one.ogg": "a", "two.ogg": "a"}
    assert len(catalogue) == 1


def touch(catalogue, name):
    path = catalogue.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sound")
    return path


def rename(catalogue, old, new):
    (catalogue.folder / new).parent.mkdir(parents=True, exist_ok=True)
    (catalogue.folder / old).rename(catalogue.folder / new)


@pytest.mark.parametrize("is_absolute", [False, True])
def test_a_moved_file_takes_its_entry_along(catalogue, is_absolute):
    def named(name):
        return str(catalogue.folder / name) if is_absolute else name

    touch(catalogue, "one.ogg")
    catalogue.add_track(Track("a", "one", "Ann", "Album", path=named("one.ogg"), isrc="DE1", seconds=9.0))
    rename(catalogue, "one.ogg", "Ann/two.ogg")
    kept = catalogue.add_track(Track("a", "two", "Anna", genre="Folk", path=named("Ann/two.ogg"), seconds=9.0))
    expected = Track("a", "two", "Anna", "Album", "Folk", 9.0, named("Ann/two.ogg"), "DE1")
    assert kept == catalogue.track("a") == expected
    assert catalogue.audio_path(kept).is_file()
    assert catalogue.known_paths() == {named("Ann/two.ogg"): "a"}
    assert [found.track_id for found in catalogue.find("anna folk")] == ["a"]
    assert catalogue.find("one") == ()


def test_of_two_copies_the_first_stays_and_learns_what_it_lacks(catalogue):
    touch(catalogue, "one.ogg")
    touch(catalogue, "two.ogg")
    catalogue.add_track(Track("a", "one", "Ann", path="one.ogg"))
    kept = catalogue.add_track(Track("a", "two", "Ben", "Album", path="two.ogg"))
    assert kept == catalogue.track("a") == Track("a", "one", "Ann", "Album", path="one.ogg")
    assert catalogue.other_paths("a") == ("two.ogg",)
    (catalogue.folder / "one.ogg").unlink()  # now the copy is all there is
    assert catalogue.add_track(Track("a", "two", "Ben", path="two.ogg")) == Track(
        "a", "two", "Ben", "Album", path="two.ogg"
    )
    assert catalogue.other_paths("a") == ()
    assert catalogue.known_paths() == {"two.ogg": "a"}
    catalogue.remove("a")
    assert catalogue.known_paths() == {}


def test_where_neither_file_is_there_the_entry_stays(catalogue):
    """A drive that is not mounted is no reason to forget where the music lies."""
    catalogue.add_track(Track("a", "one", path="/nowhere/one.ogg"))
    assert catalogue.add_track(Track("a", "two", path="/nowhere/two.ogg")).path == "/nowhere/one.ogg"
    assert catalogue.add_track(Track("a", "two", path="../two.ogg")).path == "/nowhere/one.ogg"


def test_another_name_of_one_file_brings_its_new_tags(catalogue):
    path = touch(catalogue, "one.ogg")
    catalogue.add_track(Track("a", "one", "Ann", path="one.ogg"))
    assert catalogue.add_track(Track("a", "new", path=str(path))) == Track("a", "new", path="one.ogg")
    assert catalogue.known_paths() == {"one.ogg": "a", str(path): "a"}


def test_an_entry_without_a_path_gets_one_and_none_loses_it(catalogue):
    catalogue.add_track(Track("a", "one"))
    assert catalogue.add_track(Track("a", "one", path="one.ogg")).path == "one.ogg"
    assert catalogue.add_track(Track("a", "new", "Ann")) == Track("a", "new", "Ann", path="one.ogg")
    assert catalogue.known_paths() == {"one.ogg": "a"}


def test_another_sound_under_a_path_that_was_a_copy(catalogue):
    touch(catalogue, "one.ogg")
    touch(catalogue, "two.ogg")
    catalogue.add_track(Track("a", "a", path="one.ogg"))
    catalogue.add_track(Track("a", "a", path="two.ogg"))
    catalogue.add_track(Track("b", "b", path="two.ogg"))
    assert catalogue.other_paths("a") == ()
    assert catalogue.known_paths() == {"one.ogg": "a", "two.ogg": "b"}


def test_new_tags_are_a_change_and_the_same_are_none(catalogue):
    track = catalogue.add_track(Track("a", "one", path="one.ogg"))
    before = catalogue.n_changes()
    catalogue.add_track(track)
    assert catalogue.n_changes() == before
    catalogue.add_track(dataclasses.replace(track, artist="Ann"))
    assert catalogue.n_changes() > before


def test_updating_a_track_keeps_its_vectors(catalogue, rng):
    track = catalogue.add_track(Track("a", "old", path="one.ogg"))
    catalogue.put_embedding("a", ENCODER, embedding_of(rng))
    catalogue.add_track(dataclasses.replace(track, title="new"))
    assert catalogue.ids(ENCODER.fingerprint) == ("a",)


def test_a_track_needs_an_id(catalogue):
    with pytest.raises(CatalogueError, match="has no track_id"):
        catalogue.add_track(Track("", "nameless"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bjork", ["1"]),
        ("BJÖRK pagan", ["1"]),
        ("pagan nobody", []),
        ("100%", ["2"]),
        ("%", ["2"]),
        ("_", ["3"]),
        ("\\", ["4"]),
        ("ambient", ["1", "2"]),
        ("'; DROP TABLE tracks; --", []),
        ("   ", ["1", "2", "3", "4"]),
    ],
)
def test_find(catalogue, text, found):
    catalogue.add_track(Track("1", "Pagan Poetry", "Björk", genre="Ambient"))
    catalogue.add_track(Track("2", "100% pure", album="Ambient works"))
    catalogue.add_track(Track("3", "snake_case"))
    catalogue.add_track(Track("4", "back\\slash"))
    assert sorted(track.track_id for track in catalogue.find(text)) == found


def test_find_keeps_to_the_limit(catalogue):
    for number in range(5):
        catalogue.add_track(Track(str(number), "same"))
    assert len(catalogue.find("same", limit=3)) == 3


def test_vectors_and_segments_come_back(catalogue, rng):
    made = {}
    for track_id in ("c", "a", "b"):
        catalogue.add_track(Track(track_id, track_id))
        made[track_id] = embedding_of(rng, n_segments=ord(track_id) - 95)
        catalogue.put_embedding(track_id, ENCODER, made[track_id])
    ids, features = catalogue.ids(ENCODER.fingerprint), catalogue.track_features(ENCODER.fingerprint)
    assert ids == ("a", "b", "c")
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, [made[track_id].track_features for track_id in ids])
    np.testing.assert_array_equal(catalogue.features_of("b", ENCODER.fingerprint), made["b"].track_features)

    segments, matrix = catalogue.segments("b", ENCODER.fingerprint)
    assert segments == made["b"].segments
    np.testing.assert_allclose(matrix, made["b"].segment_vectors, atol=2e-3)
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-6)

    rows, starts, everything = catalogue.all_segments(ENCODER.fingerprint)
    assert rows.tolist() == [0, 0, 1, 1, 1, 2, 2, 2, 2]
    assert starts.tolist() == [0, 2.5, 0, 2.5, 5, 0, 2.5, 5, 7.5]
    np.testing.assert_array_equal(everything[2:5], matrix)


def test_segments_of_some_tracks_come_in_the_order_asked_for(catalogue, rng):
    for number in range(600):  # more than one query can bind
        catalogue.add_track(Track(f"{number:03}", "x", seconds=float(number), artist=f"Artist {number % 7}"))
        catalogue.put_embedding(f"{number:03}", ENCODER, embedding_of(rng, n_segments=1 + number % 3))
    ids = [f"{number:03}" for number in rng.permutation(600)]
    rows, starts, matrix = catalogue.segments_of(ids, ENCODER.fingerprint)
    assert len(rows) == len(starts) == len(matrix) == 1200
    for row in (0, 17, 599):
        segments, vectors = catalogue.segments(ids[row], ENCODER.fingerprint)
        np.testing.assert_array_equal(matrix[rows == row], vectors)
        assert starts[rows == row].tolist() == [segment.start_seconds for segment in segments]
    whole_rows, whole_starts, whole = catalogue.all_segments(ENCODER.fingerprint)
    rows, starts, matrix = catalogue.segments_of(sorted(ids), ENCODER.fingerprint)
    np.testing.assert_array_equal(whole_rows, rows)
    np.testing.assert_array_equal(whole_starts, starts)
    np.testing.assert_array_equal(whole, matrix)
    listed = list(catalogue.listed(ENCODER.fingerprint))
    assert [row[0] for row in listed] == sorted(ids)
    assert [row[1] for row in listed] == list(range(600))
    assert listed[8][2] == "Artist 1"
    assert catalogue.embedded(["017", "ghost", "003"], ENCODER.fingerprint) == ["017", "003"]
    with pytest.raises(CatalogueError, match="no vectors of encoder .* for track 'ghost'"):
        catalogue.segments_of(["000", "ghost"], ENCODER.fingerprint)


def test_silent_segments_stay_zero(catalogue, rng):
    catalogue.add_track(Track("a", "a"))
    made = embedding_of(rng)
    made.segment_vectors[2] = 0
    catalogue.put_embedding("a", ENCODER, made)
    for matrix in (
        catalogue.segments("a", ENCODER.fingerprint)[1],
        catalogue.segments_of(["a"], ENCODER.fingerprint)[2],
        catalogue.all_segments(ENCODER.fingerprint)[2],
    ):
        np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), [1, 1, 0, 1], atol=1e-6)


def test_an_empty_catalogue_has_empty_vectors(catalogue):
    ids, features = catalogue.ids("none"), catalogue.track_features("none")
    rows, starts, matrix = catalogue.all_segments("none")
    assert ids == ()
    assert len(features) == len(rows) == len(starts) == len(matrix) == 0
    assert catalogue.encoders() == ()


def test_encoders_do_not_meet(catalogue, rng):
    other = Other()
    for track_id in ("a", "b"):
        catalogue.add_track(Track(track_id, track_id))
        catalogue.put_embedding(track_id, ENCODER, embedding_of(rng))
    before = catalogue.revision(ENCODER.fingerprint)
    catalogue.put_embedding("a", other, embedding_of(rng, encoder=other))
    assert catalogue.revision(ENCODER.fingerprint) == before
    assert catalogue.track_features(other.fingerprint).shape == (1, 5)
    assert [track.track_id for track in catalogue.missing(other.fingerprint)] == ["b"]
    assert catalogue.missing(ENCODER.fingerprint) == ()
    assert [(entry.name, entry.embedding_size, entry.n_tracks) for entry in catalogue.encoders()] == [
        ("fake", 8, 2),
        ("other", 5, 1),
    ]


def test_what_an_encoder_has_not_embedded_is_named(catalogue):
    catalogue.add_track(Track("a", "a"))
    with pytest.raises(CatalogueError, match="no vectors of encoder"):
        catalogue.segments("a", ENCODER.fingerprint)
    with pytest.raises(CatalogueError, match="no vectors of encoder"):
        catalogue.features_of("a", ENCODER.fingerprint)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fingerprint": "f00"}, "carries fingerprint 'f00'"),
        ({"track_features": np.ones(3, np.float32)}, r"has the shapes \(3,\)"),
        ({"segments": ()}, "for 0 segments"),
        ({"track_features": np.full(8, np.nan, np.float32)}, "vector of length nan"),
        ({"track_features": np.full(8, 1, np.float32)}, "vector of length 2.8"),
    ],
)
def test_an_embedding_that_does_not_fit_is_refused(catalogue, rng, change, message):
    catalogue.add_track(Track("a", "a"))
    with pytest.raises(CatalogueError, match=message):
        catalogue.put_embedding("a", ENCODER, dataclasses.replace(embedding_of(rng), **change))
    assert catalogue.ids(ENCODER.fingerprint) == ()


def test_an_embedding_needs_its_track(catalogue, rng):
    with pytest.raises(CatalogueError, match="no track 'ghost'"):
        catalogue.put_embedding("ghost", ENCODER, embedding_of(rng))


def test_revision_follows_the_content(tmp_path, rng):
    first, second = embedding_of(rng), embedding_of(rng)
    revisions, counts = [], []
    with Catalogue.open(tmp_path / "one.sqlite") as catalogue:

        def note():
            revisions.append(catalogue.revision(ENCODER.fingerprint))
            counts.append(catalogue.n_changes())

        note()
        for track_id in ("a", "b"):
            catalogue.add_track(Track(track_id, track_id))
        assert catalogue.revision(ENCODER.fingerprint) == revisions[0]
        catalogue.put_embedding("a", ENCODER, first)
        note()
        catalogue.put_embedding("b", ENCODER, second)
        note()
        catalogue.put_embedding("b", ENCODER, first)
        note()
        catalogue.put_embedding("b", ENCODER, second)
        assert catalogue.revision(ENCODER.fingerprint) == revisions[2]
        catalogue.remove("b")
        assert catalogue.revision(ENCODER.fingerprint) == revisions[1]
    assert len(set(revisions)) == 4
    assert counts == sorted(set(counts))
    with Catalogue.open(tmp_path / "two.sqlite") as copy:  # the same content in another order, in another file
        for track_id, embedding in (("b", second), ("a", first)):
            copy.add_track(Track(track_id, track_id))
            copy.put_embedding(track_id, ENCODER, embedding)
        assert copy.revision(ENCODER.fingerprint) == revisions[2]


def test_removing_a_track_removes_all_of_it(catalogue, rng):
    catalogue.add_track(Track("a", "a", path="1"))
    catalogue.add_track(Track("a", "a", path="2"))
    catalogue.put_embedding("a", ENCODER, embedding_of(rng))
    catalogue.remove("a")
    assert len(catalogue) == 0
    assert catalogue.known_paths() == {}
    assert catalogue.ids(ENCODER.fingerprint) == ()
    assert len(catalogue.all_segments(ENCODER.fingerprint)[0]) == 0


def test_audio_paths_stay_in_the_folder(catalogue, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (catalogue.folder / "link.ogg").symlink_to(tmp_path / "secret.txt")
    (catalogue.folder / "down").symlink_to(tmp_path)
    assert catalogue.audio_path(Track("a", "a", path="sub/../b.ogg")) == catalogue.folder / "b.ogg"
    absolute = tmp_path / "elsewhere.ogg"
    assert catalogue.audio_path(Track("a", "a", path=str(absolute))) == absolute
    for path in ("../secret.txt", "sub/../../secret.txt", "link.ogg", "down/secret.txt"):
        with pytest.raises(CatalogueError, match="leads out of the catalogue's folder"):
            catalogue.audio_path(Track("a", "a", path=path))
    for path in ("", "a\0b"):
        with pytest.raises(CatalogueError, match="has no audio file"):
            catalogue.audio_path(Track("a", "a", path=path))


def test_failures_are_kept_until_cleared(catalogue):
    catalogue.record_failure("b.mp3", "first", "decode")
    catalogue.record_failure("b.mp3", "broken", "decode")
    catalogue.record_failure("a.mp3", "silent", "embed")
    found = catalogue.failures()
    assert [(failure.path, failure.reason, failure.stage) for failure in found] == [
        ("a.mp3", "silent", "embed"),
        ("b.mp3", "broken", "decode"),
    ]
    assert found[0].time > 1e9
    catalogue.clear_failure("a.mp3")
    catalogue.clear_failure("never.mp3")
    assert [failure.path for failure in catalogue.failures()] == ["b.mp3"]


def test_provenance(catalogue):
    catalogue.set_provenance("licence", "CC0")
    catalogue.set_provenance("licence", "CC BY")
    assert catalogue.provenance() == {"licence": "CC BY"}


def test_a_transaction_is_all_or_nothing(catalogue):
    def add_two_and_stumble():
        with catalogue.transaction():
            catalogue.add_track(Track("a", "a"))
            with catalogue.transaction():
                catalogue.add_track(Track("b", "b"))
            raise ValueError("stumbled")

    with pytest.raises(ValueError, match="stumbled"):
        add_two_and_stumble()
    assert len(catalogue) == 0
    catalogue.add_track(Track("a", "a"))
    assert len(catalogue) == 1


def test_a_snapshot_does_not_move(catalogue):
    with Catalogue.open(catalogue.path) as writer, catalogue.snapshot():
        assert len(catalogue) == 0
        writer.add_track(Track("a", "a"))
        assert len(catalogue) == 0
    assert len(catalogue) == 1


def test_a_write_inside_a_snapshot_is_kept(catalogue):
    catalogue.add_track(Track("a", "a"))
    with Catalogue.open(catalogue.path) as other:
        with catalogue.snapshot():
            assert len(catalogue) == 1
            other.add_track(Track("b", "b"))
            assert len(catalogue) == 1
            catalogue.add_track(Track("c", "c"))
            assert len(other) == 3  # kept already
            assert len(catalogue) == 3  # what is read after a write is what it was made on
            other.add_track(Track("d", "d"))
            assert len(catalogue) == 3
        assert len(catalogue) == len(other) == 4


def test_a_write_that_fails_inside_a_snapshot_leaves_both_whole(catalogue):
    def add_and_stumble():
        with catalogue.transaction():
            catalogue.add_track(Track("b", "b"))
            raise ValueError("stumbled")

    catalogue.add_track(Track("a", "a"))
    with Catalogue.open(catalogue.path) as other, catalogue.snapshot():
        with pytest.raises(ValueError, match="stumbled"):
            add_and_stumble()
        assert len(catalogue) == 1
        other.add_track(Track("c", "c"))
        assert len(catalogue) == 1
    assert len(catalogue) == 2


def test_read_only_reads_and_refuses_to_write(catalogue, rng):
    catalogue.add_track(Track("a", "a"))
    with Catalogue.open(catalogue.path, is_read_only=True) as reader:
        assert len(reader) == 1
        catalogue.add_track(Track("b", "b"))
        assert len(reader) == 2
        for write in (
            lambda: reader.add_track(Track("c", "c")),
            lambda: reader.put_embedding("a", ENCODER, embedding_of(rng)),
            lambda: reader.record_failure("x", "y", "z"),
            reader.pack,
        ):
            with pytest.raises(CatalogueError, match="is read-only"):
                write()


def test_packed_it_is_one_file_that_opens_in_a_read_only_folder(catalogue, monkeypatch):
    catalogue.add_track(Track("a", "a"))
    catalogue.pack()
    assert [file.name for file in catalogue.folder.iterdir()] == ["catalogue.sqlite"]
    catalogue.close()
    monkeypatch.setattr("synesthete.catalogue.schema.os.access", lambda path, mode: False)
    with Catalogue.open(catalogue.path, is_read_only=True) as reader:
        assert reader.tracks() == (Track("a", "a"),)
    assert [file.name for file in catalogue.folder.iterdir()] == ["catalogue.sqlite"]


def test_files_that_are_no_catalogue_are_refused(tmp_path):
    with pytest.raises(CatalogueError, match="There is no catalogue at"):
        Catalogue.open(tmp_path / "none.sqlite", is_read_only=True)
    assert list(tmp_path.iterdir()) == []
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, but long enough to look at " * 50)
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    for is_read_only in (True, False):
        with pytest.raises(CatalogueError, match="is not a catalogue, or it is damaged"):
            Catalogue.open(text, is_read_only=is_read_only)
        with pytest.raises(CatalogueError, match="not a Synesthete catalogue"):
            Catalogue.open(foreign, is_read_only=is_read_only)
    with pytest.raises(CatalogueError, match="could not be opened"):
        Catalogue.open(tmp_path)


def test_a_newer_format_is_refused(catalogue):
    catalogue.close()
    with sqlite3.connect(catalogue.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(CatalogueError, match="has format 99; .* Update Synesthete"):
        Catalogue.open(catalogue.path)


def test_damage_is_reported(catalogue, rng):
    for number in range(50):
        catalogue.add_track(Track(str(number), "x" * 500))
    catalogue.pack()
    catalogue.close()
    content = bytearray(catalogue.path.read_bytes())
    content[8192:] = rng.bytes(len(content) - 8192)
    catalogue.path.write_bytes(content)
    damaged = Catalogue.open(catalogue.path, is_read_only=True)
    with damaged, pytest.raises(CatalogueError, match="cannot be read or written"):
        damaged.tracks()


def test_threads_share_one_catalogue(catalogue):
    errors = []

    def work(name):
        try:
            for number in range(30):
                catalogue.add_track(Track(f"{name}-{number}", "x"))
                catalogue.find("x", 3)
        except CatalogueError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(catalogue) == 120


def _write(path, name):
    with Catalogue.open(path) as catalogue:
        for number in range(20):
            catalogue.add_track(Track(f"{name}-{number}", "x"))


def test_processes_share_one_file(tmp_path):
    path = tmp_path / "shared.sqlite"  # both may find it missing and create it
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_write, args=(path, name)) for name in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with Catalogue.open(path, is_read_only=True) as catalogue:
        assert len(catalogue) == 60
