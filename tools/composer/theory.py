"""Scales, chords and voice leading: the part of music that can be looked up.

Pitches are MIDI numbers (60 = middle C), pitch classes are 0-11 with 0 = C, intervals are semitones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from synesthete.errors import SynestheteError

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "5": (0, 7),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "mmaj7": (0, 3, 7, 11),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "7sus4": (0, 5, 7, 10),
    "7b9": (0, 4, 7, 10, 13),
    "7#9": (0, 4, 7, 10, 15),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "6/9": (0, 4, 7, 9, 14),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "m11": (0, 3, 7, 10, 14, 17),
    "13": (0, 4, 7, 10, 14, 21),
    "maj7#11": (0, 4, 7, 11, 18),
}

_NUMERALS = {"i": 0, "ii": 1, "iii": 2, "iv": 3, "v": 4, "vi": 5, "vii": 6}
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class Chord:
    """A root and the intervals above it.

    Parameters
    ----------
    root : int in [0, 11]
        Pitch class of the root.
    intervals : tuple of int [semitones]
        Distances above the root, the root's 0 included.
    """

    root: int
    intervals: tuple[int, ...]

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes from the root upwards."""
        return tuple((self.root + i) % 12 for i in self.intervals)

    @classmethod
    def parse(cls, symbol: str) -> Chord:
        """Read a lead-sheet symbol such as ``Dm7`` or ``F#maj9``.

        Raises
        ------
        SynestheteError
            If the letter or the quality is unknown.
        """
        found = re.fullmatch(r"([A-G])([#b]?)(.*)", symbol)
        if not found or found[3] not in QUALITIES:
            raise SynestheteError(f"chord symbol {symbol!r} is not known; write for example 'Dm7' or 'F#maj9'")
        shift = {"#": 1, "b": -1, "": 0}[found[2]]
        return cls((_LETTERS[found[1]] + shift) % 12, QUALITIES[found[3]])


@dataclass(frozen=True)
class Key:
    """A tonic and a mode.

    Parameters
    ----------
    tonic : int in [0, 11]
        Pitch class of the first degree.
    mode : str
        A key of `MODES`.
    """

    tonic: int
    mode: str

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise SynestheteError(f"mode {self.mode!r} is not known; choose one of {', '.join(MODES)}")

    @property
    def name(self) -> str:
        """For example ``D dorian``."""
        return f"{NOTE_NAMES[self.tonic]} {self.mode}"

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes of the scale, from the tonic upwards."""
        return tuple((self.tonic + i) % 12 for i in MODES[self.mode])

    @property
    def is_minor(self) -> bool:
        """Whether the third above the tonic is minor."""
        return 3 in MODES[self.mode]

    def pitch(self, degree: int, octave: int = 4) -> int:
        """MIDI pitch of a scale degree (0 = tonic); degrees beyond the scale go on into other octaves."""
        scale = MODES[self.mode]
        turns, step = divmod(degree, len(scale))
        return 12 * (octave + 1 + turns) + self.tonic + scale[step]

    def chord(self, numeral: str) -> Chord:
        """Chord of a roman numeral: case gives major or minor, the mode's own scale gives the root.

        ``V7/ii`` is the dominant of ``ii``; ``bII`` lowers the root by a semitone.

        Raises
        ------
        SynestheteError
            If the numeral cannot be read.
        """
        if "/" in numeral and not numeral.endswith("6/9"):
            upper, target = numeral.split("/")
            return Key(self.chord(target).root, "major").chord(upper)
        found = re.fullmatch(r"([b#]?)([ivIV]+)(.*)", numeral)
        if not found or found[2].lower() not in _NUMERALS:
            raise SynestheteError(f"numeral {numeral!r} is not known; write for example 'ii7', 'V7/vi' or 'bVII'")
        scale = MODES[self.mode] if len(MODES[self.mode]) == 7 else MODES["minor" if self.is_minor else "major"]
        root = self.tonic + scale[_NUMERALS[found[2].lower()]] + {"#": 1, "b": -1, "": 0}[found[1]]
        suffix = found[3]
        if found[2].islower() and not suffix.startswith(("m", "dim", "sus")):
            suffix = "m" + suffix
        if suffix not in QUALITIES:
            raise SynestheteError(f"numeral {numeral!r} has the unknown quality {suffix!r}")
        return Chord(root % 12, QUALITIES[suffix])

    def scale_over(self, chord: Chord) -> tuple[int, ...]:
        """Pitch classes that sound well over a chord: the key's, bent where the chord leaves the key."""
        foreign = [pc for pc in chord.pitch_classes if pc not in self.pitch_classes]
        kept = [
            pc
            for pc in self.pitch_classes
            if pc in chord.pitch_classes or all((pc - other) % 12 not in (1, 11) for other in foreign)
        ]
        return tuple(sorted(set(kept) | set(foreign)))


def nearest(pitch: float, pitch_classes: Sequence[int]) -> int:
    """The pitch nearest to `pitch` [MIDI] whose class is among `pitch_classes`; ties go down."""
    around = range(int(pitch) - 7, int(pitch) + 9)
    return min((p for p in around if p % 12 in pitch_classes), key=lambda p: (abs(p - pitch), p))


@lru_cache(maxsize=4096)
def voicing(chord: Chord, previous: tuple[int, ...], low: int, high: int, n_voices: int) -> tuple[int, ...]:
    """Place a chord's tones so that every voice moves as little as it can.

    Parameters
    ----------
    chord : Chord
    previous : tuple of int [MIDI], rising, may be empty
        Voicing before this one; empty starts around the middle of the range.
    low, high : int [MIDI]
        Range, both ends included.
    n_voices : int in [1, 5]
        With fewer voices than tones the fifth goes first, then the root (the bass has it).

    Returns
    -------
    tuple of int [MIDI], rising, length `n_voices`
    """
    tones = _tones_for(chord, n_voices)
    places = [[p for p in range(low, high + 1) if p % 12 == pc] for pc in tones]
    middle = (low + high) / 2

    def cost(pitches: tuple[int, ...]) -> float:
        total = 0.15 * abs(sum(pitches) / len(pitches) - middle) + 0.02 * (pitches[-1] - pitches[0])
        gaps = [b - a for a, b in pairwise(pitches)]
        total += sum(6.0 for g in gaps if g == 0) + sum(1.0 for g in gaps if g == 1)
        total += sum(0.25 * (g - 9) for g in gaps if g > 9)
        # Close intervals low down turn to mud.
        total += sum(1.5 for p, g in zip(pitches, gaps, strict=False) if p < 52 and g < 4)
        if len(previous) == len(pitches):
            total += sum(abs(a - b) for a, b in zip(previous, pitches, strict=True))
        return total

    return min((tuple(sorted(c)) for c in product(*places)), key=lambda c: (cost(c), c))


def _tones_for(chord: Chord, n_voices: int) -> list[int]:
    tones = list(dict.fromkeys(chord.pitch_classes))
    fifth = (chord.root + 7) % 12
    for spare in (fifth, chord.root):
        if len(tones) > n_voices and spare in tones and len(tones) > 2:
            tones.remove(spare)
    while len(tones) > n_voices:
        tones.pop(0 if n_voices < 3 else -1)
    doubles = [chord.root, fifth if fifth in chord.pitch_classes else chord.root, chord.root]
    return tones + doubles[: n_voices - len(tones)]
