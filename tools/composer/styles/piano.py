"""Solo piano: nocturne, waltz, patterns, hymn, stride, prelude, ballad, water music."""

from __future__ import annotations

import numpy as np

from tools.composer.effects import narrowed
from tools.composer.groove import arpeggio, bass, chords, humanised
from tools.composer.melody import Rhythm, Singer, final_note
from tools.composer.score import Harmony, Note, Part, Program, Score, shaped
from tools.composer.styles.sketch import Sketch, sketch

_CALM: list[Rhythm] = [
    [(0, 1.5), (1.5, 0.5), (2, 2)],
    [(0, 1), (1, 1), (2, 1.5), (3.5, 0.5)],
    [(0, 3), (3, 1)],
]
_LIVELY: list[Rhythm] = [
    [(0, 0.5), (0.5, 0.5), (1, 1), (2, 0.5), (2.5, 0.5), (3, 1)],
    [(0.5, 0.5), (1, 0.5), (1.5, 1), (2.5, 0.5), (3, 1)],
]
_WALTZ: list[Rhythm] = [[(0, 2), (2, 1)], [(0, 1), (1, 1), (2, 1)], [(0, 1.5), (1.5, 0.5), (2, 1)]]
_MAJOR = [
    ("I | vi | IV | V7", "ii7 | V7 | iii7 | vi"),
    ("Imaj7 | IVmaj7 | ii7 | V7", "vi7 | V7/V | ii7 | V7"),
    ("I | V/vi | vi | IV", "ii | iv | I | V7"),
]
_MINOR = [
    ("i | VI | III | V7", "iv | VII | III | V7"),
    ("i | iv | VII7 | IIImaj7", "VI | iv | iim7b5 | V7"),
    ("i | v | VI | iv", "III | VII | iv | V7"),
]

_CHARACTERS = ("nocturne", "waltz", "patterns", "hymn", "stride", "prelude", "ballad", "water")
_TEMPOS = {
    "nocturne": (60, 76),
    "waltz": (132, 168),
    "patterns": (100, 132),
    "hymn": (66, 84),
    "stride": (150, 190),
    "prelude": (72, 96),
    "ballad": (68, 88),
    "water": (60, 80),
}


def solo_piano(rng: np.random.Generator, seed: int) -> Score:
    """One pianist."""
    character = _CHARACTERS[seed % 8]
    modes = {
        "stride": ["major"],
        "water": ["lydian", "major"],
        "patterns": ["minor", "dorian"],
        "hymn": ["major"],
    }
    waltz = character == "waltz"
    s = sketch(
        rng,
        seed,
        modes.get(character, ["minor", "minor", "major"]),
        _TEMPOS[character],
        3.0 if waltz else 4.0,
        offset=2,
    )
    first, second = s.draw(_MINOR if s.key.is_minor else _MAJOR)
    if character == "water":
        first, second = (
            "Imaj9 | II | Imaj9 | vii7" if s.key.mode == "lydian" else "Imaj9 | vi9 | IVmaj9 | Vadd9",
            "vi9 | iii7 | IVmaj7 | V7sus4",
        )
    h = s.harmony(first, second, ("V7",))
    left, right = _hands(character, s, h)
    notes = humanised(rng, left + right, 0.06)
    arch = [(0, 0.75), (s.beats * 0.6, 1.1), (s.beats * 0.85, 0.9), (s.beats, 0.7), (s.beats + 8, 0.6)]
    rubato = 0.0 if character in ("stride", "patterns") else 0.05
    part = Part(
        "piano",
        Program(
            s.pick([0, 0, 1, 0, 3 if seed % 3 == 0 else 1, 0, 0, 0]),
            reverb=s.pick([50, 40, 45, 70, 20, 45, 60, 90]),
        ),
        shaped(notes, arch),
    )
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        [part],
        s.beats_per_bar,
        swing=0.6 if character == "stride" else 0.5,
        rubato=rubato,
        tail_seconds=2.6,
        timing_ms=9,
        master=[narrowed(0.6)],
    )


