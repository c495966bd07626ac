"""Floors by area: against every plan tried, their price, and what is impossible, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.errors import InputError
from locator.siting import Problem, solve
from locator.siting.certificate import check_solution
from tests.siting_cities import make_city
from tests.siting_limited import count_covered, equals_the_best, limited, solved_limited

# Two candidates serve the many of area 0, one serves the few of area 1.
COVERS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], bool)
WEIGHTS, AREAS = [5.0, 4.0, 1.0], [0, 0, 1]


@settings(max_examples=80)
@given(limited(floors=True))
def test_plan_with_floors_equals_the_best_of_all_plans(problem: Problem) -> None:
    equals_the_best(problem)


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_higher_floors_are_never_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    covers, weights = rng.random((30, 8)) < 0.25, rng.integers(0, 5, 30)
    areas = rng.integers(0, 2, 30)
    most = weights[(areas == 0) & covers.any(axis=1)].sum()
    values = []
    for part in (0.0, 0.3, 0.6, 0.9):
        answer = solve(Problem.max_cover(covers, weights, 3, areas=areas, floors=[part * most, 0]))
        values.append(-1.0 if answer.status == "infeasible" else answer.value)
    assert values[0] == solve(Problem.max_cover(covers, weights, 3)).value
    assert (np.diff(values) <= 0).all()


def test_floor_moves_a_site_and_has_a_price() -> None:
    free = solved_limited(Problem.max_cover(COVERS, WEIGHTS, 2))
    held = solved_limited(Problem.max_cover(COVERS, WEIGHTS, 2, areas=AREAS, floors=[0, 1]))
    assert free.sites.tolist() == [0, 1]
    assert held.sites.tolist() == [0, 2]
    assert free.value - held.value == 3.0


def test_floor_above_all_is_proved_impossible_with_the_most_that_is_possible() -> None:
    problem = Problem.max_cover(COVERS, WEIGHTS, 1, areas=AREAS, floors=[6, 0])
    answer = solved_limited(problem)
    assert (answer.status, answer.proven) == ("infeasible", False)
    assert answer.reason == "floor of area 0: no plan covers more than 5 there, 6 were asked for"
    assert answer.certificate.proof == "u"
    assert answer.certificate.bound < 0


def test_floor_is_named_where_fixed_sites_cover_a_part() -> None:
    covers = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], bool)
    problem = Problem.max_cover(covers, [5, 4, 3, 1], 2, [0], areas=[0, 0, 0, 1], floors=[10, 0])
    answer = solved_limited(problem)
    assert answer.reason == "floor of area 0: no plan covers more than 9 there, 10 were asked for"


def test_floors_that_exclude_each_other_are_proved_impossible_together() -> None:
    problem = Problem.max_cover(COVERS, WEIGHTS, 1, areas=AREAS, floors=[5, 1])
    answer = solved_limited(problem)
    assert answer.status == "infeasible"
    assert answer.reason.startswith("no plan meets all floors together; the nearest plan found")


def test_false_claim_of_impossible_floors_is_refused() -> None:
    problem = Problem.max_cover(COVERS, WEIGHTS, 2, areas=AREAS, floors=[0, 1])
    answer = solve(problem)
    claim = replace(answer, status="infeasible", proven=False)
    assert not check_solution(problem, claim).ok
    missed = replace(answer, sites=np.array([0, 1], np.int32), value=9.0, bound=9.0)
    assert any("floor" in words for words in check_solution(problem, missed).problems)


def test_no_time_to_prove_is_said_and_not_called_impossible() -> None:
    city = make_city(1_500, 150, 0)
    areas = np.arange(1_500) % 39 // 10
    total = np.bincount(areas, city.weight)
    whole = Problem.max_cover(city.covers(500.0), city.weight, 8)
    share = solve(whole, iterations=5).value / total.sum()
    problem = Problem.max_cover(
        city.covers(500.0), city.weight, 8, areas=areas, floors=0.999 * share * total
    )
    answer = solve(problem, iterations=0)
    assert answer.status == "unknown"
    assert answer.reason.startswith("no plan was found that meets every floor, nor a proof")
    assert check_solution(problem, answer).problems == ()


def test_rows_outside_and_areas_without_a_floor_are_free() -> None:
    answer = solved_limited(Problem.max_cover(COVERS, WEIGHTS, 2, areas=[-1, -1, 0], floors=[0.0]))
    assert answer.sites.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"floors": [1]}, "expected the area of each row"),
        ({"areas": [0, 0, 2], "floors": [1]}, "0 to 0, got 2 at row 2"),
        ({"areas": [0, 0, -2], "floors": [1]}, "got -2 at row 2"),
        ({"areas": [0.5, 0, 0], "floors": [1]}, "whole numbers"),
        ({"areas": [0, 0], "floors": [1]}, "one for each of 3 rows"),
        ({"areas": AREAS, "floors": [1, -1]}, "got -1.0 at area 1"),
        ({"areas": AREAS, "floors": [1, np.nan]}, "got nan at area 1"),
        ({"areas": AREAS, "floors": ["a", "b"]}, "floors: expected numbers"),
        ({"areas": AREAS, "floors": [[1, 1]]}, "the shape"),
    ],
)
def test_bad_floors_are_refused_in_words(more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Problem.max_cover(COVERS, WEIGHTS, 1, **more)


@pytest.mark.slow
def test_floor_of_a_city_is_kept_and_certified() -> None:
    city = make_city(6_000, 600, 20, seed=2)
    areas = np.arange(6_000) % 78 * 2 // 78
    sites = range(600, 620)
    free = solve(Problem.max_cover(city.covers(800.0), city.weight, 32, sites), iterations=15)
    problem = Problem.max_cover(city.covers(800.0), city.weight, 32, sites, areas=areas,
                                floors=[0.0, 0.0])  # fmt: skip
    reached = count_covered(problem, free.sites.tolist())[1]
    weak = int(np.argmin(reached))
    floors = np.zeros(2)
    floors[weak] = 1.05 * reached[weak]
    held = solved_limited(replace(problem, floors=floors), iterations=15)
    assert held.status in {"optimal", "feasible"}
    assert held.value <= free.bound
    assert held.gap < 0.01
