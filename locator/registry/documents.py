"""Entries as documents: what the history keeps of them, and what differs between two.

A document is an entry in JSON-able form, one key a field: what is stored in `change.before` and
`change.after` holds only the keys that differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from geodata.equipment import Equipment
from geodata.fields import fields, line_text
from locator.hours import Hours
from locator.registry.entries import Entry

# Fields with a column, and a key, of their own; the mappings hold all others.
PLAIN = (
    "code", "name", "name_made", "kind", "lon_deg", "lat_deg", "lon_raw", "lat_raw", "datum_raw",
    "address", "hours", "access_scope", "access_mode", "phone", "status", "district_code",
    "source", "source_id", "sample",
)  # fmt: skip
MAPPINGS = ("facilities", "equipment", "facts", "verified", "extra")


def to_document(entry: Entry) -> dict[str, Any]:
    """An entry in JSON-able form, every field a key of its own."""
    document: dict[str, Any] = {name: getattr(entry, name) for name in PLAIN}
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
        else as_fact(value)
        for name, value in document["facts"].items()
    }
    return Entry(
        **{name: document[name] for name in PLAIN},
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


def as_fact(value: Any) -> Any:
    """A stored value as an entry has it: lists of JSON are the tuples of fields."""
    return tuple(value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
