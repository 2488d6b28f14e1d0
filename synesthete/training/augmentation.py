"""Augmentations of waveforms: a recording by a phone in a room, noise, equalisers, speed, mixtures.

Waveforms are float32 at one rate, in [-1, 1], and stay finite. Random ones take their generator as first argument.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.signal
import soxr

Samples = np.ndarray


def phone_in_room(
    rng: np.random.Generator, samples: Samples, sample_rate_hz: int, snr_db: float | None = None
) -> Samples:
    """Play a sound in a room with noise and record it with a phone.

    Parameters
    ----------
    rng : np.random.Generator
    samples : np.ndarray [shape=(n_samples,)], float in [-1, 1]
    sample_rate_hz : int > 0 [Hz]
    snr_db : float [dB], optional
        Music over noise at the microphone; by default random from 0 to 20, sometimes none.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32 in [-1, 1]
        Not delayed: the direct sound keeps its time.
    """
    n = len(samples)
    recorded = scipy.signal.oaconvolve(samples, room_impulse_response(rng, sample_rate_hz))[:n].astype(np.float32)
    if snr_db is None:
        snr_db = rng.uniform(0, 20) if rng.random() < 0.9 else 60.0
    background = noise(rng, n, sample_rate_hz)
    recorded = recorded + background * (rms(recorded) / max(rms(background), 1e-9) * 10 ** (-snr_db / 20))
    low_hz, high_hz = rng.uniform(60, 350), rng.uniform(3_000, 8_500)
    recorded = band_limit(
        recorded, low_hz, min(high_hz, 0.45 * sample_rate_hz), sample_rate_hz, order=float(rng.uniform(2, 6))
    )
    recorded = equalise(rng, recorded, sample_rate_hz, spread_db=4.0)
    recorded = recorded / max(float(np.abs(recorded).max()), 1e-9)
    drive = rng.uniform(0.3, 3.0)
    recorded = np.tanh(drive * recorded) / np.tanh(drive)
    if rng.random() < 0.4:
        recorded = quantise(recorded, n_bits=int(rng.integers(6, 11)))
    return (recorded * rng.uniform(0.1, 0.95)).astype(np.float32)


def room_impulse_response(rng: np.random.Generator, sample_rate_hz: int) -> Samples:
    """A random room: direct sound, a few early echoes, and noise that decays in 0.1 to 0.9 s, low-passed.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        Begins with the direct sound, which has the height 1.
    """
    decay_seconds = rng.uniform(0.1, 0.9)
    n = int(decay_seconds * sample_rate_hz)
    seconds = np.arange(n) / sample_rate_hz
    tail = rng.standard_normal(n) * 10 ** (-3 * seconds / decay_seconds)
    tail = scipy.signal.lfilter([1 - (dull := rng.uniform(0.1, 0.7))], [1, -dull], tail)
    tail[: int(0.004 * sample_rate_hz)] = 0
    for _ in range(rng.integers(3, 9)):
        at = int(rng.uniform(0.001, 0.04) * sample_rate_hz)
        if at < n:
            tail[at] += rng.choice([-1, 1]) * rng.uniform(1, 6) * float(np.abs(tail).mean() + 1e-9) * 3
    direct_to_room_db = rng.uniform(-4, 15)
    tail *= 10 ** (-direct_to_room_db / 20) / max(float(np.sqrt(np.square(tail).sum())), 1e-9)
    tail[0] = 1.0
    return tail.astype(np.float32)


def noise(rng: np.random.Generator, n_samples: int, sample_rate_hz: int) -> Samples:
    """Noise of a random slope (white, pink, brown), a hum, or a babble of many modulated voices."""
    spectrum = scipy.fft.rfft(rng.standard_normal(n_samples, dtype=np.float32))
    frequencies = np.maximum(scipy.fft.rfftfreq(n_samples, 1 / sample_rate_hz), 30)
    if rng.random() < 0.35:  # babble: speech-shaped, loud and soft by syllables
        shape = 1 / (1 + (frequencies / 500) ** 2) ** 0.6 * (frequencies / (frequencies + 100))
        sound = scipy.fft.irfft(spectrum * shape.astype(np.float32), n_samples)
        n_points = max(int(n_samples / sample_rate_hz * 8), 2)
        syllables = rng.gamma(rng.uniform(0.6, 4), size=n_points)
        sound = sound * np.interp(np.linspace(0, n_points - 1, n_samples), np.arange(n_points), syllables)
    else:
        sound = scipy.fft.irfft(spectrum * (frequencies ** -rng.uniform(0, 1.1)).astype(np.float32), n_samples)
    sound /= max(rms(sound), 1e-9)
    if rng.random() < 0.15:
        hum_hz = rng.choice([50, 60]) * np.arange(1, 5)
        seconds = np.arange(n_samples) / sample_rate_hz
        sound = sound + rng.uniform(0.1, 0.6) * sum(
            np.sin(2 * np.pi * hz * seconds) / k for k, hz in enumerate(hum_hz, 1)
        )
    return sound.astype(np.float32)


def equalise(rng: np.random.Generator, samples: Samples, sample_rate_hz: int, spread_db: float = 6.0) -> Samples:
    """Raise and lower regions of the spectrum smoothly by random amounts (standard deviation ``spread_db``)."""
    points_hz = np.geomspace(60, sample_rate_hz / 2, 8)
    gains_db = rng.normal(0, spread_db, 8)
    spectrum = scipy.fft.rfft(np.asarray(samples, np.float32))
    frequencies = np.maximum(scipy.fft.rfftfreq(len(samples), 1 / sample_rate_hz), 1)
    curve_db = np.interp(np.log(frequencies), np.log(points_hz), gains_db)
    return scipy.fft.irfft(spectrum * (10 ** (curve_db / 20)).astype(np.float32), len(samples))


def band_limit(samples: Samples, low_hz: float, high_hz: float, sample_rate_hz: int, order: float = 4.0) -> Samples:
    """Weaken what lies outside ``low_hz`` to ``high_hz`` as a Butterworth filter of that order, without delay."""
    spectrum = scipy.fft.rfft(np.asarray(samples, np.float32))
    frequencies = np.maximum(scipy.fft.rfftfreq(len(samples), 1 / sample_rate_hz), 1e-3)
    gain = 1 / np.sqrt((1 + (low_hz / frequencies) ** (2 * order)) * (1 + (frequencies / high_hz) ** (2 * order)))
    return scipy.fft.irfft(spectrum * gain.astype(np.float32), len(samples))


def quantise(samples: Samples, n_bits: int) -> Samples:
    """Round on a logarithmic scale, as telephone codecs do (mu-law)."""
    mu, steps = 255.0, 2 ** (n_bits - 1)
    companded = np.sign(samples) * np.log1p(mu * np.abs(samples)) / np.log1p(mu)
    companded = np.round(companded * steps) / steps
    return (np.sign(companded) * np.expm1(np.abs(companded) * np.log1p(mu)) / mu).astype(np.float32)


def change_speed(samples: Samples, factor: float, sample_rate_hz: int) -> Samples:
    """Play faster (factor > 1) and higher, as a tape would; the length changes accordingly."""
    return soxr.resample(samples, sample_rate_hz * factor, sample_rate_hz, quality="MQ").astype(np.float32)


def mix(samples: Samples, other: Samples, gain_db: float) -> Samples:
    """Add another sound of the same length at a level relative to the first, without overload."""
    both = samples + other * (10 ** (gain_db / 20) * rms(samples) / max(rms(other), 1e-6))
    return (both / max(1.0, float(np.abs(both).max()))).astype(np.float32)


def rms(samples: Samples) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(samples))))
