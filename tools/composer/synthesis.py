"""Synthesised voices: band-limited oscillators, swept filters, FM, plucked strings, chip channels.

Every voice is a frozen dataclass that is called with (frequency in Hz, length in seconds, velocity) and gives
float64 samples, mono [n] or stereo [2, n]; the release rings on after `length`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import signal

SAMPLE_RATE_HZ = 44_100
_TABLE = 4096
_BLOCK = 128


@lru_cache(maxsize=256)
def _wavetable(shape: str, n_harmonics: int) -> np.ndarray:
    """One cycle [4096] of a shape of `oscillator`, with no partial above `n_harmonics`."""
    phase = np.arange(_TABLE) / _TABLE
    if shape == "sine":
        return np.sin(2 * np.pi * phase)
    k = np.arange(1, n_harmonics + 1)[:, None]
    # Lanczos factors: a cut-off series would ring at the edges.
    soft = np.sinc(k / (n_harmonics + 1))
    if shape == "triangle":
        weights = np.where(k % 2 == 1, (-1.0) ** ((k - 1) // 2) / k**2, 0.0) * 8 / np.pi**2
        return np.sum(weights * soft * np.sin(2 * np.pi * k * phase), axis=0)
    if shape == "saw":
        return np.sum(soft * 2 / (np.pi * k) * np.sin(2 * np.pi * k * phase), axis=0)
    duty = {"square": 0.5, "pulse25": 0.25, "pulse12": 0.125}[shape]
    weights = 4 / (np.pi * k) * np.sin(np.pi * k * duty)
    return np.sum(weights * soft * np.cos(2 * np.pi * k * (phase - duty / 2)), axis=0)


def oscillator(shape: str, frequency_hz: float | np.ndarray, n: int, phase: float = 0.0) -> np.ndarray:
    """A band-limited oscillator.

    Parameters
    ----------
    shape : str
        ``sine``, ``triangle``, ``saw``, ``square``, ``pulse25`` or ``pulse12``.
    frequency_hz : float or np.ndarray [n]
    n : int
        Samples.
    phase : float in [0, 1)

    Returns
    -------
    np.ndarray [n], about [-1, 1]
    """
    highest = float(np.max(frequency_hz))
    octave = 2.0 ** (np.ceil(np.log2(max(highest, 16.0)) * 2) / 2)
    table = _wavetable(shape, int(max(1, min(512, 0.45 * SAMPLE_RATE_HZ / octave))))
    turns: np.ndarray
    if np.ndim(frequency_hz):
        turns = phase + np.cumsum(frequency_hz) / SAMPLE_RATE_HZ
    else:
        turns = phase + np.arange(n) * (frequency_hz / SAMPLE_RATE_HZ)
    return table[(turns * _TABLE).astype(np.int64) & (_TABLE - 1)]


def envelope(n: int, attack: float, decay: float, sustain: float, release: float, held: float) -> np.ndarray:
    """Attack, decay to a sustain level, release; decay and release are exponential.

    Parameters
    ----------
    n : int
        Samples, release included.
    attack, decay, release, held : float [s]
        `held` is when the key comes up.
    sustain : float in [0, 1]

    Returns
    -------
    np.ndarray [n] in [0, 1]
    """
    t = np.arange(n) / SAMPLE_RATE_HZ
    body = np.where(
        t < attack,
        t / max(attack, 1e-4),
        sustain + (1 - sustain) * np.exp(-4.0 * (t - attack) / max(decay, 1e-3)),
    )
    out = np.where(t < held, body, 0.0)
    first = min(int(held * SAMPLE_RATE_HZ), n)
    if first < n:
        level = body[first - 1] if first else 0.0
        out[first:] = level * np.exp(-5.0 * (t[first:] - held) / max(release, 1e-3))
    edge = min(n, 96)
    out[-edge:] *= np.linspace(1, 0, edge)
    return out


def swept_lowpass(samples: np.ndarray, cutoff_hz: np.ndarray, resonance: float = 0.8, poles: int = 4) -> np.ndarray:
    """Low-pass whose corner moves, block by block.

    Parameters
    ----------
    samples : np.ndarray [..., n]
    cutoff_hz : np.ndarray [n_blocks]
        Spread evenly over the samples.
    resonance : float
        Quality factor of the resonant section.
    poles : {2, 4}

    Returns
    -------
    np.ndarray, shape of `samples`
    """
    w = 2 * np.pi * np.clip(cutoff_hz, 25.0, 0.45 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    stages = [_lowpass_rows(w, q) for q in ([resonance] if poles == 2 else [0.6, resonance])]
    sos = np.stack(stages, axis=1)
    edges = np.linspace(0, samples.shape[-1], len(w) + 1).astype(int)
    state = np.zeros((sos.shape[1], *samples.shape[:-1], 2))
    out = np.empty_like(samples)
    for i in range(len(w)):
        piece = slice(edges[i], edges[i + 1])
        if edges[i] < edges[i + 1]:
            out[..., piece], state = signal.sosfilt(sos[i], samples[..., piece], axis=-1, zi=state)
    return out


def _lowpass_rows(w: np.ndarray, q: float) -> np.ndarray:
    """Second-order sections [n, 6] after R. Bristow-Johnson's audio EQ cookbook."""
    alpha, c = np.sin(w) / (2 * q), np.cos(w)
    a0 = 1 + alpha
    b = (1 - c) / 2
    return np.stack([b / a0, 2 * b / a0, b / a0, np.ones_like(w), -2 * c / a0, (1 - alpha) / a0], axis=1)


