"""Music behind addresses: fsspec's memory, a web server of this machine, and what cannot be had."""

import functools
import http.server
import importlib.util
import threading

import fsspec
import pytest
import soundfile

from synesthete.catalogue import Catalogue
from synesthete.cli import main
from synesthete.errors import CatalogueError, SourceError
from synesthete.sources import addresses
from synesthete.sources.addresses import at_hand, scan, told_apart
from synesthete.sources.folder import Found, NotSound
from synesthete.sources.places import Places
from tests.sounds import RATE_HZ, melody

SUFFIXES = frozenset({".flac", ".mp3"})


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    files = {"/m/b.mp3": b"bb", "/m/a/2.FLAC": b"2", "/m/a/1.mp3": b"1", "/m/.hidden/x.mp3": b"x", "/m/cover.jpg": b"j"}
    for name, content in files.items():
        system.pipe_file(name, content)
    yield system
    system.rm("/", recursive=True)


def test_what_lies_below_an_address_is_found_once(memory):
    found = list(scan("memory://m/", SUFFIXES))
    paths = ["memory:///m/b.mp3", "memory:///m/cover.jpg", "memory:///m/a/1.mp3", "memory:///m/a/2.FLAC"]
    assert [entry.path for entry in found] == paths
    assert [type(entry) for entry in found] == [Found, NotSound, Found, Found]
    assert [entry.n_bytes for entry in found if isinstance(entry, Found)] == [2, 1, 1]
    (one,) = scan("memory://m/b.mp3", SUFFIXES)
    assert one == found[0]


def test_a_changed_file_has_another_time(memory):
    before = next(scan("memory://m/b.mp3", SUFFIXES))
    memory.pipe_file("/m/b.mp3", b"cc")
    assert next(scan("memory://m/b.mp3", SUFFIXES)).mtime_ns != before.mtime_ns


def test_places_know_what_their_addresses_hold(memory):
    places = Places([], SUFFIXES, is_genre_from_folder=True, addresses=["memory://m", "memory://m/"])
    found = [entry for entry in places.entries() if isinstance(entry, Found)]
    assert places.folders == ["memory:///m"] and len(found) == 3
    assert dict(found[1].metadata.filling) == {"genre": "a"}


def test_a_file_is_copied_for_as_long_as_it_is_needed(memory, monkeypatch):
    with at_hand("memory:///m/b.mp3") as copy:
        assert copy.read_bytes() == b"bb" and copy.suffix == ".mp3"
    assert not copy.exists()
    monkeypatch.setattr(addresses, "MOST_BYTES", 1)
    with pytest.raises(SourceError, match="b.mp3 has more than"), at_hand("memory:///m/b.mp3"):
        pass


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://nothing/here", "memory://nothing/here cannot be read"),
        ("nosuch://bucket/x", "nosuch://bucket/x cannot be read .*nosuch"),
        ("s3://bucket/x", "s3://bucket/x needs a package that is not installed: .*s3fs"),
    ],
)
def test_what_cannot_be_looked_at_is_named(address, message, memory):
    if address.startswith("s3") and importlib.util.find_spec("s3fs"):
        pytest.skip("s3fs is installed")
    with pytest.raises(CatalogueError, match=message):
        list(scan(address, SUFFIXES))


def test_paths_and_addresses_are_told_apart(tmp_path):
    paths, found = told_apart([str(tmp_path), (tmp_path / "a b").as_uri(), "s3://bucket/music", "x.mp3"])
    assert [str(path) for path in paths] == [str(tmp_path), str(tmp_path / "a b"), "x.mp3"]
    assert found == ["s3://bucket/music"]
    with pytest.raises(CatalogueError, match="password"):
        told_apart(["ftp://me:secret@host/music"])


@pytest.fixture
def web(tmp_path):
    """A folder of music behind a web server; its address."""
    pytest.importorskip("aiohttp")
    folder = tmp_path / "served"
    (folder / "disc 1").mkdir(parents=True)
    for seed in range(2):
        soundfile.write(folder / "disc 1" / f"{seed} &.flac", melody(2, seed=seed), RATE_HZ)
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_music_on_a_web_server_is_indexed_kept_and_pruned(web, tmp_path, capsys):
    folder, address = web
    path = tmp_path / "catalogue.sqlite"
    command = ["index", address, "--catalogue", str(path), "--encoder", "timbre", "--workers", "1"]
    assert main(command) == 0, capsys.readouterr()
    with Catalogue.open(path) as catalogue:
        assert sorted(track.title for track in catalogue.tracks()) == ["0 &", "1 &"]
        assert all(track.path.startswith(address + "disc%201/") for track in catalogue.tracks())
    capsys.readouterr()
    assert main(command) == 0
    assert "0 indexed, 2 unchanged" in capsys.readouterr().out
    (folder / "disc 1" / "0 &.flac").rename(folder / "moved.flac")
    (folder / "disc 1" / "1 &.flac").unlink()
    assert main([*command, "--prune"]) == 0
    assert "Tracks removed: 1." in capsys.readouterr().out
    with Catalogue.open(path) as catalogue:
        assert [track.path for track in catalogue.tracks()] == [address + "moved.flac"]
    assert main(["doctor", "--catalogue", str(path)]) == 0
    assert "1 tracks lie behind addresses" in capsys.readouterr().out


def test_a_server_that_has_gone_costs_nothing(web, tmp_path, capsys):
    folder, address = web
    path = tmp_path / "catalogue.sqlite"
    command = ["index", "--catalogue", str(path), "--encoder", "timbre", "--workers", "1"]
    assert main([*command, address]) == 0
    assert main([*command, "--prune", "http://127.0.0.1:9/"]) == 1  # nobody listens
    assert "cannot be read" in capsys.readouterr().err
    with Catalogue.open(path) as catalogue:
        assert len(catalogue) == 2


def test_watching_an_address_is_refused(tmp_path, capsys):
    assert main(["index", "memory://m", "--watch", "--catalogue", str(tmp_path / "c.sqlite")]) == 1
    assert "--watch notices changes on this machine" in capsys.readouterr().err
