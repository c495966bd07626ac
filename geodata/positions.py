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

from geodata.cells import cell_text, parse_number
from geodata.columns import POSITION_FIELDS, Columns, guess_columns
from geodata.degrees import Angle, parse_degrees, split_degrees

_SHOWN_CHARS = 80
_POLE_DEG, _ANTIMERIDIAN_DEG = 90.0, 180.0
_WKB_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){21,}")  # a point is 21 bytes of WKB
_BETWEEN_NUMBERS = re.compile(r"[,，;；\s]+")
# the span of China's longitudes and latitudes, widely: what may be one is none of the other
_CHINA_LON_DEG, _CHINA_LAT_DEG = (73.0, 135.5), (17.0, 54.0)
_BAD_GEOMETRY = (
    shapely.errors.ShapelyError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be used: the column and value at fault, the reason, and what to do."""

    column: str
    value: str
    reason: str
    fix: str = ""


class Place(NamedTuple):
    """A position, nan where there is none, the columns it came from, and what is wrong with it.

    `sexagesimal` tells that it was written in degrees, minutes and seconds, or with a letter.
    """

    lon_deg: float = math.nan
    lat_deg: float = math.nan
    used: tuple[str, ...] = ()
    problem: Problem | None = None
    sexagesimal: bool = False


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
    if _is_shape(geometry) and not {"lon", "lat"} <= columns.mapped:
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


def range_problem(lon_deg: float, lat_deg: float, column: str) -> Problem | None:
    """Why two numbers cannot be degrees; None where they can."""
    if abs(lat_deg) <= _POLE_DEG and abs(lon_deg) <= _ANTIMERIDIAN_DEG:
        return None
    value = f"{lon_deg:g}, {lat_deg:g}"
    if abs(lon_deg) <= _POLE_DEG < abs(lat_deg) <= _ANTIMERIDIAN_DEG:
        return _swapped(column, value, "latitude beyond 90 degrees")
    reason = "beyond 180 degrees east or 90 north; expected decimal degrees"
    return Problem(column, value, reason, "give degrees, or the CRS of the metres")


def swap_problems(lonlat_deg: Sequence[tuple[float, float]], column: str) -> dict[int, Problem]:
    """Rows of a file whose longitude and latitude are swapped for all that can be known.

    Where more than half of the positions, as they stand, have a latitude of China for longitude
    and a longitude of China for latitude, those are told. Nothing is swapped back: that is for the
    sender to say.

    Parameters
    ----------
    lonlat_deg
        Positions, nan for rows without one.
    column
        The column to name.

    Returns
    -------
    Index of the row to its problem.
    """
    placed = [index for index, (lon, _) in enumerate(lonlat_deg) if not math.isnan(lon)]
    swapped = [
        index
        for index in placed
        if _CHINA_LAT_DEG[0] <= lonlat_deg[index][0] <= _CHINA_LAT_DEG[1]
        and _CHINA_LON_DEG[0] <= lonlat_deg[index][1] <= _CHINA_LON_DEG[1]
    ]
    if 2 * len(swapped) <= len(placed):
        return {}
    told = "a latitude of China stands for the longitude, and the other way round"
    return {
        index: _swapped(column, f"{lonlat_deg[index][0]:g}, {lonlat_deg[index][1]:g}", told)
        for index in swapped
    }


def shown(cell: Any) -> str:
    """Cell as a report shows it, cut to a line."""
    return " ".join(cell_text(cell).split())[:_SHOWN_CHARS]


def _swapped(column: str, value: str, told: str) -> Problem:
    return Problem(
        column,
        value,
        f"{told}: longitude and latitude look swapped",
        "swap the two columns' headings, or give --mapping with lon and lat",
    )


def _is_shape(cell: Any) -> bool:
    return isinstance(cell, (dict, shapely.Geometry))


def _from_numbers(headings: Sequence[str], cells: Mapping[str, Any]) -> Place:
    """Position from a longitude and a latitude cell."""
    angles = []
    for heading, axis in zip(headings, ("lon", "lat"), strict=True):
        cell = cells.get(heading)
        angle = _read_angle(cell)
        if angle is None:
            reason = "blank" if cell is None else "not a number"
            problem = Problem(heading, shown(cell), f"{reason}; expected decimal degrees")
            return Place(problem=problem)
        if angle.axis not in ("", axis):
            name = "latitude" if axis == "lon" else "longitude"
            problem = _swapped(heading, shown(cell), f"a {name} stands for the other")
            return Place(problem=problem)
        angles.append(angle)
    return _placed(angles, tuple(headings), cells)


def _read_angle(cell: Any) -> Angle | None:
    """Degrees of a cell, however they are written."""
    number = parse_number(cell)
    if number is not None:
        return Angle(number)
    return parse_degrees(cell) if isinstance(cell, str) else None


def _placed(angles: Sequence[Angle], used: tuple[str, ...], cells: Mapping[str, Any]) -> Place:
    written = any(parse_number(cells[heading]) is None for heading in used)
    return Place(angles[0].degrees, angles[1].degrees, used, sexagesimal=written)


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
    if len(parts) == len(numbers) == 2:  # noqa: PLR2004 - lon and lat
        lon, lat = reversed(numbers) if lat_first else numbers
        return Place(lon, lat, (heading,))
    angles = split_degrees(cell) if isinstance(cell, str) else []
    axes = [angle.axis for angle in angles]
    if angles and axes in (["", ""], ["lon", "lat"], ["lat", "lon"]):
        turned = axes == ["lat", "lon"] or (lat_first and axes == ["", ""])
        lon, lat = [angle.degrees for angle in (reversed(angles) if turned else angles)]
        return Place(lon, lat, (heading,), sexagesimal=True)
    order = "lat, lon" if lat_first else "lon, lat"
    reason = f"no position; expected two numbers: {order}"
    return Place(problem=Problem(heading, shown(cell), reason))


def _from_geometry(heading: str, cell: Any) -> Place:
    """Representative point of a GeoJSON object, WKT, or WKB in hex."""
    if isinstance(cell, dict) and (point := _plain_point(cell)) is not None:
        return Place(*point, (heading,))
    try:
        with np.errstate(invalid="ignore"):
            geometry = _geometry(cell)
            # a point as it stands; 0, 0 for coordinates that are not numbers
            point = geometry if geometry.geom_type == "Point" else geometry.representative_point()
        known = bool(np.isfinite(shapely.get_coordinates(geometry)).all()) and not point.is_empty
        lon, lat = (point.x, point.y) if known else (math.nan, math.nan)
    except _BAD_GEOMETRY:
        lon, lat = math.nan, math.nan
    if math.isnan(lon):
        reason = "no geometry with a position; expected GeoJSON or WKT"
        return Place(problem=Problem(heading, shown(cell), reason))
    return Place(lon, lat, (heading,))


def _plain_point(cell: Mapping[str, Any]) -> tuple[float, float] | None:
    """Coordinates of a GeoJSON point without the detour over a shape; None for anything odd."""
    listed = cell.get("coordinates")
    if cell.get("type") != "Point" or not isinstance(listed, list) or len(listed) < 2:  # noqa: PLR2004
        return None
    lon, lat = (parse_number(each) if type(each) in (int, float) else None for each in listed[:2])
    return None if lon is None or lat is None else (lon, lat)


def _geometry(cell: Any) -> Any:
    """Shapely geometry of a cell."""
    if isinstance(cell, shapely.Geometry):
        return cell
    if not isinstance(cell, str):
        return shape(cell)
    text = cell.strip()
    if text.startswith("{"):
        return shape(json.loads(text))
    if _WKB_HEX.fullmatch(text):
        return shapely.from_wkb(text)
    return shapely.from_wkt(text.rpartition(";")[2])  # EWKT: SRID=4326;POINT (...)
