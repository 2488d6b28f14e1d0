"""Synthesised drum kits: dictionaries from General MIDI drum key to one mono hit."""

from __future__ import annotations

import numpy as np
from scipy import signal

from tools.composer import groove
from tools.composer.score import Kit
from tools.composer.synthesis import SAMPLE_RATE_HZ


def _time(seconds: float) -> np.ndarray:
    return np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def _noise(rng: np.random.Generator, seconds: float, low_hz: float, high_hz: float) -> np.ndarray:
    """Band of white noise at unit RMS."""
    top = min(high_hz, 0.47 * SAMPLE_RATE_HZ)
    sos = signal.butter(2, [low_hz, top], "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    raw = signal.sosfilt(sos, rng.standard_normal(int(seconds * SAMPLE_RATE_HZ)))
    return raw / np.sqrt(np.mean(raw**2))


def _edged(hit: np.ndarray, peak: float) -> np.ndarray:
    """Scale to a peak; no click at either end."""
    hit = hit * (peak / np.max(np.abs(hit)))
    hit[:12] *= np.linspace(0, 1, 12)
    hit[-200:] *= np.linspace(1, 0, 200)
    return hit


def kick(low_hz: float, sweep_hz: float, sweep_seconds: float, decay: float, click: float, drive: float) -> np.ndarray:
    """A sine that falls from `low_hz + sweep_hz` to `low_hz`, with a click, driven into saturation."""
    t = _time(decay * 4.5)
    pitch = low_hz + sweep_hz * np.exp(-t / sweep_seconds)
    body = np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ) * np.exp(-((t / decay) ** 1.2))
    attack = click * np.exp(-t / 0.002) * np.sin(2 * np.pi * 2800 * t)
    return _edged(np.tanh((body + attack) * (1 + drive)), 1.0)


def snare(
    rng: np.random.Generator,
    tone_hz: float,
    ring: float,
    decay: float,
    tone: float = 0.6,
    low_hz: float = 900.0,
) -> np.ndarray:
    """Two drum-head modes and a burst of wires."""
    t = _time(max(decay, ring) * 5)
    heads = np.sin(2 * np.pi * tone_hz * t * (1 + 0.15 * np.exp(-t / 0.01))) + 0.6 * np.sin(
        2 * np.pi * 1.78 * tone_hz * t
    )
    wires = _noise(rng, len(t) / SAMPLE_RATE_HZ + 1e-6, low_hz, 9500)[: len(t)] * np.exp(-t / decay)
    return _edged(tone * heads * np.exp(-t / ring) + 0.5 * wires, 0.85)


def clap(rng: np.random.Generator, decay: float = 0.11) -> np.ndarray:
    """Four hands, the last one in a room."""
    t = _time(decay * 5)
    gate = sum(np.where(t >= at, np.exp(-(t - at) / 0.007), 0.0) for at in (0.0, 0.011, 0.021))
    gate = gate + np.where(t >= 0.03, np.exp(-(t - 0.03) / decay), 0.0)
    return _edged(_noise(rng, len(t) / SAMPLE_RATE_HZ + 1e-6, 700, 4200)[: len(t)] * gate, 0.75)


def hat(rng: np.random.Generator, decay: float, low_hz: float = 6500.0, metal: float = 0.5) -> np.ndarray:
    """Six inharmonic squares and noise, high-passed."""
    t = _time(decay * 6)
    rings = sum(signal.square(2 * np.pi * f * t) for f in (2050.0, 3041.0, 3690.0, 5225.0, 5400.0, 8000.0)) / 3
    raw = metal * rings + (1 - metal) * rng.standard_normal(len(t))
    sos = signal.butter(4, [low_hz, 15_500], "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    return _edged(signal.sosfilt(sos, raw) * np.exp(-t / decay), 0.5)


def tom(hz: float, decay: float = 0.18) -> np.ndarray:
    """A short falling sine."""
    t = _time(decay * 5)
    pitch = hz * (1 + 0.5 * np.exp(-t / 0.03))
    return _edged(np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ) * np.exp(-t / decay), 0.75)


