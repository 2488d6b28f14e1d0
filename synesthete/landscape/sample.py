"""Which tracks of a large catalogue to draw: of every group its share, and of rare groups a few at least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LEAST = 10  # of a group, or all of it where it is smaller


def fair_sample(groups: Sequence[str], n: int, seed: int = 0) -> np.ndarray:
    """Draw ``n`` rows by lot (all where there are no more), each group in proportion to its size.

    Small groups are not lost: up to ``LEAST`` of each are drawn, as long as these take no more than half of the sample.

    Parameters
    ----------
    groups : sequence of str [n_rows]
    n : int > 0
    seed : int >= 0

    Returns
    -------
    np.ndarray [shape=(n,)], int64
        Ascending.
    """
    if len(groups) <= n:
        return np.arange(len(groups))
    order = np.random.default_rng(seed).permutation(len(groups))
    _, codes, sizes = np.unique(np.asarray(groups, dtype=object), return_inverse=True, return_counts=True)
    in_lots = order[np.argsort(codes[order], kind="stable")]  # the rows of each group together, by lot within it
    rank = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # in its group
    share = (rank + 0.5) / np.repeat(sizes, sizes)  # taken in this order every group gets its share at any time
    is_least = rank < LEAST
    if is_least.sum() <= n // 2:
        share = np.where(is_least, -1.0, share)
    return np.sort(in_lots[np.argsort(share, kind="stable")[:n]])
