"""Covers of every container, in what form they come, and what is no cover."""

import base64
import io
import struct
import zlib

import mutagen
import mutagen.apev2
import mutagen.asf
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest
from PIL import Image

from synesthete.audio import pictures, read_cover
from synesthete.audio.pictures import read_picture
from synesthete.errors import DecodeLimitError
from synesthete.settings import DecodeLimits
from tests.sounds import encoded, melody, needs_ffmpeg

RED, BLUE = (200, 30, 40), (20, 40, 210)


def picture(colour=RED, size=(60, 60), kind="PNG", **options) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def block(data, kind=3):
    made = mutagen.flac.Picture()
    made.type, made.mime, made.data = kind, "image/png", data
    return made


def attach(path, *covers):
    """Put pictures, each with ID3's number of its kind, where the container has them."""
    file = mutagen.File(path)
    if path.suffix in (".mp3", ".aiff", ".wav"):
        file.tags or file.add_tags()
        for number, (kind, data) in enumerate(covers):
            file.tags.add(mutagen.id3.APIC(encoding=3, mime="image/png", type=kind, desc=str(number), data=data))
    elif path.suffix == ".flac":
        for kind, data in covers:
            file.add_picture(block(data, kind))
    elif path.suffix in (".ogg", ".opus"):
        file["metadata_block_picture"] = [base64.b64encode(block(data, kind).write()).decode() for kind, data in covers]
    elif path.suffix == ".m4a":
        file["covr"] = [mutagen.mp4.MP4Cover(data, mutagen.mp4.MP4Cover.FORMAT_PNG) for _, data in covers]
    elif path.suffix == ".wv":
        for kind, data in covers:
            name = "Cover Art (Front)" if kind == 3 else "Cover Art (Back)"
            file[name] = mutagen.apev2.APEValue(b"cover.png\0" + data, mutagen.apev2.BINARY)
    elif path.suffix == ".wma":
        text = "image/png\0note\0".encode("utf-16-le")
        file["WM/Picture"] = [
            mutagen.asf.ASFByteArrayAttribute(struct.pack("<BI", kind, len(data)) + text + data)
            for kind, data in covers
        ]
    file.save()
    return path


def colour_of(made: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(made)) as image:
        assert (image.format, image.size) == ("JPEG", (64, 64))
        return np.asarray(image.convert("RGB")).reshape(-1, 3).mean(axis=0)


def found_in(data: bytes) -> bytes:
    return read_picture(io.BytesIO(data), 64)


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.ogg", "a.opus", "a.m4a", "a.wma", "a.wv", "a.aiff", "a.wav"])
def test_the_front_cover_of_every_container(tmp_path, name):
    path = encoded(melody(1), tmp_path, name)
    assert read_cover(path, 64) == b""
    back = () if name == "a.m4a" else ((4, picture(BLUE)),)  # MP4 knows no kinds
    attach(path, *back, (3, picture(RED)))
    np.testing.assert_allclose(colour_of(read_cover(path, 64)), RED, atol=6)
    np.testing.assert_allclose(colour_of(read_cover(path.read_bytes(), 64)), RED, atol=6)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_formats_of_covers(kind):
    np.testing.assert_allclose(colour_of(found_in(picture(BLUE, (300, 100), kind))), BLUE, atol=8)


def test_what_is_made_tells_nothing_of_where_it_was_taken():
    exif = Image.Exif()
    exif[0x010F] = "a camera that gives its owner away"
    made = found_in(picture(kind="JPEG", exif=exif, comment=b"secret"))
    assert colour_of(made).any() and b"owner" not in made and b"secret" not in made


def test_transparent_and_grey_and_palette():
    for mode, value in (("RGBA", (0, 0, 0, 0)), ("LA", (0, 0))):
        buffer = io.BytesIO()
        Image.new(mode, (50, 50), value).save(buffer, "PNG")
        np.testing.assert_allclose(colour_of(found_in(buffer.getvalue())), 128, atol=4)
    buffer = io.BytesIO()
    Image.new("P", (50, 50), 0).save(buffer, "PNG")
    assert found_in(buffer.getvalue())


