"""Four voices that move together: string quartet, brass ensemble, choir."""

from __future__ import annotations

import numpy as np

from tools.composer import groove as g
from tools.composer.groove import arpeggio, bass, chords, humanised
from tools.composer.melody import Rhythm, Singer, final_note, harmonised
from tools.composer.score import Harmony, Note, Part, Program, Score, shaped
from tools.composer.styles.sketch import Sketch, sketch

_HALVES: list[Rhythm] = [[(0, 2), (2, 1), (3, 1)], [(0, 1), (1, 1), (2, 2)], [(0, 3), (3, 1)]]
_RUNNING: list[Rhythm] = [
    [(0, 0.5), (0.5, 0.5), (1, 0.5), (1.5, 0.5), (2, 1), (3, 1)],
    [(0, 1), (1, 0.5), (1.5, 0.5), (2, 0.5), (2.5, 0.5), (3, 1)],
]
_MARCH: list[Rhythm] = [
    [(0, 1), (1, 0.75), (1.75, 0.25), (2, 1), (3, 1)],
    [(0, 0.5), (0.5, 0.5), (1, 1), (2, 1.5), (3.5, 0.5)],
]
_MAJOR = [("I | IV | ii | V7", "vi | iii | IV | V7"), ("I V | vi iii | IV I | ii V7", "IV | I | V7/V | V7")]
_MINOR = [
    ("i | iv | VII | III", "VI | iv | iim7b5 | V7"),
    ("i V7 | i iv | VII III | VI V7", "iv | i | VI | V7"),
]


def _voices(
    h: Harmony,
    low: int,
    high: int,
    n: int,
    rhythm: Rhythm | None,
    velocity: float,
    cycle: float = 4.0,
) -> list[list[Note]]:
    """Voice-led chords taken apart: one list a voice, lowest first."""
    stacked = chords(h, low, high, n, rhythm, cycle, velocity)
    return [stacked[i::n] for i in range(n)]


def _harmony(s: Sketch, modal: tuple[str, str] | None = None) -> Harmony:
    first, second = modal or s.draw(_MINOR if s.key.is_minor else _MAJOR)
    return s.harmony(first, second, ("V7",) if modal is None else ())


def _swell(s: Sketch, low: float = 0.7) -> list[tuple[float, float]]:
    """Dynamics: four-bar breaths inside one long rise."""
    points = [(0.0, low)]
    for phrase in range(int(np.ceil(s.n_bars / 4))):
        height = low + 0.35 * np.sin(np.pi * (phrase + 1) / (s.n_bars / 4 + 1.5))
        points += [
            ((4 * phrase + 2) * s.beats_per_bar, height + 0.1),
            ((4 * phrase + 3.9) * s.beats_per_bar, height - 0.05),
        ]
    return [*points, (s.beats + 8, low)]


def string_quartet(rng: np.random.Generator, seed: int) -> Score:
    """Two violins, viola, cello."""
    character = ("song", "pizzicato", "chorale", "minuet", "storm", "elegy", "pulse", "dance")[seed % 8]
    tempos = {
        "song": (84, 100),
        "pizzicato": (104, 132),
        "chorale": (66, 80),
        "minuet": (120, 144),
        "storm": (136, 160),
        "elegy": (60, 72),
        "pulse": (112, 132),
        "dance": (112, 128),
    }
    minor = {"storm": ["minor", "harmonic minor"], "elegy": ["minor"], "pulse": ["dorian", "minor"]}
    beats = 3.0 if character == "minuet" else 4.0
    s = sketch(rng, seed, minor.get(character, ["major", "major", "minor"]), tempos[character], beats, offset=7)
    h = _harmony(s, ("i | VII | IV | i", "III | VII | IV | v") if s.key.mode == "dorian" else None)
    lines = _quartet_lines(character, s, h)
    end = s.ending(55, 76, 3, length=5, velocity=0.6)
    lines = [line + [note] for line, note in zip(lines, [end[2], end[1], end[0], s.root(2, 5, 0.6)], strict=True)]
    plucked = character == "pizzicato"
    sounds = [45 if plucked and i else p for i, p in enumerate((40, 40, 41, 42))]
    pans = (-0.5, -0.2, 0.25, 0.5)
    parts = [
        Part(
            f"voice {i}",
            Program(sounds[i], reverb=60),
            shaped(humanised(rng, line), _swell(s)),
            (2.0, -1.0, -1.0, 1.0)[i],
            pans[i],
        )
        for i, line in enumerate(lines)
    ]
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        beats,
        rubato=0.0 if character in ("storm", "pulse", "dance") else 0.03,
        tail_seconds=2.8,
        timing_ms=8,
    )


