"""Metal: riffs, double kick, leads in thirds."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.effects import compressed, drive, filtered, shelf
from tools.composer.groove import chords, humanised
from tools.composer.melody import Singer, final_note, harmonised
from tools.composer.score import Harmony, Note, Part, Program, Score
from tools.composer.styles.sketch import Sketch, sketch

_GALLOPS = {
    "thrash": "x.xxx.xxx.xxxxxx",
    "gallop": "x.xxx.xxx.xxx.xx",
    "doom": "X.......x.....x.",
    "groove": "x..x..x...x.x.xx",
    "anthem": "x.x.x.x.x.x.x.x.",
    "chug": "xx.xx.xx.xx.x.xx",
    "black": "xxxxxxxxxxxxxxxx",
    "ballad": "x.......x.......",
}


def metal(rng: np.random.Generator, seed: int) -> Score:
    """Two distorted guitars, bass, double kick, a lead that harmonises in thirds."""
    character = ("thrash", "doom", "gallop", "groove", "anthem", "chug", "black", "ballad")[seed % 8]
    tempos = {
        "doom": (72, 88),
        "ballad": (84, 100),
        "thrash": (160, 190),
        "black": (150, 176),
        "gallop": (140, 164),
    }
    s = sketch(
        rng,
        seed,
        ["minor", "phrygian", "minor", "dorian", "minor", "phrygian", "harmonic minor", "minor"],
        tempos.get(character, (108, 136)),
        offset=4,
    )
    choice = {
        "phrygian": ("i5 | i5 | II5 | i5 II5", "VI5 | VII5 | II5 | II5"),
        "dorian": ("i5 | i5 VII5 | IV5 | i5", "III5 | IV5 | VII5 | i5"),
        "harmonic minor": ("i5 | VI5 | iv5 | V5", "i5 | bVII5 | VI5 | V5"),
    }
    first, second = choice.get(s.key.mode) or s.draw(
        [
            ("i5 | VI5 | VII5 | i5", "III5 | VII5 | VI5 | V5"),
            ("i5 | i5 | VI5 VII5 | i5", "iv5 | VI5 | III5 | VII5"),
        ]
    )
    # Power chords: written 'i5', read as upper case so that no minor third is added.
    h = s.harmony(first.replace("i5", "I5").replace("iv5", "IV5"), second.replace("i5", "I5").replace("iv5", "IV5"))
    riff = _riff(s, h, _GALLOPS[character])
    line = [n.moved(0, -12) for n in riff[::2]]
    lead_on = s.beats * (0.5 if character in ("thrash", "gallop", "anthem") else 0.65)
    fast = [
        [(i * 0.25, 0.25) for i in range(12)] + [(3, 1)],
        [(0, 0.5), (0.5, 0.25), (0.75, 0.25), (1, 1), (2, 0.5), (2.5, 0.5), (3, 1)],
    ]
    slow = [[(0, 1.5), (1.5, 0.5), (2, 2)], [(0, 1), (1, 0.5), (1.5, 0.5), (2, 2)]]
    lead = Singer(64, 86, slow if character in ("doom", "ballad", "anthem") else fast, "abac", 0.3, velocity=0.85).sing(
        rng, s.key, h, s.n_bars
    )
    lead = [n for n in lead if n.start >= lead_on]
    lead += [final_note(lead, s.key, s.beats, 3)]
    end = [Note(s.beats, 4, p, 0.9) for p in _power(s.key.tonic)]
    parts = [
        Part("left", Program(30, reverb=15), humanised(rng, riff + end, 0.05), 0, -0.85, "guitars"),
        Part(
            "right",
            Program(29 if seed % 2 else 30, reverb=15),
            humanised(rng, riff + end, 0.08),
            0,
            0.85,
            "guitars",
        ),
        Part("bass", Program(34, reverb=0), humanised(rng, [*line, s.root(1)]), 4, 0, "low"),
        Part("drums", Program(16, True, 30), humanised(rng, _metal_drums(character, s), 0.05), 4, 0, "low"),
        Part("lead", Program(30, reverb=60), humanised(rng, lead), 1, 0.1, "guitars"),
    ]
    if character in ("gallop", "anthem", "black", "ballad"):
        parts.append(
            Part(
                "lead 2",
                Program(30, reverb=60),
                humanised(rng, harmonised(lead, s.key, -2)),
                0,
                -0.1,
                "guitars",
            )
        )
    if character == "ballad":
        clean = g.arpeggio(h, 55, 74, 2, (0, 1, 2, 3, 2, 1), 0.5, 0.7, 1.0)
        parts[0].notes = [n for n in parts[0].notes if n.start >= s.beats / 3]
        parts[1].notes = [n for n in parts[1].notes if n.start >= s.beats / 3]
        parts.append(
            Part(
                "clean",
                Program(27, reverb=60, chorus=60),
                [n for n in clean if n.start < s.beats * 0.6],
                2,
                0.2,
                "low",
            )
        )
    if character == "black":
        parts.append(Part("choir", Program(48, reverb=90), chords(h, 60, 79, 3, None, velocity=0.6), -2, 0, "low"))
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        tail_seconds=2.2,
        timing_ms=5,
        master=[compressed(-18, 2.0)],
        buses={
            "guitars": [
                filtered("highpass", 85.0),
                drive(s.pick([1.6, 1.1, 2.2])),
                shelf(3500, s.pick([2.0, -2.5, 3.5, 0.0])),
            ],
            "low": [drive(1.1)],
        },
    )


def _power(root: int) -> list[int]:
    """Root, fifth, octave on the low strings."""
    low = 40 + (root - 4) % 12
    low = low - 12 if low > 48 else low
    return [low, low + 7, low + 12]


def _riff(s: Sketch, h: Harmony, pattern: str) -> list[Note]:
    """Two-voice riff: muted roots on the grid, open power chords where the harmony changes."""
    notes: list[Note] = []
    changes = {round(row[0], 3) for row in h.rows}
    for i in range(int(s.beats * 4)):
        beat = i / 4
        if pattern[i % 16] == "." and round(beat, 3) not in changes:
            continue
        low, fifth, octave = _power(h.at(beat).root)
        is_open = round(beat, 3) in changes or pattern[i % 16] == "X" or (i % 16 in (6, 12) and s.variant % 2)
        gap = next((k for k in range(1, 17) if pattern[(i + k) % 16] != "."), 16)
        length = min(gap, 8) / 4 * (0.95 if is_open else 0.55)
        notes += [
            Note(beat, length, low, 0.95 if is_open else 0.7),
            Note(beat, length, fifth if is_open else low + 12, 0.9 if is_open else 0.35),
        ]
        if is_open:
            notes.append(Note(beat, length, octave, 0.8))
    return sorted(notes, key=lambda n: (n.start, n.pitch))


def _metal_drums(character: str, s: Sketch) -> list[Note]:
    """Double kick with the riff, snare on the back beat or blasting."""
    kick = {"doom": "x.........x.....", "ballad": "x......xx.......", "anthem": "x...x.x.x...x.xx"}.get(
        character, _GALLOPS[character].lower()
    )
    beat = {g.KICK: kick, g.SNARE: "....X.......X...", g.CLOSED: "x.x.x.x.x.x.x.x."}
    other = {g.KICK: kick, g.SNARE: "....X.......X..x", g.RIDE_BELL: "x...x...x...x..."}
    if character == "thrash":
        beat[g.SNARE] = other[g.SNARE] = "..X...X...X...X."
    if character == "black":
        beat[g.SNARE] = ".x.x.x.x.x.x.x.x"
    if character in ("doom", "groove"):
        beat = {
            g.KICK: kick,
            g.SNARE: "........X.......",
            g.CHINA if _coin(s) else g.OPEN: "x...x...x...x...",
        }
    half = s.n_bars // 2
    notes = g.beat(s.rng, beat, 0, half) + g.beat(s.rng, other, half, s.n_bars - half)
    return [*notes, Note(s.beats, 2, g.CRASH, 1.0), Note(s.beats, 1, g.KICK, 1.0)]


def _coin(s: Sketch) -> bool:
    """A coin that falls by the piece's random stream."""
    return bool(s.rng.random() < 0.5)
