"""Sites that cost money: against every plan tried, laws, certificates, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.errors import InputError
from locator.siting import Problem, Solution, solve
from locator.siting.certificate import bound_by_prices, check_solution
from tests.siting_cities import make_city
from tests.siting_limited import best_value, equals_the_best, limited, solved_limited

COVERS = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0]], bool)
COSTS = [3.0, 1.0, 1.0]


@settings(max_examples=60)
@given(limited(money=True))
def test_coverage_within_a_budget_equals_the_best_of_all_plans(problem: Problem) -> None:
    equals_the_best(problem)


@settings(max_examples=40)
@given(limited(money=True, cost=True))
def test_cost_within_a_budget_equals_the_best_of_all_plans(problem: Problem) -> None:
    equals_the_best(problem)


@settings(max_examples=30)
@given(limited(money=True, need=True, floors=True))
def test_all_limits_together_equal_the_best_of_all_plans(problem: Problem) -> None:
    equals_the_best(problem)


@settings(max_examples=60)
@given(limited(money=True, need=True, floors=True), st.integers(0, 2**32))
def test_any_prices_folds_and_rate_give_a_true_bound(problem: Problem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    best = best_value(problem)
    for scale in (0.1, 1.0, 10.0):
        bound = bound_by_prices(
            problem, rng.random(problem.rows) * scale,
            folds=rng.random(len(problem.floors)) * scale, rate=float(rng.random()) * scale,
        )  # fmt: skip
        assert best is None or bound >= best * (1 - 1e-12)


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_more_money_is_never_worse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    covers, weights = rng.random((30, 8)) < 0.25, rng.integers(0, 5, 30)
    prices = rng.integers(1, 6, 8)
    values = [
        solve(Problem.max_cover(covers, weights, None, site_costs=prices, budget=b)).value
        for b in range(0, 24, 4)
    ]
    assert values[0] == 0.0
    assert (np.diff(values) >= 0).all()


@settings(max_examples=15)
@given(limited(money=True), st.integers(0, 2**32))
def test_order_of_candidates_changes_no_value(problem: Problem, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(problem.candidates)
    place = np.argsort(order)
    table = np.zeros((problem.rows, problem.candidates), bool)
    table[np.repeat(np.arange(problem.rows), np.diff(problem.first)), problem.candidate] = True
    mixed = Problem.max_cover(
        table[:, order], problem.weight, problem.p, place[problem.fixed],
        forbidden=place[problem.forbidden], site_costs=problem.site_cost[order],
        budget=problem.budget,
    )  # fmt: skip
    assert solve(mixed).value == pytest.approx(solve(problem).value, rel=1e-9, abs=1e-12)


def test_two_cheap_sites_replace_a_dear_one() -> None:
    covers = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 0]], bool)
    answer = solved_limited(Problem.max_cover(covers, None, None, site_costs=[3, 1, 1], budget=3))
    assert (answer.sites.tolist(), answer.value, answer.proven) == ([1, 2], 3.0, True)


def test_money_that_buys_nothing_is_not_spent() -> None:
    covers = np.array([[1, 1, 0]], bool)
    answer = solved_limited(Problem.max_cover(covers, None, 3, site_costs=[2, 1, 1], budget=9))
    assert (len(answer.sites), answer.spare.tolist()) == (1, [])


def test_budget_of_nothing_builds_what_is_free() -> None:
    free = Problem.max_cover(COVERS, None, None, site_costs=[3, 0, 1], budget=0)
    assert solved_limited(free).sites.tolist() == [1]
    none = Problem.max_cover(COVERS, None, None, site_costs=COSTS, budget=0.5)
    answer = solved_limited(none)
    assert (answer.sites.tolist(), answer.value, answer.proven) == ([], 0.0, True)


def test_budget_met_to_the_last_digit_is_kept() -> None:
    prices = [0.1, 0.2, 0.3]  # 0.1 + 0.2 is a little more than 0.3 in floats
    answer = solved_limited(
        Problem.max_cover(np.eye(3) > 0, None, None, site_costs=prices, budget=0.3)
    )
    assert answer.sites.tolist() == [0, 1]
    fixed = Problem.max_cover(
        np.eye(3) > 0, None, None, site_costs=prices, budget=0.3, fixed=[0, 1]
    )
    assert solved_limited(fixed).sites.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"p": None}, "only a budget can stand for it"),
        ({"budget": -1.0}, "zero or more, got -1.0"),
        ({"budget": np.nan}, "zero or more, got nan"),
        ({"budget": "much"}, "expected a number"),
        ({"budget": 9, "site_costs": [1, -2, 1]}, "got -2.0 at candidate 1"),
        ({"budget": 9, "site_costs": [1, np.nan, 1]}, "got nan at candidate 1"),
        ({"budget": 9, "site_costs": [1, 2]}, r"\(3,\), got \(2,\)"),
        (
            {"budget": 2, "site_costs": COSTS, "fixed": [0]},
            "fixed sites alone cost 3, more than the budget of 2",
        ),
    ],
)
def test_bad_money_is_refused_in_words(more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Problem.max_cover(COVERS, None, **{"p": 1, **more})


def test_cost_without_a_cap_is_refused_with_a_budget() -> None:
    costs = np.array([[1.0, 2.0], [3.0, 1.0]])
    with pytest.raises(InputError, match="finite `beyond` or a fixed site for every row"):
        Problem.p_median(costs, 1, budget=1)
    assert Problem.p_median(costs, 2, fixed=[0], budget=2).budget == 2.0


def test_hash_tells_every_limit_apart() -> None:
    more: list[dict[str, Any]] = [
        {},
        {"budget": 2},
        {"budget": 3},
        {"budget": 2, "site_costs": COSTS},
        {"need": 2},
        {"need": [1, 2, 1]},
        {"areas": [0, 0, 0], "floors": [1]},
        {"areas": [0, 0, -1], "floors": [1]},
        {"areas": [0, 0, 0], "floors": [2]},
    ]
    hashes = {Problem.max_cover(COVERS, None, 1, **one).hash for one in more}
    assert len(hashes) == len(more)


@pytest.fixture(scope="module")
def case() -> tuple[Problem, Solution]:
    city = make_city(1_500, 150, 5)
    rng = np.random.default_rng(4)
    side = np.arange(1_500) % 39 < 20
    problem = Problem.max_cover(
        city.covers(600.0), city.weight, None, range(150, 155),
        site_costs=np.append(rng.integers(1, 9, 150), np.zeros(5)), budget=40.0,
        need=np.where(side, 1, 2), areas=side.astype(int), floors=[8_400.0, 11_000.0],
    )  # fmt: skip
    answer = solve(problem, iterations=12)
    assert answer.certificate.rate > 0
    assert answer.certificate.folds.max() > 0
    return problem, answer


def test_untouched_solution_holds(case: tuple[Problem, Solution]) -> None:
    assert check_solution(*case).problems == ()


def change(name: str, value: Callable[[Any], Any]) -> Callable[[Solution], Solution]:
    def apply(s: Solution) -> Solution:
        held = s.certificate
        return replace(s, certificate=replace(held, **{name: value(getattr(held, name))}))

    return apply


ALTERED: dict[str, Callable[[Solution], Solution]] = {
    "value": lambda s: replace(s, value=s.value + 1),
    "bound above what u proves": lambda s: replace(s, bound=s.certificate.bound + 1),
    "bound below the sites": lambda s: replace(s, bound=s.value - 1),
    "dearer sites": lambda s: replace(s, sites=np.arange(155)),
    "fold": change("folds", lambda f: f + 0.5),
    "fold negative": change("folds", lambda f: -f),
    "fold missing": change("folds", lambda f: f[:1]),
    "rate": change("rate", lambda r: r * 0.5),
    "rate negative": change("rate", lambda r: -r),
    "rate nan": change("rate", lambda _: np.nan),
    "price": change("u", lambda u: u + 5.0),
    "twin": change("twin", lambda _: np.arange(155)),
    "root bound": change("bound", lambda b: b - 1),
}


@pytest.mark.parametrize("what", ALTERED)
def test_altered_solution_is_refused(case: tuple[Problem, Solution], what: str) -> None:
    problem, solution = case
    assert not check_solution(problem, ALTERED[what](solution)).ok


def test_rate_without_a_budget_proves_nothing() -> None:
    with pytest.raises(ValueError, match="rate"):
        bound_by_prices(Problem.max_cover(COVERS, None, 1), np.zeros(3), rate=1.0)


def test_same_seed_and_rounds_give_the_same_bytes(case: tuple[Problem, Solution]) -> None:
    problem, one = case
    other = solve(problem, iterations=12)
    assert one.sites.tobytes() == other.sites.tobytes()
    assert (one.value, one.bound, one.iterations) == (other.value, other.bound, other.iterations)
    for name in ("u", "folds"):
        assert (
            getattr(one.certificate, name).tobytes() == getattr(other.certificate, name).tobytes()
        )
