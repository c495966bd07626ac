"""What follows from workers' reports: tasks for the union, and the mark that a station is disputed.

    locked in posted hours      the host is phoned; two independent ones: the station is disputed
    locked, hours unknown       the host is phoned, to ask for the hours; it is never disputed
    locked outside posted hours nothing: the door was as promised
    broken, wrong_place         somebody looks at the equipment, or at the position
    open                        nothing: a tap of one passer-by does not outweigh two locked doors,
                                nor unlock them. It is counted, for whoever phones the host

Two reports are independent when two witnesses made them on one day, or when they are of two days
and at least `APART` lies between them: witnesses of two days cannot be compared, and around
midnight one person would pass for two. Reporters behind one address count as one, for the host's
sake; one with two telephones counts as two.

All of it is worked out anew from the reports that nobody has answered yet, so that their order of
arrival does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from geodata.vocabulary import statuses
from locator.hours import CLOSED, OPEN, Timetable
from locator.registry import models
from locator.registry.batches import Actor, find_entry, write_changes
from locator.registry.tasks import (
    CHECK_EQUIPMENT,
    CHECK_POSITION,
    PHONE_HOST,
    REVIEW_REPORTS,
    keep_task,
    last_done,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from geodata.calendar import Calendar
    from locator.registry.entries import Entry

# What becomes of a report: it counts, waits for a look, or was found to be a prank.
ACCEPTED, HELD, REJECTED = "accepted", "held", "rejected"
LATE = "late"  # tells of a time that the host had answered for before it came in
DONE = "done"  # equipment or position was looked at

APART = timedelta(hours=6)  # between reports of two days: longer than one person waits at a door
_REPORTERS = Actor("workers' reports", "found locked in posted hours, twice and independently")

_REPORT = models.report


@dataclass(frozen=True, slots=True)
class Sighting:
    """A report that found a door locked in posted hours; witness None is erased or unknown."""

    at: datetime
    witness: str | None


def is_posted_open(entry: Entry, at: datetime, calendar: Calendar) -> bool | None:
    """Whether the posted hours promise an open door; None where they are not known.

    A station that is planned, paused or closed promises nothing, whatever hours it had.
    """
    status = statuses().get(entry.status)
    if status is not None and not status.in_use:
        return False
    state = int(Timetable.compile([entry.opening], calendar).state_at(at)[0])
    return {OPEN: True, CLOSED: False}.get(state)


def dispute_day(sightings: Iterable[Sighting], *, doubt: bool = False) -> date | None:
    """First day on which two independent reports had found a door locked; None for never.

    Parameters
    ----------
    sightings
        In any order.
    doubt
        Whether reports of a day whose witnesses are erased count as independent.
    """
    earlier: list[Sighting] = []
    for late in sorted(sightings, key=lambda sighting: sighting.at):
        if any(_are_independent(early, late, doubt=doubt) for early in earlier):
            return late.at.date()
        earlier.append(late)
    return None


def _are_independent(early: Sighting, late: Sighting, *, doubt: bool) -> bool:
    if early.at.date() != late.at.date():
        return late.at - early.at >= APART
    if early.witness is None or late.witness is None:
        return doubt
    return early.witness != late.witness


# Locked against a promise.
PROMISED = sa.and_(_REPORT.c.what == "locked", _REPORT.c.posted_open.is_(True))
# Which unanswered reports lead to a task.
LEADS = {
    PHONE_HOST: sa.and_(
        _REPORT.c.moderation == ACCEPTED,
        _REPORT.c.what == "locked",
        _REPORT.c.posted_open.isnot(False),
    ),
    CHECK_EQUIPMENT: sa.and_(_REPORT.c.moderation == ACCEPTED, _REPORT.c.what == "broken"),
    CHECK_POSITION: sa.and_(_REPORT.c.moderation == ACCEPTED, _REPORT.c.what == "wrong_place"),
    REVIEW_REPORTS: _REPORT.c.moderation == HELD,
}
_SAID = {True: "in posted hours", None: "hours unknown", False: "outside posted hours"}


def review(connection: Connection, entry: Entry, now: datetime, *, who: str = "") -> date | None:
    """Bring the tasks and the dispute of a station in line with its reports.

    Parameters
    ----------
    who
        Who decided on a report, "" where one came in.

    Returns
    -------
    date or None
        Since when the station is disputed.
    """
    for what in LEADS:
        keep_task(connection, entry.id, what, _reason(connection, entry.id, what), now, who=who)
    since = entry.facts.get("disputed_on")
    found = dispute_day(_sightings(connection, entry.id))
    day = min((day for day in (since, found) if day is not None), default=None)
    if day != since:
        change = {entry.code: with_dispute(day)}
        write_changes(connection, change, by=_REPORTERS, action="report")
    return day


def _reason(connection: Connection, station: int, task: str) -> str:
    """How many reports call for a task, in words; "" for none."""
    query = sa.select(_REPORT.c.what, _REPORT.c.posted_open, _REPORT.c.at)
    rows = connection.execute(query.where(_REPORT.c.station_id == station, LEADS[task])).all()
    counts = Counter(
        f"locked, {_SAID[row.posted_open]}" if row.what == "locked" else row.what for row in rows
    )
    told = [f"{count} x {said}" for said, count in sorted(counts.items())]
    if rows and task == PHONE_HOST:
        opens = connection.execute(
            sa.select(sa.func.count()).where(
                _REPORT.c.station_id == station,
                _REPORT.c.what == "open",
                _REPORT.c.moderation == ACCEPTED,
                _REPORT.c.at >= min(row.at for row in rows),
            )
        ).scalar()
        told += [f"since then {opens} x open"] if opens else []
    return "; ".join(told)


def is_supported(connection: Connection, station: int) -> bool:
    """Whether reports may be what a station is disputed for."""
    return dispute_day(_sightings(connection, station), doubt=True) is not None


def doubt_again(connection: Connection, entry: Entry, by: Actor) -> date | None:
    """Dispute of a station after one of its reports was found to be a prank.

    Reports of one day whose witnesses are erased keep a dispute: they may have been independent.
    """
    entry = find_entry(connection, entry.code)  # reviewed since
    since = entry.facts.get("disputed_on")
    if since is None:
        return None
    day = dispute_day(_sightings(connection, entry.id), doubt=True)
    day = None if day is None else max(day, since)
    actor = Actor(by.who, by.why or "a report was rejected")
    write_changes(connection, {entry.code: with_dispute(day)}, by=actor, action="report")
    return day


def _sightings(connection: Connection, station: int) -> list[Sighting]:
    query = sa.select(_REPORT.c.at, _REPORT.c.witness).where(
        _REPORT.c.station_id == station, _REPORT.c.moderation == ACCEPTED, PROMISED
    )
    return [Sighting(row.at, row.witness) for row in connection.execute(query)]


def with_dispute(day: date | None) -> Callable[[Entry], Entry]:
    """The change of an entry that marks it as disputed since a day, or no longer."""

    def change(entry: Entry) -> Entry:
        facts = {name: value for name, value in entry.facts.items() if name != "disputed_on"}
        return replace(entry, facts=facts if day is None else {**facts, "disputed_on": day})

    return change


def settle(connection: Connection, station: int, task: str, state: str) -> int:
    """Mark the reports that led to a task as answered; how many there were."""
    same = sa.and_(_REPORT.c.station_id == station, LEADS[task])
    return connection.execute(sa.update(_REPORT).where(same).values(moderation=state)).rowcount


def state_of_time(connection: Connection, station: int, what: str, minute: datetime) -> str:
    """Whether a report counts, or tells of a time that the host has answered for."""
    answered = last_done(connection, station, PHONE_HOST) if what == "locked" else None
    return LATE if answered is not None and minute < answered else ACCEPTED
