"""The last layer, fitted after the training: the trunk's features stay, how they are read is computed anew.

Pooled feature maps are all positive and much alike, so that gradient steps learn to read them slowly; the best linear
reading follows from their covariances at once.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import torch
from torch import nn

from synesthete.training import losses
from synesthete.training.config import TrainingConfig

RIDGE = 100.0  # added to the covariance per segment, in units of each feature's variance
DISCRIMINANT_SHRINKAGE = 0.05
N_STEPS, N_PAIRS = 300, 768

Layer = tuple[np.ndarray, np.ndarray]  # weight [size, n_features], bias [size]


def fit_last_layer(
    clean: np.ndarray, augmented: np.ndarray, effects: np.ndarray, groups: np.ndarray, config: TrainingConfig
) -> Layer:
    """Likeness and identity, centred on the clean segments and weighted as the configuration says.

    Likeness is turned at random: a library standardises each number by itself, which would make principal axes equally
    loud; turned, all vary alike, and the teacher's cosines stay.

    Parameters
    ----------
    clean, augmented : np.ndarray [shape=(n, n_features)]
        Features of both views of the same segments.
    effects : np.ndarray [shape=(n, n_axes)]
        What aisfx says of the clean ones, on its principal axes; the first ``likeness_size`` are learned.
    groups : np.ndarray [shape=(n,)], int
        Which recording each segment comes from.
    config : TrainingConfig

    Returns
    -------
    weight : np.ndarray [shape=(embedding_size, n_features)], float32
    bias : np.ndarray [shape=(embedding_size,)], float32
    """
    share = config.identity_share if config.identity_size else 0.0
    heads = []
    if config.likeness_size:
        weight, bias = likeness_head(clean, effects[:, : config.likeness_size])
        rng = np.random.default_rng([config.seed, 9])
        turn = np.linalg.qr(rng.standard_normal((config.likeness_size, len(weight))))[0]
        heads.append(((turn @ weight, turn @ bias), 1 - share))
    if config.identity_size:
        head = identity_head(clean, augmented, groups, config.identity_size, config.temperature, config.seed)
        heads.append((head, share))
    weights, biases = [], []
    for (weight, bias), its_share in heads:
        vectors = clean @ weight.T + bias
        centre = vectors.mean(axis=0)
        factor = np.sqrt(its_share) / np.linalg.norm(vectors - centre, axis=1).mean()
        weights.append((weight * factor).astype(np.float32))
        biases.append(((bias - centre) * factor).astype(np.float32))
    return np.concatenate(weights), np.concatenate(biases)


def likeness_head(features: np.ndarray, targets: np.ndarray) -> Layer:
    """Ridge regression from features [n, n_features] to distillation targets [n, size]."""
    centre, mean = features.mean(axis=0), targets.mean(axis=0)
    centred = (features - centre).astype(np.float64)
    damping = np.diag(RIDGE * centred.var(axis=0) + 1e-6)
    weight = np.linalg.solve(centred.T @ centred + damping, centred.T @ (targets - mean)).T
    return weight.astype(np.float32), (mean - weight @ centre).astype(np.float32)


def identity_head(
    clean: np.ndarray, augmented: np.ndarray, groups: np.ndarray, size: int, temperature: float, seed: int
) -> Layer:
    """Directions in which recordings differ more than a phone in a room changes them.

    Linear discriminant analysis whitens the features by what a phone changes; from there a linear layer is trained
    with :func:`~synesthete.training.losses.info_nce`, which takes seconds.

    Parameters
    ----------
    clean, augmented : np.ndarray [shape=(n, n_features)]
        Features of both views of the same segments.
    groups : np.ndarray [shape=(n,)], int
        Which recording each segment comes from.
    size : int > 0
    temperature : float > 0
    seed : int

    Returns
    -------
    weight : np.ndarray [shape=(size, n_features)]
    bias : np.ndarray [shape=(size,)]
    """
    middle, change = (clean + augmented) / 2, (augmented - clean).astype(np.float64)
    centre = middle.mean(axis=0)
    change -= change.mean(axis=0)
    centred = (middle - centre).astype(np.float64)
    within, between = change.T @ change / len(change), centred.T @ centred / len(centred)
    within += (DISCRIMINANT_SHRINKAGE * np.trace(within) / len(within) + 1e-9) * np.eye(len(within))
    gains, directions = scipy.linalg.eigh(between, within)
    axes = ((directions / np.sqrt(np.maximum(gains, 0) + 1))[:, ::-1]).astype(np.float32)
    layer = _train_linear((clean - centre) @ axes, (augmented - centre) @ axes, groups, size, temperature, seed)
    weight = layer.weight.detach().numpy() @ axes.T
    return weight, layer.bias.detach().numpy() - weight @ centre


def _train_linear(
    clean: np.ndarray, augmented: np.ndarray, groups: np.ndarray, size: int, temperature: float, seed: int
) -> nn.Linear:
    """A linear layer that begins as the first ``size`` features and is trained by contrast."""
    layer = nn.Linear(clean.shape[1], size)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(clean.shape[1])[torch.arange(size) % clean.shape[1]])
        layer.bias.zero_()
    optimiser = torch.optim.AdamW(layer.parameters(), lr=3e-3, weight_decay=0.01)
    views = [torch.from_numpy(np.ascontiguousarray(view)) for view in (clean, augmented)]
    recordings = torch.from_numpy(groups)
    rng = np.random.default_rng([seed, 6])
    for _ in range(N_STEPS):
        picked = torch.from_numpy(rng.permutation(len(clean))[:N_PAIRS])
        first, second = (layer(view[picked]) for view in views)
        loss = losses.info_nce(second, first, recordings[picked], temperature)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return layer
