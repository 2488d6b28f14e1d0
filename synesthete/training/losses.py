"""What the ResNet is told: hear as the teacher does, and know a recording again."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def distillation(heard: Tensor, taught: Tensor) -> Tensor:
    """How far the student's likeness vectors [n, size] are from the teacher's: 1 - mean cosine, in [0, 2]."""
    return 1 - functional.cosine_similarity(heard, taught, dim=1).mean()


def relations(heard: Tensor, taught: Tensor, temperature: float = 0.15) -> Tensor:
    """Whether the student ranks the other segments of a batch as the teacher does.

    Mean Kullback-Leibler divergence, >= 0, between the two distributions over neighbours: softmax of the cosines to all
    other segments, divided by ``temperature`` > 0 (after Park et al., "Relational knowledge distillation", 2019).

    Parameters
    ----------
    heard, taught : Tensor [shape=(n, size)], n > 1
    temperature : float > 0
    """
    ours, theirs = (cosines(vectors, vectors) / temperature for vectors in (heard, taught))
    others = ~torch.eye(len(heard), dtype=torch.bool, device=heard.device)
    ours, theirs = (functional.log_softmax(each[others].reshape(len(heard), -1), dim=1) for each in (ours, theirs))
    return functional.kl_div(ours, theirs, reduction="batchmean", log_target=True)


def contrast(
    seen: Tensor,
    same: Tensor,
    groups: Tensor,
    temperature: float = 0.07,
    remembered: Tensor | None = None,
    remembered_groups: Tensor | None = None,
) -> Tensor:
    """InfoNCE: from each view, find the other view of the same segment among all (van den Oord et al., 2018).

    Segments of the same recording are neither positives nor negatives, for music repeats itself.

    Parameters
    ----------
    seen, same : Tensor [shape=(n, size)]
        Two views of the same n segments.
    groups : Tensor [shape=(n,)], int
        Which recording each comes from.
    temperature : float > 0
    remembered, remembered_groups : Tensor [shape=(m, size)], [shape=(m,)], optional
        Further negatives, from earlier batches.

    Returns
    -------
    Tensor
        Mean cross-entropy [nats] of both directions, >= 0.
    """
    is_barred = groups[:, None] == groups[None]
    is_barred.fill_diagonal_(False)
    target = torch.arange(len(seen), device=seen.device)
    total = seen.new_zeros(())
    for query, answers in ((seen, same), (same, seen)):
        scores = cosines(query, answers).masked_fill(is_barred, -torch.inf)
        if remembered is not None and remembered_groups is not None and len(remembered):
            further = cosines(query, remembered)
            scores = torch.cat(
                [scores, further.masked_fill(groups[:, None] == remembered_groups[None], -torch.inf)], dim=1
            )
        total = total + functional.cross_entropy(scores / temperature, target) / 2
    return total


def length_penalty(vectors: Tensor) -> Tensor:
    """Mean squared distance of the vectors' lengths from 1: the two parts of an embedding then weigh the same."""
    return (vectors.norm(dim=1) - 1).square().mean()


def cosines(first: Tensor, second: Tensor) -> Tensor:
    """Cosine of each row of [n, size] with each of [m, size], as [n, m]."""
    return functional.normalize(first, dim=1) @ functional.normalize(second, dim=1).T
