"""Where the links of a chained Ogg begin. Each link is a stream of its own, with its own rate, channels and codec.

FFmpeg reads on over the end of a link, but takes one link's length for the whole, and cannot seek beyond it.
Pages: RFC 3533, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from synesthete.audio.file_slices import Span, file_size

MAX_LINKS = 1_000  # a radio's recording of days; more are read as one stream
_CHUNK_BYTES = 1 << 20
_HEADER_BYTES = 27
_PAGE = b"OggS\0"
_BEGINS_STREAM = 0x02  # flag, in the byte behind


def find_links(file: BinaryIO) -> list[Span]:
    """First byte and end of each link of an Ogg file; one span where it is not chained.

    Parameters
    ----------
    file : binary file
        Left at its start.
    """
    starts = [0]
    group_end = None  # a link may begin with several first pages in a row, one for each of its streams
    for place in _first_pages(file):
        if group_end is not None and place != group_end:
            starts.append(place)
        if len(starts) > MAX_LINKS:
            starts = [0]
            break
        group_end = _page_end(file, place)
    file.seek(0)
    return list(zip(starts, [*starts[1:], file_size(file)], strict=True))


def _first_pages(file: BinaryIO) -> Iterator[int]:
    """Where pages begin that are the first of their stream."""
    overlap = len(_PAGE)
    begin, chunk = 0, b""
    while True:
        file.seek(begin + len(chunk))  # between two reads the caller looks elsewhere
        more = file.read(_CHUNK_BYTES)
        if not more:
            return
        chunk += more
        found = chunk.find(_PAGE)
        while 0 <= found < len(chunk) - overlap:
            if chunk[found + overlap] & _BEGINS_STREAM:
                yield begin + found
            found = chunk.find(_PAGE, found + 1)
        begin += len(chunk) - overlap
        chunk = chunk[-overlap:]


def _page_end(file: BinaryIO, place: int) -> int:
    file.seek(place)
    header = file.read(_HEADER_BYTES + 255)
    n_segments = header[_HEADER_BYTES - 1] if len(header) >= _HEADER_BYTES else 0
    return place + _HEADER_BYTES + n_segments + sum(header[_HEADER_BYTES : _HEADER_BYTES + n_segments])
