"""Ambient: slow chords, long rooms, small bells."""

from __future__ import annotations

import numpy as np

from tools.composer.effects import chorus, echo, reverb, shelf, sweep, vinyl, wow
from tools.composer.groove import arpeggio, bass, chords
from tools.composer.melody import Rhythm, Singer
from tools.composer.score import Note, Part, Score, Voice
from tools.composer.styles.sketch import sketch
from tools.composer.synthesis import Fm, Subtractive

_WARM = Subtractive(
    (("saw", 1, 0.6), ("triangle", 0.5, 0.4)),
    unison=5,
    detune_cents=20,
    attack=1.6,
    decay=3.0,
    sustain=0.9,
    release=3.0,
    cutoff_hz=900,
    sweep_octaves=0.9,
    sweep_attack=2.0,
    sweep_decay=3.0,
    poles=2,
)
_GLASS = Fm(2.0, 0.8, 3.0, 0.2, attack=0.9, decay=5.0, sustain=0.6, release=2.5, tremolo=0.2)
_CHOIR = Subtractive(
    (("triangle", 1, 0.8), ("saw", 1, 0.25)),
    unison=5,
    detune_cents=34,
    attack=1.2,
    decay=2.0,
    sustain=0.9,
    release=2.4,
    cutoff_hz=1700,
    resonance=2.2,
    sweep_octaves=0.3,
    noise=0.015,
)
_AIR = Subtractive(
    (("sine", 1, 0.9), ("triangle", 2, 0.25)),
    unison=3,
    detune_cents=14,
    attack=1.0,
    decay=2.0,
    sustain=0.85,
    release=2.5,
    cutoff_hz=2400,
    sweep_octaves=0.4,
    noise=0.06,
)
_CHIME = Fm(3.53, 2.2, 1.2, 0.15, decay=3.0, release=2.0)
_DROP = Fm(1.0, 1.2, 0.3, 0.1, decay=1.6, release=1.2)
_STRING = Subtractive(
    (("saw", 1, 0.7),),
    unison=3,
    detune_cents=14,
    attack=0.5,
    decay=1.0,
    sustain=0.8,
    release=1.4,
    cutoff_hz=1500,
    sweep_octaves=0.4,
    vibrato_cents=14,
)
_LOW = Subtractive(
    (("sine", 1, 1.0), ("triangle", 1, 0.3)),
    attack=0.8,
    decay=2.0,
    sustain=0.9,
    release=2.2,
    cutoff_hz=380,
    sweep_octaves=0.2,
)


def ambient(rng: np.random.Generator, seed: int) -> Score:
    """Chords that take two bars to open, and what drips onto them."""
    character = ("tide", "glass", "cathedral", "aurora", "rain", "drone", "garden", "tape")[seed % 8]
    s = sketch(
        rng,
        seed,
        ["lydian", "major", "dorian", "mixolydian", "minor", "phrygian", "major pentatonic", "minor"],
        (60, 84),
        offset=8,
    )
    text = {
        "lydian": ["Imaj7#11 | Imaj7#11 | II | II", "Imaj9 | iii7 | Imaj9 | II"],
        "major": ["Imaj9 | Imaj9 | IVmaj9 | IVmaj9", "IVmaj9 | Imaj9 | vi9 | V7sus4"],
        "dorian": ["im11 | im11 | IVadd9 | IVadd9", "i9 | VIImaj7 | IVadd9 | i9"],
        "mixolydian": ["Iadd9 | VIIadd9 | IVadd9 | Iadd9"],
        "minor": ["i9 | VImaj9 | i9 | iv9", "VImaj9 | VImaj9 | i9 | v7"],
        "phrygian": ["i | i | IImaj7 | IImaj7"],
        "major pentatonic": ["Iadd9 | Iadd9 | vi7 | IVmaj9"],
    }[s.key.mode]
    h = s.harmony(s.draw(text))
    pad, low, detail = _layers(character)
    held = chords(h, 52, 76, 4, None, velocity=0.55)
    held = [Note(n.start, n.length * 1.15, n.pitch, n.velocity) for n in held] + s.ending(
        50, 74, 4, "" if s.key.is_minor else "Iadd9", 5, 0.5
    )
    parts = [
        Part("pad", pad, held, -2, 0, "pad"),
        Part("low", low, bass(h, 1, [(0, 3.9, 0)], velocity=0.6, low=31), -9),
    ]
    if character == "drone":
        parts[1].notes = [
            Note(i * 8.0, 8.5, p, 0.6)
            for i in range(int(s.beats / 8) + 1)
            for p in (24 + s.key.tonic + 12, 31 + s.key.tonic + 12)
        ]
    slow: list[Rhythm] = [[(0, 2), (2, 2)], [(0, 3), (3, 1)], [(1, 2), (3, 1)], [(0.5, 1.5), (2, 1), (3, 1)]]
    tune = Singer(69, 91, slow, s.draw(["a-b-", "-ab-", "aab-"]), 0.5, 0.5, 0.6).sing(rng, s.key, h, s.n_bars)
    parts.append(Part("tune", detail, tune, -1, 0.2, "detail"))
    if character in ("glass", "rain", "garden", "aurora"):
        drops = arpeggio(
            h,
            67,
            91,
            4,
            tuple(int(x) if x < 6 else -1 for x in rng.integers(0, 10, 16)),
            0.5 if character != "rain" else 0.25,
            0.4,
            1.0,
            5,
        )
        parts.append(Part("drops", _DROP if character != "aurora" else _CHIME, drops, -4, -0.3, "detail"))
    end = s.seconds(s.beats)
    dark, bright = s.pick(
        [
            (1100, 6000),
            (2600, 11_000),
            (1400, 4500),
            (1800, 12_000),
            (3500, 8000),
            (700, 2800),
            (3000, 10_000),
            (1200, 3800),
        ]
    )
    points = [(0, dark), (end * 0.55, bright), (end, dark * 1.3)]
    master = [wow(0.002, 0.4), vinyl(0.0015, seed)] if character == "tape" else []
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        timing_ms=25,
        tail_seconds=4.0,
        fade_out_seconds=3.5,
        master=master,
        buses={
            "pad": [
                sweep(points, 0.8),
                shelf(900, 5.0),
                chorus(3.0, 0.2, 0.5),
                reverb(4.0, 0.4, 3800, 0.03, seed % 4),
            ],
            "detail": [echo(s.seconds(1.5), 0.5, 0.45, 4000), reverb(4.5, 0.5, 5000, 0.04, 1 + seed % 3)],
        },
    )


def _layers(character: str) -> tuple[Voice, Voice, Voice]:
    """Pad, low voice and detail voice of a character."""
    table: dict[str, tuple[Voice, Voice, Voice]] = {
        "tide": (_WARM, _LOW, _DROP),
        "glass": (_GLASS, _LOW, _CHIME),
        "cathedral": (_CHOIR, _LOW, _STRING),
        "aurora": (_AIR, _LOW, _CHIME),
        "rain": (_AIR, _LOW, _DROP),
        "drone": (_WARM, _WARM, _STRING),
        "garden": (_GLASS, _LOW, _DROP),
        "tape": (_STRING, _LOW, _GLASS),
    }
    return table[character]
