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


def supervised_contrastive(vectors: Tensor, recordings: Tensor, artists: Tensor, temperature: float = 0.15) -> Tensor:
    """From each segment, find the others of its recording among those of all other artists.

    P. Khosla, P. Teterwak, C. Wang et al., "Supervised contrastive learning", NeurIPS, 2020 (their loss with the sum
    outside the logarithm). Other recordings of the same artist are neither near nor far.

    Parameters
    ----------
    vectors : Tensor [shape=(n, size)], unit length
    recordings, artists : Tensor [shape=(n,)], int
        What each segment is of.
    temperature : float > 0

    Returns
    -------
    Tensor
        Mean over the segments that have another of their recording [nats], >= 0.
    """
    is_itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    is_near = (recordings[:, None] == recordings[None]) & ~is_itself
    is_far = artists[:, None] != artists[None]
    scores = (vectors @ vectors.T / temperature).masked_fill(~(is_near | is_far), -torch.inf)
    logs = torch.log_softmax(scores, dim=1).masked_fill(~is_near, 0)
    n_near = is_near.sum(dim=1)
    return -(logs.sum(dim=1)[n_near > 0] / n_near[n_near > 0]).mean()
