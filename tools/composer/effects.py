"""Bus effects and mastering. Samples are float64 [2, n] at 44.1 kHz; makers give back an `Effect`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import ndimage, signal

from tools.composer.score import Effect, Samples
from tools.composer.synthesis import SAMPLE_RATE_HZ, swept_lowpass


def filtered(kind: str, frequency_hz: float | tuple[float, float], order: int = 2) -> Effect:
    """Butterworth ``lowpass``, ``highpass`` or ``bandpass``."""
    sos = signal.butter(order, frequency_hz, kind, fs=SAMPLE_RATE_HZ, output="sos")
    return lambda samples: signal.sosfilt(sos, samples, axis=-1)


def shelf(frequency_hz: float, gain_db: float) -> Effect:
    """Raise or lower everything above `frequency_hz` (first order)."""
    b, a = signal.butter(1, frequency_hz, "highpass", fs=SAMPLE_RATE_HZ)
    amount = 10 ** (gain_db / 20) - 1
    return lambda samples: samples + amount * signal.lfilter(b, a, samples, axis=-1)


def sweep(points: Sequence[tuple[float, float]], resonance: float = 0.9) -> Effect:
    """Low-pass through (seconds, Hz) points, on a logarithmic scale."""

    def effect(samples: Samples) -> Samples:
        n_blocks = max(1, samples.shape[-1] // 256)
        t = np.arange(n_blocks) * 256 / SAMPLE_RATE_HZ
        at, hz = zip(*points, strict=True)
        return swept_lowpass(samples, np.exp(np.interp(t, at, np.log(hz))), resonance)

    return effect


def drive(amount: float, makeup_db: float = 0.0) -> Effect:
    """Soft saturation that adds odd harmonics."""
    gain = 10 ** (makeup_db / 20)
    return lambda samples: np.tanh(samples * amount) / np.tanh(amount) * gain


def crushed(bits: int, hold: int) -> Effect:
    """Fewer bits, samples held: an old sampler."""

    def effect(samples: Samples) -> Samples:
        held = np.repeat(samples[:, ::hold], hold, axis=1)[:, : samples.shape[1]]
        return np.round(held * 2 ** (bits - 1)) / 2 ** (bits - 1)

    return effect


def narrowed(amount: float) -> Effect:
    """Scale what differs between the sides; 0 is mono, 1 changes nothing."""

    def effect(samples: Samples) -> Samples:
        middle = samples.mean(axis=0)
        return middle + amount * (samples - middle)

    return effect


def echo(
    seconds: float, feedback: float = 0.45, mix: float = 0.35, high_hz: float = 3500.0, ping_pong: bool = True
) -> Effect:
    """Repeats that grow darker and change sides."""
    sos = signal.butter(1, [180.0, high_hz], "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    step = int(seconds * SAMPLE_RATE_HZ)

    def effect(samples: Samples) -> Samples:
        out, tail = samples.copy(), samples
        for number in range(1, 9):
            if step * number >= samples.shape[1] or feedback**number < 0.01:
                break
            tail = signal.sosfilt(sos, tail[::-1] if ping_pong else tail, axis=-1)
            out[:, step * number :] += mix * feedback ** (number - 1) * tail[:, : -step * number]
        return out

    return effect


@lru_cache(maxsize=32)
def _room(seconds: float, dark_hz: float, pre_delay: float, seed: int) -> np.ndarray:
    """Impulse response [2, n]: decaying noise whose treble dies first."""
    rng = np.random.default_rng([4711, seed])
    n = int(seconds * SAMPLE_RATE_HZ)
    t = np.arange(n) / SAMPLE_RATE_HZ
    noise = rng.standard_normal((2, n))
    dark = signal.sosfilt(signal.butter(1, dark_hz, fs=SAMPLE_RATE_HZ, output="sos"), noise, axis=-1)
    late = dark * np.exp(-6.0 * t / seconds)
    early = noise * np.exp(-20.0 * t / seconds) * 0.25
    tail = (late + early) * np.clip(t / 0.004, 0, 1)
    tail = signal.sosfilt(signal.butter(1, 160, "highpass", fs=SAMPLE_RATE_HZ, output="sos"), tail, axis=-1)
    tail /= np.sqrt(np.sum(tail**2) / 2)
    return np.pad(tail, ((0, 0), (int(pre_delay * SAMPLE_RATE_HZ), 0)))


def reverb(
    seconds: float = 1.6, mix: float = 0.2, dark_hz: float = 4500.0, pre_delay: float = 0.015, seed: int = 0
) -> Effect:
    """A room; `mix` in [0, 1] is the level of its tail beside the dry sound."""
    response = _room(seconds, dark_hz, pre_delay, seed)

    def effect(samples: Samples) -> Samples:
        wet = signal.oaconvolve(samples, response, axes=-1)[:, : samples.shape[1]]
        return samples + mix * wet

    return effect


def chorus(depth_ms: float = 2.0, rate_hz: float = 0.6, mix: float = 0.5) -> Effect:
    """A copy whose delay sways, oppositely left and right: width."""

    def effect(samples: Samples) -> Samples:
        n = samples.shape[1]
        t = np.arange(n)
        out = samples.copy()
        for side, sign in ((0, 1.0), (1, -1.0)):
            sway = (8 + depth_ms * (1 + sign * np.sin(2 * np.pi * rate_hz * t / SAMPLE_RATE_HZ))) / 1000
            place = np.maximum(t - sway * SAMPLE_RATE_HZ, 0.0)
            first = place.astype(np.int64)
            part = place - first
            after = np.minimum(first + 1, n - 1)
            out[side] += mix * (samples[side, first] * (1 - part) + samples[side, after] * part)
        return out / (1 + 0.5 * mix)

    return effect


def ducked(times: Sequence[float], depth: float = 0.6, release: float = 0.22) -> Effect:
    """Step back at every kick.

    Parameters
    ----------
    times : sequence of float [s]
    depth : float in [0, 1]
    release : float [s]
    """

    def effect(samples: Samples) -> Samples:
        n = samples.shape[1]
        gain = np.ones(n)
        t = np.arange(int(release * 1.6 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        dip = 1 - depth * np.clip(t / 0.004, 0, 1) * np.exp(-((t / release) ** 2) * 2)
        for time in times:
            first = int(time * SAMPLE_RATE_HZ)
            piece = dip[: max(0, n - first)]
            gain[first : first + len(piece)] = np.minimum(gain[first : first + len(piece)], piece)
        return samples * gain

    return effect


def wow(depth: float = 0.0012, rate_hz: float = 0.55) -> Effect:
    """Tape that does not run evenly: a slow change of pitch."""

    def effect(samples: Samples) -> Samples:
        t = np.arange(samples.shape[1])
        bend = depth * SAMPLE_RATE_HZ / (2 * np.pi * rate_hz) * np.sin(2 * np.pi * rate_hz * t / SAMPLE_RATE_HZ)
        return np.stack([np.interp(t + bend, t, row) for row in samples])

    return effect


def vinyl(level: float = 0.004, seed: int = 0) -> Effect:
    """Crackle and a little hiss."""

    def effect(samples: Samples) -> Samples:
        rng = np.random.default_rng([33, seed])
        n = samples.shape[1]
        ticks = np.zeros(n)
        places = rng.integers(0, n, int(n / SAMPLE_RATE_HZ * 14))
        ticks[places] = rng.exponential(1.0, len(places)) * rng.choice([-1, 1], len(places))
        crackle = signal.sosfilt(signal.butter(1, [900, 6000], "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), ticks)
        hiss = signal.sosfilt(signal.butter(1, 5000, fs=SAMPLE_RATE_HZ, output="sos"), rng.standard_normal((2, n)))
        return samples + level * (6 * crackle + 0.35 * hiss)

    return effect


def compressed(threshold_db: float = -20.0, ratio: float = 2.0) -> Effect:
    """Gentle bus compression on a 30 ms level; what it takes away in the mean it gives back."""

    def effect(samples: Samples) -> Samples:
        power = ndimage.uniform_filter1d(np.mean(samples**2, axis=0), int(0.03 * SAMPLE_RATE_HZ), mode="nearest")
        level = 10 * np.log10(power + 1e-9)
        reduction = np.maximum(level - threshold_db, 0.0) * (1 - 1 / ratio)
        gain = 10 ** ((np.mean(reduction) * 0.7 - reduction) / 20)
        return samples * ndimage.uniform_filter1d(gain, int(0.02 * SAMPLE_RATE_HZ), mode="nearest")

    return effect
