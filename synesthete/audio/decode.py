"""A sound file's bytes become mono blocks. Runs in the worker process, where hostile files can do least harm.

Two libraries read files: libsndfile (soundfile) the plain ones, FFmpeg's libraries (PyAV) the rest. MP3,
FLAC and Ogg go to PyAV although libsndfile knows them: it trusts a guess of the length when an MP3 has no
length header, gives up seconds of sound where a FLAC is cut, and calls one Opus file in fifteen malformed
that others play. Both are always given an open file, never a name, so that nothing in a name or inside a file
can make them open another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import av
import av.error
import numpy as np
import soundfile

from synesthete.audio.excerpts import BLOCK_VALUES, Block, Reading, check_format, downmix, gather
from synesthete.errors import AudioError
from synesthete.settings import AudioSettings

SUPPORTED = "WAV, AIFF, FLAC, MP3, Ogg, Opus, M4A, WebM and MP4"
SEEK_PREROLL_SECONDS = 0.25  # decoders need a few frames before they are right (MP3 bit reservoir, Opus 80 ms)

SOUNDFILE_FORMATS = {"WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF"}
SOUNDFILE_HEADS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b".snd", b"caff")

# FFmpeg knows hundreds of formats; some open other files or addresses (HLS, concat, SDP). These do not.
AV_FORMATS = "mp3,aac,mov,mp4,m4a,matroska,webm,ogg,flac,wav,w64,aiff,caf"
AV_CODECS = [
    *("aac", "ac3", "eac3", "alac", "flac", "mp1float", "mp2float", "mp3float", "mp3", "opus", "libopus"),
    *("vorbis", "libvorbis", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms"),
    *sorted(name for name in av.codecs_available if name.startswith("pcm_")),
]
AV_OPTIONS = {
    "format_whitelist": AV_FORMATS,
    "codec_whitelist": ",".join(AV_CODECS),
    "protocol_whitelist": "none",
}
AV_GUESSES_LENGTH = {"mp3", "aac"}  # unless an MP3 has a length header

NOT_SOUND = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"#EXTM3U": "a playlist",
    b"ffconcat": "a playlist",
    b"[playlist]": "a playlist",
}


def decode_file(file: BinaryIO, label: str, audio: AudioSettings) -> Reading:
    """Read a sound from an open, seekable file.

    Parameters
    ----------
    file : binary file
        Its content decides the format; no name does.
    label : str
        How messages call this sound, e.g. ``'song.mp3'`` in quotes, or ``This sound``.
    audio : AudioSettings

    Raises
    ------
    AudioError
        Not a sound, or not one that can be used.
    """
    head = file.read(512)
    file.seek(0)
    if not head:
        raise AudioError(f"{label} is empty (0 bytes). Choose another file.")
    for magic, kind in NOT_SOUND.items():
        if head.startswith(magic):
            raise AudioError(f"{label} is {kind}, not a sound. {SUPPORTED} can be read.")
    reader: SoundfileReader | AvReader
    if head.startswith(SOUNDFILE_HEADS) and SoundfileReader.can_read(file):
        reader = SoundfileReader(file)
    else:
        reader = AvReader(file, label)
    return gather(reader, audio, label)


class SoundfileReader:
    """Reads with libsndfile. See :class:`synesthete.audio.excerpts.Reader`."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._sound = soundfile.SoundFile(file)
        self.n_channels: int = self._sound.channels
        self.sample_rate_hz: int = self._sound.samplerate
        self.seconds: float | None = self._sound.frames / self._sound.samplerate
        self.promised_seconds: float | None = self.seconds
        self.notes: list[str] = []
        cut = re.search(r"^ *(?:data|SSND) : (\d+) \(should be (\d+)\)", self._sound.extra_info, re.MULTILINE)
        if cut and 0 < int(cut[2]) < int(cut[1]) < 0x7FFF0000:  # above: the unknown size of a stream
            self.promised_seconds = self.seconds * int(cut[1]) / int(cut[2])

    @staticmethod
    def can_read(file: BinaryIO) -> bool:
        """Say whether libsndfile reads this file and knows its length; leaves the file at its start."""
        try:
            with soundfile.SoundFile(file) as sound:
                return sound.format in SOUNDFILE_FORMATS and 0 < sound.frames < 1 << 48
        except soundfile.LibsndfileError:  # e.g. a WAV around a codec it lacks; PyAV has the last word
            return False
        finally:
            file.seek(0)

    def blocks(self, start_seconds: float) -> Iterator[Block]:
        """Yield mono blocks from ``start_seconds`` on; a damaged passage is the end."""
        n_frames = max(1, BLOCK_VALUES // self.n_channels)
        try:
            self._sound.seek(round(start_seconds * self.sample_rate_hz))
            while len(block := self._sound.read(n_frames, dtype="float32", always_2d=True)):
                yield self.sample_rate_hz, downmix(block)
        except soundfile.LibsndfileError:
            return

    def measure(self) -> float:
        """Count the seconds that can be read."""
        return sum(len(block) for _, block in self.blocks(0.0)) / self.sample_rate_hz


class AvReader:
    """Reads the first audio track with FFmpeg's libraries. See :class:`synesthete.audio.excerpts.Reader`."""

    def __init__(self, file: BinaryIO, label: str) -> None:
        self._file = file
        self._label = label
        self.notes: list[str] = []
        self._open()
        context = self._stream.codec_context
        self.n_channels: int = context.channels
        self.sample_rate_hz: int = context.sample_rate
        self.seconds = self._length_from_header()
        self.promised_seconds = self.seconds

    def blocks(self, start_seconds: float) -> Iterator[Block]:
        """Yield mono blocks from ``start_seconds`` on; packets that do not decode are left out."""
        is_sought = start_seconds > SEEK_PREROLL_SECONDS and self._seek(start_seconds - SEEK_PREROLL_SECONDS)
        if not is_sought:
            self._open()
        at_seconds = 0.0
        is_there = start_seconds <= 0
        for frame in self._frames():
            rate, block = frame.sample_rate, _mono(frame)
            if not is_there:
                if frame.pts is not None and frame.time_base is not None:
                    at_seconds = float(frame.pts * frame.time_base) - self._origin_seconds
                n_skip = round((start_seconds - at_seconds) * rate)
                at_seconds += len(block) / rate
                if n_skip >= len(block):
                    continue
                block = block[max(n_skip, 0) :]
                is_there = True
            yield rate, block

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
                self._file, "r", options=AV_OPTIONS, metadata_errors="replace", io_open=_refuse_other_files
            )
        except av.error.MemoryError:
            raise
        except (av.error.FFmpegError, ValueError) as error:
            raise AudioError(self._why_unreadable()) from error
        tracks = self._container.streams.audio
        if not tracks:
            raise AudioError(f"{self._label} has no audio track. Choose a file with sound.")
        self._stream = tracks[0]
        context = self._stream.codec_context
        if context is None or context.name not in AV_CODECS:
            codec = "unknown" if context is None else context.name
            raise AudioError(
                f"{self._label} holds sound in a form that cannot be read ({codec}). Save it as MP3 or WAV."
            )
        context.thread_count = 1  # threads would each reserve address space
        start, base = self._stream.start_time, self._stream.time_base
        self._origin_seconds = float(start * base) if start is not None and base is not None else 0.0

    def _length_from_header(self) -> float | None:
        format_name = self._container.format.name
        if format_name in AV_GUESSES_LENGTH and not (format_name == "mp3" and _has_mp3_length(self._file)):
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

    def _frames(self) -> Iterator[av.AudioFrame]:
        for packet in self._packets():
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

    def _why_unreadable(self) -> str:
        self._file.seek(0)
        head = self._file.read(512)
        if head[4:8] == b"ftyp":
            return (
                f"{self._label} is incomplete: its index (the 'moov' part of an M4A or MP4 file) is missing "
                "or damaged. Download or export it again."
            )
        is_text = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head)
        what = "is a text file, not a sound" if is_text else "could not be read as a sound; it may be damaged"
        return f"{self._label} {what}. {SUPPORTED} can be read."


