"""Siting the slow and obvious way: every choice of sites is tried."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from locator.siting import Problem, Solution, solve
from locator.siting.certificate import check_solution


def solved(problem: Problem, **options: object) -> Solution:
    """A solution whose certificate holds."""
    answer = solve(problem, **{"time_limit_s": 30.0, **options})  # type: ignore[arg-type]
    assert check_solution(problem, answer).problems == ()
    assert len(answer.sites) == problem.p
    assert (np.diff(answer.sites) > 0).all()
    return answer


def dense_costs(problem: Problem) -> np.ndarray:
    """The costs as a table, inf where a pair is not listed."""
    table = np.full((problem.rows, problem.candidates), np.inf)
    for i in range(problem.rows):
        for z in range(problem.first[i], problem.first[i + 1]):
            table[i, problem.candidate[z]] = problem.cost[z]
    return table


def choices(problem: Problem) -> list[list[int]]:
    """All sets of p candidates with the fixed and without the forbidden ones."""
    fixed = problem.fixed.tolist()
    free = sorted(set(range(problem.candidates)) - set(fixed) - set(problem.forbidden.tolist()))
    return [fixed + list(more) for more in combinations(free, problem.p - len(fixed))]


def worth(problem: Problem, sites: list[int]) -> float:
    """What sites are worth; inf where they leave a row unserved that somebody could serve."""
    table = dense_costs(problem)
    usable = np.delete(table, problem.forbidden, axis=1)
    near = table[:, sites].min(axis=1, initial=np.inf)
    if problem.objective == "max_cover":
        return float(problem.weight[np.isfinite(near)].sum())
    total = 0.0
    for i in range(problem.rows):
        nobody = not np.isfinite(usable[i]).any()
        cost = min(near[i], problem.beyond[i])
        if problem.weight[i] == 0 or (nobody and np.isinf(cost)):
            continue
        total += problem.weight[i] * cost
    return total


def best_worth(problem: Problem) -> float:
    """The best value of all choices."""
    values = [worth(problem, sites) for sites in choices(problem)]
    return max(values) if problem.objective == "max_cover" else min(values)
