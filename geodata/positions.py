"""Where a row says it is: two numbers, a pair in one cell, or a geometry's representative point."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry import shape

from geodata.columns import POSITION_FIELDS, Columns, cell_text, guess_columns, parse_number

_SHOWN_CHARS = 80
_WKB_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){21,}")  # a point is 21 bytes of WKB
_BETWEEN_NUMBERS = re.compile(r"[,，;；\s]+")
_BAD_GEOMETRY = (
    shapely.errors.ShapelyError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be used: the column and value at fault, and the reason with its remedy."""

    column: str
    value: str
    reason: str


class Place(NamedTuple):
    """A position, nan where there is none, the columns it came from, and what is wrong with it."""

    lon_deg: float = math.nan
    lat_deg: float = math.nan
    used: tuple[str, ...] = ()
    problem: Problem | None = None


def read_position(cells: Mapping[str, Any], columns: Columns) -> Place:
    """Position of a row.

    A GeoJSON geometry goes before columns of numbers, these before WKT and before pairs in one
    cell; columns that the user mapped go before everything.

    Parameters
    ----------
    cells
        Heading to cell, blank ones left out.
    columns
        What the headings mean.

    Returns
    -------
    Place
        Numbers as they stand; whether they can be degrees is not checked here.

    Examples
    --------
    >>> read_position({"wkt": "POINT (2 48)"}, guess_columns(["wkt"]))[:2]
    (2.0, 48.0)
    """
    single = {
        name: columns.headings[name][0] for name in POSITION_FIELDS if name in columns.headings
    }
    numbers = [single[name] for name in ("lon", "lat") if name in single]
    complete = {"lon", "lat"} <= set(single)
    geometry = cells.get(single.get("geometry", ""))
    if isinstance(geometry, dict) and not {"lon", "lat"} <= columns.mapped:
        return _from_geometry(single["geometry"], geometry)
    if complete and any(heading in cells for heading in numbers):
        return _from_numbers(numbers, cells)
    if geometry is not None:
        return _from_geometry(single["geometry"], geometry)
    for name in ("point_lat_lon", "point_lon_lat"):
        if single.get(name) in cells:
            return _from_pair(single[name], cells[single[name]], lat_first=name == "point_lat_lon")
    blank = (numbers if complete else []) or list(single.values()) or ["lon", "lat"]
    return Place(problem=Problem(blank[0], "", "no position; fill in " + " and ".join(blank)))


def shown(cell: Any) -> str:
    """Cell as a report shows it, cut to a line."""
    return " ".join(cell_text(cell).split())[:_SHOWN_CHARS]


def _from_numbers(headings: Sequence[str], cells: Mapping[str, Any]) -> Place:
    """Position from a longitude and a latitude cell."""
    numbers = []
    for heading in headings:
        cell = cells.get(heading)
        number = parse_number(cell)
        if number is None:
            reason = "blank" if cell is None else "not a number"
            problem = Problem(heading, shown(cell), f"{reason}; expected decimal degrees")
            return Place(problem=problem)
        numbers.append(number)
    return Place(numbers[0], numbers[1], tuple(headings))


def _from_pair(heading: str, cell: Any, *, lat_first: bool) -> Place:
    """Position from one cell with two numbers, a list of two, or {"lon": , "lat": }."""
    parts: Sequence[Any]
    if isinstance(cell, dict):
        inner = guess_columns([str(key) for key in cell]).headings
        parts = [cell.get(inner.get(name, ("",))[0]) for name in ("lon", "lat")]
        lat_first = False
    elif isinstance(cell, list):
        parts = cell
    else:
        parts = _BETWEEN_NUMBERS.split(str(cell).strip(" ()[]（）"))
    numbers = [number for number in map(parse_number, parts) if number is not None]
    if len(parts) != 2 or len(numbers) != 2:  # noqa: PLR2004 - lon and lat
        order = "lat, lon" if lat_first else "lon, lat"
        reason = f"no position; expected two numbers: {order}"
        return Place(problem=Problem(heading, shown(cell), reason))
    lon, lat = reversed(numbers) if lat_first else numbers
    return Place(lon, lat, (heading,))


def _from_geometry(heading: str, cell: Any) -> Place:
    """Representative point of a GeoJSON object, WKT, or WKB in hex."""
    try:
        with np.errstate(invalid="ignore"):
            geometry = _geometry(cell)
            point = geometry.representative_point()  # 0, 0 for coordinates that are not numbers
        known = bool(np.isfinite(shapely.get_coordinates(geometry)).all()) and not point.is_empty
        lon, lat = (point.x, point.y) if known else (math.nan, math.nan)
    except _BAD_GEOMETRY:
        lon, lat = math.nan, math.nan
    if math.isnan(lon):
        reason = "no geometry with a position; expected GeoJSON or WKT"
        return Place(problem=Problem(heading, shown(cell), reason))
    return Place(lon, lat, (heading,))


def _geometry(cell: Any) -> Any:
    """Shapely geometry of a cell."""
    if not isinstance(cell, str):
        return shape(cell)
    text = cell.strip()
    if text.startswith("{"):
        return shape(json.loads(text))
    if _WKB_HEX.fullmatch(text):
        return shapely.from_wkb(text)
    return shapely.from_wkt(text.rpartition(";")[2])  # EWKT: SRID=4326;POINT (...)
