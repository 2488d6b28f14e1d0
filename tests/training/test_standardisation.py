"""Mean and spread of a layer, as the encoders read them."""

import numpy as np

from synesthete.encoders.borrowed import read_reference
from synesthete.training.standardisation import write_reference


def test_the_reference_is_written_as_it_is_read(tmp_path, rng):
    layers = [rng.standard_normal((4, 200)), rng.standard_normal((7, 200))]
    path = tmp_path / "models" / "musicnn.json"
    assert write_reference(layers, "noise", "0" * 64, path) == 11
    mean, std = read_reference(path, "musicnn", 200, "0" * 64, "")
    np.testing.assert_allclose(mean, np.concatenate(layers).mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(std, np.concatenate(layers).std(axis=0), rtol=1e-5)
