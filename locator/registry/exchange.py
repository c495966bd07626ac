"""Stations written to files for others, and so that an import of the file changes nothing.

A column is a field of `geodata.fields` under its Chinese heading, in the order of that list, with
the position, the facilities and the dated exceptions where people look for them. Optional columns
in which no station has anything are left out. A public export never holds private fields, positions
as received, or columns that were not understood; a private one has the first two, and of the last
those cells that were sealed, so that a registry can move by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geodata.columns import VERIFIED, field_names
from geodata.datum import BD09, CGCS2000, GCJ02, WGS84, from_wgs84, parse_datum
from geodata.equipment import format_facilities
from geodata.extract import OSM_ATTRIBUTION
from geodata.fields import Field, fields, format_value
from geodata.writing import Table, write_table
from locator.errors import InputError
from locator.hours import Hours, format_hours, read_hours
from locator.registry.entries import CORE, Entry
from locator.registry.sealing import SEALED

if TYPE_CHECKING:
    from pathlib import Path

    from locator.arrays import Floats

DATUM_NAMES = {WGS84: "WGS-84", GCJ02: "GCJ-02", BD09: "BD-09", CGCS2000: "CGCS2000"}
_UNKNOWN_HOURS = "时间不详；"  # what the canonical form of mere exceptions begins with
# Columns that are no fields, and the field that they stand behind.
_AFTER = {
    "name": ("name_made",),
    "address": ("lon", "lat", "datum"),
    "capacity": ("facilities",),
    "hours": ("hours_text", "exceptions"),
    "phone": ("private_phone",),
}
_LAST = ("source", "source_id", "lon_raw", "lat_raw", "datum_raw", "private_notes")
_ALWAYS = {*CORE, "lon", "lat", "datum", "facilities"}

Reveal = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written.

    Parameters
    ----------
    columns
        Headings of the file.
    warnings
        What whoever passes the file on must know.
    """

    stations: int
    columns: tuple[str, ...]
    datum: str
    warnings: tuple[str, ...] = ()


class _Column(NamedTuple):
    """A heading, and what each station has under it."""

    name: str
    heading: str
    cells: list[Any]


_OSM_ID = re.compile(r"(?:node|way|relation)/\d+")


def export_entries(
    entries: Iterable[Entry],
    path: str | Path,
    *,
    private: bool = False,
    datum: str = WGS84,
    reveal: Reveal | None = None,
) -> ExportReport:
    """Write stations as .csv, .xlsx, .geojson or .gpkg.

    Parameters
    ----------
    private
        With the private fields and the positions as received. Such a file is not for publication.
    datum
        Datum of the positions. Where it is not WGS-84 the file says so in a heading or member, in
        a note and in each row.
    reveal
        Opens a sealed text, given with its field's name; needed where `private` and some are.

    Raises
    ------
    InputError
        Unknown datum or file type; sealed fields and nothing that opens them.
    DataError
        The file cannot be written; what stood there before is untouched.

    Notes
    -----
    O(stations × columns); positions in WGS-84 are written with all their digits.
    """
    listed = list(entries)
    name = parse_datum(datum)
    lonlat = from_wgs84(
        np.array([(entry.lon_deg, entry.lat_deg) for entry in listed]).reshape(-1, 2), name
    )
    columns = [
        column
        for column in _columns(listed, lonlat, name, private=private, reveal=reveal)
        if column.name in _ALWAYS or any(cell not in (None, "") for cell in column.cells)
    ]
    headings = {column.name: column.heading for column in columns}
    table = Table(
        list(headings.values()),
        list(zip(*(column.cells for column in columns), strict=True)),
        (headings["lon"], headings["lat"]),
        datum=WGS84 if name == CGCS2000 else name,
        notes=_notes(listed, name, private=private),
    )
    write_table(path, table)
    return ExportReport(
        len(listed), tuple(table.headings), name, _warnings(listed, name, private=private)
    )


def _notes(entries: Sequence[Entry], datum: str, *, private: bool) -> tuple[str, ...]:
    """What stands above all in the file."""
    notes = []
    if any(entry.sample is True for entry in entries):
        notes.append("示例数据：本表含虚构的站点，不得当真。SAMPLE: some of these are invented.")
    if any(_OSM_ID.match(str(entry.source_id or "")) for entry in entries):
        notes.append(f"部分站点来自 some stations are from {OSM_ATTRIBUTION}")
    if datum in (GCJ02, BD09):
        shown = DATUM_NAMES[datum]
        notes.append(
            f"注意：本表坐标为 {shown}，不是 WGS-84，不可直接叠加到 WGS-84 地图。"
            f"Coordinates are {shown}, not WGS-84."
        )
    if private:
        notes.append("内部资料：含管理员姓名和手机，不得公开。Private: not for publication.")
    return tuple(notes)


def _warnings(entries: Sequence[Entry], datum: str, *, private: bool) -> tuple[str, ...]:
    told = []
    if datum in (GCJ02, BD09):
        told.append(f"the positions are {DATUM_NAMES[datum]}, not WGS-84; the file says so")
    if private:
        told.append("the file holds names and phones of keepers; keep it inside")
    samples = sum(entry.sample is True for entry in entries)
    if samples:
        told.append(f"{samples} stations are invented sample data; the column 示例数据 says so")
    return tuple(told)