def _hands(character: str, s: Sketch, h: Harmony) -> tuple[list[Note], list[Note]]:
    """Left and right hand of a character."""
    close = [s.root(2, 6, 0.5), *s.ending(52, 72, 4, length=6, velocity=0.5)]
    sing = Singer(64, 86, _CALM, "abacabdc", leap=0.3, velocity=0.74)
    if character == "nocturne":
        left = arpeggio(h, 41, 62, 4, (0, 2, 3, 5, 4, 3, 2, 3), 0.5, 0.42, 0.9) + bass(
            h, 2, [(0, 3.8, 0)], velocity=0.5, low=31
        )
        right = sing.sing(s.rng, s.key, h, s.n_bars)
    elif character == "waltz":
        left = bass(h, 2, [(0, 1, 0)], 3.0, 0.6, 33) + chords(h, 52, 66, 3, [(1, 0.6), (2, 0.5)], 3.0, 0.42)
        right = Singer(66, 88, _WALTZ, "abacabad", 0.3, velocity=0.72).sing(s.rng, s.key, h, s.n_bars, 3.0)
    elif character == "patterns":
        left = bass(h, 2, [(0, 2, 0), (2, 2, 7)], velocity=0.5, low=31) + arpeggio(
            h, 50, 64, 3, (0, 1, 2, 1), 0.5, 0.45
        )
        right = arpeggio(
            h,
            62,
            77,
            3,
            s.draw([(0, 2, 1, 2, 4, 2), (0, 1, 2, 3, 2, 1), (2, 1, 0, 1, 3, 1)]),
            0.25,
            0.5,
            accent_every=6,
        )
        top = Singer(76, 91, [[(0, 2), (2, 2)], [(0, 3), (3, 1)]], "-a-b", velocity=0.7)
        right += top.sing(s.rng, s.key, h, s.n_bars)
    elif character == "hymn":
        left = bass(h, 2, [(0, 1.95, 0), (2, 1.95, 7)], velocity=0.55, low=33)
        right = chords(h, 50, 66, 3, [(0, 1.95), (2, 1.95)], velocity=0.5)
        right += Singer(
            65,
            81,
            [[(0, 1), (1, 1), (2, 1), (3, 1)], [(0, 1), (1, 0.5), (1.5, 0.5), (2, 2)]],
            "aabc",
            0.15,
            velocity=0.75,
        ).sing(s.rng, s.key, h, s.n_bars)
    elif character == "stride":
        left = bass(h, 2, [(0, 0.7, 0), (2, 0.7, 7)], velocity=0.66, low=31) + chords(
            h, 53, 67, 4, [(1, 0.5), (3, 0.5)], velocity=0.5
        )
        right = Singer(67, 89, _LIVELY, "abacabad", 0.4, velocity=0.8).sing(s.rng, s.key, h, s.n_bars)
        right += [n.moved(0, -12) for n in right if n.start % 4 < 2]
    elif character == "prelude":
        left = bass(h, 2, [(0, 1.9, 0), (2, 1.9, 0)], velocity=0.5, low=33)
        right = arpeggio(
            h,
            52,
            76,
            5,
            s.draw([(0, 1, 2, 3, 4, 2, 3, 4), (0, 2, 1, 3, 2, 4, 3, 4), (4, 3, 2, 1, 0, 1, 2, 3)]),
            0.25,
            0.55,
            0.4,
            8,
        )
    elif character == "ballad":
        left = bass(h, 2, [(0, 1.4, 0), (1.5, 0.5, 7), (2, 1.9, 12)], velocity=0.52, low=31)
        right = chords(h, 55, 70, 4, [(0, 0.9), (1, 0.9), (2, 0.9), (3, 0.9)], velocity=0.38)
        right += Singer(67, 84, _CALM, "-abcabdc", 0.35, velocity=0.76).sing(s.rng, s.key, h, s.n_bars)
    else:
        left = bass(h, 2, [(0, 4, 0), (1, 3, 7)], velocity=0.45, low=31) + arpeggio(
            h, 52, 74, 5, (0, 1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 5, 4, 3, 2, 1), 0.25, 0.4, 0.8, 8
        )
        right = Singer(74, 93, [[(0, 3), (3, 1)], [(1, 1), (2, 2)]], "-ab-", 0.4, velocity=0.68).sing(
            s.rng, s.key, h, s.n_bars
        )
    if character in ("nocturne", "waltz", "hymn", "ballad"):
        right.append(final_note(right, s.key, s.beats, 6))
    return left, right + close
