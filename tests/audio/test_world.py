"""Sounds as they are in the world: each kind of file that public reports name, made here and read.

Inputs are made from the built-in music or from notes of our own; what is right is known from how they were made.
"""

import re
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from synesthete import encoders, sampler
from synesthete.audio import clip_from_samples, read_clip
from synesthete.audio.formats import FILE_SUFFIXES
from synesthete.errors import AudioError
from synesthete.search import SearchEngine
from synesthete.search.duplicates import is_part, is_version
from synesthete.search.passages import SegmentVectors
from synesthete.settings import AUDIO, PROJECT_ROOT, Paths
from tests.sounds import RATE_HZ, encoded, ffmpeg, melody, needs_ffmpeg, tone, wav_bytes

CLIP_RATE_HZ = AUDIO.sample_rate_hz
SONG = Paths().sampler / "audio" / "blues" / "boogie-at-the-boatyard.mp3"


@pytest.fixture(scope="module")
def song():
    """A built-in track in stereo, float32 [n, 2] at its own rate, with that rate."""
    assert SONG.is_file()
    return soundfile.read(SONG, dtype="float32", always_2d=True)


@pytest.fixture(scope="module")
def engine():
    encoder = encoders.load("timbre")
    with sampler.open_for(encoder) as catalogue:
        yield SearchEngine(catalogue, encoder)


def likeness(clip, reference):
    """Correlation of a clip with samples [n] at its rate, at the lag that fits best."""
    return correlation(clip.samples, reference)


def correlation(a, b):
    n = 1 << (len(a) + len(b)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(a, n).conj() * np.fft.rfft(b, n), n)
    return float(cross.max() / (np.linalg.norm(a) * np.linalg.norm(b)))


# ---- silence and near-silence -----------------------------------------------------------------------------


def hiss(seconds, dbfs=-75.0, seed=0):
    return (10 ** (dbfs / 20) * np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))).astype(
        np.float32
    )


@pytest.mark.parametrize("quiet", [np.zeros(5 * RATE_HZ), hiss(5), np.full(5 * RATE_HZ, 0.02), hiss(5) + 0.3])
def test_what_holds_no_sound_is_refused_as_silent(quiet):
    for channels in (quiet, np.stack([quiet, quiet], axis=1)):
        with pytest.raises(AudioError, match="is silent"):
            clip_from_samples(channels.astype(np.float32), RATE_HZ, name="quiet")


@pytest.mark.parametrize("fill", [0.0, -75.0])
def test_the_music_is_found_wherever_it_lies_in_a_long_silence(tmp_path, fill):
    """Half an hour with a minute of music: evenly spread excerpts would hardly meet it."""
    rate = 8_000
    samples = np.zeros(1800 * rate, np.float32)
    if fill:
        samples += (10 ** (fill / 20) * np.random.default_rng(0).standard_normal(len(samples))).astype(np.float32)
    begin = 1501
    samples[begin * rate : (begin + 60) * rate] += melody(60, rate)[:, 0]
    path = tmp_path / "hidden track.flac"
    soundfile.write(path, samples, rate)
    clip = read_clip(path)
    assert clip.seconds == pytest.approx(1800, abs=0.1)
    assert all(begin - 10 <= excerpt.start_seconds <= begin + 60 for excerpt in clip.excerpts)
    assert sum(len(excerpt.samples) for excerpt in clip.excerpts) >= 30 * CLIP_RATE_HZ


def test_a_pause_moves_no_more_than_it_must(tmp_path):
    """Music, five minutes of nothing, music: what is read comes from both, and none of it is the pause."""
    rate = 8_000
    parts = [melody(200, rate)[:, 0], np.zeros(300 * rate, np.float32), melody(200, rate, seed=3)[:, 0]]
    path = tmp_path / "pause.flac"
    soundfile.write(path, np.concatenate(parts), rate)
    starts = np.array([excerpt.start_seconds for excerpt in read_clip(path).excerpts])
    assert (starts < 200).sum() >= 4 and (starts > 495).sum() >= 4
    assert not ((starts > 205) & (starts < 490)).any()


def test_silence_behind_music_leaves_its_vector(song):
    samples, rate = song
    alone, padded = samples[: 30 * rate], np.concatenate([samples[: 30 * rate], np.zeros((60 * rate, 2), np.float32)])
    for name in ("timbre", "resnet"):
        encoder = encoders.load(name)
        one, other = (encoder.embed(clip_from_samples(part, rate)).vector for part in (alone, padded))
        assert one @ other > 0.99


