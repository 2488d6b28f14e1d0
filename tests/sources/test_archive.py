"""Archives that nobody vouches for: nothing lands outside the folder, and nothing gets larger than declared."""

import random
import stat
import struct
import zipfile

import pytest

from synesthete.errors import SourceError
from synesthete.sources.archive import in_gib, unpack

FILES = {"music/000/000002.mp3": b"first" * 1000, "music/001/001000.mp3": b"", "music/README.txt": b"words"}


def packed(path, files, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_everything_is_unpacked(tmp_path, method):
    told = []
    archive = packed(tmp_path / "a.zip", {**FILES, "music/empty/": b""}, method)
    unpack(archive, tmp_path / "out", on_progress=lambda label, fraction: told.append(fraction))
    assert contents(tmp_path / "out") == FILES and told[-1] == 1


def test_some_files_only(tmp_path):
    unpack(packed(tmp_path / "a.zip", FILES), tmp_path / "out", only=["music/README.txt", "music/other"])
    assert contents(tmp_path / "out") == {"music/README.txt": b"words"}


def test_an_interrupted_unpacking_goes_on(tmp_path):
    archive, out = packed(tmp_path / "a.zip", FILES), tmp_path / "out"

    def interrupt(label, fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(archive, out, on_progress=interrupt)
    first = out / "music/000/000002.mp3"
    assert list(contents(out)) == ["music/000/000002.mp3"]
    (out / "music/README.txt").write_bytes(b"wor")  # half of it
    before = first.stat().st_mtime_ns
    unpack(archive, out)
    assert contents(out) == FILES and first.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "music/../../outside",
        "/outside",
        "music/..",
        "C:/outside",
        "music\\..\\outside",
        "mu\x1bsic",
        "a" * 2000,
    ],
)
def test_no_path_leads_out(tmp_path, name):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("music/good", b"good")
        file.writestr(zipfile.ZipInfo(name), b"evil")
    with pytest.raises(SourceError, match="cannot be trusted.*Nothing was unpacked"):
        unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_no_links_and_devices(tmp_path, kind):
    entry = zipfile.ZipInfo("music/link")
    entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(entry, "/etc/passwd")
    with pytest.raises(SourceError, match="'music/link' is a link or a device"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_no_name_twice(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("song", b"1")
        file.writestr("song", b"2")
    with pytest.raises(SourceError, match="'song' is there twice"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_a_link_that_was_there_before_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "music").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="is a link that leads out"):
        unpack(packed(tmp_path / "a.zip", FILES), tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_that_is_a_link_is_replaced(tmp_path):
    (tmp_path / "kept").write_bytes(FILES["music/README.txt"])
    (tmp_path / "out/music").mkdir(parents=True)
    (tmp_path / "out/music/README.txt").symlink_to(tmp_path / "kept")
    unpack(packed(tmp_path / "a.zip", FILES), tmp_path / "out")
    assert not (tmp_path / "out/music/README.txt").is_symlink()


def with_declared_size(path, n_bytes):
    """Change the size that the directory declares for the last file."""
    data = bytearray(path.read_bytes())
    directory = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, directory + 24, n_bytes)
    path.write_bytes(data)
    return path


def test_a_bomb_is_stopped_at_what_it_declares(tmp_path):
    archive = with_declared_size(packed(tmp_path / "a.zip", {"bomb": bytes(5_000_000)}), 10)
    with pytest.raises(SourceError, match="damaged"):
        unpack(archive, tmp_path / "out")
    assert contents(tmp_path / "out") == {}


def test_more_than_the_disk_holds_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        entry = zipfile.ZipInfo("large")
        file.writestr(entry, b"")
        entry.file_size = 1 << 60  # what the directory will say
    with pytest.raises(SourceError, match="holds .* GiB, but .*out has room for .* GiB"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_damage_is_named_and_no_half_file_stays(tmp_path):
    data = random.Random(1).randbytes(50_000)
    archive = packed(tmp_path / "a.zip", {"song": data})
    damaged = bytearray(archive.read_bytes())
    damaged[1_000:1_010] = bytes(10)
    archive.write_bytes(damaged)
    with pytest.raises(SourceError, match="a.zip is damaged.*Delete it"):
        unpack(archive, tmp_path / "out")
    assert contents(tmp_path / "out") == {}


def test_something_else_than_an_archive(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"<html>no</html>")
    with pytest.raises(SourceError, match="is damaged"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="could not be unpacked into"):
        unpack(packed(tmp_path / "a.zip", FILES), tmp_path / "file")


def test_sizes_for_people():
    assert (in_gib(7_679_594_875), in_gib(358_412_441)) == ("7.2 GiB", "341.8 MiB")
