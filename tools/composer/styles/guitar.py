"""Fingerpicked guitar: thumb, fingers, sometimes a second voice."""

from __future__ import annotations

import numpy as np

from tools.composer.groove import arpeggio, bass, chords, humanised, strummed
from tools.composer.melody import Rhythm, Singer, final_note
from tools.composer.score import Harmony, Note, Part, Program, Score, shaped
from tools.composer.styles.sketch import Sketch, sketch

_EASY: list[Rhythm] = [
    [(0, 1), (1, 0.5), (1.5, 0.5), (2, 2)],
    [(0.5, 0.5), (1, 1), (2, 1), (3, 1)],
    [(0, 1.5), (1.5, 0.5), (2, 1), (3, 0.5), (3.5, 0.5)],
]


def fingerpicked_guitar(rng: np.random.Generator, seed: int) -> Score:
    """One guitar, thumb and fingers; sometimes a second voice on top."""
    character = ("travis", "lullaby", "spanish", "waltz", "drone", "study", "ragtime", "duet")[seed % 8]
    tempos = {
        "travis": (96, 120),
        "spanish": (84, 104),
        "waltz": (104, 132),
        "ragtime": (92, 116),
        "study": (76, 96),
        "drone": (84, 104),
    }
    modes = {
        "spanish": ["phrygian", "harmonic minor"],
        "drone": ["mixolydian", "dorian"],
        "lullaby": ["major"],
    }
    beats = 3.0 if character == "waltz" else 4.0
    s = sketch(
        rng,
        seed,
        modes.get(character, ["major", "minor", "major"]),
        tempos.get(character, (70, 92)),
        beats,
        offset=4,
    )
    progressions = {
        "major": [
            ("I | V | vi | IV", "ii | IV | I | V"),
            ("I | Imaj7 | IV | ivm6", "vi | ii7 | V7sus4 | V7"),
        ],
        "minor": [("i | VII | VI | VII", "III | VII | iv | V"), ("i | iv | i | V7", "VI | III | iv | V7")],
        "phrygian": [("i | II | III | II", "iv | III | II | i")],
        "harmonic minor": [("i | V7 | i | iv", "VI | iv | V7 | V7")],
        "mixolydian": [("Iadd9 | VII | IV | I", "v | IV | VII | I")],
        "dorian": [("i | IV | i | VII", "III | VII | IV | i")],
    }
    first, second = s.draw(progressions[s.key.mode])
    if character == "ragtime":
        first, second = "I | V/ii | V/V | V7", "IV ivm6 | I V/ii | V/V V7 | I"
        s = Sketch(s.rng, s.variant, type(s.key)(s.key.tonic, "major"), s.tempo_bpm, s.n_bars)
    h = s.harmony(first, second)
    thumb, fingers = _picking(character, s, h)
    thumb += [s.root(2, 5, 0.6)]
    last = strummed(s.ending(52, 76, 4, "" if s.key.is_minor else "Iadd9", 5, 0.55), 0.07)
    arch = [(0, 0.8), (s.beats * 0.6, 1.1), (s.beats, 0.8), (s.beats + 6, 0.7)]
    steel = s.pick([25, 24, 24, 25, 25, 24, 25, 24])
    parts = [
        Part(
            "guitar",
            Program(steel, reverb=45),
            shaped(humanised(rng, thumb + fingers + last, 0.09), arch),
            2,
            -0.1,
        )
    ]
    if character in ("lullaby", "duet", "drone"):
        lead = Singer(64, 83, _EASY, "-abacabd", 0.3, velocity=0.7).sing(rng, s.key, h, s.n_bars)
        sound = {"lullaby": 24, "duet": 73, "drone": 15}[character]
        parts.append(
            Part(
                "lead",
                Program(sound, reverb=60),
                humanised(rng, lead + [final_note(lead, s.key, s.beats)]),
                0,
                0.25,
            )
        )
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        beats,
        swing=0.58 if character == "ragtime" else 0.5,
        rubato=0.03 if character in ("lullaby", "study", "spanish") else 0.0,
        tail_seconds=2.8,
        timing_ms=7,
    )


def _picking(character: str, s: Sketch, h: Harmony) -> tuple[list[Note], list[Note]]:
    """Thumb (basses) and fingers (trebles)."""
    if character in ("travis", "ragtime"):
        thumb = bass(h, 2, [(0, 1, 0), (1, 0.8, 12), (2, 1, 7), (3, 0.8, 12)], velocity=0.6, low=40)
        fingers = arpeggio(h, 59, 77, 3, (2, -1, -1, 1, 2, 0, -1, 1), 0.5, 0.62, 1.2)
        tune = Singer(67, 81, _EASY, "abac", 0.3, velocity=0.75).sing(s.rng, s.key, h, s.n_bars)
        return thumb, fingers + [n for n in tune if int(n.start // 4) % 4 >= (2 if character == "travis" else 0)]
    if character == "waltz":
        thumb = bass(h, 2, [(0, 2.8, 0)], 3.0, 0.62, 40)
        tune = Singer(66, 81, [[(0, 2), (2, 1)], [(0, 1), (1, 1), (2, 1)]], "abac", 0.3, velocity=0.75).sing(
            s.rng, s.key, h, s.n_bars, 3.0
        )
        return thumb, arpeggio(h, 55, 71, 3, (-1, 0, 1, 2, 1, 0), 0.5, 0.5, 1.2) + tune
    if character == "spanish":
        thumb = bass(h, 2, [(0, 1.8, 0), (2, 1.8, 7)], velocity=0.7, low=40)
        rolls = strummed(chords(h, 55, 74, 4, [(0, 0.5), (1.5, 0.4), (2, 0.4), (3, 0.5)], velocity=0.6), 0.05, True)
        singer = Singer(
            64,
            82,
            [[(0, 0.25), (0.25, 0.25), (0.5, 0.5), (1, 1), (2, 0.5), (2.5, 0.25), (2.75, 0.25), (3, 1)]],
            "ab",
            0.15,
            velocity=0.75,
        )
        tremolo = singer.sing(s.rng, s.key, h, s.n_bars)
        return thumb, [n for n in rolls if int(n.start // 8) % 2 == 0] + [
            n for n in tremolo if int(n.start // 8) % 2 == 1
        ]
    if character == "study":
        thumb = bass(h, 2, [(0, 3.8, 0)], velocity=0.6, low=40)
        return thumb, arpeggio(h, 55, 76, 4, (0, 1, 2, 3, 2, 3, 2, 1), 0.25, 0.55, 0.8, 8)
    if character == "drone":
        pedal = [
            Note(i * 2.0, 2.0, 36 + s.key.tonic + (12 if s.key.tonic < 4 else 0), 0.6) for i in range(int(s.beats / 2))
        ]
        return pedal, arpeggio(h, 55, 74, 4, (0, 2, 1, 3, 2, 0, 3, 1), 0.5, 0.55, 1.5, 3)
    thumb = bass(h, 2, [(0, 1.9, 0), (2, 1.9, 7)], velocity=0.58, low=40)
    return thumb, arpeggio(h, 55, 74, 4, (-1, 1, 2, 3, -1, 2, 3, 2), 0.5, 0.52, 1.2, 8)
