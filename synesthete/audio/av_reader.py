"""Sound files read with FFmpeg's libraries (PyAV), the audio track of films among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.stream import Discard, Disposition

from synesthete.audio import formats
from synesthete.audio.mono import check_format
from synesthete.audio.reader import Block
from synesthete.errors import AudioError

SEEK_PREROLL_SECONDS = 0.25  # decoders need a few frames before they are right (MP3 bit reservoir, Opus 80 ms)
LONGEST_PREROLL_SECONDS = 1.0  # what comes earlier is not decoded (Musepack looks back furthest: .85 s)
GUESSES_LENGTH = {"mp3", "aac", "ac3", "eac3", "amr"}  # from the bit rate, unless an MP3 has a length header
_DECODERS = {*formats.DECODERS, *(name for name in av.codecs_available if name.startswith("pcm_"))}
_SAMPLE_TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
_OPTIONS = {
    "format_whitelist": ",".join(formats.DEMUXERS),
    "codec_whitelist": ",".join(sorted(_DECODERS)),
    "protocol_whitelist": "none",
}


class NotOpenedError(AudioError):
    """FFmpeg does not know this file for one of the formats that are let in."""


@dataclass(frozen=True)
class AudioTrack:
    """One of the audio tracks of a file.

    Attributes
    ----------
    number : int >= 0
        Its place among the audio tracks.
    is_default : bool
        Flagged as the one to play.
    is_readable : bool
        Its decoder is one that is let in.
    codec : str
        As people call its codec.
    """

    number: int
    is_default: bool
    is_readable: bool
    codec: str


class AvReader:
    """Reads one audio track with FFmpeg's libraries. See :class:`synesthete.audio.reader.Reader`.

    Parameters
    ----------
    file : binary file
        Always an open file, never a name, so that nothing in it can make FFmpeg open another one.
    label : str
    demuxer : str, optional
        FFmpeg's name of the format, where it is known.
    known_seconds : float >= 0 [s], optional
        Length, where it is known and no header says it.

    Attributes
    ----------
    tracks : list of AudioTrack
        All audio tracks, in the file's order.
    track : AudioTrack
        The one that is read: at first the default one, or else the first, of those that are readable.

    Raises
    ------
    NotOpenedError
        The format is not one of those that are let in, or the file is damaged.
    AudioError
        There is no audio track, or none that is readable.
    """

    def __init__(
        self, file: BinaryIO, label: str, demuxer: str | None = None, known_seconds: float | None = None
    ) -> None:
        self._file = file
        self._known_seconds = known_seconds
        self._label = label
        self._demuxer = demuxer
        self._number = 0  # of the track that is open
        self.notes: list[str] = []
        self._open()
        self.tracks = [_track(number, stream) for number, stream in enumerate(self._container.streams.audio)]
        readable = [track for track in self.tracks if track.is_readable]
        if not readable:
            raise AudioError(self._why_no_track())
        self.choose(next((track for track in readable if track.is_default), readable[0]))

    def choose(self, track: AudioTrack) -> None:
        """Read this track from now on."""
        self.track = track
        if track.number != self._number:
            self._number = track.number
            self._open()
        context = self._stream.codec_context
        self.n_channels: int = context.channels
        self.sample_rate_hz: int = context.sample_rate
        length = self._length_from_header()
        self.seconds = self._known_seconds if length is None else length
        is_own = bool(self._stream.duration) or len(self._container.streams) == 1  # else the film's length
        self.promised_seconds = length if is_own else None

    def blocks(self, start_seconds: float) -> Iterator[Block]:
        """Yield blocks from ``start_seconds`` on; packets that do not decode are left out."""
        is_sought = start_seconds > SEEK_PREROLL_SECONDS and self._seek(start_seconds - SEEK_PREROLL_SECONDS)
        if not is_sought:
            self._open()
        at_seconds = 0.0
        is_there = start_seconds <= 0
        for frame in self._frames(start_seconds - LONGEST_PREROLL_SECONDS):
            n_skip = 0
            if not is_there:
                if frame.pts is not None and frame.time_base is not None:
                    at_seconds = float(frame.pts * frame.time_base) - self._origin_seconds
                n_skip = max(0, round((start_seconds - at_seconds) * frame.sample_rate))
                at_seconds += frame.samples / frame.sample_rate
                if n_skip >= frame.samples:
                    continue
                is_there = True
            channels = _channels(frame)
            yield frame.sample_rate, channels[:, n_skip:] if n_skip else channels

    def measure(self) -> float:
        """Find the length from the time stamps of all packets, without decoding them."""
        self._open()
        ends = (packet.pts + (packet.duration or 0) for packet in self._packets() if packet.pts is not None)
        base = self._stream.time_base
        seconds = float(max(ends, default=0) * base) - self._origin_seconds if base is not None else 0.0
        self._open()  # at its end, a WebM without an index is searched from its start for each seek
        return max(seconds, 0.0)

    def _open(self) -> None:
        self._file.seek(0)
        try:
            self._container = av.open(
                self._file,
                "r",
                format=self._demuxer,
                options=_OPTIONS,
                metadata_errors="replace",
                io_open=_refuse_other_files,
            )
        except av.error.MemoryError:
            raise
        except (av.error.FFmpegError, ValueError) as error:
            raise NotOpenedError(f"{self._label} could not be opened ({error}).") from error
        streams = self._container.streams
        if not streams.audio:
            raise AudioError(f"{self._label} has no audio track. Choose a file with sound.")
        self._stream = streams.audio[self._number]
        for stream in streams:
            if stream is not self._stream:
                stream.discard = Discard.all
        if self._stream.codec_context is not None:
            self._stream.codec_context.thread_count = 1  # threads would each reserve address space
        start, base = self._stream.start_time, self._stream.time_base
        self._origin_seconds = float(start * base) if start is not None and base is not None else 0.0

    def _why_no_track(self) -> str:
        codecs = " and ".join(dict.fromkeys(track.codec for track in self.tracks))
        return f"{self._label} holds sound in a form that cannot be read here ({codecs}). Save it as MP3 or WAV."

    def _length_from_header(self) -> float | None:
        format_name = self._container.format.name
        if format_name in GUESSES_LENGTH and not (format_name == "mp3" and _has_mp3_length(self._file)):
            return None
        stream, container = self._stream, self._container
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return container.duration / av.time_base if container.duration else None

    def _seek(self, seconds: float) -> bool:
        base = self._stream.time_base
        if base is None:
            return False
        try:
            self._container.seek(int((seconds + self._origin_seconds) / base), stream=self._stream)
        except av.error.FFmpegError:
            return False
        return True

    def _packets(self) -> Iterator[av.Packet]:
        try:
            yield from self._container.demux(self._stream)
        except av.error.MemoryError:
            raise
        except av.error.FFmpegError:  # the file is cut or damaged here
            return

    def _frames(self, start_seconds: float) -> Iterator[av.AudioFrame]:
        """Decode from ``start_seconds`` on; packets before it, where a seek fell short, are only passed over."""
        base = self._stream.time_base
        start = (start_seconds + self._origin_seconds) / base if base is not None and start_seconds > 0 else None
        for packet in self._packets():
            if start is not None and packet.pts is not None and packet.pts + (packet.duration or 0) < start:
                continue
            try:
                frames = packet.decode()
            except av.error.MemoryError:
                raise
            except av.error.FFmpegError:
                continue
            for frame in frames:
                if isinstance(frame, av.AudioFrame):
                    check_format(frame.layout.nb_channels, frame.sample_rate, self._label)
                    yield frame


def _track(number: int, stream: AudioStream) -> AudioTrack:
    context = stream.codec_context
    is_default = bool(stream.disposition & Disposition.default)
    if context is None:
        return AudioTrack(number, is_default, False, "an unknown codec")
    name = formats.CODEC_NAMES.get(context.name, context.codec.long_name)
    return AudioTrack(number, is_default, context.name in _DECODERS, name)


def _refuse_other_files(address: str, flags: int, options: dict[str, str]) -> BinaryIO:
    raise PermissionError(f"a sound file asked to open another file: {address!r}")


@lru_cache(maxsize=16)
def _layout(format_name: str) -> tuple[np.dtype, bool]:
    """Of samples in a format: their type, and whether each channel lies by itself."""
    return np.dtype(_SAMPLE_TYPES[format_name.removesuffix("p")]), format_name.endswith("p")


def _channels(frame: av.AudioFrame) -> np.ndarray:
    """Samples of a frame of any format as float32 [n_channels, n] in about [-1, 1].

    ``frame.to_ndarray()`` takes twice as long, and does not know 64-bit integers.
    """
    kind, is_planar = _layout(frame.format.name)
    planes = frame.planes
    if len(planes) == 1:  # a view: it keeps the frame's memory, which no other frame gets meanwhile
        values = np.frombuffer(memoryview(planes[0]), kind)
        n_channels = 1 if is_planar else frame.layout.nb_channels
        values = values[: frame.samples * n_channels].reshape(-1, n_channels).T
    else:
        values = np.array([np.frombuffer(memoryview(plane), kind, frame.samples) for plane in planes])
    if kind.kind == "f":
        return values.astype(np.float32, copy=False)
    middle = 128 if kind.kind == "u" else 0
    return (values.astype(np.float32) - middle) / np.float32(2.0 ** (8 * kind.itemsize - 1))


def _has_mp3_length(file: BinaryIO) -> bool:
    """Say whether an MP3 starts with a Xing, Info or VBRI header."""
    position = file.tell()  # FFmpeg is reading this file too, and relies on it
    file.seek(0)
    head = file.read(2048)
    file.seek(position)
    return any(mark in head for mark in (b"Xing", b"Info", b"VBRI"))
