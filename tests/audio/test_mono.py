"""Channels that cancel, and offsets: the same recording with either gives the same samples."""

import numpy as np
import pytest
import soundfile

from synesthete import settings
from synesthete.audio import clip_from_samples, read_clip
from synesthete.audio.mono import CANCELLATION, Downmix, without_offset
from synesthete.errors import AudioError
from tests.sounds import RATE_HZ, encoded, melody, needs_ffmpeg, noise, tone, wav_bytes

CLIP_RATE_HZ = settings.AUDIO.sample_rate_hz
SONGS = settings.Paths().sampler / "audio"


@pytest.fixture(scope="module")
def stereo() -> np.ndarray:
    """Twelve seconds of the built-in catalogue: float32 [n_samples, 2] at 44.1 kHz."""
    samples, rate = soundfile.read(SONGS / "blues" / "boogie-at-the-boatyard.mp3", dtype="float32", frames=12 * RATE_HZ)
    assert rate == RATE_HZ and samples.shape[1] == 2
    return samples


def samples_of(sound: np.ndarray, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Read as a file; an array takes the same path."""
    from_file = read_clip(wav_bytes(sound, rate_hz, subtype="FLOAT")).samples
    np.testing.assert_array_equal(from_file, clip_from_samples(sound, rate_hz).samples)
    return from_file


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def test_one_inverted_channel_changes_nothing_but_the_sign(stereo):
    expected = samples_of(stereo)
    for inverted in (stereo * [1, -1], stereo * [-1, 1]):
        np.testing.assert_allclose(np.abs(samples_of(inverted.astype(np.float32))), np.abs(expected), atol=1e-6)
        assert abs(correlation(samples_of(inverted.astype(np.float32)), expected)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("path", sorted(SONGS.glob("*/*.mp3"))[::12], ids=lambda path: path.stem)
def test_ordinary_stereo_is_the_plain_mean_and_each_song_survives_inversion(path):
    sound, rate = soundfile.read(path, dtype="float32", frames=8 * RATE_HZ)
    plain = samples_of(sound, rate)
    mean = samples_of(sound.mean(axis=1), rate)
    np.testing.assert_allclose(plain, mean, atol=1e-5)
    inverted = samples_of(sound * np.float32([1, -1]), rate)
    assert abs(correlation(inverted, plain)) > 0.9999


def test_opposite_channels_are_heard_at_their_full_level():
    sound = melody(4.0)[:, :1]
    expected = samples_of(np.repeat(sound, 2, axis=1))
    np.testing.assert_allclose(samples_of(np.concatenate([sound, -sound], axis=1)), expected, atol=1e-6)


@pytest.mark.parametrize("second_level", [0.8, 0.5])
def test_partly_cancelling_channels_of_other_levels(rng, second_level):
    sound, other = melody(4.0)[:, 0], noise(rng, 4.0, -30)
    mixed = samples_of(np.stack([sound, other - second_level * sound], axis=1))
    expected = samples_of(sound)
    assert correlation(mixed, expected) > 0.95
    assert np.std(mixed) > 0.7 * np.std(expected)


def test_unrelated_channels_stay_the_mean(rng):
    """The widest ordinary stereo: no correlation at all, and a little below none."""
    one, other = noise(rng, 3.0, -20), noise(rng, 3.0, -20)
    for second in (other, other - 0.2 * one):
        sound = np.stack([one, second], axis=1)
        np.testing.assert_allclose(samples_of(sound), samples_of(sound.mean(axis=1)), atol=1e-6)


def test_a_channel_that_is_soft_or_silent_stays_the_mean():
    sound = melody(3.0)[:, 0]
    for second in (np.zeros_like(sound), -0.05 * sound):
        expected = samples_of((sound + second) / 2)
        np.testing.assert_allclose(samples_of(np.stack([sound, second], axis=1)), expected, atol=1e-6)


def test_surround_with_opposite_fronts():
    sound = melody(3.0)[:, 0]
    silence = np.zeros_like(sound)
    mixed = samples_of(np.stack([sound, -sound, silence, silence, 0.5 * sound, -0.5 * sound], axis=1))
    assert abs(correlation(mixed, samples_of(sound))) > 0.999


def test_an_offset_does_not_decide_the_downmix(stereo):
    """Equal offsets would make opposite channels look alike, opposite offsets alike channels opposite."""
    inverted = stereo * np.float32([1, -1])
    assert abs(correlation(samples_of(inverted + np.float32(0.5)), samples_of(stereo))) > 0.9999
    np.testing.assert_allclose(samples_of(stereo + np.float32([0.5, -0.5])), samples_of(stereo), atol=1e-5)


def test_all_excerpts_of_a_long_recording_take_one_downmix(rng):
    """A part of it where opposite channels happen to be alone does not turn round that part only."""
    rate_hz = 8_000
    one = melody(180.0, rate_hz)[:, 0]
    sound = np.stack([one, one], axis=1)
    sound[60 * rate_hz : 80 * rate_hz, 1] *= -1
    clip = read_clip(wav_bytes(sound, rate_hz, subtype="FLOAT"))
    mean = read_clip(wav_bytes(sound.mean(axis=1), rate_hz, subtype="FLOAT"))
    long = [excerpt for excerpt in clip.excerpts if not 50 < excerpt.start_seconds < 80]
    expected = {excerpt.start_seconds: excerpt.samples for excerpt in mean.excerpts}
    assert len(long) >= 9
    for excerpt in long:
        if excerpt.start_seconds in expected:
            np.testing.assert_allclose(excerpt.samples, expected[excerpt.start_seconds], atol=1e-6)


def test_long_recording_with_an_inverted_channel_is_the_same_in_every_excerpt():
    rate_hz = 8_000
    sound = np.stack([melody(150.0, rate_hz, seed=1)[:, 0], melody(150.0, rate_hz, seed=1)[:, 0]], axis=1)
    expected = read_clip(wav_bytes(sound, rate_hz)).excerpts
    inverted = read_clip(wav_bytes(sound * np.float32([1, -1]), rate_hz)).excerpts
    assert [e.start_seconds for e in inverted] == [e.start_seconds for e in expected]
    for one, other in zip(expected, inverted, strict=True):
        np.testing.assert_allclose(one.samples, other.samples, atol=1e-4)


def test_threshold_is_energy_against_that_of_unrelated_channels(rng):
    """``CANCELLATION`` as the documentation says it, against plain sums over simulated channels."""
    for correlation_wanted in (-0.9, -0.3, -0.2, 0.0, 0.5):
        first, fresh = noise(rng, 2.0, -20), noise(rng, 2.0, -20)
        second = correlation_wanted * first + np.sqrt(1 - correlation_wanted**2) * fresh
        downmix = Downmix()
        downmix.observe(np.stack([first, second]).astype(np.float32))
        left = np.var(first + second) / (np.var(first) + np.var(second))
        assert downmix.decide() == (left < CANCELLATION)
        assert (left < CANCELLATION) == (correlation_wanted < -0.25)


@needs_ffmpeg
def test_inverted_channel_in_a_lossy_file(stereo, tmp_path):
    path = encoded(stereo * np.float32([1, -1]), tmp_path, "inverted.mp3", "-b:a", "160k")
    plain = encoded(stereo, tmp_path, "plain.mp3", "-b:a", "160k")
    assert abs(correlation(read_clip(path).samples, read_clip(plain).samples)) > 0.99


@pytest.mark.parametrize("offset", [0.02, -0.3, 0.5, 3.0])
def test_an_offset_of_any_size_changes_nothing(stereo, offset):
    expected = samples_of(stereo)
    np.testing.assert_allclose(samples_of(stereo + np.float32(offset)), expected, atol=1e-4)
    assert abs(expected.mean()) < 1e-4


def test_an_offset_in_eight_unsigned_bits(stereo):
    """Half a step off its middle by nature, and far off in a bad recording."""
    quiet = stereo[:, 0] * 0.4
    expected = samples_of(quiet)
    for offset in (0.0, 0.4):
        clip = read_clip(wav_bytes(quiet + offset, subtype="PCM_U8"))
        assert correlation(clip.samples, expected) > 0.98
        assert abs(clip.samples.mean()) < 1e-3


@pytest.mark.parametrize("level", [0.02, -0.5, 0.999])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "FLOAT"])
@pytest.mark.parametrize("rate_hz", [8_000, 44_100])
def test_a_constant_is_silent(level, subtype, rate_hz):
    with pytest.raises(AudioError, match=r"'dc.wav' is silent: .* -70 dBFS\. Check the microphone or the file"):
        read_clip(wav_bytes(np.full(3 * rate_hz, level), rate_hz, subtype=subtype), name="dc.wav")


def test_hiss_below_the_threshold_is_silent_and_above_it_is_not(rng):
    with pytest.raises(AudioError, match="silent"):
        read_clip(wav_bytes(noise(rng, 3.0, -75) + np.float32(0.1), subtype="FLOAT"))
    assert read_clip(wav_bytes(noise(rng, 3.0, -60), subtype="FLOAT")).seconds == pytest.approx(3.0)


def test_an_excerpt_begins_without_a_click(rng):
    """A resampler takes what lies before its first sample for silence: an offset would be a step there."""
    hiss = noise(rng, 3.0, -60)
    plain = clip_from_samples(hiss, RATE_HZ).samples
    shifted = clip_from_samples(hiss + np.float32(0.8), RATE_HZ).samples
    np.testing.assert_allclose(shifted, plain, atol=1e-5)


def test_an_offset_that_wanders_goes_and_the_music_stays():
    sound = tone(8.0, 60.0, CLIP_RATE_HZ, 0.2)
    drift = 0.3 * np.sin(2 * np.pi * 0.05 * np.arange(len(sound)) / CLIP_RATE_HZ).astype(np.float32)
    cleaned = without_offset(sound + drift, CLIP_RATE_HZ // 2)
    inner = slice(CLIP_RATE_HZ // 4, -CLIP_RATE_HZ // 4)
    np.testing.assert_allclose(cleaned[inner], sound[inner], atol=0.003)
    np.testing.assert_allclose(cleaned, sound, atol=0.03)


@pytest.mark.parametrize("frequency_hz", [20.0, 41.2, 110.0, 344.53, 1_000.0])
def test_what_is_heard_passes_unchanged(frequency_hz):
    sound = tone(4.0, frequency_hz, CLIP_RATE_HZ)
    np.testing.assert_allclose(without_offset(sound, CLIP_RATE_HZ // 2)[6_000:-6_000], sound[6_000:-6_000], atol=2e-3)


def test_running_mean_against_a_plain_loop(rng):
    """The Hann-weighted mean around each place, taken slowly and sample by sample."""
    sound = (rng.standard_normal(4_000) * 0.1 + np.linspace(0, 1, 4_000) + 0.5).astype(np.float32)
    span = 1_024
    weights = np.hanning(span + 1)
    expected = np.empty(len(sound))
    for place in range(len(sound)):
        low, high = max(0, place - span // 2), min(len(sound), place + span // 2 + 1)
        part = weights[low - place + span // 2 : high - place + span // 2]
        expected[place] = (sound[low:high] * part).sum() / part.sum()
    np.testing.assert_allclose(without_offset(sound, span), sound - expected, atol=0.02)


@pytest.mark.parametrize("n", [0, 1, 63, 64, 127, 128, 129, 5_000])
def test_sounds_of_any_length_lose_their_offset(n):
    cleaned = without_offset(np.full(n, 0.7, np.float32), CLIP_RATE_HZ // 2)
    np.testing.assert_allclose(cleaned, np.zeros(n), atol=1e-6)
    assert cleaned.dtype == np.float32


def test_a_slice_is_what_lies_there_in_the_whole(stereo):
    sound = samples_of(stereo)
    part = without_offset(sound[3 * CLIP_RATE_HZ : 8 * CLIP_RATE_HZ], CLIP_RATE_HZ // 2)
    whole = without_offset(sound, CLIP_RATE_HZ // 2)[3 * CLIP_RATE_HZ : 8 * CLIP_RATE_HZ]
    np.testing.assert_allclose(part, whole, atol=3e-3)
