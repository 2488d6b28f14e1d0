"""One recording in every format: same length, same sound, at the same place; and one list of what is taken."""

import io
import struct

import av
import librosa
import numpy as np
import pytest
import soundfile

from synesthete import settings
from synesthete.audio import content_id, formats, read_clip
from synesthete.audio.av_reader import AvReader
from synesthete.audio.decode import decode_file
from synesthete.audio.excerpts import gather
from synesthete.audio.formats import FILE_SUFFIXES
from synesthete.audio.soundfile_reader import SoundfileReader
from synesthete.errors import AudioError
from synesthete.settings import AudioSettings
from tests.sounds import (
    HAS_FFMPEG,
    RATE_HZ,
    cosine,
    dsd_bits,
    encoded,
    layer_1_tone,
    log_mel,
    melody,
    tone,
    wav_bytes,
)

CLIP_RATE_HZ = settings.AUDIO.sample_rate_hz
SECONDS = 6.0

FORMATS = {
    "song.wav": [],
    "song24.wav": ["-c:a", "pcm_s24le"],
    "song64.wav": ["-c:a", "pcm_f64le"],
    "song8.wav": ["-c:a", "pcm_u8"],
    "adpcm.wav": ["-c:a", "adpcm_ms"],
    "mp3.wav": ["-c:a", "mp3", "-b:a", "160k"],
    "song.rf64": ["-f", "wav", "-rf64", "always"],
    "song.w64": [],
    "song.aiff": [],
    "little.aifc": ["-c:a", "pcm_s16le", "-f", "aiff"],
    "song.au": [],
    "alac.caf": ["-c:a", "alac"],
    "song.flac": [],
    "song.mp3": ["-b:a", "160k"],
    "no_length.mp3": ["-q:a", "4", "-write_xing", "0"],
    "low.mp3": ["-ar", "16000", "-b:a", "64k"],
    "song.mp2": ["-b:a", "256k"],
    "song.mpa": ["-b:a", "256k", "-f", "mp2"],
    "vorbis.ogg": ["-c:a", "libvorbis", "-q:a", "6"],
    "flac.oga": ["-c:a", "flac"],
    "song.opus": ["-c:a", "libopus", "-b:a", "128k"],
    "song.spx": ["-c:a", "libspeex", "-ar", "32000", "-q:a", "10"],
    "song.m4a": ["-c:a", "aac", "-b:a", "192k"],
    "alac.m4a": ["-c:a", "alac"],
    "surround.m4a": ["-c:a", "aac", "-ac", "6", "-b:a", "384k"],
    "song.m4b": ["-c:a", "aac", "-b:a", "192k", "-f", "ipod"],
    "song.3gp": ["-c:a", "aac", "-b:a", "192k"],
    "song.mov": ["-c:a", "pcm_s24be"],
    "raw.aac": ["-c:a", "aac", "-b:a", "192k"],
    "song.webm": ["-c:a", "libopus", "-b:a", "128k"],
    "live.webm": ["-c:a", "libopus", "-b:a", "128k", "-live", "1"],
    "song.mka": ["-c:a", "flac"],
    "song.mkv": ["-c:a", "aac", "-b:a", "192k"],
    "song.wma": ["-c:a", "wmav2", "-b:a", "192k"],
    "version1.wma": ["-c:a", "wmav1", "-b:a", "192k"],
    "song.wv": [],
    "song.tta": [],
    "song.ac3": ["-b:a", "256k"],
    "song.eac3": ["-b:a", "256k"],
    "song.avi": ["-c:a", "mp3", "-b:a", "160k"],
    "pcm.avi": ["-c:a", "pcm_s16le"],
    "song.flv": ["-c:a", "mp3", "-b:a", "160k"],
    "aac.ts": ["-c:a", "aac", "-b:a", "192k"],
    "layer2.ts": ["-c:a", "mp2", "-b:a", "256k"],
    "song.m2ts": ["-c:a", "ac3", "-b:a", "256k"],
    "song.mpg": ["-c:a", "mp2", "-b:a", "256k"],
}
# Nothing in these files says how much padding the encoder added, or their time stamps are coarse.
SLACK_SECONDS = {
    **dict.fromkeys(["no_length.mp3", "song.mp2", "song.mpa", "mp3.wav", "raw.aac", "song.mkv", "song.spx"], 0.1),
    **dict.fromkeys(["song.wma", "version1.wma", "song.ac3", "song.eac3", "song.avi", "pcm.avi", "song.flv"], 0.1),
    **dict.fromkeys(["aac.ts", "layer2.ts", "song.m2ts", "song.mpg"], 0.1),
}
# FFmpeg's time stamps are wrong by up to a page of Ogg, or by two frames, after a seek in these.
PLACE_SLACK_SECONDS = {"flac.oga": 1.0, "song.spx": 1.0, "song.wma": 0.1, "version1.wma": 0.1}
LOG_MEL_COSINES = {"song8.wav": 0.9, "adpcm.wav": 0.9, "low.mp3": 0.9, "song.spx": 0.9}  # noisy by nature


