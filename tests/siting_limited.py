"""Siting with budgets, floors and backups the slow and obvious way; small problems with them."""

from __future__ import annotations

from itertools import combinations
from math import fsum

import numpy as np
from hypothesis import strategies as st

from locator.siting import Problem, Solution, solve
from locator.siting.certificate import check_solution
from tests.siting_draws import draw_roles
from tests.siting_oracles import dense_costs


def count_covered(problem: Problem, sites: list[int]) -> tuple[float, list[float]]:
    """Covered weight, and that of each area with a floor, row by row."""
    table = np.isfinite(dense_costs(problem))
    total, areas = 0.0, [0.0] * len(problem.floors)
    for i in range(problem.rows):
        need = int(problem.need[i]) if len(problem.need) else 1
        if sum(bool(table[i, j]) for j in sites) < need:
            continue
        total += problem.weight[i]
        if len(problem.area) and problem.area[i] >= 0:
            areas[problem.area[i]] += problem.weight[i]
    return total, areas


def value_of(problem: Problem, sites: list[int]) -> float:
    """What sites are worth, or cost where the question is one of cost."""
    if problem.objective == "max_cover":
        return count_covered(problem, sites)[0]
    table, total = dense_costs(problem), 0.0
    for i in range(problem.rows):
        cost = min([*table[i, sites].tolist(), problem.beyond[i]])
        total += problem.weight[i] * cost if problem.weight[i] and np.isfinite(cost) else 0.0
    return total


def keeps_limits(problem: Problem, sites: list[int]) -> bool:
    """Whether sites are within p and the budget and reach every floor, but for rounding."""
    if len(sites) > problem.p or sum(problem.site_cost[sites]) > problem.budget * (1 + 1e-12):
        return False
    areas = count_covered(problem, sites)[1]
    return all(a >= f * (1 - 1e-12) for a, f in zip(areas, problem.floors, strict=True))


def all_plans(problem: Problem) -> list[list[int]]:
    """Every set of sites that keeps all limits."""
    fixed = problem.fixed.tolist()
    free = sorted(set(range(problem.candidates)) - set(fixed) - set(problem.forbidden.tolist()))
    every = (
        sorted(fixed + list(more))
        for k in range(min(problem.p - len(fixed), len(free)) + 1)
        for more in combinations(free, k)
    )
    return [sites for sites in every if keeps_limits(problem, sites)]


def best_value(problem: Problem) -> float | None:
    """The best value of all plans; None where there is none."""
    values = [value_of(problem, sites) for sites in all_plans(problem)]
    if not values:
        return None
    return max(values) if problem.objective == "max_cover" else min(values)


def solved_limited(problem: Problem, **options: object) -> Solution:
    """A solution whose certificate holds."""
    answer = solve(problem, **{"time_limit_s": 30.0, **options})  # type: ignore[arg-type]
    assert check_solution(problem, answer).problems == ()
    assert (np.diff(answer.sites) > 0).all()
    return answer


def equals_the_best(problem: Problem) -> None:
    """Compare a solution with every plan tried."""
    answer, best = solved_limited(problem), best_value(problem)
    assert answer.value == _near(value_of(problem, answer.sites.tolist()))
    if best is None:
        assert (answer.status, answer.proven) == ("infeasible", False)
        assert "floor" in answer.reason
        return
    assert keeps_limits(problem, answer.sites.tolist())
    assert (answer.status, answer.proven, answer.reason) == ("optimal", True, "")
    assert answer.value == _near(best)
    assert answer.bound == answer.value


def _near(value: float) -> object:
    import pytest

    return pytest.approx(value, rel=1e-9, abs=1e-12)


@st.composite
def limited(
    draw: st.DrawFn, *, money: bool = False, floors: bool = False, need: bool = False,
    cost: bool = False, rows: int = 18, columns: int = 8,
) -> Problem:  # fmt: skip
    """Small problems with twins, ties, zero weights, fixed and forbidden sites, and limits."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = int(rng.integers(1, rows)), int(rng.integers(1, columns))
    weights = rng.integers(0, 9, shape[0]) * (1.0 if draw(st.booleans()) else 0.1)
    most, fixed, forbidden = draw_roles(draw, rng, shape[1])
    p: int | None = most
    more: dict[str, object] = {}
    if money:
        price = rng.integers(0, 6, shape[1]) * (1.0 if draw(st.booleans()) else 0.3)
        more |= {"site_costs": price}
        spent = fsum(price[fixed])  # exact: what is rounded down would not pay for the fixed sites
        more["budget"] = float(spent + np.floor(rng.random() * price.sum()))
        p = None if draw(st.booleans()) else p
    if cost:
        metres = rng.integers(0, 12, shape).astype(float)
        metres[rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.8]))] = np.inf
        return Problem.p_median(
            metres, p, weights, fixed, forbidden=forbidden, beyond=7.5, **more,  # type: ignore[arg-type]
        )  # fmt: skip
    covers = rng.random(shape) < draw(st.sampled_from([0.1, 0.3, 0.6]))
    if need:
        more["need"] = rng.integers(1, 4, shape[0])
    if floors:
        areas = rng.integers(-1, 3, shape[0])
        total = np.array([weights[areas == d].sum() for d in range(3)])
        part = rng.random(3) * draw(st.sampled_from([0.3, 0.7, 1.0]))
        more |= {"areas": areas, "floors": np.round(total * part, int(rng.integers(0, 3)))}
    return Problem.max_cover(covers, weights, p, fixed, forbidden=forbidden, **more)  # type: ignore[arg-type]
