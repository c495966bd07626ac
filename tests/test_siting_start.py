"""Going on from a plan: the answer is no worse, for every question."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from locator.errors import InputError
from locator.siting import Problem, solve
from locator.siting.certificate import check_solution
from tests.siting_cities import make_city
from tests.siting_limited import limited
from tests.test_siting_median import medians

PROBLEMS = ["max_cover", "p_median", "p_center", "set_cover", "share", "budget", "need"]


def ask(name: str) -> Problem:
    city = make_city(1_500, 150, 5, seed=3)
    covers, costs = city.covers(500.0), city.costs()
    fixed = range(150, 155)
    return {
        "max_cover": lambda: Problem.max_cover(covers, city.weight, 20, fixed),
        "p_median": lambda: Problem.p_median(costs, 20, city.weight, fixed),
        "p_center": lambda: Problem.p_center(costs, 20, fixed),
        "set_cover": lambda: Problem.set_cover(covers),
        "share": lambda: Problem.set_cover(covers, city.weight, 0.8),
        "budget": lambda: Problem.max_cover(covers, city.weight, None, fixed, budget=20),
        "need": lambda: Problem.max_cover(covers, city.weight, 20, fixed, need=2),
    }[name]()


@pytest.mark.parametrize("name", PROBLEMS)
def test_answer_without_any_time_is_no_worse_than_the_start(name: str) -> None:
    problem = ask(name)
    sign = 1.0 if problem.objective == "max_cover" else -1.0
    begun = solve(problem, iterations=12, seed=5)
    again = solve(problem, iterations=0, time_limit_s=0.0, seed=6, start=begun.sites.tolist())
    assert sign * again.value >= sign * begun.value
    assert check_solution(problem, again).problems == ()


@settings(max_examples=30)
@given(medians())
def test_any_columns_may_be_the_start(problem: Problem) -> None:
    plain = solve(problem)
    again = solve(problem, start=range(problem.candidates))
    assert again.status == plain.status
    if plain.proven:
        assert again.value == pytest.approx(plain.value, rel=1e-9)


@settings(max_examples=20)
@given(limited(money=True, floors=True))
def test_start_that_breaks_limits_is_no_answer(problem: Problem) -> None:
    answer = solve(problem, start=range(problem.candidates))
    assert check_solution(problem, answer).problems == ()


@pytest.mark.parametrize("start", [[3], [-1], [0.5]])
def test_start_that_does_not_exist_is_refused(start: list[int]) -> None:
    with pytest.raises(InputError, match="start"):
        solve(Problem.max_cover(np.eye(3, dtype=bool), None, 1), start=start)