def _length(seconds: float) -> int:
    return max(64, int(seconds * SAMPLE_RATE_HZ))


@dataclass(frozen=True)
class Subtractive:
    """Oscillators, a filter with its own envelope, an amplifier: bass, lead, pluck, pad.

    Parameters
    ----------
    waves : tuple of (shape, ratio, level)
        Frequencies relative to the note.
    unison : int
        Detuned copies of every wave, spread over the stereo field.
    detune_cents : float
        From the lowest to the highest copy.
    attack, decay, release : float [s]
    cutoff_hz : float [Hz]
        At rest; the filter envelope adds `sweep_octaves` at its peak and lasts `sweep_decay` [s].
    key_follow : float in [0, 1]
        How far the filter goes along with the note.
    drive : float >= 0
        Saturation before the filter.
    vibrato_cents, glide_semitones
        Pitch: vibrato that sets in late; a short slide from below or above.
    """

    waves: tuple[tuple[str, float, float], ...] = (("saw", 1.0, 1.0),)
    unison: int = 1
    detune_cents: float = 12.0
    attack: float = 0.005
    decay: float = 0.3
    sustain: float = 0.7
    release: float = 0.12
    cutoff_hz: float = 2000.0
    resonance: float = 0.9
    sweep_octaves: float = 1.5
    sweep_decay: float = 0.25
    sweep_attack: float = 0.0
    key_follow: float = 0.4
    poles: int = 4
    drive: float = 0.0
    noise: float = 0.0
    vibrato_cents: float = 0.0
    glide_semitones: float = 0.0

    def __call__(self, frequency_hz: float, seconds: float, velocity: float) -> np.ndarray:
        n = _length(seconds + min(self.release, 4.0))
        t = np.arange(n) / SAMPLE_RATE_HZ
        rng = np.random.default_rng(int(frequency_hz * 100))
        pitch: float | np.ndarray = frequency_hz
        if self.vibrato_cents or self.glide_semitones:
            late = np.clip((t - 0.25) / 0.4, 0, 1)
            cents = self.vibrato_cents * late * np.sin(2 * np.pi * 5.2 * t)
            pitch = frequency_hz * 2 ** ((cents + 100 * self.glide_semitones * np.exp(-t / 0.025)) / 1200)
        sound = self._oscillators(pitch, n, rng)
        if self.noise:
            sound = sound + self.noise * rng.standard_normal(n)
        if self.drive:
            sound = np.tanh(sound * (1 + self.drive)) / (1 + 0.4 * self.drive)
        n_blocks = max(1, n // _BLOCK)
        block_t = np.arange(n_blocks) * (n / n_blocks) / SAMPLE_RATE_HZ
        rise = np.clip(block_t / self.sweep_attack, 0, 1) if self.sweep_attack else 1.0
        sweep = (
            self.sweep_octaves
            * (0.5 + 0.5 * velocity)
            * rise
            * np.exp(-np.maximum(block_t - self.sweep_attack, 0) / self.sweep_decay)
        )
        cutoff = self.cutoff_hz * (frequency_hz / 261.6) ** self.key_follow * 2**sweep
        sound = swept_lowpass(sound, cutoff, self.resonance, self.poles)
        return sound * envelope(n, self.attack, self.decay, self.sustain, self.release, seconds) * velocity * 0.5

    def _oscillators(self, pitch: float | np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        if self.unison == 1:
            return sum((lv * oscillator(s, pitch * r, n, rng.random()) for s, r, lv in self.waves), np.zeros(n))
        out = np.zeros((2, n))
        for i in range(self.unison):
            place = i / (self.unison - 1) * 2 - 1
            bent = pitch * 2 ** (place * self.detune_cents / 2400)
            one = sum((lv * oscillator(s, bent * r, n, rng.random()) for s, r, lv in self.waves), np.zeros(n))
            angle = np.pi / 4 * (1 + 0.8 * place * (-1) ** i)
            out += np.stack([np.cos(angle) * one, np.sin(angle) * one])
        return out * 1.4 / np.sqrt(self.unison)


@dataclass(frozen=True)
class Fm:
    """Two-operator frequency modulation: electric piano, bell, glass, hollow bass.

    Parameters
    ----------
    ratio : float
        Modulator over carrier.
    index : float
        Modulation depth at the attack [rad]; falls to `index_floor` within `index_decay` [s].
    decay, release, attack : float [s]
    tine : float
        Level of a short high partial at the attack.
    """

    ratio: float = 1.0
    index: float = 2.0
    index_decay: float = 0.5
    index_floor: float = 0.3
    attack: float = 0.002
    decay: float = 1.6
    sustain: float = 0.0
    release: float = 0.25
    tine: float = 0.0
    tremolo: float = 0.0

    def __call__(self, frequency_hz: float, seconds: float, velocity: float) -> np.ndarray:
        n = _length(seconds + self.release)
        t = np.arange(n) / SAMPLE_RATE_HZ
        depth = self.index_floor + (self.index * (0.4 + 0.6 * velocity) - self.index_floor) * np.exp(
            -t / self.index_decay
        )
        depth = depth * min(1.0, 1600.0 / (frequency_hz * max(self.ratio, 1.0)))
        phase = 2 * np.pi * frequency_hz * t
        sound = np.sin(phase + depth * np.sin(self.ratio * phase))
        if self.tine and frequency_hz * 14 < 18_000:
            sound += self.tine * velocity * np.exp(-t / 0.06) * np.sin(14.02 * phase)
        sound = sound * envelope(n, self.attack, self.decay, self.sustain, self.release, seconds) * velocity * 0.6
        if not self.tremolo:
            return sound
        sway = self.tremolo * np.sin(2 * np.pi * 4.6 * t)
        return np.stack([sound * (1 + sway), sound * (1 - sway)]) * 0.75


@dataclass(frozen=True)
class Chip:
    """A channel of an early game console: pulse or stepped triangle, sixteen volume steps, fast arpeggio.

    Parameters
    ----------
    shape : str
        ``pulse12``, ``pulse25``, ``square`` or ``steps`` (a four-bit triangle).
    arpeggio : tuple of int [semitones]
        Cycled at `arpeggio_hz`; how one channel plays a chord.
    decay : float [s]
        Of the volume; `floor` in [0, 1] is where it stays.
    """

    shape: str = "square"
    arpeggio: tuple[int, ...] = ()
    arpeggio_hz: float = 50.0
    decay: float = 0.4
    floor: float = 0.35
    vibrato_cents: float = 0.0
    echo: bool = False

    def __call__(self, frequency_hz: float, seconds: float, velocity: float) -> np.ndarray:
        n = _length(seconds)
        t = np.arange(n) / SAMPLE_RATE_HZ
        pitch = np.full(n, frequency_hz)
        if self.arpeggio:
            pitch *= 2 ** (np.array(self.arpeggio)[(t * self.arpeggio_hz).astype(int) % len(self.arpeggio)] / 12)
        if self.vibrato_cents:
            pitch *= 2 ** (self.vibrato_cents * np.clip((t - 0.2) * 4, 0, 1) * np.sin(2 * np.pi * 6 * t) / 1200)
        if self.shape == "steps":
            sound = np.round(oscillator("triangle", pitch, n) * 7.5) / 7.5
            volume = np.ones(n)
        else:
            sound = oscillator(self.shape, pitch, n)
            volume = self.floor + (1 - self.floor) * np.exp(-t / self.decay)
            volume = np.ceil(volume * 15) / 15
        # Two milliseconds of ramp: the original clicks, a pleasant record does not.
        edge = min(n // 2, 88)
        volume[:edge] *= np.linspace(0, 1, edge)
        volume[-edge:] *= np.linspace(1, 0, edge)
        return sound * volume * velocity * 0.4
