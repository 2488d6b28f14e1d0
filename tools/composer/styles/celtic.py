"""Celtic folk: reels, jigs, airs."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.groove import arpeggio, bass, chords, humanised, strummed
from tools.composer.melody import Rhythm, Singer, final_note
from tools.composer.score import Note, Part, Program, Score
from tools.composer.styles.sketch import sketch

_EASY: list[Rhythm] = [
    [(0, 1), (1, 0.5), (1.5, 0.5), (2, 2)],
    [(0.5, 0.5), (1, 1), (2, 1), (3, 1)],
    [(0, 1.5), (1.5, 0.5), (2, 1), (3, 0.5), (3.5, 0.5)],
]


def celtic(rng: np.random.Generator, seed: int) -> Score:
    """Reels, jigs and airs: fiddle, whistle, flute, pipes or harp over guitar, drone and frame drum."""
    character = ("jig", "air", "reel", "slip", "march", "harp", "reel", "jig")[seed % 8]
    tempos = {
        "jig": (108, 124),
        "air": (66, 80),
        "reel": (104, 120),
        "slip": (108, 120),
        "march": (88, 104),
        "harp": (76, 92),
    }
    beats = 2.0 if character == "jig" else 3.0 if character in ("slip", "air") else 4.0
    s = sketch(
        rng,
        seed,
        ["dorian", "major", "mixolydian", "minor", "mixolydian", "major", "major", "dorian"],
        tempos[character],
        beats,
        4,
        offset=2,
    )
    h = s.harmony(
        *{
            "dorian": ("i | VII | i | VII", "III | VII | i | VII"),
            "major": ("I | IV | I | V", "vi | IV | I | V"),
            "mixolydian": ("I | VII | I | IV", "IV | I | VII | I"),
            "minor": ("i | VI | VII | i", "III | VII | VI | VII"),
        }[s.key.mode]
    )
    t = 1 / 3
    jig: list[Rhythm] = [
        [(i * t, t) for i in range(6)],
        [(0, 2 * t), (2 * t, t), (1, t), (1 + t, t), (1 + 2 * t, t)],
        [(0, t), (t, t), (2 * t, t), (1, 2 * t), (1 + 2 * t, t)],
    ]
    table: dict[str, list[Rhythm]] = {
        "jig": jig,
        "slip": [
            [(o + b, n) for b in (0, 1, 2) for o, n in ((0, 2 * t), (2 * t, t))],
            [(i * t, t) for i in range(9)],
        ],
        "reel": [
            [(i * 0.5, 0.5) for i in range(8)],
            [(0, 1), *[(1 + i * 0.5, 0.5) for i in range(6)]],
            [(0, 0.5), (0.5, 0.25), (0.75, 0.25), *[(1 + i * 0.5, 0.5) for i in range(6)]],
        ],
        "air": [[(0, 1.5), (1.5, 0.5), (2, 1)], [(0, 2), (2, 0.5), (2.5, 0.5)], [(0, 1), (1, 1), (2, 1)]],
    }
    rhythms = table.get(character, _EASY)
    tune = Singer(66, 86, rhythms, "abacabad", 0.25, 0.3, 0.8).sing(rng, s.key, h, s.n_bars, beats)
    tune = _graced(rng, tune) + [final_note(tune, s.key, s.beats, 3)]
    lead = s.pick([(110,), (73,), (40, 74), (78,), (109,), (46,), (21, 110), (72, 110)])
    parts = [
        Part(
            f"lead {p}",
            Program(p, reverb=55),
            humanised(
                rng,
                tune if i == 0 else [n.moved(0, -12 if p == 110 else 0) for n in tune if n.start >= s.beats / 3],
            ),
            2 - 3 * i,
            0.2 - 0.4 * i,
        )
        for i, p in enumerate(lead)
    ]
    strokes: dict[str, Rhythm] = {
        "jig": [(0, 0.6), (1, 0.6)],
        "slip": [(0, 0.6), (1, 0.6), (2, 0.6)],
        "reel": [(0, 0.9), (1, 0.4), (2, 0.9), (3, 0.4), (3.5, 0.4)],
    }
    stroke = strokes.get(character)
    strings = (
        strummed(chords(h, 52, 69, 4, stroke, beats, 0.5), 0.02, True)
        if stroke
        else arpeggio(h, 52, 72, 4, (0, 1, 2, 3, 2, 1), 0.5, 0.5, 1.2)
    )
    strings = [n for n in strings if n.start >= (s.beats / 6 if character not in ("air", "harp") else 0)]
    parts.append(
        Part(
            "strings",
            Program(s.pick([25, 46, 25, 24, 25, 46, 15, 25]), reverb=40),
            humanised(rng, strings + strummed(s.ending(48, 69, 4), 0.06)),
            -1,
            -0.3,
        )
    )
    low = bass(h, 2, [(0, beats * 0.9, 0)], beats, 0.6, 36)
    parts.append(
        Part(
            "low",
            Program(s.pick([32, 48, 32, 42, 109 if seed % 16 == 4 else 42, 48, 32, 32]), reverb=50),
            [*low, s.root(2)],
            -3,
        )
    )
    if character in ("jig", "reel", "slip", "march"):
        frame = {"jig": {g.LOW_TOM: "X.ox.o", g.TAMBOURINE: "..x..x"}, "slip": {g.LOW_TOM: "X.ox.ox.o"}}.get(
            character, {g.LOW_TOM: "X.o.x.ooX.o.x.o.", g.SHAKER: "x.x.x.x.x.x.x.x."}
        )
        drum = g.beat(rng, frame, 0, s.n_bars, beats, t if character in ("jig", "slip") else 0.25, 0, 0.6, False)
        parts.append(
            Part(
                "drum",
                Program(0, True, 50),
                [n for n in humanised(rng, drum) if n.start >= s.beats / 3 - 0.1],
                -2,
                0.1,
            )
        )
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        beats,
        rubato=0.04 if character == "air" else 0.0,
        tail_seconds=2.4,
    )


def _graced(rng: np.random.Generator, tune: list[Note]) -> list[Note]:
    """Cuts and taps before some notes."""
    cuts = [
        Note(n.start - 0.07, 0.07, n.pitch + int(rng.choice([2, 3])), n.velocity * 0.7)
        for n in tune
        if n.start > 0.2 and n.start % 1 < 1e-6 and rng.random() < 0.3
    ]
    return sorted(tune + cuts, key=lambda n: n.start)
