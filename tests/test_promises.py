"""The union's own ranking of hosts by broken promises; on both databases."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from geodata.calendar import load_calendar
from geodata.tables import rows_from_records
from locator.errors import InputError
from locator.hours import Hours
from locator.registry import Actor, Registry
from locator.registry.promises import Promises, promises
from locator.registry.reports import answer, report
from locator.registry.witnesses import Witnesses

ROOT = Path(__file__).resolve().parent.parent
UNION = Actor("王工")
SINCE, TODAY = date(2026, 1, 1), date(2026, 12, 31)
TEN = datetime(2026, 5, 6, 10)


@pytest.fixture
def registry(registry_place: str | Path) -> Iterator[Registry]:
    with Registry.open(registry_place, create=True) as opened:
        yield opened


def bring(registry: Registry, name: str, hours: str = "每天 8:00-18:00", **facts: Any) -> str:
    place = {"name": name, "lon": 120 + ord(name) / 100, "lat": 32.0, "开放时间": hours}
    rows = rows_from_records([place], source="list")
    registry.import_rows(rows, datum="wgs84", kind="rest_station")
    code = next(s.code for s in registry.snapshot() if s.name == name)
    registry.edit(code, lambda entry: replace(entry, facts=facts), by=UNION)
    return code


def find_locked(
    registry: Registry, code: str, *days: int, outcome: str = "", times: int = 1
) -> None:
    """Reports on days after the first, and perhaps the host's answer to them."""
    witnesses = Witnesses()
    for day in days:
        for number in range(times):
            at = TEN + timedelta(days=day, minutes=number)
            report(
                registry, code, "locked", at=at, client=str(number), calendar=load_calendar(),
                witnesses=witnesses,
            )  # fmt: skip
    if outcome:
        answer(
            registry, code, by=UNION, outcome=outcome, at=TEN + timedelta(days=max(days), hours=1)
        )


def test_hosts_are_ranked_by_confirmed_days_for_station_and_month(registry: Registry) -> None:
    post = [bring(registry, name, operator="邮政", host_type="post") for name in "AB"]
    bank = bring(registry, "C", builder="银行", host_type="bank")
    bring(registry, "D", operator="无事")
    nobody = bring(registry, "E")
    find_locked(registry, post[0], 0, 1, outcome="closed", times=3)
    find_locked(registry, bank, 0, 1, outcome="closed")
    find_locked(registry, nobody, 0, 1, 2, outcome="closed")
    found = promises(registry, SINCE, TODAY)
    assert [one.host for one in found] == ["银行", "邮政", ""]
    assert [one.confirmed for one in found] == [2, 2, 3]
    assert [one.stations for one in found] == [1, 2, 1]
    assert found[1].host_types == ("post",)
    assert found[0].station_months == pytest.approx(365 / 30.4375)
    assert found[0].per_station_month == pytest.approx(2 * found[1].per_station_month)


def test_days_are_told_apart_by_what_the_answer_was(registry: Registry) -> None:
    code = bring(registry, "A", operator="邮政")
    find_locked(registry, code, 0, outcome="open")
    find_locked(registry, code, 1, 2, outcome="hours_wrong")
    find_locked(registry, code, 3, outcome="closed")
    find_locked(registry, code, 4, 5, 6)
    (one,) = promises(registry, SINCE, TODAY)
    assert (one.mistaken, one.excused, one.confirmed, one.unanswered) == (1, 2, 1, 3)


def test_closed_hours_unknown_hours_and_other_days_do_not_count(registry: Registry) -> None:
    code, vague = bring(registry, "A", operator="邮政"), bring(registry, "B", "", operator="邮政")
    find_locked(registry, vague, 0, outcome="closed")
    find_locked(registry, code, 0, outcome="closed")
    assert promises(registry, date(2026, 5, 7), TODAY) == []
    assert promises(registry, SINCE, date(2026, 5, 5)) == []
    (one,) = promises(registry, TEN.date(), TEN.date())
    assert (one.stations, one.confirmed, one.station_months) == (1, 1, 1.0)


def test_day_with_several_answers_counts_once_as_the_worst(registry: Registry) -> None:
    code = bring(registry, "A", operator="邮政")
    find_locked(registry, code, 0, outcome="open")
    witnesses = Witnesses()
    report(
        registry, code, "locked", at=TEN.replace(hour=14), client="x", calendar=load_calendar(),
        witnesses=witnesses,
    )  # fmt: skip
    answer(registry, code, by=UNION, outcome="closed", at=TEN.replace(hour=15))
    (one,) = promises(registry, SINCE, TODAY)
    assert (one.confirmed, one.mistaken) == (1, 0)


def test_broken_promise_counts_after_the_hours_were_taken_back(registry: Registry) -> None:
    code = bring(registry, "A", operator="邮政")
    find_locked(registry, code, 0, outcome="closed")
    registry.edit(code, lambda entry: replace(entry, hours="", opening=Hours()), by=UNION)
    (one,) = promises(registry, SINCE, TODAY)
    assert (one.stations, one.confirmed) == (1, 1)


def test_time_of_a_station_begins_and_ends_with_it(registry: Registry) -> None:
    code = bring(
        registry, "A", operator="邮政", opened_on=date(2026, 3, 1), closed_on=date(2026, 8, 31)
    )
    find_locked(registry, code, 0, outcome="closed")
    (one,) = promises(registry, SINCE, TODAY)
    assert one.station_months == pytest.approx(184 / 30.4375)


def test_days_in_the_wrong_order_are_refused(registry: Registry) -> None:
    with pytest.raises(InputError, match="swap the two days"):
        promises(registry, TODAY, SINCE)


def test_ranking_says_that_it_is_internal() -> None:
    for thing in (Promises, promises):
        assert (thing.__doc__ or "").startswith("INTERNAL.")


def test_nothing_that_the_public_reaches_knows_the_ranking() -> None:
    # the command line shows it to staff; pages, exports and snapshots may not
    users = set()
    for floor in ("geodata", "locator", "webapp"):
        for path in (ROOT / floor).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom):
                    names = [node.module or "", *(alias.name for alias in node.names)]
                elif isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                else:
                    continue
                if any("promises" in name.split(".") for name in names):
                    users.add(str(path.relative_to(ROOT)))
    assert users == {"locator/history_commands.py"}
