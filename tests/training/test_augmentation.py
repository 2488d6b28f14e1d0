"""What happens on the way to the microphone keeps length, stays finite, and repeats from its seed."""

import numpy as np
import pytest

from synesthete.training import augmentation

RATE_HZ = 22_050


@pytest.fixture
def samples(rng):
    seconds = np.arange(RATE_HZ) / RATE_HZ
    return (0.4 * np.sin(2 * np.pi * 440 * seconds) + 0.05 * rng.standard_normal(RATE_HZ)).astype(np.float32)


CHANGES = {
    "phone in room": lambda rng, x: augmentation.phone_in_room(rng, x, RATE_HZ),
    "equaliser": lambda rng, x: augmentation.equalise(rng, x, RATE_HZ),
    "band limit": lambda rng, x: augmentation.band_limit(x, 200, 4000, RATE_HZ),
    "codec": lambda rng, x: augmentation.quantise(x, 7),
    "mix": lambda rng, x: augmentation.mix(x, x[::-1], -6),
    "noise": lambda rng, x: augmentation.noise(rng, len(x), RATE_HZ),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("seed", range(3))
def test_length_type_and_seed(name, seed, samples):
    once, again = (CHANGES[name](np.random.default_rng(seed), samples) for _ in range(2))
    assert once.shape == samples.shape and once.dtype == np.float32
    assert np.isfinite(once).all()
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("seed", range(3))
def test_the_phone_stays_within_full_scale_even_for_silence(seed):
    recorded = augmentation.phone_in_room(np.random.default_rng(seed), np.zeros(RATE_HZ, np.float32), RATE_HZ)
    assert np.isfinite(recorded).all() and np.abs(recorded).max() <= 1


def test_band_limit_weakens_what_lies_outside(samples):
    low = augmentation.band_limit(samples, 20, 200, RATE_HZ)
    assert augmentation.rms(low) < 0.1 * augmentation.rms(samples)


def test_the_room_begins_with_the_direct_sound(rng):
    assert augmentation.room_impulse_response(rng, RATE_HZ)[0] == 1


def test_another_speed_changes_the_length_by_the_factor(samples):
    assert len(augmentation.change_speed(samples, 1.25, RATE_HZ)) == pytest.approx(len(samples) / 1.25, abs=2)


def test_mix_sets_the_level_of_the_second_sound(rng):
    quiet, other = (rng.standard_normal((2, RATE_HZ)) * 0.01).astype(np.float32)
    added = augmentation.mix(quiet, other, -20) - quiet
    assert 20 * np.log10(augmentation.rms(added) / augmentation.rms(quiet)) == pytest.approx(-20, abs=0.1)
