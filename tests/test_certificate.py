"""The check of a plan: it trusts no solver, and refuses whatever was altered."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import locator.siting.certificate as module
from locator.siting import Problem, Solution, measures, solve
from locator.siting.certificate import bound_by_prices, check_solution
from tests.siting_cities import make_city
from tests.siting_oracles import best_worth
from tests.test_siting_maxcover import coverages
from tests.test_siting_median import medians


def test_check_imports_numpy_alone() -> None:
    known = {"__future__", "dataclasses", "math", "numpy", "numpy.typing", "typing"}
    for part, others in ((module, {"locator.siting.measures"}), (measures, set())):
        tree = ast.parse(Path(part.__file__).read_text(encoding="utf-8"))
        names = {
            node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert names <= known | others


@settings(max_examples=150)
@given(st.one_of(coverages(), medians()), st.integers(0, 2**32))
def test_any_prices_give_a_true_bound(problem: Problem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover = problem.objective == "max_cover"
    u = rng.random(problem.rows) * rng.choice([0.0, 1.0, 10.0, 1000.0], problem.rows)
    reached = np.isfinite(measures.measure_rows(problem, np.arange(problem.candidates)))
    reached &= measures.must_serve(problem)
    base = np.where(reached, rng.random(problem.rows) * 20.0, 0.0)
    bound = bound_by_prices(problem, u, np.minimum(base, problem.beyond))
    best = best_worth(problem)
    assert bound >= best * (1 - 1e-12) if cover else bound <= best * (1 + 1e-12)


@pytest.fixture(scope="module", params=["max_cover", "p_median"])
def case(request: pytest.FixtureRequest) -> tuple[Problem, Solution]:
    city = make_city(1_500, 150, 5)
    if request.param == "max_cover":
        problem = Problem.max_cover(city.covers(600.0), city.weight, 15, fixed=range(150, 155))
    else:
        problem = Problem.p_median(city.costs(), 15, city.weight, fixed=range(150, 155))
    return problem, solve(problem, iterations=12)


def test_untouched_solution_holds(case: tuple[Problem, Solution]) -> None:
    check = check_solution(*case)
    assert check.ok
    assert check.value == case[1].value


def replace_u(solution: Solution, change: Any) -> Solution:
    u = solution.certificate.u.copy()
    change(u)
    return replace(solution, certificate=replace(solution.certificate, u=u))


def swap_site(solution: Solution) -> Solution:
    free = np.setdiff1d(np.arange(150), solution.sites)
    return replace(solution, sites=np.sort(np.append(solution.sites[1:], free[0])))


def move_price(u: np.ndarray) -> None:
    u[np.argmax(u)] += 1.0


ALTERED: dict[str, Callable[[Solution], Solution]] = {
    "value above": lambda s: replace(s, value=s.value + 1),
    "value below": lambda s: replace(s, value=s.value - 1),
    "bound above": lambda s: replace(s, bound=s.bound + 1),
    "bound below": lambda s: replace(s, bound=s.bound - 1),
    "proven denied": lambda s: replace(s, proven=not s.proven),
    "site swapped": swap_site,
    "site missing": lambda s: replace(s, sites=s.sites[:-1]),
    "site twice": lambda s: replace(s, sites=np.append(s.sites[:-1], s.sites[0])),
    "site off": lambda s: replace(s, sites=np.append(s.sites[:-1], 9999)),
    "other sites": lambda s: replace(s, sites=np.arange(20)),
    "price moved": lambda s: replace_u(s, move_price),
    "price negative": lambda s: replace_u(s, lambda u: u.__setitem__(0, -1.0)),
    "price nan": lambda s: replace_u(s, lambda u: u.__setitem__(0, np.nan)),
    "price missing": lambda s: replace(
        s, certificate=replace(s.certificate, u=s.certificate.u[:-1])
    ),
    "root bound": lambda s: replace(
        s, certificate=replace(s.certificate, bound=s.certificate.bound + 1)
    ),
    "no proof": lambda s: replace(s, certificate=replace(s.certificate, proof="none")),
}


@pytest.mark.parametrize("what", ALTERED)
def test_altered_solution_is_refused(case: tuple[Problem, Solution], what: str) -> None:
    problem, solution = case
    assert not check_solution(problem, ALTERED[what](solution)).ok


def test_base_above_what_a_row_may_cost_is_refused() -> None:
    problem = Problem.p_median(np.array([[1.0, np.inf], [2.0, np.inf]]), 1, beyond=5.0)
    with pytest.raises(ValueError, match="above what a row may cost"):
        bound_by_prices(problem, np.zeros(2), np.array([6.0, 1.0]))
    lost = Problem.p_median(np.array([[1.0], [np.inf]]), 1)
    with pytest.raises(ValueError, match="above what a row may cost"):
        bound_by_prices(lost, np.zeros(2), np.array([1.0, 1.0]))


def test_cover_prices_bound_the_number_of_sites() -> None:
    covers = np.eye(4, dtype=bool)
    problem = Problem.set_cover(covers)
    assert bound_by_prices(problem, np.ones(4), np.empty(0)) == 4.0
    assert bound_by_prices(problem, np.full(4, 0.9), np.empty(0)) == 4.0  # 3.6, rounded up
    assert bound_by_prices(problem, np.full(4, 2.0), np.empty(0)) == 4.0  # 8, less 4 overpaid
    half = Problem.set_cover(covers, share=0.5)
    assert bound_by_prices(half, np.ones(4), np.empty(0), 1.0) == 2.0


def test_centre_prices_bound_the_worst_cost() -> None:
    costs = np.array([[0.0, 5.0, 9.0], [5.0, 0.0, 7.0], [9.0, 7.0, 0.0]])
    problem = Problem.p_center(costs, 2)
    assert bound_by_prices(problem, np.ones(3), np.empty(0), 5.0) == 5.0
    assert bound_by_prices(problem, np.ones(3), np.empty(0), 7.0) == 0.0  # two sites do


def test_twin_that_gains_less_is_refused() -> None:
    costs = np.array([[1.0, 1.0, 4.0], [2.0, 3.0, 4.0]])
    problem = Problem.p_median(costs, 2, forbidden=[2])
    base, none = np.array([4.0, 4.0]), np.zeros(2)
    fair = bound_by_prices(problem, none, base, twin=np.array([0, 0, 2]))
    assert fair == 3.0  # the second place is worth nothing beside its twin
    assert bound_by_prices(problem, none, base) == 0.0
    for unfair in ([1, 1, 2], [2, 1, 2], [0, 1], [1, 0, 2]):
        with pytest.raises(ValueError, match="twin"):
            bound_by_prices(problem, none, base, twin=np.array(unfair))
