"""Covers the slow and obvious way: every choice of sites is tried."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tests.siting_oracles import dense_costs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from locator.siting.problem import Problem


def every_choice(problem: Problem) -> Iterator[list[int]]:
    """All sets of sites with the fixed and without the forbidden ones."""
    fixed = problem.fixed.tolist()
    free = sorted(set(range(problem.candidates)) - set(fixed) - set(problem.forbidden.tolist()))
    for more in range(len(free) + 1):
        for chosen in combinations(free, more):
            yield fixed + list(chosen)


def covered_weight(problem: Problem, sites: list[int]) -> float:
    """Weight of the rows that sites cover."""
    served = np.isfinite(dense_costs(problem)[:, sites]).any(axis=1)
    return float(problem.weight[served].sum())


def cheapest_cover(problem: Problem) -> float:
    """Least cost of sites that cover what is asked for, or all that can be."""
    usable = [j for j in range(problem.candidates) if j not in problem.forbidden]
    need = min(problem.share * problem.weight.sum(), covered_weight(problem, usable))
    return min(
        float(problem.site_cost[sites].sum())
        for sites in every_choice(problem)
        if covered_weight(problem, sites) >= need - 1e-9
    )


def least_worst(problem: Problem) -> float:
    """Least largest cost of p sites; inf where they leave a row out that somebody could serve."""
    table = dense_costs(problem)
    usable = np.delete(table, problem.forbidden, axis=1)
    must = np.isfinite(usable).any(axis=1)
    return min(
        float(table[must][:, sites].min(axis=1, initial=np.inf).max(initial=0.0))
        for sites in every_choice(problem)
        if len(sites) == problem.p
    )