def test_two_pieces_that_end_in_silence_are_two(engine):
    """A minute of nothing behind each: alike in that, and not one recording; each is still itself."""
    encoder = engine.encoder
    tracks = engine.catalogue.tracks()
    made = []
    for track in (tracks[3], tracks[90]):
        samples = read_clip(engine.catalogue.audio_path(track)).samples[: 20 * CLIP_RATE_HZ]
        padded = np.concatenate([samples, np.zeros(60 * CLIP_RATE_HZ, np.float32)])
        embedding = encoder.embed(clip_from_samples(padded, CLIP_RATE_HZ))
        starts = np.array([segment.start_seconds for segment in embedding.segments])
        made.append(SegmentVectors.of(embedding.segment_vectors, starts, encoder.hop_seconds))
    assert not is_version(made[0], made[1], encoder.hop_seconds) and not is_part(made[0], made[1])
    assert is_version(made[0], made[0], encoder.hop_seconds)


# ---- downmix and offset -----------------------------------------------------------------------------------


def inverted(samples):
    return samples * np.array([1, -1], np.float32)


@pytest.mark.parametrize("width", [0.0, 0.3])
def test_an_inverted_channel_is_turned_round(song, width):
    """Both channels alike (they would cancel to nothing), and real stereo."""
    samples, rate = song
    mono = samples.mean(axis=1, keepdims=True)
    stereo = np.repeat(mono, 2, axis=1) + width * (samples - mono)
    expected = clip_from_samples(stereo, rate).samples
    np.testing.assert_allclose(np.abs(clip_from_samples(inverted(stereo), rate).samples), np.abs(expected), atol=1e-4)


@needs_ffmpeg
def test_a_recording_with_an_inverted_channel_is_the_same_recording(song, engine, tmp_path):
    samples, rate = song
    path = encoded(inverted(samples), tmp_path, "inverted.mp3", rate_hz=rate)
    found = engine.search(path)
    assert [match.track.title for match in found.same_recording] == ["Boogie at the Boatyard"]


def test_ordinary_stereo_is_the_plain_mean(rng):
    """Channels that have nothing in common, as wide as stereo gets, and channels that differ in level."""
    one, other = rng.standard_normal((2, 3 * RATE_HZ)).astype(np.float32) * 0.1
    for left, right in ((one, other), (one, 0.1 * one), (one, 0.5 * one + 0.5 * other)):
        stereo = clip_from_samples(np.stack([left, right], axis=1), RATE_HZ).samples
        np.testing.assert_allclose(stereo, clip_from_samples((left + right) / 2, RATE_HZ).samples, atol=1e-5)


@pytest.mark.parametrize("offset", [0.02, -0.3])
def test_an_offset_changes_nothing(song, offset):
    samples, rate = song
    part = samples[: 20 * rate] * 0.5
    clean, shifted = (clip_from_samples(part + shift, rate).samples for shift in (0, offset))
    np.testing.assert_allclose(shifted, clean, atol=2e-3)


def test_a_wandering_offset_goes_too():
    drift = 0.2 * np.sin(2 * np.pi * 0.05 * np.arange(8 * RATE_HZ) / RATE_HZ)
    clean, shifted = (clip_from_samples((tone(8) + add).astype(np.float32), RATE_HZ).samples for add in (0, drift))
    assert np.corrcoef(clean, shifted)[0, 1] > 0.9999
    assert abs(shifted.mean()) < 1e-3


def test_the_lowest_notes_stay():
    low = tone(4, frequency_hz=27.5)
    kept = clip_from_samples(low, RATE_HZ).samples
    assert np.abs(kept[CLIP_RATE_HZ:-CLIP_RATE_HZ]).max() == pytest.approx(0.5, rel=0.01)


# ---- several tracks in one file ---------------------------------------------------------------------------


@pytest.fixture
def sounds(tmp_path):
    """Three seconds of two melodies and of silence, as WAV."""
    made = {"one": melody(3, seed=1), "two": melody(3, seed=2), "nothing": np.zeros((3 * RATE_HZ, 2))}
    for name, samples in made.items():
        soundfile.write(tmp_path / f"{name}.wav", samples, RATE_HZ)
    return {name: tmp_path / f"{name}.wav" for name in made}


def muxed(sounds, target, names, codecs, default):
    command = ["ffmpeg", "-v", "error", "-y"]
    for name in names:
        command += ["-i", str(sounds[name])]
    for number, codec in enumerate(codecs):
        command += ["-map", f"{number}:a", f"-c:a:{number}", codec, "-strict", "-2"]
        command += [f"-disposition:a:{number}", "default" if number == default else "0"]
    subprocess.run([*command, str(target)], check=True, stdin=subprocess.DEVNULL)
    return target


