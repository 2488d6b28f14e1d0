"""The reference for the solver: every path, one by one."""

import itertools

import numpy as np

from synesthete.journey.problem import Problem


def least_cost(problem: Problem) -> float:
    """The least cost of a feasible path, by trying every path; infinite if there is none."""
    best = np.inf
    for states in itertools.product(*(range(len(stage)) for stage in problem.stages)):
        path = np.array([stage[state] for stage, state in zip(problem.stages, states, strict=True)])
        used = [problem.groups[c] for c in path if problem.groups[c] >= 0]
        if any(problem.conflicts[a, b] for a, b in itertools.combinations(path, 2)):
            continue
        if any(used.count(group) > problem.capacities[group] for group in set(used)):
            continue
        cost = sum(node[state] for node, state in zip(problem.node_costs, states, strict=True))
        cost += sum(edge[a, b] for edge, a, b in zip(problem.edge_costs, states[:-1], states[1:], strict=True))
        best = min(best, cost)
    return best
