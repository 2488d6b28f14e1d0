"""Within-class covariance against scikit-learn's within-class scatter, and what whitening promises."""

import numpy as np
import pytest

from synesthete.errors import OptionError
from synesthete.training.covariance import (
    change_covariance,
    eigenvectors,
    principal_axes,
    whitening,
    within_covariance,
)


@pytest.fixture
def groups(rng):
    mixing = rng.standard_normal((5, 5))
    return [rng.standard_normal((n, 5)) @ mixing + 10 * rng.standard_normal(5) for n in (1, 2, 30, 40, 25)]


def test_the_covariance_is_that_of_linear_discriminant_analysis(groups):
    analysis = pytest.importorskip("sklearn.discriminant_analysis").LinearDiscriminantAnalysis
    several = groups[1:]
    rows, labels = np.concatenate(several), np.repeat(np.arange(4), [len(group) for group in several])
    reference = analysis(solver="eigen", store_covariance=True).fit(rows, labels).covariance_
    expected = reference * len(rows) / (len(rows) - len(several))  # it divides by all rows
    np.testing.assert_allclose(within_covariance(groups), expected, rtol=1e-9)


def test_whitened_groups_spread_evenly(groups):
    whitened = whitening(within_covariance(groups), 1e-9)
    np.testing.assert_allclose(within_covariance([group @ whitened for group in groups]), np.eye(5), atol=1e-6)


def test_much_shrinkage_leaves_directions_alone(groups):
    whitened = whitening(within_covariance(groups), 1e9)
    np.testing.assert_allclose(whitened / whitened[0, 0], np.eye(5), atol=1e-6)


def test_changes_are_measured_from_zero(rng):
    changes = rng.standard_normal((50, 3)) + 5
    np.testing.assert_allclose(change_covariance(changes), changes.T @ changes / 50)


def test_principal_axes_keep_the_cosines(rng):
    rows = rng.standard_normal((40, 3)) @ rng.standard_normal((3, 8))
    axes = principal_axes(rows, 3)
    np.testing.assert_allclose((rows @ axes) @ (rows @ axes).T, rows @ rows.T, atol=1e-9)
    np.testing.assert_allclose(axes, principal_axes(rows[::-1], 3), atol=1e-9)


def test_eigenvectors_are_those_of_principal_component_analysis(rng):
    analysis = pytest.importorskip("sklearn.decomposition").PCA(3)
    rows = rng.standard_normal((60, 5)) * [5, 4, 3, 2, 1] + 7
    variances, axes = eigenvectors(np.cov(rows.T), 3)
    analysis.fit(rows)
    np.testing.assert_allclose(variances, analysis.explained_variance_, rtol=1e-9)
    np.testing.assert_allclose(np.abs(axes.T @ analysis.components_.T), np.eye(3), atol=1e-9)


def test_an_eigenvectors_largest_entry_is_positive(rng):
    axes = eigenvectors(np.cov(rng.standard_normal((6, 40))), 6)[1]
    assert (axes[np.abs(axes).argmax(axis=0), np.arange(6)] > 0).all()


def test_single_segments_teach_nothing(rng):
    with pytest.raises(OptionError, match="None of the 2 recordings has two segments"):
        within_covariance([rng.standard_normal((1, 3))] * 2)
    with pytest.raises(OptionError, match="shrinkage is 0 .* above zero"):
        whitening(np.eye(3), 0)
    with pytest.raises(OptionError, match="mean variance 0; both must be"):
        whitening(np.zeros((3, 3)), 0.1)
