"""Shortest paths through a layered graph with capacities and conflicts, and dynamic programming for those without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """A layered graph: stages of candidates, numbered over all stages together.

    A *state* is the index of a candidate within its stage; one candidate may stand in several stages.

    Attributes
    ----------
    stages : list of np.ndarray [shape=(m_k,)], int64
        The candidates of each stage; the first and the last stage have one each.
    node_costs : list of np.ndarray [shape=(m_k,)], float64 >= 0
    edge_costs : list of np.ndarray [shape=(m_k, m_k+1)], float64 >= 0
        From stage k to k + 1; infinity where forbidden. One fewer than stages.
    groups : np.ndarray [shape=(n_candidates,)], int64
        The group of each candidate; -1 for none.
    capacities : np.ndarray [shape=(n_groups,)], int64 >= 0
        How many of each group a path may hold.
    conflicts : np.ndarray [shape=(n_candidates, n_candidates)], bool, symmetric
        Which candidates may not be on one path; true on the diagonal, for no path holds a candidate twice.
    """

    stages: list[np.ndarray]
    node_costs: list[np.ndarray]
    edge_costs: list[np.ndarray]
    groups: np.ndarray
    capacities: np.ndarray
    conflicts: np.ndarray

    def is_feasible(self, path: np.ndarray) -> bool:
        """Whether ``path`` [n_stages] of candidates keeps the capacities and has no conflict."""
        in_conflict = self.conflicts[np.ix_(path, path)]
        grouped = self.groups[path]
        usage = np.bincount(grouped[grouped >= 0], minlength=len(self.capacities))
        return int(in_conflict.sum()) == len(path) and bool((usage <= self.capacities).all())


@dataclass(frozen=True)
class Solution:
    """A feasible path [n_stages] of candidates, its cost, and a proven lower bound of every feasible path's cost."""

    path: np.ndarray
    cost: float
    lower_bound: float

    @property
    def is_optimal(self) -> bool:
        """No feasible path costs less."""
        return self.cost <= self.lower_bound + 1e-9 * (1 + abs(self.cost))


def cost_to_go(problem: Problem, penalties: np.ndarray) -> list[np.ndarray]:
    """For each stage, the least cost [m_k] from each state to the end, without capacities and conflicts.

    By backward induction (Bellman, 1957). ``penalties`` [n_candidates] >= 0 are added to the node costs.
    """
    to_go = [np.zeros(len(problem.stages[-1]))]
    for stage in range(len(problem.edge_costs) - 1, -1, -1):
        onward = problem.node_costs[stage + 1] + penalties[problem.stages[stage + 1]] + to_go[0]
        to_go.insert(0, (problem.edge_costs[stage] + onward).min(axis=1))
    return to_go


def bottleneck(problem: Problem, steps: list[np.ndarray]) -> float:
    """The smallest possible largest step of a path, without capacities and conflicts (minimax path).

    ``steps`` are shaped as ``problem.edge_costs``; an edge of infinite cost is not used.
    """
    to_go = np.zeros(len(problem.stages[-1]))
    for step, edge in zip(reversed(steps), reversed(problem.edge_costs), strict=True):
        allowed = np.where(np.isfinite(edge), step, np.inf)
        to_go = np.maximum(allowed, to_go).min(axis=1)
    return float(to_go[0])


def extract_path(problem: Problem, to_go: list[np.ndarray], penalties: np.ndarray) -> np.ndarray:
    """The cheapest path [n_stages] of candidates without capacities and conflicts, given its :func:`cost_to_go`."""
    states = [0]
    for stage, edge in enumerate(problem.edge_costs):
        onward = problem.node_costs[stage + 1] + penalties[problem.stages[stage + 1]] + to_go[stage + 1]
        states.append(int((edge[states[-1]] + onward).argmin()))
    return np.array([stage[state] for stage, state in zip(problem.stages, states, strict=True)])


def path_cost(problem: Problem, path: np.ndarray) -> float:
    """The cost of a path [n_stages] of candidates, without penalties."""
    states = [int(np.flatnonzero(stage == c)[0]) for stage, c in zip(problem.stages, path, strict=True)]
    at_nodes = sum(float(node[state]) for node, state in zip(problem.node_costs, states, strict=True))
    pairs = zip(problem.edge_costs, states[:-1], states[1:], strict=True)
    return at_nodes + sum(float(edge[a, b]) for edge, a, b in pairs)
