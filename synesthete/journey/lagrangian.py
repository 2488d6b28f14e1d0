"""Lagrangian relaxation of the capacities and of the rule that no candidate comes twice (Held & Karp, 1971).

Each relaxed constraint gets a multiplier, which is added to the cost of every candidate that counts towards it. The
cheapest path under these costs, less the constant term, is a lower bound of every feasible path's cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from synesthete.journey.problem import Problem, Solution, cost_to_go, extract_path, path_cost

_MAX_ITERATIONS = 60


def find_multipliers(problem: Problem) -> tuple[Multipliers, Solution | None]:
    """Maximise the lower bound by subgradient ascent.

    Returns
    -------
    best : Multipliers
        Those of the highest lower bound.
    incumbent : Solution or None
        The cheapest feasible path met on the way.
    """
    n_candidates = len(problem.groups)
    multipliers = best = Multipliers(np.zeros(len(problem.capacities)), np.zeros(n_candidates), problem)
    best_bound, incumbent = -math.inf, None
    step_scale = 1.0
    for iteration in range(_MAX_ITERATIONS):
        penalties = multipliers.penalties
        to_go = cost_to_go(problem, penalties)
        path = extract_path(problem, to_go, penalties)
        bound = float(problem.node_costs[0][0] + to_go[0][0]) - multipliers.constant_term
        cost = path_cost(problem, path)
        if problem.is_feasible(path) and (incumbent is None or cost < incumbent.cost):
            incumbent = Solution(path, cost, -math.inf)
        if bound > best_bound:
            best, best_bound = multipliers, bound
        else:
            step_scale *= 0.8
        of_capacities, of_repeats = _subgradient(problem, multipliers, path)
        squared_norm = float((of_capacities**2).sum() + (of_repeats**2).sum())
        if squared_norm == 0:  # the multipliers are optimal
            break
        # Polyak's step length, towards the cost of the incumbent; without one, towards an ever higher guess.
        target = incumbent.cost if incumbent else bound + 0.1 * (1 + abs(bound)) * 1.2**iteration
        step = step_scale * max(target - bound, 1e-3 * (1 + abs(bound))) / squared_norm
        multipliers = Multipliers(
            np.maximum(multipliers.capacities + step * of_capacities, 0),
            np.maximum(multipliers.repeats + step * of_repeats, 0),
            problem,
        )
    return best, incumbent


def _subgradient(problem: Problem, multipliers: Multipliers, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By how much ``path`` [n_stages] exceeds each capacity [n_groups] and one visit per candidate [n_candidates].

    Zero where a multiplier of zero would have to fall.
    """
    grouped = problem.groups[path]
    excess = np.bincount(grouped[grouped >= 0], minlength=len(problem.capacities)) - problem.capacities
    repeats = np.bincount(path, minlength=len(problem.groups)) - 1
    return (
        np.where((excess > 0) | (multipliers.capacities > 0), excess, 0),
        np.where((repeats > 0) | (multipliers.repeats > 0), repeats, 0),
    )


@dataclass(frozen=True)
class Multipliers:
    """Lagrange multipliers >= 0 of the capacities [n_groups], and of one visit per candidate [n_candidates]."""

    capacities: np.ndarray
    repeats: np.ndarray
    problem: Problem

    @property
    def penalties(self) -> np.ndarray:
        """What the relaxation adds to the cost of each candidate [n_candidates]."""
        is_grouped = self.problem.groups >= 0
        if not is_grouped.any():
            return self.repeats
        return self.repeats + np.where(is_grouped, self.capacities[self.problem.groups], 0)

    @property
    def constant_term(self) -> float:
        """Multipliers times right-hand sides: the most that a feasible path pays in penalties."""
        return float(self.capacities @ self.problem.capacities + self.repeats.sum())
