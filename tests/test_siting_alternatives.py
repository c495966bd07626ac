"""Other plans nearly as good: against all plans tried, and words where there is none."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.errors import InputError
from locator.siting import Problem, solve
from locator.siting.alternatives import find_alternatives
from tests.siting_limited import keeps_limits, value_of
from tests.siting_oracles import choices
from tests.test_siting_maxcover import coverages

RING = np.eye(6, dtype=bool) | np.roll(np.eye(6, dtype=bool), 1, axis=1)


@settings(max_examples=60)
@given(coverages(), st.sampled_from([0.0, 0.1, 0.5]), st.integers(1, 2))
def test_first_alternative_is_the_best_that_differs(
    problem: Problem, within: float, differ: int
) -> None:
    answer = solve(problem)
    if problem.p - len(problem.fixed) < differ:
        return
    found = find_alternatives(problem, answer, most=1, within=within, differ=differ)
    others = [
        value_of(problem, sites)
        for sites in choices(problem)
        if len(set(sites) - set(answer.sites.tolist())) >= differ
    ]
    best = max(others, default=-1.0)
    if best >= (1 - within) * answer.value * (1 - 1e-12):  # these sums are plain ones
        assert found.plans[0].value == pytest.approx(best, rel=1e-9)
        assert (found.reason, found.proven) == ("", False)
    else:
        assert found.plans == ()
        assert found.proven
        assert "it is proved that no plan" in found.reason or "not in the plan" in found.reason


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from(["max_cover", "p_median", "p_center", "set_cover"]))
def test_alternatives_are_real_near_and_apart(seed: int, objective: str) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(1, 20, (20, 10)).astype(float)
    problem = {
        "max_cover": Problem.max_cover(table < 5, None, 4, [2]),
        "p_median": Problem.p_median(table, 4, None, [2]),
        "p_center": Problem.p_center(table, 4, [2]),
        "set_cover": Problem.set_cover(table < 9, fixed=[2]),
    }[objective]
    answer = solve(problem)
    if len(answer.sites) < 3:
        return
    found = find_alternatives(problem, answer, most=3, within=0.3, differ=2)
    plans = [answer.sites.tolist(), *(one.sites.tolist() for one in found.plans)]
    for one, other in combinations(plans, 2):
        assert len(set(one) - set(other)) >= 2 or len(set(other) - set(one)) >= 2
    for one in found.plans:
        assert 2 in one.sites
        assert one.behind <= 0.3 + 1e-9
        assert one.differs.min() >= 2
    assert [one.behind for one in found.plans] == sorted(one.behind for one in found.plans)
    assert bool(found.reason) == (len(found.plans) < 3)


def test_ring_has_other_plans_just_as_good() -> None:
    problem = Problem.max_cover(RING, None, 3)
    found = find_alternatives(problem, solve(problem), most=1, within=0.0, differ=3)
    assert [one.value for one in found.plans] == [6.0]
    assert found.plans[0].behind == 0.0


def test_with_a_budget_alternatives_keep_to_it() -> None:
    prices = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]
    problem = Problem.max_cover(RING, None, None, site_costs=prices, budget=5)
    answer = solve(problem)
    found = find_alternatives(problem, answer, most=2, within=0.5, differ=1)
    assert found.plans
    assert all(keeps_limits(problem, one.sites.tolist()) for one in found.plans)


def test_all_candidates_taken_leave_no_alternative() -> None:
    problem = Problem.max_cover(np.eye(2, dtype=bool), None, 2)
    found = find_alternatives(problem, solve(problem), most=1, within=0.5, differ=1)
    assert (found.plans, found.proven) == ((), True)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"most": 0}, "most"),
        ({"within": -0.1}, "within"),
        ({"within": np.nan}, "within"),
        ({"differ": 0}, "differ"),
        ({"differ": 4}, "1 to 3 sites"),
    ],
)
def test_senseless_numbers_are_refused(more: dict[str, Any], words: str) -> None:
    problem = Problem.max_cover(RING, None, 3)
    with pytest.raises(InputError, match=words):
        find_alternatives(
            problem, solve(problem), **{"most": 1, "within": 0.1, "differ": 1, **more}
        )
