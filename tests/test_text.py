"""Text from strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synesthete.ui.text import count, plain


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


@given(st.text())
def test_it_is_one_line_of_bounded_length(text):
    shown = plain(text, limit=40)
    assert "\n" not in shown and "\r" not in shown and "\u202e" not in shown
    assert len(shown) <= 120  # a backslash and a word joiner at most for each letter


def test_count():
    assert [count(1, "track"), count(0, "track"), count(1204, "track")] == [
        "1 track",
        "0 tracks",
        "1,204 tracks",
    ]


@pytest.mark.parametrize("acting", ["www.evil.example", "https://evil.example", "a@b.example", ":material/home:"])
def test_addresses_and_icons_are_parted_by_a_sign_nobody_sees(acting):
    shown = plain(acting).replace("\\", "")
    assert shown != acting and shown.replace("\u2060", "") == acting
