"""Lo-fi: a slow broken beat, jazz chords, tape and dust."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.drums import kit
from tools.composer.effects import (
    chorus,
    compressed,
    crushed,
    drive,
    ducked,
    filtered,
    reverb,
    vinyl,
    wow,
)
from tools.composer.groove import arpeggio, bass, chords, humanised, strummed
from tools.composer.melody import Rhythm, Singer
from tools.composer.score import Part, Program, Score
from tools.composer.styles.sketch import sketch
from tools.composer.synthesis import Fm


def lo_fi(rng: np.random.Generator, seed: int) -> Score:
    """Slow broken beat, jazz chords, tape and dust."""
    character = ("keys", "guitar", "vibes", "piano", "harp", "muted", "flute", "night")[seed % 8]
    s = sketch(rng, seed, ["major", "minor", "dorian", "major", "minor"], (70, 90), offset=3)
    text = {
        "major": [
            "ii9 | V13 | Imaj9 | vi9",
            "IVmaj9 | iii7 | ii9 | Imaj9",
            "Imaj9 | V7/ii | ii9 | V7b9",
            "IVmaj7 | iv6 | iii7 | vi9",
        ],
        "minor": ["i9 | iv9 | VImaj7 | V7#9", "iv9 | VII13 | IIImaj9 | VImaj7", "i9 | v7 | VImaj9 | iv9"],
        "dorian": ["i9 | IV13 | i9 | IV13", "i9 | VIImaj7 | IV9 | v7"],
    }[s.key.mode]
    h = s.harmony(s.draw(text))
    pattern = {
        g.KICK: s.draw(["X..x..x...x.....", "X.....x..xx.....", "X..x.......x..x."]),
        g.SNARE: "....x.......x...",
        g.CLOSED: s.draw(["x.x.x.x.x.x.x.xo", "xoxox.xoxoxox.xo", "..x...x...x...x."]),
    }
    if character in ("guitar", "night"):
        pattern[g.RIM] = pattern.pop(g.SNARE)
    drums = g.beat(rng, pattern, 0, s.n_bars, fill_every=4, level=0.85, crash=False)
    entry = s.pick([8.0, 4.0, 0.0, 8.0])
    drums = [n for n in drums if n.start >= entry]
    comp_sound, lead_sound, low_sound = s.pick(
        [
            (4, 4, 32),
            (24, 24, 33),
            (4, 11, 32),
            (0, 0, 32),
            (46, 46, 33),
            (26, 59, 32),
            (5, 73, 33),
            (0, 12, 32),
        ]
    )
    strokes: Rhythm = s.draw(
        [[(0, 1.7), (2.5, 1.2)], [(0, 3.5)], [(0, 0.9), (1.75, 1.5), (3.5, 0.4)], [(0.02, 1.4), (1.5, 2.2)]]
    )
    comp = strummed(chords(h, 52, 71, 4, strokes, velocity=0.6), 0.025)
    if character in ("harp", "guitar"):
        comp = arpeggio(h, 52, 72, 4, (0, 1, 2, 3, 2, 1, 3, 2), 0.5, 0.58, 1.4)
    lead = Singer(
        64,
        84,
        [
            [(0.5, 0.5), (1, 0.5), (1.5, 1.5)],
            [(0, 0.75), (0.75, 0.25), (1, 1), (2.5, 1)],
            [(1.5, 0.5), (2, 0.5), (2.5, 0.5), (3, 1)],
            [(0, 2), (2.5, 0.5), (3, 1)],
        ],
        s.draw(["ab-a", "-aab", "a-b-"]),
        0.3,
        0.4,
        0.66,
    )
    tune = [n for n in lead.sing(rng, s.key, h, s.n_bars) if n.start >= entry / 2]
    low = bass(
        h,
        2,
        s.draw(
            [
                [(0, 1.4, 0), (1.75, 0.25, 0), (2.5, 1.2, 7)],
                [(0, 2.4, 0), (2.5, 0.4, 12), (3, 0.9, 7)],
                [(0, 0.9, 0), (1.5, 0.9, 7), (2.5, 1, 0)],
            ]
        ),
        velocity=0.75,
        low=31,
    )
    last = strummed(s.ending(52, 72, 5, "i9" if s.key.is_minor else "Imaj9", 4, 0.55), 0.06)
    parts = [
        Part("drums", kit("dust", seed % 4), humanised(rng, drums, 0.1), -9, 0, "drums"),
        Part("chords", Program(comp_sound, reverb=30, chorus=30), humanised(rng, comp + last, 0.1), 0, -0.2),
        Part("lead", Program(lead_sound, reverb=50), humanised(rng, tune, 0.1), 1, 0.25),
        Part(
            "bass",
            Program(low_sound, reverb=5),
            humanised(rng, [n for n in low if n.start >= entry / 2] + [s.root(2)]),
            3,
            0,
        ),
    ]
    if character in ("night", "vibes", "piano"):
        parts.append(
            Part(
                "pad",
                Fm(1.0, 0.6, 2.0, 0.2, attack=0.4, decay=4, sustain=0.6, release=0.8),
                chords(h, 55, 70, 3, None, velocity=0.3),
                -14,
                0,
                "pad",
            )
        )
    kicks = [s.seconds(n.start) for n in drums if n.pitch == g.KICK]
    tone = s.pick([4200.0, 5200.0, 6000.0, 3600.0, 6500.0])
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        swing=s.pick([0.58, 0.6, 0.56, 0.62]),
        swing_unit=0.25,
        timing_ms=11,
        tail_seconds=2.4,
        fade_out_seconds=1.8,
        buses={
            "drums": [crushed(9, 2), drive(1.4), reverb(0.6, 0.06)],
            "main": [ducked(kicks, 0.25, 0.2)],
            "pad": [chorus()],
        },
        master=[
            wow(0.0009 + 0.0004 * (seed % 3), 0.5),
            filtered("lowpass", tone, 1),
            compressed(-20, 2.2),
            vinyl(0.006 + 0.002 * (seed % 4), seed),
        ],
    )