@needs_ffmpeg
@pytest.mark.parametrize(
    ("names", "codecs", "default", "wanted", "note"),
    [
        (["one", "two"], ["aac", "aac"], 1, "two", "the second, its default, was read"),
        (["one", "two"], ["aac", "aac"], 0, "one", "the first, its default, was read"),
        (["one", "two"], ["dca", "aac"], 0, "two", r"the second was read, as the first cannot be read here \(DTS\)"),
        (["nothing", "two"], ["aac", "aac"], 0, "two", "the second was read, as the first is silent"),
    ],
)
def test_which_of_several_tracks_is_read(sounds, tmp_path, names, codecs, default, wanted, note):
    clip = read_clip(muxed(sounds, tmp_path / "film.mkv", names, codecs, default))
    reference = read_clip(sounds[wanted]).samples
    assert likeness(clip, reference) > 0.9
    assert likeness(clip, read_clip(sounds["one" if wanted == "two" else "two"]).samples) < 0.5
    assert any(re.search(note, text) for text in clip.notes), clip.notes


# ---- joined files, tags in front --------------------------------------------------------------------------


@needs_ffmpeg
@pytest.mark.parametrize("codec", [["-c:a", "libvorbis"], ["-c:a", "libopus"], ["-c:a", "flac", "-f", "ogg"]])
def test_all_links_of_a_chained_ogg_are_read(tmp_path, codec):
    first = encoded(melody(8, seed=1), tmp_path, "a.ogg", *codec)
    second = encoded(melody(5, 48_000, seed=2)[:, 0], tmp_path, "b.ogg", "-ac", "1", *codec, rate_hz=48_000)
    third = encoded(melody(4, seed=3), tmp_path, "c.ogg", *codec)
    chained = b"".join(path.read_bytes() for path in (first, second, third))
    clip = read_clip(chained, name="radio.ogg")
    assert clip.seconds == pytest.approx(17, abs=0.2) and clip.notes == ()
    for path, begin, end in ((first, 0, 8), (second, 8, 13), (third, 13, 17)):
        part = clip.samples[round((begin + 0.2) * CLIP_RATE_HZ) : round((end - 0.2) * CLIP_RATE_HZ)]
        expected = read_clip(path).samples[round(0.2 * CLIP_RATE_HZ) :][: len(part)]
        assert correlation(part, expected) > 0.9


@needs_ffmpeg
def test_a_long_chained_ogg_gives_excerpts_of_all_links(tmp_path):
    links = [encoded(melody(90, 16_000, seed=n), tmp_path, f"{n}.opus", rate_hz=16_000).read_bytes() for n in range(3)]
    clip = read_clip(b"".join(links))
    assert clip.seconds == pytest.approx(270, abs=1) and len(clip.excerpts) == AUDIO.n_excerpts
    starts = np.array([excerpt.start_seconds for excerpt in clip.excerpts])
    assert all(((starts >= 90 * n) & (starts < 90 * (n + 1))).any() for n in range(3))


@needs_ffmpeg
@pytest.mark.parametrize("rates", [(44_100, 22_050), (48_000, 44_100), (44_100, 44_100)])
def test_mp3s_joined_end_to_end_are_read_to_their_end(tmp_path, rates):
    """The first has a Xing header, which promises its own length alone."""
    parts = []
    for number, rate in enumerate(rates):
        samples = melody(6 + number, rate, seed=number)
        parts.append(encoded(samples, tmp_path, f"{number}.mp3", "-ar", str(rate), rate_hz=rate).read_bytes())
    clip = read_clip(b"".join(parts), name="joined.mp3")
    assert clip.seconds == pytest.approx(13, abs=0.3)
    assert not any("ends early" in note for note in clip.notes)
    tail = clip.samples[round(7 * CLIP_RATE_HZ) :]
    assert np.sqrt(np.mean(tail**2)) > 0.01


