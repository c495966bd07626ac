"""Fewest and cheapest sites: against every choice tried, published optima, and laws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from locator.siting import Problem, Solution, solve
from locator.siting.certificate import bound_by_certificate, check_solution
from locator.siting.cover_duel import CoverDuel
from locator.siting.cover_prices import CoverPrices
from locator.siting.dominance import cut_cover
from locator.siting.duel import Limits
from locator.siting.row_weighting import CoverSearch
from tests.cover_oracles import cheapest_cover, covered_weight
from tests.siting_cities import make_city, read_san_francisco


def solved(problem: Problem, **options: object) -> Solution:
    """A solution whose certificate holds and that covers what is asked for."""
    answer = solve(problem, **{"time_limit_s": 30.0, **options})  # type: ignore[arg-type]
    assert check_solution(problem, answer).problems == ()
    assert (np.diff(answer.sites) > 0).all()
    free = np.delete(np.arange(problem.candidates), problem.forbidden)
    most = covered_weight(problem, free.tolist())
    need = min(problem.share * problem.weight.sum(), most)
    assert covered_weight(problem, answer.sites.tolist()) >= need - 1e-9
    return answer


@st.composite
def covers(draw: st.DrawFn) -> Problem:
    """Small problems with equal columns, uncovered rows, zero weights and costs, and roles."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, columns = int(rng.integers(1, 14)), int(rng.integers(1, 9))
    table = rng.random((rows, columns)) < draw(st.sampled_from([0.15, 0.35, 0.7]))
    weights = rng.integers(0, 4, rows)
    share = draw(st.sampled_from([1.0, 1.0, 0.9, 0.5, 0.07]))
    cost = draw(st.sampled_from(["ones", "whole", "real"]))
    site_costs = {
        "ones": np.ones(columns), "whole": rng.integers(0, 5, columns),
        "real": rng.random(columns) * (rng.random(columns) < 0.8) * 10.0 ** rng.integers(-9, 10),
    }[cost]  # fmt: skip
    roles = rng.permutation(columns)
    fixed = roles[: rng.integers(0, 3)] if draw(st.booleans()) else roles[:0]
    rest = roles[len(fixed) :]
    forbidden = rest[: rng.integers(0, 3)] if draw(st.booleans()) else rest[:0]
    return Problem.set_cover(
        table, weights, share, fixed, forbidden=forbidden, site_costs=site_costs
    )


@settings(max_examples=200, deadline=None)
@given(covers())
def test_solution_equals_the_best_of_all_choices(problem: Problem) -> None:
    answer = solved(problem, iterations=60, time_limit_s=900.0)  # kernels may have to be compiled
    assert answer.value == pytest.approx(cheapest_cover(problem), rel=1e-9, abs=1e-30)
    assert answer.proven


