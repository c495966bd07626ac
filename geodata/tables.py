"""Sheets and lists of places, read into rows: CSV, XLSX, JSON, GeoJSON and GeoPackage.

A row that cannot be used is still a row: it carries the problem, so that what was read is always
what was kept plus what was refused. Only a file as a whole raises. What a file is is told by its
first bytes, and what is no list is refused by them, however large it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from geodata.cells import cell_text, is_blank
from geodata.columns import POSITION_FIELDS, Columns, find_datum, guess_columns
from geodata.delimited import HEAD_BYTES, find_encoding, guess_encoding, read_delimited
from geodata.documents import all_headings, read_json
from geodata.equipment import Equipment, parse_answer, parse_facilities
from geodata.errors import InputError
from geodata.headings import Listing, Record, check_positions
from geodata.positions import Place, Problem, range_problem, read_position, shown, swap_problems
from geodata.projection import reproject

MAX_BYTES = 1 << 29  # 512 MB; a national list of 200,000 rows has about 100 MB
_EXAMPLE_ROWS = 1000  # rows among which a cell for the preview is looked for
_APART = {*POSITION_FIELDS, "facilities"}  # fields that are no texts
_SIGNATURES = {
    b"PK\x03\x04": "xlsx",
    b"SQLite format 3\x00": "gpkg",
}
_REFUSED = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls), or one with a password",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
    b"\x1f\x8b": "an archive",
    b"PK\x05\x06": "an empty archive",
    b"{\\rtf": "a text document",
}


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
        Field to its text, for the fields of `geodata.columns.field_words`; blank cells are left
        out, and a datum that is known has its code.
    facilities, equipment
        Facility code to yes or no, and to what else is told of it; missing is unknown.
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
    equipment: Mapping[str, Equipment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a file, and what its columns were taken for.

    Parameters
    ----------
    examples
        A cell for each heading.
    datum_hint
        Datum that the file or its headings speak of, "" for none; rows that tell their own have it
        in their values.
    """

    source: str
    rows: tuple[Row, ...]
    columns: Columns = field(default_factory=lambda: Columns({}, {}))
    warnings: tuple[str, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)
    datum_hint: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def preview(self) -> tuple[dict[str, str], ...]:
        """What each column was taken for, with a cell of it; see `Columns.preview`."""
        return self.columns.preview(self.examples)


def read_rows(path: str | Path, *, mapping: Mapping[str, Any] | None = None) -> Rows:
    """Places of a CSV, XLSX, JSON, GeoJSON or GeoPackage file.

    CSV may be UTF-8 (with or without BOM), GB18030 or UTF-16 (with BOM), separated by comma,
    semicolon or tab; in CSV and XLSX titles may stand above the headings. JSON may be a list of
    objects, an object that holds one, or records with `fields` and `geometry`. Geometries other
    than points give a representative point. Entirely blank lines are no rows, nor are lines that
    begin with 【说明】 or 【示例】.

    Parameters
    ----------
    path
        The file; what it is is read from its content, not its name.
    mapping
        As for `guess_columns`.

    Raises
    ------
    InputError
        The file cannot be read, is empty, too large, of another type or encoding, cut off, or has
        no column with positions.

    Notes
    -----
    O(bytes); rows are held in memory, the file is not, unless it is JSON.
    """
    place = Path(path)
    try:
        with place.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        listing = _read_listing(place, head, mapping)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    columns = guess_columns(listing.headings, mapping if listing.headings else None)
    check_positions(place.name, columns)
    rows = rows_from_records(listing.records, source=place.name, columns=columns, crs=listing.crs)
    return replace(
        rows,
        warnings=listing.warnings + rows.warnings,
        datum_hint=rows.datum_hint or listing.datum_hint,
    )


def rows_from_records(
    records: Iterable[Record | Mapping[str, Any]],
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
        record if isinstance(record, Record) else Record(number, dict(record))
        for number, record in enumerate(records, start=1)
    ]
    meant = columns or guess_columns(all_headings(listed))
    filled = [_filled(record) for record in listed]
    places = [read_position(cells, meant) for cells in filled]
    rows = [_row(*parts, meant) for parts in zip(listed, filled, places, strict=True)]
    if crs:
        rows = _reprojected(rows, crs)
    return Rows(
        source,
        tuple(_in_range(rows, meant)),
        meant,
        _warnings(places),
        _examples(listed[:_EXAMPLE_ROWS]),
        meant.datum_hint,
    )


