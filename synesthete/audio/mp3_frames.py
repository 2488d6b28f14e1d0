"""Where one MPEG audio stream ends in a file and another begins: MP3 files that were joined end to end.

FFmpeg reads over such a seam, but keeps the first stream's length header and rate for all its time stamps. So the
frames are walked through here, where a file has no length header or goes on behind what its header speaks of.
Frame header: ISO/IEC 11172-3, 2.4.1.3, and 13818-3; length headers: Xing, Info (LAME) and VBRI.
"""

from __future__ import annotations

from functools import cache
from typing import BinaryIO, NamedTuple

from synesthete.audio.file_slices import Span, ape_tag_size, file_size, id3_size

MAX_PARTS = 500  # more are no joined songs; the file is then read as one stream
MIN_FRAMES = 4  # fewer in a row are chance, e.g. within a cover picture
_MAX_JUNK_BYTES = 1 << 20  # between frames, in all and without tags, which say their size
_CHUNK_BYTES = 1 << 17
_LONGEST_FRAME = 4096  # 320 kbit/s at 8 kHz in layer III: 2,881 bytes; layer I and II stay below too

_HEAD_BYTES = 64  # of a frame, within which a length header begins
_NO_SIDE_INFORMATION = bytes(6)  # a frame that carries a length header has nothing to play
_MPEG_1, _LAYER_3, _LAYER_1 = 3, 1, 3  # as the header's bits have them
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS = {  # (is MPEG-1, layer bits): kbit/s by index
    (True, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_KBITS[False, 1] = _KBITS[False, 2]


class Frame(NamedTuple):
    """What a frame's header says: its length in bytes and samples, its rate, and what all of one stream share."""

    n_bytes: int
    n_samples: int
    sample_rate_hz: int
    kind: tuple[int, int, int]  # version, layer, rate


class Part(NamedTuple):
    """A stream within a file. ``seconds`` is None where its own length header says it better."""

    span: Span
    seconds: float | None


def find_parts(file: BinaryIO) -> list[Part]:
    """The streams of an MPEG audio file, in their order; one where it is what it should be.

    Parameters
    ----------
    file : binary file
        Begins with its first frame: tags have been passed. Left at its start.

    Returns
    -------
    list of Part
        Empty where the file is no MPEG audio, or cannot be followed.
    """
    walk = _Walk(file)
    if not walk.is_stream(0):
        file.seek(0)
        return []
    promised_end = walk.promised_end(0)
    if promised_end is None:
        parts = walk.parts(0)
    else:
        parts = [Part((0, promised_end), None)]
        if promised_end < walk.size - _LONGEST_FRAME:
            parts += walk.parts(promised_end)
        if len(parts) == 1:
            parts = [Part((0, walk.size), None)]
    file.seek(0)
    return parts if len(parts) <= MAX_PARTS else []


class _Walk:
    """Frame after frame through a file, a chunk of it in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file_size(file)
        self._junk_left = _MAX_JUNK_BYTES
        self._begin = 0
        self._chunk = b""

    def parts(self, place: int) -> list[Part]:
        """Streams from ``place`` to the end of what can be followed."""
        parts: list[Part] = []
        start, n_frames, now = place, 0, None
        while (place := self._next(place)) >= 0 and len(parts) <= MAX_PARTS:
            frame = self._frame(place)
            assert frame is not None
            if now is None or frame.kind != now.kind or self._has_length_header(place):
                if not self.is_stream(place):  # one header alone may be damage
                    place += 1
                    self._junk_left -= 1
                    continue
                if now is not None:
                    parts.append(_part(start, place, n_frames, now))
                start, n_frames = place, 0
            now = frame
            n_more, place = self._follow(place, frame)
            n_frames += n_more
        if now is not None:
            parts.append(_part(start, self.size, n_frames, now))
        return parts

    def _follow(self, place: int, frame: Frame) -> tuple[int, int]:
        """Count this frame and those of its kind behind it, up to anything else; and where that is."""
        n_frames, place = 1, place + frame.n_bytes
        while place < self.size - _HEAD_BYTES:
            chunk = self._chunk
            at = place - self._begin
            if not 0 <= at < len(chunk) - _HEAD_BYTES:
                self._load(place)
                continue
            found = _frame(chunk[at + 1], chunk[at + 2]) if chunk[at] == 0xFF else None
            if found is None or found.kind != frame.kind:
                break
            if chunk[at + 6 : at + 12] == _NO_SIDE_INFORMATION and self._has_length_header(place):
                break
            n_frames += 1
            place += found.n_bytes
        return n_frames, place

    def is_stream(self, place: int) -> bool:
        """Say whether ``MIN_FRAMES`` frames of one kind follow each other here."""
        kinds: set[tuple[int, int, int]] = set()
        for _ in range(MIN_FRAMES):
            frame = self._frame(place)
            if frame is None:
                return False
            kinds.add(frame.kind)
            place += frame.n_bytes
        return len(kinds) == 1

    def promised_end(self, place: int) -> int | None:
        """Where the stream ends by the length header in its first frame; None where that does not say it."""
        content = self._bytes(place, 256)
        n_bytes = 0
        for mark in (b"Xing", b"Info"):
            at = content.find(mark, 0, 64)
            if at >= 0 and content[at + 7] & 0b11 == 0b11:  # frames and bytes are given
                n_bytes = int.from_bytes(content[at + 12 : at + 16], "big")
        if content[36:40] == b"VBRI":
            n_bytes = int.from_bytes(content[46:50], "big")
        return place + n_bytes if n_bytes > _LONGEST_FRAME else None

    def _has_length_header(self, place: int) -> bool:
        content = self._bytes(place, _HEAD_BYTES)
        return b"Xing" in content or b"Info" in content or b"VBRI" in content

    def _next(self, place: int) -> int:
        """The first frame from ``place`` on; -1 where none comes soon."""
        if self._frame(place) is not None:
            return place
        while place < self.size and self._junk_left > 0:
            content = self._bytes(place, _LONGEST_FRAME)
            if tag := id3_size(content[:10]) or ape_tag_size(content[:16]):
                place += tag
                continue
            if self.is_stream(place):
                return place
            found = [at for at in (content.find(mark, 1) for mark in (b"\xff", b"ID3", b"APETAGEX")) if at > 0]
            step = min(found, default=max(1, len(content) - 7))
            place += step
            self._junk_left -= step
        return -1

    def _frame(self, place: int) -> Frame | None:
        at = place - self._begin
        if not 0 <= at <= len(self._chunk) - 4:
            if place > self.size - 4:
                return None
            self._load(place)
            at = 0
        chunk = self._chunk
        return _frame(chunk[at + 1], chunk[at + 2]) if len(chunk) >= at + 4 and chunk[at] == 0xFF else None

    def _bytes(self, place: int, n: int) -> bytes:
        if not self._begin <= place <= self._begin + len(self._chunk) - n:
            self._load(place)
        return self._chunk[place - self._begin : place - self._begin + n]

    def _load(self, place: int) -> None:
        self._file.seek(place)
        self._begin, self._chunk = place, self._file.read(_CHUNK_BYTES)


def _part(start: int, end: int, n_frames: int, frame: Frame) -> Part:
    return Part((start, end), n_frames * frame.n_samples / frame.sample_rate_hz)


@cache
def _frame(second: int, third: int) -> Frame | None:
    """Read a frame header's second and third byte."""
    version, layer = second >> 3 & 3, second >> 1 & 3
    index, rate_index = third >> 4, third >> 2 & 3
    if second < 0xE0 or version == 1 or layer == 0 or index in (0, 15) or rate_index == 3:
        return None
    rate = _RATES_HZ[version][rate_index]
    kbits = _KBITS[version == _MPEG_1, layer][index - 1]
    padding = third >> 1 & 1
    if layer == _LAYER_1:
        n_bytes, n_samples = (12_000 * kbits // rate + padding) * 4, 384
    else:
        n_samples = 576 if layer == _LAYER_3 and version != _MPEG_1 else 1152
        n_bytes = n_samples * 125 * kbits // rate + padding
    return Frame(n_bytes, n_samples, rate, (version, layer, rate))
