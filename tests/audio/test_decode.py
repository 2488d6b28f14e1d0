"""What is no sound, what is broken, and what must never be opened."""

import io
import struct

import numpy as np
import pytest
import soundfile

from synesthete import settings
from synesthete.audio import av_reader, read_clip
from synesthete.audio.av_reader import AvReader, NotOpenedError
from synesthete.audio.decode import decode_file
from synesthete.errors import AudioError
from tests.sounds import HAS_FFMPEG, RATE_HZ, encoded, ffmpeg, melody, needs_ffmpeg, tone, wav_bytes

SECONDS = 6.0
FORMATS = {
    "song.wav": [],
    "song.aiff": [],
    "song.flac": [],
    "song.mp3": ["-b:a", "160k"],
    "no_length.mp3": ["-q:a", "4", "-write_xing", "0"],
    "vorbis.ogg": ["-c:a", "libvorbis", "-q:a", "6"],
    "song.opus": ["-c:a", "libopus", "-b:a", "128k"],
    "song.m4a": ["-c:a", "aac", "-b:a", "192k"],
    "raw.aac": ["-c:a", "aac", "-b:a", "192k"],
    "song.webm": ["-c:a", "libopus", "-b:a", "128k"],
    "live.webm": ["-c:a", "libopus", "-b:a", "128k", "-live", "1"],
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One recording in many formats: name -> path."""
    if not HAS_FFMPEG:
        pytest.skip("ffmpeg, which makes these files, is not installed")
    folder = tmp_path_factory.mktemp("formats")
    song = melody(SECONDS)
    return {name: encoded(song, folder, name, *options) for name, options in FORMATS.items()}


@needs_ffmpeg
def test_audio_track_of_a_video_is_read_and_a_silent_film_refused(tmp_path):
    picture = ["-f", "lavfi", "-i", "color=size=64x64:rate=5:duration=3", "-c:v", "mpeg4"]
    sound = tmp_path / "tone.wav"
    soundfile.write(sound, tone(3.0), RATE_HZ)
    film = ffmpeg(sound, tmp_path / "film.mp4", *picture, "-c:a", "aac", "-map", "0:a", "-map", "1:v")
    assert read_clip(film).seconds == pytest.approx(3.0, abs=0.05)
    mute = ffmpeg(sound, tmp_path / "mute.mp4", *picture, "-map", "1:v")
    with pytest.raises(AudioError, match="'mute.mp4' has no audio track"):
        read_clip(mute)


PNG = b"\x89PNG\r\n\x1a\n" + bytes(500)
M3U8 = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty .0 bytes"),
        (b"Dear diary, today I heard a song. " * 50, "'x.mp3' is a text file, not a sound.*WAV.*can be read"),
        (PNG, "is a PNG picture, not a sound"),
        (b"\xff\xd8\xff\xe0" + bytes(500), "is a JPEG picture"),
        (M3U8, "is a playlist"),
        (b"\n" + M3U8, "is a text file"),
        (b"\xef\xbb\xbf" + M3U8, "could not be read as a sound"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "is a playlist"),
        (b"# made by hand\nffconcat version 1.0\nfile /etc/hostname\n", "is a text file"),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n", "is a text file"),
        (bytes(20_000), "could not be read as a sound"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "could not be read as a sound|no audio track"),
        (b"fLaC" + bytes(400), "could not be read|no audio|no sound|0 Hz"),
        (b"OggS" + bytes(400), "could not be read|no audio|no sound"),
        (b"MThd\x00\x00\x00\x06" + bytes(400), "is a MIDI file"),
    ],
)
def test_what_is_no_sound_is_refused(content, message):
    with pytest.raises(AudioError, match=message):
        read_clip(content, name="x.mp3")


def test_random_bytes_are_refused(rng):
    for head in (b"", b"ID3\x04\0\0\0\0\0\0", b"\xff\xfb\x90\x00", b"\x1aE\xdf\xa3", b"\0\0\0\x20ftypM4A "):
        with pytest.raises(AudioError):
            read_clip(head + rng.bytes(3_000))


@pytest.mark.parametrize("text", [M3U8, b"ffconcat version 1.0\nfile song.wav\n", b"ffconcat version 1.0\r\nfile a"])
def test_ffmpeg_itself_refuses_playlists(text):
    """The list of allowed formats holds where our own look at the first bytes does not."""
    with pytest.raises(NotOpenedError):
        AvReader(io.BytesIO(text), "x")


@needs_ffmpeg
def test_video_file_that_names_another_file_does_not_open_it(files, tmp_path):
    """An MP4 may say that its samples lie in another file (a data reference); FFmpeg must not follow."""
    content = bytearray(files["song.m4a"].read_bytes())
    at = content.index(b"url \x00\x00\x00\x01")
    content[at : at + 8] = b"url \x00\x00\x00\x00"  # "not in this file"
    opened: list[str] = []
    original = av_reader._refuse_other_files
    av_reader._refuse_other_files = lambda address, *rest: opened.append(address) or original(address, *rest)
    try:
        decode_file(io.BytesIO(bytes(content)), "x", settings.AUDIO)
    except AudioError:
        pass
    finally:
        av_reader._refuse_other_files = original
    assert opened == []


@pytest.mark.parametrize("name", ["song.mp3", "song.flac", "song.wav", "song.aiff", "song.webm"])
def test_file_cut_in_the_middle_is_read_with_a_note(files, name):
    content = files[name].read_bytes()
    clip = read_clip(content[: len(content) // 2], name=name)
    assert 2.0 < clip.seconds < 4.5
    assert any("The file ends early:" in note and "of 6.0 seconds" in note for note in clip.notes)


@pytest.mark.parametrize("name", ["vorbis.ogg", "song.opus", "raw.aac", "no_length.mp3", "live.webm"])
def test_cut_stream_without_a_length_is_read_as_far_as_it_goes(files, name):
    content = files[name].read_bytes()
    assert 1.9 < read_clip(content[: len(content) // 2]).seconds < 4.5


def test_cut_to_less_than_a_second_is_refused(files):
    content = files["song.mp3"].read_bytes()
    with pytest.raises(AudioError, match=r"seconds long .*header promises 6.0 s.*at least 1 s"):
        read_clip(content[: len(content) // 12])


def test_cut_m4a_without_its_index_is_refused(files):
    content = files["song.m4a"].read_bytes()
    with pytest.raises(AudioError, match=r"'song.m4a' is incomplete: its index .*moov"):
        read_clip(content[: len(content) // 2], name="song.m4a")


def test_not_a_number_and_silence_in_a_file_are_refused():
    broken = tone(2.0)
    broken[1_000] = np.nan
    with pytest.raises(AudioError, match="not numbers"):
        read_clip(wav_bytes(broken, subtype="FLOAT"))
    with pytest.raises(AudioError, match="'quiet.wav' is silent"):
        read_clip(wav_bytes(np.zeros(2 * RATE_HZ)), name="quiet.wav")


def test_eight_channels_at_192_khz_in_a_file():
    clip = read_clip(wav_bytes(np.repeat(tone(1.2, rate_hz=192_000)[:, np.newaxis], 8, axis=1), 192_000))
    assert clip.seconds == pytest.approx(1.2, abs=0.001)
    assert any("8 channels at 192,000 Hz" in note for note in clip.notes)


def wav_header(n_bytes: int, rate_hz: int) -> bytes:
    """Head of an 8-bit mono WAV."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, rate_hz, 1, 8)
    return b"RIFF" + struct.pack("<I", 36 + n_bytes) + b"WAVE" + form + b"data" + struct.pack("<I", n_bytes)


def test_ten_hours_are_refused_before_decoding(tmp_path):
    path = tmp_path / "night.wav"
    n_bytes = 10 * 3600 * 4_000
    with path.open("wb") as file:
        file.write(wav_header(n_bytes, 4_000))
        file.truncate(44 + n_bytes)  # sparse: nothing on the disk
    with pytest.raises(AudioError, match="'night.wav' is 10.0 hours long; at most 6 hours can be read"):
        read_clip(path)


def test_header_that_promises_hours_over_two_seconds():
    sound = (128 + 60 * tone(2.0, rate_hz=8_000)).astype(np.uint8).tobytes()
    clip = read_clip(wav_header(3 * 3600 * 8_000, 8_000) + sound)
    assert clip.seconds == pytest.approx(2.0, abs=0.01)
    assert clip.notes == ("The file ends early: 2.0 of 10800.0 seconds could be read.",)


def with_flac_length(content: bytes, n_samples: int) -> bytes:
    """Write another number of samples (36 bits) into a FLAC's STREAMINFO."""
    word = int.from_bytes(content[18:26], "big") >> 36 << 36 | n_samples
    return content[:18] + word.to_bytes(8, "big") + content[26:]


@pytest.mark.parametrize(("promised_seconds", "expected_seconds"), [(3 * 3600, 4.0), (100, 4.0), (0, 4.0), (2, 4.0)])
def test_flac_whose_header_is_wrong(promised_seconds, expected_seconds):
    content = with_flac_length(wav_bytes(tone(4.0), kind="FLAC"), promised_seconds * RATE_HZ)
    clip = read_clip(content)
    assert clip.seconds == pytest.approx(expected_seconds, abs=0.1)
    assert bool(clip.notes) == (promised_seconds > 4)


@needs_ffmpeg
def test_m4a_whose_header_promises_hours(files):
    content = bytearray(files["song.m4a"].read_bytes())
    for box, shift in ((b"mdhd", 16), (b"mvhd", 16)):
        at = content.index(box) + 4 + shift - 4
        (rate,) = struct.unpack_from(">I", content, at)
        struct.pack_into(">I", content, at + 4, rate * 3 * 3600)
    clip = read_clip(bytes(content))
    assert clip.seconds == pytest.approx(SECONDS, abs=0.1)


@needs_ffmpeg
def test_mp3_whose_header_promises_one_second_but_goes_on(tmp_path):
    rate_hz = 16_000
    short = encoded(tone(1.5, rate_hz=rate_hz), tmp_path, "a.mp3", rate_hz=rate_hz)
    long = encoded(tone(130.0, rate_hz=rate_hz), tmp_path, "b.mp3", "-write_xing", "0", rate_hz=rate_hz)
    clip = read_clip(short.read_bytes() + long.read_bytes())
    assert len(clip.excerpts) == settings.AUDIO.n_excerpts
    assert clip.seconds == pytest.approx(131.5, abs=0.3)


def test_tags_in_odd_encodings_do_not_matter(files):
    frame = b"TIT2" + struct.pack(">IH", 5, 0) + b"\x03\xff\xfe\xe9\xe8"
    tag = b"ID3\x03\0\0" + bytes([0, 0, 0, len(frame)]) + frame
    assert read_clip(tag + files["song.mp3"].read_bytes()).seconds == pytest.approx(SECONDS, abs=0.1)
