"""Several streams in one file, one behind the other, and tags in front: all of it, and its true length."""

import io
import struct

import numpy as np
import pytest

from synesthete import settings
from synesthete.audio import mp3_frames, ogg_links, read_clip
from synesthete.audio.file_slices import FileSlice, end_of_tags
from synesthete.audio.mp3_frames import find_parts
from synesthete.audio.ogg_links import find_links
from synesthete.errors import AudioError
from tests.sounds import cosine, encoded, log_mel, melody, needs_ffmpeg, tone, wav_bytes

BARE = ("-write_xing", "0", "-id3v2_version", "0")
CLIP_RATE_HZ = settings.AUDIO.sample_rate_hz


def assert_joined(content: bytes, parts: list[bytes], name: str = "x", slack_seconds: float = 0.05):
    """A file holds the sound of each part, one behind the other."""
    clip = read_clip(content, name=name)
    alone = [read_clip(part) for part in parts]
    assert clip.seconds == pytest.approx(sum(part.seconds for part in alone), abs=slack_seconds * len(parts))
    assert clip.notes == ()
    start = 0.0
    for part in alone:
        first = round(start * CLIP_RATE_HZ)
        there = clip.samples[first : first + len(part.samples)]
        assert cosine(log_mel(there, CLIP_RATE_HZ), log_mel(part.samples, CLIP_RATE_HZ)) > 0.97
        start += part.seconds
    return clip


LINKS = {
    "vorbis": (44_100, 2, ["-c:a", "libvorbis", "-q:a", "5"]),
    "opus": (48_000, 1, ["-c:a", "libopus", "-b:a", "96k"]),
    "flac": (32_000, 1, ["-c:a", "flac"]),
    "low": (22_050, 1, ["-c:a", "libvorbis", "-q:a", "5"]),
}


@pytest.fixture(scope="module")
def links(tmp_path_factory):
    """Ogg files of four seconds, each other music: name -> bytes."""
    folder = tmp_path_factory.mktemp("links")
    made = {}
    for number, (name, (rate_hz, n_channels, options)) in enumerate(LINKS.items()):
        sound = melody(4.0, rate_hz, seed=number)[:, :n_channels]
        made[name] = encoded(sound, folder, f"{name}.ogg", *options, rate_hz=rate_hz).read_bytes()
    return made


@needs_ffmpeg
@pytest.mark.parametrize(
    "names",
    [("vorbis", "vorbis"), ("vorbis", "low"), ("opus", "vorbis"), ("flac", "opus"), ("vorbis", "opus", "flac", "low")],
    ids="+".join,
)
def test_all_links_of_a_chained_ogg_are_heard(links, names):
    """Of other rates, channels and codecs; and the same file twice, so with the same serial numbers."""
    parts = [links[name] for name in names]
    assert_joined(b"".join(parts), parts)


@needs_ffmpeg
def test_excerpts_of_a_long_chained_ogg_come_from_all_links(tmp_path):
    rate_hz = 16_000
    sounds = [melody(90.0, rate_hz, seed=seed)[:, 0] for seed in (1, 2)]
    files = [
        encoded(sound, tmp_path, f"{number}.opus", "-c:a", "libopus", "-b:a", "64k", rate_hz=rate_hz).read_bytes()
        for number, sound in enumerate(sounds)
    ]
    clip = read_clip(b"".join(files))
    assert clip.seconds == pytest.approx(180.0, abs=0.1)
    assert clip.notes == ()
    whole = read_clip(wav_bytes(np.concatenate(sounds), rate_hz))
    assert len(clip.excerpts) == len(whole.excerpts) == settings.AUDIO.n_excerpts
    for one, other in zip(clip.excerpts, whole.excerpts, strict=True):
        assert one.start_seconds == pytest.approx(other.start_seconds, abs=0.05)
        assert cosine(log_mel(one.samples, CLIP_RATE_HZ), log_mel(other.samples, CLIP_RATE_HZ)) > 0.9


@needs_ffmpeg
def test_one_ogg_with_several_streams_is_no_chain(tmp_path):
    source = tmp_path / "a.wav"
    source.write_bytes(wav_bytes(melody(3.0)))
    two = encoded(
        melody(3.0), tmp_path, "two.ogg", "-i", str(source), "-map", "0:a", "-map", "1:a", "-c:a", "libvorbis"
    )
    content = two.read_bytes()
    assert find_links(io.BytesIO(content)) == [(0, len(content))]
    assert read_clip(content).seconds == pytest.approx(3.0, abs=0.05)


@needs_ffmpeg
def test_link_that_cannot_be_read_is_left_out_with_a_note(links):
    broken = links["low"][:58] + bytes(500)
    clip = read_clip(links["vorbis"] + broken)
    assert clip.seconds == pytest.approx(4.0, abs=0.1)
    assert clip.notes == ("It is joined of 2 parts; 1 of them could not be read.",)


