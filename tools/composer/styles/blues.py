"""Blues band: twelve bars, call and answer."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.effects import drive, reverb
from tools.composer.groove import bass, chords, humanised
from tools.composer.melody import Rhythm, Singer, final_note
from tools.composer.score import Harmony, Note, Part, Program, Score
from tools.composer.styles.sketch import sketch


def blues(rng: np.random.Generator, seed: int) -> Score:
    """Twelve bars (or eight, or a minor dozen): guitar or harmonica over bass, drums and keys."""
    character = ("shuffle", "slow", "boogie", "minor", "texas", "harp", "organ", "stomp")[seed % 8]
    is_short = character in ("slow", "minor", "organ")
    tempos = (84, 98) if is_short else (126, 146)
    s = sketch(rng, seed, ["blues"], tempos, multiple=8 if is_short else 12, offset=4)
    i, iv, v = ("i7", "iv7", "V7#9") if character == "minor" else ("I7", "IV7", "V7")
    second = iv if rng.random() < 0.5 else i
    text = f"{i} | {second} | {i} | {i} | {iv} | {iv} | {i} | {i} | {v} | {iv} | {i} | {v}"
    if is_short:
        text = f"{i} | {v} | {iv} | {iv} | {i} | {v} | {i} {iv} | {i} {v}"
    h = Harmony.read(s.key, text, s.n_bars)
    licks = [
        [(0, 0.5), (0.5, 0.5), (1, 0.5), (1.5, 1.5)],
        [(0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 1)],
        [(0, 0.5), (0.5, 0.5), (1, 1.5), (3.5, 0.5)],
        [(1.5, 0.5), (2, 0.5), (2.5, 0.5), (3, 1)],
    ]
    # Call for two bars, room for the band in the next two.
    lead = Singer(60, 82, licks, s.draw(["ab-c", "aab-", "ab-d"]), 0.35, 0.4, 0.85).sing(rng, s.key, h, s.n_bars)
    lead = _bent(lead)
    lead.append(final_note(lead, s.key, s.beats, 3))
    boogie = [
        (0, 0.9, 0),
        (0.5, 0.4, 0),
        (1, 0.9, 4),
        (1.5, 0.4, 4),
        (2, 0.9, 7),
        (2.5, 0.4, 9),
        (3, 0.9, 10),
        (3.5, 0.4, 9),
    ]
    line = (
        g.walking_bass(rng, s.key, h, 33, 52, 0.8)
        if character in ("shuffle", "organ", "texas")
        else bass(
            h,
            2,
            boogie
            if character == "boogie"
            else [(0, 1.4, 0), (1.5, 0.5, 0), (2, 1, 7), (3, 0.9, 9 if character != "minor" else 10)],
            velocity=0.8,
            low=29,
        )
    )
    comp: dict[str, Rhythm] = {
        "boogie": [(0, 0.4), (0.5, 0.4), (1, 0.4), (1.5, 0.4), (2, 0.4), (2.5, 0.4), (3, 0.4), (3.5, 0.4)],
        "slow": [(0, 0.9), (1, 0.9), (2, 0.9), (3, 0.9)],
    }
    backing = chords(
        h,
        52,
        68,
        3,
        comp.get(
            character,
            s.draw([[(1, 0.4), (2.5, 0.8)], [(0.5, 0.4), (1.5, 0.5), (3, 0.4)], [(1, 0.3), (3, 0.3)]]),
        ),
        velocity=0.58,
    )
    backing += s.ending(50, 70, 4, "i7" if character == "minor" else "I7", 3, 0.7)
    lead_sound, comp_sound = s.pick([(27, 0), (29, 16), (0, 27), (27, 4), (29, 27), (22, 25), (16, 27), (30, 29)])
    pattern = {g.KICK: "x..x..x..x..", g.SNARE: "...X.....X..", g.RIDE: "x..x.xx..x.x"}
    if character in ("slow", "minor"):
        pattern = {g.KICK: "x.....x..x..", g.SNARE: "...X.....X.o", g.CLOSED: "x.xx.xx.xx.x"}
    if character == "stomp":
        pattern = {g.KICK: "X..X..X..X..", g.CLAP: "...X.....X..", g.TAMBOURINE: "o.xo.xo.xo.x"}
    drums = g.beat(rng, pattern, 0, s.n_bars, step=1 / 3, level=0.75) + [
        Note(s.beats, 2, g.CRASH, 0.7),
        Note(s.beats, 1, g.KICK, 0.8),
    ]
    parts = [
        Part("bass", Program(s.pick([32, 33, 33, 33, 34]), reverb=10), humanised(rng, [*line, s.root(2, 3)]), 2),
        Part("comping", Program(comp_sound, reverb=35), humanised(rng, backing), -3, -0.35),
        Part("drums", Program(s.pick([0, 8, 0, 40]), True, 30), humanised(rng, drums), -1),
        Part("lead", Program(lead_sound, reverb=50), humanised(rng, lead, 0.1), 2, 0.2, "lead"),
    ]
    # Drums are on triplets already; the others swing to them.
    score = Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        swing=0.5,
        timing_ms=8,
        buses={"lead": [drive(2.2 if lead_sound in (22, 27) else 1.2), reverb(1.2, 0.15)]},
    )
    score.parts = [part if part.name == "drums" else _shuffled(part) for part in parts]
    return score


def _shuffled(part: Part) -> Part:
    """Move off-beat eighths to the last third of the beat."""
    part.notes = [n.moved(1 / 6) if abs(n.start % 1 - 0.5) < 1e-6 else n for n in part.notes]
    return part


def _bent(notes: list[Note]) -> list[Note]:
    """Approach long notes from a half step below, as a bent string does."""
    out = []
    for note in notes:
        if note.length >= 0.9 and note.start > 0.2:
            out.append(Note(note.start - 0.09, 0.1, note.pitch - 1, note.velocity * 0.7))
        out.append(note)
    return out
