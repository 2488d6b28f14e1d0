"""The cheapest path through stages of candidates, where some may not go together; exact, with a proof.

Without the rules on which candidates go together, dynamic programming from the last stage backwards gives the
cheapest path and, on the way, what the rest of the journey costs at least from every candidate of every
stage. With the rules, a best-first search over beginnings of paths (A*: Hart, Nilsson & Raphael, 1968) takes
these exact remainders as its estimate. An estimate that never exceeds the true cost makes the first complete
path that is taken from the heap the cheapest valid one. Prices on scarce groups (Lagrange multipliers: Held &
Karp, 1971) raise the estimate where the rules bind, so that the search stays short; they change how fast the
answer is proven, not which one it is.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Iterator

import numpy as np

from synesthete.journey.prices import Prices, find_prices
from synesthete.journey.problem import Problem, Solution, cost_of, follow, remainders

MAX_EXPANSIONS = 6000  # beginnings looked at before the search settles for the best found so far
_BEAM, _BEAM_A_PLACE = 300, 3  # beginnings kept of each length, and of these at one candidate


class EffortError(Exception):
    """The search ran out of effort before it knew whether a valid path exists."""


def solve(problem: Problem, max_expansions: int = MAX_EXPANSIONS) -> Solution | None:
    """The cheapest valid path; None if there is none.

    After ``max_expansions`` the best valid path found so far is returned with the bound reached: its
    ``is_optimal`` is then false.

    Raises
    ------
    EffortError
        No valid path was found within the effort, nor was it proven that there is none.
    """
    zero = np.zeros(len(problem.groups))
    rest = remainders(problem, zero)
    if not np.isfinite(rest[0][0]):
        return None
    path = follow(problem, rest, zero)
    cost = cost_of(problem, path)
    if problem.is_valid(path):
        return Solution(path, cost, cost)
    prices, incumbent = find_prices(problem)
    return _Search(problem, prices, incumbent).run(max_expansions)


class _Beginning:
    """The first stops of a path.

    Priced and true cost, who is barred from now on, how many of each group were used.
    """

    __slots__ = ("barred", "cost", "parent", "place", "priced", "stage", "used")

    def __init__(
        self,
        parent: _Beginning | None,
        stage: int,
        place: int,
        cost: float,
        priced: float,
        barred: np.ndarray,
        used: np.ndarray,
    ) -> None:
        self.parent, self.stage, self.place = parent, stage, place
        self.cost, self.priced, self.barred, self.used = cost, priced, barred, used


_Children = Iterator[tuple[float, _Beginning, int]]  # lower bound, beginning, place in the next stage; rising


class _Search:
    def __init__(self, problem: Problem, prices: Prices, incumbent: Solution | None) -> None:
        self.problem, self.incumbent = problem, incumbent
        self.each, self.refund = prices.each, prices.refund
        self.rest = remainders(problem, self.each)
        self.last = len(problem.stages) - 1
        self.of_group = [problem.groups == group for group in range(len(problem.caps))]

    def run(self, max_expansions: int) -> Solution | None:
        start = self._start()
        numbers = itertools.count()  # decide between equals, so that beginnings are never compared
        heap: list[tuple[float, int, int, _Beginning, int, _Children]] = []

        def push(children: _Children) -> None:  # only the next best child: its siblings wait for their turn
            for estimate, begin, place in children:
                heapq.heappush(heap, (estimate, -begin.stage, next(numbers), begin, place, children))
                return

        push(self._children(start))
        for _ in range(max_expansions):
            if not heap or (self.incumbent and heap[0][0] >= self.incumbent.cost):
                break
            _, _, _, begin, place, siblings = heapq.heappop(heap)
            push(siblings)
            child = self._extend(begin, place)
            if child.stage == self.last:
                return Solution(self._path(child), child.cost, child.cost)
            push(self._children(child))
        best = self.incumbent
        if not heap or (
            best and heap[0][0] >= best.cost
        ):  # nothing cheaper is left: the best found is proven, or none is
            return Solution(best.path, best.cost, best.cost) if best else None
        found = self._beam(start)
        best = min((path for path in (best, found) if path), key=lambda path: path.cost, default=None)
        if best is None:
            raise EffortError
        return Solution(best.path, best.cost, min(heap[0][0], best.cost))

    def _start(self) -> _Beginning:
        first = int(self.problem.stages[0][0])
        full = np.isin(self.problem.groups, np.flatnonzero(self.problem.caps <= 0))
        root = _Beginning(None, -1, 0, 0.0, 0.0, full, np.zeros(len(self.problem.caps), dtype=np.int64))
        return self._enter(root, 0, first, float(self.problem.nodes[0][0]))

    def _extend(self, begin: _Beginning, place: int) -> _Beginning:
        stage = begin.stage + 1
        cost = float(self.problem.edges[begin.stage][begin.place, place] + self.problem.nodes[stage][place])
        return self._enter(begin, place, int(self.problem.stages[stage][place]), cost)

    def _enter(self, begin: _Beginning, place: int, candidate: int, cost: float) -> _Beginning:
        group = int(self.problem.groups[candidate])
        barred, used = begin.barred | self.problem.rivals[candidate], begin.used
        if group >= 0:
            used = used.copy()
            used[group] += 1
            if used[group] >= self.problem.caps[group]:
                barred |= self.of_group[group]
        priced = begin.priced + cost + float(self.each[candidate])
        return _Beginning(begin, begin.stage + 1, place, begin.cost + cost, priced, barred, used)

    def _estimates(self, begin: _Beginning) -> np.ndarray:
        """A lower bound [m] of the cost of valid paths through this beginning and each next candidate."""
        stage = begin.stage + 1
        on = self.problem.edges[begin.stage][begin.place] + self.problem.nodes[stage]
        if stage == self.last:
            bound = begin.cost + on
        else:
            bound = begin.priced + on + self.each[self.problem.stages[stage]] + self.rest[stage] - self.refund
        return np.where(begin.barred[self.problem.stages[stage]], np.inf, bound)

    def _children(self, begin: _Beginning) -> _Children:
        bounds = self._estimates(begin)
        for place in np.argsort(bounds, kind="stable"):
            if not np.isfinite(bounds[place]):
                return
            yield float(bounds[place]), begin, int(place)

    def _beam(self, start: _Beginning) -> Solution | None:
        """A valid path, if looking at the most promising beginnings of each length finds one."""
        begins = [start]
        for _ in range(self.last):
            found = []
            for begin in begins:
                bounds = self._estimates(begin)
                for place in np.argsort(bounds, kind="stable")[:30]:
                    if np.isfinite(bounds[place]):
                        found.append((float(bounds[place]), begin, int(place)))
            found.sort(key=lambda child: child[0])
            begins, n_there = [], Counter[int]()
            for _, begin, place in found:
                n_there[place] += 1
                if n_there[place] <= _BEAM_A_PLACE and len(begins) < _BEAM:
                    begins.append(self._extend(begin, place))
        return Solution(self._path(begins[0]), begins[0].cost, -math.inf) if begins else None

    def _path(self, begin: _Beginning) -> np.ndarray:
        path = []
        at: _Beginning | None = begin
        while at is not None and at.stage >= 0:
            path.append(int(self.problem.stages[at.stage][at.place]))
            at = at.parent
        return np.array(path[::-1])
