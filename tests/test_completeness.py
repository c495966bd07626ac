"""What records lack and what is due: rules, order, and the words for an age."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.equipment import Equipment
from geodata.fields import fields
from geodata.vocabulary import statuses
from locator.errors import InputError
from locator.hours import Hours, Override, Rule
from locator.registry.ages import age_text
from locator.registry.completeness import (
    REASONS,
    due_day,
    is_known,
    measure_completeness,
    missing_fields,
    work_list,
)
from locator.registry.entries import CORE, Entry

TODAY = date(2026, 11, 23)
OPENING = Hours((Rule(127, 480, 1080),), known=True)


def entry(**known: Any) -> Entry:
    plain: dict[str, Any] = {"kind": "rest_station", "lon_deg": 120.9, "lat_deg": 32.0}
    plain |= {"lon_raw": 120.9, "lat_raw": 32.0, "datum_raw": "wgs84"}
    return Entry(**(plain | {"code": "A", "status": "open"} | known))


def complete(**known: Any) -> Entry:
    """A station of which all that is mandatory is known, checked today."""
    core: dict[str, Any] = {
        "code": "A", "name": "世伦桥爱心服务站", "district_code": "320613", "address": "桃坞路44号",
        "phone": "0513-1", "hours": "8:00-18:00", "opening": OPENING, "access_scope": "public",
        "access_mode": "walk_in", "status": "open", "verified": {"": TODAY},
    }  # fmt: skip
    facts = {
        field.name: "basic" if field.name == "subtype" else "known"
        for field in fields().values()
        if field.mandatory and field.name not in CORE
    }
    return entry(**(core | {"facts": facts} | known))


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def found(tasks: list[Any]) -> list[tuple[str, str]]:
    return [(task.field, task.reason) for task in tasks]


# -- what is missing ---------------------------------------------------------------------------


def test_missing_fields_of_a_complete_record_are_none() -> None:
    assert missing_fields(complete()) == ()
    assert work_list([complete()], TODAY) == []


@pytest.mark.parametrize("name", [f.name for f in fields().values() if f.mandatory])
def test_missing_fields_each_mandatory_one_is_told(name: str) -> None:
    if name == "kind":
        return  # no entry is without
    station = complete()
    if name in CORE:
        station = replace(station, **{name: ""})
        if name == "hours":
            station = replace(station, opening=Hours())
    else:
        station = replace(
            station, facts={key: fact for key, fact in station.facts.items() if key != name}
        )
    assert missing_fields(station) == (name,)


def test_missing_fields_of_a_bare_position_are_nearly_all_of_them() -> None:
    mandatory = [field.name for field in fields().values() if field.mandatory]
    known = {"kind", "code", "status"}
    assert missing_fields(entry()) == tuple(name for name in mandatory if name not in known)


def test_missing_fields_made_name_is_no_name() -> None:
    assert missing_fields(complete(name_made=True)) == ("name",)


@pytest.mark.parametrize(("value", "known"), [(0, True), (False, True), ((), False), ({}, False)])
def test_is_known_zero_and_no_are_knowledge(value: Any, known: bool) -> None:
    assert is_known(entry(facts={"capacity": value}), "capacity") is known


def test_measure_completeness_counts_each_field_and_leaves_out_closed_ones() -> None:
    stations = [complete(), complete(phone=""), complete(phone="", address=""),
                entry(status="closed")]  # fmt: skip
    measured = measure_completeness(stations)
    assert (measured.stations, measured.complete) == (3, 1)
    assert list(measured.missing.items()) == [("phone", 2), ("address", 1)]


# -- what is due -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_days", "due"), [(0, False), (89, False), (90, True), (91, True), (400, True)]
)
def test_work_list_hours_are_due_on_the_day_of_their_interval(age_days: int, due: bool) -> None:
    assert fields()["hours"].recheck == 90
    station = complete(verified={"": TODAY, "hours": days_ago(age_days)})
    tasks = work_list([station], TODAY)
    assert found(tasks) == ([("hours", "due")] if due else [])
    if due:
        assert tasks[0].overdue_days(TODAY) == age_days - 90
        assert tasks[0].checked_on == days_ago(age_days)


def test_work_list_own_date_goes_before_that_of_the_record() -> None:
    old = days_ago(1000)
    each = dict.fromkeys(fields(), TODAY)
    assert work_list([complete(verified={"": old} | each)], TODAY) == []
    due = {task.field for task in work_list([complete(verified={"": old})], TODAY)}
    with_value = {f.name for f in fields().values() if f.recheck and is_known(complete(), f.name)}
    assert due == with_value


def test_work_list_station_at_risk_is_checked_twice_as_often() -> None:
    checked = {"": TODAY, "hours": days_ago(50)}
    assert work_list([complete(verified=checked)], TODAY) == []
    for status in ("trial", "rectifying"):
        station = complete(verified=checked, status=status)
        assert found(work_list([station], TODAY)) == [("hours", "due")]
    assert due_day(complete(verified=checked), "hours", at_risk=True) == days_ago(5)
    assert due_day(complete(verified=checked), "town") is None
    assert due_day(complete(verified={}), "hours") is None


def test_work_list_disputed_comes_first_and_once() -> None:
    doubtful = complete(code="Z", facts=complete().facts | {"disputed_on": days_ago(2)})
    unknown = complete(code="B", opening=Hours(), hours="随时")
    broken = complete(code="C", equipment={"WATER": Equipment(condition="broken")})
    old = complete(code="D", verified={"": TODAY, "phone": days_ago(300)})
    blank = complete(code="E", phone="")
    tasks = work_list([blank, old, broken, unknown, doubtful], TODAY)
    assert [task.code for task in tasks] == ["Z", "B", "C", "D", "E"]
    assert found(tasks) == [
        ("hours", "disputed"),
        ("hours", "hours_unknown"),
        ("WATER", "broken"),
        ("phone", "due"),
        ("phone", "missing"),
    ]
    assert found(work_list([complete()], TODAY, disputed=["A"])) == [("hours", "disputed")]


def test_work_list_longest_overdue_first_within_a_reason() -> None:
    stations = [
        complete(code=code, verified={"": TODAY, "hours": days_ago(age)})
        for code, age in (("A", 100), ("B", 300), ("C", 200), ("D", 200))
    ]
    assert [task.code for task in work_list(stations, TODAY)] == ["B", "C", "D", "A"]


def test_work_list_never_checked_and_checked_tomorrow() -> None:
    never = work_list([complete(verified={})], TODAY)
    assert {task.reason for task in never} == {"never_checked"}
    ahead = work_list([complete(verified={"": TODAY, "hours": days_ago(-1)})], TODAY)
    assert found(ahead) == [("hours", "date_ahead")]


@pytest.mark.parametrize("status", ["planned", "paused"])
def test_work_list_out_of_use_only_the_status_grows_old(status: str) -> None:
    station = complete(status=status, verified={"": days_ago(1000)}, opening=Hours())
    assert found(work_list([station], TODAY)) == [("status", "due")]


def test_work_list_closed_stations_make_no_work() -> None:
    assert work_list([entry(status="closed")], TODAY, disputed=["A"]) == []


def test_work_list_unknown_status_may_be_in_use() -> None:
    assert ("hours", "hours_unknown") in found(work_list([entry(status="")], TODAY))


def test_work_list_announced_opening_that_passed() -> None:
    facts = complete().facts | {"opened_on": TODAY}
    assert found(work_list([complete(status="planned", facts=facts)], TODAY)) == [
        ("status", "opening_passed")
    ]
    later = facts | {"opened_on": days_ago(-1)}
    assert work_list([complete(status="planned", facts=later)], TODAY) == []


@pytest.mark.parametrize(("days", "listed"), [(-1, False), (0, True), (7, True), (8, False)])
def test_work_list_override_is_listed_in_its_last_week(days: int, listed: bool) -> None:
    ends = datetime.combine(TODAY, datetime.min.time()) + timedelta(days=days, hours=8)
    override = Override(ends - timedelta(days=30), ends, open=False, reason="装修")
    station = complete(opening=replace(OPENING, overrides=(override,)))
    assert found(work_list([station], TODAY)) == ([("hours", "override_ends")] if listed else [])


def test_work_list_sub_kind_of_another_kind_is_a_contradiction() -> None:
    facts = complete().facts | {"subtype": "riders"}
    assert found(work_list([complete(facts=facts)], TODAY)) == [("subtype", "contradiction")]


def test_work_list_fields_of_other_kinds_are_not_asked_for() -> None:
    assert work_list([complete(facts=complete().facts | {"beds": 3})], TODAY) == []


DAYS = st.integers(-3, 800).map(days_ago)
ENTRIES = st.builds(
    entry,
    code=st.sampled_from("ABCDEF"),
    status=st.sampled_from(["", *statuses().codes]),
    hours=st.sampled_from(["", "8:00-18:00"]),
    phone=st.sampled_from(["", "1"]),
    opening=st.sampled_from([Hours(), OPENING]),
    verified=st.dictionaries(st.sampled_from(["", "hours", "phone", "status"]), DAYS),
    facts=st.fixed_dictionaries({}, optional={"disputed_on": DAYS, "opened_on": DAYS}),
)


@given(st.lists(ENTRIES, max_size=5, unique_by=lambda e: e.code), st.randoms())
def test_work_list_is_ordered_and_the_same_whatever_the_order_of_stations(
    stations: list[Entry], random: Any
) -> None:
    tasks = work_list(stations, TODAY)
    ranks = [(REASONS.index(task.reason), -task.overdue_days(TODAY)) for task in tasks]
    assert ranks == sorted(ranks)
    assert max(Counter((task.code, task.field) for task in tasks).values(), default=1) == 1
    shuffled = random.sample(stations, len(stations))
    assert work_list(shuffled, TODAY) == tasks


@given(ENTRIES, st.integers(0, 400))
def test_work_list_waiting_makes_no_task_vanish_but_that_of_a_date_ahead(
    station: Entry, days: int
) -> None:
    lasting = {"disputed", "hours_unknown", "due", "never_checked", "missing", "opening_passed"}
    now = {(t.code, t.field) for t in work_list([station], TODAY) if t.reason in lasting}
    later = {(t.code, t.field) for t in work_list([station], TODAY + timedelta(days=days))}
    assert now <= later


# -- words for an age --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "zh", "en"),
    [
        (0, "今天核验", "checked today"),
        (1, "1天前核验", "checked 1 day ago"),
        (13, "13天前核验", "checked 13 days ago"),
        (14, "2周前核验", "checked 2 weeks ago"),
        (21, "3周前核验", "checked 3 weeks ago"),
        (60, "8周前核验", "checked 8 weeks ago"),
        (61, "2个月前核验", "checked 2 months ago"),
        (730, "23个月前核验", "checked 23 months ago"),
        (731, "2年前核验", "checked 2 years ago"),
        (-1, "核验日期有误", "checked on a day that lies ahead"),
        (None, "从未核验", "never checked"),
    ],
)
def test_age_text_in_both_languages(days: int | None, zh: str, en: str) -> None:
    checked = None if days is None else days_ago(days)
    assert age_text("hours", checked, TODAY, "zh") == f"开放时间{zh}"
    assert age_text("hours", checked, TODAY) == f"Opening hours {en}"
    assert age_text("", checked, TODAY, "zh") == f"资料{zh}"


def test_age_text_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="zh or en"):
        age_text("hours", TODAY, TODAY, "fr")
