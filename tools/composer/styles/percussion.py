"""Percussion ensemble: drums, woods, metals and mallets in layers."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.groove import arpeggio, bass, humanised
from tools.composer.melody import Singer
from tools.composer.score import Note, Part, Program, Score, shaped
from tools.composer.styles.sketch import Sketch, sketch

_LAYERS: dict[str, dict[int, str]] = {
    "samba": {
        g.LOW_TOM: "....X.......X...",
        g.MID_TOM: "X.......x.......",
        g.SNARE: "xooxooxoxooxooxo",
        g.HIGH_AGOGO: "x.x.xx.x.x.x.xx.",
        g.SHAKER: "XoxoXoxoXoxoXoxo",
    },
    "taiko": {
        g.LOW_TOM: "X..x..X.x.x.X...",
        g.MID_TOM: "..x..x...x.x..xx",
        g.HIGH_BLOCK: "x...x...x...x...",
        g.RIM: "..xx..x...xx..x.",
    },
    "rumba": {
        g.CLAVES: "x..x...x..x.x...",
        g.OPEN_CONGA: "......xx......xx",
        g.MUTE_CONGA: "x.x.x...x.x.x...",
        g.LOW_CONGA: "...x.......x....",
        g.CABASA: "x.xxx.xxx.xxx.xx",
    },
    "gamelan": {g.OPEN_TRIANGLE: "x...............", g.LOW_CONGA: "x...x..xx...x.x."},
    "bembe": {
        g.COWBELL: "x.x.xx.x.x.x",
        g.LOW_CONGA: "x..x..x..x..",
        g.OPEN_CONGA: "..xx....xx.x",
        g.SHAKER: "x.ox.ox.ox.o",
    },
    "marimba": {g.SHAKER: "x.o.x.o.x.o.x.o.", g.LOW_BLOCK: "x..x..x.....x..."},
    "march": {g.SNARE: "Xoooxoooxoxoxxxx", g.KICK: "X.......x.....x.", g.CLOSED: "....x.......x..."},
    "kalimba": {
        g.CABASA: "x.ox.ox.ox.ox.ox",
        g.LOW_CONGA: "x.......x..x....",
        g.HIGH_BONGO: "....x.x.....x.xx",
    },
}


def percussion(rng: np.random.Generator, seed: int) -> Score:
    """Layers enter one by one, break together and return."""
    character = tuple(_LAYERS)[seed % 8]
    tempos = {
        "taiko": (92, 112),
        "gamelan": (76, 96),
        "bembe": (100, 120),
        "kalimba": (88, 108),
        "rumba": (92, 112),
    }
    mode = {
        "gamelan": "phrygian",
        "kalimba": "major pentatonic",
        "marimba": "dorian",
        "bembe": "minor pentatonic",
    }.get(character, "minor pentatonic")
    s = sketch(rng, seed, [mode], tempos.get(character, (104, 128)), offset=0)
    drums = _layers(s, _LAYERS[character])
    parts = [Part("drums", Program(0, True, 55), humanised(rng, drums, 0.1), 2)]
    h = s.harmony(
        {
            "phrygian": "i | II | i | vii",
            "dorian": "i | IV | VII | i",
            "major pentatonic": "I | vi | IV | V",
        }.get(mode, "i | VII | i | v")
    )
    if character == "taiko":
        hits = [n for n in drums if n.pitch == g.LOW_TOM]
        parts.append(
            Part(
                "taiko",
                Program(116, reverb=80),
                [Note(n.start, 1, 40 + (7 if n.start % 4 > 2 else 0), n.velocity) for n in hits],
                4,
            )
        )
        parts.append(
            Part(
                "tom",
                Program(117, reverb=60),
                [
                    Note(n.start, 0.5, 50 + int(n.start * 2) % 3 * 4, n.velocity * 0.8)
                    for n in drums
                    if n.pitch == g.MID_TOM
                ],
                2,
                0.4,
            )
        )
    tuned = {
        "gamelan": (9, 14, 12),
        "marimba": (12, 11, 12),
        "kalimba": (108, 12, 12),
        "bembe": (12, 12, 12),
        "samba": (114, 114, 114),
        "march": (13, 47, 47),
    }
    if character in tuned:
        high, middle, low = tuned[character]
        order = s.draw([(0, 2, 1, 3, 2, 1, 3, 2), (0, 1, 2, 0, 1, 2, 3, 2), (2, -1, 1, 2, -1, 0, 1, -1)])
        start = s.beats / 6
        mid = [
            n
            for n in arpeggio(h, 60, 79, 3, order, 0.25 if character != "march" else 0.5, 0.55, 0.5)
            if n.start >= start
        ]
        tune = Singer(
            67,
            91,
            [
                [(0, 0.5), (0.5, 0.5), (1, 0.5), (1.75, 0.25), (2, 1), (3, 0.5), (3.5, 0.5)],
                [(0, 0.75), (0.75, 0.75), (1.5, 0.5), (2, 2)],
            ],
            "a-abab-c",
            0.35,
            velocity=0.75,
        )
        parts += [
            Part(
                "tune",
                Program(high, reverb=60),
                humanised(rng, [n for n in tune.sing(rng, s.key, h, s.n_bars) if n.start >= 2 * start]),
                1,
                0.3,
            ),
            Part("ostinato", Program(middle, reverb=50), humanised(rng, mid), 0, -0.3),
            Part(
                "low",
                Program(low, reverb=50),
                bass(h, 2, [(0, 1, 0), (1.5, 0.5, 0), (2.5, 1, 7)], velocity=0.7, low=43),
                0,
                0.0,
            ),
        ]
    arch = [(0, 0.7), (s.beats * 0.4, 0.95), (s.beats * 0.55, 0.75), (s.beats, 1.1), (s.beats + 4, 1.0)]
    for part in parts:
        part.notes = shaped(part.notes, arch)
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        swing=0.54,
        swing_unit=0.25,
        tail_seconds=2.6,
        timing_ms=8,
        is_tonal=character in tuned,
    )


def _layers(s: Sketch, patterns: dict[int, str]) -> list[Note]:
    """Patterns enter one after another and step back for a fill every four bars."""
    notes: list[Note] = []
    step = 1 / 3 if len(next(iter(patterns.values()))) == 12 else 0.25
    for order, (key, text) in enumerate(patterns.items()):
        entry = min(max(0, order - 1), s.n_bars // 3)
        notes += g.grid({key: text}, entry * s.beats_per_bar, s.n_bars - entry, step, 0.85)
    for bar in range(3, s.n_bars, 4):
        border = (bar + 1) * 4 - 2
        notes = [n for n in notes if not border <= n.start < border + 2 or s.rng.random() < 0.3]
        notes += g.fill(
            s.rng,
            border,
            2.0,
            s.draw(
                [
                    (g.HIGH_BONGO, g.LOW_BONGO, g.OPEN_CONGA, g.LOW_CONGA),
                    (g.HIGH_TOM, g.MID_TOM, g.LOW_TOM),
                    (g.HIGH_TIMBALE, g.LOW_TIMBALE),
                ]
            ),
        )
    last = [Note(s.beats, 1, key, 1.0) for key in (g.LOW_TOM, g.LOW_CONGA, g.CRASH, g.KICK)]
    return notes + last