def _woods(rng: np.random.Generator) -> Kit:
    """What every kit shares: rim, cowbell, shaker, congas, crash, ride."""
    t = _time(0.12)
    rim = np.sin(2 * np.pi * 1700 * t) * np.exp(-t / 0.008) + 0.5 * np.sin(2 * np.pi * 480 * t) * np.exp(-t / 0.015)
    t = _time(0.5)
    bell = (signal.square(2 * np.pi * 540 * t) + signal.square(2 * np.pi * 800 * t)) * np.exp(-t / 0.08)
    bell = signal.sosfilt(signal.butter(2, [400, 3500], "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), bell)
    t = _time(0.1)
    grains = _noise(rng, 0.1, 5000, 12_000) * np.exp(-(((t - 0.03) / 0.022) ** 2))
    crash, t = _noise(rng, 1.8, 3500, 14_000), _time(1.8)
    ride = hat(rng, 0.22, 5200, 0.75)
    return {
        groove.RIM: _edged(rim, 0.6),
        groove.COWBELL: _edged(bell, 0.45),
        groove.SHAKER: _edged(grains, 0.28),
        groove.CRASH: _edged(crash * np.exp(-t / 0.4), 0.4),
        groove.RIDE: ride * 0.8,
        groove.OPEN_CONGA: tom(210, 0.12),
        groove.LOW_CONGA: tom(150, 0.15),
        groove.MUTE_CONGA: tom(240, 0.04),
        groove.LOW_TOM: tom(85, 0.22),
        groove.MID_TOM: tom(120, 0.2),
        groove.HIGH_TOM: tom(165, 0.18),
    }


_KICK_HZ = {"808": 46.0, "909": 50.0, "dust": 56.0, "break": 62.0, "gated": 54.0}


def kit(name: str, seed: int = 0, tonic: int | None = None) -> Kit:
    """A drum kit.

    Parameters
    ----------
    name : str
        ``808`` long and round, ``909`` hard and short, ``dust`` soft, ``break`` acoustic, played hard,
        ``chip`` pitched noise, ``gated`` big snare of the eighties.
    seed : int
        Of the noise in the hits.
    tonic : int in [0, 11], optional
        Pitch class the kick is tuned to, or its fifth if that is nearer.

    Returns
    -------
    dict of int -> np.ndarray [n]
    """
    rng = np.random.default_rng([8080, seed])
    if name == "chip":
        return _chip_kit(rng)
    made = _woods(rng)
    shapes = {
        "808": (
            kick(46, 110, 0.028, 0.34, 0.1, 0.3),
            snare(rng, 185, 0.07, 0.12, 0.5, 1500),
            clap(rng, 0.13),
            0.03,
            0.28,
            7200.0,
        ),
        "909": (
            kick(50, 240, 0.018, 0.19, 0.35, 1.2),
            snare(rng, 200, 0.06, 0.13, 0.6),
            clap(rng, 0.1),
            0.035,
            0.22,
            6800.0,
        ),
        "dust": (
            kick(56, 70, 0.02, 0.15, 0.1, 0.6),
            snare(rng, 190, 0.05, 0.09, 0.8, 600),
            clap(rng, 0.07),
            0.028,
            0.16,
            5200.0,
        ),
        "break": (
            kick(62, 120, 0.012, 0.1, 0.4, 0.8),
            snare(rng, 225, 0.08, 0.1, 0.9, 500),
            clap(rng, 0.08),
            0.04,
            0.25,
            5000.0,
        ),
        "gated": (
            kick(54, 160, 0.016, 0.16, 0.4, 1.0),
            snare(rng, 180, 0.12, 0.24, 0.7, 700),
            clap(rng, 0.16),
            0.035,
            0.25,
            6500.0,
        ),
    }
    low, drum, hands, closed, opened, brightness = shapes[name]
    if tonic is not None:
        low = _tuned(low, _KICK_HZ[name], tonic)
    made.update(
        {
            groove.KICK: low,
            groove.SNARE: drum,
            groove.SNARE2: drum * 0.9,
            groove.CLAP: hands,
            groove.CLOSED: hat(rng, closed, brightness),
            groove.PEDAL: hat(rng, closed * 0.7, brightness),
            groove.OPEN: hat(rng, opened, brightness),
        }
    )
    return made


def _tuned(hit: np.ndarray, hz: float, tonic: int) -> np.ndarray:
    """Play a hit slower or faster, so that its pitch `hz` becomes the tonic or the fifth."""
    pitch = 69 + 12 * np.log2(hz / 440)
    shift = min(((pc - pitch + 6) % 12 - 6 for pc in (tonic, tonic + 7)), key=abs)
    places = np.arange(0, len(hit) - 1, 2 ** (shift / 12))
    return _edged(np.interp(places, np.arange(len(hit)), hit), 1.0)


def _chip_kit(rng: np.random.Generator) -> Kit:
    """Noise held for some samples, as a shift register would give it."""

    def register(seconds: float, hold: int, decay: float, peak: float) -> np.ndarray:
        t = _time(seconds)
        raw = np.repeat(rng.choice([-1.0, 1.0], len(t) // hold + 1), hold)[: len(t)]
        return _edged(raw * np.ceil(np.exp(-t / decay) * 15) / 15, peak)

    t = _time(0.16)
    drop = np.sign(np.sin(2 * np.pi * np.cumsum(50 + 260 * np.exp(-t / 0.03)) / SAMPLE_RATE_HZ)) * np.exp(-t / 0.06)
    low = signal.sosfilt(signal.butter(2, 1800, fs=SAMPLE_RATE_HZ, output="sos"), drop)
    snap = register(0.2, 6, 0.05, 0.5)
    return {
        groove.KICK: _edged(low, 0.8),
        groove.SNARE: snap,
        groove.CLOSED: register(0.06, 2, 0.015, 0.22),
        groove.OPEN: register(0.2, 2, 0.07, 0.25),
        groove.CRASH: register(0.7, 4, 0.2, 0.35),
        groove.HIGH_TOM: tom(300, 0.06),
        groove.MID_TOM: tom(210, 0.07),
        groove.LOW_TOM: tom(140, 0.08),
    }