def test_pages_across_the_chunks_of_the_search(monkeypatch):
    """First pages are found wherever a chunk ends, and only pages that say they are first."""
    first, later = (
        b"OggS\0\x02" + bytes(20) + b"\x01\x05" + bytes(5),
        b"OggS\0\x00" + bytes(20) + b"\x01\x05" + bytes(5),
    )
    content = first + later + later + first + first + later + first
    starts = [0, 3 * len(first), 6 * len(first)]  # the fifth page belongs to the link that the fourth begins
    for chunk_bytes in range(7, 40):
        monkeypatch.setattr(ogg_links, "_CHUNK_BYTES", chunk_bytes)
        assert [start for start, _ in find_links(io.BytesIO(content))] == starts


def test_more_links_than_any_recording_has_are_one_stream():
    page = b"OggS\0\x02" + bytes(20) + b"\x00" + b"x"
    content = page * (ogg_links.MAX_LINKS + 5)
    assert find_links(io.BytesIO(content)) == [(0, len(content))]


def mp3(folder, name: str, rate_hz: int, seconds: float, seed: int, *options: str, n_channels: int = 1) -> bytes:
    sound = melody(seconds, rate_hz, seed)[:, :n_channels]
    return encoded(sound, folder, name, "-b:a", "64k", *options, rate_hz=rate_hz).read_bytes()


@needs_ffmpeg
@pytest.mark.parametrize("rates_hz", [(44_100, 22_050), (48_000, 32_000), (16_000, 44_100), (44_100, 44_100)])
@pytest.mark.parametrize("second_header", ["1", "0"])
def test_joined_mp3_has_its_true_length(tmp_path, rates_hz, second_header):
    """The first with a length header that knows nothing of the second; the second with one of its own, or without."""
    first = mp3(tmp_path, "a.mp3", rates_hz[0], 5.0, 1)
    second = mp3(tmp_path, "b.mp3", rates_hz[1], 7.0, 2, "-write_xing", second_header)
    assert_joined(first + second, [first, second])


@needs_ffmpeg
def test_three_joined_mp3_without_length_headers_and_with_tags_between(tmp_path):
    parts = [
        mp3(tmp_path, "a.mp3", 44_100, 4.0, 1, "-write_xing", "0", n_channels=2),
        mp3(tmp_path, "b.mp3", 32_000, 3.0, 2, "-write_xing", "0", "-id3v2_version", "3", "-metadata", "title=B"),
        mp3(tmp_path, "c.mp3", 16_000, 3.0, 3, "-write_xing", "0", "-write_id3v1", "1", "-metadata", "title=C"),
    ]
    assert_joined(b"".join(parts), parts)


@needs_ffmpeg
@pytest.mark.parametrize("rates_hz", [(44_100, 22_050), (24_000, 48_000)])
def test_long_joined_mp3_is_read_in_excerpts_from_both_parts(tmp_path, rates_hz):
    sounds = [melody(90.0, rate_hz, seed)[:, 0] for seed, rate_hz in enumerate(rates_hz)]
    parts = [
        encoded(sound, tmp_path, f"{rate_hz}.mp3", "-b:a", "64k", rate_hz=rate_hz).read_bytes()
        for sound, rate_hz in zip(sounds, rates_hz, strict=True)
    ]
    clip = read_clip(b"".join(parts))
    assert clip.seconds == pytest.approx(180.0, abs=0.2)
    assert clip.notes == ()
    wholes = [
        read_clip(wav_bytes(sound, rate), audio=long_whole()) for sound, rate in zip(sounds, rates_hz, strict=True)
    ]
    whole = np.concatenate([one.samples for one in wholes])
    for excerpt in clip.excerpts:
        start = round(excerpt.start_seconds * CLIP_RATE_HZ)
        there = whole[start : start + len(excerpt.samples)]
        assert cosine(log_mel(there, CLIP_RATE_HZ, 5_000), log_mel(excerpt.samples, CLIP_RATE_HZ, 5_000)) > 0.9


def long_whole():
    return settings.AudioSettings(whole_seconds=200.0)


@needs_ffmpeg
def test_an_ordinary_mp3_is_one_part_and_only_its_header_is_looked_at(tmp_path):
    content = mp3(tmp_path, "a.mp3", 44_100, 20.0, 1, "-id3v2_version", "0")
    reads = []

    class Watched(io.BytesIO):
        def read(self, n=-1):
            reads.append(n)
            return super().read(n)

    (part,) = find_parts(Watched(content))
    assert (part.span, part.seconds) == ((0, len(content)), None)
    assert len(reads) <= 4


@needs_ffmpeg
def test_tags_and_pictures_behind_an_mp3_are_no_second_part(tmp_path, rng):
    """Random bytes, as a cover picture is to a search for frames, hold headers by chance."""
    content = mp3(tmp_path, "a.mp3", 44_100, 5.0, 1, "-id3v2_version", "0")
    tag = b"APETAGEX" + rng.bytes(300_000)
    clip = read_clip(content + tag)
    assert clip.seconds == pytest.approx(5.0, abs=0.1)
    assert len(find_parts(io.BytesIO(content + tag))) == 1


