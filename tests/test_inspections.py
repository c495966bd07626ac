"""Inspections of stations, and what is overdue; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from geodata.checklists import find_checklist
from geodata.tables import rows_from_records
from locator.errors import InputError, NotFoundError, SchemaError
from locator.registry import Actor, Registry
from locator.registry.checklists import score
from locator.registry.inspections import (
    Inspection,
    add_inspection,
    inspected_items,
    inspections,
    overdue,
)
from locator.registry.lifecycle import change_status

UNION = Actor("李工")
TODAY = date(2026, 5, 20)
DAY = date(2026, 5, 6)
DUE = date(2026, 5, 16)


@pytest.fixture
def registry(registry_place: str | Path) -> Iterator[Registry]:
    with Registry.open(registry_place, create=True) as opened:
        yield opened


@pytest.fixture
def code(registry: Registry) -> str:
    return bring(registry)


def bring(registry: Registry, name: str = "A", kind: str = "rest_station") -> str:
    place = {"name": name, "lon": 120 + ord(name) / 100, "lat": 32.0}
    registry.import_rows(rows_from_records([place], source="list"), datum="wgs84", kind=kind)
    return next(s.code for s in registry.snapshot() if s.name == name)


def passed(code: str, **parts: Any) -> Inspection:
    return replace(Inspection(code, DAY, "赵", "passed"), **parts)


def failed(code: str, **parts: Any) -> Inspection:
    return replace(Inspection(code, DAY, "赵", "rectify", ("not_open",), DUE), **parts)


def add(registry: Registry, inspection: Inspection, today: date = TODAY) -> Inspection:
    return add_inspection(registry, inspection, by=UNION, today=today)


def test_inspection_comes_back_with_codes_for_words(registry: Registry, code: str) -> None:
    made = add(
        registry,
        Inspection(
            code, DAY, " 赵 ", "限期整改", ("未按时开放", "物资短缺", "supplies"), DUE,
            "eight_one", {"water": True, "fridge": False}, "IMG_1.jpg",
        ),
    )  # fmt: skip
    assert inspections(registry, code) == [made]
    assert (made.result, made.reasons, made.inspector) == (
        "rectify",
        ("not_open", "supplies"),
        "赵",
    )
    assert (made.due, made.items, made.photo) == (
        DUE,
        {"water": True, "fridge": False},
        "IMG_1.jpg",
    )
    assert made.id > 0


def test_rectify_changes_the_status_with_its_history(registry: Registry, code: str) -> None:
    add(registry, failed(code))
    assert registry.entry(code).status == "rectifying"
    change = registry.changes(code)[-1]
    assert (change.batch.who, change.batch.action) == ("李工", "inspection")
    assert "未按时开放" in change.batch.why
    assert str(DUE) in change.batch.why
    version = registry.version
    add(registry, failed(code, day=DAY + timedelta(days=1)))  # it is rectifying already
    assert registry.version == version


def test_passing_and_losing_the_sign_change_no_status(registry: Registry, code: str) -> None:
    version = registry.version
    add(registry, passed(code))
    add(registry, Inspection(code, DAY, "赵", "摘牌", ("投诉未整改",)))
    assert registry.version == version
    assert registry.entry(code).status == "open"


def test_inspection_entered_late_changes_no_status(registry: Registry, code: str) -> None:
    add(registry, passed(code, day=DAY + timedelta(days=1)))
    add(registry, failed(code))
    assert registry.entry(code).status == "open"
    assert [made.result for made in inspections(registry, code)] == ["rectify", "passed"]
    assert overdue(registry, TODAY) == []


def test_second_inspection_of_a_day_is_the_newer(registry: Registry, code: str) -> None:
    add(registry, passed(code))
    add(registry, failed(code))
    assert registry.entry(code).status == "rectifying"


def test_closed_station_cannot_be_put_right_and_nothing_is_kept(
    registry: Registry, code: str
) -> None:
    close(registry, code)
    with pytest.raises(InputError, match="cannot become rectifying"):
        add(registry, failed(code))
    assert inspections(registry, code) == []


def close(registry: Registry, code: str) -> None:
    def change(entry: Any) -> Any:
        return change_status(entry, "closed", on=DAY, today=TODAY, reason="拆除")

    registry.edit(code, change, by=UNION)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"result": "fine?"}, "'fine?' is none of 合格、限期整改"),
        ({"reasons": ("bad",)}, "'bad' is none of 未按时开放"),
        ({"reasons": ()}, "needs a reason"),
        ({"due": None}, "a day after 2026-05-06; got None"),
        ({"due": DAY}, "a day after 2026-05-06; got 2026-05-06"),
        ({"result": "passed", "due": None}, "it passed, and yet"),
        ({"result": "star_down"}, "has no day to put things right by"),
        ({"inspector": " "}, "nobody is named"),
        ({"photo": "x" * 201}, "longer than 200"),
        ({"day": TODAY + timedelta(days=1)}, "lies ahead of today"),
        ({"day": datetime(2026, 5, 6, 9)}, "is a time"),
        ({"items": {"water": True}}, "without a checklist"),
        ({"checklist": "eight_one", "items": {"gold": True}}, "'gold' is no item"),
        ({"checklist": "eight_one", "items": {"water": None}}, "expected yes or no"),
    ],
)
def test_inspection_that_contradicts_itself_is_refused(
    registry: Registry, code: str, parts: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SchemaError) as caught:
        add(registry, failed(code, **parts))
    assert any(problem in told for told in caught.value.problems)
    assert inspections(registry, code) == []
    assert registry.entry(code).status == "open"


def test_all_that_is_wrong_is_told_at_once(registry: Registry, code: str) -> None:
    with pytest.raises(SchemaError) as caught:
        add(registry, failed(code, inspector="", reasons=(), due=None))
    assert len(caught.value.problems) == 3


def test_inspection_of_no_station_or_by_a_strange_list_is_told(
    registry: Registry, code: str
) -> None:
    with pytest.raises(NotFoundError):
        add(registry, passed("NONE"))
    with pytest.raises(NotFoundError):
        inspections(registry, "NONE")
    with pytest.raises(InputError, match="unknown checklist 'x'"):
        add(registry, passed(code, checklist="x"))
    other = bring(registry, "B", "worker_home")
    with pytest.raises(SchemaError, match="is not for"):
        add(registry, passed(other, checklist="eight_one"))


def test_overdue_begins_the_day_after_and_ends_with_the_next_inspection(
    registry: Registry, code: str
) -> None:
    other = bring(registry, "B")
    first = add(registry, failed(code))
    second = add(registry, failed(other, due=DUE - timedelta(days=1)))
    assert overdue(registry, DUE - timedelta(days=1)) == []
    assert overdue(registry, DUE) == [second]
    assert overdue(registry, TODAY) == [second, first]
    add(registry, failed(code, day=DAY + timedelta(days=12), due=TODAY))  # another chance
    assert overdue(registry, TODAY) == [second]
    add(registry, passed(other))  # on the same day, but later
    assert overdue(registry, TODAY) == []


def test_overdue_leaves_out_closed_stations(registry: Registry, code: str) -> None:
    add(registry, failed(code))
    close(registry, code)
    assert overdue(registry, TODAY) == []


def test_answers_of_inspections_feed_the_checklists(registry: Registry, code: str) -> None:
    newer = {"water": False, "fridge": True}
    add(registry, passed(code, day=DAY + timedelta(days=2), checklist="eight_one", items=newer))
    older = {"water": True, "seat": True}
    add(registry, passed(code, checklist="eight_one", items=older))
    add(registry, passed(code))
    told = inspected_items(registry, "eight_one")
    assert told == {code: {"water": False, "fridge": True, "seat": True}}
    judged = score(registry.entry(code), find_checklist("eight_one"), told[code])
    assert (judged.items["water"], judged.items["seat"]) == (False, True)
    assert inspected_items(registry, next(c for c in ("six_have", "eight_have") if c)) == {}
