"""Reports of workers at the door: open, locked, broken, not found. No account, nothing but a tap.

What is kept of a report is the station, which of four things was said, the minute, whether the
posted hours said open then, and for a day a witness (`locator.registry.witnesses`). The time is
rounded down to the minute: hours are posted in minutes, so more would say nothing about the door,
while a second would point to one line of a web server's log.

A report without words needs no reading; it counts at once. Only a flood at one station is held back
until somebody has looked. What follows from reports is told in `locator.registry.disputes`.

Times are local times of the city, as in `locator.hours`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from geodata.fields import line_text
from locator.errors import ConflictError, InputError, NotFoundError
from locator.registry import disputes, models
from locator.registry.batches import Actor, find_entry, write_changes
from locator.registry.disputes import ACCEPTED, DONE, HELD, LATE, REJECTED
from locator.registry.tasks import (
    PHONE_HOST,
    REVIEW_REPORTS,
    close_task,
    find_task,
    local_minute,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from geodata.calendar import Calendar
    from locator.registry.store import Registry
    from locator.registry.witnesses import Witnesses

WHATS = ("open", "locked", "broken", "wrong_place")
REFUSED = "refused"  # never stored

# What the host's answer makes of the reports that led to it.
OUTCOMES = {
    "open": "mistaken",  # the door was open
    "closed": "confirmed",  # it was locked in posted hours
    "hours_wrong": "excused",  # it was locked, and the posted hours were not the host's
}

# A station of Nantong has about four visits a day (568,200 in 2023 at 381 stations): ten reporters
# in an hour are no ordinary traffic, and nobody looks through hundreds of taps a day.
FLOOD_PER_HOUR = 10
MOST_PER_DAY = 200
_HOUR = timedelta(hours=1)
_LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a report.

    Parameters
    ----------
    id
        Its number, None where it was refused.
    state
        `ACCEPTED`, `HELD`, `LATE`, `REJECTED`, or `REFUSED` for too many of one client or at one
        station; the last is not stored.
    posted_open
        Whether the posted hours said open then; None where they are unknown.
    disputed_on
        Since when the station is disputed, None where it is not.
    """

    id: int | None
    state: str
    posted_open: bool | None = None
    disputed_on: date | None = None


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as it was kept, without its witness.

    Parameters
    ----------
    state
        As in `Received`; `DONE`, or one of the values of `OUTCOMES`, once it was answered.
    """

    id: int
    code: str
    what: str
    at: datetime
    posted_open: bool | None
    state: str


def report(
    registry: Registry,
    code: str,
    what: str,
    *,
    at: datetime,
    client: str,
    calendar: Calendar,
    witnesses: Witnesses,
) -> Received:
    """Take what a worker tells of a station.

    Parameters
    ----------
    what
        One of `WHATS`.
    at
        Now, local time of the city by the server's clock, without a zone.
    client
        What tells clients apart, such as a network address (of IPv6 the first half: one telephone
        has the rest to itself). It is hashed and not kept.
    calendar
        What public holidays are, for the posted hours.

    Raises
    ------
    InputError
        Another word, a time with a zone, or no client.
    NotFoundError
        There is no such station.
    """
    minute = local_minute(at)
    _check_word("report", what, WHATS)
    if not client:
        raise InputError("got a report without a client: give the address that it came from")
    if witnesses.begin(minute.date()):
        erase_witnesses(registry, minute.date())
    if not witnesses.take_turn(client, at):
        return Received(None, REFUSED)
    with registry.database.write() as connection:
        entry = find_entry(connection, code)
        state = _state_at_arrival(connection, entry.id, what, minute)
        if state == REFUSED:
            return Received(None, REFUSED, disputed_on=entry.facts.get("disputed_on"))
        posted_open = disputes.is_posted_open(entry, minute, calendar)
        row = {
            "station_id": entry.id, "what": what, "at": minute, "posted_open": posted_open,
            "witness": witnesses.tell(client, code, minute.date()), "moderation": state,
        }  # fmt: skip
        inserted = connection.execute(sa.insert(models.report).values(row)).inserted_primary_key
        disputed_on = disputes.review(connection, entry, minute)
    return Received(int(inserted[0]) if inserted else None, state, posted_open, disputed_on)


def reports(
    registry: Registry, *, code: str | None = None, state: str | None = None
) -> list[StoredReport]:
    """Reports in the order of their arrival: all, of one station, in one state; for the union."""
    table, station = models.report, models.station
    query = (
        sa.select(
            table.c.id, station.c.code, table.c.what, table.c.at, table.c.posted_open,
            table.c.moderation.label("state"),
        )
        .join(station, station.c.id == table.c.station_id)
        .order_by(table.c.id)
    )  # fmt: skip
    if code is not None:
        query = query.where(station.c.code == code)
    if state is not None:
        query = query.where(table.c.moderation == state)
    with registry.database.read() as connection:
        return [StoredReport(**row._mapping) for row in connection.execute(query)]


def moderate(
    registry: Registry, report_id: int, *, accept: bool, by: Actor, at: datetime
) -> Received:
    """Let a report count, or not; what followed from it follows or is taken back.

    Raises
    ------
    NotFoundError
        There is no such report.
    InputError
        Nobody is named as the one who decides.
    ConflictError
        It was answered meanwhile.

    Notes
    -----
    Among reports whose witnesses are erased, those of one day may have come from one person and
    may not: they make no new dispute, and keep an old one.
    """
    minute, table = local_minute(at), models.report
    _check_named(by)
    with registry.database.write() as connection:
        row = connection.execute(sa.select(table).where(table.c.id == report_id)).one_or_none()
        if row is None:
            raise NotFoundError(f"no report has the number {report_id}")
        if row.moderation not in {ACCEPTED, HELD, REJECTED, LATE}:
            raise ConflictError(f"report {report_id} was answered: it is {row.moderation}")
        entry = find_entry(connection, _code(connection, row.station_id))
        supported = disputes.is_supported(connection, row.station_id)
        state = REJECTED
        if accept:
            state = disputes.state_of_time(connection, row.station_id, row.what, row.at)
        same = table.c.id == report_id
        connection.execute(sa.update(table).where(same).values(moderation=state))
        disputed_on = disputes.review(connection, entry, minute, who=by.who)
        if supported and not accept:
            disputed_on = disputes.doubt_again(connection, entry, by)
    return Received(report_id, state, row.posted_open, disputed_on)


def answer(
    registry: Registry, code: str, *, by: Actor, outcome: str, note: str = "", at: datetime
) -> int:
    """Note what the host said when phoned; the station is disputed no longer.

    Parameters
    ----------
    by
        Who phoned.
    outcome
        One of `OUTCOMES`. Nobody answering the telephone is no answer: the task stays open.
    note
        In words; kept in the task and in the history.

    Returns
    -------
    int
        How many reports it answers.

    Raises
    ------
    InputError
        Another outcome, a note too long, nobody is named, or nothing was to be asked.
    NotFoundError
        There is no such station.
    """
    minute, words = local_minute(at), _words(note)
    _check_word("outcome", outcome, tuple(OUTCOMES))
    _check_named(by)
    with registry.database.write() as connection:
        entry = find_entry(connection, code)
        settled = disputes.settle(connection, entry.id, PHONE_HOST, OUTCOMES[outcome])
        if not settled and "disputed_on" not in entry.facts:
            raise InputError(f"nothing is open with the host of {code}: nobody found it locked")
        said = f"{outcome}: {words}" if words else outcome
        close_task(connection, entry.id, PHONE_HOST, minute, by.who, said)
        actor = Actor(by.who, by.why or f"the host answered: {said}")
        write_changes(connection, {code: disputes.with_dispute(None)}, by=actor, action="answer")
    return settled


def finish_task(registry: Registry, task_id: int, *, by: Actor, outcome: str, at: datetime) -> int:
    """Close a task about equipment or a position; returns how many reports it answers.

    Parameters
    ----------
    outcome
        What was found and done, in words.

    Raises
    ------
    NotFoundError
        There is no such task.
    ConflictError
        It is done already.
    InputError
        The task ends otherwise: with `answer`, or by moderating; nobody or nothing is named.
    """
    minute, words = local_minute(at), _words(outcome)
    _check_named(by)
    if not words:
        raise InputError(f"task {task_id} has no outcome: say what was found")
    with registry.database.write() as connection:
        task, station = find_task(connection, task_id)
        if task.what == PHONE_HOST:
            raise InputError(f"task {task_id} is to phone the host: note the host's answer instead")
        if task.what == REVIEW_REPORTS:
            raise InputError(f"task {task_id} ends when each held report is accepted or rejected")
        settled = disputes.settle(connection, station, task.what, DONE)
        close_task(connection, station, task.what, minute, by.who, words)
    return settled


def erase_witnesses(registry: Registry, today: date, witnesses: Witnesses | None = None) -> int:
    """Forget who was one and the same before today; returns how many reports had a witness.

    Meant for each night; the first report of a day does the same.
    """
    if witnesses is not None:
        witnesses.forget(today)
    table = models.report
    old = table.c.witness.isnot(None) & (table.c.at < datetime.combine(today, time()))
    with registry.database.write() as connection:
        return connection.execute(sa.update(table).where(old).values(witness=None)).rowcount


def _state_at_arrival(connection: Connection, station: int, what: str, minute: datetime) -> str:
    """What becomes of a report that comes in."""
    day, table = datetime.combine(minute, time()), models.report
    query = sa.select(table.c.id, table.c.at, table.c.witness).where(
        table.c.station_id == station,
        table.c.at > min(day - timedelta(minutes=1), minute - _HOUR),
        table.c.at < day + timedelta(days=1),
    )
    rows = connection.execute(query).all()
    if sum(row.at >= day for row in rows) >= MOST_PER_DAY:
        return REFUSED
    # by witnesses: one client that taps on and on must not hold back what others say
    lately = {row.witness or row.id for row in rows if minute - _HOUR < row.at <= minute}
    if len(lately) >= FLOOD_PER_HOUR:
        return HELD
    return disputes.state_of_time(connection, station, what, minute)


def _code(connection: Connection, station: int) -> str:
    query = sa.select(models.station.c.code).where(models.station.c.id == station)
    return str(connection.execute(query).scalar_one())


def _words(text: str) -> str:
    words = line_text(text)
    if len(words) > _LONGEST_NOTE:
        raise InputError(f"got {len(words)} characters; expected at most {_LONGEST_NOTE}: shorten")
    return words


def _check_word(name: str, word: str, known: Sequence[str]) -> None:
    if word not in known:
        raise InputError(f"unknown {name} {word!r}; expected one of {', '.join(known)}")


def _check_named(by: Actor) -> None:
    if not by.who:
        raise InputError("nobody is named: say who decides")
