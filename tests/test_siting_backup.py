"""Rows that need two sites: against every plan tried, laws, a bound that holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.errors import InputError
from locator.siting import Problem, solve
from tests.siting_limited import equals_the_best, limited, solved_limited


@settings(max_examples=80)
@given(limited(need=True))
def test_plan_with_backups_equals_the_best_of_all_plans(problem: Problem) -> None:
    equals_the_best(problem)


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_needing_more_sites_never_covers_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    covers, weights = rng.random((30, 8)) < 0.3, rng.integers(0, 5, 30)
    values = [solve(Problem.max_cover(covers, weights, 4, need=k)).value for k in (1, 2, 3, 4)]
    assert values[0] == solve(Problem.max_cover(covers, weights, 4)).value
    assert (np.diff(values) <= 0).all()


def test_first_of_two_sites_is_built_though_it_covers_nothing_by_itself() -> None:
    covers = np.array([[1, 1, 0], [0, 0, 1]], bool)
    answer = solved_limited(Problem.max_cover(covers, [5, 1], 2, need=2))
    assert (answer.sites.tolist(), answer.value, answer.proven) == ([0, 1], 5.0, True)


def test_fixed_site_counts_towards_the_need() -> None:
    covers = np.array([[1, 1, 0], [0, 0, 1]], bool)
    problem = Problem.max_cover(covers, [5, 3], 2, [0], need=[2, 1])
    answer = solved_limited(problem)
    assert (answer.sites.tolist(), answer.value) == ([0, 1], 5.0)


def test_more_needed_than_there_are_is_worth_nothing() -> None:
    answer = solved_limited(Problem.max_cover(np.ones((2, 2), bool), None, 2, need=3))
    assert (answer.value, answer.bound, answer.status) == (0.0, 0.0, "optimal")


def test_need_of_one_everywhere_is_the_plain_question() -> None:
    covers = np.eye(3, dtype=bool)
    plain, ones = (Problem.max_cover(covers, None, 1, need=need) for need in (1, [1, 1, 1]))
    assert plain.hash == ones.hash
    assert len(ones.need) == 0


@pytest.mark.parametrize(
    ("need", "words"),
    [
        (0, "expected one or more sites, got 0 at row 0"),
        ([1, -1], "got -1 at row 1"),
        ([1, 1, 1], "one for each of 2 rows"),
        (1.5, "whole numbers"),
        ([1, np.nan], "whole numbers"),
    ],
)
def test_bad_needs_are_refused_in_words(need: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Problem.max_cover(np.eye(2) > 0, None, 1, need=need)
