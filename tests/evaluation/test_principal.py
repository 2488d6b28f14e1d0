"""Main axes against scikit-learn's, and named after what really varies."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from synesthete import encoders
from synesthete.encoders.statistics import N_STATISTICS, Statistics
from synesthete.errors import EncoderError
from synesthete.evaluation import principal
from synesthete.evaluation.principal import axes_of_catalogue, figures_of, groups, main_axes


def ids(n):
    return tuple(f"track {number}" for number in range(n))


def test_scores_and_shares_are_scikit_learns(rng):
    features = rng.standard_normal((40, N_STATISTICS)) * rng.random(N_STATISTICS)
    axes = main_axes(ids(40), features)
    figures = figures_of(features)
    standardised = (figures - figures.mean(axis=0)) / figures.std(axis=0)
    reference = PCA(3).fit(standardised)
    np.testing.assert_allclose(axes.explained, reference.explained_variance_ratio_, rtol=1e-6)
    theirs = reference.transform(standardised)
    np.testing.assert_allclose(np.abs(axes.scores), np.abs(theirs), atol=1e-6)
    for axis in range(3):  # a loading is the correlation of a figure with an axis
        expected = [np.corrcoef(column, axes.scores[:, axis])[0, 1] for column in standardised.T]
        np.testing.assert_allclose(axes.loadings[axis], expected, atol=1e-6)


def test_an_axis_is_named_after_what_varies(rng):
    features = 0.01 * rng.standard_normal((60, N_STATISTICS))
    amount = rng.standard_normal(60)
    for name in ("brightness", "lowest brightness", "peak brightness"):
        features[:, groups()[name]] += amount[:, None]
    axes = main_axes(ids(60), features)
    assert axes.name(0).count("more") == 2 and "brightness" in axes.name(0)
    assert abs(np.corrcoef(axes.scores[:, 0], amount)[0, 1]) > 0.95  # three of thirteen figures; the others are noise


def test_every_mel_band_has_one_name():
    places = np.concatenate([groups()[name] for name in ("low end", "middle register", "brightness")])
    assert sorted(places) == list(range(128))


def test_too_few_tracks_are_told():
    with pytest.raises(EncoderError, match=r"at least 3 tracks, got \(2, 498\)"):
        main_axes(ids(2), np.zeros((2, N_STATISTICS)))


class Catalogue:
    def __init__(self, n):
        self.n = n

    def ids(self, fingerprint):
        assert fingerprint == encoders.load("statistics").fingerprint
        return ids(self.n)

    def track_features(self, fingerprint):
        return np.random.default_rng(1).standard_normal((self.n, N_STATISTICS)).astype(np.float32)


def test_a_large_catalogue_is_sampled_the_same_each_time(monkeypatch):
    monkeypatch.setattr(principal, "MOST_TRACKS", 50)
    one, other = axes_of_catalogue(Catalogue(80)), axes_of_catalogue(Catalogue(80))
    assert one.ids == other.ids and len(set(one.ids)) == 50
    np.testing.assert_array_equal(one.scores, other.scores)
    with pytest.raises(EncoderError, match="'statistics' has listened to 2 tracks .*synesthete index"):
        axes_of_catalogue(Catalogue(2))


def test_the_way_back_from_whitening(rng):
    """Whitening and the way back keep what lies in the span of the axes, and lose the rest."""
    encoder = Statistics()
    once = encoder.standardised(rng.standard_normal((5, N_STATISTICS)) @ encoder._whitening)
    np.testing.assert_allclose(encoder.standardised(once @ encoder._whitening), once, atol=1e-4)
