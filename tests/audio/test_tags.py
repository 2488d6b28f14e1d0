"""Tags of every container, written by the ffmpeg program."""

import io

import mutagen.id3
import pytest

from synesthete.audio.tags import MAX_CHARACTERS, Tags, read_tags
from tests.sounds import encoded, melody, needs_ffmpeg

WRITTEN = {
    "title": "Jóga",
    "artist": "Björk",
    "album": "Homogenic",
    "album_artist": "Various",
    "genre": "Electronic",
    "date": "1997-09-22",
    "track": "2/10",
}
READ = Tags("Jóga", "Björk", "Homogenic", "Various", "Electronic", 1997, 2)


def metadata(**changes):
    return [part for key, value in (WRITTEN | changes).items() for part in ("-metadata", f"{key}={value}")]


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.ogg", "a.opus", "a.m4a", "a.wma", "a.wv", "a.aiff"])
def test_tags_of_every_container(tmp_path, name):
    extra = ["-write_id3v2", "1"] if name.endswith(".aiff") else []
    path = encoded(melody(1), tmp_path, name, *metadata(), *extra)
    with path.open("rb") as file:
        assert read_tags(file) == READ


@needs_ffmpeg
@pytest.mark.parametrize("version", ["3", "4"])
def test_old_and_new_id3(tmp_path, version):
    path = encoded(melody(1), tmp_path, "a.mp3", *metadata(genre="17"), "-id3v2_version", version)
    with path.open("rb") as file:
        found = read_tags(file)
    assert (found.year, found.genre, found.track_number) == (1997, "Rock", 2)


@needs_ffmpeg
def test_codes_and_gain(tmp_path):
    uuid = "F3C1B2A0-0000-4444-8888-ABCDEF012345"
    given = {"ISRC": "is-abc-97-00012", "MUSICBRAINZ_TRACKID": uuid, "REPLAYGAIN_TRACK_GAIN": "-7.25 dB"}
    path = encoded(melody(1), tmp_path, "a.flac", *metadata(**given))
    with path.open("rb") as file:
        found = read_tags(file)
    assert (found.isrc, found.musicbrainz_recording_id, found.replaygain_db) == ("ISABC9700012", uuid.lower(), -7.25)


def test_what_is_no_code_is_unknown():
    file = io.BytesIO()
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TSRC(encoding=3, text="<script>"))
    tags.add(mutagen.id3.TDRC(encoding=3, text="no year"))
    tags.add(mutagen.id3.TIT2(encoding=3, text="a\x00b\nc\u202e " + "x" * 1000))
    tags.save(file)
    file.write(b"\xff\xfb\x90\x00" + bytes(413) + b"\xff\xfb\x90\x00" + bytes(413) + b"\xff\xfb\x90\x00" + bytes(413))
    found = read_tags(file)
    assert found.isrc == "" and found.year == 0
    assert len(found.title) <= MAX_CHARACTERS and found.title.isprintable()


@pytest.mark.parametrize("content", [b"", b"ID3", b"fLaC\0\0\0\x22" + bytes(8), b"OggS" + bytes(60), bytes(1000)])
def test_what_is_damaged_has_no_tags(content):
    assert read_tags(io.BytesIO(content)) == Tags()


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.ogg", "a.m4a", "a.wma", "a.wv"])
def test_cut_and_garbled_files_never_raise(tmp_path, rng, name):
    whole = encoded(melody(1), tmp_path, name, *metadata()).read_bytes()
    for _ in range(60):
        garbled = bytearray(whole[: int(rng.integers(1, len(whole)))])
        for at in rng.integers(0, min(len(garbled), 2000), 8):
            garbled[at] = int(rng.integers(256))
        assert isinstance(read_tags(io.BytesIO(bytes(garbled))), Tags)


def test_a_worker_is_not_trusted():
    plain = {"title": ["x"], "artist": "A\x07B", "year": -3, "track_number": "2", "replaygain_db": 1e9, "more": 1}
    assert Tags.from_plain(plain) == Tags(artist="A B")
