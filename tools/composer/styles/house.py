"""House: warm chords over four on the floor."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.drums import kit
from tools.composer.effects import chorus, compressed, ducked, echo, filtered, reverb, sweep
from tools.composer.groove import bass, chords
from tools.composer.melody import Singer
from tools.composer.score import Note, Part, Score, Voice
from tools.composer.styles.patches import (
    BELL,
    HAMMERED,
    KEYS,
    ORGAN,
    PAD,
    PLUCK,
    ROLLING,
    ROUND,
    STAB,
    kick_times,
    staged,
)
from tools.composer.styles.sketch import sketch


def house(rng: np.random.Generator, seed: int) -> Score:
    """Warm chords, off-beat hats, a bass that dances around the kick."""
    character = ("deep", "piano", "french", "organ", "garage", "tropical", "soulful", "progressive")[seed % 8]
    tempos = {"garage": (128, 134), "tropical": (110, 116), "french": (122, 128), "progressive": (124, 130)}
    s = sketch(
        rng,
        seed,
        ["minor", "major", "dorian", "minor", "minor", "major", "dorian", "minor"],
        tempos.get(character, (118, 125)),
        offset=0,
    )
    text = {
        "major": ["Imaj9 | vi9 | ii9 | V7sus4", "IVmaj9 | V6 | iii7 | vi9", "I | V | vi | IV"],
        "minor": ["i9 | VImaj7 | iv9 | v7", "VImaj9 | VII6 | i9 | v7", "i7 | i7 | iv7 | v7"],
        "dorian": ["i9 | IV9 | i9 | IV9", "i9 | VIImaj7 | IV9 | v7"],
    }[s.key.mode]
    h = s.harmony(s.draw(text))
    a, b = s.beats * 0.5, s.beats * 0.5 + (4 if s.n_bars < 12 else 8)
    pattern = {
        g.KICK: "X...X...X...X...",
        g.CLAP: "....x.......x...",
        g.OPEN: "..x...x...x...x.",
        g.SHAKER: "xoxoxoxoxoxoxoxo",
        s.draw([g.RIM, g.OPEN_CONGA, g.COWBELL]): s.draw(["..x..x.....x..x.", "...x..x...x..x..", "x..x..x...x....."]),
    }
    if character == "garage":
        pattern.update({g.KICK: "X.....x...X..x..", g.CLOSED: "..x.o.x.o.x.o.xo"})
    drums = staged(g.beat(rng, pattern, 0, s.n_bars, fill_every=8, level=0.85), {g.OPEN: 8.0, g.CLAP: 8.0}, (a, b))
    drums.append(Note(s.beats, 1, g.KICK, 0.9))
    kicks = kick_times(s, drums)
    strokes = s.draw(
        [
            [(0.5, 0.3), (1.25, 0.25), (2.5, 0.3), (3.25, 0.5)],
            [(0, 0.4), (0.75, 0.4), (1.5, 0.4), (2.5, 0.4), (3.5, 0.4)],
            [(0.75, 0.5), (1.5, 0.3), (3, 0.4), (3.75, 0.2)],
        ]
    )
    voices: tuple[Voice, Voice, Voice] = s.pick(
        [
            (KEYS, ROUND, BELL),
            (HAMMERED, ROUND, PLUCK),
            (STAB, ROLLING, PLUCK),
            (ORGAN, ORGAN, KEYS),
            (ORGAN, ROLLING, STAB),
            (BELL, ROUND, PLUCK),
            (KEYS, ROUND, ORGAN),
            (PLUCK, ROLLING, PAD),
        ]
    )
    voice, low_voice, lead_voice = voices
    stacked = chords(h, 55, 74, 4, strokes, velocity=0.72)
    lines = [
        [(0.5, 0.4, 0), (1.5, 0.4, 0), (2.5, 0.4, 7), (3.5, 0.4, 12)],
        [(0, 0.6, 0), (0.75, 0.2, 0), (1.5, 0.4, 12), (2.25, 0.2, 10), (2.5, 0.4, 7), (3.5, 0.3, 0)],
        [(0, 0.3, 0), (0.75, 0.6, 0), (2, 0.3, 0), (2.75, 0.5, 7), (3.5, 0.4, 5)],
    ]
    low = [n for n in bass(h, 1, s.draw(lines), velocity=0.85, low=31) if n.start >= 8 and not a <= n.start < b]
    lead = Singer(
        67,
        86,
        [
            [(0, 0.5), (0.75, 0.5), (1.5, 0.5), (2.5, 1)],
            [(0.5, 0.5), (1, 0.5), (2, 0.75), (2.75, 0.75)],
            [(0, 0.75), (0.75, 0.75), (1.5, 1.5)],
        ],
        "abab",
        0.3,
        0.25,
        0.75,
    ).sing(rng, s.key, h, s.n_bars)
    parts = [
        Part("drums", kit(s.pick(["909", "909", "909", "909", "808"]), seed % 5, s.key.tonic), drums, -4),
        Part("chords", voice, stacked + s.ending(55, 74, 4, length=2, velocity=0.6), -1, 0, "synth"),
        Part("bass", low_voice, [*low, s.root(1, 1.5)], 0 if low_voice is not ORGAN else 2, 0, "bass"),
        Part(
            "pad",
            PAD,
            chords(h, 60, 76, 3, None, velocity=0.4)
            if character in ("deep", "progressive", "soulful", "french")
            else [],
            -7,
            0,
            "synth",
        ),
        Part("lead", lead_voice, [n for n in lead if n.start >= s.beats * 0.33], -4, 0.15, "synth"),
    ]
    end = s.seconds(s.beats)
    opening = [
        (0, 1200 if character in ("french", "progressive") else 6000),
        (end * 0.3, 9000),
        (end * 0.5, 2200 if character == "french" else 7000),
        (end * 0.62, 12_000),
        (end, 9000),
    ]
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        swing=s.pick([0.54, 0.5, 0.56, 0.54, 0.6]),
        swing_unit=0.25,
        timing_ms=2,
        tail_seconds=2.2,
        fade_out_seconds=1.6,
        buses={
            "bass": [filtered("lowpass", 2500.0), ducked(kicks, 0.6, 0.18)],
            "synth": [
                sweep(opening, 0.9),
                chorus(2.0, 0.5, 0.3),
                echo(s.seconds(0.75), 0.35, 0.22),
                reverb(1.6, 0.16),
                ducked(kicks, 0.55 if character != "french" else 0.8, 0.24),
            ],
        },
        master=[compressed(-16, 1.8)],
    )
