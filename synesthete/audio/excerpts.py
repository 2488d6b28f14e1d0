"""What of a sound is read, and how it reaches the one rate: the same steps for every way in.

A *reader* (a file's, in :mod:`synesthete.audio.decode`, or an array's, in :mod:`synesthete.audio`) hands out mono
blocks at the rate it found. Here they are resampled as they come, so that neither eight channels nor two
hours are ever in memory at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr

from synesthete.errors import AudioError
from synesthete.settings import AudioSettings

JOINED_SAMPLES = 1 << 15
Block = tuple[int, np.ndarray]  # rate [Hz], mono float32 samples [n] at that rate

BLOCK_VALUES = 1 << 18  # samples times channels read at once: 1 MiB of float32
SILENCE_PEAK = 1e-4  # -80 dBFS
LOUDEST_PEAK = 4.0  # +12 dBFS: decoders overshoot 1, but this file counts full scale differently
CAP_SLACK_SECONDS = 1.0  # how far a "whole" sound may run past what its header says before it is measured
SHORTFALL_SECONDS = 0.25  # what codecs pad and trim; a larger gap is a file that ends early
RATES_HZ = (1_000, 1_000_000)  # outside: not the rate of a sound recording


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
    """What came of one sound: excerpts, the length of the whole in seconds, remarks for the listener."""

    excerpts: tuple[Excerpt, ...]
    seconds: float
    notes: tuple[str, ...] = ()


class Reader(Protocol):
    """A sound that can be read from any second on.

    Attributes
    ----------
    n_channels, sample_rate_hz : int > 0, int > 0 [Hz]
    seconds : float >= 0 [s] or None
        Length as far as it is known without decoding; None where there is only a guess.
    promised_seconds : float >= 0 [s] or None
        Length the header promises, where it promises one: more than is there in a file that ends early.
    notes : list of str
        Remarks gathered while reading.
    """

    n_channels: int
    sample_rate_hz: int
    seconds: float | None
    promised_seconds: float | None
    notes: list[str]

    def blocks(self, start_seconds: float) -> Iterator[Block]:
        """Yield mono blocks from ``start_seconds`` to the end; none where the sound is shorter."""

    def measure(self) -> float:
        """Go through the sound to find its length in seconds, holding none of it."""


def gather(reader: Reader, audio: AudioSettings, label: str) -> Reading:
    """Read a sound whole, or in excerpts if it is long, mono and at ``audio.sample_rate_hz``.

    Headers are not always true. If what is read does not fit the header's length, the sound is measured and
    read again; if that does not fit either, its beginning is taken.

    Parameters
    ----------
    reader : Reader
    audio : AudioSettings
    label : str
        How messages call this sound.

    Raises
    ------
    AudioError
        Too long, too short, silent, or with samples that are not numbers.
    """
    check_format(reader.n_channels, reader.sample_rate_hz, label)
    for seconds in _lengths(reader):
        _refuse_too_long(seconds, audio, label)
        spans = plan(seconds, audio)
        excerpts, fits = _take_all(reader, spans, audio, label)
        if fits:
            break
    if not excerpts:
        raise AudioError(f"{label} holds no sound that could be decoded; it may be damaged. Export it again.")
    if seconds is None or len(spans) == 1:
        seconds = len(excerpts[0].samples) / audio.sample_rate_hz
    return _judge(excerpts, seconds, reader, audio, label)


def _lengths(reader: Reader) -> Iterator[float | None]:
    """What to believe about a length, in this order; the later ones cost more or give less."""
    yield reader.seconds
    yield reader.measure()
    yield None


def plan(seconds: float | None, audio: AudioSettings) -> list[tuple[float, float]]:
    """Starts and lengths, in seconds, of what is read of a sound ``seconds`` long (None: not known).

    A sound up to ``whole_seconds`` is one span with a little slack; of a longer one, each of ``n_excerpts``
    equal parts gives the passage at its middle.
    """
    if seconds is None or seconds <= audio.whole_seconds:
        return [(0.0, audio.whole_seconds + CAP_SLACK_SECONDS)]
    part = seconds / audio.n_excerpts
    length = min(audio.excerpt_seconds, seconds)
    starts = [(number + 0.5) * part - length / 2 for number in range(audio.n_excerpts)]
    return [(min(max(start, 0.0), seconds - length), length) for start in starts]


def take(blocks: Iterator[Block], seconds: float, sample_rate_hz: int, label: str) -> np.ndarray:
    """Resample mono blocks to ``sample_rate_hz`` until ``seconds`` are full or the blocks end.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
    """
    n_wanted = round(seconds * sample_rate_hz)
    parts: list[np.ndarray] = []
    n_taken = 0
    stream: soxr.ResampleStream | None = None
    rate_now = 0
    for rate, block in _joined(blocks):
        if not np.isfinite(block).all():
            raise AudioError(f"{label} holds samples that are not numbers (NaN or infinite). Export it again.")
        if rate != rate_now:  # the first block, or a stream that changes its rate on the way
            check_format(1, rate, label)
            if stream is not None:
                parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
            stream = soxr.ResampleStream(rate, sample_rate_hz, 1, dtype="float32", quality="HQ")
            rate_now = rate
        assert stream is not None
        parts.append(stream.resample_chunk(block))
        n_taken += len(parts[-1])
        if n_taken >= n_wanted:
            break
    else:
        if stream is not None:
            parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    return np.concatenate([np.zeros(0, np.float32), *parts])[:n_wanted]


def _joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """Blocks of one rate laid together until they are long: a codec's frames are so short that each call tells."""
    waiting: list[np.ndarray] = []
    n_waiting = rate_now = 0
    for rate, block in blocks:
        if waiting and (rate != rate_now or n_waiting >= JOINED_SAMPLES):
            yield rate_now, np.concatenate(waiting, dtype=np.float32)
            waiting, n_waiting = [], 0
        rate_now = rate
        waiting.append(block)
        n_waiting += len(block)
    if waiting:
        yield rate_now, np.concatenate(waiting, dtype=np.float32)


