"""Where a spectrum changes: against Gaussians written out."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from synesthete.live.novelty import N_CEPSTRA, cepstra, novelty, strongest_change


def test_it_is_the_likelihood_ratio_of_two_gaussians_against_one(rng):
    frames = np.concatenate([rng.normal(0, 5, (N_CEPSTRA, 90)), rng.normal(3, 8, (N_CEPSTRA, 60))], axis=1)

    def log_likelihood(part):
        fitted = multivariate_normal(part.mean(axis=1), np.cov(part, bias=True))
        return fitted.logpdf(part.T).sum()

    ratio = log_likelihood(frames[:, :90]) + log_likelihood(frames[:, 90:]) - log_likelihood(frames)
    assert novelty(frames, 90) == pytest.approx(2 * ratio / 150, rel=0.08)  # ours has a little noise in each cepstrum


def test_the_place_of_a_change_is_found(rng):
    frames = np.concatenate([rng.normal(0, 5, (N_CEPSTRA, 250)), rng.normal(6, 5, (N_CEPSTRA, 100))], axis=1)
    most, seconds = strongest_change(frames, 0.025, 1.5, 4.0)
    assert most > 1.5 and seconds == pytest.approx(2.5, abs=0.11)
    assert strongest_change(frames[:, :250], 0.025, 1.5, 4.0)[0] < 1


def test_too_little_before_or_nothing_is_no_change(rng):
    assert strongest_change(np.zeros((N_CEPSTRA, 0)), 0.025, 2.0, 4.0) == (0.0, 0.0)
    assert strongest_change(rng.normal(0, 5, (N_CEPSTRA, 230)), 0.025, 2.0, 4.0) == (0.0, 0.0)
    assert strongest_change(np.zeros((N_CEPSTRA, 400)), 0.025, 2.0, 4.0)[0] == pytest.approx(0, abs=1e-6)


def test_gain_hardly_counts(rng):
    bands = rng.normal(-30, 8, (64, 300))
    louder = bands + 6
    assert novelty(cepstra(bands), 200) == pytest.approx(novelty(cepstra(louder), 200), abs=1e-6)
