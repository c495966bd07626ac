"""locator.hours.rules: the types, their limits, their order and their documents."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.errors import InputError
from locator.hours import DayException, Hours, Override, Rule
from tests.hours import any_hours

DAY = date(2026, 7, 1)
NOON = datetime(2026, 7, 1, 12)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"weekdays": 0}, "weekdays"),
        ({"weekdays": 128}, "weekdays"),
        ({"open_min": -1}, "-1"),
        ({"open_min": 1440, "close_min": 1500}, "1440"),
        ({"open_min": 600, "close_min": 600}, "600-600"),
        ({"open_min": 600, "close_min": 2041}, "2041"),
        ({"season": (1301, 331)}, "1301"),
        ({"season": (101, 230)}, "230"),
        ({"days": "sunday"}, "sunday"),
        ({"type": "late"}, "late"),
        ({"type": "all_day"}, "all_day"),
    ],
)
def test_rule_out_of_range_is_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        Rule(**{"weekdays": 127, "open_min": 480, "close_min": 1080, **values})


def test_rule_at_its_limits_is_taken() -> None:
    assert Rule(1, 0, 1).close_min == 1
    assert Rule(127, 1439, 2879, (229, 229)).season == (229, 229)
    assert Rule(127, 600, 2040).close_min == 2040


def test_rule_of_whole_year_has_no_season() -> None:
    assert Rule(127, 480, 1080, (101, 1231)) == Rule(127, 480, 1080)
    assert Rule(127, 480, 1080, (101, 1230)).season == (101, 1230)


def test_rule_of_whole_day_is_all_day_unless_of_another_type() -> None:
    assert Rule(127, 0, 1440).type == "all_day"
    assert Rule(127, 0, 1440, type="heat").type == "heat"
    assert Rule(127, 0, 1439).type == "normal"


def test_exception_that_ends_first_or_holds_times_is_refused() -> None:
    with pytest.raises(InputError, match="before it begins"):
        DayException(DAY, date(2026, 6, 30), ())
    with pytest.raises(InputError, match="dates"):
        DayException(NOON, NOON, ())
    with pytest.raises(InputError, match="1440"):
        DayException(DAY, DAY, ((1440, 1500),))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOON, NOON),
        (NOON, datetime(2026, 7, 1, 11, 59)),
        (NOON.replace(second=1), datetime(2026, 7, 2)),
        (NOON, datetime(2026, 7, 2, tzinfo=UTC)),
    ],
)
def test_override_with_wrong_times_is_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(InputError, match="override"):
        Override(start, end, open=True)


def test_rules_of_unknown_hours_are_refused() -> None:
    with pytest.raises(InputError, match="known=True"):
        Hours((Rule(127, 480, 1080),))


def test_hours_of_same_parts_in_any_order_are_equal_and_hash_alike() -> None:
    early, late = Rule(31, 480, 720), Rule(31, 780, 1020, needs_code=True)
    one = Hours((early, late, early), known=True)
    other = Hours((late, early), known=True)
    assert one == other
    assert hash(one) == hash(other)
    assert one.rules == (early, late)


def test_exception_spans_in_any_order_are_equal() -> None:
    assert DayException(DAY, DAY, ((600, 700), (480, 500))) == DayException(
        DAY, DAY, ((480, 500), (600, 700))
    )


def test_unknown_never_open_and_open_have_documents_of_their_own() -> None:
    assert Hours().to_document() == {"known": False}
    assert Hours(known=True).to_document() == {"known": True}
    assert Hours.from_document({}) == Hours()


@given(any_hours())
def test_document_through_json_gives_equal_hours(hours: Hours) -> None:
    assert Hours.from_document(json.loads(json.dumps(hours.to_document()))) == hours


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"rules": 3},
        {"known": True, "rules": [{"weekdays": 1}]},
        {"known": True, "rules": [{"weekdays": 1, "open_min": "8", "close_min": 9}]},
        {"exceptions": [{"first": "soon", "last": "2026-01-01", "spans": []}]},
        {"overrides": [{"start": "2026-01-01", "end": "2026-01-02T00:00+08:00", "open": None}]},
        {"colour": "red"},
        {"known": True, "rules": [{"weekdays": 1, "open_min": 1, "close_min": 2, "season": [1]}]},
    ],
)
def test_document_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(InputError):
        Hours.from_document(document)


@given(st.integers(1, 127), st.integers(0, 1439), st.integers(1, 1440))
def test_any_span_within_limits_is_a_rule(weekdays: int, open_min: int, length: int) -> None:
    assert Rule(weekdays, open_min, open_min + length).close_min - open_min == length
