"""Chiptune: two pulse channels, a triangle and noise."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.drums import kit
from tools.composer.effects import echo, reverb
from tools.composer.groove import arpeggio, bass
from tools.composer.melody import Rhythm, Singer, final_note, harmonised
from tools.composer.score import Harmony, Note, Part, Score
from tools.composer.styles.sketch import sketch
from tools.composer.synthesis import Chip

_QUICK: list[Rhythm] = [
    [(0, 0.5), (0.5, 0.25), (0.75, 0.25), (1, 0.5), (1.5, 0.5), (2, 0.75), (2.75, 0.25), (3, 1)],
    [(0, 0.75), (0.75, 0.75), (1.5, 0.5), (2, 0.5), (2.5, 0.5), (3, 1)],
    [(0, 0.25), (0.25, 0.25), (0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 2)],
    [(0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 0.5), (2.5, 0.5), (3, 0.5), (3.5, 0.5)],
]


_SLOW: list[Rhythm] = [
    [(0, 1.5), (1.5, 0.5), (2, 2)],
    [(0, 1), (1, 1), (2, 1), (3, 1)],
    [(0, 3), (3, 0.5), (3.5, 0.5)],
]


def chiptune(rng: np.random.Generator, seed: int) -> Score:
    """Two pulse channels, a triangle and noise."""
    character = ("quest", "town", "cave", "boss", "race", "ending", "puzzle", "sky")[seed % 8]
    tempos = {
        "town": (104, 124),
        "cave": (92, 112),
        "boss": (160, 184),
        "race": (164, 190),
        "ending": (84, 104),
        "puzzle": (128, 148),
    }
    s = sketch(
        rng,
        seed,
        ["major", "major", "phrygian", "harmonic minor", "mixolydian", "major", "lydian", "dorian"],
        tempos.get(character, (138, 164)),
        offset=0,
    )
    text = {
        "major": [
            ("I | V | vi | IV", "ii | V | I | V7"),
            ("I | IV | V | I", "vi | iii | IV | V"),
            ("IV | V | iii | vi", "ii | V7 | I | I"),
        ],
        "phrygian": [("i | II | i | vii", "VI | II | i | i")],
        "harmonic minor": [("i | VI | iv | V", "i | bVII | VI | V7")],
        "mixolydian": [("I | VII | IV | I", "v | IV | VII | VII")],
        "lydian": [("I | II | I | vi", "iii | II | I | V")],
        "dorian": [("i | VII | IV | i", "III | VII | v | i")],
    }[s.key.mode]
    h = s.harmony(*s.draw(text))
    calm = character in ("cave", "ending")
    lead = Singer(67, 91, _SLOW if calm else _QUICK, "abacabad", 0.35, 0.3, 0.8).sing(rng, s.key, h, s.n_bars)
    lead.append(final_note(lead, s.key, s.beats, 2))
    kind = s.pick(["arpeggio", "thirds", "broken", "echo"])
    second = {
        "thirds": harmonised(lead, s.key, -2),
        "echo": [n.moved(0.75) for n in lead],
        "broken": arpeggio(
            h, 60, 76, 3, s.draw([(0, 1, 2, 1), (0, 2, 1, 2), (2, 1, 0, 1)]), 0.25 if not calm else 0.5, 0.5
        ),
    }.get(kind, [])
    figure = s.draw(
        [
            [(i * 0.5, 0.4, 12 * (i % 2)) for i in range(8)],
            [(0, 0.7, 0), (0.75, 0.2, 0), (1, 0.4, 12), (2, 0.7, 7), (3, 0.4, 0), (3.5, 0.4, 7)],
            [(i * 0.25, 0.2, 0) for i in range(16)],
        ]
    )
    low = bass(h, 2, [(0, 1.8, 0), (2, 1.8, 7)] if calm else figure, velocity=0.9, low=36)
    duty, other = s.pick([("square", "pulse25"), ("pulse25", "pulse12"), ("pulse12", "square"), ("pulse25", "square")])
    parts = [
        Part("lead", Chip(duty, vibrato_cents=18, decay=0.5, floor=0.5), lead, 0, -0.2, "pulse"),
        Part("second", Chip(other, decay=0.25, floor=0.25), second, -5, 0.3, "pulse"),
        Part("bass", Chip("steps"), [*low, s.root(2, 2)], 2, 0.0),
    ]
    if kind == "arpeggio":
        parts += _arpeggiated(h, other)
    pattern = s.draw(
        [
            {g.KICK: "x.....x.x.......", g.SNARE: "....x.......x...", g.CLOSED: "x.x.x.x.x.x.x.x."},
            {g.KICK: "x...x...x...x...", g.SNARE: "....x..x....x...", g.CLOSED: "..x...x...x...xx"},
            {g.KICK: "x..x..x...x.....", g.SNARE: "....x.......x.xx", g.CLOSED: "xoxoxoxoxoxoxoxo"},
        ]
    )
    if character != "cave":
        drums = g.beat(rng, pattern, 0, s.n_bars, level=0.8)
        parts.append(Part("noise", kit("chip"), [n for n in drums if n.start >= (8 if calm else s.pick([0, 4]))], -4))
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        swing=0.6 if character == "puzzle" else 0.5,
        timing_ms=0,
        tail_seconds=1.8,
        fade_out_seconds=0.8,
        buses={"pulse": [echo(s.seconds(0.75), 0.3, 0.25 if not calm else 0.45, 6000)]},
        master=[reverb(0.5, 0.05 if not calm else 0.12)],
    )


def _arpeggiated(h: Harmony, shape: str) -> list[Part]:
    """Chords as fast arpeggios: a part for every interval pattern."""
    groups: dict[tuple[int, ...], list[Note]] = {}
    for start, length, chord in h.rows:
        intervals = tuple(i for i in chord.intervals if i < 12)
        hits = [
            Note(start + k, 0.9, 60 + chord.root - (12 if chord.root > 6 else 0), 0.5)
            for k in np.arange(0, length, 1.0)
        ]
        groups.setdefault(intervals, []).extend(hits)
    return [
        Part("chord", Chip(shape, arpeggio=k, decay=0.35, floor=0.3), v, -4, 0.3, "pulse") for k, v in groups.items()
    ]
