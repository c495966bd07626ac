"""XLSX workbooks read as they are filled in by offices.

The first sheet with a heading of positions counts. Titles above it, hidden rows and columns, merged
cells, dates, percentages and the stored results of formulas are read; a value in cells merged
downwards belongs to each of their rows.

openpyxl writes our workbooks, but is too slow to read them: it takes 0.04 ms a cell, which for
100,000 rows of 26 columns is more than the whole import may last. This reader parses the same XML
with expat in a quarter of that, in bounded memory, and also sees merged cells and formulas that
were never computed. What unpacks to more than `MAX_UNPACKED_BYTES` is refused unread.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers import expat

from geodata.cells import is_blank
from geodata.errors import InputError
from geodata.headings import (
    HEADER_LINES,
    ExampleFilter,
    Listing,
    Record,
    distinct_headings,
    find_heading,
    no_positions,
)
from geodata.workbook import MAX_ROW, Cells, SheetNotes, Workbook

MAX_UNPACKED_BYTES = 1 << 29  # 512 MB; a national list of 200,000 rows has about 300 MB
_MAX_MEMBERS = 10_000
_MAX_HEADING_COLUMNS = 1024
_PEEK_ROWS = 1000  # rows, blank ones too, among which the heading must be
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,  # of zipfile: encrypted, or a method of packing that it does not know
    ValueError,
)


def read_workbook(path: Path, mapping: Mapping[str, Any] | None = None) -> Listing:
    """Records of a workbook; rows have the numbers that the spreadsheet shows.

    Raises
    ------
    InputError
        It is no workbook, damaged, too large when unpacked, or has no heading with positions.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_archive(archive, path.name)
            return _read(archive, path.name, mapping)
    except InputError:
        raise
    except _DAMAGED as error:
        raise InputError(
            f"{path.name} is a damaged or cut off Excel workbook or zip archive ({error})"
        ) from error


def _check_archive(archive: zipfile.ZipFile, source: str) -> None:
    """Refuse what is no workbook or too large; declared sizes bind the unpacking later."""
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES or len(members) > _MAX_MEMBERS:
        raise InputError(
            f"{source} unpacks to {unpacked / 1e6:,.0f} MB in {len(members)} parts; "
            f"expected at most {MAX_UNPACKED_BYTES / 1e6:,.0f} MB: save the list alone, or as CSV"
        )
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return
    kinds = {
        "xl/workbook.bin": "a binary Excel workbook (.xlsb)",
        "word/document.xml": "a Word document",
        "ppt/presentation.xml": "a presentation",
        "content.xml": "an OpenDocument file",
    }
    what = next((kind for name, kind in kinds.items() if name in names), "a zip archive")
    raise InputError(f"{source} is {what}, no Excel workbook; save the list as XLSX or CSV (UTF-8)")


def _read(archive: zipfile.ZipFile, source: str, mapping: Mapping[str, Any] | None) -> Listing:
    book = Workbook(archive)
    seen: list[str] = []
    for member in book.sheets():
        peeked = (
            (n, cells) for n, cells in book.rows(member, SheetNotes()) if not _is_blank_row(cells)
        )
        lines = [
            (number, _as_line(cells))
            for number, cells in islice(peeked, HEADER_LINES)
            if number <= _PEEK_ROWS
        ]
        place = find_heading([line for _, line in lines], mapping)
        if place is not None:
            return _listing(book, member, lines[place][0])
        seen = seen or (distinct_headings(lines[0][1]) if lines else [])
    if not seen:
        raise InputError(f"{source} holds no rows; expected a heading and a row for each place")
    raise no_positions(source, seen)


def _listing(book: Workbook, member: str, heading_number: int) -> Listing:
    """Records of the sheet whose heading is known."""
    sheet = SheetNotes()
    rows = {n: cells for n, cells in book.rows(member, sheet) if not _is_blank_row(cells)}
    _fill_merged(rows, sheet.merges)
    headings = distinct_headings(_as_line(rows[heading_number]))
    examples = ExampleFilter()
    records = []
    for number, cells in rows.items():
        if number <= heading_number or not examples.is_place(
            number, (cells[column] for column in sorted(cells))
        ):
            continue
        named = {
            headings[column] if column < len(headings) else f"column {column + 1}": value
            for column, value in cells.items()
        }
        records.append(Record(number, named))
    return Listing(records, headings, warnings=_warnings(sheet) + examples.warnings())


def _warnings(sheet: SheetNotes) -> tuple[str, ...]:
    told = []
    if sheet.errors:
        told.append(
            f"{sheet.errors} cells hold a spreadsheet's error (#REF!, #N/A) and count as blank"
        )
    if sheet.uncomputed:
        told.append(
            f"{sheet.uncomputed} cells hold formulas without a result and count as blank; "
            "open the file in a spreadsheet program, save it and import it again"
        )
    return tuple(told)


def _is_blank_row(cells: Cells) -> bool:
    return all(map(is_blank, cells.values()))


def _as_line(cells: Cells) -> list[Any]:
    """Cells in their order with blanks between them."""
    width = min(max(cells, default=-1) + 1, _MAX_HEADING_COLUMNS)
    return [cells.get(column, "") for column in range(width)]


def _fill_merged(rows: dict[int, Cells], merges: list[tuple[int, int, int]]) -> None:
    """Give a value that stands in cells merged downwards to each of their rows."""
    room = 2 * MAX_ROW  # merged ranges that overlap are none, and could be as many as one likes
    for column, first, last in merges:
        value = rows.get(first, {}).get(column)
        room -= last - first
        if room < 0:
            raise InputError("the workbook has merged cells that overlap; undo the merging")
        if value is None:
            continue
        for number in range(first + 1, last + 1):
            if number in rows and is_blank(rows[number].get(column)):
                rows[number][column] = value
