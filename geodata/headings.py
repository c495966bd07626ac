"""The heading of a sheet found among its lines, and the lines below it as records.

Titles may stand above the heading. A line that begins with 【说明】 or 【示例】 explains the sheet
or shows how to fill it in, and is no place; the template for district offices has such lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geodata.cells import cell_text
from geodata.columns import Columns, guess_columns
from geodata.errors import InputError
from geodata.positions import Problem, shown

HEADER_LINES = 10  # the heading is looked for in so many lines that are not blank
EXPLANATION, EXAMPLE = "【说明】", "【示例】"
_SHOWN_HEADINGS = 12


@dataclass(frozen=True, slots=True)
class Record:
    """Cells of one row by heading, before their meaning is known."""

    number: int
    cells: dict[str, Any]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a file holds: its records, its headings, and what its own words say about them.

    Parameters
    ----------
    crs
        CRS of the positions, "" for degrees in a datum.
    datum_hint
        Datum that the file says of itself, "" where it does not.
    """

    records: Sequence[Record]
    headings: Sequence[str]
    crs: str = ""
    datum_hint: str = ""
    warnings: tuple[str, ...] = ()


def distinct_headings(line: Iterable[Any]) -> list[str]:
    """Headings made distinct: blank ones by position, repeated ones by a stroke.

    >>> distinct_headings(["a", "", "a"])
    ['a', 'column 2', "a'"]
    """
    headings: dict[str, None] = {}
    for place, cell in enumerate(line, start=1):
        heading = cell_text(cell) or f"column {place}"
        while heading in headings:
            heading += "'"
        headings[heading] = None
    return list(headings)


def find_heading(
    lines: Sequence[Sequence[Any]], mapping: Mapping[str, Any] | None = None
) -> int | None:
    """Which of the first lines is the heading: one with positions, or that the mapping names.

    Returns
    -------
    Its index; None where there is none.
    """
    named = {column for column in (mapping or {}).values() if isinstance(column, str)}
    if named:  # they may be words that no guess knows
        for index, line in enumerate(lines):
            if named & {cell_text(cell) for cell in line}:
                return index
    for index, line in enumerate(lines):
        if guess_columns(distinct_headings(line)).has_position:
            below = lines[index + 1 : index + 2]
            # 坐标 over 经度 and 纬度: a heading of two lines
            return index if _has_lonlat(line) or not any(map(_has_lonlat, below)) else index + 1
    return None


def _has_lonlat(line: Sequence[Any]) -> bool:
    """Whether a line has headings of both a longitude and a latitude."""
    return {"lon", "lat"} <= guess_columns(distinct_headings(line)).headings.keys()


def no_positions(source: str, headings: Sequence[str]) -> InputError:
    """The error for a file in which no column has positions."""
    got = ", ".join(shown(heading) for heading in headings[:_SHOWN_HEADINGS])
    return InputError(
        f"{source} has no column with positions; got {got}; "
        "expected lon and lat, 经度 and 纬度, or a geometry: rename them or give --mapping"
    )


def check_positions(source: str, columns: Columns) -> None:
    """Refuse a file in which no column has positions.

    Raises
    ------
    InputError
        There is none; the message lists the headings.
    """
    if columns.order and not columns.has_position:
        raise no_positions(source, columns.order)


class ExampleFilter:
    """Leaves out explanations and examples; counts the examples."""

    def __init__(self) -> None:
        self._examples: list[int] = []

    def is_place(self, number: int, cells: Iterable[Any]) -> bool:
        """Whether a line that is not blank is one of a place."""
        first = next((text for text in map(cell_text, cells) if text), "")
        if first.startswith(EXAMPLE):
            self._examples.append(number)
        return not first.startswith((EXAMPLE, EXPLANATION))

    def warnings(self) -> tuple[str, ...]:
        """What a person should know of."""
        if not self._examples:
            return ()
        rows = ", ".join(map(str, self._examples[:_SHOWN_HEADINGS]))
        return (f"row {rows}: marked {EXAMPLE}, so an example and not imported",)
