"""What somebody has to do at a station: phone its host, look at its equipment, find it.

A station has one open task of a kind at most. Times are local times of the city without a zone, as
in `locator.hours`, and in whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from locator.errors import ConflictError, InputError, NotFoundError
from locator.registry import models

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.store import Registry

PHONE_HOST = "phone_host"
CHECK_EQUIPMENT = "check_equipment"
CHECK_POSITION = "check_position"
REVIEW_REPORTS = "review_reports"
KINDS = (PHONE_HOST, CHECK_EQUIPMENT, CHECK_POSITION, REVIEW_REPORTS)

WITHDRAWN = "withdrawn"  # outcome of a task whose every report was rejected
REVIEWED = "reviewed"  # each held report was accepted or rejected


@dataclass(frozen=True, slots=True)
class StationTask:
    """One task at a station.

    Parameters
    ----------
    what
        One of `KINDS`.
    reason
        What led to it, with counts.
    due
        Day by which it should be done, None where none is set.
    done_at, done_by, outcome
        None, "" and "" while it is open.
    """

    id: int
    code: str
    name: str
    district_code: str
    what: str
    reason: str
    opened_at: datetime
    due: date | None
    done_at: datetime | None
    done_by: str
    outcome: str


def tasks(
    registry: Registry, *, open_only: bool = True, code: str | None = None
) -> list[StationTask]:
    """Tasks in the order of their opening; all of them, or those of one station.

    Notes
    -----
    For the union: the words of an outcome are not meant for the public.
    """
    with registry.database.read() as connection:
        query = _query()
        if open_only:
            query = query.where(models.task.c.done_at.is_(None))
        if code is not None:
            query = query.where(models.station.c.code == code)
        return [StationTask(**row._mapping) for row in connection.execute(query)]


def find_task(connection: Connection, task_id: int) -> tuple[StationTask, int]:
    """An open task, and the key of its station.

    Raises
    ------
    NotFoundError
        There is no such task.
    ConflictError
        It is done.
    """
    query = _query().add_columns(models.task.c.station_id).where(models.task.c.id == task_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"no task has the number {task_id}")
    cells = dict(row._mapping)
    station = int(cells.pop("station_id"))
    task = StationTask(**cells)
    if task.done_at is not None:
        who = task.done_by or "the reports' review"
        raise ConflictError(f"task {task_id} was done at {task.done_at:%Y-%m-%d %H:%M} by {who}")
    return task, station


def keep_task(
    connection: Connection, station: int, what: str, reason: str, now: datetime, *, who: str = ""
) -> None:
    """Open a task of a kind, give the open one its reason, or end it where none is left.

    Parameters
    ----------
    reason
        "" where nothing calls for the task.
    who
        Whose decision left no reason.
    """
    table = models.task
    same = _open_task(station, what)
    if not reason:
        outcome = REVIEWED if what == REVIEW_REPORTS else WITHDRAWN
        values = {"done_at": now, "done_by": who, "outcome": outcome}
        connection.execute(sa.update(table).where(same).values(values))
    elif not connection.execute(sa.update(table).where(same).values(reason=reason)).rowcount:
        connection.execute(sa.insert(table), _row(station, what, reason, now))


def close_task(
    connection: Connection, station: int, what: str, now: datetime, who: str, outcome: str
) -> None:
    """Close the open task of a kind, or note what was done without one."""
    table = models.task
    values = {"done_at": now, "done_by": who, "outcome": outcome}
    closed = connection.execute(sa.update(table).where(_open_task(station, what)).values(values))
    if not closed.rowcount:
        connection.execute(sa.insert(table), _row(station, what, "", now) | values)


def _open_task(station: int, what: str) -> sa.ColumnElement[bool]:
    table = models.task
    return sa.and_(table.c.station_id == station, table.c.what == what, table.c.done_at.is_(None))


def last_done(connection: Connection, station: int, what: str) -> datetime | None:
    """When a task of a kind was last done, not withdrawn; None for never."""
    table = models.task
    query = sa.select(sa.func.max(table.c.done_at)).where(
        table.c.station_id == station, table.c.what == what, table.c.outcome != WITHDRAWN
    )
    return connection.execute(query).scalar()


def local_minute(at: datetime) -> datetime:
    """A local time of the city, rounded down to the minute.

    Raises
    ------
    InputError
        It has a zone.
    """
    if at.tzinfo is not None:
        raise InputError(
            f"got the time {at.isoformat()} with a zone, expected local time of the city without "
            "one: convert it first"
        )
    return at.replace(second=0, microsecond=0)


def _query() -> sa.Select[tuple[object, ...]]:
    task, station = models.task, models.station
    return (
        sa.select(
            task.c.id,
            station.c.code,
            station.c.name,
            station.c.district_code,
            *(task.c[name] for name in _COLUMNS),
        )
        .join(station, station.c.id == task.c.station_id)
        .order_by(task.c.opened_at, task.c.id)
    )


_COLUMNS = ("what", "reason", "opened_at", "due", "done_at", "done_by", "outcome")


def _row(station: int, what: str, reason: str, now: datetime) -> dict[str, object]:
    return {
        "station_id": station, "what": what, "reason": reason, "opened_at": now, "due": None,
        "done_at": None, "done_by": "", "outcome": "",
    }  # fmt: skip
