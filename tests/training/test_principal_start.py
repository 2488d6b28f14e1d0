"""The autoencoder begins as principal components: against numpy's singular value decomposition."""

import numpy as np
import torch

from synesthete.encoders.autoencoder import Network
from synesthete.training.principal import begin_with_components

N_FRAMES, SIZE = 32, 4


def pictures(rng, n=60):
    """Sums of eight separable pictures: four the same at all times, four that change."""
    bands = np.linalg.qr(rng.standard_normal((128, 8)))[0].T
    courses = np.linalg.qr(rng.standard_normal((N_FRAMES, 5)) + np.eye(N_FRAMES, 5))[0].T
    steady = np.full(N_FRAMES, N_FRAMES**-0.5)
    courses -= np.outer(courses @ steady, steady)
    shapes = [np.outer(bands[k], steady if k < 4 else courses[k - 4]) for k in range(8)]
    weights = rng.standard_normal((n, 8)) * np.array([16, 14, 12, 10, 4, 3, 2, 1]) * 0.1
    return (0.5 + np.einsum("nk,kbf->nbf", weights, shapes)).astype(np.float32)


def begun(images):
    network = Network(N_FRAMES, SIZE)
    begin_with_components(network, images, seed=0)
    return network.eval()


def test_what_has_few_components_is_drawn_anew(rng):
    images = pictures(rng)
    with torch.inference_mode():
        drawn = begun(images)(torch.from_numpy(images)).numpy()
    np.testing.assert_allclose(drawn, images, atol=5e-3)


def test_the_error_is_that_of_principal_components(rng):
    images = pictures(rng) + 0.02 * rng.standard_normal((60, 128, N_FRAMES)).astype(np.float32)
    rows = images.reshape(60, -1).astype(np.float64)
    left = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)[2 * SIZE :]
    least = np.square(left).sum() / rows.size
    with torch.inference_mode():
        error = np.square(begun(images)(torch.from_numpy(images)).numpy() - images).mean()
    assert least <= error < 1.1 * least


def test_what_stays_goes_along_frequency_and_what_changes_along_time(rng):
    images = pictures(rng)
    network = begun(images)
    still = torch.from_numpy(images).mean(dim=2, keepdim=True).expand(-1, -1, N_FRAMES)
    with torch.inference_mode():
        time, frequency = network.encode(torch.from_numpy(images)).chunk(2, dim=1)
        time_still, frequency_still = network.encode(still).chunk(2, dim=1)
    assert (frequency - frequency_still).square().sum() < 0.05 * frequency.square().sum()
    assert time_still.var(dim=0).sum() < 0.2 * time.var(dim=0).sum()
