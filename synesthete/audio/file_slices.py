"""A part of an open file as a file of its own, and what lies in front of a sound."""

from __future__ import annotations

import io
import os
from typing import BinaryIO, cast

Span = tuple[int, int]  # first byte, and the byte behind the last
_ZEROS = 1 << 16  # how many zero bytes behind a tag are looked over; taggers pad


class FileSlice(io.RawIOBase):
    """Bytes ``start`` to ``end`` of an open file, read as if there were no others. Closing it leaves the file open."""

    def __init__(self, file: BinaryIO, start: int, end: int | None = None) -> None:
        self._file = file
        self._start = start
        self._length = (file_size(file) if end is None else end) - start
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Up to ``size`` bytes, as far as the slice goes; all that is left where it is None or negative."""
        left = max(0, self._length - self._position)
        self._file.seek(self._start + self._position)
        content = self._file.read(left if size is None or size < 0 else min(size, left))
        self._position += len(content)
        return content

    def readinto(self, buffer: object) -> int:
        """Fill ``buffer`` as far as the slice goes."""
        view = memoryview(cast(bytearray, buffer)).cast("B")
        content = self.read(len(view))
        view[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to ``offset``; nothing lies before the slice's first byte."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Position within the slice."""
        return self._position


def file_size(file: BinaryIO) -> int:
    """Bytes in an open file; leaves its position."""
    position = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(position)
    return size


def id3_size(head: bytes) -> int:
    """Bytes of the ID3v2 tag that ``head`` (10 bytes or more) begins with; 0 where it begins with none."""
    if len(head) < 10 or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
        return 0
    body = (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]
    return 10 + body + (10 if head[5] & 0x10 else 0)  # a footer repeats the header


def ape_tag_size(head: bytes) -> int:
    """Bytes of the APEv2 tag that ``head`` (16 bytes or more) begins with; 0 where it begins with none."""
    return 32 + int.from_bytes(head[12:16], "little") if len(head) >= 16 and head.startswith(b"APETAGEX") else 0


def end_of_tags(file: BinaryIO) -> int:
    """Where the sound begins: behind ID3v2 tags, which some programs put in front of any format."""
    position, place = file.tell(), 0
    file.seek(0)
    while size := id3_size(file.read(10)):
        place += size
        file.seek(place)
        place += _padding(file.read(_ZEROS))
        file.seek(place)
    file.seek(position)
    return place


def _padding(content: bytes) -> int:
    """How many zero bytes come first; but an MP4 begins with three, and an MPEG program stream with two."""
    n = len(content) - len(content.lstrip(b"\0"))
    if content[n + 1 : n + 5] == b"ftyp":
        return max(0, n - 3)
    return n if n > 3 else 0
