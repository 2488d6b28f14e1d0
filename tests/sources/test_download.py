"""Downloads from a real server: whole, broken off, changed meanwhile, wrong, and none at all."""

import hashlib
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from synesthete.errors import SourceError
from synesthete.sources import download
from synesthete.sources.download import Remote, ensure, part_of


@pytest.fixture
def data(rng):
    return rng.bytes(300_000)


@pytest.fixture
def remote(site, data, monkeypatch):
    monkeypatch.setattr(download, "BLOCK_BYTES", 10_000)
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
    site.files["music.zip"] = data
    return Remote("the music", f"{site.url}/music.zip", "music.zip", hashlib.sha1(data).hexdigest(), len(data))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_is_fetched_once(remote, site, data, tmp_path):
    told = []
    path = ensure(remote, tmp_path / "new", on_progress=lambda label, fraction: told.append(fraction))
    assert path.read_bytes() == data and names(path.parent) == ["music.zip"]
    assert told == sorted(told) and told[-1] == 1
    ensure(remote, tmp_path / "new")
    assert len(site.asked) == 1


def test_of_two_at_once_one_fetches(remote, site, data, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: ensure(remote, tmp_path), range(2))
    assert first == second and first.read_bytes() == data
    assert len(site.asked) == 1 and names(tmp_path) == ["music.zip"]


def test_a_broken_connection_goes_on_by_itself(remote, site, data, tmp_path):
    site.breaks = [100_000, 0, 0, 50_000, 0]
    assert ensure(remote, tmp_path).read_bytes() == data
    statuses = [status for _, _, status in site.asked]
    assert statuses == [200, 206, 206, 206, 206, 206] and site.asked[1][1].startswith("bytes=")
    assert names(tmp_path) == ["music.zip"]


def test_a_server_that_brings_nothing_more_is_left(remote, site, data, tmp_path):
    site.breaks = [100_000, *[0] * 50]
    with pytest.raises(SourceError, match=r"could not be fetched.*What has come is kept"):
        ensure(remote, tmp_path)
    assert len(site.asked) == 2 + download.MAX_FRUITLESS
    site.breaks = []
    assert ensure(remote, tmp_path).read_bytes() == data


def test_an_interrupted_download_goes_on_where_it_stopped(remote, site, data, tmp_path):
    part = part_of(tmp_path / "music.zip")
    part.write_bytes(data[:200_000])
    assert ensure(remote, tmp_path).read_bytes() == data
    assert site.asked == [("/music.zip", "bytes=200000-", 206)]


def test_ctrl_c_keeps_what_has_come(remote, site, data, tmp_path):
    def interrupt(label, fraction):
        if fraction > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure(remote, tmp_path, on_progress=interrupt)
    n_bytes = part_of(tmp_path / "music.zip").stat().st_size
    assert 150_000 <= n_bytes < 300_000
    assert ensure(remote, tmp_path).read_bytes() == data
    assert site.asked[-1] == ("/music.zip", f"bytes={n_bytes}-", 206) and names(tmp_path) == ["music.zip"]


def test_another_file_on_the_server_begins_anew(remote, site, data, tmp_path, rng):
    site.breaks, site.files["music.zip"] = [100_000], rng.bytes(300_000)

    def change(label, fraction):
        site.files["music.zip"], site.etag = data, '"two"'

    assert ensure(remote, tmp_path, on_progress=change).read_bytes() == data
    assert [status for _, _, status in site.asked] == [200, 200]


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_a_server_that_knows_no_ranges_begins_anew(remote, site, data, tmp_path, etag):
    site.knows_ranges, site.etag = False, etag
    part_of(tmp_path / "music.zip").write_bytes(b"x" * 200_000)
    assert ensure(remote, tmp_path).read_bytes() == data


def test_what_was_whole_already_is_only_checked(remote, site, data, tmp_path):
    part_of(tmp_path / "music.zip").write_bytes(data)
    assert ensure(remote, tmp_path).read_bytes() == data
    assert [status for _, _, status in site.asked] == [416]


def test_more_than_there_is_begins_anew(remote, site, data, tmp_path):
    part_of(tmp_path / "music.zip").write_bytes(data + b"more")
    assert ensure(remote, tmp_path).read_bytes() == data
    assert [status for _, _, status in site.asked] == [416, 200]


def test_a_wrong_file_is_not_kept(remote, site, tmp_path):
    site.files["music.zip"] = b"<html>Please log in</html>"
    with pytest.raises(SourceError, match=r"127.0.0.1:\d+ sent something else than the music"):
        ensure(remote, tmp_path)
    assert names(tmp_path) == []


def test_a_page_to_log_in_does_not_cost_what_has_come(remote, site, data, tmp_path):
    part = part_of(tmp_path / "music.zip")
    part.write_bytes(data[:200_000])
    site.knows_ranges, site.files["music.zip"] = False, b"<html>Please log in</html>"
    with pytest.raises(SourceError, match="something else than the music: perhaps a page to log in"):
        ensure(remote, tmp_path)
    assert part.read_bytes() == data[:200_000]
    site.knows_ranges, site.files["music.zip"] = True, data
    assert ensure(remote, tmp_path).read_bytes() == data


def test_no_more_than_the_size_is_read(remote, site, tmp_path, data):
    site.files["music.zip"] = data * 30
    with pytest.raises(SourceError, match="something else"):
        ensure(remote, tmp_path)
    assert names(tmp_path) == []


def test_a_wrong_file_that_is_there_is_named(remote, tmp_path):
    (tmp_path / "music.zip").write_bytes(b"old")
    with pytest.raises(SourceError, match="music.zip is not the music.*Delete it"):
        ensure(remote, tmp_path)


@pytest.mark.parametrize("checksum", [hashlib.sha1, hashlib.sha256])
def test_both_kinds_of_checksum(remote, data, tmp_path, checksum):
    assert ensure(replace(remote, checksum=checksum(data).hexdigest()), tmp_path).is_file()


def test_a_missing_file_is_told(remote, tmp_path):
    with pytest.raises(SourceError, match=r"From 127.0.0.1:\d+ the music could not be fetched \(it answered 404"):
        ensure(replace(remote, url=remote.url + "x"), tmp_path)


def test_offline_is_one_sentence(remote, tmp_path):
    with socket.socket() as taken:  # bound but not listening: nothing answers there
        taken.bind(("127.0.0.1", 0))
        remote = replace(remote, url=f"http://127.0.0.1:{taken.getsockname()[1]}/music.zip")
        with pytest.raises(SourceError, match="the music could not be fetched .* no connection to it"):
            ensure(remote, tmp_path)
    assert names(tmp_path) == []


def test_a_server_that_says_nothing_is_left(remote, tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        remote = replace(remote, url=f"http://127.0.0.1:{silent.getsockname()[1]}/music.zip")
        with pytest.raises(SourceError, match="it does not answer"):
            ensure(remote, tmp_path, timeout_seconds=0.1)


def test_a_folder_that_cannot_be_written_is_named(remote, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match=r"could not be fetched.*file"):
        ensure(remote, tmp_path / "file" / "folder")


def test_an_address_that_is_none(remote, tmp_path):
    with pytest.raises(SourceError, match="could not be fetched"):
        ensure(replace(remote, url="nowhere/music.zip"), tmp_path)
