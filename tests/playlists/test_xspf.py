"""XSPF read back by ElementTree, and held against the rules of the specification (version 1)."""

import re
from pathlib import Path
from xml.etree import ElementTree

from hostile import playlists
from hypothesis import given

from synesthete.playlists import Entry, Playlist, write
from synesthete.playlists.playlist import one_line
from synesthete.tracks import Track

NS = "{http://xspf.org/ns/0/}"
# The order in which the specification names them.
PLAYLIST_ORDER = [
    "title",
    "creator",
    "annotation",
    "info",
    "location",
    "identifier",
    "image",
    "date",
    "license",
]
PLAYLIST_ORDER += ["attribution", "link", "meta", "extension", "trackList"]
TRACK_ORDER = [
    "location",
    "identifier",
    "title",
    "creator",
    "annotation",
    "info",
    "image",
    "album",
    "trackNum",
]
TRACK_ORDER += ["duration", "link", "meta", "extension"]
REPEATABLE = {"location", "identifier", "link", "meta", "extension"}
URI_REFERENCE = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")  # RFC 3986
PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def check_rules(root):
    """The specification as a list: namespace, version, known elements, order, how often, contents."""
    assert root.tag == f"{NS}playlist" and root.attrib == {"version": "1"}
    check_children(root, PLAYLIST_ORDER, {"link", "meta", "extension"})
    assert len(root.findall(f"{NS}trackList")) == 1
    for track in root.find(f"{NS}trackList"):
        assert track.tag == f"{NS}track" and not track.attrib
        check_children(track, TRACK_ORDER, REPEATABLE)
        for element in track:
            name, text = element.tag.removeprefix(NS), element.text
            assert text and text == text.strip()
            if name in ("location", "identifier"):
                assert URI_REFERENCE.fullmatch(text) and not PERCENT.search(text)
            if name == "duration":
                assert text.isdigit()
            if name == "meta":
                assert re.match(r"[a-z][a-z0-9+.-]*:", element.attrib["rel"])
            else:
                assert not element.attrib


def check_children(parent, order, repeatable):
    names = [child.tag.removeprefix(NS) for child in parent]
    assert all(child.tag.startswith(NS) for child in parent)
    assert names == sorted(names, key=order.index)
    assert all(names.count(name) == 1 for name in names if name not in repeatable)


@given(playlists)
def test_the_rules_hold_for_anything(playlist):
    for folder in (None, Path("/music")):
        content = write(playlist, "xspf", relative_to=folder)
        root = ElementTree.fromstring(content)
        check_rules(root)
        titles = [element.text for element in root.iterfind(f".//{NS}track/{NS}title")]
        assert titles == [entry.title for entry in playlist.entries]
        assert len(root.findall(f".//{NS}location")) == len(playlist.entries)
        assert b"<!" not in content and content.decode().startswith("<?xml")


def test_every_field():
    track = Track(
        "0123456789abcdef",
        "A & B",
        "Ärtist",
        "Album",
        seconds=61.2345,
        isrc="gb-aye-69-00522",
        licence="CC BY 4.0",
    )
    entry = Entry(track, Path("/music/ä b#1%.mp3"), offset_seconds=7.25)
    root = ElementTree.fromstring(write(Playlist("List", (entry,)), "xspf"))
    check_rules(root)
    (found,) = root.iter(f"{NS}track")
    assert [(element.tag.removeprefix(NS), element.text) for element in found] == [
        ("location", "file:///music/%C3%A4%20b%231%25.mp3"),
        ("identifier", "urn:isrc:GBAYE6900522"),
        ("identifier", "urn:x-synesthete:track:0123456789abcdef"),
        ("title", "A & B"),
        ("creator", "Ärtist"),
        ("album", "Album"),
        ("duration", "61234"),
        ("meta", "CC BY 4.0"),
        ("meta", "7.250"),
    ]
    assert root.findtext(f"{NS}title") == "List"


def test_what_is_unknown_is_left_out_and_a_song_needs_no_file():
    root = ElementTree.fromstring(write(Playlist("", (Entry(Track("", "", seconds=float("nan"))),)), "xspf"))
    check_rules(root)
    (found,) = root.iter(f"{NS}track")
    assert [element.tag.removeprefix(NS) for element in found] == ["title"]


def test_an_empty_list_is_a_list():
    check_rules(ElementTree.fromstring(write(Playlist(one_line("\0"), ()), "xspf")))


def test_relative_locations():
    entry = Entry(Track("1", "t"), Path("/music/in/a b.mp3"))
    content = write(Playlist("", (entry,)), "xspf", relative_to=Path("/music"))
    assert b"<location>in/a%20b.mp3</location>" in content
