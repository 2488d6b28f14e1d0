"""Excerpts lie where there is sound, wherever that is; what holds none anywhere is refused."""

import itertools

import numpy as np
import pytest

from synesthete import settings
from synesthete.audio import content_id, placement, read_clip
from synesthete.audio.placement import Region, plan, spread
from synesthete.audio.silence import is_mostly_silent, is_sounding
from synesthete.errors import AudioError
from synesthete.settings import AudioSettings
from tests.sounds import encoded, melody, needs_ffmpeg, noise, wav_bytes

AUDIO = settings.AUDIO
RATE_HZ = 8_000  # long sounds are made at a low rate


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def music(seconds: float, seed: int = 7) -> np.ndarray:
    return melody(seconds, RATE_HZ, seed)[:, 0]


def read(*parts: np.ndarray, **options):
    return read_clip(wav_bytes(np.concatenate(parts), RATE_HZ), name="long.wav", **options)


def assert_all_sound(clip):
    for excerpt in clip.excerpts:
        assert not is_mostly_silent(excerpt.samples, clip.sample_rate_hz)
    for one, following in itertools.pairwise(clip.excerpts):
        assert following.start_seconds >= one.start_seconds + 0.9 * AUDIO.excerpt_seconds


@pytest.mark.parametrize("seconds", [130.0, 400.0, 6 * 3600.0])
def test_recording_that_sounds_all_through_is_read_at_even_places(seconds):
    passages = plan(seconds, AUDIO)
    assert len(passages) == AUDIO.n_excerpts
    expected = (np.arange(12) + 0.5) * seconds / 12 - 5.0
    np.testing.assert_allclose([start for start, _ in passages], expected)


def test_hidden_track_after_fifty_minutes_of_silence():
    clip = read(music(240), silence(3000), music(120, seed=8))
    assert clip.seconds == pytest.approx(3360)
    assert len(clip.excerpts) == AUDIO.n_excerpts
    assert_all_sound(clip)
    starts = np.array([excerpt.start_seconds for excerpt in clip.excerpts])
    assert (starts < 240).sum() == 8  # two thirds of what sounds
    assert (starts > 3239).sum() == 4


def test_excerpts_hold_what_lies_at_their_place():
    whole = np.concatenate([silence(200), music(60), silence(140)])
    clip = read_clip(wav_bytes(whole, RATE_HZ))
    assert_all_sound(clip)
    for excerpt in clip.excerpts:
        start = round(excerpt.start_seconds * RATE_HZ)
        there = read_clip(wav_bytes(whole[start : start + 10 * RATE_HZ], RATE_HZ)).samples
        n = min(len(there), len(excerpt.samples))
        inner = slice(6_000, n - 6_000)
        np.testing.assert_allclose(excerpt.samples[inner], there[inner], atol=3e-3)


def test_music_in_the_last_minute_only():
    clip = read(silence(1740), music(60))
    assert clip.seconds == pytest.approx(1800)
    assert_all_sound(clip)
    assert sum(len(excerpt.samples) for excerpt in clip.excerpts) == pytest.approx(60 * AUDIO.sample_rate_hz, rel=0.02)


@pytest.mark.parametrize("at_seconds", [3.0, 47.3, 151.0, 296.5])
def test_three_seconds_of_sound_in_five_minutes_are_found(at_seconds):
    """Shorter than the step of the survey, so that it falls between its places."""
    clip = read(silence(at_seconds), music(3.0), silence(300 - at_seconds - 3.0))
    assert len(clip.excerpts) == 1
    start = clip.excerpts[0].start_seconds
    assert start - 0.1 <= at_seconds <= start + AUDIO.excerpt_seconds
    assert is_sounding(clip.samples, clip.sample_rate_hz).sum() >= 25


def test_one_silent_excerpt_moves_them_all_into_what_sounds():
    clip = read(music(200), silence(60), music(140, seed=8))
    assert len(clip.excerpts) == AUDIO.n_excerpts
    assert_all_sound(clip)