@pytest.fixture(scope="module")
def song() -> np.ndarray:
    return melody(SECONDS)


@pytest.fixture(scope="module")
def files(song, tmp_path_factory):
    """One recording in many formats: name -> path."""
    if not HAS_FFMPEG:
        pytest.skip("ffmpeg, which makes these files, is not installed")
    folder = tmp_path_factory.mktemp("formats")
    return {name: encoded(song, folder, name, *options) for name, options in FORMATS.items()}


@pytest.fixture(scope="module")
def reference(song) -> np.ndarray:
    with io.BytesIO(wav_bytes(song)) as file:
        return decode_file(file, "x", settings.AUDIO).excerpts[0].samples


def delay_samples(first: np.ndarray, second: np.ndarray) -> int:
    """How many samples ``second`` lags behind ``first``, by their cross-correlation."""
    n = 1 << int(np.ceil(np.log2(len(first) + len(second))))
    correlation = np.fft.irfft(np.fft.rfft(second, n) * np.conj(np.fft.rfft(first, n)), n)
    delay = int(np.argmax(correlation))
    return delay - n if delay > n // 2 else delay


def assert_same_sound(reference, samples, least_cosine=0.97, slack_seconds=0.0):
    """The same length and, but for a delay within the slack, the same spectrogram."""
    assert len(samples) == pytest.approx(len(reference), abs=(slack_seconds + 0.03) * CLIP_RATE_HZ)
    delay = delay_samples(reference, samples)
    assert abs(delay) <= max(2, slack_seconds * CLIP_RATE_HZ)
    first, second = reference[max(-delay, 0) :], samples[max(delay, 0) :]
    assert cosine(log_mel(first, CLIP_RATE_HZ), log_mel(second, CLIP_RATE_HZ)) > least_cosine


@pytest.mark.parametrize("name", FORMATS)
def test_format_gives_the_same_sound(files, reference, name):
    clip = read_clip(files[name])
    slack = SLACK_SECONDS.get(name, 0.0)
    assert clip.seconds == pytest.approx(SECONDS, abs=max(slack, 0.03))
    assert not [note for note in clip.notes if "early" in note]
    assert_same_sound(reference, clip.samples, LOG_MEL_COSINES.get(name, 0.97), slack)
    upload = read_clip(files[name].read_bytes(), name=name)
    assert content_id(upload) == content_id(clip)


@pytest.mark.parametrize("name", FORMATS)
def test_excerpts_are_what_lies_at_their_place(files, name):
    """Seeking gives what reading whole gives at the same second, within the time stamps' millisecond."""
    excerpts = AudioSettings(whole_seconds=3.0, n_excerpts=3, excerpt_seconds=1.0)
    sought, whole = read_clip(files[name], audio=excerpts), read_clip(files[name])
    assert len(sought.excerpts) == 3
    assert sought.seconds == pytest.approx(whole.seconds, abs=0.1)
    for excerpt in sought.excerpts:
        start = round(excerpt.start_seconds * CLIP_RATE_HZ)
        if name in PLACE_SLACK_SECONDS:
            start -= delay_samples(whole.samples, np.pad(excerpt.samples, (start, 0)))
            assert abs(start / CLIP_RATE_HZ - excerpt.start_seconds) <= PLACE_SLACK_SECONDS[name]
        expected = whole.samples[start : start + len(excerpt.samples)]
        assert abs(delay_samples(expected, excerpt.samples)) <= 0.001 * CLIP_RATE_HZ
        inner = slice(3, -3)  # frames at the edges hear a note begin, or just not
        first, second = (log_mel(x, CLIP_RATE_HZ)[:, inner] for x in (expected, excerpt.samples))
        assert cosine(first, second) > 0.99