def png_of(width, height, data=b""):
    """A PNG whose header promises a size; the pixels are all zero, packed."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [7_100, 20_000, 60_000, 2**31 - 1])
def test_a_small_file_of_many_pixels_is_not_unpacked(side):
    assert found_in(png_of(side, side, zlib.compress(bytes(10_000)))) == b""


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(20), b"RIFF\0\0\0\0WEBP", png_of(0, 0), png_of(10, 10),
        b"\xff\xd8\xff" + bytes(1000), picture()[:-40], b"<svg onload='alert(1)'/>", b"%!PS-Adobe-3.0 EPSF-3.0",
    ],
)  # fmt: skip
def test_what_is_damaged_or_of_another_kind_is_no_cover(data):
    assert found_in(data) == b""


def test_too_many_bytes_are_no_cover(monkeypatch):
    whole = picture()
    monkeypatch.setattr(pictures, "MAX_BYTES", len(whole) - 1)
    assert found_in(whole) == b""


@needs_ffmpeg
def test_a_picture_that_cannot_be_shown_gives_way_to_the_next(tmp_path):
    path = attach(encoded(melody(1), tmp_path, "a.mp3"), (3, b"\x89PNG\r\n\x1a\n"), (0, picture(BLUE)))
    np.testing.assert_allclose(colour_of(read_cover(path, 64)), BLUE, atol=6)


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.ogg", "a.m4a", "a.wma", "a.wv"])
def test_garbled_files_never_raise(tmp_path, rng, name):
    whole = attach(encoded(melody(1), tmp_path, name), (3, picture(kind="JPEG"))).read_bytes()
    for _ in range(40):
        garbled = bytearray(whole[: int(rng.integers(1, len(whole)))])
        for at in rng.integers(0, min(len(garbled), 4000), 8):
            garbled[at] = int(rng.integers(256))
        assert isinstance(found_in(bytes(garbled)), bytes)


def test_a_picture_beside_the_file_serves_where_it_has_none_but_no_link(tmp_path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"\xff\xfb\x90\x00" + bytes(413))
    secret = tmp_path / "elsewhere.jpg"
    secret.write_bytes(picture(kind="JPEG"))
    (tmp_path / "cover.jpg").symlink_to(secret)
    assert read_cover(song, 64) == b""
    (tmp_path / "Folder.jpg").write_bytes(picture(BLUE, kind="JPEG"))
    np.testing.assert_allclose(colour_of(read_cover(song, 64)), BLUE, atol=6)


@pytest.mark.parametrize("how", ["crash", "huge picture", "no picture", "garbage"])
def test_a_decoder_that_crashes_or_lies_is_reported_and_replaced(pool, how):
    with pytest.raises(DecodeLimitError, match="stopped while reading The cover"):
        pool.picture(picture(), "The cover", 64, misbehave=how)
    np.testing.assert_allclose(colour_of(pool.picture(picture(), "The cover", 64)), RED, atol=6)


def test_a_compressed_tag_that_unpacks_to_more_than_the_limit_is_stopped(pool):
    """ID3 frames may be packed by zlib: a megabyte stands for more than one gigabyte."""
    packer = zlib.compressobj()
    part = packer.compress(bytes(1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = part + 79 * part[2:]
    content = struct.pack(">I", 0x7FFFFFFF) + packed
    frame = b"APIC" + struct.pack(">I", len(content)) + b"\0\x80" + content
    n = len(frame)
    size = bytes([n >> 21 & 127, n >> 14 & 127, n >> 7 & 127, n & 127])
    song = b"ID3\x03\0\0" + size + frame + (b"\xff\xfb\x90\x00" + bytes(413)) * 3
    with pytest.raises(DecodeLimitError, match="The cover needs more than 1 GiB of memory"):
        pool.picture(song, "The cover", 64, DecodeLimits(memory_limit_bytes=1 << 30))
    assert pool.picture(picture(), "The cover", 64)
