"""Visits: how many people came to a station, by day, group of workers and way of counting.

There is no place for a person in it. Counts of unlike ways (scanned codes, a device at the door, an
estimate) are never added up, and no count is unknown, not zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.vocabulary import word_list
from locator.errors import InputError, SchemaError
from locator.registry import models
from locator.registry.batches import station_id

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.store import Registry

_WHOLE_DAY = -1
_HOURS = range(24)
# More people than go to any station in a day; beyond it a number is a slip, or an account number.
MOST_VISITS = 100_000


@dataclass(frozen=True, slots=True)
class VisitCount:
    """How many people of a group came to a station.

    Parameters
    ----------
    hour
        0 to 23, None for the whole day.
    visitors
        Code or a known word of the list `visit_groups`.
    counted_by
        Code or a known word of `counted_bys`.
    """

    code: str
    day: date
    count: int
    counted_by: str
    visitors: str = "undivided"
    hour: int | None = None


@dataclass(frozen=True, slots=True)
class VisitReport:
    """What became of counts: `added + updated + unchanged` is how many there were."""

    added: int
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class VisitSum:
    """Visits of one group, counted in one way.

    Sums of unlike `counted_by` are not comparable. "undivided" may hold people that were counted by
    group as well.

    Parameters
    ----------
    station_days
        Days with a count, of all stations together; other days are unknown, not zero.
    stations
        Stations with a count.
    contradictions
        Days whose hours add up to more than the count of the whole day, which was taken.
    """

    counted_by: str
    visitors: str
    count: int
    station_days: int
    stations: int
    contradictions: int


_Cell = tuple[int, date, int, str, str]  # station, day, hour, visitors, counted by


def add_visits(registry: Registry, rows: Iterable[VisitCount], *, today: date) -> VisitReport:
    """Store counts; one for the same station, day, hour, group and way replaces the old one.

    Parameters
    ----------
    today
        Day in the city's time zone; nobody came later.

    Raises
    ------
    SchemaError
        Everything that is wrong with the rows; nothing is stored.
    """
    counted = list(rows)
    with registry.database.write() as connection:
        query = sa.select(models.station.c.code, models.station.c.id)
        stations = {row.code: row.id for row in connection.execute(query)}
        cells = _cells(counted, stations, today)
        stored = _stored(connection, {cell[0] for cell in cells}, {cell[1] for cell in cells})
        new = [(cell, count) for cell, count in cells.items() if cell not in stored]
        other = [
            {"key": stored[cell][0], "value": count}
            for cell, count in cells.items()
            if cell in stored and stored[cell][1] != count
        ]
        table = models.visit
        if new:
            names = ("station_id", "day", "hour", "visitors", "counted_by")
            values = [{**dict(zip(names, cell, strict=True)), "count": n} for cell, n in new]
            connection.execute(sa.insert(table), values)
        if other:
            same = table.c.id == sa.bindparam("key")
            connection.execute(
                sa.update(table).where(same).values(count=sa.bindparam("value")), other
            )
    return VisitReport(len(new), len(other), len(counted) - len(new) - len(other))


def visits(registry: Registry, code: str | None, first: date, last: date) -> list[VisitSum]:
    """Visits from one day to another, both included, by way of counting and group.

    Parameters
    ----------
    code
        A station, None for all of them.

    Raises
    ------
    NotFoundError
        There is no such station.
    InputError
        The first day lies after the last.

    Notes
    -----
    A count of the whole day holds before counts of its hours.
    """
    if first > last:
        raise InputError(f"asked for visits from {first} to {last}: swap the two days")
    table = models.visit
    query = sa.select(table).where(table.c.day.between(first, last))
    with registry.database.read() as connection:
        if code is not None:
            query = query.where(table.c.station_id == station_id(connection, code))
        rows = connection.execute(query).all()
    days: dict[tuple[str, str], dict[tuple[int, date], dict[int, int]]]
    days = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        days[row.counted_by, row.visitors][row.station_id, row.day][row.hour] = row._mapping[
            "count"
        ]
    return [_sum(way, visitors, days[way, visitors]) for way, visitors in sorted(days)]


def _sum(way: str, visitors: str, days: Mapping[tuple[int, date], dict[int, int]]) -> VisitSum:
    total = contradictions = 0
    for hours in days.values():
        by_hour = sum(count for hour, count in hours.items() if hour != _WHOLE_DAY)
        whole = hours.get(_WHOLE_DAY, by_hour)
        total += whole
        contradictions += by_hour > whole
    stations = {station for station, _ in days}
    return VisitSum(way, visitors, total, len(days), len(stations), contradictions)


def _cells(
    rows: Sequence[VisitCount], stations: Mapping[str, int], today: date
) -> dict[_Cell, int]:
    """Counts by cell."""
    cells: dict[_Cell, int] = {}
    problems: list[str] = []
    for number, row in enumerate(rows, 1):
        wrong = _problems(row, stations, today)
        visitors = _code("visit_groups", row.visitors, wrong)
        way = _code("counted_bys", row.counted_by, wrong)
        if not wrong:
            hour = _WHOLE_DAY if row.hour is None else row.hour
            cell = (stations[row.code], row.day, hour, visitors, way)
            if cells.setdefault(cell, row.count) != row.count:
                wrong.append(
                    f"{row.code} on {row.day} has the counts {cells[cell]} and {row.count}"
                )
        problems += [f"row {number}: {problem}" for problem in wrong]
    if problems:
        raise SchemaError(problems)
    return cells


def _problems(row: VisitCount, stations: Mapping[str, int], today: date) -> list[str]:
    """What is wrong with one count, words left out."""
    found = []
    if row.code not in stations:
        found.append(f"no station with code {row.code!r}")
    if isinstance(row.day, datetime) or row.day > today:
        found.append(f"the day {row.day} is a time or lies ahead of today, {today}")
    if not _is_whole(row.count) or not 0 <= row.count <= MOST_VISITS:
        found.append(f"the count is {row.count!r}, expected 0 to {MOST_VISITS}")
    if row.hour is not None and not (_is_whole(row.hour) and row.hour in _HOURS):
        found.append(f"the hour is {row.hour!r}, expected 0 to 23 or none for the whole day")
    return found


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _stored(
    connection: Connection, stations: set[int], days: set[date]
) -> dict[_Cell, tuple[int, int]]:
    """Number and count of the cells of some stations and days, and of some more."""
    if not days:
        return {}
    table = models.visit
    query = sa.select(table).where(table.c.day.between(min(days), max(days)))
    return {
        (row.station_id, row.day, row.hour, row.visitors, row.counted_by): (
            row.id,
            row._mapping["count"],
        )
        for row in connection.execute(query)
        if row.station_id in stations
    }


def _code(name: str, word: str, problems: list[str]) -> str:
    """Code of a word, "" with one problem more where it means nothing."""
    terms = word_list(name)
    code = terms.parse(word)
    if code is None:
        known = "、".join(term.zh for term in terms)
        problems.append(f"{word!r} is none of {known}")
    return code or ""