def downmix(block: np.ndarray) -> np.ndarray:
    """Mean over the channels of ``block`` [n, n_channels], as float32 [n]."""
    if block.shape[1] == 1:
        return block[:, 0]
    if block.shape[1] == 2:  # numpy's mean takes three times as long for a pair
        return (block[:, 0] + block[:, 1]) * np.float32(0.5)
    return block.mean(axis=1, dtype=np.float32)


def check_format(n_channels: int, sample_rate_hz: int, label: str) -> None:
    """Refuse a channel count or rate that no sound recording has."""
    low, high = RATES_HZ
    if n_channels < 1 or not low <= sample_rate_hz <= high:
        raise AudioError(
            f"{label} says it has {n_channels} channels at {sample_rate_hz:,} Hz, which is no sound "
            f"recording (at least 1 channel, {low:,} to {high:,} Hz)."
        )


def _take_all(
    reader: Reader, spans: list[tuple[float, float]], audio: AudioSettings, label: str
) -> tuple[tuple[Excerpt, ...], bool]:
    """Read the spans, and say whether what came fits the length they were planned for."""
    excerpts: list[Excerpt] = []
    is_whole = len(spans) == 1
    for start, length in spans:
        samples = take(reader.blocks(start), length, audio.sample_rate_hz, label)
        missing_seconds = length - len(samples) / audio.sample_rate_hz
        if len(samples):
            excerpts.append(Excerpt(start, samples))
        if not is_whole and missing_seconds > SHORTFALL_SECONDS:
            return tuple(excerpts), False
    return tuple(excerpts), missing_seconds > 0 or not is_whole


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
    if peak < SILENCE_PEAK:
        raise AudioError(f"{label} is silent (its peak is below -80 dBFS). Check the microphone or the file.")
    if peak > LOUDEST_PEAK:
        notes.append(f"Its samples reach {peak:.3g} where 1 is full scale; they were scaled down.")
        excerpts = tuple(Excerpt(e.start_seconds, e.samples / np.float32(peak)) for e in excerpts)
    if reader.n_channels > 2 or reader.sample_rate_hz > 96_000:
        notes.append(
            f"It has {reader.n_channels} channels at {reader.sample_rate_hz:,} Hz; they were mixed to one "
            f"channel at {audio.sample_rate_hz:,} Hz."
        )
    return Reading(excerpts, seconds, tuple(notes))
