"""One station as the registry keeps it, and what becomes of it when a row tells something new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from geodata.fields import fields
from geodata.pois import NEAR_STREET, sort_of
from geodata.vocabulary import kinds
from locator.hours import Hours

if TYPE_CHECKING:
    from geodata.equipment import Equipment

_SAME_PLACE_DEG = 1e-7  # about 1 cm: less is the noise of converting and writing coordinates
# What a station is known for; the rest of an entry tells where that knowledge came from.
_FACTS = (
    "kind", "address", "access_scope", "access_mode", "phone", "status", "district_code",
)  # fmt: skip
_PLACE = ("lon_deg", "lat_deg", "lon_raw", "lat_raw", "datum_raw")
_ORIGIN = ("source", "source_id")


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken: its number, the column and value at fault, why, and what to do."""

    row: int
    column: str
    value: str
    reason: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something about a row that a person should look at; it refuses nothing.

    Parameters
    ----------
    check
        What was looked at, as programs call it.
    value
        What was found, in short.
    """

    row: int
    check: str
    value: str
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A station with all that is stored about it; "" and missing keys are unknown.

    In an entry read from a row, `code`, `name` and `status` are "" and `sample` is None where the
    row does not tell them.

    Parameters
    ----------
    lon_deg, lat_deg
        WGS-84.
    lon_raw, lat_raw, datum_raw
        As received.
    hours, opening
        Opening hours as received, and what was understood of them.
    facilities, equipment
        Presence by facility code, and what else is known of it.
    facts
        All other fields of `geodata.fields` by name; sealed ones as sealed text.
    verified
        When a field was last checked, by name; "" stands for the record as a whole.
    extra
        Cells of columns that were not understood, by heading; never published.
    id, version
        Key in the store and number of its changes; 0 for an entry that is not stored.
    row
        Number of the row it was read from, 0 for a stored entry.
    """

    kind: str
    lon_deg: float
    lat_deg: float
    lon_raw: float
    lat_raw: float
    datum_raw: str
    code: str = ""
    name: str = ""
    name_made: bool = False
    address: str = ""
    hours: str = ""
    opening: Hours = field(default_factory=Hours)
    facilities: Mapping[str, bool] = field(default_factory=dict)
    equipment: Mapping[str, Equipment] = field(default_factory=dict)
    access_scope: str = ""
    access_mode: str = ""
    phone: str = ""
    status: str = ""
    district_code: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    verified: Mapping[str, date] = field(default_factory=dict)
    source: str = ""
    source_id: str = ""
    sample: bool | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
    version: int = 0
    row: int = 0

    def value(self, name: str) -> Any:
        """Value of a field of `geodata.fields`; None where it is not known.

        Raises
        ------
        KeyError
            There is no such field.
        """
        if name in CORE:
            known = getattr(self, name)
            return None if known == "" else known
        return self.facts.get(fields()[name].name)


# Fields of `geodata.fields` that are attributes of an entry; the others are in its `facts`.
CORE = (
    "code", "kind", "name", "address", "hours", "access_scope", "access_mode", "phone", "status",
    "district_code", "sample",
)  # fmt: skip


def merge_entries(stored: Entry, row: Entry) -> tuple[Entry, bool]:
    """A stored station brought up to date by a row, and whether any fact about it changed.

    Blank cells leave what is known; facilities, facts and dates are merged one by one; the code
    stays. A new origin (source, source id, extra columns) is kept too, but is no change of the
    station; nor is a position within a centimetre, which is left as it was.
    """
    changes: dict[str, Any] = {name: getattr(row, name) for name in _FACTS if getattr(row, name)}
    for name in ("facilities", "equipment", "facts"):
        changes[name] = {**getattr(stored, name), **getattr(row, name)}
    days = stored.verified
    newer = {name: max(day, days.get(name, day)) for name, day in row.verified.items()}
    changes["verified"] = {**days, **newer}
    changes |= _merged_hours(stored, row)
    if row.sample is not None:
        changes["sample"] = row.sample
    moved_deg = max(abs(stored.lon_deg - row.lon_deg), abs(stored.lat_deg - row.lat_deg))
    if moved_deg > _SAME_PLACE_DEG:
        changes |= {name: getattr(row, name) for name in _PLACE}
    if row.name:
        changes |= {"name": row.name, "name_made": False}
    origin = {name: getattr(row, name) for name in _ORIGIN if getattr(row, name)}
    merged = replace(stored, **changes, **origin, extra={**stored.extra, **row.extra})
    merged = with_made_name(merged)
    known_for = replace(
        merged, extra=stored.extra, **{name: getattr(stored, name) for name in _ORIGIN}
    )
    return merged, known_for != stored


def _merged_hours(stored: Entry, row: Entry) -> dict[str, Any]:
    """Hours after a row: another text replaces the weekly hours, understood or not.

    Dated exceptions and overrides stay unless the row brings some of its own.
    """
    new = row.opening
    opening = stored.opening
    if (row.hours and row.hours != stored.hours) or (new.known and not opening.known):
        opening = replace(opening, rules=new.rules, holidays=new.holidays, known=new.known)
    for name in ("exceptions", "overrides"):
        if getattr(new, name):
            opening = replace(opening, **{name: getattr(new, name)})
    return {"hours": row.hours or stored.hours, "opening": opening}


def with_made_name(entry: Entry) -> Entry:
    """The entry with a name: its own, or one made of what it is, and where.

    That is its address, else the street that it is at, else its source id or code.
    """
    if entry.name and not entry.name_made:
        return entry
    what = sort_of(entry.extra) or kinds()[entry.kind].short_zh
    where = entry.address or entry.extra.get(NEAR_STREET) or entry.source_id or entry.code
    return replace(entry, name=f"{what}（{where}）", name_made=True)
