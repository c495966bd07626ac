"""Counted visits; on both databases."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from geodata.tables import rows_from_records
from geodata.vocabulary import word_list
from locator.errors import InputError, NotFoundError, SchemaError
from locator.registry import Registry, models
from locator.registry.visits import (
    MOST_VISITS,
    VisitCount,
    VisitReport,
    VisitSum,
    add_visits,
    visits,
)

DAY = date(2026, 5, 6)
TODAY = date(2026, 5, 20)


@pytest.fixture
def registry(registry_place: str | Path) -> Iterator[Registry]:
    with Registry.open(registry_place, create=True) as opened:
        places = [{"name": name, "lon": 120 + ord(name) / 100, "lat": 32.0} for name in "AB"]
        rows = rows_from_records(places, source="list")
        opened.import_rows(rows, datum="wgs84", kind="rest_station")
        yield opened


@pytest.fixture
def code(registry: Registry) -> str:
    return registry.snapshot().code[0]


def add(registry: Registry, *rows: VisitCount) -> VisitReport:
    return add_visits(registry, rows, today=TODAY)


def totals(registry: Registry, code: str | None = None) -> dict[tuple[str, str], int]:
    return {
        (found.counted_by, found.visitors): found.count
        for found in visits(registry, code, DAY, TODAY)
    }


def test_counts_replace_themselves_and_all_are_accounted_for(registry: Registry, code: str) -> None:
    rows = [VisitCount(code, DAY, 7, "扫码", "环卫"), VisitCount(code, DAY, 0, "scan", "快递")]
    assert add(registry, *rows) == VisitReport(2, 0, 0)
    assert add(registry, *rows) == VisitReport(0, 0, 2)
    changed = VisitCount(code, DAY, 8, "scan", "sanitation")
    assert add(registry, changed, changed, rows[1]) == VisitReport(0, 1, 2)
    assert totals(registry) == {("scan", "courier"): 0, ("scan", "sanitation"): 8}


def test_unlike_ways_and_groups_are_never_added(registry: Registry, code: str) -> None:
    add(
        registry,
        VisitCount(code, DAY, 5, "scan"), VisitCount(code, DAY, 50, "estimate"),
        VisitCount(code, DAY, 3, "scan", "truck"),
    )  # fmt: skip
    assert totals(registry, code) == {
        ("estimate", "undivided"): 50, ("scan", "truck"): 3, ("scan", "undivided"): 5,
    }  # fmt: skip


def test_count_of_a_day_holds_before_its_hours(registry: Registry, code: str) -> None:
    other = registry.snapshot().code[1]
    next_day = DAY + timedelta(days=1)
    add(
        registry,
        VisitCount(code, DAY, 10, "device"), VisitCount(code, DAY, 4, "device", hour=8),
        VisitCount(code, next_day, 1, "device"), VisitCount(code, next_day, 2, "device", hour=0),
        VisitCount(other, DAY, 5, "device", hour=23), VisitCount(other, DAY, 6, "device", hour=22),
    )  # fmt: skip
    assert visits(registry, None, DAY, TODAY) == [
        VisitSum("device", "undivided", 22, station_days=3, stations=2, contradictions=1)
    ]
    assert totals(registry, code) == {("device", "undivided"): 11}


def test_days_are_both_included_and_none_is_not_zero(registry: Registry, code: str) -> None:
    add(registry, *(VisitCount(code, DAY + timedelta(days=day), 1, "manual") for day in range(5)))
    found = visits(registry, code, DAY + timedelta(days=1), DAY + timedelta(days=3))
    assert [(one.count, one.station_days) for one in found] == [(3, 3)]
    assert visits(registry, registry.snapshot().code[1], DAY, TODAY) == []


def test_visits_of_no_station_or_no_time_are_told(registry: Registry) -> None:
    with pytest.raises(NotFoundError):
        visits(registry, "NONE", DAY, TODAY)
    with pytest.raises(InputError, match="swap the two days"):
        visits(registry, None, TODAY, DAY)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"code": "NONE"}, "no station with code 'NONE'"),
        ({"day": TODAY + timedelta(days=1)}, "lies ahead"),
        ({"day": datetime(2026, 5, 6, 8)}, "is a time"),
        ({"count": -1}, "the count is -1"),
        ({"count": 1.5}, "the count is 1.5"),
        ({"count": True}, "the count is True"),
        ({"count": MOST_VISITS + 1}, "expected 0 to 100000"),
        ({"hour": 24}, "the hour is 24"),
        ({"hour": -1}, "the hour is -1"),
        ({"visitors": "王五"}, "'王五' is none of 环卫"),
        ({"counted_by": "?"}, "'?' is none of 扫码"),
    ],
)
def test_wrong_count_is_told_and_nothing_is_stored(
    registry: Registry, code: str, parts: dict[str, Any], problem: str
) -> None:
    good = VisitCount(code, DAY, 1, "scan")
    bad = VisitCount(**{"code": code, "day": DAY, "count": 1, "counted_by": "scan", **parts})
    with pytest.raises(SchemaError, match="row 2: ") as caught:
        add(registry, good, bad)
    assert problem in str(caught.value)
    assert totals(registry) == {}


def test_two_counts_of_one_cell_in_one_list_are_a_contradiction(
    registry: Registry, code: str
) -> None:
    with pytest.raises(SchemaError, match=r"row 2: .* has the counts 1 and 2"):
        add(registry, VisitCount(code, DAY, 1, "scan"), VisitCount(code, DAY, 2, "扫码"))


def test_nothing_to_add_is_nothing(registry: Registry) -> None:
    assert add(registry) == VisitReport(0, 0, 0)


def test_sums_equal_a_slow_count_whatever_the_order(registry: Registry) -> None:
    dice = random.Random(5)  # noqa: S311
    codes = registry.snapshot().code
    cells = {
        (
            dice.choice(codes), DAY + timedelta(days=dice.randrange(3)),
            dice.choice([None, 0, 8, 23]), dice.choice(word_list("visit_groups").codes),
            dice.choice(word_list("counted_bys").codes),
        ): dice.randrange(100)
        for _ in range(400)
    }  # fmt: skip
    rows = [VisitCount(c, d, n, way, who, hour) for (c, d, hour, who, way), n in cells.items()]
    dice.shuffle(rows)
    for start in range(0, len(rows), 50):
        add(registry, *rows[start : start + 50])
    slow: dict[tuple[str, str], int] = {}
    for code, day, who, way in {(c, d, who, way) for c, d, _, who, way in cells}:
        hours = sum(cells.get((code, day, hour, who, way), 0) for hour in (0, 8, 23))
        count = cells.get((code, day, None, who, way), hours)
        slow[way, who] = slow.get((way, who), 0) + count
    assert totals(registry) == slow


def test_there_is_no_place_for_a_person() -> None:
    assert {part.name for part in fields(VisitCount)} == {
        "code", "day", "hour", "visitors", "count", "counted_by",
    }  # fmt: skip


def test_database_refuses_what_slips_past(registry: Registry) -> None:
    cell = {"station_id": registry.entries()[0].id, "day": DAY, "hour": -1,
            "visitors": "other", "counted_by": "scan", "count": 1}  # fmt: skip
    for wrong in ([cell, cell], [cell | {"count": -1}], [cell | {"hour": 24}]):
        with pytest.raises(OSError, match="cannot be used"), registry.database.write() as db:
            db.execute(sa.insert(models.visit), wrong)
