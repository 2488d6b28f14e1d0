"""Blocks of channels become one channel at the one rate, without a constant offset: the same steps for every way in.

Blocks are taken as they come, so that neither eight channels nor two hours are ever in memory at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import soxr

from synesthete.audio.reader import Block
from synesthete.errors import AudioError
from synesthete.settings import AudioSettings

JOINED_SAMPLES = 1 << 15
RATES_HZ = (1_000, 3_000_000)  # outside: not the rate of a sound recording; DSD at eight times SACD has 2,822,400
CANCELLATION = 0.75  # energy left by adding the channels, against that of unrelated ones, below which they cancel
_INVOLVED = 0.05  # share of the strongest channel; a weaker one has no polarity to speak of
_OBSERVED_EVERY = 3  # samples: enough to know how channels go together
_NOTABLE_OFFSET = 1e-3  # a smaller one starts no click that could be heard
_OFFSET_BLOCK = 64  # samples, at the one rate, that the running mean is computed of


class Downmix:
    """One rule for a whole recording of how its channels become one.

    The plain mean, unless the channels cancel in it. Where one was recorded or connected with the wrong polarity, it is
    turned round: added up, such channels leave less energy than unrelated ones would (``CANCELLATION`` of it; the
    correlation of two equally loud channels is then below -.25, of ordinary stereo it is above 0). So the mean of a
    recording and that of the same recording with a channel inverted are one sound. What is observed decides, all of it
    together, and no excerpt is treated unlike another.
    """

    def __init__(self) -> None:
        # By number of channels, since a stream may change it on its way; the lower triangle of each is filled.
        self._covariance: dict[int, np.ndarray] = {}
        self._signs: dict[int, np.ndarray] = {}
        self._is_decided = False

    def mix(self, block: np.ndarray) -> np.ndarray:
        """Mix ``block`` [n_channels, n] to float32 [n], by the plain mean until the rule is settled."""
        if len(block) == 1:
            return block[0]
        signs = self._signs.get(len(block))
        if signs is not None:
            block = block * signs[:, np.newaxis]
        if len(block) == 2:  # numpy's mean takes three times as long for a pair
            return (block[0] + block[1]) * np.float32(0.5)
        return block.mean(axis=0, dtype=np.float32)

    def observe(self, block: np.ndarray) -> None:
        """Take ``block`` [n_channels, n] into account, until the rule is settled."""
        if len(block) > 1 and not self._is_decided:
            block = block[:, ::_OBSERVED_EVERY]
            covariance = self._covariance.setdefault(len(block), np.zeros((len(block), len(block))))
            means = [float(channel.mean()) for channel in block]
            for row, one in enumerate(block):  # a product of matrices takes five times as long for so few rows
                for column, other in enumerate(block[: row + 1]):
                    covariance[row, column] += float(np.dot(one, other)) - len(one) * means[row] * means[column]

    def decide(self) -> bool:
        """Settle the rule on what was observed; True where it is another than the mean that was taken."""
        self._is_decided = True
        for n_channels, lower in self._covariance.items():
            covariance = lower + np.tril(lower, -1).T
            if covariance.sum() >= CANCELLATION * np.trace(covariance):
                continue
            leading = np.linalg.eigh(covariance)[1][:, -1]
            involved = np.abs(leading) > _INVOLVED * np.abs(leading).max()
            first = leading[np.argmax(involved)]
            self._signs[n_channels] = np.where(involved & (leading * first < 0), -1, 1).astype(np.float32)
        return bool(self._signs)


def take(blocks: Iterator[Block], seconds: float, audio: AudioSettings, label: str, downmix: Downmix) -> np.ndarray:
    """Mix blocks to one channel, resample them and take off the offset, until ``seconds`` are full or the blocks end.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32

    Raises
    ------
    AudioError
        Samples that are not numbers, or a rate that no recording has.
    """
    n_wanted = round(seconds * audio.sample_rate_hz)
    parts: list[np.ndarray] = []
    n_taken = 0
    stream: soxr.ResampleStream | None = None
    rate_now = 0
    offset = np.float32(0)
    for rate, block in joined(blocks):
        mono = downmix.mix(block)
        if not np.isfinite(mono).all():
            raise AudioError(f"{label} holds samples that are not numbers (NaN or infinite). Export it again.")
        downmix.observe(block)
        if rate != rate_now:  # the first block, or a stream that changes its rate on the way
            check_format(1, rate, label)
            if stream is not None:
                parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
            stream = soxr.ResampleStream(rate, audio.sample_rate_hz, 1, dtype="float32", quality="HQ")
            rate_now = rate
            offset = mono.mean()  # else the resampler, which takes what lay before for silence, makes a click of it
        assert stream is not None
        parts.append(stream.resample_chunk(mono - offset if abs(offset) > _NOTABLE_OFFSET else mono))
        n_taken += len(parts[-1])
        if n_taken >= n_wanted:
            break
    else:
        if stream is not None:
            parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    samples = np.concatenate([np.zeros(0, np.float32), *parts])[:n_wanted]
    return without_offset(samples, round(audio.offset_seconds * audio.sample_rate_hz))


def joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """Blocks of one shape laid together until they are long: a codec's frames are so short that each call tells."""
    waiting: list[np.ndarray] = []
    n_waiting = 0
    now = (0, 0)
    for rate, block in blocks:
        if waiting and ((rate, len(block)) != now or n_waiting >= JOINED_SAMPLES):
            yield now[0], _together(waiting)
            waiting, n_waiting = [], 0
        now = (rate, len(block))
        waiting.append(block)
        n_waiting += block.shape[1]
    if waiting:
        yield now[0], _together(waiting)


