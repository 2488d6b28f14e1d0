"""Melodies out of motifs: a small figure is stated, repeated, varied and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.composer.score import Harmony, Note
from tools.composer.theory import Key, nearest

Rhythm = Sequence[tuple[float, float]]
"""(onset, length) pairs of one bar [beats]."""


@dataclass(frozen=True)
class Motif:
    """A rhythm and a contour.

    Parameters
    ----------
    rhythm : sequence of (onset, length) [beats]
    steps : tuple of int [scale steps]
        Height of every note above the first.
    """

    rhythm: tuple[tuple[float, float], ...]
    steps: tuple[int, ...]


def invent(rng: np.random.Generator, rhythm: Rhythm, leap: float = 0.25) -> Motif:
    """Draw a contour for a rhythm: mostly steps, now and then a leap that turns back.

    Parameters
    ----------
    leap : float in [0, 1]
        Chance of a leap of two to four steps instead of one.
    """
    steps, direction, height = [0], int(rng.choice([-1, 1])), 0
    for _ in rhythm[1:]:
        size = int(rng.integers(2, 5)) if rng.random() < leap else int(rng.choice([1, 1, 1, 0]))
        height += direction * size
        if size > 1 or abs(height) > 4 or rng.random() < 0.35:
            direction = -direction
        steps.append(height)
    return Motif(tuple(rhythm), tuple(steps))


def vary(rng: np.random.Generator, motif: Motif) -> Motif:
    """A relative of a motif: tail bent, turned upside down, a note left out or one split in two."""
    steps, rhythm = list(motif.steps), list(motif.rhythm)
    kind = rng.choice(["tail", "tail", "mirror", "rest", "split"])
    if kind == "mirror":
        steps = [-s for s in steps]
    elif kind == "rest" and len(steps) > 3:
        drop = int(rng.integers(1, len(steps) - 1))
        del steps[drop], rhythm[drop]
    elif kind == "split":
        longest = int(np.argmax([length for _, length in rhythm]))
        onset, length = rhythm[longest]
        if length >= 1.0:
            rhythm[longest : longest + 1] = [(onset, length / 2), (onset + length / 2, length / 2)]
            steps.insert(longest + 1, steps[longest] + int(rng.choice([-1, 1])))
    else:
        steps[-1] += int(rng.choice([-2, -1, 1, 2]))
    return Motif(tuple(rhythm), tuple(steps))


@dataclass(frozen=True)
class Singer:
    """How a melody is laid over harmony.

    Parameters
    ----------
    low, high : int [MIDI]
        Range.
    rhythms : sequence of Rhythm
        Bars to choose motif rhythms from.
    form : str
        One letter a bar, for example ``"abac"``; a letter that returns may be varied, ``-`` is a silent bar.
    leap, variation : float in [0, 1]
        Chance of leaps, and of varying a returning motif.
    velocity : float in (0, 1]
    """

    low: int
    high: int
    rhythms: Sequence[Rhythm]
    form: str = "abac"
    leap: float = 0.25
    variation: float = 0.4
    velocity: float = 0.75

    def sing(
        self,
        rng: np.random.Generator,
        key: Key,
        harmony: Harmony,
        n_bars: int,
        beats_per_bar: float = 4.0,
        start: float = 0.0,
    ) -> list[Note]:
        """Write a melody over the bars from `start` [beats] on.

        Returns
        -------
        list of Note
            Rising in time; strong and long notes are chord tones, each fourth bar comes to rest.
        """
        motifs = {
            letter: invent(rng, self._rhythm(rng), self.leap) for letter in sorted(set(self.form)) if letter != "-"
        }
        seen: set[str] = set()
        notes: list[Note] = []
        anchor = float(rng.uniform(0.35, 0.6))
        for bar in range(n_bars):
            letter = self.form[bar % len(self.form)]
            if letter == "-":
                continue
            motif = motifs[letter]
            if letter in seen and rng.random() < self.variation:
                motif = vary(rng, motif)
            seen.add(letter)
            # The phrase rises to its third bar and comes back: an arch every four bars.
            arch = np.sin(np.pi * ((bar % 4) + 0.5) / 4)
            target = self.low + (self.high - self.low) * (anchor + 0.28 * (arch - 0.6))
            is_rest = bar % 4 == 3 or bar == n_bars - 1
            notes += self._bar(key, harmony, motif, start + bar * beats_per_bar, target, notes, is_rest, beats_per_bar)
        return notes

    def _rhythm(self, rng: np.random.Generator) -> Rhythm:
        return self.rhythms[int(rng.integers(len(self.rhythms)))]

    def _bar(
        self,
        key: Key,
        harmony: Harmony,
        motif: Motif,
        start: float,
        target: float,
        before: list[Note],
        is_rest: bool,
        beats_per_bar: float,
    ) -> list[Note]:
        rhythm, steps = list(motif.rhythm), list(motif.steps)
        if is_rest and len(rhythm) > 2:
            # A cadence: fewer notes, the last one held.
            keep = max(2, (len(rhythm) + 1) // 2)
            rhythm, steps = rhythm[:keep], steps[:keep]
            rhythm[-1] = (rhythm[-1][0], max(rhythm[-1][1], (beats_per_bar - rhythm[-1][0]) * 0.85))
        if before:
            target = 0.5 * target + 0.5 * before[-1].pitch
        first = nearest(target, harmony.at(start + rhythm[0][0]).pitch_classes)
        ladder = [p for p in range(first - 30, first + 31) if p % 12 in key.pitch_classes]
        base = int(np.argmin([abs(p - first) for p in ladder]))
        out: list[Note] = []
        for i, ((onset, length), step) in enumerate(zip(rhythm, steps, strict=True)):
            chord = harmony.at(start + onset)
            pitch = ladder[int(np.clip(base + step, 0, len(ladder) - 1))]
            is_strong = abs(onset % (beats_per_bar / 2)) < 1e-6 or length >= 1.0 or i == len(rhythm) - 1
            pitch = nearest(pitch, chord.pitch_classes if is_strong else key.scale_over(chord))
            pitch = self._folded(pitch, out[-1].pitch if out else (before[-1].pitch if before else pitch))
            accent = 1.0 if onset % 1 < 1e-6 else 0.86
            out.append(Note(start + onset, length * 0.95, pitch, self.velocity * accent))
        return out

    def _folded(self, pitch: int, previous: int) -> int:
        if pitch - previous > 9 and pitch - 12 >= self.low:
            pitch -= 12
        elif previous - pitch > 9 and pitch + 12 <= self.high:
            pitch += 12
        while pitch > self.high:
            pitch -= 12
        while pitch < self.low:
            pitch += 12
        return pitch


def harmonised(notes: Sequence[Note], key: Key, steps: int = -2) -> list[Note]:
    """A second voice `steps` scale steps away (-2 is a third below)."""
    out = []
    for note in notes:
        ladder = [p for p in range(note.pitch - 20, note.pitch + 21) if p % 12 in key.pitch_classes]
        here = int(np.argmin([abs(p - note.pitch) for p in ladder]))
        out.append(replace(note, pitch=ladder[here + steps], velocity=note.velocity * 0.85))
    return out


def final_note(notes: Sequence[Note], key: Key, beat: float, length: float = 4.0) -> Note:
    """A closing tonic near the end of a melody."""
    last = notes[-1] if notes else Note(beat, length, 67, 0.6)
    return Note(beat, length, nearest(last.pitch, (key.tonic,)), last.velocity)
