"""The solver against enumeration of every path."""

import itertools

import numpy as np
import pytest

from synesthete.journey.problem import Problem, Solution, bottleneck
from synesthete.journey.solver import ExpansionLimitError, solve
from tests.journey.brute_force import least_cost


def random_problem(rng, n_stages=5, m=5, shared=True) -> Problem:
    """Stages that share candidates, so that a path may come by the same one twice unless it is forbidden."""
    first, last, pool = np.array([0]), np.array([1]), np.arange(2, 2 + m)
    inside = [pool if shared else rng.permutation(pool)[: m - 1] for _ in range(n_stages - 2)]
    stages = [first, *inside, last]
    edges = [rng.random((len(a), len(b))) for a, b in itertools.pairwise(stages)]
    for edge in edges[1:-1]:
        edge[rng.random(edge.shape) < 0.2] = np.inf
    conflicts = np.eye(m + 2, dtype=bool)
    a, b = rng.choice(pool, 2, replace=False)
    conflicts[a, b] = conflicts[b, a] = True
    groups = np.concatenate([[-1, -1], rng.integers(-1, 3, m)])
    nodes = [rng.random(len(stage)) for stage in stages]
    return Problem(stages, nodes, edges, groups, rng.integers(0, 3, 3), conflicts)


@pytest.mark.parametrize("seed", range(60))
def test_the_solver_finds_what_enumeration_finds(seed):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, n_stages=int(rng.integers(3, 7)), shared=bool(seed % 2))
    solution, least = solve(problem), least_cost(problem)
    if solution is None:
        assert least == np.inf
    else:
        assert problem.is_feasible(solution.path)
        assert solution.is_optimal
        assert solution.cost == pytest.approx(least)


@pytest.mark.parametrize("seed", range(20))
def test_a_search_cut_short_gives_a_true_bound(seed):
    problem = random_problem(np.random.default_rng(seed), n_stages=6)
    least = least_cost(problem)
    try:
        solution = solve(problem, max_expansions=1)
    except ExpansionLimitError:
        return
    if solution is None:
        assert least == np.inf
    else:
        assert problem.is_feasible(solution.path)
        assert solution.lower_bound <= least + 1e-9
        assert least <= solution.cost + 1e-9


def test_the_bottleneck_is_the_smallest_largest_step(rng):
    problem = random_problem(rng)
    steps = [rng.random(edge.shape) for edge in problem.edge_costs]
    largest = []
    for states in itertools.product(*(range(len(stage)) for stage in problem.stages)):
        pairs = list(zip(states[:-1], states[1:], strict=True))
        if all(np.isfinite(edge[pair]) for edge, pair in zip(problem.edge_costs, pairs, strict=True)):
            largest.append(max(step[pair] for step, pair in zip(steps, pairs, strict=True)))
    assert bottleneck(problem, steps) == pytest.approx(min(largest))


def test_a_solution_is_optimal_only_at_its_bound():
    assert Solution(np.arange(2), 1.0, 1.0).is_optimal
    assert not Solution(np.arange(2), 1.0, 0.9).is_optimal
