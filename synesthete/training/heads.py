"""The last layer, solved after the training: what the trunk sees is kept, how it is read is computed anew.

Pooled feature maps are all positive and much alike, so that gradient steps learn to read them slowly; the best linear
reading follows from their covariances at once.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import torch
from torch import nn

from synesthete.training import losses
from synesthete.training.covariance import change_covariance, principal_axes, whitening, within_covariance
from synesthete.training.plan import TrainingPlan

RIDGE = 100.0  # added to the covariance per segment, in units of each feature's variance
SHRINKAGE = 0.05
PHONE_SHARE, EVEN_SHRINKAGE = 0.1, 0.1  # of the turn that evens the likeness
N_STEPS, N_PAIRS = 300, 768


def last_layer(
    clean: np.ndarray, phone: np.ndarray, taught: np.ndarray, groups: np.ndarray, plan: TrainingPlan
) -> tuple[np.ndarray, np.ndarray]:
    """Both parts, centred on the clean segments and weighted as the plan says.

    Parameters
    ----------
    clean, phone : np.ndarray [shape=(n, n_features)]
        Features of the same segments, as they are and through the phone.
    taught : np.ndarray [shape=(n, taught_size)]
    groups : np.ndarray [shape=(n,)], int
        Which recording each segment comes from.
    plan : TrainingPlan

    Returns
    -------
    weight : np.ndarray [shape=(embedding_size, n_features)], float32
    bias : np.ndarray [shape=(embedding_size,)], float32
    """
    share = plan.identity_share if plan.identity_size else 0.0
    heads = []
    if plan.likeness_size:
        head = evened(*likeness_head(clean, taught), clean, phone, groups)
        heads.append((*compressed(*head, clean, plan.likeness_size), 1 - share))
    if plan.identity_size:
        head = identity_head(clean, phone, groups, plan.identity_size, plan.temperature, plan.seed)
        heads.append((*head, share))
    weights, biases = [], []
    for weight, bias, its_share in heads:
        vectors = clean @ weight.T + bias
        centre = vectors.mean(axis=0)
        factor = np.sqrt(its_share) / np.linalg.norm(vectors - centre, axis=1).mean()
        weights.append((weight * factor).astype(np.float32))
        biases.append(((bias - centre) * factor).astype(np.float32))
    return np.concatenate(weights), np.concatenate(biases)


def likeness_head(features: np.ndarray, taught: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression from features to what the teacher hears.

    Parameters
    ----------
    features : np.ndarray [shape=(n, n_features)]
    taught : np.ndarray [shape=(n, size)]

    Returns
    -------
    weight : np.ndarray [shape=(size, n_features)]
    bias : np.ndarray [shape=(size,)]
    """
    centre, mean = features.mean(axis=0), taught.mean(axis=0)
    apart = (features - centre).astype(np.float64)
    damping = np.diag(RIDGE * apart.var(axis=0) + 1e-6)
    weight = np.linalg.solve(apart.T @ apart + damping, apart.T @ (taught - mean)).T
    return weight.astype(np.float32), (mean - weight @ centre).astype(np.float32)


def evened(
    weight: np.ndarray, bias: np.ndarray, clean: np.ndarray, phone: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A head turned so that what changes within a recording, or through a phone, spreads evenly in all directions.

    See :mod:`synesthete.training.covariance`; as the turn is linear, it costs nothing in use. Left as it is where no
    recording has two segments.

    Parameters
    ----------
    weight : np.ndarray [shape=(size, n_features)]
    bias : np.ndarray [shape=(size,)]
    clean, phone : np.ndarray [shape=(n, n_features)]
    groups : np.ndarray [shape=(n,)], int

    Returns
    -------
    weight : np.ndarray [shape=(size, n_features)]
    bias : np.ndarray [shape=(size,)]
    """
    heard, through = clean @ weight.T + bias, phone @ weight.T + bias
    same = [heard[groups == group] for group in np.unique(groups)]
    if max(map(len, same)) < 2:
        return weight, bias
    change = (1 - PHONE_SHARE) * within_covariance(same) + PHONE_SHARE * change_covariance(through - heard)
    turn = whitening(change, EVEN_SHRINKAGE).astype(np.float32)  # symmetric
    return turn @ weight, turn @ bias


def compressed(weight: np.ndarray, bias: np.ndarray, clean: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A head turned to its main axes over the clean segments, of which ``size`` are kept.

    Parameters
    ----------
    weight : np.ndarray [shape=(n_rows, n_features)]
    bias : np.ndarray [shape=(n_rows,)]
    clean : np.ndarray [shape=(n, n_features)]
    size : int > 0

    Returns
    -------
    weight : np.ndarray [shape=(size, n_features)]
    bias : np.ndarray [shape=(size,)]
        Padded with zeros where there are fewer rows.
    """
    vectors = clean @ weight.T + bias
    axes = principal_axes(vectors - vectors.mean(axis=0), size)
    missing = ((0, size - axes.shape[1]), (0, 0))
    return np.pad(axes.T @ weight, missing), np.pad(axes.T @ bias, missing[0])


def identity_head(
    clean: np.ndarray, phone: np.ndarray, groups: np.ndarray, size: int, temperature: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Directions in which recordings differ more than a phone in a room changes them.

    Discriminant analysis brings the features into a shape in which a phone changes all of them equally; from there a
    linear layer is trained by contrast, which takes seconds.

    Parameters
    ----------
    clean, phone : np.ndarray [shape=(n, n_features)]
        Features of the same segments, as they are and through the phone.
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
    middle, change = (clean + phone) / 2, (phone - clean).astype(np.float64)
    centre = middle.mean(axis=0)
    change -= change.mean(axis=0)
    apart = (middle - centre).astype(np.float64)
    within, between = change.T @ change / len(change), apart.T @ apart / len(apart)
    within += (SHRINKAGE * np.trace(within) / len(within) + 1e-9) * np.eye(len(within))
    gains, directions = scipy.linalg.eigh(between, within)
    shape = ((directions / np.sqrt(np.maximum(gains, 0) + 1))[:, ::-1]).astype(np.float32)
    layer = _contrasted((clean - centre) @ shape, (phone - centre) @ shape, groups, size, temperature, seed)
    weight = layer.weight.detach().numpy() @ shape.T
    return weight, layer.bias.detach().numpy() - weight @ centre


def _contrasted(
    clean: np.ndarray, phone: np.ndarray, groups: np.ndarray, size: int, temperature: float, seed: int
) -> nn.Linear:
    layer = nn.Linear(clean.shape[1], size)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(clean.shape[1])[torch.arange(size) % clean.shape[1]])
        layer.bias.zero_()
    optimiser = torch.optim.AdamW(layer.parameters(), lr=3e-3, weight_decay=0.01)
    views, recordings = (
        [torch.from_numpy(np.ascontiguousarray(view)) for view in (clean, phone)],
        torch.from_numpy(groups),
    )
    rng = np.random.default_rng([seed, 6])
    for _ in range(N_STEPS):
        picked = torch.from_numpy(rng.permutation(len(clean))[:N_PAIRS])
        first, second = (layer(view[picked]) for view in views)
        loss = losses.contrast(second, first, recordings[picked], temperature)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return layer