def id3(n_bytes=300):
    size = bytes((n_bytes >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + size + bytes(n_bytes)


@needs_ffmpeg
@pytest.mark.parametrize("name", ["x.wav", "x.aiff", "x.flac", "x.m4a", "x.ogg"])
def test_a_tag_in_front_of_a_file_is_passed_over(tmp_path, name):
    path = encoded(melody(4), tmp_path, name)
    clip = read_clip(id3() + path.read_bytes(), name=name)
    assert clip.seconds == pytest.approx(4, abs=0.1)
    assert likeness(clip, read_clip(path).samples) > 0.999


# ---- formats ----------------------------------------------------------------------------------------------

FORMATS = {
    "x.mp2": ["-c:a", "mp2"],
    "x.wma": ["-c:a", "wmav2"],
    "wmav1.wma": ["-c:a", "wmav1"],
    "x.wv": ["-c:a", "wavpack"],
    "x.tta": ["-c:a", "tta"],
    "x.ac3": ["-c:a", "ac3"],
    "x.eac3": ["-c:a", "eac3"],
    "x.avi": ["-c:a", "libmp3lame"],
    "x.ts": ["-c:a", "aac"],
    "x.mpg": ["-c:a", "mp2"],
    "x.flv": ["-c:a", "libmp3lame"],
    "x.mov": ["-c:a", "pcm_s16le"],
    "x.mkv": ["-c:a", "flac"],
    "x.mka": ["-c:a", "libvorbis"],
    "x.m4b": ["-c:a", "aac", "-f", "ipod"],
    "x.3gp": ["-c:a", "aac"],
    "x.caf": ["-c:a", "pcm_s16be"],
    "x.au": ["-c:a", "pcm_s16be"],
    "x.aifc": ["-c:a", "pcm_s16le", "-f", "aiff"],
    "x.w64": ["-c:a", "pcm_s16le"],
    "x.spx": ["-c:a", "libspeex", "-ac", "1", "-ar", "16000", "-f", "ogg"],
}


@needs_ffmpeg
@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_read_with_their_sound(tmp_path, name):
    source = tmp_path / "source.wav"
    soundfile.write(source, melody(6), RATE_HZ)
    try:
        path = ffmpeg(source, tmp_path / name, *FORMATS[name])
    except subprocess.CalledProcessError:
        pytest.skip(f"this ffmpeg writes no {name}")
    clip = read_clip(path)
    assert clip.seconds == pytest.approx(6, abs=0.15)
    assert likeness(clip, read_clip(source).samples) > (0.8 if name in ("x.spx", "wmav1.wma") else 0.95)


def test_dsd_is_read(tmp_path, rng):
    """A DSF file written here: one bit a sample, 2.8224 MHz, a tone by delta-sigma modulation of the first order."""
    rate, seconds = 2_822_400, 2
    signal = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate * seconds) / rate)
    state, bits = 0.0, np.empty(len(signal), np.uint8)
    for number, value in enumerate(signal):
        state += value
        bits[number] = state >= 0
        state -= 1.0 if bits[number] else -1.0
    packed = np.packbits(bits, bitorder="little")
    padded = np.concatenate([packed, np.zeros(-len(packed) % 4096, np.uint8)]).tobytes()

    def chunk(name, body):
        return name + (12 + len(body)).to_bytes(8, "little") + body

    words = [1, 0, 1, 1, rate, 1]
    body = b"".join(word.to_bytes(4, "little") for word in words) + len(bits).to_bytes(8, "little")
    form = chunk(b"fmt ", body + (4096).to_bytes(4, "little") + bytes(4))
    data = chunk(b"data", padded)
    total = 28 + len(form) + len(data)
    head = b"DSD " + (28).to_bytes(8, "little") + total.to_bytes(8, "little") + bytes(8)
    clip = read_clip(head + form + data, name="tone.dsf")
    assert clip.seconds == pytest.approx(seconds, abs=0.05)
    spectrum = np.abs(np.fft.rfft(clip.samples * np.hanning(len(clip.samples))))
    peak_hz = spectrum.argmax() * CLIP_RATE_HZ / len(clip.samples)
    assert peak_hz == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("head", "name"),
    [(b"MPCK", "Musepack"), (b"tBaK", "TAK"), (b"MAC \x96\x0f", "APE"), (b"wvpk", "WavPack"), (b"ajkg", "Shorten")],
)
def test_what_cannot_be_read_is_named(head, name):
    with pytest.raises(AudioError, match=name):
        read_clip(head + bytes(2000), name="x.bin")


def test_the_page_takes_what_the_decoder_takes():
    wanted = "wav aiff aif aifc flac mp3 mp2 ogg oga opus m4a m4b aac mp4 3gp mov mkv webm caf au"
    assert set(f"{wanted} wma wv tta ape ac3 avi ts mpc dsf".split()) <= set(FILE_SUFFIXES)
    app = AppTest.from_file(str(PROJECT_ROOT / "app.py"), default_timeout=60).run()
    (uploader,) = app.get("file_uploader")
    assert set(uploader.proto.type) - {f".{suffix}" for suffix in FILE_SUFFIXES} <= {
        ".mpeg4"
    }  # Streamlit's own addition
    assert {f".{suffix}" for suffix in FILE_SUFFIXES} <= set(uploader.proto.type)


def test_eight_bits_are_unsigned(tmp_path):
    path = tmp_path / "x.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE_HZ)
        file.writeframes(np.round(tone(2) * 127 + 128).astype(np.uint8).tobytes())
    assert likeness(read_clip(path), clip_from_samples(tone(2), RATE_HZ).samples) > 0.999
    assert Path(path).is_file() and read_clip(wav_bytes(tone(2))).seconds == pytest.approx(2)
