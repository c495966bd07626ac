"""One station as the registry keeps it, and what becomes of it when a row tells something new."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from geodata.datum import CHINA_BOUNDS_DEG
from geodata.vocabulary import kinds

_SAME_PLACE_DEG = 1e-7  # about 1 cm: less is the noise of converting and writing coordinates
# What a station is known for; the rest of an entry tells where that knowledge came from.
_FACTS = (
    "kind", "address", "hours", "access_scope", "access_mode", "phone", "status", "district_code",
)  # fmt: skip
_PLACE = ("lon_deg", "lat_deg", "lon_raw", "lat_raw", "datum_raw")
_ORIGIN = ("source", "source_id")


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken: its number, the column and value at fault, and why."""

    row: int
    column: str
    value: str
    reason: str


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
    extra
        Cells of columns that were not understood, by heading; never published.
    id
        Key in the store, 0 for an entry that is not stored.
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
    facilities: dict[str, bool] = field(default_factory=dict)
    access_scope: str = ""
    access_mode: str = ""
    phone: str = ""
    status: str = ""
    district_code: str = ""
    source: str = ""
    source_id: str = ""
    sample: bool | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    row: int = 0


def merge_entries(stored: Entry, row: Entry) -> tuple[Entry, bool]:
    """A stored station brought up to date by a row, and whether any fact about it changed.

    Blank cells leave what is known; facilities are merged one by one; the code stays. A new origin
    (source, source id, extra columns) is kept too, but is no change of the station; nor is a
    position within a centimetre, which is left as it was.
    """
    changes: dict[str, Any] = {name: getattr(row, name) for name in _FACTS if getattr(row, name)}
    changes["facilities"] = {**stored.facilities, **row.facilities}
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


def with_made_name(entry: Entry) -> Entry:
    """The entry with a name: its own, or one made from kind and address, source id or code."""
    if entry.name and not entry.name_made:
        return entry
    west, south, east, north = CHINA_BOUNDS_DEG
    chinese = west <= entry.lon_deg <= east and south <= entry.lat_deg <= north
    kind = kinds()[entry.kind]
    basis = entry.address or entry.source_id or entry.code
    name = f"{kind.short_zh}（{basis}）" if chinese else f"{kind.short_en}, {basis}"
    return replace(entry, name=name, name_made=True)
