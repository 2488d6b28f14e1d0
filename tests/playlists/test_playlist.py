"""Clean text, locations, and the common door to all formats."""

import os
from pathlib import Path
from urllib.parse import urljoin

import pytest
from hostile import NAMES, TEXTS, file_of, paths, playlists, texts
from hypothesis import given

from synesthete.errors import PlaylistError
from synesthete.playlists import FORMATS, Entry, Playlist, file_name, write
from synesthete.playlists.playlist import isrc_of, one_line, path_text, relative_path, uri
from synesthete.tracks import Track

FOLDER = Path("/music/lists")
TRACK = Track("0123456789abcdef", "Title", "Artist")


@given(texts)
def test_one_line_fits_every_format(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip() == one_line(line)
    assert line.encode() or not line
    assert all(character >= " " for character in line)


def test_one_line_keeps_what_is_no_harm():
    for text in ("emoji 👩‍🎤 e\u0301", "עברית \u200f\u202eRTL", "全角　空白"):
        assert one_line(text) == text
    assert one_line("a\r\nb\0c\ud800") == "a  b c\ufffd"


def test_isrc_is_checked():
    assert isrc_of(Track("", "", isrc=" gb-aye-69-00522 ")) == "GBAYE6900522"
    for wrong in ("", "GBAYE690052", "GBAYE69005222", "=1+1", "ＧＢＡＹＥ6900522"):
        assert isrc_of(Track("", "", isrc=wrong)) == ""


@given(paths)
def test_uris_lead_back_to_the_file(path):
    absolute = uri(path)
    assert absolute.isascii() and " " not in absolute and file_of(absolute) == path
    resolved = urljoin(f"{FOLDER.as_uri()}/list.xspf", uri(path, FOLDER))  # as a player does
    assert Path(os.path.normpath(file_of(resolved))) == path


@given(paths)
def test_relative_paths_lead_back_and_are_never_misread(path):
    relative = relative_path(path, FOLDER)
    assert relative is not None
    assert Path(os.path.normpath(FOLDER / relative)) == path
    inside = relative_path(path, Path("/music"))
    assert inside is not None and (inside[0].isalnum() or inside.startswith(("./", "../")))
    assert ":" not in inside.partition("/")[0]


@given(paths)
def test_path_text_is_one_line_of_utf8_that_leads_back(path):
    for text in (path_text(path), path_text(path, Path("/music"))):
        assert text == one_line(text) and text.encode()
        back = file_of(text) if text.startswith("file:") else Path("/music") / text
        assert Path(os.path.normpath(back)) == path


def test_locations_that_are_none():
    with pytest.raises(PlaylistError, match="'music/a.mp3'.*is not absolute. Use catalogue.audio_path"):
        Entry(TRACK, Path("music/a.mp3"))
    with pytest.raises(PlaylistError, match="NUL"):
        Entry(TRACK, Path("/music/a\0.mp3"))
    with pytest.raises(PlaylistError, match="no file name can have"):
        Entry(TRACK, Path("/music/\ud800.mp3"))
    for text in ("javascript:alert(1)", "/music/a.mp3", "", "data:audio/mp3,x"):
        with pytest.raises(PlaylistError, match="not an http, https or file URL"):
            Entry(TRACK, text)


def test_urls_stay_urls():
    entry = Entry(TRACK, "https://music.example/ä b.mp3?x=1&y=%20\n#EXTM3U")
    expected = b"https://music.example/%C3%A4%20b.mp3?x=1&y=%20%20#EXTM3U"
    for format in FORMATS:
        content = write(Playlist("", (entry,)), format, relative_to=FOLDER)
        assert expected in content.replace(b"&amp;", b"&")


def test_a_playlist_from_a_catalogue():
    playlist = Playlist.of("Mine", [TRACK], lambda track: FOLDER / f"{track.title}.mp3")
    assert playlist.entries == (Entry(TRACK, FOLDER / "Title.mp3"),)


def test_unknown_formats_and_relative_folders():
    with pytest.raises(PlaylistError, match="no playlist format 'pls'. Choose one of m3u, xspf, jspf, csv"):
        write(Playlist("", ()), "pls")
    with pytest.raises(PlaylistError, match="The folder 'lists' is not absolute"):
        write(Playlist("", (Entry(TRACK, FOLDER / "a.mp3"),)), "m3u", relative_to=Path("lists"))


@given(playlists)
def test_every_format_writes_anything_and_the_same_twice(playlist):
    for format in FORMATS:
        content = write(playlist, format, relative_to=FOLDER)
        assert content.decode() and content == write(playlist, format, relative_to=FOLDER)


@given(texts)
def test_file_names_can_be_files(title):
    name = file_name(title, "m3u")
    assert name.endswith(".m3u8") and len(name.encode()) < 400 and not set(name) & set('/\\:*?"<>|\0\n')
    assert Path(name).name == name and not name.startswith(".")


def test_file_names_of_note():
    assert file_name("Journey: A → B", "xspf") == "Journey- A → B.xspf"
    assert file_name("con", "csv") == file_name("...", "csv") == file_name("", "csv") == "playlist.csv"


def test_the_hostile_lists_are_not_empty():
    assert len(TEXTS) > 20 and len(NAMES) > 15
