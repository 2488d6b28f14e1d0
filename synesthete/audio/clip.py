"""Any sound in, a clip out: mono float32 at the one rate, however it came.

Files and uploads are decoded in a worker process (:mod:`synesthete.audio.worker`); arrays are already decoded and
stay here. Both then take the same steps (:mod:`synesthete.audio.excerpts`).
"""

from __future__ import annotations

import hashlib
import io
import ntpath
import os
import posixpath
import stat
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synesthete import settings
from synesthete.audio import worker
from synesthete.audio.excerpts import Excerpt, Reading, gather
from synesthete.audio.reader import READ_VALUES, Block
from synesthete.audio.tags import NO_TAGS, Tags
from synesthete.errors import AudioError
from synesthete.settings import AudioSettings, DecodeLimits
from synesthete.text import printable, shorten

__all__ = ["Clip", "Excerpt", "clip_from_samples", "clip_to_wav", "content_id", "read_clip", "read_passage"]

MAX_NAME_CHARACTERS = 80
MAX_ARRAY_CHANNELS = 64  # more: the axes are most likely the wrong way round
ANGLE_BRACKETS = str.maketrans("<>`", "‹›'")  # a name is shown to people, and must never be markup


@dataclass(frozen=True, eq=False)
class Clip:
    """A sound in memory.

    Attributes
    ----------
    excerpts : tuple of Excerpt
        One of the whole sound, or several spread over a long one.
    sample_rate_hz : int > 0 [Hz]
    seconds : float > 0 [s]
        Length of the whole recording, of which the excerpts may be a part.
    name : str
        File name without folders, safe to show; may be empty.
    notes : tuple of str
        Sentences for the listener, such as that the file ends early.
    tags : Tags
        What the file says of itself; show it as text, never as markup.
    """

    excerpts: tuple[Excerpt, ...]
    sample_rate_hz: int
    seconds: float
    name: str = ""
    notes: tuple[str, ...] = ()
    tags: Tags = NO_TAGS

    @property
    def samples(self) -> np.ndarray:
        """All excerpts joined: np.ndarray [shape=(n_samples,)], float32."""
        if len(self.excerpts) == 1:
            return self.excerpts[0].samples
        return np.concatenate([excerpt.samples for excerpt in self.excerpts])


def read_clip(
    source: str | os.PathLike[str] | bytes,
    *,
    name: str = "",
    audio: AudioSettings = settings.AUDIO,
    limits: DecodeLimits = settings.LIMITS,
) -> Clip:
    """Read a sound file.

    Parameters
    ----------
    source : path, or bytes of an upload
    name : str
        What messages call it, by default the path's last part. Never used as a path.
    audio : AudioSettings
    limits : DecodeLimits

    Raises
    ------
    AudioError
        Not a sound, or too large, long, short or silent.
    DecodeLimitError
        Its decoder crashed or ran past a limit.
    """
    if isinstance(source, bytes):
        name = clean_name(name)
        label = _label(name)
        if len(source) > limits.max_bytes:
            raise AudioError(
                f"{label} has {len(source) / 1024**2:,.1f} MB; at most {limits.max_bytes / 1024**2:,.1f} MB "
                "can be uploaded. Cut a part out of it, or save it as MP3."
            )
        checked: Path | bytes = source
    else:
        checked, name = _checked_file(source, name)
        label = _label(name)
    return _clip(worker.decode(checked, label, audio, limits), name, audio)


def read_passage(path: str | os.PathLike[str], start_seconds: float, seconds: float, *, name: str = "") -> Clip:
    """Read a passage of a file alone, by seeking.

    Parameters
    ----------
    path : path
    start_seconds, seconds : float >= 0, float > 0 [s]
        Where it begins and how long it is; the file may end sooner.
    name : str
        What messages call it, by default the path's last part.

    Raises
    ------
    AudioError
        As :func:`read_clip`, or there is no sound in the passage.
    """
    file, name = _checked_file(path, name)
    reading = worker.decode(file, _label(name), passage=(float(start_seconds), float(seconds)))
    return _clip(reading, name, settings.AUDIO)


