"""Sheets and lists of places, read into rows: CSV, JSON and GeoJSON.

A row that cannot be used is still a row: it carries the problem, so that what was read is always
what was kept plus what was refused. Only a file as a whole raises. Spreadsheet formats belong to
the full registry.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from geodata.columns import (
    POSITION_FIELDS,
    Columns,
    cell_text,
    guess_columns,
    is_blank,
    parse_facilities,
    parse_yes_no,
)
from geodata.datum import reproject
from geodata.errors import InputError
from geodata.positions import Problem, read_position, shown

_DELIMITERS = (",", ";", "\t")
_HEADER_ROWS = 10  # titles may stand above the headings
_SHOWN_HEADINGS = 12
_JSON_DEPTH = 4
_POLE_DEG, _ANTIMERIDIAN_DEG = 90.0, 180.0
_SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook or zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite format 3\x00": "a GeoPackage or other SQLite database",
    b"%PDF": "a PDF",
}
# CRS names whose coordinates are WGS-84 degrees in lon, lat order already
_DEGREES_CRS = re.compile(r"CRS:?84$|EPSG:+(4326|4490|4979)$", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Row:
    """One place of a file.

    Parameters
    ----------
    number
        Its number in the file: the sheet's row (the heading is row 1) or, in JSON, counted from 1.
    lon_deg, lat_deg
        Position in the file's datum; nan where `problem` says so.
    values
        Field of `geodata/data/columns.toml` to its text; blank cells are left out.
    facilities
        Facility code to yes or no; missing is unknown.
    extra
        Cells of columns that were not understood.
    problem
        Why the row has no position, or None.
    """

    number: int
    lon_deg: float
    lat_deg: float
    values: Mapping[str, str]
    facilities: Mapping[str, bool] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a file, and what its columns were taken for."""

    source: str
    rows: tuple[Row, ...]
    columns: Columns = field(default_factory=lambda: Columns({}, {}))
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class _Record:
    """Cells of one row before their meaning is known."""

    number: int
    cells: dict[str, Any]
    problem: Problem | None = None


def read_rows(path: str | Path, *, mapping: Mapping[str, Any] | None = None) -> Rows:
    """Places of a CSV, JSON or GeoJSON file.

    CSV may be UTF-8 (with or without BOM), GB18030 or UTF-16 (with BOM), separated by comma,
    semicolon or tab, with titles above the headings. JSON may be a list of objects, an object that
    holds one, or records with `fields` and `geometry`. Geometries other than points give a
    representative point. Entirely blank lines are no rows.

    Parameters
    ----------
    path
        The file; what it is is read from its content, not its name.
    mapping
        As for `guess_columns`.

    Raises
    ------
    InputError
        The file cannot be read, is empty, of another type or encoding, cut off, or has no column
        with positions.

    Notes
    -----
    O(bytes), in memory.
    """
    source = Path(path).name
    text = _read_text(Path(path))
    crs = ""
    if text.lstrip()[:1] in ("[", "{"):
        records, crs = _json_records(text, source)
        headings = _all_headings(records)
    else:
        records, headings = _csv_records(text, source, mapping)
    columns = guess_columns(headings, mapping if headings else None)
    if headings and not columns.has_position:
        raise InputError(
            f"{source} has no column with positions; got {', '.join(headings[:_SHOWN_HEADINGS])}; "
            "expected lon and lat, 经度 and 纬度, or a geometry: rename them or give --mapping"
        )
    return rows_from_records(records, source=source, columns=columns, crs=crs)


