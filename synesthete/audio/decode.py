"""A sound file's bytes become a reading. Runs in the worker process, where hostile files can do least harm.

Two libraries read files: libsndfile (:mod:`~synesthete.audio.soundfile_reader`) the plain ones, FFmpeg's libraries
(:mod:`~synesthete.audio.av_reader`) the rest. MP3, FLAC and Ogg go to FFmpeg although libsndfile knows them: it trusts
a guess of the length when an MP3 has no length header, gives up seconds of sound where a FLAC is cut, and calls one
Opus file in fifteen malformed that others play. Both are always given an open file, never a name, so that nothing in a
name or inside a file can make them open another one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import BinaryIO, cast

from synesthete.audio import mp3_frames, ogg_links, soundfile_reader
from synesthete.audio.av_reader import AudioTrack, AvReader, NotOpenedError
from synesthete.audio.excerpts import NoSoundError, Reading, gather
from synesthete.audio.file_slices import FileSlice, Span, end_of_tags
from synesthete.audio.formats import NOT_SOUND, SUPPORTED, UNREAD, name_of
from synesthete.audio.joined import JoinedReader
from synesthete.audio.placement import Passage
from synesthete.audio.reader import Reader
from synesthete.audio.soundfile_reader import SoundfileReader
from synesthete.errors import AudioError
from synesthete.settings import AudioSettings

_HEAD_BYTES = 512
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def decode_file(file: BinaryIO, label: str, audio: AudioSettings, passage: Passage | None = None) -> Reading:
    """Read a sound from an open, seekable file.

    Parameters
    ----------
    file : binary file
        Its content decides the format; no name does.
    label : str
        How messages call this sound, e.g. ``'song.mp3'`` in quotes, or ``This sound``.
    audio : AudioSettings
    passage : Passage, optional
        Read this alone.

    Raises
    ------
    AudioError
        Not a sound, or not one that can be used.
    """
    file = _behind_tags(file)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if not head:
        raise AudioError(f"{label} is empty (0 bytes). Choose another file.")
    for magic, kind in NOT_SOUND.items():
        if head.startswith(magic):
            raise AudioError(f"{label} is {kind}, not a sound. {SUPPORTED} can be read.")
    for magic, kind in UNREAD.items():
        if head.startswith(magic):
            raise AudioError(f"{label} is in the format {kind}, which cannot be read here. Save it as MP3 or WAV.")
    try:
        reader = _reader(file, head, label)
        if isinstance(reader, AvReader):
            return _read_track(reader, audio, label, passage)
        return gather(reader, audio, label, passage)
    except NotOpenedError as error:
        raise AudioError(_why_unreadable(head, label)) from error


def _behind_tags(file: BinaryIO) -> BinaryIO:
    """The file without ID3 tags in front: not only MP3 files have them."""
    start = end_of_tags(file)
    return cast(BinaryIO, FileSlice(file, start)) if start else file


def _reader(file: BinaryIO, head: bytes, label: str) -> Reader:
    """Choose the library, and see whether the file is several streams joined end to end."""
    if head.startswith(soundfile_reader.HEADS) and SoundfileReader.can_read(file):
        return SoundfileReader(file)
    if head.startswith(b"OggS"):
        links = ogg_links.find_links(file)
        if len(links) > 1:
            return JoinedReader([(partial(_open_slice, file, link, label, "ogg"), None) for link in links])
    if head[0] == 0xFF:
        parts = mp3_frames.find_parts(file)
        if len(parts) > 1:
            return JoinedReader([(partial(_open_slice, file, part.span, label, "mp3"), part.seconds) for part in parts])
        return AvReader(file, label, known_seconds=parts[0].seconds if parts else None)
    return AvReader(file, label)


def _open_slice(file: BinaryIO, span: Span, label: str, demuxer: str) -> Reader:
    return AvReader(cast(BinaryIO, FileSlice(file, *span)), label, demuxer)


def _read_track(reader: AvReader, audio: AudioSettings, label: str, passage: Passage | None) -> Reading:
    """Read the default track, or else the first, of those that can be read and hold sound."""
    readable = sorted((track for track in reader.tracks if track.is_readable), key=lambda track: not track.is_default)
    problems: dict[int, str] = {track.number: f"cannot be read here ({track.codec})" for track in reader.tracks}
    first_error = None
    for track in readable:
        reader.choose(track)
        try:
            reading = gather(reader, audio, label, passage)
        except NoSoundError as error:
            first_error = first_error or error
            problems[track.number] = error.reason
            continue
        if len(reader.tracks) > 1:
            reading = replace(reading, notes=(*reading.notes, _which_track(reader.tracks, track, problems)))
        return reading
    assert first_error is not None  # an AvReader has at least one readable track
    raise first_error


def _which_track(tracks: list[AudioTrack], read: AudioTrack, problems: dict[int, str]) -> str:
    """Say which of several tracks was read, and why not one that comes before it."""
    order = sorted(tracks, key=lambda track: not track.is_default)
    passed = order[: order.index(read)]
    why = " and ".join(f"the {_ordinal(track)} {problems[track.number]}" for track in passed)
    default = ", its default," if read.is_default else ""
    return f"It has {len(tracks)} audio tracks; the {_ordinal(read)}{default} was read{', as ' if why else ''}{why}."


def _ordinal(track: AudioTrack) -> str:
    return _ORDINALS[track.number] if track.number < len(_ORDINALS) else f"one with the number {track.number + 1}"


def _why_unreadable(head: bytes, label: str) -> str:
    if head[4:8] == b"ftyp":
        return (
            f"{label} is incomplete: its index (the 'moov' part of an M4A or MP4 file) is missing "
            "or damaged. Download or export it again."
        )
    if name := name_of(head):
        return f"{label} looks like {name}, but could not be read as a sound; it may be damaged. Export it again."
    is_text = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head)
    what = "is a text file, not a sound" if is_text else "could not be read as a sound; it may be damaged"
    return f"{label} {what}. {SUPPORTED} can be read."
