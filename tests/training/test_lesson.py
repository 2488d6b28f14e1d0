"""What the student is taught: shares, scale and order of the two stretches."""

import numpy as np
import pytest

from synesthete.training.batches import Lesson


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_both_stretches_share_the_length(tiny_set, share):
    lesson = Lesson(tiny_set, tiny_set.chunks(), share)
    taught = lesson.taught(tiny_set.penultimate.reshape(-1, 200), tiny_set.layers.reshape(len(tiny_set.layers) * 7, -1))
    tags, below = taught[:, :200], taught[:, 200:]
    assert np.square(tags).sum(axis=1).mean() == pytest.approx(400 * (1 - share), rel=0.01)
    assert np.square(below).sum(axis=1).mean() == pytest.approx(400 * share, rel=0.01)
    assert taught.shape[1] == lesson.size


def test_the_first_numbers_are_the_penultimate_layer(tiny_set):
    lesson = Lesson(tiny_set, tiny_set.chunks(), 0.3)
    heard = tiny_set.penultimate[0]
    taught = lesson.taught(heard, tiny_set.layers[0])
    np.testing.assert_allclose(taught[:, :200] / lesson.penultimate_factor * lesson.std + lesson.mean, heard, atol=1e-5)


def test_cosines_of_the_layers_are_those_of_the_standardised_numbers(tiny_set):
    """84 segments of noise span 83 axes: nothing is lost, so that scikit-learn's scaler must give the same cosines."""
    from sklearn.metrics.pairwise import cosine_similarity
    from sklearn.preprocessing import StandardScaler

    lesson = Lesson(tiny_set, tiny_set.chunks(), 0.5)
    layers = tiny_set.layers.reshape(84, -1)
    ours = lesson.taught(tiny_set.penultimate.reshape(84, -1), layers)[:, 200:]
    expected = cosine_similarity(StandardScaler().fit_transform(layers.astype(np.float64)))
    np.testing.assert_allclose(cosine_similarity(ours), expected, atol=5e-3)