def rows_from_records(
    records: Iterable[_Record | Mapping[str, Any]],
    *,
    source: str,
    columns: Columns | None = None,
    crs: str = "",
) -> Rows:
    """Rows of records that are in memory already: heading to cell, numbered from 1.

    Parameters
    ----------
    source
        Where they come from; part of the identity of bare numbers as source ids.
    columns
        What the headings mean; guessed when not given.
    crs
        CRS of the positions, "" for degrees in a datum.

    Raises
    ------
    InputError
        The CRS is unknown.

    Examples
    --------
    >>> rows = rows_from_records([{"name": "A", "lon": 1.5, "lat": "2,5"}], source="here")
    >>> rows.rows[0].lon_deg, rows.rows[0].lat_deg, dict(rows.rows[0].values)
    (1.5, 2.5, {'name': 'A'})
    """
    listed = [
        record if isinstance(record, _Record) else _Record(number, dict(record))
        for number, record in enumerate(records, start=1)
    ]
    meant = columns or guess_columns(_all_headings(listed))
    rows = [_row(record, meant) for record in listed]
    if crs:
        rows = _reprojected(rows, crs)
    return Rows(source, tuple(_in_range(row, meant) for row in rows), meant)


def _read_text(path: Path) -> str:
    """Decode a file, or say what it is instead."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            raise InputError(f"{path.name} is {what}; save the list as CSV (UTF-8) or GeoJSON")
    text = _decode(content)
    if text is None or _CONTROL.search(text):
        raise InputError(
            f"{path.name} is not text in UTF-8, GB18030 or UTF-16; save the list as CSV (UTF-8)"
        )
    if not text.strip():
        raise InputError(f"{path.name} is empty; expected CSV, JSON or GeoJSON")
    return text


def _decode(content: bytes) -> str | None:
    """Text in the first encoding that fits; only UTF-16 needs its mark."""
    marked = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _csv_records(
    text: str, source: str, mapping: Mapping[str, Any] | None
) -> tuple[list[_Record], list[str]]:
    """Records of a CSV, and its headings."""
    lines = list(_csv_lines(text, source))
    places = [number for number, line in enumerate(lines) if any(cell.strip() for cell in line)]
    if not places:
        raise InputError(f"{source} holds no rows; expected a heading and a row for each place")
    header = next(
        (i for i in places[:_HEADER_ROWS] if guess_columns(_distinct(lines[i])).has_position),
        places[0],
    )
    if mapping:  # a mapping names columns of the real heading, which the guess may not know
        named = {column for column in mapping.values() if isinstance(column, str)}
        header = next((i for i in places[:_HEADER_ROWS] if named & set(lines[i])), header)
    headings = _distinct(lines[header])
    records = [
        _csv_record(number + 1, lines[number], headings) for number in places if number > header
    ]
    return records, headings


def _csv_lines(text: str, source: str) -> Iterator[list[str]]:
    """Parse with the separator that shows positions, or else most cells, in the first lines."""

    def fit(delimiter: str) -> tuple[bool, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        with contextlib.suppress(csv.Error):
            lines = list(islice(reader, _HEADER_ROWS))
            known = any(guess_columns(_distinct(line)).has_position for line in lines)
            return known, sum(map(len, lines))
        return False, 0

    delimiter = max(_DELIMITERS, key=fit)
    # strict: an unclosed quote is an error, and does not swallow the rest of the file
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(
            f"{source} is no readable CSV at line {reader.line_num}: {error}"
        ) from error


def _csv_record(number: int, line: Sequence[str], headings: Sequence[str]) -> _Record:
    """Cells by heading; a line that is too long has shifted cells and is refused."""
    surplus = [cell for cell in line[len(headings) :] if cell.strip()]
    cells: dict[str, Any] = dict(zip(headings, line, strict=False))
    if not surplus:
        return _Record(number, cells)
    reason = (
        f"{len(line)} cells under {len(headings)} headings; quote text that holds the separator"
    )
    return _Record(number, cells, Problem("", surplus[0], reason))


def _distinct(line: Iterable[str]) -> list[str]:
    """Headings made distinct: blank ones by position, repeated ones by number."""
    headings: list[str] = []
    for place, cell in enumerate(line, start=1):
        heading = cell.strip() or f"column {place}"
        while heading in headings:
            heading += "'"
        headings.append(heading)
    return headings


def _json_records(text: str, source: str) -> tuple[list[_Record], str]:
    """Records of a JSON text and, for GeoJSON that names one, the CRS."""
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise InputError(f"{source} is nested too deeply; expected a list of objects") from error
    except ValueError as error:
        raise InputError(f"{source} is no complete JSON: {error}") from error
    crs = ""
    if isinstance(document, dict):
        name = str((document.get("crs") or {}).get("properties", {}).get("name", ""))
        crs = "" if not name or _DEGREES_CRS.search(name) else name
        if document.get("type") == "Feature":
            document = [document]
    listed = _find_list(document, _JSON_DEPTH)
    if listed is None:
        raise InputError(f"{source} holds no list of places; expected [{{...}}, ...] or GeoJSON")
    return [_json_record(number, entry) for number, entry in enumerate(listed, start=1)], crs


def _find_list(document: Any, depth: int) -> list[Any] | None:
    """The longest list of objects in a document; an empty list only where there is no other."""
    if isinstance(document, list):
        objects = sum(isinstance(entry, dict) for entry in document)
        return document if objects or not document else None
    if not isinstance(document, dict) or depth == 0:
        return None
    found = [_find_list(value, depth - 1) for value in document.values()]
    return max((listed for listed in found if listed is not None), key=len, default=None)


def _json_record(number: int, entry: Any) -> _Record:
    """Cells of an object; what stands in its `fields` or `properties` is lifted out."""
    if not isinstance(entry, dict):
        problem = Problem("", shown(entry), "not an object; expected {...} with a position")
        return _Record(number, {}, problem)
    cells = dict(entry)
    for inner in ("fields", "properties"):
        if isinstance(cells.get(inner), dict):
            lifted = cells.pop(inner)
            cells = {**cells, **{key: value for key, value in lifted.items() if key != "geometry"}}
    if cells.get("type") == "Feature":
        del cells["type"]
    return _Record(number, cells)


def _all_headings(records: Iterable[_Record]) -> list[str]:
    """Headings of all records, in order of appearance."""
    return list(dict.fromkeys(heading for record in records for heading in record.cells))


def _row(record: _Record, columns: Columns) -> Row:
    """Give the cells of one record their meaning."""
    extra = {key: value for key, value in record.cells.items() if not is_blank(value)}
    place = read_position(extra, columns)
    for heading in place.used:
        extra.pop(heading, None)
    values: dict[str, str] = {}
    found: dict[str, bool] = {}
    for name, headings in columns.headings.items():
        heading = next((heading for heading in headings if heading in extra), "")
        if not heading or name in POSITION_FIELDS:
            continue
        value = extra.pop(heading)
        if name == "facilities":
            found, unknown = parse_facilities(value)
            if unknown:
                extra[heading] = value
        else:
            values[name] = cell_text(value)
    for heading, code in columns.facility.items():
        answer = parse_yes_no(extra[heading]) if heading in extra else None
        if answer is not None:
            found[code] = answer
            del extra[heading]
    problem = record.problem or place.problem
    return Row(record.number, place.lon_deg, place.lat_deg, values, found, extra, problem)


def _reprojected(rows: Sequence[Row], crs: str) -> list[Row]:
    """Rows whose positions were in another CRS, in WGS-84 degrees."""
    fit = [index for index, row in enumerate(rows) if row.problem is None]
    lonlat = reproject(
        np.array([(rows[i].lon_deg, rows[i].lat_deg) for i in fit]).reshape(-1, 2), crs
    )
    moved = list(rows)
    for index, (lon, lat) in zip(fit, lonlat.tolist(), strict=True):
        moved[index] = replace(rows[index], lon_deg=lon, lat_deg=lat)
    return moved


def _in_range(row: Row, columns: Columns) -> Row:
    """Refuse a row whose numbers cannot be degrees."""
    lon, lat = row.lon_deg, row.lat_deg
    if row.problem or (abs(lat) <= _POLE_DEG and abs(lon) <= _ANTIMERIDIAN_DEG):
        return row
    heading = next((columns.first(f) for f in POSITION_FIELDS if f in columns.headings), "")
    reason = "beyond 180 degrees east or 90 north; expected decimal degrees"
    if abs(lon) <= _POLE_DEG < abs(lat) <= _ANTIMERIDIAN_DEG:
        reason = "latitude beyond 90 degrees: longitude and latitude look swapped"
    return replace(row, problem=Problem(heading, f"{lon:g}, {lat:g}", reason))
