"""M3U8 read back by ``m3u8``, and by the rules players follow."""

import itertools
from pathlib import Path

import m3u8
import pytest
from hostile import NAMES, TEXTS, file_of, playlists
from hypothesis import given

from synesthete.errors import PlaylistError
from synesthete.playlists import Entry, Playlist, write
from synesthete.playlists.playlist import path_text
from synesthete.tracks import Track

MUSIC = Path("/music")


def test_the_whole_file():
    entries = (
        Entry(Track("1", "Águas", "Elis", "Álbum", seconds=212.6), MUSIC / "in" / "a b.mp3"),
        Entry(Track("2", "", seconds=0), MUSIC / "#2.mp3", offset_seconds=12.5),
    )
    assert write(Playlist("My list", entries), "m3u", relative_to=MUSIC).decode() == (
        "#EXTM3U\n"
        "#PLAYLIST:My list\n"
        "#EXTINF:213,Elis - Águas\n"
        "#EXTALB:Álbum\n"
        "in/a b.mp3\n"
        "#EXTINF:-1,Untitled\n"
        "#EXTVLCOPT:start-time=12.500\n"
        "./#2.mp3\n"
    )


def test_absolute_paths():
    entry = Entry(Track("1", "t"), MUSIC / "a.mp3")
    assert write(Playlist("", (entry,)), "m3u").endswith(b"\n/music/a.mp3\n")


@given(playlists)
def test_nothing_in_a_tag_becomes_a_line(playlist):
    for folder in (None, MUSIC):
        content = write(playlist, "m3u", relative_to=folder)
        lines = content.decode().split("\n")
        assert lines == content.decode().splitlines() + [""]  # no other line separator either
        assert lines[0] == "#EXTM3U" and lines[-1] == ""
        played = [line for line in lines[:-1] if not line.startswith("#")]
        assert played == [path_text(entry.location, folder) for entry in playlist.entries]
        assert all(line == line.strip() for line in played)


@given(playlists)
def test_an_independent_parser_reads_it(playlist):
    found = m3u8.loads(write(playlist, "m3u", relative_to=MUSIC).decode())
    assert len(found.segments) == len(playlist.entries)
    for segment, entry in zip(found.segments, playlist.entries, strict=True):
        assert segment.uri == path_text(entry.location, MUSIC)
        assert segment.title == entry.label.replace("#EXTINF:", "")  # it drops the word wherever it stands


def test_hostile_pairs():
    for title, name in itertools.product(TEXTS, NAMES):
        playlist = Playlist(title, (Entry(Track("1", title, title, title, seconds=3), MUSIC / name),))
        lines = write(playlist, "m3u", relative_to=MUSIC).decode().splitlines()
        assert [line for line in lines if not line.startswith("#")] == [path_text(MUSIC / name, MUSIC)]


def test_a_track_without_a_file_is_not_skipped():
    with pytest.raises(PlaylistError, match="'Artist - Title' has no audio file.*export XSPF or CSV"):
        write(Playlist("", (Entry(Track("1", "Title", "Artist")),)), "m3u")


def test_real_files_play_from_the_list(tmp_path):
    """Every path, taken as a player takes it, opens the file it stands for."""
    entries = []
    for number, name in enumerate(NAMES):
        file = tmp_path / "music" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(str(number))
        entries.append(Entry(Track(str(number), name), file))
    for folder in (None, tmp_path):
        lines = write(Playlist("", tuple(entries)), "m3u", relative_to=folder).decode().splitlines()
        played = [line for line in lines if not line.startswith("#")]
        opened = [file_of(line) if line.startswith("file:") else tmp_path / line for line in played]
        assert [path.read_text() for path in opened] == [str(number) for number in range(len(NAMES))]
