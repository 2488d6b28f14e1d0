"""Drum and bass: a break at full speed over a bass at half speed."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.drums import kit
from tools.composer.effects import (
    compressed,
    ducked,
    echo,
    reverb,
    sweep,
)
from tools.composer.groove import arpeggio, bass, chords, humanised
from tools.composer.melody import Singer
from tools.composer.score import Note, Part, Score, Voice
from tools.composer.styles.patches import BELL, KEYS, PAD, PLUCK, STAB
from tools.composer.styles.sketch import sketch
from tools.composer.synthesis import Subtractive

REESE = Subtractive(
    (("saw", 1, 0.8), ("saw", 0.5, 0.5)),
    unison=4,
    detune_cents=45,
    attack=0.01,
    decay=0.6,
    sustain=0.9,
    release=0.1,
    cutoff_hz=500,
    resonance=1.6,
    sweep_octaves=1.0,
    sweep_decay=0.5,
    drive=0.8,
)


SUB = Subtractive(
    (("sine", 1, 1.0), ("triangle", 1, 0.4)),
    attack=0.006,
    decay=0.8,
    sustain=0.85,
    release=0.08,
    cutoff_hz=500,
    sweep_octaves=0.5,
)


GROWL = Subtractive(
    (("square", 1, 0.6), ("saw", 1.005, 0.6)),
    unison=2,
    detune_cents=20,
    decay=0.3,
    sustain=0.7,
    release=0.06,
    cutoff_hz=380,
    resonance=4.0,
    sweep_octaves=2.4,
    sweep_decay=0.22,
    drive=1.5,
)


_BREAKS = [
    {g.KICK: "X.x.......x.....", g.SNARE: "....X..g.g..X..g", g.CLOSED: "x.x.x.x.x.x.x.x."},
    {g.KICK: "X.........x.....", g.SNARE: "....X.......X...", g.CLOSED: "x.xxx.x.x.xxx.xo"},
    {g.KICK: "X.....x...x.....", g.SNARE: "....X..o....X.o.", g.RIDE: "x.x.x.x.x.x.x.x."},
    {g.KICK: "X..x......x..x..", g.SNARE: "....X.g.g...X..o", g.CLOSED: "xoxoxoxoxoxoxoxo"},
]


def drum_and_bass(rng: np.random.Generator, seed: int) -> Score:
    """A break at full speed over a bass at half speed."""
    character = ("liquid", "jungle", "neuro", "atmospheric", "roller", "jazzy", "dancefloor", "halftime")[seed % 8]
    s = sketch(
        rng,
        seed,
        ["minor", "dorian", "phrygian", "minor", "minor", "dorian", "minor", "phrygian"],
        (168, 178),
        multiple=4,
        offset=5,
    )
    text = {
        "minor": ["i9 | i9 | VImaj7 | VImaj7", "i7 | VImaj7 | iv7 | v7", "VImaj7 | VII6 | i9 | i9"],
        "dorian": ["i9 | i9 | IV9 | IV9", "i9 | VIImaj7 | IV9 | v7"],
        "phrygian": ["i | i | II | i"],
    }[s.key.mode]
    h = s.harmony(s.draw(text))
    pattern = dict(s.pick(_BREAKS))
    other = dict(pattern)
    other[g.SNARE] = "....X..g.gX.X.x."
    other[g.KICK] = "X.x.......xx...."
    if character == "halftime":
        pattern = other = {
            g.KICK: "X..x..........x.",
            g.SNARE: "........X.......",
            g.CLOSED: "xoxoxoxoxoxxxoxo",
        }
    drop = s.pick([16.0, 8.0, 4.0, 16.0, 8.0, 12.0, 16.0, 8.0])
    a, b = s.beats * 0.62, s.beats * 0.62 + 6
    drums = g.beat(rng, pattern, 0, s.n_bars, variation=other, level=0.9)
    soft = character in ("liquid", "atmospheric", "jazzy")
    drums = [
        n
        for n in drums
        if (n.start >= drop or (n.pitch in (g.CLOSED, g.RIDE) and soft) or n.start >= drop - 2)
        and not (a <= n.start < b and n.pitch == g.KICK)
    ]
    drums.append(Note(s.beats, 1, g.KICK, 0.9))
    voices: dict[str, Voice] = {
        "neuro": GROWL,
        "jungle": SUB,
        "liquid": SUB,
        "atmospheric": SUB,
        "halftime": GROWL,
        "jazzy": SUB,
    }
    voice = voices.get(character, REESE)
    lines = [
        [(0, 1.4, 0), (1.5, 0.9, 0), (2.75, 0.9, 7)],
        [(0, 2.4, 0), (2.5, 0.4, 12), (3, 0.9, 10)],
        [(0, 0.7, 0), (0.75, 0.4, 0), (1.75, 0.9, 3 if s.key.is_minor else 4), (3, 0.4, 0), (3.5, 0.4, 7)],
    ]
    low = [n for n in bass(h, 1, s.pick(lines), velocity=0.85, low=28) if n.start >= drop]
    rhythms = [
        [(0, 1.5), (1.5, 1.5), (3, 1)],
        [(0.5, 1), (1.5, 0.5), (2, 2)],
        [(0, 0.75), (0.75, 0.75), (1.5, 2)],
    ]
    lead = Singer(65, 84, rhythms, "aab-", 0.35, 0.3, 0.75).sing(rng, s.key, h, s.n_bars)
    pads = chords(h, 55, 74, 4, None, velocity=0.5) + s.ending(55, 74, 4, "", 3, 0.5)
    tops: dict[str, Voice] = {
        "liquid": KEYS,
        "jungle": STAB,
        "neuro": PLUCK,
        "atmospheric": BELL,
        "roller": PLUCK,
        "jazzy": KEYS,
        "dancefloor": STAB,
        "halftime": BELL,
    }
    stabs = chords(
        h,
        57,
        74,
        4,
        s.draw([[(0, 0.5), (1.5, 0.5), (3, 0.4)], [(0.5, 0.3), (2.5, 0.3)], [(0.75, 0.6), (2.25, 0.6)]]),
        velocity=0.65,
    )
    parts = [
        Part("drums", kit("break", seed % 4), humanised(rng, drums), -2, 0.0, "drums"),
        Part("bass", voice, [*low, s.root(1, 2)], 1 if voice is SUB else -1, 0, "bass"),
        Part("pad", PAD, [] if character in ("neuro", "halftime") else pads, -4 if soft else -8, 0, "synth"),
        Part(
            "keys",
            tops[character],
            stabs
            if character not in ("atmospheric", "roller")
            else arpeggio(h, 60, 79, 3, (0, 2, 1, 3, 2, 4), 0.5, 0.6),
            -4,
            0.1,
            "synth",
        ),
        Part(
            "lead",
            BELL if character != "dancefloor" else PLUCK,
            lead if character not in ("neuro", "roller") else lead[::2],
            -5,
            -0.2,
            "synth",
        ),
    ]
    kicks = [s.seconds(n.start) for n in drums if n.pitch == g.KICK]
    opening = [(0, 1500), (s.seconds(drop), 8000), (s.seconds(a), 2500), (s.seconds(b), 10_000)]
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        swing=s.pick([0.5, 0.54]),
        swing_unit=0.25,
        timing_ms=2,
        tail_seconds=2.2,
        fade_out_seconds=1.5,
        buses={
            "drums": [compressed(-18, 2.5), reverb(0.7, 0.07)],
            "bass": [ducked(kicks, 0.5, 0.12)],
            "synth": [
                sweep(opening),
                echo(s.seconds(1.5), 0.4, 0.3),
                reverb(2.4, 0.28 if soft else 0.15),
                ducked(kicks, 0.35, 0.15),
            ],
        },
        master=[compressed(-16, 2.0)],
    )