def _quartet_lines(character: str, s: Sketch, h: Harmony) -> list[list[Note]]:
    """First violin, second violin, viola, cello."""
    b = s.beats_per_bar
    table: dict[str, list[Rhythm]] = {
        "minuet": [
            [(0, 1), (1, 1), (2, 1)],
            [(0, 1.5), (1.5, 0.5), (2, 1)],
            [(0, 0.5), (0.5, 0.5), (1, 1), (2, 1)],
        ],
        "storm": _RUNNING,
        "dance": _MARCH,
        "pizzicato": _RUNNING,
    }
    rhythms = table.get(character, _HALVES)
    top = Singer(69, 90, rhythms, "abacabdc", 0.25, velocity=0.78).sing(s.rng, s.key, h, s.n_bars, b)
    top = [n for n in top if n.start < s.beats]
    strokes: list[tuple[float, float]] | None = None
    if character == "storm":
        strokes = [(i * 0.5, 0.3) for i in range(8)]
    elif character in ("pulse", "dance"):
        strokes = [(0, 0.4), (0.5, 0.3), (1.5, 0.4), (2, 0.4), (3, 0.4), (3.5, 0.3)]
    elif character == "minuet":
        strokes = [(1, 0.6), (2, 0.6)]
    elif character == "pizzicato":
        strokes = [(0.5, 0.4), (1.5, 0.4), (2.5, 0.4), (3.5, 0.4)]
    low, middle = _voices(h, 50, 69, 2, strokes, 0.55, b)
    if character == "pulse":
        middle = arpeggio(h, 57, 72, 3, (0, 1, 2, 1), 0.25, 0.5)
    if character == "song":
        middle = harmonised(top, s.key, -2)
    figures: dict[str, list[tuple[float, float, int]]] = {
        "storm": [(i * 0.5, 0.4, 0) for i in range(8)],
        "minuet": [(0, 2.6, 0)],
        "pizzicato": [(0, 0.8, 0), (2, 0.8, 7)],
        "dance": [(0, 0.9, 0), (1, 0.9, 7), (2, 0.9, 0), (3, 0.9, 7)],
    }
    cello = bass(h, 2, figures.get(character, [(0, 1.95, 0), (2, 1.95, 0)]), b, 0.62, 36)
    if character == "elegy":  # the cello sings, the violins answer from above
        cello = Singer(43, 62, _HALVES, "abac", 0.3, velocity=0.8).sing(s.rng, s.key, h, s.n_bars)
        top = [n for n in top if int(n.start // 4) % 4 >= 2]
    return [top, middle, low, cello]


def _strokes(s: Sketch) -> Rhythm:
    """Accompanying rhythm of the middle brass."""
    options: list[Rhythm] = [
        [(0, 0.8), (1, 0.8), (2, 0.8), (3, 0.8)],
        [(0, 1.4), (1.5, 0.4), (2, 1.4), (3.5, 0.4)],
        [(0.5, 0.4), (1.5, 0.4), (2.5, 0.4), (3.5, 0.4)],
        [(0, 0.3), (0.5, 0.3), (0.75, 0.3), (2, 0.3), (2.5, 0.3), (2.75, 0.3)],
    ]
    return s.draw(options)


def brass(rng: np.random.Generator, seed: int) -> Score:
    """Trumpets, horn, trombone, tuba, sometimes with drums."""
    character = ("fanfare", "chorale", "march", "swagger", "heroic", "sunset", "parade", "antiphon")[seed % 8]
    tempos = {"chorale": (66, 80), "sunset": (64, 76), "march": (112, 122), "heroic": (96, 112)}
    minor = {"swagger": ["dorian"], "heroic": ["minor", "mixolydian"]}
    s = sketch(
        rng,
        seed,
        minor.get(character, ["major", "major", "mixolydian"]),
        tempos.get(character, (104, 124)),
        offset=10,
    )
    modal = {
        "mixolydian": ("I | VII | IV | I", "v | IV | VII | I"),
        "dorian": ("i7 | IV7 | i7 | VII", "IV7 | IV7 | VII | v7"),
    }
    h = _harmony(s, modal.get(s.key.mode))
    slow = character in ("chorale", "sunset")
    lead = Singer(62, 81, _HALVES if slow else _MARCH, "abacabdc", 0.4, velocity=0.82).sing(rng, s.key, h, s.n_bars)
    second = harmonised(lead, s.key, -2)
    if character == "antiphon":  # trumpet calls for two bars, horns answer for two
        second = [n.moved(0, -12) for n in lead if int(n.start // 8) % 2] + harmonised(lead, s.key, -9)
        lead = [n for n in lead if int(n.start // 8) % 2 == 0]
    if character == "parade":  # a piccolo above, the trumpets on its tune
        second, lead = lead, [n.moved(0, 12) for n in lead]
    strokes = None if slow else _strokes(s)
    inner = _voices(h, 48, 67, 3, strokes, 0.58)
    low = bass(
        h,
        1,
        [(0, 3.8, 0)] if slow else [(0, 0.8, 0), (1, 0.8, 7), (2, 0.8, 0), (3, 0.8, 7)],
        velocity=0.7,
        low=29,
    )
    end = s.ending(53, 77, 4, length=3.5, velocity=0.75)
    lead.append(final_note(lead, s.key, s.beats, 3.5))
    p_lead, p_second, p_inner = s.pick(
        [
            (56, 56, 57),
            (60, 60, 57),
            (56, 60, 57),
            (61, 61, 57),
            (60, 57, 60),
            (59, 60, 60),
            (72, 56, 57),
            (56, 60, 60),
        ]
    )
    swell = _swell(s, 0.75)
    parts = [
        Part("lead", Program(p_lead, reverb=60), shaped(humanised(rng, lead), swell), 2, -0.3),
        Part("second", Program(p_second, reverb=60), shaped(humanised(rng, second), swell), -1, 0.3),
        Part("inner", Program(p_inner, reverb=60), shaped([n for v in inner for n in v] + end, swell), -1, 0.15),
        Part("tuba", Program(58, reverb=50), shaped([*low, s.root(1, 3.5)], swell), 2, 0.0),
    ]
    if character in ("march", "parade", "swagger", "fanfare"):
        pattern = {
            g.KICK: "x.......x.......",
            g.SNARE: s.draw(["x..xx.x.x..xx.xx", "....x.......x.oo", "x.oox.oox.oox.xx"]),
            g.PEDAL: "....x.......x...",
        }
        parts.append(
            Part(
                "drums",
                Program(0, True, 45),
                humanised(rng, g.beat(rng, pattern, 0, s.n_bars, level=0.6))
                + [Note(s.beats, 1, g.CRASH, 0.7), Note(s.beats, 1, g.KICK, 0.7)],
            )
        )
    elif character == "heroic":
        rolls = bass(h, 2, [(0, 0.5, 0), (2.5, 0.3, 0), (3, 0.4, 7)], velocity=0.7, low=38)
        parts.append(Part("timpani", Program(47, reverb=60), rolls + [s.root(2, 2, 0.9)]))
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        swing=0.6 if character == "swagger" else 0.5,
        rubato=0.03 if slow else 0.0,
        tail_seconds=2.6,
    )


def choir(rng: np.random.Generator, seed: int) -> Score:
    """Voices in a large room, alone, or over organ or bells."""
    character = ("chorale", "plainsong", "carol", "vespers", "lullaby", "canticle", "hum", "round")[seed % 8]
    tempos = {
        "plainsong": (60, 72),
        "vespers": (60, 70),
        "hum": (58, 68),
        "carol": (92, 112),
        "round": (88, 104),
    }
    modes = {
        "plainsong": ["dorian", "phrygian"],
        "vespers": ["minor"],
        "canticle": ["mixolydian"],
        "hum": ["lydian", "minor"],
    }
    s = sketch(
        rng,
        seed,
        modes.get(character, ["major", "minor", "major"]),
        tempos.get(character, (70, 88)),
        offset=5,
    )
    modal = {
        "dorian": ("i | VII | IV | i", "v | VII | i | i"),
        "phrygian": ("i | II | i | vii", "VI | II | i | i"),
        "mixolydian": ("I | VII | IV | I", "v | IV | VII | I"),
        "lydian": ("Iadd9 | II | vi | Iadd9", "iii | II | vi | V"),
    }
    h = _harmony(s, modal.get(s.key.mode))
    quick = character in ("carol", "round")
    top = Singer(64, 80, _MARCH if quick else _HALVES, "aabaacab", 0.12, velocity=0.8).sing(rng, s.key, h, s.n_bars)
    top.append(final_note(top, s.key, s.beats, 5))
    inner = _voices(h, 50, 66, 3, [(0, 1.9), (2, 1.9)] if quick else None, 0.6)
    low = bass(h, 2, [(0, 3.9, 0)], velocity=0.62, low=38)
    if character == "plainsong":
        inner = [[n.moved(0, -12) for n in top]]
    if character == "round":
        inner = [[n.moved(8) for n in top if n.start + 8 < s.beats], inner[0]]
    end = s.ending(52, 72, 3, length=5, velocity=0.65)
    women, men = s.pick([(52, 52), (52, 52), (52, 53), (53, 52), (53, 53), (52, 52), (53, 53), (52, 53)])
    swell = _swell(s, 0.7)
    parts = [
        Part("soprano", Program(women, reverb=90, chorus=20), shaped(humanised(rng, top), swell), 2, -0.25),
        Part(
            "inner",
            Program(men, reverb=90, chorus=20),
            shaped([n for v in inner for n in v] + end, swell),
            -1,
            0.25,
        ),
        Part("bass", Program(52, reverb=90), shaped([*low, s.root(2, 5, 0.6)], swell), 0, 0.05),
    ]
    if character in ("canticle", "vespers", "carol"):
        organ = chords(h, 48, 72, 4, None, velocity=0.5) + end + [n.moved(0, -12) for n in low]
        parts.append(Part("organ", Program(19, reverb=80), organ, -4))
    if character in ("lullaby", "carol"):
        parts.append(
            Part(
                "bells",
                Program(s.draw([9, 10, 14]), reverb=80),
                arpeggio(h, 72, 88, 3, (0, 2, 1, 2), 1.0 if not quick else 0.5, 0.5),
                -4,
                0.4,
            )
        )
    return Score(
        s.key,
        s.tempo_bpm,
        s.beats,
        parts,
        rubato=0.0 if quick else 0.04,
        tail_seconds=3.0,
        timing_ms=12,
        master=[],
    )
