"""Synthwave: rolling bass, wide saws, gated snare."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.drums import kit
from tools.composer.effects import chorus, compressed, ducked, echo, reverb, sweep
from tools.composer.groove import arpeggio, bass, chords
from tools.composer.melody import Rhythm, Singer, final_note
from tools.composer.score import Note, Part, Score, Voice
from tools.composer.styles.patches import BELL, PLUCK
from tools.composer.styles.sketch import sketch
from tools.composer.synthesis import Subtractive

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


_BASS: Voice = Subtractive(
    (("saw", 1, 0.8), ("square", 0.5, 0.4)),
    decay=0.22,
    sustain=0.5,
    release=0.05,
    cutoff_hz=480,
    resonance=1.5,
    sweep_octaves=2.0,
    sweep_decay=0.12,
)


_WIDE: Voice = Subtractive(
    (("saw", 1, 0.8), ("saw", 2, 0.15)),
    unison=5,
    detune_cents=24,
    attack=0.25,
    decay=1.0,
    sustain=0.85,
    release=0.7,
    cutoff_hz=1600,
    sweep_octaves=1.0,
    sweep_decay=2.0,
    sweep_attack=0.3,
)


_LEAD: Voice = Subtractive(
    (("saw", 1, 0.7), ("square", 1.003, 0.4)),
    unison=2,
    detune_cents=10,
    attack=0.01,
    decay=0.4,
    sustain=0.8,
    release=0.2,
    cutoff_hz=2400,
    resonance=1.2,
    sweep_octaves=1.2,
    sweep_decay=0.4,
    vibrato_cents=22,
    glide_semitones=-1.5,
)


_BRASS: Voice = Subtractive(
    (("saw", 1, 1.0),),
    unison=3,
    detune_cents=16,
    attack=0.04,
    decay=0.5,
    sustain=0.75,
    release=0.2,
    cutoff_hz=900,
    resonance=1.1,
    sweep_octaves=2.0,
    sweep_decay=0.5,
    sweep_attack=0.06,
)


_FLUTE: Voice = Subtractive(
    (("triangle", 1, 1.0), ("sine", 2, 0.2)),
    attack=0.05,
    decay=0.4,
    sustain=0.8,
    release=0.2,
    cutoff_hz=3500,
    sweep_octaves=0.3,
    vibrato_cents=20,
    noise=0.02,
)


def synthwave(rng: np.random.Generator, seed: int) -> Score:
    """Neon: rolling bass, wide saws, gated snare, a singing lead."""
    character = ("drive", "sunset", "chase", "dream", "arena", "night", "arcade", "coast")[seed % 8]
    tempos = {
        "sunset": (84, 96),
        "chase": (124, 140),
        "dream": (78, 90),
        "arcade": (116, 128),
        "arena": (104, 116),
    }
    s = sketch(
        rng,
        seed,
        ["minor", "major", "minor", "major", "minor", "dorian", "mixolydian", "minor"],
        tempos.get(character, (96, 112)),
        offset=6,
    )
    text = {
        "minor": [
            ("i | VI | III | VII", "iv | VI | VII | VII"),
            ("VI | VII | i | i", "VI | VII | III | V"),
            ("i | VII | VI | VII", "iv | i | VI | V"),
        ],
        "major": [
            ("Imaj7 | vi7 | IVmaj7 | V", "ii7 | iii7 | IVmaj7 | V"),
            ("IV | V | vi | I", "ii | IV | V | Vsus4"),
        ],
        "dorian": [("i7 | IV | VII | i7", "III | VII | IV | IV")],
        "mixolydian": [("I | VII | IV | I", "v | VII | IV | VII")],
    }[s.key.mode]
    h = s.harmony(*s.draw(text))
    slow = character in ("dream", "sunset")
    figure = s.pick(
        [
            [(i * 0.5, 0.4, 0) for i in range(8)],
            [(0, 1.4, 0), (1.5, 0.4, 0), (2, 1.4, 7), (3.5, 0.4, 12)],
            [(i * 0.25, 0.2, 12 * (i % 4 == 2)) for i in range(16)],
            [(0, 1.8, 0), (2.5, 1.3, 0)],
            [(i * 0.5, 0.4, 12 * (i % 2)) for i in range(8)],
        ]
    )
    low = bass(h, 1, figure, velocity=0.82, low=28)
    first = s.pick([8.0, 8.0, 4.0, 16.0])
    lead = Singer(66, 85, _SLOW if slow or s.variant % 3 == 0 else _QUICK[:3], "abacabad", 0.35, 0.3, 0.75).sing(
        rng, s.key, h, s.n_bars
    )
    lead = [n for n in lead if n.start >= first] + [final_note(lead, s.key, s.beats, 3)]
    pattern = {
        g.KICK: s.draw(["x.......x.x.....", "x...x...x...x...", "x.....x.x......."]),
        g.SNARE: "....X.......X...",
        g.CLOSED: s.draw(["x.x.x.x.x.x.x.x.", "xoxoxoxoxoxoxoxo", "..x...x...x...x."]),
    }
    drums = [
        n
        for n in g.beat(rng, pattern, 0, s.n_bars, level=0.85)
        if n.start >= (first / 2 if character != "dream" else first)
    ]
    drums += [Note(s.beats, 1, g.KICK, 0.9), Note(s.beats, 1, g.CRASH, 0.6)]
    arps = arpeggio(
        h,
        62,
        79,
        3,
        s.draw([(0, 1, 2, 3, 2, 1), (0, 1, 2, 3, 4, 3, 2, 1), (0, 2, 1, 2)]),
        0.25 if not slow else 0.5,
        0.62,
        0.22,
        4,
    )
    kicks = [s.seconds(n.start) for n in drums if n.pitch == g.KICK]
    sparkle: Voice = s.pick([PLUCK, BELL])
    singing: Voice = s.pick([_LEAD, _FLUTE, _LEAD, BELL, _BRASS])
    parts = [
        Part("drums", kit("gated", seed % 3, s.key.tonic), drums, -4, 0, "drums"),
        Part("bass", _BASS, [*low, s.root(1, 3)], 0, 0, "bass"),
        Part(
            "pad",
            _BRASS if character in ("arena", "chase") else _WIDE,
            chords(
                h,
                55,
                74,
                4,
                None if character != "arena" else [(0, 0.9), (1.5, 0.4), (2.5, 0.9)],
                velocity=0.52,
            )
            + s.ending(55, 74, 4, length=4, velocity=0.5),
            -3,
            0,
            "synth",
        ),
        Part(
            "arpeggio",
            sparkle,
            [n for n in arps if n.start >= s.beats * 0.25] if character not in ("arena", "sunset") else [],
            -7,
            0.25,
            "synth",
        ),
        Part("lead", singing, lead, -3, -0.05, "lead"),
    ]
    end = s.seconds(s.beats)
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        timing_ms=1,
        tail_seconds=2.6,
        fade_out_seconds=2.0,
        buses={
            "drums": [reverb(0.9, 0.1, 6000)],
            "bass": [ducked(kicks, 0.45, 0.15)],
            "synth": [
                sweep([(0, 1400), (end * 0.3, 5000), (end * 0.7, 9000), (end, 4000)]),
                chorus(2.5, 0.45, 0.5),
                reverb(2.4, 0.22),
                ducked(kicks, 0.4, 0.25),
            ],
            "lead": [echo(s.seconds(0.75), 0.42, 0.32), reverb(2.0, 0.2)],
        },
        master=[compressed(-17, 1.7)],
    )
