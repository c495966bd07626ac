"""Least worst cost: against every choice tried, published optima, and laws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from locator.siting import Problem, solve
from locator.siting.certificate import check_solution
from tests.cover_oracles import least_worst
from tests.siting_cities import ORLIB, make_city, read_optima, read_orlib, read_san_francisco
from tests.siting_draws import draw_costs, draw_roles
from tests.siting_oracles import solved


@st.composite
def centers(draw: st.DrawFn) -> Problem:
    """Small problems with ties, zero costs, unreachable pairs, fixed and forbidden sites."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = int(rng.integers(1, 12)), int(rng.integers(1, 9))
    costs = draw_costs(draw, rng, shape)
    p, fixed, forbidden = draw_roles(draw, rng, shape[1])
    return Problem.p_center(costs, p, fixed, forbidden=forbidden)


@settings(max_examples=250, deadline=None)
@given(centers())
def test_solution_equals_the_best_of_all_choices(problem: Problem) -> None:
    answer = solved(problem)
    best = least_worst(problem)
    if np.isinf(best):
        assert (answer.status, answer.proven) == ("infeasible", False)
        assert f"no {problem.p} sites can serve all" in answer.reason
        assert len(answer.unserved)
    else:
        assert (answer.value, answer.bound, answer.proven) == (best, best, True)
        assert not len(answer.unserved)


@settings(max_examples=60, deadline=None)
@given(centers(), st.floats(1e-3, 1e6))
def test_scaled_costs_scale_the_value(problem: Problem, factor: float) -> None:
    scaled = replace(problem, cost=problem.cost * factor)
    one, other = solved(problem), solved(scaled)
    assert other.value == pytest.approx(one.value * factor, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(centers())
def test_another_site_never_makes_it_worse(problem: Problem) -> None:
    if problem.p + len(problem.forbidden) == problem.candidates:
        return
    few, many = solved(problem), solved(replace(problem, p=problem.p + 1))
    if few.proven:
        assert many.value <= few.value


def test_san_francisco_with_four_stores(shared_data: Path) -> None:
    metres, _ = read_san_francisco(shared_data / "siting" / "spopt_sf")
    answer = solved(Problem.p_center(metres, 4))
    assert answer.value == pytest.approx(7403.06, abs=0.01)
    assert answer.proven


@pytest.mark.slow
@pytest.mark.parametrize("name", ORLIB)
def test_published_optimum_is_found_and_proved(shared_data: Path, name: str) -> None:
    folder = shared_data / "siting" / "orlib_pmed"
    metres, p = read_orlib(folder / f"{name}.txt")
    answer = solved(Problem.p_center(metres, p))
    best = read_optima(folder / "optima.csv")[name]["p_center"]
    assert (answer.value, answer.bound, answer.proven) == (best, best, True)


def test_row_that_nobody_serves_is_listed() -> None:
    answer = solved(Problem.p_center([[1.0, 4.0], [np.inf, np.inf], [3.0, 2.0]], 1))
    assert (answer.unreachable.tolist(), answer.value, answer.status) == ([1], 3.0, "optimal")
    assert answer.assignment.tolist() == [0, -1, 0]


def test_too_few_sites_serve_as_many_rows_as_they_can() -> None:
    costs = np.full((5, 3), np.inf)
    costs[[0, 1, 2, 3, 4], [0, 0, 0, 1, 2]] = 5.0
    answer = solved(Problem.p_center(costs, 2))
    assert answer.status == "infeasible"
    assert answer.reason == "no 2 sites can serve all 5 rows: at most 4 of them"
    assert 0 in answer.sites
    assert len(answer.unserved) == 1


def test_sites_without_work_are_named_spare() -> None:
    answer = solved(Problem.p_center([[0.0, 1.0, 2.0, 2.0]], 3))
    assert (answer.value, answer.proven, len(answer.spare)) == (0.0, True, 2)


def test_nothing_to_serve_is_no_error() -> None:
    answer = solved(Problem.p_center(np.full((2, 3), np.inf), 1))
    assert (answer.value, answer.bound, answer.unreachable.tolist()) == (0.0, 0.0, [0, 1])


def test_stored_zero_costs_nothing() -> None:
    costs = csr_array(([0.0, 0.0, 7.0], ([0, 1, 1], [0, 1, 0])), shape=(2, 2))
    assert solved(Problem.p_center(costs, 2)).value == 0.0
    assert solved(Problem.p_center(costs, 1)).value == 7.0


def test_time_of_zero_still_gives_a_plan_with_a_bound() -> None:
    city = make_city(400, 60, 0, seed=2)
    row, source, metres = city.pairs(city.candidates, np.inf)
    costs = csr_array((metres, (row, source)), shape=(400, 60))
    answer = solved(Problem.p_center(costs, 8), time_limit_s=0.0)
    assert 0 < answer.bound <= answer.value
    assert answer.status == "feasible"
    better = solved(Problem.p_center(costs, 8))
    assert answer.bound <= better.bound == better.value <= answer.value


def test_same_seed_and_rounds_give_the_same() -> None:
    costs = np.random.default_rng(1).random((60, 40))
    problem = Problem.p_center(costs, 5)
    one, other = solve(problem, iterations=15), solve(problem, iterations=15)
    assert one.sites.tolist() == other.sites.tolist()
    assert (one.value, one.bound, one.iterations) == (other.value, other.bound, other.iterations)


def test_changed_certificate_is_refused() -> None:
    rng = np.random.default_rng(4)
    xy, at = rng.random((80, 2)), rng.random((60, 2))
    problem = Problem.p_center(np.hypot(*(xy[:, None] - at[None]).transpose(2, 0, 1)), 12)
    answer = solve(problem)
    certificate = answer.certificate
    assert certificate.u.any()
    for other in (
        replace(certificate, u=certificate.u * 0.5),
        replace(certificate, u=certificate.u[::-1].copy()),
        replace(certificate, level=certificate.level * 1.2),
    ):
        assert check_solution(problem, replace(answer, certificate=other)).problems
    assert check_solution(problem, replace(answer, value=answer.value * 0.9)).problems