def read_with(reader_kind, path, audio=settings.AUDIO):
    with path.open("rb") as file:
        reader = AvReader(file, "x") if reader_kind is AvReader else SoundfileReader(file)
        return gather(reader, audio, "x")


@pytest.mark.parametrize("name", ["song.mp3", "song.flac", "vorbis.ogg", "song.opus", "song.wav", "song.aiff"])
def test_both_libraries_read_the_same_sound(files, name):
    one, other = (read_with(kind, files[name]).excerpts[0].samples for kind in (SoundfileReader, AvReader))
    assert abs(delay_samples(one, other)) == 0
    assert cosine(log_mel(one, CLIP_RATE_HZ), log_mel(other, CLIP_RATE_HZ)) >= 0.999
    assert len(one) == pytest.approx(len(other), abs=0.03 * CLIP_RATE_HZ)


def dsf(bits: np.ndarray, rate_hz: int) -> bytes:
    """A mono DSF file: 1-bit samples, the first in a byte's lowest bit, in blocks of 4,096 bytes."""
    data = np.packbits(bits, bitorder="little").tobytes()
    data += bytes(-len(data) % 4096)
    form = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 1, 1, rate_hz, 1, len(bits), 4096, 0)
    return (
        struct.pack("<4sQQQ", b"DSD ", 28, 28 + 52 + 12 + len(data), 0)
        + form
        + struct.pack("<4sQ", b"data", 12 + len(data))
        + data
    )


