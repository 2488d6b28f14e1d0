"""Within-class covariance against scikit-learn's within-class scatter, and what whitening promises."""

import numpy as np
import pytest

from synesthete.encoders.whitening import change_covariance, main_axes, project, whitening, within_covariance
from synesthete.errors import OptionError


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
    turned = whitening(within_covariance(groups), 1e-9)
    np.testing.assert_allclose(within_covariance([group @ turned for group in groups]), np.eye(5), atol=1e-6)


def test_much_shrinkage_leaves_directions_alone(groups):
    turned = whitening(within_covariance(groups), 1e9)
    np.testing.assert_allclose(turned / turned[0, 0], np.eye(5), atol=1e-6)


def test_changes_are_measured_from_zero(rng):
    changes = rng.standard_normal((50, 3)) + 5
    np.testing.assert_allclose(change_covariance(changes), changes.T @ changes / 50)


def test_main_axes_keep_the_cosines(rng):
    rows = rng.standard_normal((40, 3)) @ rng.standard_normal((3, 8))
    axes = main_axes(rows, 3)
    np.testing.assert_allclose((rows @ axes) @ (rows @ axes).T, rows @ rows.T, atol=1e-9)
    np.testing.assert_allclose(axes, main_axes(rows[::-1], 3), atol=1e-9)


def test_turn_is_a_product(rng):
    rows, axes = rng.standard_normal((19, 30)), rng.standard_normal((30, 7)).astype(np.float32)
    np.testing.assert_allclose(project(rows, axes), rows @ axes, atol=1e-4)
    assert project(rows, axes).dtype == np.float32


def test_single_segments_teach_nothing(rng):
    with pytest.raises(OptionError, match="None of the 2 recordings has two segments"):
        within_covariance([rng.standard_normal((1, 3))] * 2)
    with pytest.raises(OptionError, match="shrinkage is 0 .* above zero"):
        whitening(np.eye(3), 0)
    with pytest.raises(OptionError, match="mean variance 0; both must be"):
        whitening(np.zeros((3, 3)), 0.1)