def _columns(
    entries: Sequence[Entry],
    lonlat_deg: Floats,
    datum: str,
    *,
    private: bool,
    reveal: Reveal | None,
) -> Iterator[_Column]:
    """All columns that the file may have, in their order."""
    others = _other_cells(entries, lonlat_deg, datum)
    if private:
        others |= _inside_cells(entries, reveal)
    for field in fields().values():
        if private or field.public:
            cells = [format_field(field, entry, reveal) for entry in entries]
            yield _Column(field.name, field.zh, cells)
        for name in filter(others.__contains__, _AFTER.get(field.name, ())):
            yield _Column(name, _heading(name, datum), others[name])
    for name in filter(others.__contains__, _LAST):
        yield _Column(name, _heading(name, datum), others[name])
    for name in dict.fromkeys(name for entry in entries for name in entry.verified):
        column = f"{name}_{VERIFIED}" if name else VERIFIED
        days = [entry.verified.get(name) for entry in entries]
        yield _Column(column, field_names().get(column, column), days)


def _heading(name: str, datum: str) -> str:
    """Heading of a column that is no field; those of positions name a datum that is not WGS-84."""
    named = name in ("lon", "lat") and datum in (GCJ02, BD09)
    return f"{field_names()[name]}({DATUM_NAMES[datum]})" if named else field_names()[name]


def _other_cells(entries: Sequence[Entry], lonlat_deg: Floats, datum: str) -> dict[str, list[Any]]:
    """Cells of the columns that are no fields."""
    return {
        "name_made": ["是" if entry.name_made else None for entry in entries],
        "lon": lonlat_deg[:, 0].tolist(),
        "lat": lonlat_deg[:, 1].tolist(),
        "datum": [DATUM_NAMES[datum]] * len(entries),
        "facilities": [format_facilities(entry.facilities, entry.equipment) for entry in entries],
        "hours_text": [format_received_hours(entry) for entry in entries],
        "exceptions": [format_exceptions(entry.opening) for entry in entries],
        "source": [entry.source for entry in entries],
        "source_id": [entry.source_id for entry in entries],
    }


def _inside_cells(entries: Sequence[Entry], reveal: Reveal | None) -> dict[str, list[Any]]:
    """Cells of a private file: positions as received, and sealed cells that are no fields.

    Of those a mobile given as duty phone has a column, and all others have one together.
    """
    phones, notes = [], []
    for entry in entries:
        sealed = {
            heading: _opened("extra", cell, reveal)
            for heading, cell in entry.extra.items()
            if isinstance(cell, str) and cell.startswith(SEALED)
        }
        phones.append(sealed.pop("private_phone", None))
        notes.append(json.dumps(sealed, ensure_ascii=False) if sealed else None)
    return {
        "lon_raw": [entry.lon_raw for entry in entries],
        "lat_raw": [entry.lat_raw for entry in entries],
        "datum_raw": [DATUM_NAMES.get(entry.datum_raw, entry.datum_raw) for entry in entries],
        "private_phone": phones,
        "private_notes": notes,
    }


def _opened(name: str, sealed: str, reveal: Reveal | None) -> str:
    if reveal is None:
        raise InputError(f"{name} is sealed; give what opens it, or export without")
    return reveal(name, sealed)


def format_field(field: Field, entry: Entry, reveal: Reveal | None) -> Any:
    """A field as a file holds it: numbers and days by their type, all else in words."""
    if field.name == "hours":
        return _hours(entry)
    value = entry.value(field.name)
    if value is None:
        return None
    if field.sealed:
        return _opened(field.name, value, reveal)
    return value if field.type in ("int", "number", "date") else format_value(field, value)


def _hours(entry: Entry) -> str:
    """Weekly hours: the text as received where it says just them, else their canonical form."""
    if _says(entry.hours, entry.opening):
        return entry.hours
    return format_hours(replace(entry.opening, exceptions=(), overrides=()))


def format_received_hours(entry: Entry) -> str | None:
    """The text as received where the hours in force were not read from it."""
    return None if _says(entry.hours, entry.opening) else entry.hours


def _says(text: str, opening: Hours) -> bool:
    """Whether a text reads as these weekly hours, and no dated ones besides."""
    told = _read(text)
    weekly = (told.rules, told.holidays, told.known)
    return (
        weekly == (opening.rules, opening.holidays, opening.known)
        and set(told.exceptions) <= set(opening.exceptions)
        and set(told.overrides) <= set(opening.overrides)
    )


@lru_cache(maxsize=4096)  # thousands of stations share their hours
def _read(text: str) -> Hours:
    return read_hours(text).hours


def format_exceptions(opening: Hours) -> str:
    """Dated exceptions and overrides in words; "" for none."""
    dated = Hours(exceptions=opening.exceptions, overrides=opening.overrides)
    return format_hours(dated).removeprefix(_UNKNOWN_HOURS)