def without_offset(samples: np.ndarray, span: int) -> np.ndarray:
    """Subtract a running mean, so that a constant is silence and an offset that wanders goes too.

    The mean is weighted by a Hann window of ``span`` samples around each place, at the ends by the part of it that
    is there: no phase moves, nothing rings in, and what is heard stays (at half a second, within .0003 above 20 Hz).
    It is computed of short blocks and laid between them in straight lines.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)], float32
    span : int > 0 [samples]

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
    """
    n_samples, half = len(samples), _OFFSET_BLOCK // 2
    n_blocks = n_samples // _OFFSET_BLOCK
    if n_blocks < 2:
        return samples - samples.mean() if n_samples else samples
    blocks = samples[: n_blocks * _OFFSET_BLOCK].reshape(n_blocks, _OFFSET_BLOCK)
    weights, divisors = _running_weights(n_blocks, span // (2 * _OFFSET_BLOCK))
    means = _centre(np.convolve(blocks.mean(axis=1), weights), n_blocks) / divisors
    means = means.astype(np.float32)
    between = (np.arange(_OFFSET_BLOCK, dtype=np.float32) + np.float32(0.5)) / _OFFSET_BLOCK
    offset = np.empty_like(samples)
    end = half + (n_blocks - 1) * _OFFSET_BLOCK
    offset[:half], offset[end:] = means[0], means[-1]
    lines = offset[half:end].reshape(-1, _OFFSET_BLOCK)
    np.multiply(np.diff(means)[:, np.newaxis], between, out=lines)
    lines += means[:-1, np.newaxis]
    return np.subtract(samples, offset, out=offset)


@lru_cache(maxsize=4)
def _running_weights(n_blocks: int, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """A Hann window over ``reach`` blocks on either side, and how much of it lies within ``n_blocks`` at each."""
    weights = np.hanning(2 * reach + 3)[1:-1]
    return weights, _centre(np.convolve(np.ones(n_blocks), weights), n_blocks)


def _centre(convolved: np.ndarray, n: int) -> np.ndarray:
    """The middle ``n`` of a full convolution."""
    start = (len(convolved) - n) // 2
    return convolved[start : start + n]


def _together(blocks: list[np.ndarray]) -> np.ndarray:
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1, dtype=np.float32)


def check_format(n_channels: int, sample_rate_hz: int, label: str) -> None:
    """Refuse a channel count or rate that no sound recording has."""
    low, high = RATES_HZ
    if n_channels < 1 or not low <= sample_rate_hz <= high:
        raise AudioError(
            f"{label} says it has {n_channels} channels at {sample_rate_hz:,} Hz, which is no sound "
            f"recording (at least 1 channel, {low:,} to {high:,} Hz)."
        )
