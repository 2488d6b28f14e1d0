import re
from xml.etree import ElementTree

import pytest

from synesthete.ui.initials import initials, picture_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Blue Shutters", "BS"), ("drumline", "D"), ("The Tinker's Reel", "TT"), ("(Untitled) 7", "U7"), ("", ""),
     ("<script> &amp;", "SA"), ("été d'or", "ÉD"), ("… —", ""), ("ßa", "SS"), ("花 火", "花火")],
)  # fmt: skip
def test_initials(name, expected):
    assert initials(name) == expected


def luminance(colour):
    parts = [value / 255 for value in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_picture_is_sound_and_can_be_read_whatever_the_name():
    for number in range(300):
        svg = ElementTree.fromstring(picture_of(f"<&>{chr(number + 1)} \ud800 name", str(number)))
        colour = [int(value) for value in re.findall(r"\d+", svg[0].attrib["fill"])]
        assert 1.05 / (luminance(colour) + 0.05) > 4.5


def test_the_tracks_of_an_artist_have_one_colour():
    one, other = picture_of("One", "Artist"), picture_of("Two", "artist")
    assert re.findall(rb"rgb.*?\)", one) == re.findall(rb"rgb.*?\)", other) != re.findall(rb"rgb.*?\)", picture_of("T"))
