"""Prices on what is scarce, so that even the path without rules hardly breaks them (Held & Karp, 1971)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from synesthete.journey.problem import Problem, Solution, cost_of, follow, remainders

_ROUNDS = 60


def find_prices(problem: Problem) -> tuple[Prices, Solution | None]:
    """Raise the prices of what the path without rules uses too often (subgradient steps)."""
    n = len(problem.groups)
    prices = best = Prices(np.zeros(len(problem.caps)), np.zeros(n), problem)
    best_bound, incumbent = -math.inf, None
    scale = 1.0
    for number in range(_ROUNDS):
        each = prices.each
        rest = remainders(problem, each)
        path = follow(problem, rest, each)
        bound = float(problem.nodes[0][0] + rest[0][0]) - prices.refund
        cost = cost_of(problem, path)
        if problem.is_valid(path) and (incumbent is None or cost < incumbent.cost):
            incumbent = Solution(path, cost, -math.inf)
        if bound > best_bound:
            best, best_bound = prices, bound
        else:
            scale *= 0.8
        grouped = problem.groups[path]
        excess = np.bincount(grouped[grouped >= 0], minlength=len(problem.caps)) - problem.caps
        repeats = np.bincount(path, minlength=n) - 1
        excess = np.where((excess > 0) | (prices.groups > 0), excess, 0)
        repeats = np.where((repeats > 0) | (prices.candidates > 0), repeats, 0)
        over = float((excess**2).sum() + (repeats**2).sum())
        if over == 0:  # no price is too low, none is too high: the bound is as good as prices can make it
            break
        # Polyak's step towards the best cost known; towards ever higher ones as long as no valid path is
        # known
        goal = incumbent.cost if incumbent else bound + 0.1 * (1 + abs(bound)) * 1.2**number
        step = scale * max(goal - bound, 1e-3 * (1 + abs(bound))) / over
        prices = Prices(
            np.maximum(prices.groups + step * excess, 0),
            np.maximum(prices.candidates + step * repeats, 0),
            problem,
        )
    return best, incumbent


@dataclass(frozen=True)
class Prices:
    """What a candidate costs extra: for its group [n_groups] and for itself [n_candidates]."""

    groups: np.ndarray
    candidates: np.ndarray
    problem: Problem

    @property
    def each(self) -> np.ndarray:
        """What every candidate costs extra [n_candidates]."""
        is_grouped = self.problem.groups >= 0
        if not is_grouped.any():
            return self.candidates
        return self.candidates + np.where(is_grouped, self.groups[self.problem.groups], 0)

    @property
    def refund(self) -> float:
        """What a valid path pays at most: without it the priced cost is no lower bound."""
        return float(self.groups @ self.problem.caps + self.candidates.sum())
