"""read_clip, clip_from_samples and what hangs on a clip."""

import io
import wave

import librosa
import numpy as np
import pytest
import soundfile

from synesthete import settings
from synesthete.audio import clip_from_samples, clip_to_wav, content_id, read_clip, read_passage
from synesthete.audio.clip import clean_name
from synesthete.errors import AudioError
from synesthete.settings import DecodeLimits
from tests.sounds import RATE_HZ, melody, tone, wav_bytes

CLIP_RATE_HZ = settings.AUDIO.sample_rate_hz


def loudest_hz(samples: np.ndarray, rate_hz: int = CLIP_RATE_HZ) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate_hz / len(samples))


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 48_000, 96_000])
def test_pitch_and_length_survive_any_rate(rate_hz):
    clip = read_clip(wav_bytes(tone(3.0, 1_000.0, rate_hz), rate_hz))
    assert clip.sample_rate_hz == CLIP_RATE_HZ
    assert clip.samples.dtype == np.float32
    assert clip.samples.flags.writeable
    assert len(clip.samples) == pytest.approx(3 * CLIP_RATE_HZ, abs=1)
    assert loudest_hz(clip.samples) == pytest.approx(1_000.0, abs=0.5)
    assert np.abs(clip.samples[2_000:-2_000]).max() == pytest.approx(0.5, abs=0.01)


def test_path_bytes_and_array_give_the_same_samples(tmp_path):
    sound = melody(4.0)
    path = tmp_path / "song.wav"
    path.write_bytes(wav_bytes(sound, subtype="FLOAT"))
    from_path, from_bytes = read_clip(path), read_clip(path.read_bytes(), name="song.wav")
    from_array = clip_from_samples(sound, RATE_HZ)
    np.testing.assert_array_equal(from_path.samples, from_bytes.samples)
    np.testing.assert_array_equal(from_path.samples, from_array.samples)
    assert from_path.name == from_bytes.name == "song.wav"
    assert content_id(from_path) == content_id(from_array)


def test_agrees_with_librosa(tmp_path):
    """Above what the offset filter takes, librosa's reading and ours are the same samples."""
    path = tmp_path / "song.flac"
    soundfile.write(path, melody(4.0), RATE_HZ)
    reference, _ = librosa.load(path, sr=CLIP_RATE_HZ, mono=True, res_type="soxr_hq")
    samples = read_clip(path).samples
    assert len(samples) == pytest.approx(len(reference), abs=1)
    n = min(len(samples), len(reference))
    spectrum = np.fft.rfft(samples[:n] - reference[:n]) / n
    hz = np.fft.rfftfreq(n, 1 / CLIP_RATE_HZ)
    assert np.abs(spectrum[hz > 20]).max() < 1e-5
    assert np.abs(samples[:n] - reference[:n]).max() < 0.01


def test_integers_are_full_scale():
    floats = tone(2.0)
    for kind in (np.int16, np.int32):
        integers = (floats * np.iinfo(kind).max).astype(kind)
        np.testing.assert_allclose(
            clip_from_samples(integers, RATE_HZ).samples,
            clip_from_samples(floats, RATE_HZ).samples,
            atol=1e-3,
        )


def test_long_sound_comes_in_excerpts_from_where_they_say():
    rate_hz = 8_000
    seconds = 300
    slow_sweep_hz = 200.0 + 2_000.0 * np.arange(seconds * rate_hz) / (seconds * rate_hz)
    sweep = 0.5 * np.sin(2 * np.pi * np.cumsum(slow_sweep_hz) / rate_hz)
    clip = read_clip(wav_bytes(sweep, rate_hz))
    assert clip.seconds == pytest.approx(seconds)
    assert len(clip.excerpts) == settings.AUDIO.n_excerpts
    starts = [excerpt.start_seconds for excerpt in clip.excerpts]
    np.testing.assert_allclose(np.diff(starts), seconds / settings.AUDIO.n_excerpts)
    for excerpt in clip.excerpts:
        assert len(excerpt.samples) == settings.AUDIO.excerpt_seconds * CLIP_RATE_HZ
        middle_hz = 200.0 + 2_000.0 * (excerpt.start_seconds + settings.AUDIO.excerpt_seconds / 2) / seconds
        assert librosa_centroid_hz(excerpt.samples) == pytest.approx(middle_hz, rel=0.03)
    array_clip = clip_from_samples(sweep, rate_hz)
    np.testing.assert_allclose(array_clip.samples, clip.samples, atol=1e-3)


def librosa_centroid_hz(samples: np.ndarray) -> float:
    return float(np.median(librosa.feature.spectral_centroid(y=samples, sr=CLIP_RATE_HZ)[0, 5:-5]))


def test_content_id_follows_the_sound_alone(tmp_path):
    sound = np.round(melody(3.0) * 20_000).astype(np.int16)
    plain = read_clip(wav_bytes(sound), name="a.wav")
    flac = read_clip(wav_bytes(sound, kind="FLAC"), name="b.flac")
    assert content_id(plain) == content_id(flac)
    assert len(content_id(plain)) == 16
    int(content_id(plain), 16)
    assert content_id(plain) != content_id(clip_from_samples(melody(3.0, seed=8), RATE_HZ))


