"""What of a sound is read: the same for every way in.

A *reader* (a file's, in :mod:`synesthete.audio.decode`, or an array's, in :mod:`synesthete.audio.clip`) hands out
blocks of channels at the rate it found. :mod:`~synesthete.audio.mono` makes one channel at the one rate of them;
:mod:`~synesthete.audio.placement` says where in a long recording to look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synesthete.audio.mono import Downmix, check_format, take
from synesthete.audio.placement import Passage, plan, spread, survey
from synesthete.audio.reader import Reader
from synesthete.audio.silence import SILENCE_DBFS, is_mostly_silent, is_sounding
from synesthete.audio.tags import NO_TAGS, Tags
from synesthete.errors import AudioError
from synesthete.settings import AudioSettings
from synesthete.tracks import clock

LOUDEST_PEAK = 4.0  # +12 dBFS: decoders overshoot 1, but this file counts full scale differently
SHORTFALL_SECONDS = 0.25  # what codecs pad and trim; a larger gap is a file that ends early


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A passage of a recording.

    Attributes
    ----------
    start_seconds : float >= 0 [s]
        Where in the recording it begins.
    samples : np.ndarray [shape=(n_samples,)], float32, about [-1, 1]
    """

    start_seconds: float
    samples: np.ndarray


@dataclass(frozen=True, eq=False)
class Reading:
    """What came of one sound: excerpts, length of the whole in seconds, remarks for the listener, the tags."""

    excerpts: tuple[Excerpt, ...]
    seconds: float
    notes: tuple[str, ...] = ()
    tags: Tags = NO_TAGS


