"""Paths through stages of candidates: what they cost, which are valid, the cheapest if all were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """Stages of candidates, numbered over all stages together.

    Attributes
    ----------
    stages : list of np.ndarray [shape=(m_k,)], int64
        The candidates of each stage; the first and the last stage have one each.
    nodes : list of np.ndarray [shape=(m_k,)], float64 >= 0
        Cost of standing there.
    edges : list of np.ndarray [shape=(m_k, m_k+1)], float64 >= 0
        Cost of going from stage k to k + 1; infinity where forbidden. One fewer than stages.
    groups : np.ndarray [shape=(n_candidates,)], int64
        The group of each candidate; -1 for none.
    caps : np.ndarray [shape=(n_groups,)], int64 >= 0
        How many of each group a path may hold.
    rivals : np.ndarray [shape=(n_candidates, n_candidates)], bool, symmetric
        Which candidates may not stand in one path; true on the diagonal, for no path holds a candidate twice.
    """

    stages: list[np.ndarray]
    nodes: list[np.ndarray]
    edges: list[np.ndarray]
    groups: np.ndarray
    caps: np.ndarray
    rivals: np.ndarray

    def is_valid(self, path: np.ndarray) -> bool:
        """Whether the candidates of ``path`` [n_stages] go together."""
        clashes = self.rivals[np.ix_(path, path)]
        grouped = self.groups[path]
        counts = np.bincount(grouped[grouped >= 0], minlength=len(self.caps))
        return int(clashes.sum()) == len(path) and bool((counts <= self.caps).all())


@dataclass(frozen=True)
class Solution:
    """A valid path [n_stages] of candidates, its cost, and a proven lower bound of any valid path's cost."""

    path: np.ndarray
    cost: float
    bound: float

    @property
    def is_optimal(self) -> bool:
        """No valid path costs less."""
        return self.cost <= self.bound + 1e-9 * (1 + abs(self.cost))


def remainders(problem: Problem, prices: np.ndarray) -> list[np.ndarray]:
    """For each stage, the least cost [m_k] of the rest of the path without rules.

    ``prices`` [n_candidates] >= 0.
    """
    rest = [np.zeros(len(problem.stages[-1]))]
    for stage in range(len(problem.edges) - 1, -1, -1):
        ahead = problem.nodes[stage + 1] + prices[problem.stages[stage + 1]] + rest[0]
        rest.insert(0, (problem.edges[stage] + ahead).min(axis=1))
    return rest


def bottleneck(problem: Problem, steps: list[np.ndarray]) -> float:
    """The smallest possible largest step of a path without rules.

    ``steps`` are shaped as ``problem.edges``.
    """
    rest = np.zeros(len(problem.stages[-1]))
    for step, edge in zip(reversed(steps), reversed(problem.edges), strict=True):
        allowed = np.where(np.isfinite(edge), step, np.inf)
        rest = np.maximum(allowed, rest).min(axis=1)
    return float(rest[0])


def follow(problem: Problem, rest: list[np.ndarray], prices: np.ndarray) -> np.ndarray:
    """The cheapest path [n_stages] of candidates without rules, given its :func:`remainders`."""
    places = [0]
    for stage, edge in enumerate(problem.edges):
        ahead = problem.nodes[stage + 1] + prices[problem.stages[stage + 1]] + rest[stage + 1]
        places.append(int((edge[places[-1]] + ahead).argmin()))
    return np.array([stage[place] for stage, place in zip(problem.stages, places, strict=True)])


def cost_of(problem: Problem, path: np.ndarray) -> float:
    """What a path [n_stages] of candidates costs, without prices."""
    places = [int(np.flatnonzero(stage == c)[0]) for stage, c in zip(problem.stages, path, strict=True)]
    nodes = sum(float(node[place]) for node, place in zip(problem.nodes, places, strict=True))
    pairs = zip(problem.edges, places[:-1], places[1:], strict=True)
    return nodes + sum(float(edge[a, b]) for edge, a, b in pairs)
