"""Scales, chords and voice leading against what every harmony book says."""

import pytest

from synesthete.errors import SynestheteError
from tools.composer.theory import Chord, Key, nearest, voicing

C, D, E, F, G, A, B = 0, 2, 4, 5, 7, 9, 11


def test_c_major_is_the_white_keys():
    assert Key(C, "major").pitch_classes == (C, D, E, F, G, A, B)


@pytest.mark.parametrize(
    ("tonic", "mode", "expected"),
    [
        (D, "dorian", (D, E, F, G, A, B, C)),
        (A, "minor", (A, B, C, D, E, F, G)),
        (F, "lydian", (F, G, A, B, C, D, E)),
        (A, "harmonic minor", (A, B, C, D, E, F, 8)),
    ],
)
def test_modes(tonic, mode, expected):
    assert Key(tonic, mode).pitch_classes == expected


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("Dm7", (D, F, A, C)),
        ("Cmaj7", (C, E, G, B)),
        ("G7", (G, B, D, F)),
        ("F#dim", (6, A, C)),
        ("Bbm", (10, 1, F)),
        ("C9", (C, E, G, 10, D)),
    ],
)
def test_chord_symbols(symbol, expected):
    assert Chord.parse(symbol).pitch_classes == expected


@pytest.mark.parametrize(
    ("tonic", "mode", "numeral", "symbol"),
    [
        (C, "major", "ii7", "Dm7"),
        (C, "major", "V7/V", "D7"),
        (C, "major", "bII7", "C#7"),
        (A, "minor", "VI", "F"),
        (A, "minor", "iim7b5", "Bm7b5"),
        (D, "mixolydian", "VII", "C"),
        (C, "major", "I6/9", "C6/9"),
    ],
)
def test_roman_numerals(tonic, mode, numeral, symbol):
    assert Key(tonic, mode).chord(numeral) == Chord.parse(symbol)


def test_a_scale_bends_where_the_chord_leaves_the_key():
    a_minor = Key(A, "minor")
    assert set(a_minor.scale_over(a_minor.chord("V7"))) >= {E, 8, B, D}
    assert G not in a_minor.scale_over(a_minor.chord("V7"))


def test_unknown_names_are_refused():
    with pytest.raises(SynestheteError, match="'H7'"):
        Chord.parse("H7")
    with pytest.raises(SynestheteError, match="'IX'"):
        Key(C, "major").chord("IX")
    with pytest.raises(SynestheteError, match="'locrian b4'"):
        Key(C, "locrian b4")


def test_nearest_pitch():
    assert nearest(61, (C, E, G)) == 60
    assert nearest(66, (C, E, G)) == 67


def test_voices_move_little_and_keep_common_tones():
    c_major, a_minor = Chord.parse("C"), Chord.parse("Am")
    first = voicing(c_major, (), 52, 72, 3)
    second = voicing(a_minor, first, 52, 72, 3)
    assert {p % 12 for p in second} == {A, C, E}
    # C to A minor: one voice moves, by a tone.
    assert sum(abs(a - b) for a, b in zip(first, second, strict=True)) == 2


def test_voicing_stays_in_range():
    for symbol in ("Dm9", "G13", "Cmaj7", "F#m7b5"):
        placed = voicing(Chord.parse(symbol), (), 50, 70, 4)
        assert len(placed) == 4
        assert min(placed) >= 50
        assert max(placed) <= 70
