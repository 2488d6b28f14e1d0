"""Where there is sound, against plain loops over blocks."""

import numpy as np
import pytest

from synesthete.audio.silence import BLOCK_SECONDS, SILENCE_DBFS, is_mostly_silent, is_sounding

RATE = 22_050
BLOCK = round(BLOCK_SECONDS * RATE)


def noise(rng, seconds, dbfs):
    return (rng.standard_normal(round(seconds * RATE)) * 10 ** (dbfs / 20)).astype(np.float32)


def test_blocks_equal_a_plain_loop(rng):
    samples = np.concatenate([noise(rng, 0.73, level) for level in (-20, -69, -71, -90, -60)])
    expected = [
        20 * np.log10(np.std(samples[start : start + BLOCK].astype(float))) > SILENCE_DBFS
        for start in range(0, len(samples), BLOCK)
    ]
    np.testing.assert_array_equal(is_sounding(samples, RATE), expected)
    assert 0 < sum(expected) < len(expected)


@pytest.mark.parametrize("offset", [0.0, 0.02, -0.5])
def test_a_constant_is_silence_and_hides_none(rng, offset):
    assert not is_sounding(np.full(RATE, offset, np.float32), RATE).any()
    assert not is_sounding(noise(rng, 1, -80) + np.float32(offset), RATE).any()
    assert is_sounding(noise(rng, 1, -60) + np.float32(offset), RATE).all()


def test_nothing_holds_no_sound():
    assert is_sounding(np.zeros(0, np.float32), RATE).shape == (0,)
    assert not is_mostly_silent(np.zeros(0, np.float32), RATE)


def test_a_long_pause_counts_and_many_short_rests_do_not(rng):
    sound, pause = noise(rng, 1, -20), np.zeros(RATE, np.float32)
    assert is_mostly_silent(np.concatenate([sound, pause, pause[: RATE // 2]]), RATE)
    assert is_mostly_silent(np.concatenate([pause, sound[: RATE // 2], np.zeros(RATE // 4, np.float32)]), RATE)
    staccato = np.concatenate([part for _ in range(6) for part in (sound[: RATE // 5], pause[: RATE // 2])])
    assert is_sounding(staccato, RATE).mean() < 0.5
    assert not is_mostly_silent(staccato, RATE)
    assert is_mostly_silent(pause, RATE)
    assert not is_mostly_silent(sound, RATE)
