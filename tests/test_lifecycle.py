"""Changes of status: what may follow what, its day, its reason, and what it leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.vocabulary import statuses
from locator.errors import InputError
from locator.registry.entries import Entry
from locator.registry.lifecycle import allowed_changes, change_status, transitions

TODAY = date(2026, 11, 23)


def entry(status: str = "open", **facts: Any) -> Entry:
    return Entry("rest_station", 120.9, 32.0, 120.9, 32.0, "wgs84", code="A", status=status,
                 facts=facts)  # fmt: skip


def test_transitions_are_between_statuses_and_distinct() -> None:
    pairs = [(change.before, change.after) for change in transitions()]
    assert len(pairs) == len(set(pairs))
    assert {code for pair in pairs for code in pair} == set(statuses().codes)
    assert all(before != after for before, after in pairs)


def test_transitions_every_status_can_be_reached_and_can_be_closed() -> None:
    reached, front = {"planned"}, ["planned"]
    while front:
        following = {change.after for change in allowed_changes(front.pop())} - reached
        reached |= following
        front += following
    assert reached == set(statuses().codes)
    assert all(
        "closed" in {change.after for change in allowed_changes(status)}
        for status in set(statuses().codes) - {"closed"}
    )


def test_transitions_closed_is_left_by_correction_alone() -> None:
    assert all(change.is_correction == (change.before == "closed") for change in transitions())
    assert all(change.needs_reason for change in transitions() if change.is_correction)
    assert all(change.needs_reason for change in transitions() if change.after == "closed")


@pytest.mark.parametrize("before", ["", *statuses().codes])
@pytest.mark.parametrize("after", statuses().codes)
def test_change_status_does_what_is_allowed_and_nothing_else(before: str, after: str) -> None:
    allowed = {change.after for change in allowed_changes(before)}
    station = entry(before)
    if after in allowed:
        changed = change_status(station, after, on=TODAY, today=TODAY, reason="checked")
        assert changed.status == after
        assert changed.verified == {"status": TODAY}
        assert station == entry(before)
    else:
        with pytest.raises(InputError, match=r"cannot become|already"):
            change_status(station, after, on=TODAY, today=TODAY, reason="checked")


@pytest.mark.parametrize("change", transitions(), ids=lambda c: f"{c.before}-{c.after}")
def test_change_status_wants_a_reason_where_the_list_says_so(change: Any) -> None:
    def do(reason: str) -> Entry:
        return change_status(
            entry(change.before), change.after, on=TODAY, today=TODAY, reason=reason
        )

    if change.needs_reason:
        with pytest.raises(InputError, match="needs a reason"):
            do(" \n")
    else:
        assert do("").status == change.after


def test_change_status_keeps_the_first_day_in_use() -> None:
    planned = entry("planned")
    trial = change_status(planned, "trial", on=date(2026, 1, 5), today=TODAY)
    opened = change_status(trial, "open", on=date(2026, 3, 1), today=TODAY)
    paused = change_status(opened, "paused", on=date(2026, 4, 1), today=TODAY, reason="装修")
    again = change_status(paused, "open", on=date(2026, 5, 1), today=TODAY)
    assert again.facts == {"opened_on": date(2026, 1, 5)}


def test_change_status_announced_opening_is_replaced_by_the_real_one() -> None:
    planned = entry("planned", opened_on=date(2026, 12, 1))
    assert change_status(planned, "open", on=TODAY, today=TODAY).facts["opened_on"] == TODAY
    dropped = change_status(planned, "closed", on=TODAY, today=TODAY, reason="no host")
    assert "opened_on" not in dropped.facts


def test_change_status_closing_and_taking_it_back() -> None:
    station = entry(opened_on=date(2020, 1, 1), area_m2=20.0)
    closed = change_status(station, "closed", on=TODAY, today=TODAY, reason=" 银行\n撤点 ")
    assert closed.facts == {
        "opened_on": date(2020, 1, 1),
        "area_m2": 20.0,
        "closed_on": TODAY,
        "closed_reason": "银行 撤点",
    }
    back = change_status(closed, "open", on=TODAY, today=TODAY, reason="wrong station")
    assert back.facts == station.facts


def test_change_status_opening_day_nobody_told_stays_unknown() -> None:
    paused = entry("paused")
    assert "opened_on" not in change_status(paused, "open", on=TODAY, today=TODAY).facts


def test_change_status_day_ahead_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"lies ahead of today.*override"):
        change_status(
            entry(), "paused", on=TODAY + timedelta(days=1), today=TODAY, reason="holiday"
        )


def test_change_status_day_before_opening_or_closing_is_refused() -> None:
    station = entry(opened_on=date(2026, 1, 1))
    with pytest.raises(InputError, match="before A opened on 2026-01-01"):
        change_status(station, "closed", on=date(2025, 1, 1), today=TODAY, reason="gone")
    closed = entry("closed", closed_on=date(2026, 5, 1), opened_on=date(2026, 1, 1))
    with pytest.raises(InputError, match="before A closed on 2026-05-01"):
        change_status(closed, "open", on=date(2026, 4, 1), today=TODAY, reason="mistake")


def test_change_status_time_instead_of_day_is_refused() -> None:
    when = datetime(2026, 1, 1, 8, tzinfo=UTC)
    with pytest.raises(InputError, match="a day, not a time"):
        change_status(entry(), "paused", on=when, today=TODAY, reason="x")


@pytest.mark.parametrize(
    ("to", "reason", "message"),
    [
        ("merged", "x", "unknown status 'merged'; expected one of planned"),
        ("open", "", "is open already"),
        ("planned", "x", "cannot become planned; expected paused, rectifying, closed"),
        ("closed", "x" * 201, "201 characters; expected at most 200"),
    ],
)
def test_change_status_bad_request_says_what_was_expected(
    to: str, reason: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        change_status(entry(), to, on=TODAY, today=TODAY, reason=reason)


def test_change_status_never_makes_a_check_older() -> None:
    station = replace(entry(), verified={"status": TODAY, "hours": date(2026, 1, 1)})
    changed = change_status(station, "paused", on=date(2026, 2, 1), today=TODAY, reason="x")
    assert changed.verified == {"status": TODAY, "hours": date(2026, 1, 1)}


@given(st.lists(st.tuples(st.sampled_from(statuses().codes), st.integers(0, 400)), max_size=12))
def test_change_status_any_history_keeps_the_days_in_order(wishes: list[tuple[str, int]]) -> None:
    station = entry("planned")
    for to, age_days in wishes:
        on = TODAY - timedelta(days=age_days)
        try:
            station = change_status(station, to, on=on, today=TODAY, reason="because")
        except InputError:
            continue
        opened, closed = station.facts.get("opened_on"), station.facts.get("closed_on")
        assert (closed is not None) == (station.status == "closed")
        assert opened is None or closed is None or opened <= closed <= TODAY
