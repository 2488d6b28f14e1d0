"""The cheapest feasible path of a :class:`~synesthete.journey.problem.Problem`, with a proof: A* over partial paths.

Without capacities and conflicts, dynamic programming gives the cheapest path and the cost-to-go from every state.
With them, A* over partial paths (Hart, Nilsson & Raphael, 1968) takes the cost-to-go of the Lagrangian relaxation as
its heuristic. It is admissible: it never exceeds the true cost, so the first complete path taken from the heap is the
cheapest feasible one. The multipliers raise it where the capacities bind, so that the search stays short; they change
how fast the answer is proven, not which one it is.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Iterator

import numpy as np

from synesthete.journey.lagrangian import Multipliers, find_multipliers
from synesthete.journey.problem import Problem, Solution, cost_to_go, extract_path, path_cost

MAX_EXPANSIONS = 6000  # partial paths expanded before the best path found so far is returned
_BEAM_WIDTH = 300
_BEAM_WIDTH_PER_STATE = 3
_BEAM_SUCCESSORS = 30  # of each partial path, the most promising


class ExpansionLimitError(Exception):
    """The expansions were used up before it was known whether a feasible path exists."""


def solve(problem: Problem, max_expansions: int = MAX_EXPANSIONS) -> Solution | None:
    """The cheapest feasible path; None if there is none.

    After ``max_expansions`` the best feasible path found so far is returned with the lower bound reached: its
    ``is_optimal`` is then false.

    Raises
    ------
    ExpansionLimitError
        No feasible path was found within the expansions, nor was it proven that there is none.
    """
    no_penalties = np.zeros(len(problem.groups))
    to_go = cost_to_go(problem, no_penalties)
    if not np.isfinite(to_go[0][0]):
        return None
    path = extract_path(problem, to_go, no_penalties)
    cost = path_cost(problem, path)
    if problem.is_feasible(path):
        return Solution(path, cost, cost)
    multipliers, incumbent = find_multipliers(problem)
    return _AStar(problem, multipliers, incumbent).run(max_expansions)


class _PartialPath:
    """The first stops of a path, as a linked list.

    Attributes
    ----------
    parent : _PartialPath or None
    stage, state : int
        Where it ends.
    cost, penalised_cost : float
        Without and with the penalties of the Lagrangian.
    excluded : np.ndarray [shape=(n_candidates,)], bool
        The candidates that may not follow.
    usage : np.ndarray [shape=(n_groups,)], int64
        How many of each group it holds.
    """

    __slots__ = ("cost", "excluded", "parent", "penalised_cost", "stage", "state", "usage")

    def __init__(
        self,
        parent: _PartialPath | None,
        stage: int,
        state: int,
        cost: float,
        penalised_cost: float,
        excluded: np.ndarray,
        usage: np.ndarray,
    ) -> None:
        self.parent, self.stage, self.state = parent, stage, state
        self.cost, self.penalised_cost, self.excluded, self.usage = cost, penalised_cost, excluded, usage


_Successors = Iterator[
    tuple[float, _PartialPath, int]
]  # lower bound (ascending), partial path, state of the next stage


class _AStar:
    def __init__(self, problem: Problem, multipliers: Multipliers, incumbent: Solution | None) -> None:
        self.problem, self.incumbent = problem, incumbent
        self.penalties, self.constant_term = multipliers.penalties, multipliers.constant_term
        self.to_go = cost_to_go(problem, self.penalties)
        self.last = len(problem.stages) - 1
        self.members = [problem.groups == group for group in range(len(problem.capacities))]

    def run(self, max_expansions: int) -> Solution | None:
        root = self._root()
        serials = itertools.count()  # break ties, so that partial paths are never compared
        heap: list[tuple[float, int, int, _PartialPath, int, _Successors]] = []

        def push(successors: _Successors) -> None:  # lazy expansion: the next sibling enters when the last was taken
            for bound, partial, state in successors:
                heapq.heappush(heap, (bound, -partial.stage, next(serials), partial, state, successors))
                return

        push(self._successors(root))
        for _ in range(max_expansions):
            if not heap or (self.incumbent and heap[0][0] >= self.incumbent.cost):
                break
            _, _, _, partial, state, siblings = heapq.heappop(heap)
            push(siblings)
            child = self._extend(partial, state)
            if child.stage == self.last:
                return Solution(self._path(child), child.cost, child.cost)
            push(self._successors(child))
        best = self.incumbent
        if not heap or (best and heap[0][0] >= best.cost):  # nothing open is cheaper: the incumbent is optimal
            return Solution(best.path, best.cost, best.cost) if best else None
        found = self._beam_search(root)
        best = min((path for path in (best, found) if path), key=lambda path: path.cost, default=None)
        if best is None:
            raise ExpansionLimitError
        return Solution(best.path, best.cost, min(heap[0][0], best.cost))

    def _root(self) -> _PartialPath:
        first = int(self.problem.stages[0][0])
        excluded = np.isin(self.problem.groups, np.flatnonzero(self.problem.capacities <= 0))
        usage = np.zeros(len(self.problem.capacities), dtype=np.int64)
        nothing = _PartialPath(None, -1, 0, 0.0, 0.0, excluded, usage)
        return self._append(nothing, 0, first, float(self.problem.node_costs[0][0]))

    def _extend(self, partial: _PartialPath, state: int) -> _PartialPath:
        stage = partial.stage + 1
        edge = self.problem.edge_costs[partial.stage][partial.state, state]
        cost = float(edge + self.problem.node_costs[stage][state])
        return self._append(partial, state, int(self.problem.stages[stage][state]), cost)

    def _append(self, partial: _PartialPath, state: int, candidate: int, cost: float) -> _PartialPath:
        group = int(self.problem.groups[candidate])
        excluded, usage = partial.excluded | self.problem.conflicts[candidate], partial.usage
        if group >= 0:
            usage = usage.copy()
            usage[group] += 1
            if usage[group] >= self.problem.capacities[group]:
                excluded |= self.members[group]
        penalised = partial.penalised_cost + cost + float(self.penalties[candidate])
        return _PartialPath(partial, partial.stage + 1, state, partial.cost + cost, penalised, excluded, usage)

    def _lower_bounds(self, partial: _PartialPath) -> np.ndarray:
        """Of the cost [m] of feasible paths through this partial path and each state of the next stage."""
        stage = partial.stage + 1
        candidates = self.problem.stages[stage]
        step = self.problem.edge_costs[partial.stage][partial.state] + self.problem.node_costs[stage]
        if stage == self.last:
            bounds = partial.cost + step
        else:
            penalised = partial.penalised_cost + step + self.penalties[candidates]
            bounds = penalised + self.to_go[stage] - self.constant_term
        return np.where(partial.excluded[candidates], np.inf, bounds)

    def _successors(self, partial: _PartialPath) -> _Successors:
        bounds = self._lower_bounds(partial)
        for state in np.argsort(bounds, kind="stable"):
            if not np.isfinite(bounds[state]):
                return
            yield float(bounds[state]), partial, int(state)

    def _beam_search(self, root: _PartialPath) -> Solution | None:
        """A feasible path, if keeping the most promising partial paths of each length leads to one."""
        beam = [root]
        for _ in range(self.last):
            successors = [
                entry for partial in beam for entry in itertools.islice(self._successors(partial), _BEAM_SUCCESSORS)
            ]
            successors.sort(key=lambda entry: entry[0])
            beam, n_in_state = [], Counter[int]()
            for _, partial, state in successors:
                n_in_state[state] += 1
                if n_in_state[state] <= _BEAM_WIDTH_PER_STATE and len(beam) < _BEAM_WIDTH:
                    beam.append(self._extend(partial, state))
        return Solution(self._path(beam[0]), beam[0].cost, -math.inf) if beam else None

    def _path(self, partial: _PartialPath) -> np.ndarray:
        candidates = []
        node: _PartialPath | None = partial
        while node is not None and node.stage >= 0:
            candidates.append(int(self.problem.stages[node.stage][node.state]))
            node = node.parent
        return np.array(candidates[::-1])
