"""The rolling picture, against the picture of the whole sound."""

import numpy as np
import pytest

from synesthete.audio import clip_from_samples
from synesthete.live.rolling_picture import LOWEST_DB, STEPS_PER_DB, RollingPicture
from synesthete.settings import SPECTROGRAM
from synesthete.spectrogram import compute_spectrogram
from tests.sounds import melody


def pcm(samples):
    return np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)


def drawn(picture, samples, rate_hz, rng):
    start = 0
    while start < len(samples):
        step = int(rng.integers(1, 3000))
        picture.append(samples[start : start + step], rate_hz)
        start += step
    return picture


def table(columns, size):
    return np.frombuffer(columns.data, np.uint8).reshape(-1, size).T


@pytest.mark.parametrize("rate_hz", [22_050, 48_000])
def test_columns_are_the_frames_of_the_whole_sound(rng, rate_hz):
    samples = pcm(melody(6, rate_hz))
    picture = drawn(RollingPicture(10), samples, rate_hz, rng)
    found = table(picture.since(0), picture.column_size)
    whole = compute_spectrogram(clip_from_samples(samples, rate_hz).samples)
    n = found.shape[1]
    assert whole.n_frames - 12 <= n <= whole.n_frames  # the last frames wait for what completes them
    decibels = 10 * np.log10(np.maximum(whole.mel[:, :n], 10 ** (LOWEST_DB / 10)))
    mel_error = np.abs(found[:128] / STEPS_PER_DB + LOWEST_DB - decibels)
    # what a file's decoding does with a constant offset is not known in time: a hair, in the lowest bands
    assert np.quantile(mel_error, 0.99) < 0.5 and np.median(mel_error) <= 0.25
    assert np.abs(found[128:140] / 255 - whole.chroma[:, :n]).mean() < 0.004
    assert np.abs(found[140:] / 127.5 - 1 - whole.tonnetz[:, :n]).mean() < 0.006


def test_each_column_is_given_once_and_old_ones_go(rng):
    picture = RollingPicture(2)
    samples = pcm(melody(5))
    gathered, number = b"", 0
    for start in range(0, len(samples), 4410):
        picture.append(samples[start : start + 4410], 44_100)
        columns = picture.since(number)
        assert columns.first == number
        gathered += columns.data
        number += len(columns.data) // picture.column_size
    everything = drawn(RollingPicture(10), samples, 44_100, rng).since(0).data
    assert abs(len(gathered) - len(everything)) <= 2 * picture.column_size
    kept = picture.since(0)
    assert kept.first == number - picture.n_columns and kept.data == gathered[-len(kept.data) :]
    assert picture.since(number).data == picture.since(number + 99).data == b""


def test_numbers_go_on_after_clearing_and_after_another_device(rng):
    picture = drawn(RollingPicture(2), pcm(melody(1)), 44_100, rng)
    number = picture.since(0).first + len(picture.since(0).data) // picture.column_size
    picture.clear()
    assert picture.since(0).data == b"" and picture.since(0).first == number
    drawn(picture, pcm(melody(1, 16_000)), 16_000, rng)
    assert picture.since(0).first == number and len(picture.since(0).data) > 20 * picture.column_size


def test_a_constant_offset_lights_no_band():
    picture = RollingPicture(10)
    for _ in range(200):
        picture.append(np.full((960, 1), 3000, np.int16), 48_000)
    last = table(picture.since(0), picture.column_size)[:, -20:]
    assert last[: SPECTROGRAM.n_mels].max() < (0 - LOWEST_DB) * STEPS_PER_DB  # full scale is 85 dB above the first
