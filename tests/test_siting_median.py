"""Least total cost: against every choice tried, published optima, and laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from locator.siting import Problem, solve
from locator.siting.certificate import check_solution
from tests.siting_cities import ORLIB, make_city, read_optima, read_orlib, read_san_francisco
from tests.siting_draws import draw_costs, draw_roles
from tests.siting_oracles import best_worth, solved, worth


@st.composite
def medians(draw: st.DrawFn) -> Problem:
    """Small problems with ties, unreachable pairs, zero weights, fixed and forbidden sites."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = int(rng.integers(1, 12)), int(rng.integers(1, 8))
    costs = draw_costs(draw, rng, shape)
    weights = rng.integers(0, 4, shape[0])
    p, fixed, forbidden = draw_roles(draw, rng, shape[1])
    beyond = draw(st.sampled_from([np.inf, 5.0]))
    return Problem.p_median(costs, p, weights, fixed, forbidden=forbidden, beyond=beyond)


@settings(max_examples=150)
@given(medians())
def test_solution_equals_the_best_of_all_choices(problem: Problem) -> None:
    answer = solved(problem)
    best = best_worth(problem)
    if np.isinf(best):
        assert (answer.status, answer.proven) == ("infeasible", False)
        assert f"no {problem.p} sites can serve all" in answer.reason
        assert len(answer.unserved)
    else:
        assert answer.value == pytest.approx(best, rel=1e-9)
        assert answer.value == pytest.approx(worth(problem, answer.sites.tolist()), rel=1e-12)
        assert answer.proven
        assert answer.bound == answer.value
        assert answer.status == "optimal"
    assert np.isfinite([answer.value, answer.bound, answer.gap]).all()


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.booleans())
def test_proof_of_costs_across_many_magnitudes_holds(seed: int, limited: bool) -> None:
    """Savings counted from a cost that dwarfs the plan's own would lose all digits of it."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(2, 9, 2).tolist()
    costs = 10.0 ** rng.uniform(-9, 9, (rows, columns))
    weights = 10.0 ** rng.uniform(-3, 6, rows)
    p = int(rng.integers(1, columns + 1))
    money = {"budget": float(p), "beyond": 1e9} if limited else {}
    problem = Problem.p_median(costs, p, weights, **money)
    answer = solve(problem, iterations=60, time_limit_s=900.0)  # kernels may be compiled first
    assert check_solution(problem, answer).problems == ()
    assert answer.proven
    assert answer.value == pytest.approx(best_worth(problem), rel=1e-9, abs=0.0)


@settings(max_examples=30)
@given(medians(), st.integers(0, 2**32))
def test_order_of_rows_and_candidates_changes_no_value(problem: Problem, seed: int) -> None:
    from tests.siting_oracles import dense_costs

    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(problem.rows), rng.permutation(problem.candidates)
    place = np.argsort(columns)
    mixed = Problem.p_median(
        dense_costs(problem)[rows][:, columns], problem.p, problem.weight[rows],
        place[problem.fixed], forbidden=place[problem.forbidden], beyond=problem.beyond,
    )  # fmt: skip
    one, other = solve(problem), solve(mixed)
    assert one.status == other.status
    if one.proven:
        assert other.value == pytest.approx(one.value, rel=1e-9)


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_more_sites_or_candidates_never_cost_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs, weights = rng.random((15, 7)), rng.integers(0, 5, 15)
    values = [solve(Problem.p_median(costs, p, weights)).value for p in range(1, 8)]
    assert (np.diff(values) <= 1e-12).all()
    fewer = solve(Problem.p_median(costs[:, :-1], 3, weights)).value
    assert values[2] <= fewer + 1e-12


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.sampled_from([1e-6, 3.0, 1e9]))
def test_scaled_costs_scale_the_value(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    costs = rng.random((15, 7))
    one, other = (solve(Problem.p_median(c, 3)) for c in (costs, costs * factor))
    assert one.proven
    assert other.proven
    assert other.value == pytest.approx(one.value * factor, rel=1e-9)


@pytest.mark.parametrize("name", ORLIB[:6])
def test_orlib_optimum_is_found_and_proven(shared_data: Path, name: str) -> None:
    check_orlib(shared_data, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ORLIB[6:])
def test_large_orlib_optimum_is_found_and_proven(shared_data: Path, name: str) -> None:
    check_orlib(shared_data, name)


def check_orlib(shared_data: Path, name: str) -> None:
    folder = shared_data / "siting" / "orlib_pmed"
    costs, p = read_orlib(folder / f"{name}.txt")
    answer = solved(Problem.p_median(costs, p), time_limit_s=120.0)
    assert answer.value == read_optima(folder / "optima.csv")[name]["p_median"]
    assert answer.proven


def test_san_francisco_equals_the_published_optimum(shared_data: Path) -> None:
    metres, people = read_san_francisco(shared_data / "siting" / "spopt_sf")
    answer = solved(Problem.p_median(metres, 4, people))
    assert answer.value == pytest.approx(2_848_268_129.71, abs=0.01)
    assert answer.proven


def test_time_limit_over_keeps_plan_and_bound() -> None:
    city = make_city(2_000, 300, 10)
    problem = Problem.p_median(city.costs(), 40, city.weight, fixed=range(300, 310))
    answer = solved(problem, time_limit_s=0.0)
    assert answer.status == "feasible"
    assert answer.reason
    assert 0 < answer.bound <= answer.value < np.inf


def test_stop_is_asked_and_obeyed() -> None:
    city = make_city(2_000, 300, 10)
    problem = Problem.p_median(city.costs(), 40, city.weight, fixed=range(300, 310))
    said: list[tuple[float, str]] = []
    answer = solve(
        problem,
        should_stop=lambda: len(said) >= 2,
        report=lambda share, text: said.append((share, text)),
    )
    assert len(said) <= 2
    assert all(0 <= share <= 1 and "bound" in text and "gap" in text for share, text in said)
    assert answer.bound <= answer.value


def test_same_seed_and_rounds_give_the_same_solution() -> None:
    city = make_city(1_500, 200, 10, seed=3)
    problem = Problem.p_median(city.costs(), 40, city.weight, fixed=range(200, 210))
    one, other = (solve(problem, seed=7, iterations=5) for _ in range(2))
    assert one.iterations == other.iterations <= 5
    assert one.sites.tolist() == other.sites.tolist()
    assert (one.value, one.bound) == (other.value, other.bound)
    assert one.certificate.u.tobytes() == other.certificate.u.tobytes()


def test_row_that_nobody_serves_is_listed_and_left_out() -> None:
    costs = csr_array(([1.0, 2.0], ([0, 1], [0, 1])), shape=(3, 2))
    answer = solved(Problem.p_median(costs, 2))
    assert answer.unreachable.tolist() == [2]
    assert (answer.value, answer.status) == (3.0, "optimal")
    assert answer.assignment.tolist() == [0, 1, -1]


def test_too_few_sites_for_all_rows_is_infeasible_in_words() -> None:
    costs = np.where(np.eye(3) > 0, 1.0, np.inf)
    answer = solved(Problem.p_median(costs, 2, [1, 1, 5]))
    assert answer.status == "infeasible"
    assert answer.reason == "no 2 sites can serve all 3 rows: at most 2 of them"
    assert len(answer.unserved) == 1
    assert 2 not in answer.unserved  # the heavy row is served


def test_cost_beyond_is_what_an_unserved_row_costs() -> None:
    costs = np.where(np.eye(3) > 0, 1.0, np.inf)
    answer = solved(Problem.p_median(costs, 2, beyond=10.0))
    assert (answer.value, answer.proven) == (12.0, True)
    assert (answer.assignment == -1).sum() == 1


def test_all_candidates_as_sites_cost_the_least_of_each_row() -> None:
    costs = np.random.default_rng(1).random((9, 4))
    answer = solved(Problem.p_median(costs, 4))
    assert answer.value == pytest.approx(costs.min(axis=1).sum())
    assert answer.proven


def test_fixed_sites_alone_leave_nothing_to_choose() -> None:
    costs = np.random.default_rng(1).random((9, 4))
    answer = solved(Problem.p_median(costs, 2, fixed=[1, 3]))
    assert answer.sites.tolist() == [1, 3]
    assert answer.value == pytest.approx(costs[:, [1, 3]].min(axis=1).sum())
    assert answer.proven


def test_duplicate_candidates_are_one_place() -> None:
    costs = np.random.default_rng(2).random((12, 4))
    once = solved(Problem.p_median(costs, 2))
    twice = solved(Problem.p_median(np.repeat(costs, 3, axis=1), 2))
    assert twice.value == pytest.approx(once.value)
    assert twice.proven


def test_no_weight_at_all_costs_nothing() -> None:
    answer = solved(Problem.p_median(np.ones((3, 2)), 1, [0, 0, 0]))
    assert (answer.value, answer.bound, answer.proven, answer.gap) == (0.0, 0.0, True, 0.0)
