"""Jazz trio and bossa nova."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.groove import bass, chords, humanised, strummed
from tools.composer.melody import Rhythm, Singer, final_note, harmonised
from tools.composer.score import Note, Part, Program, Score
from tools.composer.styles.sketch import Sketch, sketch

_BOP: list[Rhythm] = [
    [(0, 0.5), (0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 0.5), (2.5, 1.5)],
    [(0.5, 0.5), (1, 0.5), (1.5, 1), (2.5, 0.5), (3, 0.5), (3.5, 0.5)],
    [(0, 1.5), (1.5, 0.5), (2, 0.5), (2.5, 0.5), (3.5, 0.5)],
    [(1.5, 0.5), (2, 0.5), (2.5, 0.5), (3, 0.5), (3.5, 0.5)],
]
_SONG: list[Rhythm] = [
    [(0, 1.5), (1.5, 2)],
    [(0.5, 1), (1.5, 1), (2.5, 1.5)],
    [(0, 1), (1, 0.5), (1.5, 1), (3, 1)],
]
_MAJOR = [
    ("ii9 | V13 | Imaj9 | vi7", "iii7 | V7/ii | ii7 | V7b9"),
    ("Imaj9 V7/ii | ii9 V13 | iii7 V7/ii | ii7 V7", "IVmaj9 | iv7 VII7 | Imaj7 V7/ii | ii7 V7"),
    ("Imaj9 | V/ii | ii9 | V13", "vi9 | V/V | ii9 | V7b9"),
]
_MINOR = [
    ("i9 | iv9 | iim7b5 | V7#9", "VImaj7 | iim7b5 | V7b9 | i6"),
    ("iim7b5 | V7b9 | i9 | i6", "iv9 | VII13 | IIImaj9 | V7#9"),
]
_MODAL = [
    ("i11 | i11 | IV9 | IV9", "bIIIm7 | bIIIm7 | i11 | v7"),
    ("i9 | IV9 | i9 | IV9", "IIImaj7 | v7 | i9 | IV9"),
]


def jazz_trio(rng: np.random.Generator, seed: int) -> Score:
    """Bass, drums and a lead: piano, guitar, vibraphone, saxophone, trumpet."""
    character = ("swing", "ballad", "modal", "waltz", "bop", "cool", "organ", "late")[seed % 8]
    tempos = {
        "swing": (128, 156),
        "ballad": (72, 88),
        "modal": (120, 144),
        "waltz": (132, 168),
        "bop": (172, 204),
        "cool": (112, 132),
        "organ": (116, 136),
        "late": (88, 104),
    }
    beats = 3.0 if character == "waltz" else 4.0
    modes = {"modal": ["dorian"], "organ": ["dorian", "minor"], "late": ["minor"]}
    s = sketch(rng, seed, modes.get(character, ["major", "major", "minor"]), tempos[character], beats, offset=10)
    first, second = s.draw({"dorian": _MODAL, "minor": _MINOR, "major": _MAJOR}[s.key.mode])
    h = s.harmony(first.replace("i11", "im11"), second)
    slow = character in ("ballad", "late")
    rhythms: list[Rhythm] = (
        [[(0, 2), (2, 1)], [(0, 0.5), (0.5, 0.5), (1, 1), (2, 1)], [(0.5, 1), (1.5, 1.5)]]
        if character == "waltz"
        else _SONG
        if slow
        else _BOP
    )
    lead_sound, comp_sound, kit = s.pick(
        [
            (0, 0, 32),
            (0, 0, 40),
            (11, 0, 32),
            (26, 0, 40),
            (66, 0, 32),
            (59, 26, 40),
            (16, 26, 32),
            (65, 0, 40),
        ]
    )
    low, high = {65: (60, 81), 66: (54, 76), 59: (60, 79), 26: (57, 79)}.get(lead_sound, (62, 86))
    head = Singer(low, high, rhythms, s.draw(["abac", "aabc", "abab"]), 0.35, 0.35, 0.82).sing(
        rng, s.key, h, s.n_bars, beats
    )
    lead = [*head, final_note(head, s.key, s.beats, 3)]
    comp = (
        s.draw([[(0, 1.2), (1.5, 0.4)], [(1.5, 0.4), (3.5, 0.4)], [(0.5, 0.3), (2, 0.9)], [(1, 0.4), (2.5, 0.6)]])
        if beats == 4
        else [(0, 1.4), (1.5, 0.4)]
    )
    backing = chords(h, 50, 67, 4, comp if not slow else None, beats, 0.48) + s.ending(
        52, 72, 5, "i9" if s.key.is_minor else "6/9".join(["I", ""]), 4, 0.5
    )
    walk = bass(h, 2, [(0, 1.8, 0), (2, 1.8, 7)], beats, 0.7, 28) if slow else g.walking_bass(rng, s.key, h)
    parts = [
        Part("bass", Program(32, reverb=25), humanised(rng, [*walk, s.root(2)]), 3),
        Part("comping", Program(comp_sound, reverb=40), humanised(rng, backing, 0.12), -2, -0.3),
        Part("lead", Program(lead_sound, reverb=50), humanised(rng, lead, 0.12), 1, 0.2),
        Part("drums", Program(kit, True, 40), humanised(rng, _jazz_drums(rng, s, beats, slow), 0.12), -2),
    ]
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        beats,
        swing=0.58 if character == "bop" else 0.64,
        tail_seconds=2.6,
        timing_ms=9,
    )


def _jazz_drums(rng: np.random.Generator, s: Sketch, beats: float, slow: bool) -> list[Note]:
    """Ride or brushes, two and four on the pedal, snare talking between."""
    ride, pedal = ("x.x.xx", "..x...") if beats == 3 else ("x.x.x.x.", "..x...x.") if slow else ("x.xxx.xx", "..x...x.")
    ride = ride if beats == 4 else "x.xxx."
    notes = g.grid({g.RIDE: ride, g.PEDAL: pedal, g.KICK: "g" + "." * (len(ride) - 1)}, 0, s.n_bars, 0.5, 0.6)
    for beat in np.arange(0, s.beats, 0.5):
        if rng.random() < 0.16:
            notes.append(
                Note(
                    float(beat),
                    0.3,
                    int(rng.choice([g.SNARE, g.SNARE, g.RIM, g.KICK])),
                    float(rng.uniform(0.25, 0.5)),
                )
            )
    for bar in range(3, s.n_bars, 4):
        notes += [n for n in g.fill(rng, (bar + 1) * beats - 1, 1.0) if rng.random() < 0.8]
    return [*notes, Note(s.beats, 2, g.RIDE, 0.6), Note(s.beats, 1, g.KICK, 0.5)]


def bossa_nova(rng: np.random.Generator, seed: int) -> Score:
    """Nylon guitar in the clave of the beach; flute, sax, piano or vibraphone sings."""
    s = sketch(
        rng,
        seed,
        ["major", "major", "minor", "major", "dorian", "major", "minor", "major"],
        (108, 148),
        offset=5,
    )
    major = [
        ("Imaj9 | Imaj9 | V9/V | V9/V", "ii9 | bII7 | Imaj9 | V7b9"),
        ("Imaj7 | vi9 | ii9 | V13", "iii7 | bIIIdim7 | ii9 | V7b9"),
        ("Imaj9 | iv6 | iii7 | V7/ii", "ii9 | iv7 | Imaj9 | bII7"),
    ]
    minor = [
        ("i9 | i9 | iim7b5 | V7b9", "iv9 | VII13 | IIImaj9 | V7#9"),
        ("i6 | VImaj7 | iim7b5 | V7b9", "iv7 | VII9 | IIImaj7 | V7b9"),
    ]
    dorian = [("i9 | IV9 | i9 | IV9", "VIImaj7 | v7 | iv7 | V7b9")]
    first, second = s.draw({"major": major, "minor": minor, "dorian": dorian}[s.key.mode])
    h = s.harmony(first, second)
    clave = s.draw(
        [
            [(0, 0.9), (1.5, 0.4), (2.5, 0.9), (4.5, 0.9), (6, 0.9), (7.5, 0.4)],
            [(0, 0.8), (1, 0.4), (2.5, 0.4), (3.5, 0.8), (5, 0.8), (6.5, 0.8)],
            [(0, 1.2), (1.5, 0.9), (3, 0.4), (4.5, 0.4), (5.5, 1.4), (7, 0.4)],
        ]
    )
    guitar = strummed(chords(h, 52, 69, 4, clave, 8.0, 0.55), 0.012)
    low = bass(
        h,
        2,
        s.draw(
            [
                [(0, 1.4, 0), (1.5, 0.5, 7), (2, 1.4, 7), (3.5, 0.5, 0)],
                [(0, 1.5, 0), (2, 1.5, 7)],
                [(0, 1.4, 0), (1.5, 0.5, 12), (2, 1.4, 7), (3.5, 0.4, 7)],
            ]
        ),
        velocity=0.68,
        low=31,
    )
    lead_sound = s.pick([73, 65, 24, 11, 0, 71, 52, 4])
    singer = Singer(
        62,
        83,
        [
            [(0.5, 1), (1.5, 1), (2.5, 1.5)],
            [(0, 1.5), (1.5, 0.5), (2, 0.5), (2.5, 1.5)],
            [(1, 0.5), (1.5, 0.5), (2, 0.5), (2.5, 0.5), (3, 1)],
            [(0, 2.5), (2.5, 0.5), (3, 1)],
        ],
        s.draw(["abac", "aab-", "ab-b"]),
        0.25,
        0.4,
        0.74,
    )
    lead = singer.sing(rng, s.key, h, s.n_bars)
    intro = s.pick([0, 4, 0, 8, 0, 8, 4, 0])  # beats of guitar alone
    lead = [n for n in lead if n.start >= intro] + [final_note(lead, s.key, s.beats)]
    pattern = {
        g.KICK: "x..xx..xx..xx..x",
        g.RIM: s.draw(["x..x..x...x..x..", "..x..x...x..x..x"]),
        g.CLOSED if seed % 2 else g.SHAKER: "xoxoxoxoxoxoxoxo",
    }
    drums = [
        n
        for n in g.beat(rng, pattern, 0, s.n_bars, fill_every=0, level=0.5)
        if n.start >= intro or n.pitch in (g.SHAKER, g.CLOSED)
    ]
    end = strummed(s.ending(52, 71, 5, "i9" if s.key.is_minor else "Imaj9", 4, 0.5), 0.05)
    parts = [
        Part(
            "guitar",
            Program(s.pick([24, 24, 25, 24, 24, 26, 24, 24]), reverb=35),
            humanised(rng, guitar + end, 0.1),
            1,
            -0.3,
        ),
        Part("bass", Program(32, reverb=20), humanised(rng, [*low, s.root(2)]), 2),
        Part("lead", Program(lead_sound, reverb=55), humanised(rng, lead), 1, 0.25),
        Part("drums", Program(40 if seed % 3 else 0, True, 30), humanised(rng, drums, 0.12), -1, 0.1),
    ]
    if seed % 8 in (1, 3, 6):
        pad = chords(h, 57, 74, 3, None, velocity=0.35) + s.ending(57, 74, 3, velocity=0.35)
        parts.append(Part("strings", Program(48, reverb=60), pad, -4, 0.0))
    if seed % 8 in (0, 5):
        parts.append(
            Part(
                "second",
                Program(lead_sound, reverb=55),
                [n for n in harmonised(lead, s.key) if int(n.start // 16) % 2 == 1],
                -2,
                -0.1,
            )
        )
    return Score(s.key, s.tempo_bpm, s.beats, parts, swing=0.52, tail_seconds=2.6, timing_ms=7)
