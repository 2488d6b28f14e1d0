"""The losses: distillation from the teacher, and contrast between recordings."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def distillation(student: Tensor, targets: Tensor) -> Tensor:
    """Cosine distance of the student's likeness vectors [n, size] to the targets: 1 - mean cosine, in [0, 2]."""
    return 1 - functional.cosine_similarity(student, targets, dim=1).mean()


def relational_distillation(student: Tensor, targets: Tensor, temperature: float = 0.15) -> Tensor:
    """Whether the student ranks the other segments of a batch as the teacher does.

    Mean Kullback-Leibler divergence, >= 0, between the two distributions over neighbours: softmax of the cosines to all
    other segments, divided by ``temperature`` (after Park et al., "Relational knowledge distillation", 2019).

    Parameters
    ----------
    student, targets : Tensor [shape=(n, size)], n > 1
    temperature : float > 0
    """
    is_other = ~torch.eye(len(student), dtype=torch.bool, device=student.device)
    scores = (cosines(vectors, vectors)[is_other].reshape(len(student), -1) for vectors in (student, targets))
    ours, theirs = (functional.log_softmax(score / temperature, dim=1) for score in scores)
    return functional.kl_div(ours, theirs, reduction="batchmean", log_target=True)


def info_nce(
    first: Tensor,
    second: Tensor,
    groups: Tensor,
    temperature: float = 0.07,
    queue: Tensor | None = None,
    queue_groups: Tensor | None = None,
) -> Tensor:
    """InfoNCE: from each view, find the other view of the same segment among all (van den Oord et al., 2018).

    Segments of the same recording are neither positives nor negatives, for music repeats itself.

    Parameters
    ----------
    first, second : Tensor [shape=(n, size)]
        Two views of the same n segments.
    groups : Tensor [shape=(n,)], int
        Which recording each comes from.
    temperature : float > 0
    queue, queue_groups : Tensor [shape=(m, size)], [shape=(m,)], optional
        Further negatives, from earlier batches (the queue of MoCo; He et al., 2020).

    Returns
    -------
    Tensor
        Mean cross-entropy [nats] of both directions, >= 0.
    """
    is_same_recording = groups[:, None] == groups[None]
    is_same_recording.fill_diagonal_(False)
    target = torch.arange(len(first), device=first.device)
    total = first.new_zeros(())
    for query, keys in ((first, second), (second, first)):
        scores = cosines(query, keys).masked_fill(is_same_recording, -torch.inf)
        if queue is not None and queue_groups is not None and len(queue):
            is_masked = groups[:, None] == queue_groups[None]
            scores = torch.cat([scores, cosines(query, queue).masked_fill(is_masked, -torch.inf)], dim=1)
        total = total + functional.cross_entropy(scores / temperature, target) / 2
    return total


def norm_penalty(vectors: Tensor) -> Tensor:
    """Mean squared distance of the vectors' lengths from 1."""
    return (vectors.norm(dim=1) - 1).square().mean()


def cosines(first: Tensor, second: Tensor) -> Tensor:
    """Cosine of each row of [n, size] with each of [m, size], as [n, m]."""
    return functional.normalize(first, dim=1) @ functional.normalize(second, dim=1).T


def contrastive(vectors: Tensor, groups: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """The contrastive loss over all pairs of a batch: near pairs together, far ones apart up to a margin.

    Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping", CVPR, 2006: the squared
    distance of pairs of one group, and the squared shortfall from the margin of the others.

    Parameters
    ----------
    vectors : Tensor [shape=(n, size)], unit length
    groups : Tensor [shape=(n,)], int
        Pairs of one group are near.
    margin : float > 0
        In Euclidean distance.

    Returns
    -------
    near, far : Tensor
        Mean over the near pairs, and over those far pairs that lie within the margin; each counts for half.
    """
    is_pair = torch.ones(len(vectors), len(vectors), dtype=torch.bool, device=vectors.device).triu(1)
    is_near = is_pair & (groups[:, None] == groups[None])
    is_far = is_pair & (groups[:, None] != groups[None])
    distances = (2 - 2 * vectors @ vectors.T).clamp(min=1e-6).sqrt()
    shortfall = (margin - distances[is_far]).clamp(min=0)
    n_within = (shortfall > 0).sum().clamp(min=1)
    return distances[is_near].square().mean(), shortfall.square().sum() / n_within