def _refuse_other_files(address: str, flags: int, options: dict[str, str]) -> BinaryIO:
    raise PermissionError(f"a sound file asked to open another file: {address!r}")


def _mono(frame: av.AudioFrame) -> np.ndarray:
    """Downmix a frame of any sample format to float32 [n] in about [-1, 1]."""
    values = frame.to_ndarray()  # planar: [n_channels, n]; packed: [1, n * n_channels]
    n_channels = frame.layout.nb_channels
    values = values.T if frame.format.is_planar else values.reshape(-1, n_channels)
    if values.dtype == np.uint8:
        values = (values.astype(np.float32) - 128) / 128
    elif values.dtype.kind == "i":
        values = values.astype(np.float32) / 2.0 ** (8 * values.dtype.itemsize - 1)
    return downmix(values.astype(np.float32, copy=False))


def _has_mp3_length(file: BinaryIO) -> bool:
    """Say whether an MP3 starts, after its ID3 tag, with a Xing, Info or VBRI header."""
    position = file.tell()  # FFmpeg is reading this file too, and relies on it
    file.seek(0)
    head = file.read(10)
    if head[:3] == b"ID3" and len(head) == 10:
        file.seek(10 + ((head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]))
    head += file.read(2048)
    file.seek(position)
    return any(mark in head for mark in (b"Xing", b"Info", b"VBRI"))
