"""Techno: machine patterns, one or two chords, filters that tell the story."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.drums import kit
from tools.composer.effects import compressed, drive, ducked, echo, reverb, sweep
from tools.composer.groove import arpeggio, bass, chords
from tools.composer.melody import Singer
from tools.composer.score import Harmony, Note, Part, Score, Voice
from tools.composer.styles.patches import (
    ACID,
    BELL,
    PAD,
    PLUCK,
    ROLLING,
    ROUND,
    STAB,
    kick_times,
    staged,
)
from tools.composer.styles.sketch import Sketch, sketch


def techno(rng: np.random.Generator, seed: int) -> Score:
    """Machine patterns over one or two chords; filters tell the story."""
    character = ("acid", "minimal", "dub", "rave", "melodic", "industrial", "hypnotic", "detroit")[seed % 8]
    tempos = {
        "minimal": (124, 128),
        "dub": (120, 125),
        "industrial": (134, 142),
        "melodic": (120, 126),
        "rave": (134, 142),
    }
    s = sketch(
        rng,
        seed,
        ["minor", "phrygian", "minor", "dorian", "minor", "phrygian", "minor", "dorian"],
        tempos.get(character, (128, 136)),
        offset=9,
    )
    h = s.harmony(
        {"phrygian": "i | i | i | II", "dorian": "i7 | i7 | IV | i7"}.get(
            s.key.mode, s.draw(["i | i | VI | VI", "i | i | i | VII", "i | III | VI | VII"])
        )
    )
    a, b = s.beats * 0.5, s.beats * 0.5 + (4 if s.n_bars < 12 else 8)
    pattern = {
        g.KICK: "X...X...X...X...",
        g.CLOSED: s.draw(["..o...o...o...o.", "x.ox.ox.x.ox.ox.", "oxooxoxooxooxoxo"]),
        g.OPEN: "..x...x...x...x.",
        g.CLAP: "....x.......x...",
        g.RIM: s.draw(["...x..x....x....", "..x..x....x..x..", ".......x..x....."]),
    }
    if character == "dub":
        pattern.pop(g.OPEN)
    drums = staged(
        g.beat(rng, pattern, 0, s.n_bars, fill_every=8, level=0.9),
        {g.OPEN: 16.0, g.CLAP: 8.0, g.RIM: 4.0},
        (a, b),
    )
    drums.append(Note(s.beats, 1, g.KICK, 0.9))
    kicks = kick_times(s, drums)
    end = s.seconds(s.beats)
    parts = [
        Part(
            "drums",
            kit(s.pick(["909", "909", "808", "909", "909", "909", "808", "909"]), seed % 5, s.key.tonic),
            drums,
            -3 if character != "industrial" else -2,
        )
    ]
    parts += _techno_parts(character, s, h, a, b)
    rise = [(0, 900), (end * 0.5, 3000), (end * 0.5 + s.seconds(b - a), 9000), (end, 5000)]
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        swing=s.pick([0.5, 0.54]),
        swing_unit=0.25,
        timing_ms=0,
        tail_seconds=2.0,
        fade_out_seconds=1.6,
        buses={
            "bass": [drive(1.4), ducked(kicks, 0.75, 0.16)],
            "synth": [
                sweep(rise, 1.2),
                echo(s.seconds(0.75), 0.5, 0.4 if character != "dub" else 0.65, 2800),
                reverb(2.2, 0.18 if character != "dub" else 0.4),
                ducked(kicks, 0.5, 0.2),
            ],
            "main": [drive(2.4 if character == "industrial" else 1.1)],
        },
        master=[compressed(-16, 1.8)],
    )


def _techno_parts(character: str, s: Sketch, h: Harmony, a: float, b: float) -> list[Part]:
    """Everything but the drums."""
    root = 24 + s.key.tonic + (12 if s.key.tonic < 5 else 0)
    degrees = [0, 0, 12, 0, 3, 0, 7, 10, 0, 12, 0, 1 if s.key.mode == "phrygian" else 2, 0, 7, 0, 12]
    order = s.rng.permutation(len(degrees))
    line = [
        Note(
            i * 0.25,
            0.3 if s.rng.random() < 0.25 else 0.16,
            root + 12 + degrees[order[i % 16]],
            float(0.55 + 0.4 * ((i * 7) % 5 == 0)),
        )
        for i in range(int(s.beats * 4))
        if order[i % 16] % 5 != 1
    ]
    roll = [Note(i * 0.25, 0.2, root + 12, 0.7 + 0.1 * (i % 4 == 2)) for i in range(int(s.beats * 4)) if i % 4]
    roll = [n for n in roll if not a <= n.start < b]
    stabs = chords(
        h,
        55,
        72,
        4,
        s.draw([[(0.75, 0.2), (2.5, 0.2)], [(0.5, 0.2), (1.25, 0.2), (3.5, 0.3)], [(1.5, 0.3)]]),
        velocity=0.7,
    )
    pads = chords(h, 53, 72, 4, None, velocity=0.55)
    arps = arpeggio(
        h,
        60,
        77,
        3,
        s.draw([(0, 1, 2, 3, 4, 3, 2, 1), (0, 2, 1, 3, -1, 2, 4, 1), (0, 3, 2, 0, 4, 2)]),
        0.25,
        0.7,
        0.2,
        3,
    )
    lead = Singer(
        67,
        86,
        [[(0, 0.75), (0.75, 0.75), (1.5, 0.5), (2, 1.5)], [(0, 0.5), (1.5, 0.5), (3, 1)]],
        "aaba",
        0.3,
        0.2,
        0.7,
    ).sing(s.rng, s.key, h, s.n_bars)
    late = s.beats * 0.25
    choices: dict[str, list[tuple[str, Voice, list[Note], float, float, str]]] = {
        "acid": [("acid", ACID, line, 1, 0, "synth"), ("sub", ROUND, roll, -4, 0, "bass")],
        "minimal": [
            ("roll", ROLLING, roll, 0, 0, "bass"),
            ("blip", PLUCK, [n.moved(0, 24) for n in line if n.velocity > 0.8], -2, 0.3, "synth"),
            ("stab", STAB, [n for n in stabs if n.start >= late], -6, -0.2, "synth"),
        ],
        "dub": [
            ("sub", ROUND, bass(h, 1, [(0, 0.5, 0), (1.5, 0.4, 0), (2.75, 0.4, 0)], low=33), 0, 0, "bass"),
            ("stab", STAB, stabs, 0, 0, "synth"),
            ("pad", PAD, pads, -8, 0, "synth"),
        ],
        "rave": [
            ("roll", ROLLING, roll, 0, 0, "bass"),
            ("stab", STAB, [n.moved(0, 12) for n in stabs] + stabs, 0, 0, "synth"),
            ("lead", PLUCK, [n for n in lead if n.start >= late], -3, 0, "synth"),
        ],
        "melodic": [
            ("roll", ROLLING, roll, -2, 0, "bass"),
            ("arp", PLUCK, arps, 0, 0, "synth"),
            ("pad", PAD, [n for n in pads if n.start >= late], -5, 0, "synth"),
            ("lead", BELL, [n for n in lead if n.start >= a], -3, 0.2, "synth"),
        ],
        "industrial": [
            ("roll", ROLLING, [n.moved(0, -12) for n in roll] + roll, 2, 0, "main"),
            (
                "noise",
                ACID,
                [n.moved(0, 12) for n in line if n.start >= late and n.velocity > 0.6],
                -4,
                0,
                "synth",
            ),
        ],
        "hypnotic": [
            ("sub", ROUND, roll, -1, 0, "bass"),
            ("arp", BELL, [n for n in arps if int(n.start * 4) % 3 != 1], -2, 0.2, "synth"),
            ("arp 2", PLUCK, [n.moved(0.75, -12) for n in arps if n.start >= late][::2], -6, -0.4, "synth"),
        ],
        "detroit": [
            ("bass", ROLLING, [n.moved(0, 0) for n in line], -1, 0, "bass"),
            ("pad", PAD, pads, -2, 0, "synth"),
            ("stab", STAB, [n for n in stabs if n.start >= late], -3, 0.1, "synth"),
            ("lead", BELL, [n for n in lead if n.start >= a], -5, -0.2, "synth"),
        ],
    }
    return [Part(name, voice, notes, gain, pan, bus) for name, voice, notes, gain, pan, bus in choices[character]]
