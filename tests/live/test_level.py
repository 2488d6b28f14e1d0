"""Level and pauses, against levels that are known."""

import numpy as np
import pytest

from synesthete.live.level import LOWEST_DBFS, LevelMeter, level_dbfs
from tests.sounds import noise, tone

RATE = 16_000


def pcm(samples):
    return np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)[:, np.newaxis]


def meter_of(*parts, step=320):
    meter = LevelMeter(10)
    samples = np.concatenate(parts)
    for start in range(0, len(samples), step):
        meter.append(pcm(samples[start : start + step]), RATE)
    return meter


@pytest.mark.parametrize("amplitude", [1.0, 0.1, 0.01])
def test_a_sine_has_its_level_whatever_the_offset(amplitude):
    level = 20 * np.log10(amplitude / np.sqrt(2))
    assert level_dbfs(pcm(tone(1, 440, RATE, amplitude))) == pytest.approx(level, abs=0.05)
    assert level_dbfs(pcm(0.5 * tone(1, 440, RATE, amplitude) + 0.3)) == pytest.approx(level - 6.02, abs=0.1)


def test_silence_has_the_lowest_level():
    assert level_dbfs(np.zeros((100, 2), np.int16)) == level_dbfs(np.zeros((0, 1), np.int16)) == LOWEST_DBFS
    assert level_dbfs(np.full((100, 1), 7, np.int16)) == LOWEST_DBFS


def test_a_quiet_room_is_a_pause_and_soft_music_is_not(rng):
    room, music = noise(rng, 4, -66, RATE), noise(rng, 4, -52, RATE)
    assert meter_of(room).sounding_seconds == 0
    assert meter_of(room, music).sounding_seconds == pytest.approx(4, abs=0.15)
    assert meter_of(music, room).sounding_seconds == 0


def test_a_short_rest_belongs_to_the_music(rng):
    music, rest = noise(rng, 3, -20, RATE), np.zeros(RATE, np.float32)
    assert meter_of(music, rest, music).sounding_seconds == pytest.approx(7, abs=0.15)
    assert meter_of(music, rest, rest, music).sounding_seconds == pytest.approx(3, abs=0.15)
    assert meter_of(music, rest).sounding_seconds == pytest.approx(4, abs=1.05)


def test_the_level_follows_at_once(rng):
    meter = meter_of(noise(rng, 2, -20, RATE), noise(rng, 0.2, -40, RATE))
    assert meter.dbfs == pytest.approx(-40, abs=1)
    meter.clear()
    assert meter.dbfs == LOWEST_DBFS and meter.sounding_seconds == 0


def test_what_is_another_sound_is_forgotten(rng):
    meter = meter_of(noise(rng, 6, -20, RATE))
    meter.forget_before(2.5)
    assert meter.sounding_seconds == pytest.approx(2.5)
    meter.forget_before(9)
    assert meter.sounding_seconds == pytest.approx(2.5)