def dff(bits: np.ndarray, rate_hz: int) -> bytes:
    """A mono DSDIFF file: 1-bit samples, the first in a byte's highest bit."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return name + struct.pack(">Q", len(content)) + content + bytes(len(content) % 2)

    properties = b"SND " + chunk(b"FS  ", struct.pack(">I", rate_hz)) + chunk(b"CHNL", struct.pack(">H4s", 1, b"C   "))
    properties += chunk(b"CMPR", b"DSD \x0enot compressed\x00")
    content = b"DSD " + chunk(b"FVER", b"\x01\x05\x00\x00") + chunk(b"PROP", properties)
    return chunk(b"FRM8", content + chunk(b"DSD ", np.packbits(bits).tobytes()))


@pytest.mark.parametrize("write", [dsf, dff])
def test_dsd_is_read(write):
    rate_hz = 16 * RATE_HZ  # a quarter of SACD's, so that this test is fast
    bits = dsd_bits(tone(1.5, 440.0, rate_hz))
    clip = read_clip(write(bits, rate_hz))
    assert clip.seconds == pytest.approx(1.5, abs=0.02)
    expected = read_clip(wav_bytes(tone(1.5))).samples
    n = len(expected) - 1_000
    spectrum, wanted = (np.abs(np.fft.rfft(x[:n] * np.hanning(n))) for x in (clip.samples, expected))
    assert np.argmax(spectrum) == np.argmax(wanted)


def test_dsd_at_eight_times_the_rate_of_sacd_is_no_odd_rate():
    bits = np.random.default_rng(0).integers(0, 2, 22_579_200, dtype=np.uint8)  # noise of one second
    clip = read_clip(dsf(bits, 22_579_200))
    assert clip.seconds == pytest.approx(1.0, abs=0.01)


def test_mpeg_layer_1_is_read():
    clip = read_clip(layer_1_tone(2.0))
    assert clip.seconds == pytest.approx(2.0, abs=0.05)
    spectrum = np.abs(np.fft.rfft(clip.samples))
    assert np.argmax(spectrum) / clip.seconds == pytest.approx(5 * 44_100 / 64, rel=0.01)  # the upper edge of band 4


def test_amr_is_read(tmp_path):
    if "libopencore_amrnb" not in av.codecs_available:
        pytest.skip("this PyAV has no encoder for AMR")
    path = tmp_path / "memo.amr"
    sound = melody(3.0, rate_hz=8_000).mean(axis=1)
    with av.open(str(path), "w", format="amr") as container:
        stream = container.add_stream("libopencore_amrnb", rate=8_000, layout="mono")
        stream.bit_rate = 12_200
        for start in range(0, len(sound), 160):
            part = np.round(sound[np.newaxis, start : start + 160] * 32_767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8_000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clip = read_clip(path)
    assert clip.seconds == pytest.approx(3.0, abs=0.05)
    whole = read_clip(wav_bytes(sound, 8_000)).samples
    both = [librosa.resample(x, orig_sr=CLIP_RATE_HZ, target_sr=8_000) for x in (whole, clip.samples)]
    assert cosine(*(log_mel(x, 8_000, fmax_hz=3_400) for x in both)) > 0.8


@pytest.mark.parametrize(
    ("head", "name"),
    [(b"tBaK", "TAK"), (b".RMF\0\0\0", "RealMedia"), (b"OFR ", "OptimFROG"), (b"\x7f\xfe\x80\x01", "DTS")],
)
def test_format_that_is_not_read_is_named_with_a_way_out(head, name):
    with pytest.raises(AudioError, match=f"'x' is in the format {name}, which cannot be read here. Save it as MP3"):
        read_clip(head + bytes(2_000), name="x")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"MAC \x96\x0f", "Monkey's Audio"),
        (b"MPCK", "Musepack"),
        (b"wvpk", "WavPack"),
        (b"TTA1", "True Audio"),
        (bytes.fromhex("3026b2758e66cf11"), "Windows Media"),
        (b"FRM8", "DSD"),
    ],
)
def test_damaged_file_of_a_known_format_is_named(head, name):
    with pytest.raises(AudioError, match=f"'x' looks like {name}.*damaged"):
        read_clip(head + bytes(2_000), name="x")


def test_a_codec_that_is_not_let_in_is_named(tmp_path, song):
    if not HAS_FFMPEG:
        pytest.skip("ffmpeg, which makes this file, is not installed")
    path = encoded(song, tmp_path, "film.mkv", "-c:a", "dca", "-strict", "-2")
    with pytest.raises(AudioError, match=r"'film.mkv' holds sound .* cannot be read here \(DTS\). Save it as MP3"):
        read_clip(path)


def test_every_format_and_decoder_that_is_let_in_is_one_of_ffmpegs():
    known = {part for name in av.formats_available for part in name.split(",")}
    assert set(formats.DEMUXERS) <= known
    assert set(formats.DECODERS) <= av.codecs_available | {"libvorbis", "libopus"}


@pytest.mark.parametrize("name", ["hls", "dash", "concat", "sdp", "rtsp", "rtp", "image2", "vobsub", "imf", "lavfi"])
def test_formats_that_open_other_files_stay_out(name):
    assert name not in formats.DEMUXERS


def test_each_file_that_is_read_here_has_its_suffix_in_the_list():
    """What the page offers is this list; ``test_world`` holds both equal."""
    made = {name.rpartition(".")[2] for name in FORMATS} | {"dsf", "dff", "mp1", "amr"}
    assert made <= set(FILE_SUFFIXES)
    assert {"ape", "mpc"} <= set(FILE_SUFFIXES)
    assert len(set(FILE_SUFFIXES)) == len(FILE_SUFFIXES)


def test_a_file_that_streamlit_offers_passes_its_own_check():
    """The page's check of a name that is sent to it: any letter case, and names with several dots."""
    from streamlit.elements.lib.file_uploader_utils import enforce_filename_restriction, normalize_upload_file_type

    allowed = normalize_upload_file_type(list(FILE_SUFFIXES))
    for suffix in FILE_SUFFIXES:
        enforce_filename_restriction(f"My.Song.{suffix.upper()}", allowed)


def test_integers_of_64_bits(song):
    """A 64-bit integer WAV, which PyAV's own conversion to arrays does not know."""
    integers = np.round(song[:, 0].astype(float) * 2.0**62).astype("<i8")
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, 8 * RATE_HZ, 8, 64)
    data = integers.tobytes()
    wav = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVE" + head + b"data" + struct.pack("<I", len(data)) + data
    expected = read_clip(wav_bytes(song[:, 0] / 2, subtype="FLOAT")).samples
    np.testing.assert_allclose(read_clip(wav).samples, expected, atol=1e-5)


def test_sounds_that_soundfile_writes(song):
    for kind, subtype in (
        ("W64", "PCM_16"),
        ("CAF", "PCM_24"),
        ("AU", "FLOAT"),
        ("AIFF", "PCM_16"),
        ("RF64", "PCM_16"),
    ):
        if kind in soundfile.available_formats():
            clip = read_clip(wav_bytes(song, subtype=subtype, kind=kind))
            assert clip.seconds == pytest.approx(SECONDS, abs=1e-3)
