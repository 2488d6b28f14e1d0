"""Synthesised voices that several electronic styles share."""

from __future__ import annotations

from tools.composer import groove as g
from tools.composer.score import Note, Voice
from tools.composer.styles.sketch import Sketch
from tools.composer.synthesis import Fm, Subtractive

ACID: Voice = Subtractive(
    (("saw", 1, 1.0),),
    attack=0.002,
    decay=0.25,
    sustain=0.3,
    release=0.04,
    cutoff_hz=420,
    resonance=6.0,
    sweep_octaves=2.6,
    sweep_decay=0.12,
    drive=0.6,
)


ROLLING: Voice = Subtractive(
    (("saw", 1, 0.7), ("sine", 0.5, 0.8)),
    decay=0.2,
    sustain=0.4,
    release=0.05,
    cutoff_hz=260,
    resonance=1.4,
    sweep_octaves=1.8,
    sweep_decay=0.08,
)


ROUND: Voice = Subtractive(
    (("sine", 1, 1.0), ("square", 1, 0.25)),
    decay=0.3,
    sustain=0.7,
    release=0.06,
    cutoff_hz=420,
    sweep_octaves=1.0,
    sweep_decay=0.1,
)


STAB: Voice = Subtractive(
    (("saw", 1, 0.8), ("square", 1, 0.4)),
    unison=3,
    detune_cents=18,
    decay=0.18,
    sustain=0.2,
    release=0.12,
    cutoff_hz=1300,
    resonance=1.6,
    sweep_octaves=2.0,
    sweep_decay=0.14,
)


PAD: Voice = Subtractive(
    (("saw", 1, 0.8),),
    unison=5,
    detune_cents=26,
    attack=0.5,
    decay=1.0,
    sustain=0.85,
    release=0.8,
    cutoff_hz=1100,
    sweep_octaves=0.8,
    sweep_decay=1.5,
    sweep_attack=0.6,
)


PLUCK: Voice = Subtractive(
    (("square", 1, 0.7), ("saw", 2, 0.3)),
    unison=2,
    detune_cents=10,
    decay=0.22,
    sustain=0.1,
    release=0.15,
    cutoff_hz=1500,
    resonance=1.8,
    sweep_octaves=2.2,
    sweep_decay=0.12,
)


ORGAN: Voice = Subtractive(
    (("sine", 1, 0.9), ("sine", 2, 0.5), ("sine", 3, 0.3), ("sine", 0.5, 0.5)),
    attack=0.003,
    decay=0.2,
    sustain=0.8,
    release=0.05,
    cutoff_hz=5000,
    sweep_octaves=0.0,
)


KEYS: Voice = Fm(ratio=1.0, index=2.2, index_decay=0.4, decay=1.6, tine=0.25, tremolo=0.25)


HAMMERED: Voice = Fm(ratio=2.0, index=1.4, index_decay=0.25, index_floor=0.2, decay=1.0)


BELL: Voice = Fm(ratio=3.5, index=2.5, index_decay=0.6, index_floor=0.2, decay=1.4, release=0.6)


def kick_times(s: Sketch, drums: list[Note]) -> list[float]:
    return [s.seconds(n.start) for n in drums if n.pitch == g.KICK]


def staged(drums: list[Note], entries: dict[int, float], break_at: tuple[float, float]) -> list[Note]:
    """Let each drum enter at its beat; the kick leaves for the break."""
    return [
        n
        for n in drums
        if n.start >= entries.get(n.pitch, 0.0)
        and not (n.pitch in (g.KICK, g.CLAP, g.SNARE) and break_at[0] <= n.start < break_at[1])
    ]
