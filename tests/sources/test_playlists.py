"""M3U as players write it, and as nobody should."""

import m3u8
import pytest

from synesthete.errors import CatalogueError
from synesthete.sources import playlists
from synesthete.sources.playlists import read_playlist


@pytest.fixture
def folder(tmp_path):
    for name in ("a.mp3", "sub/b ü.mp3"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def written(folder, data, name="list.m3u8"):
    path = folder / name
    path.write_bytes(data)
    return path


def paths(path):
    return [place for place, is_address in read_playlist(path) if not is_address]


def test_paths_start_at_the_playlist(folder):
    text = f"#EXTM3U\n#EXTINF:10,Artist - Title\na.mp3\r\n\nsub/../sub/b ü.mp3\n  \n{folder}/a.mp3\n"
    found = paths(written(folder, text.encode()))
    assert found == [str(folder / "a.mp3"), str(folder / "sub/b ü.mp3"), str(folder / "a.mp3")]


def test_it_reads_the_files_that_an_independent_reader_reads(folder):
    path = written(folder, b"#EXTM3U\n#EXTINF:10,x\na.mp3\n#EXTINF:11,y\nsub/b.mp3\n")
    expected = [str(folder / segment.uri) for segment in m3u8.load(str(path)).segments]
    assert paths(path) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_encodings(folder, encoding):
    assert paths(written(folder, "sub/b ü.mp3\n".encode(encoding))) == [str(folder / "sub/b ü.mp3")]


def test_addresses_are_told_apart(folder):
    entries = list(read_playlist(written(folder, b"http://radio/live\nrtmp://x/y\nHTTPS://x/a.mp3\na.mp3\n")))
    assert [is_address for _, is_address in entries] == [True, True, True, False]


def test_file_addresses_are_paths(folder):
    text = f"file://{folder}/sub/b%20%C3%BC.mp3\nfile://localhost{folder}/a.mp3\n"
    assert paths(written(folder, text.encode())) == [str(folder / "sub/b ü.mp3"), str(folder / "a.mp3")]


def test_paths_of_windows(folder):
    assert paths(written(folder, "sub\\b ü.mp3\nC:\\Music\\x.mp3\n".encode())) == [
        str(folder / "sub/b ü.mp3"),
        str(folder / "C:/Music/x.mp3"),
    ]


def test_a_backslash_in_a_name_stays_where_there_is_such_a_file(folder):
    (folder / "a\\b.mp3").write_bytes(b"")
    assert paths(written(folder, b"a\\b.mp3\n")) == [str(folder / "a\\b.mp3")]


@pytest.mark.parametrize(
    "data", [b"", b"\0\0\n\xff\xfe\n", b"\xff\xfe\0", b"x" * 100_000, b"file://\nfile://%00\n", b"#" * 9]
)
def test_nonsense_does_no_harm(folder, data):
    list(read_playlist(written(folder, data)))


def test_what_cannot_be_read_is_named(folder, monkeypatch):
    with pytest.raises(CatalogueError, match=r"playlist .*none.m3u cannot be read"):
        paths(folder / "none.m3u")
    monkeypatch.setattr(playlists, "MAX_BYTES", 10)
    with pytest.raises(CatalogueError, match="is it a playlist"):
        paths(written(folder, b"x" * 11))
