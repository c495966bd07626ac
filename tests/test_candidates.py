"""The value that every maker of candidates hands over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from locator.errors import InputError, NotFoundError
from locator.siting.candidates import Candidates, LeftOut
from tests.towns import cross, make_network

STREETS = make_network(cross()).streets


def three(**more: Any) -> Candidates:
    """Three candidates on the cross."""
    made = Candidates(np.array([0, 1, 2], np.int32), np.array([10.0, 20.0, 30.0]))
    return replace(made, **more)


def test_candidates_taken_keep_their_columns_and_list_what_is_left_out() -> None:
    whole = three(code=("a", "b", "c"), cost=np.array([1.0, 2.0, 3.0]), hours=("", "24/7", ""))
    some = whole.take(np.array([2, 1]), [LeftOut("a", "at a station")])
    assert some.street.tolist() == [2, 1]
    assert (some.code, some.hours) == (("c", "b"), ("", "24/7"))
    assert some.cost.tolist() == [3.0, 2.0]
    assert some.left_out == (LeftOut("a", "at a station"),)
    assert three().take(np.array([1])).costs.tolist() == [1.0]


def test_candidates_without_codes_are_named_by_their_place() -> None:
    assert three().label(1) == "1:20.000"
    assert three().rows_of(["2:30.000", "0:10.000"]).tolist() == [0, 2]


def test_rows_of_unknown_code_is_an_error_with_the_reason_it_was_left_out() -> None:
    some = three(code=("a", "b", "c"), left_out=(LeftOut("d", "off the network"),))
    assert some.rows_of(["c", "a", "c"]).tolist() == [0, 2]
    with pytest.raises(NotFoundError, match=r"'d' is not .* candidates .off the network"):
        some.rows_of(["d"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cost": np.array([1.0, np.nan, 1.0])}, "costs nan: expected zero or more"),
        ({"cost": np.array([1.0, 1.0, -2.0])}, "costs -2.0: expected zero or more"),
        ({"cost": np.ones(2)}, "expected 3 of cost, got 2"),
        ({"code": ("a", "b", "a")}, "'a' is given twice"),
        ({"offset_m": np.array([10.0, 20.0, 1e6])}, "is not on the streets"),
        ({"offset_m": np.array([10.0, np.nan, 30.0])}, "is not on the streets"),
        ({"street": np.array([0, 1, 99], np.int32)}, "is not on the streets"),
    ],
)
def test_check_of_bad_candidates_is_refused(wrong: dict[str, Any], words: str) -> None:
    three(code=("a", "b", "c")).check(STREETS)
    with pytest.raises(InputError, match=words):
        three(**wrong).check(STREETS)


def test_hash_changes_with_place_cost_code_and_hours_only() -> None:
    same = three(name=("x", "y", "z"), cost=np.ones(3))
    assert same.hash == three().hash
    others = [
        three(offset_m=np.array([10.0, 20.0, 30.5])), three(cost=np.array([1.0, 1.0, 2.0])),
        three(code=("a", "b", "c")), three(hours=("", "24/7", "")),
    ]  # fmt: skip
    assert len({same.hash, *(one.hash for one in others)}) == 5
