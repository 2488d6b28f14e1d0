"""Principal components of pictures, as the linear halves of the autoencoder begin with them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from synesthete.encoders.autoencoder import N_BASIS, Branch, Drawing, Network

N_ROUNDS = 1  # of the power iteration


def begin_with_components(network: Network, images: np.ndarray, seed: int) -> None:
    """Let the linear halves of a network read and draw principal components, and its convolutions add nothing yet.

    The components whose energy lies most in their mean over time go to the branch along frequency, the other half to
    the branch along time. Each is then narrowed to the ``N_BASIS`` spectra, or courses of time, that all of its
    branch's components have most of.

    Parameters
    ----------
    network : Network
    images : np.ndarray [shape=(n, n_bins, n_frames)], float32 in [0, 1]
        More of them than the network has numbers.
    seed : int
    """
    _, n_bins, n_frames = images.shape
    n_numbers = network.time.direct.out_features
    rows = torch.from_numpy(images).flatten(1)
    mean = rows.mean(dim=0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _, lengths, axes = torch.svd_lowrank(rows - mean, q=2 * n_numbers, niter=N_ROUNDS)
    variances = lengths.square() / len(rows)
    components = axes.T.reshape(2 * n_numbers, n_bins, n_frames)
    steadiness = components.mean(dim=2).square().sum(dim=1)
    order = steadiness.argsort(descending=True)
    steady, changing = order[:n_numbers], order[n_numbers:]
    picture = mean.reshape(n_bins, n_frames)
    with torch.no_grad():
        _begin(network.time, network.decoder.time, components[changing], variances[changing], picture)
        turned = components[steady].transpose(1, 2)
        _begin(network.frequency, network.decoder.frequency, turned, variances[steady], picture.T)
        network.decoder.spread.bias.zero_()
        last = network.decoder.draw[-1]
        last.weight.zero_()  # type: ignore[operator]
        last.bias.zero_()  # type: ignore[operator]
        # The mean picture is drawn once.
        network.decoder.time.direct.bias.copy_((network.time.basis.weight[:, :, 0] @ picture).flatten())
        network.decoder.frequency.direct.bias.zero_()


def _begin(branch: Branch, drawing: Drawing, components: Tensor, variances: Tensor, picture: Tensor) -> None:
    """Components [n_numbers, n_channels, length] as the linear reading of a branch and its drawing."""
    channels = torch.einsum("k,kcl,kdl->cd", variances, components, components) + picture @ picture.T
    basis = torch.linalg.eigh(channels)[1][:, -N_BASIS:].T  # [N_BASIS, n_channels]
    narrowed = torch.einsum("bc,kcl->kbl", basis, components).flatten(1)
    branch.basis.weight.copy_(basis[:, :, None])
    branch.direct.weight.copy_(narrowed)
    branch.direct.bias.copy_(-narrowed @ (basis @ picture).flatten())
    drawing.direct.weight.copy_(narrowed.T)
    drawing.basis.weight.copy_(basis.T[:, :, None])
    last = branch.convolved[-1]
    last.weight.zero_()  # type: ignore[operator]
    last.bias.zero_()  # type: ignore[operator]
