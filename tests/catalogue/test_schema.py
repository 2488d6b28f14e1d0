"""The catalogue's file: transactions, snapshots, several threads and processes, damage, other formats."""

import multiprocessing
import sqlite3
import threading

import pytest

from synesthete.catalogue import Catalogue
from synesthete.errors import CatalogueError
from synesthete.tracks import Track
from tests.catalogue.small_encoders import ENCODER, embedding_of


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
