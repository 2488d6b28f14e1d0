"""JSPF read back by ``json``, and against the same list as XSPF."""

import json
from pathlib import Path
from xml.etree import ElementTree

from hostile import playlists
from hypothesis import given

from synesthete.playlists import Entry, Playlist, write
from synesthete.tracks import Track

NS = "{http://xspf.org/ns/0/}"


def test_every_field():
    track = Track("0123456789abcdef", "A & B", "Ärtist", "Album", seconds=61.25, isrc="GBAYE6900522", licence="CC0")
    entry = Entry(track, Path("/music/ä.mp3"), offset_seconds=1.5)
    assert json.loads(write(Playlist("List", (entry, Entry(Track("", "x")))), "jspf")) == {
        "playlist": {
            "title": "List",
            "creator": "Synesthete",
            "track": [
                {
                    "location": ["file:///music/%C3%A4.mp3"],
                    "identifier": ["urn:isrc:GBAYE6900522", "urn:x-synesthete:track:0123456789abcdef"],
                    "title": "A & B",
                    "creator": "Ärtist",
                    "album": "Album",
                    "duration": 61250,
                    "meta": [
                        {"http://purl.org/dc/terms/license": "CC0"},
                        {"urn:x-synesthete:offset-seconds": "1.500"},
                    ],
                },
                {"title": "x"},
            ],
        }
    }


@given(playlists)
def test_it_says_the_same_as_xspf(playlist):
    content = json.loads(write(playlist, "jspf", relative_to=Path("/music")).decode())["playlist"]
    root = ElementTree.fromstring(write(playlist, "xspf", relative_to=Path("/music")))
    assert content.get("title") == root.findtext(f"{NS}title")
    for found, element in zip(content["track"], root.iter(f"{NS}track"), strict=True):
        for name in ("title", "creator", "album"):
            assert found.get(name) == element.findtext(f"{NS}{name}")
        for name in ("location", "identifier"):
            assert found.get(name, []) == [child.text for child in element.iterfind(f"{NS}{name}")]
        assert found.get("duration") is None or str(found["duration"]) == element.findtext(f"{NS}duration")
