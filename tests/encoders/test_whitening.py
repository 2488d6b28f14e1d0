"""The projection against NumPy's product."""

import numpy as np

from synesthete.encoders.whitening import project


def test_a_projection_is_a_product(rng):
    rows, axes = rng.standard_normal((19, 30)), rng.standard_normal((30, 7)).astype(np.float32)
    np.testing.assert_allclose(project(rows, axes), rows @ axes, atol=1e-4)
    assert project(rows, axes).dtype == np.float32