@needs_ffmpeg
def test_large_pictures_between_joined_mp3(tmp_path, rng):
    """Tags say their size, so what they hold is not searched, however large it is."""
    parts = [mp3(tmp_path, f"{seed}.mp3", rate_hz, 4.0, seed) for seed, rate_hz in enumerate((44_100, 24_000, 48_000))]
    picture = rng.bytes(900_000)
    tag = b"APETAGEX" + (2000).to_bytes(4, "little") + len(picture).to_bytes(4, "little") + bytes(16) + picture
    assert_joined(parts[0] + tag + parts[1] + tag + parts[2], parts)


@needs_ffmpeg
def test_damage_within_an_mp3_does_not_split_it(tmp_path, rng):
    content = bytearray(mp3(tmp_path, "a.mp3", 44_100, 20.0, 1, *BARE))
    for place in rng.integers(2_000, len(content) - 3_000, 30):
        content[place : place + 200] = rng.bytes(200)
    parts = find_parts(io.BytesIO(bytes(content)))
    assert len(parts) == 1
    assert parts[0].seconds == pytest.approx(20.0, abs=2.0)


@needs_ffmpeg
def test_frames_are_counted_as_ffmpeg_counts_them(tmp_path):
    for rate_hz in (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000):
        sound = tone(3.0, rate_hz=rate_hz)
        content = encoded(sound, tmp_path, "a.mp3", *BARE, rate_hz=rate_hz).read_bytes()
        (part,) = find_parts(io.BytesIO(content))
        assert part.seconds == pytest.approx(read_clip(content).seconds, abs=0.08)


def test_junk_that_looks_like_headers_ends_the_search():
    """Two bytes that begin a frame, again and again, and never a second frame behind the first."""
    junk = b"\xff\xfb\x90\x00\x00" * 2_000_000
    walk = mp3_frames._Walk(io.BytesIO(junk))
    assert walk.parts(0) == []


def id3(n_bytes: int, footer: bool = False) -> bytes:
    size = bytes((n_bytes >> shift) & 0x7F for shift in (21, 14, 7, 0))
    flags = b"\x10" if footer else b"\x00"
    return (
        b"ID3\x04\x00"
        + flags
        + size
        + b"TXXX"
        + bytes(n_bytes - 4)
        + (b"3DI\x04\x00" + flags + size if footer else b"")
    )


@needs_ffmpeg
@pytest.mark.parametrize(
    "name", ["a.wav", "a.flac", "a.aiff", "a.m4a", "a.ogg", "a.wv", "a.mp3", "a.wma", "a.mkv", "a.caf"]
)
@pytest.mark.parametrize("tag", [id3(300), id3(5_000) + id3(200), id3(200, footer=True), id3(300) + bytes(700)])
def test_tag_in_front_of_any_format(tmp_path, name, tag):
    plain = encoded(melody(3.0), tmp_path, name).read_bytes()
    clip, expected = read_clip(tag + plain, name=name), read_clip(plain)
    assert clip.seconds == pytest.approx(expected.seconds, abs=0.01)
    assert clip.notes == expected.notes
    n = min(len(clip.samples), len(expected.samples))
    np.testing.assert_allclose(clip.samples[:n], expected.samples[:n], atol=1e-3)


def test_tag_before_a_wav_that_soundfile_reads():
    plain = wav_bytes(melody(2.0))
    np.testing.assert_array_equal(read_clip(id3(77) + plain).samples, read_clip(plain).samples)


def test_tag_in_front_of_a_picture_or_of_nothing():
    with pytest.raises(AudioError, match="could not be read|is empty"):
        read_clip(id3(100))
    with pytest.raises(AudioError):
        read_clip(id3(100) + b"\x89PNG\r\n\x1a\n" + bytes(500))


def test_end_of_tags_and_slices():
    content = id3(50) + b"RIFF" + struct.pack("<I", 7)
    file = io.BytesIO(content)
    assert end_of_tags(file) == 60
    assert file.tell() == 0
    part = FileSlice(file, 60, 66)
    assert part.read() == b"RIFF\x07\x00"
    assert part.seek(-2, io.SEEK_END) == 4
    assert part.read(10) == b"\x07\x00"
    assert part.read(10) == b""
    assert part.seek(-100) == 0
    assert (part.read(2), file.seek(0), part.read(2), part.tell()) == (b"RI", 0, b"FF", 4)


@needs_ffmpeg
def test_rate_changes_within_raw_aac(tmp_path):
    """ADTS files joined end to end: each frame says its own rate."""
    parts = []
    for number, rate_hz in enumerate((44_100, 22_050)):
        sound = melody(4.0, rate_hz, seed=number)
        parts.append(encoded(sound, tmp_path, f"{number}.aac", "-b:a", "128k", rate_hz=rate_hz).read_bytes())
    assert_joined(b"".join(parts), parts)