def test_clip_to_wav_is_a_wav_of_the_same_sound():
    clip = clip_from_samples(tone(3.0), RATE_HZ)
    with wave.open(io.BytesIO(clip_to_wav(clip, max_seconds=2.0))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, CLIP_RATE_HZ)
        assert file.getnframes() == 2 * CLIP_RATE_HZ
    samples, _ = soundfile.read(io.BytesIO(clip_to_wav(clip)))
    np.testing.assert_allclose(samples, clip.samples, atol=1e-4)


def test_eight_channels_at_192_khz_are_mixed_with_a_note():
    clip = clip_from_samples(np.repeat(tone(1.5, rate_hz=192_000)[:, np.newaxis], 8, axis=1), 192_000)
    assert loudest_hz(clip.samples) == pytest.approx(440.0, abs=1.0)
    assert any("8 channels at 192,000 Hz" in note for note in clip.notes)


@pytest.mark.parametrize(
    ("samples", "rate_hz", "message"),
    [
        (np.zeros((3, 3, 3)), 44_100, r"array of shape \(3, 3, 3\)"),
        (np.zeros((2, 44_100)), 44_100, r"shape \(2, 44100\).*\[n_samples, n_channels\]"),
        (np.array(["a", "b"]), 44_100, "type <U1"),
        (np.zeros(0), 44_100, "no sound"),
        (np.zeros(44_100 * 2), 44_100, "silent"),
        (np.full(44_100 * 2, 0.02), 44_100, "silent: nothing in it is louder than -70 dBFS"),
        (tone(0.4), 44_100, "0.40 seconds long; at least 1 s"),
        (np.full(44_100 * 2, np.nan), 44_100, "not numbers"),
        (np.r_[tone(2.0), np.inf], 44_100, "not numbers"),
        (tone(2.0), 0, "0 Hz"),
    ],
)
def test_arrays_that_are_no_sound_are_refused(samples, rate_hz, message):
    with pytest.raises(AudioError, match=message):
        clip_from_samples(samples, rate_hz)


def test_odd_scale_is_brought_to_one_with_a_note():
    clip = clip_from_samples(32_768 * tone(2.0), RATE_HZ)
    assert np.abs(clip.samples).max() == pytest.approx(1.0, abs=1e-6)
    assert any("scaled down" in note for note in clip.notes)


def test_too_large_an_upload_is_refused_and_a_file_on_disk_is_not(tmp_path):
    limits = DecodeLimits(max_bytes=100_000)
    content = wav_bytes(tone(3.0))
    with pytest.raises(AudioError, match=r"0.3 MB; at most 0.1 MB"):
        read_clip(content, limits=limits)
    path = tmp_path / "big.wav"
    path.write_bytes(content)
    assert read_clip(path, limits=limits).seconds == pytest.approx(3.0)


def test_missing_path_folder_and_device_are_refused(tmp_path):
    with pytest.raises(AudioError, match=r"'nothing.wav' does not exist in '.*'"):
        read_clip(tmp_path / "nothing.wav")
    with pytest.raises(AudioError, match="is a folder"):
        read_clip(tmp_path)
    with pytest.raises(AudioError, match="does not exist"):
        read_clip("http://example.com/song.mp3")
    with pytest.raises(AudioError, match="does not exist"):
        read_clip("song\0.mp3")
    with pytest.raises(AudioError, match="not a regular file"):
        read_clip("/dev/zero")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.mp3", "passwd.mp3"),
        (r"C:\Music\song.mp3", "song.mp3"),
        ("<img src=x onerror=alert(1)>.mp3", "‹img src=x onerror=alert(1)›.mp3"),
        ("so\x00n\ng\x1b[31m.mp3", "song[31m.mp3"),
        ("gnp\u202e.mp3", "gnp.mp3"),
        ("Ünïcödé 歌.mp3", "Ünïcödé 歌.mp3"),
        ("a" * 500, "a" * 79 + "…"),
        ("", ""),
    ],
)
def test_names_are_cleaned(given, shown):
    assert clean_name(given) == shown
    with pytest.raises(AudioError) as caught:
        read_clip(b"", name=given)
    assert str(caught.value).startswith(f"'{shown}' is empty" if shown else "This sound is empty")


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_passage_is_what_lies_there_in_the_whole(tmp_path, kind):
    subtype = {"WAV": "PCM_16", "FLAC": "PCM_16", "OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}[kind]
    path = tmp_path / "song"
    path.write_bytes(wav_bytes(melody(20.0), subtype=subtype, kind=kind))
    whole = read_clip(path)
    passage = read_passage(path, 12.5, 3.0)
    assert passage.excerpts[0].start_seconds == 12.5 and len(passage.samples) == 3 * CLIP_RATE_HZ
    begin = round(12.5 * CLIP_RATE_HZ)
    expected = whole.samples[begin : begin + len(passage.samples)]
    inner = slice(500, -500)  # the resampler's beginning and end
    assert np.corrcoef(passage.samples[inner], expected[inner])[0, 1] > 0.999


def test_a_passage_that_is_not_there_is_an_error(tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(wav_bytes(np.concatenate([tone(3.0), np.zeros(3 * RATE_HZ, dtype=np.float32)])))
    assert len(read_passage(path, 1.0, 3.0).samples) == 3 * CLIP_RATE_HZ
    for start in (4.0, 100.0):
        with pytest.raises(AudioError, match="song.wav' has no sound at"):
            read_passage(path, start, 2.0)
    with pytest.raises(AudioError, match="does not exist"):
        read_passage(tmp_path / "none.wav", 0.0, 2.0)
