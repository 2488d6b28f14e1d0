"""The sheet a style writes and the mixer reads: notes in beats, parts, harmony, effects per bus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tools.composer.theory import Chord, Key

Samples = np.ndarray
"""float32 or float64 [2, n], in [-1, 1] once mastered."""

Effect = Callable[[Samples], Samples]
"""Takes and gives back stereo samples of the same length."""


@dataclass(frozen=True)
class Note:
    """One sound event.

    Parameters
    ----------
    start, length : float [beats]
    pitch : int [MIDI]
        For drum kits the General MIDI drum key.
    velocity : float in (0, 1]
    """

    start: float
    length: float
    pitch: int
    velocity: float = 0.7

    def moved(self, beats: float = 0.0, semitones: int = 0) -> Note:
        """The same note later (in beats) or higher (in semitones)."""
        return replace(self, start=self.start + beats, pitch=self.pitch + semitones)


@dataclass(frozen=True)
class Program:
    """A General MIDI instrument played from the sound font.

    Parameters
    ----------
    number : int in [0, 127]
        Zero-based program; for `is_drums` the kit (0 standard, 8 room, 16 power, 32 jazz, 40 brush).
    reverb, chorus : int in [0, 127]
        Send levels.
    """

    number: int
    is_drums: bool = False
    reverb: int = 40
    chorus: int = 0


Voice = Callable[[float, float, float], np.ndarray]
"""Synthesised voice: (frequency in Hz, length in seconds, velocity) -> mono [n] or stereo [2, n]."""

Kit = dict[int, np.ndarray]
"""Synthesised drum kit: General MIDI drum key -> mono hit [n]."""


@dataclass
class Part:
    """One player: an instrument and its notes.

    Parameters
    ----------
    gain_db : float [dB]
    pan : float in [-1, 1]
        Left to right.
    bus : str
        Parts of one bus share its effects.
    """

    name: str
    instrument: Program | Voice | Kit
    notes: list[Note]
    gain_db: float = 0.0
    pan: float = 0.0
    bus: str = "main"


@dataclass
class Score:
    """A whole piece before it sounds.

    Parameters
    ----------
    tempo_bpm : float
        Beats a minute.
    beats : float
        Length of the music; the last chord may ring beyond it.
    swing : float in [0.5, 0.75]
        Where the off-beat of a `swing_unit` pair falls; 0.5 is straight.
    rubato : float in [0, 0.1]
        How far the tempo breathes within four bars.
    tail_seconds : float
        Sound kept after the last beat.
    fade_out_seconds : float
    is_tonal : bool
        False where nobody plays a pitch, so that the key means nothing.
    buses : dict of str -> list of Effect
        Effect chain per bus.
    master : list of Effect
        Chain over the mix, before loudness.
    """

    key: Key
    tempo_bpm: float
    beats: float
    parts: list[Part]
    beats_per_bar: float = 4.0
    swing: float = 0.5
    swing_unit: float = 0.5
    rubato: float = 0.0
    tail_seconds: float = 2.2
    fade_out_seconds: float = 1.2
    timing_ms: float = 6.0
    is_tonal: bool = True
    buses: dict[str, list[Effect]] = field(default_factory=dict)
    master: list[Effect] = field(default_factory=list)

    def seconds_at(self, beat: float) -> float:
        """Clock time [s] of a position [beats], swing and rubato applied."""
        pair = 2 * self.swing_unit
        whole, part = divmod(beat, pair)
        x = part / pair
        x = x * 2 * self.swing if x < 0.5 else self.swing + (x - 0.5) * 2 * (1 - self.swing)
        swung = (whole + x) * pair
        phrase = 4 * self.beats_per_bar
        # A phrase leans forward in its middle and waits at its end; whole phrases stay in time.
        breath = -self.rubato * phrase / (2 * np.pi) * (1 - np.cos(2 * np.pi * (swung % phrase) / phrase)) / 2
        return float((swung + breath) * 60.0 / self.tempo_bpm)

    @property
    def seconds(self) -> float:
        """Length of the finished audio [s]."""
        return float(np.clip(self.beats * 60.0 / self.tempo_bpm + self.tail_seconds, 22.1, 27.5))


@dataclass(frozen=True)
class Harmony:
    """Chords on a time line: rows of (start in beats, length in beats, chord)."""

    rows: tuple[tuple[float, float, Chord], ...]

    @classmethod
    def read(cls, key: Key, text: str, n_bars: int, beats_per_bar: float = 4.0) -> Harmony:
        """Read ``"ii7 V7 | Imaj7"`` (bars by ``|``, chords share their bar evenly), repeated to `n_bars`."""
        bars = [bar.split() for bar in text.split("|")]
        rows = []
        for number in range(n_bars):
            bar = bars[number % len(bars)]
            length = beats_per_bar / len(bar)
            rows += [(number * beats_per_bar + i * length, length, key.chord(n)) for i, n in enumerate(bar)]
        return cls(tuple(rows))

    def at(self, beat: float) -> Chord:
        """Chord sounding at a position [beats]; the last one holds beyond the end."""
        chord = self.rows[0][2]
        for start, _, candidate in self.rows:
            if start > beat + 1e-6:
                break
            chord = candidate
        return chord

    def with_ending(self, key: Key, *numerals: str) -> Harmony:
        """Replace the last chords by `numerals`, a cadence."""
        chords = [key.chord(n) for n in numerals]
        kept = self.rows[: -len(chords)]
        last = [(s, n, c) for (s, n, _), c in zip(self.rows[-len(chords) :], chords, strict=True)]
        return Harmony(kept + tuple(last))

    def window(self, start: float, end: float) -> Harmony:
        """The rows that begin in [start, end) [beats], times unchanged."""
        return Harmony(tuple(row for row in self.rows if start - 1e-6 <= row[0] < end - 1e-6))


def within(notes: Iterable[Note], start: float, end: float) -> list[Note]:
    """Notes that begin in [start, end) [beats]."""
    return [n for n in notes if start - 1e-6 <= n.start < end - 1e-6]


def shaped(notes: Sequence[Note], points: Sequence[tuple[float, float]]) -> list[Note]:
    """Scale velocities along a dynamics line of (beat, factor) points."""
    beats, factors = zip(*points, strict=True)
    return [
        replace(n, velocity=float(np.clip(n.velocity * np.interp(n.start, beats, factors), 0.03, 1.0))) for n in notes
    ]
