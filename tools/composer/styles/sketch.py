"""What every style begins with: key, tempo, number of bars, and choices that differ from seed to seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tools.composer.score import Harmony, Note
from tools.composer.theory import Chord, Key, voicing

T = TypeVar("T")
MUSIC_SECONDS = 20.8
"""Wanted length of the bars; the last chord rings after them."""


@dataclass(frozen=True)
class Sketch:
    """The frame of one piece.

    Parameters
    ----------
    rng : np.random.Generator
    variant : int >= 0
        Consecutive seeds have consecutive variants, so eight seeds go through all options of `pick`.
    key : Key
    tempo_bpm : float
    n_bars : int
    beats_per_bar : float
    """

    rng: np.random.Generator
    variant: int
    key: Key
    tempo_bpm: float
    n_bars: int
    beats_per_bar: float = 4.0

    @property
    def beats(self) -> float:
        """Length of all bars [beats]."""
        return self.n_bars * self.beats_per_bar

    def pick(self, options: Sequence[T], shift: int = 0) -> T:
        """Option of this variant: consecutive seeds go through all of them."""
        return options[(self.variant + shift) % len(options)]

    def draw(self, options: Sequence[T]) -> T:
        """Random option."""
        return options[int(self.rng.integers(len(options)))]

    def seconds(self, beats: float) -> float:
        """Length of so many beats [s]."""
        return beats * 60.0 / self.tempo_bpm

    def harmony(self, first: str, second: str | None = None, ending: Sequence[str] = ()) -> Harmony:
        """Phrases `first` first `second` first over all bars, the last chords replaced by `ending`.

        Parameters
        ----------
        first, second : str
            Roman numerals, bars by ``|``.
        ending : sequence of str
            Numerals for the last rows.
        """
        other = second or first
        text = " | ".join([first, first, other, first] if self.n_bars > 10 else [first, other, first])
        made = Harmony.read(self.key, text, self.n_bars, self.beats_per_bar)
        return made.with_ending(self.key, *ending) if ending else made

    def ending(
        self,
        low: int,
        high: int,
        n_voices: int = 4,
        numeral: str = "",
        length: float = 4.0,
        velocity: float = 0.6,
    ) -> list[Note]:
        """The closing chord, right after the last bar; `numeral` defaults to the tonic triad."""
        chord = self.tonic(numeral)
        return [Note(self.beats, length, p, velocity) for p in voicing(chord, (), low, high, n_voices)]

    def tonic(self, numeral: str = "") -> Chord:
        """Chord of `numeral`, or the tonic triad."""
        return self.key.chord(numeral or ("i" if self.key.is_minor else "I"))

    def root(self, octave: int, length: float = 4.0, velocity: float = 0.7) -> Note:
        """The closing bass note."""
        return Note(self.beats, length, 12 * (octave + 1) + self.key.tonic, velocity)


def sketch(
    rng: np.random.Generator,
    seed: int,
    modes: Sequence[str],
    tempos: tuple[float, float],
    beats_per_bar: float = 4.0,
    multiple: int = 2,
    offset: int = 0,
) -> Sketch:
    """Choose key, tempo and length for a seed.

    Parameters
    ----------
    modes : sequence of str
        Consecutive seeds go through them.
    tempos : (float, float) [beats a minute]
        Range; bent a little so that a whole number of bars fills `MUSIC_SECONDS`.
    multiple : int
        The number of bars is a multiple of it.
    offset : int
        Moves the keys, so that styles do not all begin in the same one.
    """
    low, high = tempos
    tempo = low + (high - low) * ((seed * 3 + 1) % 8 + rng.random()) / 8
    bar = beats_per_bar * 60 / tempo
    n_bars = max(multiple, multiple * round(MUSIC_SECONDS / bar / multiple))
    if not 19.4 <= n_bars * bar <= 23.4:
        tempo = n_bars * beats_per_bar * 60 / float(np.clip(n_bars * bar, 19.4, 23.4))
    key = Key((seed * 5 + offset) % 12, modes[seed % len(modes)])
    return Sketch(rng, seed, key, round(tempo, 1), n_bars, beats_per_bar)
