"""Text from strangers: cleaned, shortened, made safe for a spreadsheet, a terminal and Streamlit's Markdown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synesthete.key import Key
from synesthete.tempo import Tempo
from synesthete.text import no_formula, printable, shorten
from synesthete.ui.text import count, dotted, plain, tempo_and_key

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(ANYTHING)
def test_what_is_printable_cannot_steer(text):
    shown = printable(text, "?")
    assert len(shown) == len(text)
    assert len(shown.splitlines()) <= 1
    assert not set(shown) & set(BIDI)
    left = {unicodedata.category(sign) for sign in shown if sign not in "\u200c\u200d"}
    assert not left & {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
    assert shown.encode() or not shown  # no lone surrogate is left


@pytest.mark.parametrize("text", ["emoji 👩‍🎤 ❤️", "می‌خواهم", "e\u0301 Ünïcödé 歌 ﾊﾝｶｸ", "עברית", "a  b", "÷ + !!!", ""])
def test_what_people_write_stays_as_it_is(text):
    assert printable(text, "?") == text


def test_what_is_not_printable_is_replaced_or_left_out():
    assert printable("so\x1b[31mng\u202e\n.mp3") == "so[31mng.mp3"
    assert printable("a\tb\u2028c\ud800\x9bd", "�") == "a�b�c��d"
    assert printable("全角\u3000空白\u00a0!") == "全角 空白 !"


@given(ANYTHING, st.integers(1, 50))
def test_shortened_text_fits_and_says_so(text, most):
    cut = shorten(text, most)
    assert len(cut) <= most
    assert cut == text if len(text) <= most else cut.endswith("…") and text.startswith(cut[:-1])


def test_no_blank_stands_before_the_dots():
    assert shorten("A very long title", 8) == "A very…"
    assert shorten("exactly 10", 10) == "exactly 10"


@pytest.mark.parametrize("cell", ['=HYPERLINK("x")', "+1", "-2+3", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠x"])
def test_a_formula_becomes_text(cell):
    assert no_formula(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "plain", "1-2", "'=1", "a=b"])
def test_what_is_no_formula_stays(cell):
    assert no_formula(cell) == cell


@pytest.mark.parametrize(
    "hostile",
    [
        "![x](http://a.example/p.png)",
        "[link](javascript:alert(1))",
        ":red[loud]",
        "<script>",
        "$x^2$",
        "# head",
        "`code`",
    ],
)
def test_markup_is_escaped(hostile):
    shown = plain(hostile)
    assert shown.replace("\\", "").replace("\u2060", "") == hostile
    for mark in "[]()<>$#`:!":
        assert f"{mark}" not in shown.replace(f"\\{mark}", "")


@given(ANYTHING)
def test_it_is_one_line_of_bounded_length(text):
    shown = plain(text, limit=40)
    assert len(shown.splitlines()) <= 1 and not set(shown) & set(BIDI)
    assert len(shown) <= 120  # a backslash and a word joiner at most for each letter


def test_count():
    assert [count(1, "track"), count(0, "track"), count(1204, "track")] == [
        "1 track",
        "0 tracks",
        "1,204 tracks",
    ]


def test_only_the_parts_that_are_there_are_joined():
    assert dotted("Title", "", "Rock", "3:05") == "Title · Rock · 3:05"
    assert dotted("", "") == ""


@pytest.mark.parametrize("acting", ["www.evil.example", "https://evil.example", "a@b.example", ":material/home:"])
def test_addresses_and_icons_are_parted_by_a_sign_nobody_sees(acting):
    shown = plain(acting).replace("\\", "")
    assert shown != acting and shown.replace("\u2060", "") == acting


def test_tempo_and_key_say_what_is_sure_alone():
    tempo, key = Tempo(96.4, 192.8, 0.5, 0.6), Key(1, True, 0.2, 0.8)
    assert tempo_and_key(tempo, key) == "About 96 beats a minute, or 193 · C♯ minor"
    assert tempo_and_key(tempo, None) == "About 96 beats a minute, or 193"
    assert tempo_and_key(None, key) == "C♯ minor"
    assert tempo_and_key(None, None) == ""
