"""Reggae and its dub echo."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.effects import drive, echo, reverb
from tools.composer.groove import bass, chords, humanised
from tools.composer.melody import Singer
from tools.composer.score import Note, Part, Program, Score
from tools.composer.styles.sketch import sketch


def dub(rng: np.random.Generator, seed: int) -> Score:
    """One drop, skank, a bass in front, and the echo as an instrument."""
    character = ("roots", "steppers", "rocksteady", "dub", "lovers", "melodica", "nyabinghi", "echo")[seed % 8]
    s = sketch(
        rng,
        seed,
        ["minor", "dorian", "major", "minor", "major", "minor", "mixolydian", "dorian"],
        (66, 84) if character != "steppers" else (70, 78),
        offset=9,
    )
    first, second = s.draw(
        {
            "minor": [("i7 | iv7", "VI | v7"), ("i | VII", "VI | VII")],
            "dorian": [("i7 | IV", "i7 | VII")],
            "major": [("I | IV", "ii7 | V7"), ("I | vi | IV | V", "ii7 | iii7 | IV | V")],
            "mixolydian": [("I | VII", "IV | I")],
        }[s.key.mode]
    )
    h = s.harmony(first, second)
    skank = chords(h, 57, 72, 3, [(0.5, 0.2), (1.5, 0.2), (2.5, 0.2), (3.5, 0.2)], velocity=0.72)
    bubble = chords(
        h,
        52,
        67,
        3,
        [
            (0.25, 0.2),
            (0.5, 0.2),
            (0.75, 0.15),
            (1.25, 0.2),
            (1.5, 0.2),
            (1.75, 0.15),
            (2.25, 0.2),
            (2.5, 0.2),
            (2.75, 0.15),
            (3.25, 0.2),
            (3.5, 0.2),
            (3.75, 0.15),
        ],
        velocity=0.5,
    )
    lines = [
        [
            (0, 0.7, 0),
            (0.75, 0.5, 0),
            (1.5, 0.4, 7),
            (2, 0.7, 10 if s.key.is_minor else 9),
            (3, 0.4, 7),
            (3.5, 0.4, 5),
        ],
        [(0.5, 0.4, 0), (1, 0.4, 0), (1.5, 0.9, 3 if s.key.is_minor else 4), (2.5, 0.4, 7), (3, 0.9, 0)],
        [(0, 1.4, 0), (1.5, 0.5, 0), (2, 0.7, 7), (2.75, 0.2, 7), (3, 0.9, 12)],
        [
            (0, 0.4, 0),
            (0.5, 0.4, 0),
            (1, 0.9, 7),
            (2.5, 0.4, 5),
            (3, 0.4, 3 if s.key.is_minor else 4),
            (3.5, 0.4, 2),
        ],
    ]
    low = bass(h, 1, s.pick(lines), velocity=0.9, low=28)
    sound = s.pick([22, 56, 18, 0, 65, 22, 73, 11])
    lead = Singer(
        62,
        81,
        [
            [(0, 0.5), (0.5, 0.5), (1, 1.5)],
            [(0.5, 0.5), (1, 0.5), (1.5, 1)],
            [(1, 0.5), (1.5, 0.5), (2, 1.5)],
        ],
        s.draw(["a-b-", "ab--", "a-a-"]),
        0.3,
        velocity=0.78,
    ).sing(rng, s.key, h, s.n_bars)
    if character in (
        "dub",
        "echo",
    ):  # the mixing desk takes the skank out and throws single chords into the echo
        skank = [n for n in skank if int(n.start // 4) % 4 in (0, 3) or n.start % 8 == 3.5]
    beat = {g.KICK: "........X.......", g.RIM: "........x.......", g.CLOSED: "x.x.x.xox.x.x.xo"}
    if character == "steppers":
        beat = {g.KICK: "X...X...X...X...", g.RIM: "......x.....x...", g.CLOSED: "xoxoxoxoxoxoxoxo"}
    if character == "nyabinghi":
        beat = {g.LOW_CONGA: "X..x....X..x....", g.OPEN_CONGA: "..x.x.oo..x.xoox", g.KICK: "x.......x......."}
    drums = g.beat(rng, beat, 0, s.n_bars, level=0.9)
    drums += [Note(0, 0.3, g.SNARE, 0.8), Note(s.beats, 1, g.KICK, 0.9), Note(s.beats, 1, g.CRASH, 0.6)]
    time = s.seconds(0.75)
    parts = [
        Part("bass", Program(s.pick([33, 33, 32, 33]), reverb=0), humanised(rng, [*low, s.root(1)]), 6),
        Part("drums", Program(s.pick([8, 0, 0, 8]), True, 25), humanised(rng, drums), 1),
        Part(
            "bubble",
            Program(16 if character != "rocksteady" else 0, reverb=20),
            bubble if character in ("roots", "steppers", "lovers", "rocksteady") else [],
            -6,
            0.4,
        ),
        Part(
            "skank",
            Program(s.pick([27, 27, 27, 28, 0]), reverb=30),
            humanised(rng, skank + s.ending(57, 72, 3, length=0.4, velocity=0.8)),
            2,
            -0.35,
            "echo",
        ),
        Part("lead", Program(sound, reverb=30), humanised(rng, lead), 0, 0.2, "echo"),
    ]
    depth = 0.62 if character in ("dub", "echo", "melodica") else 0.4
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        swing=0.56,
        swing_unit=0.25,
        tail_seconds=3.0,
        fade_out_seconds=2.0,
        buses={"echo": [echo(time, depth, depth, 2600), reverb(1.5, 0.09, 3000)], "main": [drive(1.05)]},
    )
