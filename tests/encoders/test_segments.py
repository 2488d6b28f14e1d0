"""Waveforms of segments at another rate are pieces of the whole sound at that rate."""

import numpy as np
import pytest
import soxr

from synesthete.encoders.segments import Segments, SegmentsOfExcerpts


@pytest.mark.parametrize("rate_hz", [16_000, 48_000, 44_100, 11_025])
@pytest.mark.parametrize("n_samples", [220_500, 66_151, 30_007])
@pytest.mark.parametrize("starts", [[0.0], [0.31], [0.2, 0.9], [2.4, 0.1], [99.0]])
def test_only_what_is_needed_is_resampled_and_nothing_changes(rng, rate_hz, n_samples, starts):
    samples = (0.1 * rng.standard_normal(n_samples)).astype(np.float32)
    made = Segments(samples, 22_050, starts, 0.8).cut("waveform", 0.8, rate_hz)
    whole = soxr.resample(samples, 22_050, rate_hz)
    length = min(round(0.8 * rate_hz), len(whole))
    for waveform, start in zip(made, starts, strict=True):
        begin = min(round(start * rate_hz), len(whole) - length)
        np.testing.assert_allclose(waveform, whole[begin : begin + length], atol=2e-7)


@pytest.mark.parametrize("n_samples", [1, 5, 440, 441, 442, 1_323])
def test_sounds_of_a_few_samples_are_cut_too(rng, n_samples):
    samples = (0.1 * rng.standard_normal(n_samples)).astype(np.float32)
    for rate_hz in (16_000, 11_025, 44_100):
        whole = soxr.resample(samples, 22_050, rate_hz)
        made = Segments(samples, 22_050, [0.0], 1.0).cut("waveform", 1.0, rate_hz)
        np.testing.assert_allclose(made, whole[None], atol=2e-7)


@pytest.mark.parametrize("n_segments", [[6] * 12, [60], [1, 0, 2, 9], [3, 1], [1]])
@pytest.mark.parametrize("stride", [1, 4, 12, 100])
def test_thinned_segments_of_several_sounds_are_those_of_one_sound_of_all(n_segments, stride):
    silence = np.zeros(1, np.float32)
    parts = [
        Segments(silence, 22_050, [100.0 * number + n for n in range(size)], 1.0)
        for number, size in enumerate(n_segments)
    ]
    one = Segments(silence, 22_050, [start for part in parts for start in part.start_seconds], 1.0)
    thinned = SegmentsOfExcerpts(tuple(parts)).thinned(stride)
    assert [start for part in thinned.parts for start in part.start_seconds] == one.thinned(stride).start_seconds
    assert len(thinned) == max(1, round(sum(n_segments) / stride))
    assert all(len(part) for part in thinned.parts)


@pytest.mark.parametrize("sizes", [[6] * 12, [19], [1], [3, 1], [5, 4, 6]])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_shares_together_are_all_segments_in_their_order(sizes, n):
    silence = np.zeros(1, np.float32)
    parts = tuple(
        Segments(silence, 22_050, [100.0 * number + at for at in range(size)], 1.0) for number, size in enumerate(sizes)
    )
    shares = SegmentsOfExcerpts(parts).shares(n)
    starts = [start for share in shares for part in getattr(share, "parts", [share]) for start in part.start_seconds]
    assert starts == [start for part in parts for start in part.start_seconds]
    assert all(len(share) for share in shares)
    assert len(shares) >= min(n, sum(sizes))
