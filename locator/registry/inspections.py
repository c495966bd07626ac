"""Inspections by the union's staff: what was looked at, found, and is to be put right by when.

They are no part of a station's record; one that sets a day changes its status, though.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.checklists import find_checklist
from geodata.fields import line_text
from geodata.vocabulary import word_list
from locator.errors import SchemaError
from locator.registry import models
from locator.registry.batches import Actor, find_entry, station_id, write_changes
from locator.registry.checklists import fits
from locator.registry.lifecycle import change_status

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.entries import Entry
    from locator.registry.store import Registry

PASSED, RECTIFY = "passed", "rectify"
_RECTIFYING = "rectifying"  # the status
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Inspection:
    """One inspection of a station.

    Parameters
    ----------
    result
        Code or a known word of the list `inspection_results`.
    reasons
        Codes or known words of `inspection_reasons`; needed for all results but passed.
    due
        Day by which things are to be put right; for that result only.
    checklist, items
        Code of a checklist, and what was found of its items; "" and none without one.
    photo
        Name of a picture.
    id
        Its number, 0 until it is stored.
    """

    code: str
    day: date
    inspector: str
    result: str
    reasons: tuple[str, ...] = ()
    due: date | None = None
    checklist: str = ""
    items: Mapping[str, bool] = field(default_factory=dict)
    photo: str = ""
    id: int = 0


def add_inspection(
    registry: Registry, inspection: Inspection, *, by: Actor, today: date
) -> Inspection:
    """Store an inspection; to be put right by a date, the station becomes "rectifying".

    A later inspection that it passes does not open it again: that is a change of status, and
    somebody's decision. Nor does a sign taken away close it.

    Parameters
    ----------
    by
        Who enters it, for the history of a changed status.
    today
        Day in the city's time zone.

    Returns
    -------
    Inspection
        As stored, words as codes.

    Raises
    ------
    SchemaError
        Everything that is wrong with it.
    NotFoundError
        There is no such station.
    InputError
        The station's status cannot become "rectifying".

    Notes
    -----
    One that is entered late, after the inspection that followed it, changes no status.
    """
    made = _checked(inspection, today)
    with registry.database.write() as connection:
        entry = find_entry(connection, made.code)
        _check_items(made, entry)
        table = models.inspection
        newer = sa.select(sa.func.count()).where(
            table.c.station_id == entry.id, table.c.day > made.day
        )
        is_newest = not connection.execute(newer).scalar()
        row = {
            "station_id": entry.id, "day": made.day, "inspector": made.inspector,
            "items": {"checklist": made.checklist, "found": dict(made.items)},
            "result": made.result, "reason": " ".join(made.reasons), "due": made.due,
            "photo": made.photo,
        }  # fmt: skip
        inserted = connection.execute(sa.insert(table).values(row)).inserted_primary_key
        if made.result == RECTIFY and is_newest and entry.status != _RECTIFYING:
            _rectify(connection, made, by, today)
    return replace(made, id=int(inserted[0]) if inserted else 0)


def inspections(registry: Registry, code: str) -> list[Inspection]:
    """Inspections of a station, oldest first.

    Raises
    ------
    NotFoundError
        There is no such station.
    """
    with registry.database.read() as connection:
        return _load(connection, station_id(connection, code))


def overdue(registry: Registry, today: date) -> list[Inspection]:
    """Inspections whose day for putting things right is over, the longest overdue first.

    The newest inspection of a station counts, and none of a station that is closed. On the day
    itself there is still time.
    """
    with registry.database.read() as connection:
        status = models.station.c.status
        closed = sa.select(models.station.c.code).where(status == "closed")
        gone = set(connection.execute(closed).scalars())
        newest = {made.code: made for made in _load(connection)}
    late = [
        made for made in newest.values()
        if made.code not in gone and made.due is not None and made.due < today
    ]  # fmt: skip
    return sorted(late, key=lambda made: (made.due or today, made.code))


def inspected_items(registry: Registry, checklist: str) -> dict[str, dict[str, bool]]:
    """Answers of inspections by a checklist, newest first to speak: station code to items.

    As `locator.registry.checklists` takes them.

    Raises
    ------
    InputError
        There is no such checklist.
    """
    find_checklist(checklist)
    answers: dict[str, dict[str, bool]] = defaultdict(dict)
    with registry.database.read() as connection:
        for made in _load(connection):
            if made.checklist == checklist:
                answers[made.code] |= made.items
    return dict(answers)


def _checked(inspection: Inspection, today: date) -> Inspection:
    """An inspection with codes for words."""
    problems: list[str] = []
    result = _code("inspection_results", inspection.result, problems)
    reasons = [_code("inspection_reasons", word, problems) for word in inspection.reasons]
    inspector, photo = line_text(inspection.inspector), line_text(inspection.photo)
    day, due = inspection.day, inspection.due
    if isinstance(day, datetime) or day > today:
        raise SchemaError([f"the inspection on {day} is a time or lies ahead of today, {today}"])
    if not inspector:
        problems.append("nobody is named as inspector")
    if max(len(inspector), len(photo)) > _LONGEST_TEXT:
        problems.append(f"inspector or photo is longer than {_LONGEST_TEXT} characters")
    problems += _contradictions(result, bool(reasons), day, due)
    if problems:
        raise SchemaError(problems)
    return replace(
        inspection, result=result, reasons=tuple(dict.fromkeys(reasons)), inspector=inspector,
        photo=photo,
    )  # fmt: skip


def _contradictions(result: str, has_reasons: bool, day: date, due: date | None) -> list[str]:
    """What does not go together in an inspection."""
    known = word_list("inspection_reasons")
    found = []
    if result == PASSED and has_reasons:
        found.append("it passed, and yet has reasons against it: leave them out")
    if result not in {"", PASSED} and not has_reasons:
        found.append(f"the result {result} needs a reason: {', '.join(known.codes)}")
    if result == RECTIFY and (due is None or due <= day):
        found.append(f"to be put right needs a day after {day}; got {due}")
    if result not in {"", RECTIFY} and due is not None:
        found.append(f"the result {result} has no day to put things right by; got {due}")
    return found


def _check_items(made: Inspection, entry: Entry) -> None:
    if not made.checklist:
        if made.items:
            raise SchemaError(["items were looked at without a checklist: name it"])
        return
    checklist = find_checklist(made.checklist)
    found: Mapping[str, Any] = made.items
    problems = [
        f"{code!r} is no item of the checklist {checklist.code}"
        for code in found
        if code not in {item.code for item in checklist.items}
    ]
    problems += [
        f"{code!r} is {value!r}, expected yes or no; leave out what was not looked at"
        for code, value in found.items()
        if type(value) is not bool
    ]
    if not fits(entry, checklist):
        problems.append(f"the checklist {checklist.code} is not for {entry.code}, a {entry.kind}")
    if problems:
        raise SchemaError(problems)


def _rectify(connection: Connection, made: Inspection, by: Actor, today: date) -> None:
    terms = word_list("inspection_reasons")
    reason = "、".join(terms[code].zh for code in made.reasons)

    def change(entry: Entry) -> Entry:
        return change_status(entry, _RECTIFYING, on=made.day, today=today, reason=reason)

    actor = Actor(by.who, by.why or f"{reason}；{made.due}")
    write_changes(connection, {made.code: change}, by=actor, action="inspection")


def _load(connection: Connection, station: int | None = None) -> list[Inspection]:
    """Inspections by day and number."""
    table = models.inspection
    query = (
        sa.select(table, models.station.c.code)
        .join(models.station, models.station.c.id == table.c.station_id)
        .order_by(table.c.day, table.c.id)
    )
    if station is not None:
        query = query.where(table.c.station_id == station)
    return [
        Inspection(
            code=row.code, day=row.day, inspector=row.inspector, result=row.result,
            reasons=tuple(row.reason.split()), due=row.due, checklist=row.items["checklist"],
            items=row.items["found"], photo=row.photo, id=row.id,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def _code(name: str, word: str, problems: list[str]) -> str:
    """Code of a word, "" with one problem more where it means nothing."""
    terms = word_list(name)
    code = terms.parse(word)
    if code is None:
        known = "、".join(term.zh for term in terms)
        problems.append(f"{word!r} is none of {known}")
    return code or ""
