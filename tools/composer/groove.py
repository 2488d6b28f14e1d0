"""Rhythm: drum grids, fills, bass lines and ways to play a chord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tools.composer.score import Harmony, Note
from tools.composer.theory import Key, nearest, voicing

# General MIDI drum keys.
KICK, RIM, SNARE, CLAP, SNARE2, LOW_TOM, CLOSED, MID_TOM, PEDAL, HIGH_TOM = (
    36,
    37,
    38,
    39,
    40,
    41,
    42,
    47,
    44,
    50,
)
OPEN, CRASH, RIDE, CHINA, RIDE_BELL, TAMBOURINE, COWBELL = 46, 49, 51, 52, 53, 54, 56
HIGH_BONGO, LOW_BONGO, MUTE_CONGA, OPEN_CONGA, LOW_CONGA = 60, 61, 62, 63, 64
HIGH_TIMBALE, LOW_TIMBALE, HIGH_AGOGO, CABASA = 65, 66, 67, 69
CLAVES, HIGH_BLOCK, LOW_BLOCK, OPEN_TRIANGLE, SHAKER = 75, 76, 77, 81, 82

_LEVELS = {"X": 1.0, "x": 0.78, "o": 0.5, "g": 0.28}


def grid(
    patterns: Mapping[int, str], start: float, n_bars: int = 1, step: float = 0.25, level: float = 0.85
) -> list[Note]:
    """Read drum tablature.

    Parameters
    ----------
    patterns : mapping of drum key -> str
        ``X`` accent, ``x`` hit, ``o`` soft, ``g`` ghost, ``.`` rest; spaces are ignored.
        A short pattern repeats over `n_bars` of the longest pattern's bar.
    start, step : float [beats]
    level : float in (0, 1]

    Returns
    -------
    list of Note
    """
    clean = {key: text.replace(" ", "") for key, text in patterns.items()}
    bar = max((len(text) for text in clean.values()), default=16)
    notes = []
    for key, text in clean.items():
        for i in range(bar * n_bars):
            mark = text[i % len(text)]
            if mark in _LEVELS:
                notes.append(Note(start + i * step, step * 0.9, key, level * _LEVELS[mark]))
    return sorted(notes, key=lambda n: n.start)


def fill(
    rng: np.random.Generator,
    start: float,
    beats: float = 2.0,
    keys: Sequence[int] = (SNARE, HIGH_TOM, MID_TOM, LOW_TOM),
) -> list[Note]:
    """A drum fill that travels down the kit and grows louder."""
    n = int(beats * 4)
    notes = []
    for i in range(n):
        if i % 2 and rng.random() < 0.35:
            continue
        key = keys[min(len(keys) - 1, i * len(keys) // n)]
        notes.append(Note(start + i * 0.25, 0.22, key, 0.5 + 0.4 * i / n))
    return notes


def beat(
    rng: np.random.Generator,
    main: Mapping[int, str],
    start_bar: int,
    n_bars: int,
    beats_per_bar: float = 4.0,
    step: float = 0.25,
    fill_every: int = 4,
    level: float = 0.85,
    crash: bool = True,
    variation: Mapping[int, str] | None = None,
) -> list[Note]:
    """A drum part: a pattern, its variation every second bar, fills before phrases, crashes after them."""
    notes: list[Note] = []
    for bar in range(n_bars):
        start = (start_bar + bar) * beats_per_bar
        played = grid(variation if variation and bar % 2 else main, start, 1, step, level)
        if fill_every and bar % fill_every == fill_every - 1:
            length = float(rng.choice([1.0, 2.0]))
            border = start + beats_per_bar - length
            played = [n for n in played if n.start < border or n.pitch == KICK]
            played += [replace(n, velocity=n.velocity * level) for n in fill(rng, border, length)]
        if crash and fill_every and bar % (2 * fill_every) == 0:
            played.append(Note(start, 1.0, CRASH, 0.7 * level))
        notes += played
    return notes


def chords(
    harmony: Harmony,
    low: int,
    high: int,
    n_voices: int,
    rhythm: Sequence[tuple[float, float]] | None = None,
    cycle: float = 4.0,
    velocity: float = 0.6,
) -> list[Note]:
    """Voice-led chords, held or in a rhythm.

    Parameters
    ----------
    rhythm : sequence of (onset, length) [beats], optional
        Repeats every `cycle` beats; without it every chord is held for its length.
    """
    notes: list[Note] = []
    previous: tuple[int, ...] = ()
    for start, length, chord in harmony.rows:
        previous = voicing(chord, previous, low, high, n_voices)
        strokes = [(start, length * 0.98)]
        if rhythm is not None:
            first = int(start // cycle)
            spans = [(c * cycle + o, n) for c in range(first, first + int(length // cycle) + 2) for o, n in rhythm]
            strokes = [(o, n) for o, n in spans if start - 1e-6 <= o < start + length - 1e-6]
        for onset, n_beats in strokes:
            accent = 1.0 if onset % 2 < 1e-6 else 0.88
            notes += [Note(onset, n_beats, p, velocity * accent) for p in previous]
    return notes


def strummed(notes: Sequence[Note], delay: float = 0.03, alternate: bool = False) -> list[Note]:
    """Spread chords upwards by `delay` [beats] a string; `alternate` strokes every second chord downwards."""
    groups: dict[float, list[Note]] = {}
    for note in notes:
        groups.setdefault(note.start, []).append(note)
    out = []
    for count, start in enumerate(sorted(groups)):
        strings = sorted(groups[start], key=lambda n: n.pitch, reverse=alternate and count % 2 == 1)
        out += [replace(n, start=n.start + i * delay) for i, n in enumerate(strings)]
    return out


def arpeggio(
    harmony: Harmony,
    low: int,
    high: int,
    n_voices: int,
    order: Sequence[int],
    step: float = 0.5,
    velocity: float = 0.6,
    length: float | None = None,
    accent_every: int = 4,
) -> list[Note]:
    """Broken chords; `order` indexes the voicing, goes on an octave higher beyond it, negative rests."""
    notes: list[Note] = []
    previous: tuple[int, ...] = ()
    for start, n_beats, chord in harmony.rows:
        previous = voicing(chord, previous, low, high, n_voices)
        for i in range(int(round(n_beats / step))):
            position = int(round((start + i * step) / step))
            index = order[position % len(order)]
            if index < 0:
                continue
            octave, voice = divmod(index, n_voices)
            accent = 1.0 if position % accent_every == 0 else 0.8
            notes.append(
                Note(start + i * step, length or step * 0.95, previous[voice] + 12 * octave, velocity * accent)
            )
    return notes


def bass(
    harmony: Harmony,
    octave: int,
    rhythm: Sequence[tuple[float, float, int]],
    cycle: float = 4.0,
    velocity: float = 0.75,
    low: int = 28,
) -> list[Note]:
    """A bass figure that follows the roots.

    Parameters
    ----------
    rhythm : sequence of (onset, length, interval)
        Beats, beats, semitones above the root; repeats every `cycle` beats.
    low : int [MIDI]
        Roots below go up an octave.
    """
    notes = []
    end = harmony.rows[-1][0] + harmony.rows[-1][1]
    first = int(harmony.rows[0][0] // cycle)
    for number in range(first, int(np.ceil(end / cycle))):
        for onset, length, interval in rhythm:
            at = number * cycle + onset
            if at >= end - 1e-6 or at < harmony.rows[0][0] - 1e-6:
                continue
            chord = harmony.at(at)
            root = 12 * (octave + 1) + chord.root
            root = root + 12 if root < low else root
            if interval == 7 and (chord.root + 7) % 12 not in chord.pitch_classes and 6 in chord.intervals:
                interval = 6  # a diminished chord has no perfect fifth
            accent = 1.0 if onset % 2 < 1e-6 else 0.85
            notes.append(Note(at, length, root + interval, velocity * accent))
    return notes


def walking_bass(
    rng: np.random.Generator,
    key: Key,
    harmony: Harmony,
    low: int = 33,
    high: int = 55,
    velocity: float = 0.75,
) -> list[Note]:
    """One note a beat: root on the change, chord and scale tones between, a half step into the next root."""
    notes: list[Note] = []
    here = nearest((low + high) / 2, (harmony.rows[0][2].root,))
    for i, (start, length, chord) in enumerate(harmony.rows):
        following = harmony.rows[(i + 1) % len(harmony.rows)][2]
        here = nearest(here, (chord.root,))
        here += 12 if here < low else -12 if here > high else 0
        target = nearest(here + int(rng.choice([-4, 3, 5])), (following.root,))
        target += 12 if target < low else -12 if target > high else 0
        n_beats = int(round(length))
        for k in range(n_beats):
            pitch = here
            if k == n_beats - 1 and n_beats > 1:
                pitch = target + int(rng.choice([-1, 1]))
            elif k:
                line = here + (target - here) * k / n_beats + rng.uniform(-2.5, 2.5)
                pool = chord.pitch_classes if k % 2 == 0 else key.scale_over(chord)
                pitch = nearest(line, pool)
                if pitch == notes[-1].pitch:
                    pitch = nearest(line + 3, chord.pitch_classes)
            notes.append(Note(start + k, 0.92, pitch, velocity * (1.0 if k % 2 == 0 else 0.9)))
            if rng.random() < 0.1:
                notes.append(Note(start + k + 0.5, 0.3, pitch, velocity * 0.55))
        here = target
    return notes


def humanised(rng: np.random.Generator, notes: Sequence[Note], velocity: float = 0.07) -> list[Note]:
    """Uneven touch: velocities vary by a share of themselves. Timing is loosened by the mixer."""
    return [
        replace(n, velocity=float(np.clip(n.velocity * (1 + velocity * rng.standard_normal()), 0.05, 1.0)))
        for n in notes
    ]
