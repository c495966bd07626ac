"""Build order and nested plans: against each prefix measured, laws, and the price of nesting."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.errors import InputError
from locator.siting import Problem, ordering, solve
from locator.siting.measures import measure_sites
from locator.siting.ordering import ExactSum, nest_plans, order_sites
from tests.siting_limited import limited, value_of
from tests.test_siting_maxcover import coverages

COVERS = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0], [0, 1, 0]], bool)


@settings(max_examples=60)
@given(coverages())
def test_each_step_adds_the_most_that_any_site_left_would(problem: Problem) -> None:
    sites = solve(problem).sites.tolist()
    order = order_sites(problem, sites)
    fixed = problem.fixed.tolist()
    assert sorted([*order.sites.tolist(), *fixed]) == sites
    for k in range(len(order.sites) + 1):
        built = fixed + order.sites[:k].tolist()
        assert order.value[k] == pytest.approx(value_of(problem, built), rel=1e-12)
        best = max((value_of(problem, [*built, j]) for j in set(sites) - set(built)), default=0)
        if k < len(order.sites):
            assert order.value[k + 1] == pytest.approx(best, rel=1e-9)
    assert order.gain.sum() == pytest.approx(order.value[-1] - order.value[0], abs=1e-9)


@settings(max_examples=40)
@given(limited(cost=True, money=True))
def test_each_step_saves_the_most_that_any_site_left_would(problem: Problem) -> None:
    order = order_sites(problem, solve(problem).sites.tolist())
    fixed, chosen = problem.fixed.tolist(), order.sites.tolist()
    for k in range(len(chosen)):
        built = fixed + chosen[:k]
        best = min(value_of(problem, [*built, j]) for j in chosen[k:])
        assert order.value[k + 1] == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert order.gain.min(initial=0.0) >= 0


def test_ties_go_to_the_lowest_column_and_gains_fall() -> None:
    problem = Problem.max_cover(np.eye(3, dtype=bool), [2, 3, 2], 3)
    order = order_sites(problem, [0, 1, 2])
    assert order.sites.tolist() == [1, 0, 2]
    assert order.value.tolist() == [0.0, 3.0, 5.0, 7.0]


def test_gain_per_unit_of_money_where_costs_are_known() -> None:
    problem = Problem.max_cover(COVERS, None, None, site_costs=[4, 2, 0], budget=9)
    order = order_sites(problem, [0, 1, 2])
    assert order.sites.tolist() == [1, 0, 2]
    assert order.gain.tolist() == [3.0, 2.0, 0.0]
    assert order.gain_per_cost.tolist() == [1.5, 0.5, 0.0]


def test_rows_that_nobody_served_come_before_what_is_saved() -> None:
    costs = np.array([[9.0, np.inf], [1.0, 1.0], [np.inf, 7.0]])
    order = order_sites(Problem.p_median(costs, 2, [1, 1, 5]), [0, 1])
    assert order.sites.tolist() == [1, 0]
    assert order.unserved.tolist() == [7.0, 1.0, 0.0]


def test_worst_cost_is_lowered_step_by_step() -> None:
    costs = np.array([[0.0, 9.0, 5.0], [9.0, 0.0, 5.0], [8.0, 8.0, 0.0]])
    order = order_sites(Problem.p_center(costs, 3), [0, 1, 2])
    assert order.sites.tolist() == [2, 0, 1]
    assert order.value.tolist() == [0.0, 5.0, 5.0, 0.0]


def test_first_of_two_needed_is_the_one_that_helps_most() -> None:
    covers = np.array([[1, 1, 0], [0, 0, 1]], bool)
    order = order_sites(Problem.max_cover(covers, [9, 2], 3, need=[2, 1]), [0, 1, 2])
    assert order.value.tolist() == [0.0, 2.0, 2.0, 11.0]


@pytest.mark.parametrize("sites", [[0, 0], [3], [-1], [0.5]])
def test_sites_that_do_not_exist_are_refused(sites: list[int]) -> None:
    with pytest.raises(InputError, match="sites"):
        order_sites(Problem.max_cover(COVERS, None, 1), sites)


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_nested_plan_is_never_better_than_the_best_of_its_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = Problem.max_cover(rng.random((40, 9)) < 0.2, rng.integers(0, 6, 40), 5, [1])
    nested = nest_plans(problem, solve(problem).sites.tolist())
    assert [len(one.sites) for one in nested.best] == [2, 3, 4, 5]
    assert (nested.price >= 0).all()
    assert (nested.price_at_most >= nested.price).all()
    assert nested.price[-1] == 0.0
    values = [one.value for one in nested.best]
    assert all(a <= b for a, b in pairwise(values))


def test_price_of_nesting_is_what_the_order_gives_up() -> None:
    # Alone the middle is best; of two, both sides are.
    covers = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]], bool)
    problem = Problem.max_cover(covers, [3, 2, 2, 3], 2)
    nested = nest_plans(problem, solve(problem).sites.tolist())
    assert nested.order.value.tolist() == [0.0, 5.0, 10.0]
    assert nested.price.tolist() == [0.0, 0.0]
    middle = Problem.max_cover(covers, [2, 3, 3, 2], 2)
    nested = nest_plans(middle, solve(middle).sites.tolist())
    assert nested.price.tolist() == [1.0, 0.0]


def test_smaller_plans_get_no_more_money_and_no_floors() -> None:
    problem = Problem.max_cover(
        COVERS, None, None, site_costs=[4, 2, 1], budget=6, areas=[0] * 5, floors=[5]
    )
    answer = solve(problem)
    nested = nest_plans(problem, answer.sites.tolist())
    assert answer.sites.tolist() == [0, 1]
    assert nested.order.cost.tolist() == [2.0, 4.0]
    assert [one.status for one in nested.best] == ["optimal", "optimal"]
    assert nested.best[0].value == 3.0


def rank_slowly(problem: Problem, sites: list[int]) -> list[int]:
    """The order by rating all that is left each time, from what the problem measures."""
    chosen: list[int] = []
    while len(chosen) < len(sites):
        left = [j for j in sites if j not in chosen]
        before = measure_sites(problem, np.array(chosen, np.int32))
        gains = [measure_sites(problem, np.array([*chosen, j], np.int32)) - before for j in left]
        sign = 1.0 if problem.objective == "max_cover" else -1.0
        chosen.append(
            max(zip([sign * gain for gain in gains], [-j for j in left], left, strict=True))[2]
        )
    return chosen


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("objective", ["max_cover", "p_median"])
def test_order_is_that_of_rating_all_sites_each_time(objective: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = 30, 12
    weight = rng.integers(0, 4, rows).astype(float)
    if objective == "max_cover":
        problem = Problem.max_cover(rng.random((rows, columns)) < 0.2, weight, columns)
    else:
        costs = rng.integers(0, 9, (rows, columns)).astype(float)
        problem = Problem.p_median(costs, columns, weight, beyond=np.full(rows, 9.0))
    sites = list(range(columns))
    order = order_sites(problem, sites)
    assert order.sites.tolist() == rank_slowly(problem, sites)
    built = [measure_sites(problem, order.sites[:k]) for k in range(columns + 1)]
    assert order.value.tolist() == built


@given(st.lists(st.floats(0, 1e9), max_size=30), st.integers(0, 30))
def test_sum_that_grows_is_rounded_once(numbers: list[float], cut: int) -> None:
    total = ExactSum(numbers[:cut])
    total.add(numbers[cut:])
    assert total.value == math.fsum(numbers)


def test_thousands_of_sites_are_ordered_with_few_ratings(monkeypatch: pytest.MonkeyPatch) -> None:
    count, rated = 2000, []
    covers = scipy.sparse.eye_array(count, format="csr", dtype=bool)
    rate = ordering._Ledger.rate
    monkeypatch.setattr(ordering._Ledger, "rate", lambda self, j: rated.append(j) or rate(self, j))
    order = order_sites(Problem.max_cover(covers, None, count), range(count))
    assert order.sites.tolist() == list(range(count))
    assert len(rated) == 2 * count
