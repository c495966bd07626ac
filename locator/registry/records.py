"""Entries in and out of the tables, and as the documents that the history compares.

A document is an entry in JSON-able form, one key a field: what is stored in `change.before` and
`change.after` holds only the keys that differ.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.equipment import Equipment
from geodata.fields import fields, line_text
from locator.hours import DayException, Hours, Override
from locator.registry import models
from locator.registry.entries import CORE, Entry
from locator.registry.schedules import Rules, keep_schedules, read_schedules

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_PLAIN = (
    "code", "name", "name_made", "kind", "lon_deg", "lat_deg", "lon_raw", "lat_raw", "datum_raw",
    "address", "hours", "access_scope", "access_mode", "phone", "status", "district_code",
    "source", "source_id", "sample",
)  # fmt: skip
MAPPINGS = ("facilities", "equipment", "facts", "verified", "extra")
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
        **{name: row[name] for name in _PLAIN},
        opening=_opening(row, parts, schedules),
        facilities=shared[text],
        equipment={
            part["code"]: Equipment(part["count"], part["condition"], part["checked_on"])
            for part in parts.get("equipment", ())
        },
        facts={name: _as_fact(value) for name, value in facts.items()},
        verified={part["field"]: part["checked_on"] for part in parts.get("verification", ())},
        extra=row["extra"],
        id=row["id"],
        version=row["version"],
    )


def _as_fact(value: Any) -> Any:
    """Lists of the database as the tuples that fields have."""
    return tuple(value) if isinstance(value, list) else value


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
    row = {name: clean(getattr(entry, name)) for name in _PLAIN}
    row |= {name: entry.facts.get(name) for name in _FACTS["common"]}
    row["sample"] = bool(entry.sample)
    row["facilities"] = json.dumps(dict(sorted(entry.facilities.items())), separators=(",", ":"))
    row["extra"] = clean(entry.extra)
    row["schedule_id"] = schedules.get(entry.opening.rules)
    row["hours_known"], row["holidays"] = entry.opening.known, entry.opening.holidays
    return row


def clean(value: Any) -> Any:
    """A value as both databases take it: no control characters, no halves of characters."""
    if isinstance(value, str):
        return value if value.isprintable() else line_text(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return line_text(str(value))


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


# -- documents ---------------------------------------------------------------------------------


def to_document(entry: Entry) -> dict[str, Any]:
    """An entry in JSON-able form, every field a key of its own."""
    document: dict[str, Any] = {name: getattr(entry, name) for name in _PLAIN}
    document["sample"] = bool(entry.sample)
    document["opening"] = entry.opening.to_document()
    document["facilities"] = dict(entry.facilities)
    document["equipment"] = {
        code: [detail.count, detail.condition, _iso(detail.checked_on)]
        for code, detail in entry.equipment.items()
    }
    document["facts"] = {name: _plain(value) for name, value in entry.facts.items()}
    document["verified"] = {name: _iso(day) for name, day in entry.verified.items()}
    document["extra"] = clean(entry.extra)
    return document


def from_document(document: Mapping[str, Any], *, id: int = 0, version: int = 0) -> Entry:
    """The entry of a document."""
    known = fields()
    facts = {
        name: date.fromisoformat(value)
        if name in known and known[name].type == "date"
        else _as_fact(value)
        for name, value in document["facts"].items()
    }
    return Entry(
        **{name: document[name] for name in _PLAIN},
        opening=Hours.from_document(document["opening"]),
        facilities=document["facilities"],
        equipment={
            code: Equipment(count, condition, _day(day))
            for code, (count, condition, day) in document["equipment"].items()
        },
        facts=facts,
        verified={name: date.fromisoformat(day) for name, day in document["verified"].items()},
        extra=document["extra"],
        id=id,
        version=version,
    )


def compare(old: Entry, new: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs between two entries: before and after, by key of the document.

    Inside facts, facilities and the other mappings single keys are compared; null stands for "not
    there".
    """
    before, after = to_document(old), to_document(new)
    was: dict[str, Any] = {}
    now: dict[str, Any] = {}
    for name in before:
        if name in MAPPINGS:
            keys = [
                key
                for key in sorted({*before[name], *after[name]})
                if before[name].get(key) != after[name].get(key)
            ]
            if keys:
                was[name] = {key: before[name].get(key) for key in keys}
                now[name] = {key: after[name].get(key) for key in keys}
        elif before[name] != after[name]:
            was[name], now[name] = before[name], after[name]
    return was, now


def showable(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """One side of `compare` without what may hold somebody's name or number.

    That is private fields, and cells of columns that were not understood.
    """
    if values is None:
        return None
    private = _private()
    shown: dict[str, Any] = {}
    for name, value in values.items():
        if name == "extra" or name in private:
            continue
        if name in ("facts", "verified"):
            value = {key: item for key, item in value.items() if key not in private}  # noqa: PLW2901
            if not value:
                continue
        shown[name] = value
    return shown


def hidden_names(values: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Names of the private fields that `showable` leaves out of one side of `compare`."""
    known = values or {}
    told = {*known.get("facts", {}), *known.get("verified", {})}
    names = [name for name in fields() if name in told and name in _private()]
    return (*names, *(name for name in ("private_phone",) if name in known.get("extra", {})))


@cache
def _private() -> frozenset[str]:
    return frozenset(name for name, field in fields().items() if field.private)


def patch(entry: Entry, values: Mapping[str, Any]) -> Entry:
    """An entry with the values of one side of `compare` put in."""
    document = to_document(entry)
    for name, value in values.items():
        if name in MAPPINGS:
            merged = document[name] | value
            document[name] = {key: item for key, item in merged.items() if item is not None}
        else:
            document[name] = value
    return from_document(document, id=entry.id, version=entry.version)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