class NoSoundError(AudioError):
    """Nothing of this can be decoded, or all of it is silent. ``reason`` says which, in the middle of a sentence."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def gather(reader: Reader, audio: AudioSettings, label: str, passage: Passage | None = None) -> Reading:
    """Read a sound whole, or in excerpts if it is long, mono and at ``audio.sample_rate_hz``.

    Headers are not always true. If what is read does not fit the header's length, the sound is measured and
    read again; if that does not fit either, its beginning is taken.

    Parameters
    ----------
    reader : Reader
    audio : AudioSettings
    label : str
        How messages call this sound.
    passage : Passage, optional
        Read this alone.

    Raises
    ------
    AudioError
        Too long, too short, silent, or with samples that are not numbers.
    """
    check_format(reader.n_channels, reader.sample_rate_hz, label)
    if passage is not None:
        return _gather_passage(reader, passage, audio, label)
    for seconds in _lengths(reader):
        _refuse_too_long(seconds, audio, label)
        passages = plan(seconds, audio)
        excerpts, fits = _read(reader, passages, audio, label)
        if fits:
            break
    if not excerpts:
        raise NoSoundError(
            f"{label} holds no sound that could be decoded; it may be damaged. Export it again.", "could not be decoded"
        )
    if seconds is None or len(passages) == 1:
        seconds = len(excerpts[0].samples) / audio.sample_rate_hz
    elif any(is_mostly_silent(excerpt.samples, audio.sample_rate_hz) for excerpt in excerpts):
        excerpts = _move_to_sound(reader, excerpts, seconds, audio, label)
    return _judge(excerpts, seconds, reader, audio, label)


def _gather_passage(reader: Reader, passage: Passage, audio: AudioSettings, label: str) -> Reading:
    excerpts, _ = _read(reader, [passage], audio, label)
    if not any(_is_heard(excerpt.samples, audio) for excerpt in excerpts):
        raise NoSoundError(f"{label} has no sound at {clock(passage[0])}. Has the file changed?", "has no sound there")
    start, seconds = passage
    return Reading(excerpts, max(reader.seconds or 0.0, start + seconds), tuple(reader.notes))


def _lengths(reader: Reader) -> Iterator[float | None]:
    """What to believe about a length, in this order; the later ones cost more or give less."""
    yield reader.seconds
    yield reader.measure()
    yield None


def _read(
    reader: Reader, passages: list[Passage], audio: AudioSettings, label: str
) -> tuple[tuple[Excerpt, ...], bool]:
    """Read the passages with one downmix for all, and say whether what came fits the length they were planned for."""
    downmix = Downmix()
    excerpts, fits = _take_all(reader, passages, audio, label, downmix)
    if downmix.decide():
        excerpts, fits = _take_all(reader, passages, audio, label, downmix)
    return excerpts, fits


def _take_all(
    reader: Reader, passages: list[Passage], audio: AudioSettings, label: str, downmix: Downmix
) -> tuple[tuple[Excerpt, ...], bool]:
    excerpts: list[Excerpt] = []
    is_whole = passages == plan(None, audio)
    for start, length in passages:
        samples = take(reader.blocks(start), length, audio, label, downmix)
        missing_seconds = length - len(samples) / audio.sample_rate_hz
        if len(samples):
            excerpts.append(Excerpt(start, samples))
        if not is_whole and missing_seconds > SHORTFALL_SECONDS:
            return tuple(excerpts), False
    return tuple(excerpts), missing_seconds > 0 or not is_whole


def _move_to_sound(
    reader: Reader, excerpts: tuple[Excerpt, ...], seconds: float, audio: AudioSettings, label: str
) -> tuple[Excerpt, ...]:
    """Read excerpts spread over what sounds, where some of those that are spread over all of it fell on silence."""
    found = survey(reader, seconds)
    if found.regions:
        excerpts = _read(reader, spread(found.regions, seconds, audio), audio, label)[0] or excerpts
    sounding = tuple(excerpt for excerpt in excerpts if _is_heard(excerpt.samples, audio))
    if not sounding:
        if found.is_complete:
            raise _silent(label)
        raise NoSoundError(
            f"{label} is silent: at {found.n_places:,} places all over its {seconds / 60:,.0f} minutes nothing is "
            f"louder than {SILENCE_DBFS:g} dBFS. If there is sound in it, cut that part out.",
            "is silent",
        )
    return sounding


def _is_heard(samples: np.ndarray, audio: AudioSettings) -> bool:
    """Whether there is sound anywhere; most often the first ten seconds answer it."""
    span = round(10 * audio.sample_rate_hz)
    return any(is_sounding(samples[at : at + span], audio.sample_rate_hz).any() for at in range(0, len(samples), span))


def _silent(label: str) -> NoSoundError:
    return NoSoundError(
        f"{label} is silent: nothing in it is louder than {SILENCE_DBFS:g} dBFS. Check the microphone or the file.",
        "is silent",
    )


def _refuse_too_long(seconds: float | None, audio: AudioSettings, label: str) -> None:
    if seconds is not None and seconds > audio.max_seconds:
        raise AudioError(
            f"{label} is {seconds / 3600:.1f} hours long; at most {audio.max_seconds / 3600:g} hours can be "
            "read. Cut a part out of it."
        )


def _judge(excerpts: tuple[Excerpt, ...], seconds: float, reader: Reader, audio: AudioSettings, label: str) -> Reading:
    """Refuse what is too short or silent; bring odd scales to [-1, 1]; say what the listener should know."""
    notes = list(reader.notes)
    promised = reader.promised_seconds
    ends_early = promised is not None and seconds < promised - max(SHORTFALL_SECONDS, 0.01 * promised)
    if ends_early:
        notes.append(f"The file ends early: {seconds:.1f} of {promised:.1f} seconds could be read.")
    if seconds < audio.min_seconds:
        early = f" (the file ends early: its header promises {promised:.1f} s)" if ends_early else ""
        raise AudioError(
            f"{label} is {seconds:.2f} seconds long{early}; at least {audio.min_seconds:g} s are needed. "
            "Use a longer snippet."
        )
    peak = max(float(np.abs(excerpt.samples).max(initial=0.0)) for excerpt in excerpts)
    if peak > LOUDEST_PEAK:
        notes.append(f"Its samples reach {peak:.3g} where 1 is full scale; they were scaled down.")
        excerpts = tuple(Excerpt(e.start_seconds, e.samples / np.float32(peak)) for e in excerpts)
    if not any(_is_heard(excerpt.samples, audio) for excerpt in excerpts):
        raise _silent(label)
    if reader.n_channels > 2 or reader.sample_rate_hz > 96_000:
        notes.append(
            f"It has {reader.n_channels} channels at {reader.sample_rate_hz:,} Hz; they were mixed to one "
            f"channel at {audio.sample_rate_hz:,} Hz."
        )
    return Reading(excerpts, seconds, tuple(notes))