def clip_from_samples(
    samples: np.ndarray, sample_rate_hz: int, *, name: str = "", audio: AudioSettings = settings.AUDIO
) -> Clip:
    """Make a clip of an array, with the checks and the resampling that files get.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,) or (n_samples, n_channels)], float in [-1, 1] or integer
        Integers are read as full-scale PCM of their type.
    sample_rate_hz : int > 0 [Hz]
    name : str
    audio : AudioSettings

    Raises
    ------
    AudioError
        As :func:`read_clip`, or an array of another shape or type.
    """
    name = clean_name(name)
    label = _label(name)
    samples = np.asarray(samples)
    matrix = samples[:, np.newaxis] if samples.ndim == 1 else samples
    if matrix.ndim != 2 or matrix.shape[1] > MAX_ARRAY_CHANNELS or matrix.dtype.kind not in "fiu":
        raise AudioError(
            f"{label} is an array of shape {samples.shape} and type {samples.dtype}; give numbers as "
            f"[n_samples] or [n_samples, n_channels] with at most {MAX_ARRAY_CHANNELS} channels."
        )
    return _clip(gather(_ArrayReader(matrix, int(sample_rate_hz)), audio, label), name, audio)


def content_id(clip: Clip) -> str:
    """Identify a recording by its sound: hash the decoded audio, rounded to 16-bit steps.

    Returns
    -------
    str
        16 hexadecimal characters.
    """
    digest = hashlib.sha256(f"{clip.sample_rate_hz}:{len(clip.excerpts)}:".encode())
    for excerpt in clip.excerpts:
        digest.update(np.round(excerpt.samples * 32767).astype("<i4").tobytes())
    return digest.hexdigest()[:16]


def clip_to_wav(clip: Clip, max_seconds: float | None = None) -> bytes:
    """Write a clip as a 16-bit mono WAV file, for players that cannot play the original.

    Parameters
    ----------
    clip : Clip
    max_seconds : float > 0 [s], optional
        Leave out what comes later.
    """
    samples = clip.samples
    if max_seconds is not None:
        samples = samples[: round(max_seconds * clip.sample_rate_hz)]
    pcm = np.round(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(clip.sample_rate_hz)
        file.writeframes(pcm.tobytes())
    return buffer.getvalue()


def clean_name(name: str) -> str:
    """Reduce a file name from a stranger to what can be shown: no folders, control characters or markup.

    >>> clean_name("../../etc/<b>song.mp3")
    '‹b›song.mp3'
    """
    base = ntpath.basename(posixpath.basename(name))
    return shorten(printable(base).translate(ANGLE_BRACKETS).strip(), MAX_NAME_CHARACTERS)


class _ArrayReader:
    """Reads from an array [n_samples, n_channels]. See :class:`synesthete.audio.reader.Reader`."""

    def __init__(self, matrix: np.ndarray, sample_rate_hz: int) -> None:
        self._matrix = matrix
        self.n_channels = matrix.shape[1]
        self.sample_rate_hz = sample_rate_hz
        self.seconds: float | None = len(matrix) / sample_rate_hz if sample_rate_hz > 0 else 0.0
        self.promised_seconds: float | None = None
        self.notes: list[str] = []

    def blocks(self, start_seconds: float) -> Iterator[Block]:
        """Yield blocks from ``start_seconds`` on."""
        n_frames = READ_VALUES // self.n_channels
        for start in range(round(start_seconds * self.sample_rate_hz), len(self._matrix), n_frames):
            yield self.sample_rate_hz, _as_float(self._matrix[start : start + n_frames]).T

    def measure(self) -> float:
        """The array's length is always true."""
        assert self.seconds is not None
        return self.seconds


def _as_float(block: np.ndarray) -> np.ndarray:
    if block.dtype.kind == "f":
        return block.astype(np.float32, copy=False)
    half = 2.0 ** (8 * block.dtype.itemsize - 1)
    offset = half if block.dtype.kind == "u" else 0.0
    return ((block - offset) / half).astype(np.float32)


def _clip(reading: Reading, name: str, audio: AudioSettings) -> Clip:
    return Clip(reading.excerpts, audio.sample_rate_hz, reading.seconds, name, reading.notes, reading.tags)


def _label(name: str) -> str:
    return f"'{name}'" if name else "This sound"


def _checked_file(source: str | os.PathLike[str], name: str) -> tuple[Path, str]:
    """The file, which is there, and what to call it."""
    path = Path(source).absolute()
    name = clean_name(name or path.name)
    _check_file(path, _label(name))
    return path, name


def _check_file(path: Path, label: str) -> None:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise AudioError(f"{label} does not exist in '{path.parent}', or may not be read. Check the path.") from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise AudioError(f"{label} is {kind}. Give the path of one sound file.")
