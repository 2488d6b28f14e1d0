"""The distillation targets: shares, scale and order of their parts."""

import numpy as np
import pytest

from synesthete.training.targets import N_LAYER_AXES, DistillationTargets


def all_targets(data, distillation):
    chunks, segments = np.divmod(np.arange(84), 7)
    return distillation.of(data, chunks, segments)


@pytest.mark.parametrize("shares", [(0.0, 0.0), (0.5, 0.0), (0.35, 0.3), (0.1, 0.8)])
def test_the_parts_share_the_length(tiny_set, shares):
    distillation = DistillationTargets(tiny_set, tiny_set.chunks(), *shares)
    targets = all_targets(tiny_set, distillation)
    parts = np.split(targets, [200, 200 + min(N_LAYER_AXES, 240)], axis=1)
    lengths = [np.square(part).sum(axis=1).mean() for part in parts]
    assert lengths == pytest.approx([400 * share for share in (1 - sum(shares), *shares)], rel=0.01)
    assert targets.shape[1] == distillation.size


def test_the_first_numbers_are_the_penultimate_layer(tiny_set):
    distillation = DistillationTargets(tiny_set, tiny_set.chunks(), 0.3, 0.2)
    targets = all_targets(tiny_set, distillation)[:7]
    np.testing.assert_allclose(
        targets[:, :200] / distillation.penultimate_factor * distillation.std + distillation.mean,
        tiny_set.penultimate[0],
        atol=1e-5,
    )


@pytest.mark.parametrize(("name", "at"), [("layers", slice(200, 400)), ("effects", slice(400, None))])
def test_cosines_are_those_of_the_standardised_numbers(tiny_set, name, at):
    """84 segments of noise span 83 axes: nothing is lost, so that scikit-learn's scaler must give the same cosines."""
    from sklearn.metrics.pairwise import cosine_similarity
    from sklearn.preprocessing import StandardScaler

    ours = all_targets(tiny_set, DistillationTargets(tiny_set, tiny_set.chunks(), 0.4, 0.3))[:, at]
    rows = getattr(tiny_set, name).reshape(84, -1).astype(np.float64)
    np.testing.assert_allclose(
        cosine_similarity(ours), cosine_similarity(StandardScaler().fit_transform(rows)), atol=5e-3
    )


def test_the_axes_of_aisfx_come_last_and_in_order(tiny_set):
    distillation = DistillationTargets(tiny_set, tiny_set.chunks(), 0.4, 0.3)
    axes = distillation.effects(all_targets(tiny_set, distillation))
    assert axes.shape == (84, distillation.size - 400)
    assert (np.diff(axes.var(axis=0)) < 1e-3).all()