def test_short_rests_move_nothing():
    """Staccato: half of it is silence, none of it long."""
    sound = music(180)
    sound[(np.arange(len(sound)) // (RATE_HZ // 2)) % 2 == 1] = 0
    starts = [excerpt.start_seconds for excerpt in read(sound).excerpts]
    np.testing.assert_allclose(starts, [start for start, _ in plan(180.0, AUDIO)])


def test_long_silence_is_refused_with_a_way_out(rng):
    hiss = noise(rng, 300, -75, RATE_HZ) + np.float32(0.1)
    for sound in (silence(300), np.full(300 * RATE_HZ, 0.02, np.float32), hiss):
        with pytest.raises(AudioError, match=r"'long.wav' is silent: nothing in it is louder than -70 dBFS\. Check"):
            read_clip(wav_bytes(sound, RATE_HZ, subtype="FLOAT"), name="long.wav")


def test_silence_for_hours_is_refused_for_what_is_known_of_it():
    with pytest.raises(AudioError, match=r"is silent: at 540 places all over its 45 minutes .* cut that part out\."):
        read(silence(2700))


def test_survey_is_bounded(monkeypatch):
    """Six hours cost no more looks than two."""
    asked = []

    class Deaf:
        def blocks(self, start_seconds):
            asked.append(start_seconds)
            yield RATE_HZ, np.zeros((1, RATE_HZ), np.float32)

    found = placement.survey(Deaf(), 6 * 3600.0)
    assert found == ([], placement.MAX_PLACES, False)
    assert len(asked) == placement.MAX_PLACES
    np.testing.assert_allclose(np.diff(asked), 15.0)
    assert asked[0] < 15 and asked[-1] > 6 * 3600 - 15


def test_each_channel_is_listened_to():
    """A survey of the mean would take channels that cancel for silence."""
    sound = np.concatenate([silence(100), music(40), silence(60)])
    clip = read_clip(wav_bytes(np.stack([sound, -sound], axis=1), RATE_HZ))
    assert_all_sound(clip)
    assert all(90 <= excerpt.start_seconds <= 140 for excerpt in clip.excerpts)


def test_an_offset_is_not_taken_for_sound():
    sound = np.concatenate([silence(150), music(40)]) + np.float32(0.2)
    assert all(excerpt.start_seconds >= 144 for excerpt in read(sound).excerpts)


def test_same_content_gives_the_same_excerpts(tmp_path):
    sound = wav_bytes(np.concatenate([music(60), silence(200), music(30, seed=8)]), RATE_HZ)
    path = tmp_path / "a.wav"
    path.write_bytes(sound)
    first, again = read_clip(path), read_clip(sound)
    assert content_id(first) == content_id(again)


def test_spread_has_room_for_each_passage():
    """Over many layouts of regions: within the recording, in order, without overlap, none in a gap."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        edges = np.cumsum(rng.integers(1, 12, size=2 * rng.integers(1, 15)) * 5.0)
        regions = [Region(float(start), float(end)) for start, end in edges.reshape(-1, 2)]
        seconds = float(edges[-1] + 5)
        passages = spread(regions, seconds, AUDIO)
        assert 1 <= len(passages) <= AUDIO.n_excerpts
        for start, length in passages:
            assert 0 <= start <= seconds - length
            middle = start + length / 2
            assert any(region.start - 5 <= middle <= region.end + 5 for region in regions)
        for (one, length), (following, _) in itertools.pairwise(passages):
            assert following - one >= 0.9 * length or following - one >= 5.0
        sounding = sum(region.seconds for region in regions)
        assert len(passages) <= np.ceil(sounding / AUDIO.excerpt_seconds)


def test_spread_over_one_region_is_the_plan_of_its_length():
    region = Region(1_000.0, 1_600.0)
    expected = [(start + 1_000.0, length) for start, length in plan(600.0, AUDIO)]
    np.testing.assert_allclose(spread([region], 4_000.0, AUDIO), expected)


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gap.mp3", ["-b:a", "64k"]),
        ("no_length.mp3", ["-q:a", "6", "-write_xing", "0"]),
        ("gap.opus", ["-c:a", "libopus", "-b:a", "48k"]),
        ("gap.m4a", ["-c:a", "aac"]),
        ("live.webm", ["-c:a", "libopus", "-b:a", "48k", "-live", "1"]),
        ("gap.ts", ["-c:a", "aac"]),
        ("gap.wma", ["-c:a", "wmav2"]),
    ],
)
def test_files_that_are_sought_differently_find_the_same_places(tmp_path, name, options):
    sound = np.concatenate([music(40), silence(150), music(40, seed=8)])
    clip = read_clip(encoded(sound, tmp_path, name, *options, rate_hz=RATE_HZ))
    expected = [excerpt.start_seconds for excerpt in read(sound).excerpts]
    np.testing.assert_allclose([excerpt.start_seconds for excerpt in clip.excerpts], expected, atol=0.6)
    assert_all_sound(clip)


def test_fewer_excerpts_than_settings_ask_for_pass_the_workers_check():
    audio = AudioSettings(whole_seconds=20.0, n_excerpts=4, excerpt_seconds=5.0)
    clip = read(silence(40), music(6), silence(20), audio=audio)
    assert 1 <= len(clip.excerpts) <= 2
