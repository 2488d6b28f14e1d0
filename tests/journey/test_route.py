"""Legs: points on a great circle, and how the steps are shared among them."""

import itertools

import numpy as np

from synesthete.encoders.base import unit
from synesthete.journey.route import allocate_steps, great_circle
from synesthete.journey.track_vectors import angles_degrees


def test_steps_are_shared_among_legs_by_their_angles():
    assert allocate_steps(np.array([30.0, 60.0]), 9).tolist() == [3, 6]
    assert allocate_steps(np.array([0.1, 90.0, 0.1]), 5).tolist() == [1, 3, 1]
    assert allocate_steps(np.array([1.0, 1.0]), 2).tolist() == [1, 1]


def test_the_great_circle_has_equal_angles(rng):
    a, b = unit(rng.normal(size=(2, 8)))
    points = great_circle(a, b, 7)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-6)
    steps = [angles_degrees(p, q)[0, 0] for p, q in itertools.pairwise(points)]
    np.testing.assert_allclose(steps, angles_degrees(a, b)[0, 0] / 6, atol=1e-3)