def _read_listing(path: Path, head: bytes, mapping: Mapping[str, Any] | None) -> Listing:
    """What a file holds, by what its first bytes say it is."""
    for signature, what in _REFUSED.items():
        if head.startswith(signature):
            raise InputError(f"{path.name} is {what}; save the list as XLSX or CSV (UTF-8)")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(
            f"{path.name} has {size / 1e6:,.0f} MB; expected at most {MAX_BYTES / 1e6:,.0f} MB: "
            "split the list"
        )
    kind = next((kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)), "")
    if kind == "xlsx":
        from geodata.sheets import read_workbook

        return read_workbook(path, mapping)
    if kind == "gpkg":
        from geodata.layers import read_geopackage

        return read_geopackage(path)
    return _read_text(path, head, mapping)


def _read_text(path: Path, head: bytes, mapping: Mapping[str, Any] | None) -> Listing:
    """What a text file holds."""
    encoding = guess_encoding(path.name, head)
    start = head.decode(encoding, "ignore").lstrip()
    if not start:
        raise InputError(f"{path.name} is empty; expected CSV, XLSX, JSON, GeoJSON or GeoPackage")
    if start[0] == "<":
        raise InputError(
            f"{path.name} is a web page or XML, whatever its name says; open it in a spreadsheet "
            "program and save the list as XLSX or CSV (UTF-8)"
        )
    if start[0] in "[{":
        if "{" not in start and len(head) == HEAD_BYTES:
            raise InputError(
                f"{path.name} holds no list of places; expected [{{...}}, ...] or GeoJSON"
            )
        return read_json(path, find_encoding(path, head))
    return read_delimited(path, head, mapping)


def _filled(record: Record) -> dict[str, Any]:
    """The cells of a record that say something."""
    return {key: value for key, value in record.cells.items() if not is_blank(value)}


def _row(record: Record, extra: dict[str, Any], place: Place, columns: Columns) -> Row:
    """Give the cells of one record their meaning; those without one are left in `extra`."""
    for heading in place.used:
        extra.pop(heading, None)
    found: dict[str, bool] = {}
    equipment: dict[str, Equipment] = {}
    for heading in columns.headings.get("facilities", ()):
        offers = parse_facilities(extra.get(heading, ""))
        found |= offers.there
        equipment |= offers.equipment
        if not offers.unread:
            extra.pop(heading, None)
    for heading, code in columns.facility.items():
        answer = parse_answer(extra[heading]) if heading in extra else None
        if answer is not None and answer.there is not None:
            found[code] = answer.there
            if answer.detail != Equipment():
                equipment[code] = answer.detail
            del extra[heading]
    return Row(
        record.number,
        place.lon_deg,
        place.lat_deg,
        _values(columns, extra),
        found,
        extra,
        record.problem or place.problem,
        equipment,
    )


def _values(columns: Columns, cells: dict[str, Any]) -> dict[str, str]:
    """Texts of a row by field; they are taken out of its cells."""
    values: dict[str, str] = {}
    for name, headings in columns.headings.items():
        for heading in headings:
            if heading in cells and name not in _APART:
                values[name] = cell_text(cells.pop(heading))
                break
    if "datum" in values:
        values["datum"] = find_datum(values["datum"]) or values["datum"]
    return values


def _warnings(places: Sequence[Place]) -> tuple[str, ...]:
    """What a person should know of how positions were written."""
    count = sum(place.sexagesimal for place in places)
    if not count:
        return ()
    return (
        f"{count} positions were written in degrees, minutes and seconds or with a compass letter; "
        "they are read as decimal degrees",
    )


def _examples(records: Iterable[Record]) -> dict[str, str]:
    """A cell for each heading, the first that is not blank."""
    found: dict[str, str] = {}
    for record in records:
        for heading, cell in record.cells.items():
            if heading not in found and not is_blank(cell):
                found[heading] = shown(cell)
    return found


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


def _in_range(rows: Sequence[Row], columns: Columns) -> Iterator[Row]:
    """Rows, those refused whose numbers cannot be degrees or are swapped."""
    heading = next(
        (columns.first(name) for name in POSITION_FIELDS if name in columns.headings), ""
    )
    positions = [(row.lon_deg, row.lat_deg) for row in rows]
    swapped = swap_problems(positions, heading)
    for index, row in enumerate(rows):
        problem = row.problem or range_problem(row.lon_deg, row.lat_deg, heading)
        problem = problem or swapped.get(index)
        yield row if problem is row.problem else replace(row, problem=problem)
