"""The picture that a sound file carries, as a small JPEG. Runs in a worker: pictures come from strangers too.

Formats are those of covers (JPEG, PNG, WebP, GIF); bytes and pixels are counted before anything is decoded.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

import mutagen
import mutagen.flac
from PIL import Image, ImageOps

from synesthete.audio.tags import DAMAGED, open_tags

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_BYTES = 32 * 1024**2
MAX_PIXELS = 50_000_000  # 7,000 x 7,000: the largest scans
MAX_PICTURES = 4  # of one file, tried until one can be shown
_FRONT = 3  # ID3's number of a front cover; FLAC, Vorbis comments and ASF use it too
_GROUND = (128, 128, 128)  # behind what is transparent
_QUALITY = 84


def read_picture(file: BinaryIO, n_pixels: int) -> bytes:
    """The front cover in an open, seekable sound file, or the file itself if it is a picture.

    Parameters
    ----------
    file : binary file
    n_pixels : int > 0 [pixels]
        Width and height of what is made.

    Returns
    -------
    bytes
        A square JPEG without metadata; empty where there is no picture, or none that can be shown.
    """
    for number, data in enumerate(_pictures(file)):
        if number == MAX_PICTURES:
            break
        if made := _thumbnail(data, n_pixels):
            return made
    return b""


def _thumbnail(data: bytes, n_pixels: int) -> bytes:
    if not 0 < len(data) <= MAX_BYTES:
        return b""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                return b""
            image.draft("RGB", (2 * n_pixels, 2 * n_pixels))  # JPEG: decoded no larger than is needed
            picture = image.convert("RGBA") if image.has_transparency_data else image.convert("RGB")
    except (*DAMAGED, OSError, SyntaxError, struct.error, Image.DecompressionBombError):
        return b""  # what Pillow's readers raise on damaged files
    picture = ImageOps.fit(picture, (n_pixels, n_pixels))
    if picture.mode == "RGBA":
        ground = Image.new("RGB", picture.size, _GROUND)
        ground.paste(picture, mask=picture)
        picture = ground
    picture.info = {}  # or its comment would be written along
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _pictures(file: BinaryIO) -> Iterator[bytes]:
    """The pictures in a file, front covers first."""
    file.seek(0)
    head = file.read(12)
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8")) or head[8:] == b"WEBP":
        file.seek(0)
        yield file.read(MAX_BYTES + 1)
        return
    found = open_tags(file)
    if found is None:
        return
    try:
        kinds = [*_blocks(getattr(found, "pictures", ())), *_of_tags(found.tags or {})]
    except (*DAMAGED, mutagen.MutagenError):
        return
    yield from (data for kind, data in sorted(kinds, key=lambda pair: pair[0] != _FRONT))


def _blocks(blocks: Any) -> Iterator[tuple[int, bytes]]:
    """FLAC's own, and ID3's."""
    for block in blocks:
        yield int(block.type), bytes(block.data)


def _of_tags(tags: Any) -> Iterator[tuple[int, bytes]]:
    if hasattr(tags, "getall"):
        yield from _blocks(tags.getall("APIC"))
    for name, value in dict(tags).items():
        low = str(name).lower()
        if low == "metadata_block_picture":  # Vorbis comments: a FLAC block in base64
            yield from _blocks(_flac_block(text) for text in value)
        elif low == "coverart":
            yield from ((_FRONT, _decoded(text)) for text in value)
        elif name == "covr":  # MP4
            yield from ((_FRONT, bytes(cover)) for cover in value)
        elif low.startswith("cover art ("):  # APEv2: a file name before the picture
            yield (_FRONT if "front" in low else 0), bytes(value.value).partition(b"\0")[2]
        elif name == "WM/Picture":
            yield from (_asf_picture(one.value) for one in value)


def _flac_block(text: str) -> mutagen.flac.Picture:
    return mutagen.flac.Picture(_decoded(text))


def _decoded(text: str) -> bytes:
    if len(text) > 2 * MAX_BYTES:
        raise ValueError("a picture beyond the limit")
    try:
        return base64.b64decode(text)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _asf_picture(data: bytes) -> tuple[int, bytes]:
    """Its kind, and the bytes behind length, type and description, which end in two zero bytes each."""
    at = 5
    for _ in range(2):
        while data[at : at + 2] not in (b"\0\0", b"") and at < len(data):
            at += 2
        at += 2
    return data[0], data[at:]
