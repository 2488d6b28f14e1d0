"""From a score to samples: beats become seconds, parts sound, buses and master are mixed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.composer import midi
from tools.composer.mastering import mastered
from tools.composer.score import Part, Program, Samples, Score
from tools.composer.synthesis import SAMPLE_RATE_HZ

_OUT_OF_PHASE = (5, 16, 26, 27)
"""Programs whose two channels cancel in mono: only the left one is taken, and placed anew."""


def performed(score: Score, part: Part, rng: np.random.Generator) -> list[midi.Timed]:
    """A part's notes in seconds, with swing, rubato and a human hand."""
    out = []
    for note in sorted(part.notes, key=lambda n: (n.start, n.pitch)):
        start = score.seconds_at(note.start) + float(np.clip(rng.standard_normal(), -2, 2)) * score.timing_ms / 1000
        out.append((max(start, 0.0), note.length * 60.0 / score.tempo_bpm, note.pitch, note.velocity))
    return out


def mix(score: Score, rng: np.random.Generator) -> Samples:
    """Render and master a score.

    Returns
    -------
    np.ndarray [2, n], float32, in [-1, 1], 44.1 kHz
    """
    n = int(score.seconds * SAMPLE_RATE_HZ)
    total = np.zeros((2, n))
    timed = [(part, performed(score, part, rng)) for part in score.parts if part.notes]
    for bus in dict.fromkeys(part.bus for part, _ in timed):
        members = [(part, notes) for part, notes in timed if part.bus == bus]
        sound = np.zeros((2, n))
        sound += _sampled(members, score.seconds, n)
        for part, notes in members:
            if not isinstance(part.instrument, Program):
                sound += _synthesised(part, notes, n)
        for effect in score.buses.get(bus, []):
            sound = effect(sound)
        total += sound
    for effect in score.master:
        total = effect(total)
    return mastered(total, fade_out_seconds=score.fade_out_seconds)


def _sampled(members: Sequence[tuple[Part, list[midi.Timed]]], seconds: float, n: int) -> Samples:
    """Sound of the General MIDI parts, [2, n]."""
    out = np.zeros((2, n))
    players = [(p, notes, p.instrument) for p, notes in members if isinstance(p.instrument, Program)]
    plain = [(p, notes) for p, notes, i in players if i.is_drums or i.number not in _OUT_OF_PHASE]
    if plain:
        out += midi.render(plain, seconds)
    for part, notes, instrument in players:
        if not instrument.is_drums and instrument.number in _OUT_OF_PHASE:
            angle = np.pi / 4 * (1 + part.pan)
            out += np.array([[np.cos(angle)], [np.sin(angle)]]) * midi.render([(part, notes)], seconds)[0]
    return out


def _synthesised(part: Part, notes: Sequence[midi.Timed], n: int) -> Samples:
    """Sound of a voice or a synthesised kit, [2, n]."""
    out = np.zeros((2, n))
    instrument = part.instrument
    assert not isinstance(instrument, Program)
    gain = 10 ** (part.gain_db / 20)
    angle = np.pi / 4 * (1 + part.pan)
    sides = np.array([[np.cos(angle)], [np.sin(angle)]]) * np.sqrt(2)
    kept: dict[tuple[float, float, float], np.ndarray] = {}
    for start, length, pitch, velocity in notes:
        if isinstance(instrument, dict):
            if pitch not in instrument:
                continue
            sound = instrument[pitch] * velocity
        else:
            # Notes that differ by less than an ear hears share their samples.
            name = (pitch, round(length, 2), max(0.05, round(velocity * 16) / 16))
            if name not in kept:
                kept[name] = instrument(440.0 * 2 ** ((pitch - 69) / 12), name[1], name[2])
            sound = kept[name]
        first = int(start * SAMPLE_RATE_HZ)
        piece = sound[..., : max(0, n - first)]
        out[:, first : first + piece.shape[-1]] += gain * sides * piece
    return out
