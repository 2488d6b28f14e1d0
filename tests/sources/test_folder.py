"""Folders as a stream: every file once, and nothing passed over in silence."""

import os

import pytest

from synesthete.errors import CatalogueError
from synesthete.sources import Found, NotSound, Unreadable, scan

SUFFIXES = frozenset({".mp3", ".flac"})


@pytest.fixture
def tree(tmp_path):
    for name in ("b/2.mp3", "b/1.FLAC", "a/x.mp3", "cover.jpg", "b/notes.txt", ".hidden/z.mp3", "b/.cache.mp3"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "@eaDir").mkdir()
    (tmp_path / "@eaDir" / "copy.mp3").write_bytes(b"")
    return tmp_path


def names(entries, root, kind):
    return [os.path.relpath(entry.path, root) for entry in entries if isinstance(entry, kind)]


def test_files_in_order_with_size_and_time(tree):
    found = list(scan([tree], SUFFIXES))
    assert names(found, tree, Found) == ["a/x.mp3", "b/1.FLAC", "b/2.mp3"]
    assert names(found, tree, NotSound) == ["b/notes.txt", "cover.jpg"]
    status = (tree / "a/x.mp3").stat()
    assert found[0] == Found(str(tree / "a/x.mp3"), status.st_size, status.st_mtime_ns)


def test_a_loop_of_links_ends(tree):
    (tree / "a" / "back").symlink_to(tree)
    (tree / "b" / "a again").symlink_to(tree / "a")
    assert sorted(names(scan([tree], SUFFIXES), tree, Found)) == ["a/x.mp3", "b/1.FLAC", "b/2.mp3"]


def test_a_place_inside_another_counts_once(tree):
    found = list(scan([tree, tree / "b", tree / "b/2.mp3"], SUFFIXES))
    assert sorted(names(found, tree, Found)) == ["a/x.mp3", "b/1.FLAC", "b/2.mp3"]


def test_a_single_file_and_a_link_to_one(tree):
    (tree / "link.mp3").symlink_to(tree / "a/x.mp3")
    assert names(scan([tree / "link.mp3"], SUFFIXES), tree, Found) == ["link.mp3"]


def test_a_link_to_nowhere_is_told(tree):
    (tree / "gone.mp3").symlink_to(tree / "nowhere.mp3")
    (entry,) = [entry for entry in scan([tree], SUFFIXES) if isinstance(entry, Unreadable)]
    assert entry.path.endswith("gone.mp3") and "No such file" in entry.reason


def test_a_name_that_is_no_text_is_told(tree):
    path = os.fsencode(tree) + b"/caf\xe9.mp3"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    (entry,) = [entry for entry in scan([tree], SUFFIXES) if isinstance(entry, Unreadable)]
    assert "\\xe9" in entry.path.replace("udce9", "xe9") and "UTF-8" in entry.reason
    entry.path.encode()


def test_pipes_and_sockets_are_no_sound(tree):
    os.mkfifo(tree / "pipe.mp3")
    assert "pipe.mp3" in names(scan([tree], SUFFIXES), tree, NotSound)


def test_it_is_a_stream(tree):
    entries = scan([tree], SUFFIXES)
    next(entries)
    (tree / "b/3.mp3").write_bytes(b"")
    assert "b/3.mp3" in names(entries, tree, Found)


def test_a_place_that_is_not_there_is_refused_at_once(tree):
    with pytest.raises(CatalogueError, match=r"no folder or file '.*nowhere'"):
        scan([tree, tree / "nowhere"], SUFFIXES)
