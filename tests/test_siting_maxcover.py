"""Most covered weight: against every choice tried, published optima, and laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.siting import Problem, solve
from tests.siting_cities import make_city, read_san_francisco, read_sjc
from tests.siting_draws import draw_roles
from tests.siting_oracles import best_worth, solved, worth


@st.composite
def coverages(draw: st.DrawFn) -> Problem:
    """Small problems with twins, empty rows and columns, zero weights, fixed and forbidden."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, columns = int(rng.integers(1, 25)), int(rng.integers(1, 9))
    covers = rng.random((rows, columns)) < draw(st.sampled_from([0.1, 0.3, 0.6]))
    weights = rng.integers(0, 9, rows) * (1.0 if draw(st.booleans()) else 0.1)
    p, fixed, forbidden = draw_roles(draw, rng, columns)
    return Problem.max_cover(covers, weights, p, fixed, forbidden=forbidden)


@settings(max_examples=150)
@given(coverages())
def test_solution_equals_the_best_of_all_choices(problem: Problem) -> None:
    answer = solved(problem)
    assert answer.value == pytest.approx(best_worth(problem), rel=1e-9)
    assert answer.value == pytest.approx(worth(problem, answer.sites.tolist()), rel=1e-12)
    assert answer.proven
    assert (answer.bound, answer.status, answer.reason) == (answer.value, "optimal", "")


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_more_sites_or_candidates_never_cover_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    covers, weights = rng.random((40, 8)) < 0.2, rng.integers(0, 5, 40)
    values = [solve(Problem.max_cover(covers, weights, p)).value for p in range(1, 9)]
    assert (np.diff(values) >= 0).all()
    assert values[2] >= solve(Problem.max_cover(covers[:, :-1], weights, 3)).value


@pytest.mark.parametrize("name", ["SJC324", "SJC402"])
@pytest.mark.parametrize("p", range(1, 7))
def test_sao_jose_dos_campos_is_proven(shared_data: Path, name: str, p: int) -> None:
    metres, weight = read_sjc(shared_data / "siting" / "sjc", name)
    answer = solved(Problem.max_cover(metres <= 800.0, weight, p))
    assert answer.proven
    if p == 5:
        assert answer.value == {"SJC324": 12_152, "SJC402": 15_970}[name]


def test_san_francisco_equals_the_published_optimum(shared_data: Path) -> None:
    metres, people = read_san_francisco(shared_data / "siting" / "spopt_sf")
    answer = solved(Problem.max_cover(metres <= 5000.0, people, 4))
    assert (answer.value, answer.proven) == (875_247.0, True)


def test_nothing_left_to_gain_fills_up_with_spare_sites() -> None:
    covers = np.array([[True, False, False], [False, True, False], [True, True, False]])
    answer = solved(Problem.max_cover(covers, None, 3))
    assert (answer.value, answer.proven) == (3.0, True)
    assert answer.sites.tolist() == [0, 1, 2]
    assert answer.spare.tolist() == [2]


def test_fixed_sites_cover_all_already() -> None:
    covers = np.array([[True, True], [True, False]])
    answer = solved(Problem.max_cover(covers, [2, 3], 2, fixed=[0]))
    assert (answer.value, answer.bound, answer.spare.tolist()) == (5.0, 5.0, [1])


def test_nothing_to_cover_is_proven_at_zero() -> None:
    for covers, weights in ((np.zeros((3, 2), bool), None), (np.ones((3, 2), bool), [0, 0, 0])):
        answer = solved(Problem.max_cover(covers, weights, 1))
        assert (answer.value, answer.bound, answer.gap, answer.proven) == (0.0, 0.0, 0.0, True)


def test_uncoverable_rows_are_listed() -> None:
    covers = np.array([[True, False], [False, False], [False, False]])
    answer = solved(Problem.max_cover(covers, [1, 1, 0], 1))
    assert answer.unreachable.tolist() == [1]
    assert answer.assignment.tolist() == [0, -1, -1]


def test_same_seed_and_rounds_give_the_same_solution() -> None:
    city = make_city(1_500, 200, 1, seed=3)
    problem = Problem.max_cover(city.covers(700.0), city.weight, 30)
    one, other = (solve(problem, seed=7, iterations=5) for _ in range(2))
    assert one.sites.tolist() == other.sites.tolist()
    assert (one.value, one.bound, one.iterations) == (other.value, other.bound, other.iterations)
    assert one.certificate.u.tobytes() == other.certificate.u.tobytes()


@pytest.mark.slow
def test_city_plan_is_proven() -> None:
    city = make_city(20_000, 1_000, 50, seed=2)
    problem = Problem.max_cover(city.covers(1000.0), city.weight, 60, fixed=range(1000, 1050))
    assert solved(problem, time_limit_s=120.0).proven