@settings(max_examples=60, deadline=None)
@given(covers(), st.integers(0, 100))
def test_order_of_candidates_changes_no_value(problem: Problem, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(problem.candidates)
    table = np.zeros((problem.rows, problem.candidates), bool)
    row = np.repeat(np.arange(problem.rows), np.diff(problem.first))
    table[row, problem.candidate] = True
    back = np.argsort(order)
    turned = Problem.set_cover(
        table[:, order], problem.weight, problem.share, back[problem.fixed],
        forbidden=back[problem.forbidden], site_costs=problem.site_cost[order],
    )  # fmt: skip
    one, other = solved(problem, iterations=60), solved(turned, iterations=60)
    assert other.value == pytest.approx(one.value, rel=1e-9, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(covers())
def test_another_candidate_never_makes_it_dearer(problem: Problem) -> None:
    row = np.repeat(np.arange(problem.rows), np.diff(problem.first))
    table = np.zeros((problem.rows, problem.candidates + 1), bool)
    table[row, problem.candidate] = True
    served = table[:, np.delete(np.arange(problem.candidates), problem.forbidden)].any(axis=1)
    table[:, -1] = served & (np.arange(problem.rows) % 2 == 0)
    more = Problem.set_cover(
        table, problem.weight, problem.share, problem.fixed, forbidden=problem.forbidden,
        site_costs=np.append(problem.site_cost, 1.0),
    )  # fmt: skip
    least = solved(problem, iterations=60).value
    assert solved(more, iterations=60).value <= least + 1e-9


def test_san_francisco_needs_eight_stores_at_5000_m(shared_data: Path) -> None:
    metres, people = read_san_francisco(shared_data / "siting" / "spopt_sf")
    answer = solved(Problem.set_cover(metres <= 5000))
    assert (answer.value, answer.bound, answer.certificate.proof) == (8.0, 8.0, "u")
    least = [solved(Problem.set_cover(metres <= 5000, people, s)).value for s in (0.5, 0.9, 1.0)]
    assert least == [2.0, 4.0, 8.0]


def test_city_is_covered_with_a_close_bound() -> None:
    covered = make_city(2000, 500, 0).covers(800.0)
    answer = solved(Problem.set_cover(covered), iterations=8)
    assert answer.value <= 25
    assert answer.bound >= 22
    again = solve(Problem.set_cover(covered), iterations=8)
    assert again.sites.tolist() == answer.sites.tolist()
    assert again.bound == answer.bound


def test_unreachable_rows_are_listed_and_the_rest_covered() -> None:
    table = np.array([[1, 0], [0, 0], [0, 1], [0, 0]], bool)
    answer = solved(Problem.set_cover(table, [1, 1, 1, 0]))
    assert answer.unreachable.tolist() == [1]
    assert (answer.sites.tolist(), answer.value, answer.status) == ([0, 1], 2.0, "optimal")
    assert "the first is row 1" in answer.reason
    assert "66.6667%" in answer.reason


def test_share_above_what_can_be_covered_covers_all_that_can() -> None:
    table = np.array([[1, 0], [0, 0], [0, 1]], bool)
    answer = solved(Problem.set_cover(table, [1, 8, 1], share=0.5))
    assert answer.sites.tolist() == [0, 1]
    assert "at most 20.0000%" in answer.reason
    enough = solved(Problem.set_cover(table, [4, 1, 4], share=0.4))
    assert (enough.value, enough.reason) == (1.0, "")


def test_nothing_reachable_needs_no_site() -> None:
    answer = solved(Problem.set_cover(np.zeros((3, 2), bool)))
    assert (answer.value, answer.bound, answer.unreachable.tolist()) == (0.0, 0.0, [0, 1, 2])


def test_fixed_sites_that_cover_all_leave_nothing_to_add() -> None:
    answer = solved(Problem.set_cover(np.ones((3, 4), bool), fixed=[2]))
    assert (answer.sites.tolist(), answer.value, answer.proven) == ([2], 1.0, True)


def test_equal_columns_and_rows_are_kept_once() -> None:
    table = np.repeat(np.eye(3, dtype=bool), 4, axis=1)
    answer = solved(Problem.set_cover(np.repeat(table, 5, axis=0)))
    assert answer.sites.tolist() == [0, 4, 8]


def test_free_sites_are_left_away_where_needless() -> None:
    answer = solved(Problem.set_cover(np.ones((2, 3), bool), site_costs=[0.0, 0.0, 0.0]))
    assert (len(answer.sites), answer.value, answer.proven) == (1, 0.0, True)


def test_time_of_zero_still_gives_a_cover_with_a_bound() -> None:
    problem = Problem.set_cover(make_city(2000, 200, 0).covers(1000.0))
    answer = solved(problem, time_limit_s=0.0)
    assert answer.status in {"feasible", "optimal"}
    assert 0 < answer.bound <= answer.value


def test_stop_ends_the_work() -> None:
    problem = Problem.set_cover(make_city(2000, 500, 0).covers(800.0))
    asked = iter([False, False])
    told: list[str] = []
    answer = solve(
        problem, should_stop=lambda: next(asked, True), report=lambda _, text: told.append(text)
    )
    assert answer.iterations <= 2
    assert told
    assert told[0].startswith("value ")


def test_changed_certificate_is_refused() -> None:
    problem = Problem.set_cover(make_city(2000, 200, 0).covers(1000.0))
    answer = solve(problem, iterations=4)
    dearer = replace(answer.certificate, u=answer.certificate.u * 1.2)
    assert check_solution(problem, replace(answer, certificate=dearer)).problems
    assert check_solution(problem, replace(answer, bound=answer.bound + 1)).problems
    assert check_solution(problem, replace(answer, sites=answer.sites[1:])).problems
    assert bound_by_certificate(problem, dearer) < answer.certificate.bound


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.1, 0.3]))
def test_smaller_cover_has_the_same_cost_and_its_prices_hold(seed: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    table = rng.random((30, 9)) < density
    problem = Problem.set_cover(table, site_costs=rng.integers(1, 4, 9))
    cover = cut_cover(problem)
    if cover.size == 0:
        assert cover.spent == cheapest_cover(problem)
        return
    search = CoverSearch(cover, seed=1, start=np.empty(0, np.int32), margin=1.0)
    search.run(work=200_000, target=-1.0)
    assert cover.spent + search.cost == cheapest_cover(problem)
    prices = CoverPrices(cover)
    prices.improve(200_000)
    u = cover.prices(prices.u, problem.rows)
    paid = table.T.astype(float) @ u
    assert (paid <= problem.site_cost + 1e-9).all()
    assert u.sum() == pytest.approx(cover.spent + prices.bound, rel=1e-9)


def test_prices_reach_the_linear_program() -> None:
    from scipy.optimize import linprog

    for seed in range(3):
        rng = np.random.default_rng(seed)
        table = rng.random((120, 60)) < 0.06
        problem = Problem.set_cover(table[table.any(axis=1)], site_costs=rng.uniform(0.5, 2, 60))
        exact = linprog(
            problem.site_cost, A_ub=-table[table.any(axis=1)].astype(float),
            b_ub=-np.ones(int(table.any(axis=1).sum())),
        ).fun  # fmt: skip
        cover = cut_cover(problem)
        prices = CoverPrices(cover)
        prices.improve(20_000_000)
        assert cover.spent + prices.bound <= exact + 1e-9
        assert cover.spent + prices.bound >= exact * (1 - 2e-3)


def test_cases_prove_what_prices_alone_cannot() -> None:
    # Each of five rows is covered by two neighbouring columns of a ring: 2.5 by prices, 3 in truth.
    ring = np.eye(5, dtype=bool) | np.roll(np.eye(5, dtype=bool), 1, axis=1)
    problem = Problem.set_cover(ring, site_costs=[2, 2, 2, 2, 2])
    answer = solved(problem)
    assert (answer.value, answer.bound, answer.certificate.proof) == (6.0, 6.0, "tree")
    assert answer.certificate.bound == 5.0


def test_goal_out_of_reach_is_denied_and_one_in_reach_found() -> None:
    from concurrent.futures import ThreadPoolExecutor

    cover = cut_cover(Problem.set_cover(make_city(900, 120, 0, seed=3).covers(900.0)))
    with ThreadPoolExecutor(2) as pool:
        best = CoverDuel(cover, Limits(60.0, None, None, None), 0, whole=True)
        best.run(pool)
        assert best.settled
        for goal, found in ((best.cost, True), (best.cost - 1, False)):
            duel = CoverDuel(cover, Limits(60.0, None, None, None), 0, whole=True, goal=goal)
            duel.run(pool)
            assert (duel.settled, duel.found) == (True, found)


def test_sparse_and_dense_covers_give_the_same() -> None:
    table = np.random.default_rng(5).random((40, 12)) < 0.2
    dense, sparse = Problem.set_cover(table), Problem.set_cover(csr_array(table))
    assert dense.hash == sparse.hash
    assert solved(dense).sites.tolist() == solved(sparse).sites.tolist()
