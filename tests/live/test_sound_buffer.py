"""The ring of the last seconds, against plain concatenation."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synesthete.audio import clip_from_samples, read_clip
from synesthete.live.sound_buffer import SoundBuffer, wav_of


def block(rng, n, n_channels=2):
    return rng.integers(-32768, 32767, (n, n_channels), dtype=np.int16)


@given(st.lists(st.integers(0, 250), min_size=1, max_size=12), st.integers(0, 130))
def test_the_last_seconds_are_the_end_of_all_that_came(lengths, asked):
    rng = np.random.default_rng(1)
    buffer = SoundBuffer(1.0)  # 100 samples
    blocks = [block(rng, n) for n in lengths]
    goes_on = [buffer.append(each, 100) for each in blocks]
    everything = np.concatenate(blocks)
    n = min(asked, 100, len(everything))
    assert np.array_equal(buffer.last(asked / 100), everything[len(everything) - n :])
    assert buffer.seconds == min(len(everything), 100) / 100
    assert goes_on == [False] + [True] * (len(lengths) - 1)


def test_another_rate_or_number_of_channels_begins_anew(rng):
    buffer = SoundBuffer(1.0)
    buffer.append(block(rng, 50), 100)
    assert not buffer.append(block(rng, 30, n_channels=1), 100)
    assert buffer.last(9).shape == (30, 1)
    assert not buffer.append(block(rng, 40, n_channels=1), 200)
    assert buffer.seconds == 0.2
    buffer.clear()
    assert buffer.seconds == 0 and len(buffer.last(1)) == 0


def test_what_is_given_out_does_not_change_later(rng):
    buffer = SoundBuffer(1.0)
    buffer.append(block(rng, 100), 100)
    kept = buffer.last(0.5)
    copy = kept.copy()
    buffer.append(block(rng, 100), 100)
    assert np.array_equal(kept, copy)


def test_the_file_of_a_moment_is_the_sound_that_was_searched_with(rng):
    samples = (block(rng, 3 * 48_000) * 0.3).astype(np.int16)
    samples[:, 1] = samples[:, 0] // 2
    live = clip_from_samples(samples, 48_000)
    from_file = read_clip(wav_of(samples, 48_000))
    assert np.array_equal(live.samples, from_file.samples) and live.seconds == from_file.seconds
