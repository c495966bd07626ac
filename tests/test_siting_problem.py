"""Problems of siting: what is accepted, what is refused and with which words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array, csr_matrix

from locator.errors import InputError
from locator.siting import Problem
from tests.siting_oracles import dense_costs

COSTS = np.array([[0.0, 3.0, np.inf], [2.0, 0.0, 1.0]])


def test_dense_costs_leave_unreachable_pairs_out() -> None:
    problem = Problem.p_median(COSTS, 1)
    assert (problem.rows, problem.candidates, problem.p) == (2, 3, 1)
    assert problem.first.tolist() == [0, 2, 5]
    assert problem.candidate.tolist() == [0, 1, 0, 1, 2]
    assert problem.cost.tolist() == [0.0, 3.0, 2.0, 0.0, 1.0]
    assert problem.weight.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("kind", [csr_array, csr_matrix, coo_array])
def test_sparse_costs_equal_dense_ones_and_keep_zeros(kind: Any) -> None:
    row, column = np.array([1, 0, 0, 1, 1]), np.array([2, 1, 0, 1, 0])
    costs = kind((np.array([1.0, 3.0, 0.0, 0.0, 2.0]), (row, column)), shape=(2, 3))
    problem = Problem.p_median(costs, 1)
    np.testing.assert_array_equal(dense_costs(problem), COSTS)
    assert problem.hash == Problem.p_median(COSTS, 1).hash


def test_sparse_infinity_is_unreachable() -> None:
    problem = Problem.p_center(csr_array(COSTS), 1)
    assert len(problem.cost) == 3  # scipy drops the zeros of a dense table, not ours to know


@pytest.mark.parametrize("wrap", [np.asarray, csr_array, lambda t: t.astype(float), list])
def test_covers_are_read_from_any_yes_and_no(wrap: Any) -> None:
    table = np.array([[True, False], [True, True], [False, False]])
    problem = Problem.max_cover(wrap(table), None, 1)
    assert problem.first.tolist() == [0, 1, 3, 3]
    assert problem.candidate.tolist() == [0, 0, 1]
    assert problem.unreachable().tolist() == [2]


def test_covers_stored_as_no_are_no_and_twice_is_once() -> None:
    covers = coo_array(([True, False, True, True], ([0, 0, 1, 1], [0, 1, 1, 1])), shape=(2, 2))
    assert Problem.max_cover(covers, None, 1).candidate.tolist() == [0, 1]


def test_columns_are_the_pairs_turned() -> None:
    rng = np.random.default_rng(5)
    table = np.where(rng.random((30, 9)) < 0.3, rng.integers(0, 4, (30, 9)), np.inf)
    columns = Problem.p_median(table, 1).columns()
    for j in range(9):
        part = slice(columns.first[j], columns.first[j + 1])
        rows = np.flatnonzero(np.isfinite(table[:, j]))
        assert columns.row[part].tolist() == rows.tolist()
        assert columns.cost[part].tolist() == table[rows, j].tolist()


def test_arrays_are_read_only_and_own() -> None:
    weights = np.ones(2)
    problem = Problem.p_median(COSTS, 1, weights)
    with pytest.raises(ValueError, match="read-only"):
        problem.weight[0] = 2.0


def test_hash_tells_every_input_apart() -> None:
    one = Problem.p_median(COSTS, 2)
    others = [
        Problem.p_median(COSTS, 1),
        Problem.p_median(COSTS, 2, [1, 2]),
        Problem.p_median(COSTS, 2, fixed=[0]),
        Problem.p_median(COSTS, 2, forbidden=[0]),
        Problem.p_median(COSTS, 2, beyond=9.0),
        Problem.p_median(COSTS + 1, 2),
        Problem.p_center(COSTS, 2),
        Problem.max_cover(np.isfinite(COSTS), None, 2),
        Problem.set_cover(np.isfinite(COSTS)),
        Problem.set_cover(np.isfinite(COSTS), share=0.5),
    ]
    assert len({one.hash, *(other.hash for other in others)}) == 1 + len(others)
    assert one.hash == Problem.p_median(COSTS.copy(), 2, [1.0, 1.0]).hash


def test_unreachable_counts_neither_forbidden_candidates_nor_weightless_rows() -> None:
    costs = np.array([[1.0, np.inf], [np.inf, 1.0], [np.inf, np.inf], [np.inf, np.inf]])
    problem = Problem.p_median(costs, 1, [1, 1, 0, 1], forbidden=[1])
    assert problem.unreachable().tolist() == [1, 3]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Problem.p_median(COSTS, 0), "p: expected 1 to 3"),
        (lambda: Problem.p_median(COSTS, 4), "1 to 3 sites, as many as candidates, got 4"),
        (lambda: Problem.p_median(COSTS, 3, forbidden=[1]), "1 of 3 are forbidden"),
        (lambda: Problem.p_median(COSTS, 1.5), "whole number"),
        (lambda: Problem.p_median(COSTS, 1, fixed=[0, 1]), "p counts the fixed sites"),
        (lambda: Problem.p_median(COSTS, 2, fixed=[0, 0]), "named twice"),
        (lambda: Problem.p_median(COSTS, 2, fixed=[3]), "columns 0 to 2, got 3"),
        (lambda: Problem.p_median(COSTS, 2, fixed=[-1]), "columns 0 to 2, got -1"),
        (lambda: Problem.p_median(COSTS, 2, fixed=[0.5]), "column numbers"),
        (lambda: Problem.p_median(COSTS, 2, fixed=[0], forbidden=[0]), "both fixed and forbidden"),
        (lambda: Problem.p_median(-COSTS, 1), "zero or more, got -3.0 at row 0, column 1"),
        (lambda: Problem.p_median(COSTS * np.nan, 1), "got nan at row 0, column 0"),
        (lambda: Problem.p_center(csr_array([[1.0, np.nan]]), 1), "got nan at row 0, column 1"),
        (lambda: Problem.p_median(COSTS[0], 1), "the shape"),
        (lambda: Problem.p_median([["x"]], 1), "matrix of numbers"),
        (lambda: Problem.p_median(np.empty((0, 3)), 1), "at least one row"),
        (lambda: Problem.p_median(np.empty((3, 0)), 1), "at least one candidate"),
        (lambda: Problem.p_median(COSTS, 1, [1]), r"\(2,\), got \(1,\)"),
        (lambda: Problem.p_median(COSTS, 1, [1, -1]), "got -1.0 at row 1"),
        (lambda: Problem.p_median(COSTS, 1, [1, np.inf]), "got inf at row 1"),
        (lambda: Problem.p_median(COSTS, 1, ["a", "b"]), "weights: expected numbers"),
        (lambda: Problem.p_median(COSTS, 1, beyond=-1), "beyond"),
        (
            lambda: Problem.p_median(coo_array(([1.0, 2.0], ([0, 0], [0, 0])), shape=(1, 1)), 1),
            "given twice",
        ),
        (lambda: Problem.max_cover(COSTS, None, 1), "got 3.0; compare costs with the limit"),
        (lambda: Problem.max_cover([["x"]], None, 1), "yes and no"),
        (lambda: Problem.set_cover(COSTS == 0, share=0.0), "share"),
        (lambda: Problem.set_cover(COSTS == 0, share=1.1), "got 1.1"),
        (lambda: Problem.set_cover(COSTS == 0, site_costs=[1, 2]), "site_costs"),
    ],
)
def test_bad_input_is_refused_in_words(make: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize("beyond", [[1.0, 2.0, 3.0], "far", float("nan"), -1.0])
def test_beyond_that_is_no_cost_of_each_row_is_refused(beyond: object) -> None:
    with pytest.raises(InputError, match="beyond: expected"):
        Problem.p_median([[1.0], [2.0]], 1, beyond=beyond)  # type: ignore[arg-type]
