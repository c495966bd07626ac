"""INTERNAL. Which hosts break the promise of their posted hours; for the union's own eyes.

Hosts are volunteers, and what is counted here are taps of strangers that a telephone call has
confirmed or not: good for deciding whom to help first, unfit for any list that the public reads. No
page, export or snapshot uses this module, and a test watches that none does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from locator.errors import InputError
from locator.registry import models
from locator.registry.disputes import ACCEPTED, PROMISED
from locator.registry.reports import OUTCOMES

if TYPE_CHECKING:
    from locator.registry.store import Registry

_MONTH_DAYS = 30.4375  # a twelfth of 365.25
# What one day at one station counts as, where its reports were answered differently: the first.
_STRONGEST = (OUTCOMES["closed"], ACCEPTED, OUTCOMES["hours_wrong"], OUTCOMES["open"])


@dataclass(frozen=True, slots=True)
class Promises:
    """INTERNAL. How one host kept its posted hours, as far as workers told.

    Days are counted, not reports: many taps at one locked door are one broken promise.

    Parameters
    ----------
    host
        Who operates the stations, else who built them; "" where neither is known.
    host_types
        Their types, in order.
    stations
        Stations with known hours, or with such a report.
    station_months
        Time those stations were there, one month each at least: a single bad day does not make a
        new station the worst.
    confirmed
        Days on which a station was locked in posted hours, as its host admitted.
    unanswered
        Days that nobody has phoned about yet: they may be mistakes.
    excused, mistaken
        Days on which the posted hours were wrong, or the door was open after all.
    """

    host: str
    host_types: tuple[str, ...]
    stations: int
    station_months: float
    confirmed: int
    unanswered: int
    excused: int
    mistaken: int

    @property
    def per_station_month(self) -> float:
        """Confirmed days for each station and month."""
        return self.confirmed / self.station_months


def promises(registry: Registry, since: date, today: date) -> list[Promises]:
    """INTERNAL. Hosts of which somebody found a door locked in posted hours, the worst first.

    Parameters
    ----------
    since, today
        First and last day that count.

    Returns
    -------
    list of Promises
        By confirmed days for each station and month, then unanswered ones, then name; stations
        whose host nobody knows come last, since they are no one's.

    Raises
    ------
    InputError
        The first day lies after the last.
    """
    if since > today:
        raise InputError(f"asked for promises from {since} to {today}: swap the two days")
    report, station = models.report, models.station
    columns = ("id", "operator", "builder", "host_type", "hours_known", "opened_on", "closed_on")
    with registry.database.read() as connection:
        seen = connection.execute(
            sa.select(report.c.station_id, report.c.at, report.c.moderation).where(
                PROMISED,
                report.c.moderation.in_(_STRONGEST),
                report.c.at >= datetime.combine(since, time()),
                report.c.at < datetime.combine(today + timedelta(days=1), time()),
            )
        ).all()
        rows = connection.execute(sa.select(*(station.c[name] for name in columns))).all()
    verdicts = _verdicts(seen)
    hosts: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if row.hours_known or row.id in verdicts:
            hosts[row.operator or row.builder or ""].append(row)
    found = [
        _summary(host, stations, verdicts, since, today)
        for host, stations in hosts.items()
        if any(row.id in verdicts for row in stations)
    ]
    return sorted(
        found, key=lambda one: (not one.host, -one.per_station_month, -one.unanswered, one.host)
    )


def _verdicts(seen: Iterable[Any]) -> dict[int, list[str]]:
    """What each day with reports came to, by station."""
    days: dict[tuple[int, date], list[str]] = defaultdict(list)
    for row in seen:
        days[row.station_id, row.at.date()].append(row.moderation)
    verdicts: dict[int, list[str]] = defaultdict(list)
    for (station, _), states in days.items():
        verdicts[station].append(min(states, key=_STRONGEST.index))
    return dict(verdicts)


def _summary(
    host: str, rows: list[Any], verdicts: dict[int, list[str]], since: date, today: date
) -> Promises:
    told = [verdict for row in rows for verdict in verdicts.get(row.id, ())]
    confirmed, unanswered, excused, mistaken = (told.count(verdict) for verdict in _STRONGEST)
    return Promises(
        host=host,
        host_types=tuple(sorted({row.host_type for row in rows if row.host_type})),
        stations=len(rows),
        station_months=sum(_months(row, since, today) for row in rows),
        confirmed=confirmed,
        unanswered=unanswered,
        excused=excused,
        mistaken=mistaken,
    )


def _months(row: Any, since: date, today: date) -> float:
    """Months that a station was there; from the first day where its opening is not known."""
    first = max(since, row.opened_on or since)
    last = min(today, row.closed_on or today)
    return max(1.0, ((last - first).days + 1) / _MONTH_DAYS)
