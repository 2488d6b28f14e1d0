"""The distillation targets: shares, scale and order of their two parts."""

import numpy as np
import pytest

from synesthete.training.targets import DistillationTargets


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_both_parts_share_the_length(tiny_set, share):
    distillation = DistillationTargets(tiny_set, tiny_set.chunks(), share)
    targets = distillation.targets(
        tiny_set.penultimate.reshape(-1, 200), tiny_set.layers.reshape(len(tiny_set.layers) * 7, -1)
    )
    penultimate, reduced = targets[:, :200], targets[:, 200:]
    assert np.square(penultimate).sum(axis=1).mean() == pytest.approx(400 * (1 - share), rel=0.01)
    assert np.square(reduced).sum(axis=1).mean() == pytest.approx(400 * share, rel=0.01)
    assert targets.shape[1] == distillation.size


def test_the_first_numbers_are_the_penultimate_layer(tiny_set):
    distillation = DistillationTargets(tiny_set, tiny_set.chunks(), 0.3)
    penultimate = tiny_set.penultimate[0]
    targets = distillation.targets(penultimate, tiny_set.layers[0])
    np.testing.assert_allclose(
        targets[:, :200] / distillation.penultimate_factor * distillation.std + distillation.mean,
        penultimate,
        atol=1e-5,
    )


def test_cosines_of_the_layers_are_those_of_the_standardised_numbers(tiny_set):
    """84 segments of noise span 83 axes: nothing is lost, so that scikit-learn's scaler must give the same cosines."""
    from sklearn.metrics.pairwise import cosine_similarity
    from sklearn.preprocessing import StandardScaler

    distillation = DistillationTargets(tiny_set, tiny_set.chunks(), 0.5)
    layers = tiny_set.layers.reshape(84, -1)
    ours = distillation.targets(tiny_set.penultimate.reshape(84, -1), layers)[:, 200:]
    expected = cosine_similarity(StandardScaler().fit_transform(layers.astype(np.float64)))
    np.testing.assert_allclose(cosine_similarity(ours), expected, atol=5e-3)
