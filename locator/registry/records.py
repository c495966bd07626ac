"""Entries in and out of the tables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.equipment import Equipment
from geodata.fields import fields
from locator.hours import DayException, Hours, Override
from locator.registry import models
from locator.registry.documents import PLAIN, as_fact, clean
from locator.registry.entries import CORE, Entry
from locator.registry.schedules import Rules, keep_schedules, read_schedules

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_FACTS: dict[str, tuple[str, ...]] = {
    group: tuple(f.name for f in fields().values() if f.group == group and f.name not in CORE)
    for group in ("common", "mother_baby", "carnation", "worker_home")
}
_EXTRAS = {
    "mother_baby": models.mother_baby,
    "carnation": models.carnation,
    "worker_home": models.worker_home,
}
_IDS_AT_ONCE = 500  # values in one IN (...)


# -- reading -----------------------------------------------------------------------------------


def load_entries(connection: Connection, ids: Sequence[int] | None = None) -> list[Entry]:
    """Stored stations in the order of their ids: all of them, or some."""
    if ids is None:
        return _load(connection, None)
    found: list[Entry] = []
    for start in range(0, len(ids), _IDS_AT_ONCE):
        found += _load(connection, list(ids[start : start + _IDS_AT_ONCE]))
    return sorted(found, key=lambda entry: entry.id)


def _load(connection: Connection, ids: list[int] | None) -> list[Entry]:
    def chosen(table: sa.Table, key: str = "station_id") -> Any:
        query = sa.select(table).order_by(*table.primary_key.columns)
        return query if ids is None else query.where(table.c[key].in_(ids))

    parts: dict[int, dict[str, Any]] = defaultdict(dict)
    for table in models.PARTS:
        for row in connection.execute(chosen(table)):
            part = row._mapping
            parts[part["station_id"]].setdefault(table.name, []).append(part)
    shared: dict[str, dict[str, bool]] = {}
    nothing: dict[str, Any] = {}
    schedules = read_schedules(connection)
    return [
        _entry(row._mapping, parts.get(row.id, nothing), schedules, shared)
        for row in connection.execute(chosen(models.station, "id"))
    ]


def _entry(
    row: Any,
    parts: Mapping[str, Any],
    schedules: Mapping[int, Rules],
    shared: dict[str, dict[str, bool]],
) -> Entry:
    """One entry of its row and the rows of its parts."""
    text = row["facilities"]
    if text not in shared:
        shared[text] = json.loads(text)
    facts = {name: row[name] for name in _FACTS["common"] if row[name] is not None}
    for group in _EXTRAS:
        for part in parts.get(group, ()):
            facts |= {name: part[name] for name in _FACTS[group] if part[name] is not None}
    return Entry(
        **{name: row[name] for name in PLAIN},
        opening=_opening(row, parts, schedules),
        facilities=shared[text],
        equipment={
            part["code"]: Equipment(part["count"], part["condition"], part["checked_on"])
            for part in parts.get("equipment", ())
        },
        facts={name: as_fact(value) for name, value in facts.items()},
        verified={part["field"]: part["checked_on"] for part in parts.get("verification", ())},
        extra=row["extra"],
        id=row["id"],
        version=row["version"],
    )


def _opening(row: Any, parts: Mapping[str, Any], schedules: Mapping[int, Rules]) -> Hours:
    return Hours(
        rules=schedules.get(row["schedule_id"], ()),
        exceptions=tuple(exception_of(part) for part in parts.get("hours_exception", ())),
        overrides=tuple(override_of(part) for part in parts.get("hours_override", ())),
        holidays=row["holidays"],
        known=row["hours_known"],
    )


def exception_of(part: Mapping[str, Any]) -> DayException:
    """Dated exception of a row of its table."""
    spans = tuple((int(first), int(last)) for first, last in part["spans"])
    return DayException(part["first"], part["last"], spans, part["reason"], part["type"])


def override_of(part: Mapping[str, Any]) -> Override:
    """Temporary override of a row of its table."""
    return Override(part["start"], part["end"], part["open"], part["reason"], part["type"])


# -- writing -----------------------------------------------------------------------------------


def insert_entries(connection: Connection, entries: Sequence[Entry], *, now: datetime) -> list[int]:
    """Store new stations; returns their ids.

    An entry that has an id (one that an undo brings back) keeps it.
    """
    if not entries:
        return []
    highest = connection.execute(sa.select(sa.func.max(models.station.c.id))).scalar() or 0
    used = connection.execute(sa.select(sa.func.max(models.change.c.station_id))).scalar() or 0
    next_id = max(highest, used) + 1  # ids are not used again: the history speaks of them
    ids = [entry.id or next_id + place for place, entry in enumerate(entries)]
    schedules = keep_schedules(connection, (entry.opening.rules for entry in entries))
    rows = [
        station_row(entry, schedules)
        | {
            "id": key,
            "version": entry.version + 1,
            "created_at": now,
            "updated_at": now,
        }
        for key, entry in zip(ids, entries, strict=True)
    ]
    connection.execute(sa.insert(models.station), rows)
    _insert_parts(connection, ids, entries)
    return ids


def update_entries(connection: Connection, entries: Sequence[Entry], *, now: datetime) -> None:
    """Overwrite stored stations by entries that carry their ids."""
    if not entries:
        return
    table = models.station
    schedules = keep_schedules(connection, (entry.opening.rules for entry in entries))
    rows = [
        station_row(entry, schedules)
        | {
            "key": entry.id,
            "version": entry.version + 1,
            "updated_at": now,
        }
        for entry in entries
    ]
    names = [name for name in rows[0] if name != "key"]
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("key"))
        .values({name: sa.bindparam(name) for name in names})
    )
    connection.execute(statement, rows)
    ids = [entry.id for entry in entries]
    for part in models.PARTS:
        _delete(connection, part.c.station_id, ids)
    _insert_parts(connection, ids, entries)


def delete_entries(connection: Connection, ids: Sequence[int]) -> None:
    """Take stations out, with the parts of their record."""
    for part in models.PARTS:
        _delete(connection, part.c.station_id, ids)
    _delete(connection, models.station.c.id, ids)


def _delete(connection: Connection, column: sa.Column[Any], ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = list(ids[start : start + _IDS_AT_ONCE])
        connection.execute(sa.delete(column.table).where(column.in_(some)))


def station_row(entry: Entry, schedules: Mapping[Rules, int]) -> dict[str, Any]:
    """Values of the main table; `schedules` holds the ids of weekly rules."""
    row = {name: clean(getattr(entry, name)) for name in PLAIN}
    row |= {name: entry.facts.get(name) for name in _FACTS["common"]}
    row["sample"] = bool(entry.sample)
    row["facilities"] = json.dumps(dict(sorted(entry.facilities.items())), separators=(",", ":"))
    row["extra"] = clean(entry.extra)
    row["schedule_id"] = schedules.get(entry.opening.rules)
    row["hours_known"], row["holidays"] = entry.opening.known, entry.opening.holidays
    return row


def _insert_parts(connection: Connection, ids: Sequence[int], entries: Sequence[Entry]) -> None:
    rows: dict[sa.Table, list[dict[str, Any]]] = defaultdict(list)
    for key, entry in zip(ids, entries, strict=True):
        for table, values in _part_rows(entry):
            rows[table].append({"station_id": key, **values})
    for table, listed in rows.items():
        connection.execute(sa.insert(table), listed)


def _part_rows(entry: Entry) -> Iterable[tuple[sa.Table, dict[str, Any]]]:
    """Rows of the parts of a record."""
    for group, table in _EXTRAS.items():
        if entry.facts.keys() & set(_FACTS[group]):
            yield table, {name: entry.facts.get(name) for name in _FACTS[group]}
    for place, exception in enumerate(entry.opening.exceptions):
        spans = [list(span) for span in exception.spans]
        yield models.hours_exception, {"place": place, **asdict(exception), "spans": spans}
    for place, override in enumerate(entry.opening.overrides):
        yield models.hours_override, {"place": place, **asdict(override)}
    for code, detail in entry.equipment.items():
        yield models.equipment, {"code": code, **asdict(detail)}
    for name, day in entry.verified.items():
        yield models.verification, {"field": name, "checked_on": day}
