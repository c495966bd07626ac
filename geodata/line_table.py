"""Lines with columns, as GIS files and GraphML hold them, turned into street lines.

Columns named like OpenStreetMap tags are read as such, by the rules of `geodata.access`. A
cell may hold several values, as OSMnx writes for a street that it merged of several ways
("['residential', 'steps']"): a mode may pass only where each of them lets it.

Directed files without a column `oneway` draw a two-way street as two lines. There a line that
has no twin in the other direction is one-way, for vehicles; nothing tells more of walkers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.access import RULE_KEYS, strictest_rule
from geodata.datum import to_wgs84
from geodata.errors import InputError
from geodata.extract import OSM_ATTRIBUTION
from geodata.joining import join_places, select_lines
from geodata.lines import BIKE_BACKWARD, MOTOR_BACKWARD, StreetLines
from geodata.projection import reproject

TAG_KEYS = (*RULE_KEYS, "name")
OSM_ID_COLUMNS = frozenset({"osmid", "osm_id"})

# A file with fewer lines drawn in both directions than this holds duplicates, not directions.
_TWIN_SHARE = 0.05
_LINE_TYPES = (1, 2)  # GEOS numbers: line, ring
_POLE_DEG, _ANTIMERIDIAN_DEG = 90.0, 180.0
_BETWEEN_NAMES = " / "

Cell = str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class LineTable:
    """Rows of a file.

    Parameters
    ----------
    shapes : (n,) object
        shapely geometries, None where a row has none.
    cells
        For the tags among `TAG_KEYS` that the file knows, one cell a row.
    crs
        Text of the CRS; "" where the file does not say.
    undirected
        Whether the file says itself that its lines have no direction.
    from_osm
        Whether the data comes from OpenStreetMap.
    """

    shapes: NDArray[Any]
    cells: Mapping[str, Sequence[Cell]] = field(default_factory=dict)
    crs: str = ""
    undirected: bool = False
    from_osm: bool = False


def street_lines(table: LineTable, *, datum: str) -> StreetLines:
    """Street lines of a table: lines that some mode may use, meeting where vertices coincide.

    Raises
    ------
    InputError
        No row holds a line; coordinates are no positions on Earth, or there is no CRS to tell.
    """
    lines, row, skipped = _split(table.shapes)
    if not len(lines):
        raise InputError(f"none of the {len(table.shapes)} rows holds a line")
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    lonlat = to_wgs84(_degrees(coordinates, table.crs), datum)
    first = np.searchsorted(owner, np.arange(len(lines) + 1))
    vertex = join_places(lonlat)
    rules = np.array(list(_rules(table.cells, len(table.shapes))), np.uint8).reshape(-1, 2)[row]
    access = rules[:, 0]
    warnings = [f"{skipped} rows without a usable line were left out"] if skipped else []
    if not table.undirected and not any(table.cells.get("oneway", ())):
        lone = _without_twin(vertex, first)
        if lone is not None:
            access = np.where(lone, access & ~np.uint8(BIKE_BACKWARD | MOTOR_BACKWARD), access)
            warnings.append(
                f"no column oneway, but lines drawn in both directions: the {lone.sum()} of "
                f"{len(lone)} lines without a twin are one-way for vehicles, both ways on foot"
            )
    classes, class_code = _coded(table.cells.get("highway"), row, min)
    names, name_code = _coded(table.cells.get("name"), row, _BETWEEN_NAMES.join)
    found = StreetLines(
        lonlat_deg=lonlat,
        vertex=vertex,
        first=first,
        access=access,
        flags=rules[:, 1],
        class_code=class_code.astype(np.int16),
        classes=classes,
        name_code=name_code,
        names=names,
        attribution=OSM_ATTRIBUTION if table.from_osm else "",
        warnings=tuple(warnings),
    )
    return select_lines(found, access != 0)


def read_cell(value: object) -> Cell:
    """Text of a cell; several texts where it holds a list, or the text of one; None if blank.

    Examples
    --------
    >>> read_cell("['steps', 'footway']"), read_cell(True), read_cell(-1.0), read_cell("nan")
    (('footway', 'steps'), 'yes', '-1', 'nan')
    """
    if isinstance(value, str):
        return _read_text(value.strip())
    if isinstance(value, list | tuple | np.ndarray):
        parts = sorted({part for item in value if isinstance(part := read_cell(item), str)})
        return tuple(parts) if len(parts) > 1 else "".join(parts) or None
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if value is None or value != value:  # noqa: PLR0124 - NaN is a blank number
        return None
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _read_text(text: str) -> Cell:
    """A text, or the texts of a list that was written out."""
    if text.startswith("[") and text.endswith("]"):
        try:
            return read_cell(ast.literal_eval(text))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
    return text or None


def _split(shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64], int]:
    """Single lines of the rows, the row of each, and how many rows or parts are no line."""
    parts, row = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # lines in collections of lines
    row = row[inner]
    usable = np.isin(shapely.get_type_id(parts), _LINE_TYPES)
    coordinates, owner = shapely.get_coordinates(parts, return_index=True)
    usable[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    usable &= shapely.get_num_coordinates(parts) > 1
    without = len(shapes) - len(np.unique(row))
    return parts[usable], row[usable], int(without + (~usable).sum())


def _degrees(coordinates: NDArray[np.float64], crs: str) -> NDArray[np.float64]:
    """WGS-84 positions, where need be by the look of the numbers."""
    if crs:
        return reproject(coordinates, crs)
    reach = np.abs(coordinates).max(axis=0)
    if reach[0] <= _ANTIMERIDIAN_DEG and reach[1] <= _POLE_DEG:
        return coordinates
    if reach[0] <= _ANTIMERIDIAN_DEG and reach[1] <= _ANTIMERIDIAN_DEG:
        raise InputError("a latitude lies beyond 90 degrees: are longitude and latitude swapped?")
    raise InputError(
        "the file has no CRS and its coordinates are not degrees; save it with its CRS (.prj)"
    )


def _rules(cells: Mapping[str, Sequence[Cell]], count: int) -> Iterator[tuple[int, int]]:
    """Access and flags of each row."""
    blank: tuple[Cell, ...] = (None,) * count
    columns = [cells.get(key, blank) for key in RULE_KEYS]
    for values in zip(*columns, strict=True):
        yield strictest_rule(tuple(_options(value) for value in values))


def _options(cell: Cell) -> tuple[str, ...]:
    """Values that a cell holds."""
    if cell is None:
        return ()
    return (cell,) if isinstance(cell, str) else cell


def _coded(
    cells: Sequence[Cell] | None, row: NDArray[np.int64], merge: Any
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Table of texts, "" first, and the code of each line; `merge` makes one text of several."""
    place = {"": 0}
    if cells is None:
        return tuple(place), np.zeros(len(row), np.int32)
    texts = (merge(options) if (options := _options(cell)) else "" for cell in cells)
    codes = [place.setdefault(text, len(place)) for text in texts]
    return tuple(place), np.array(codes, np.int32)[row]


def _without_twin(vertex: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Lines that no line draws the other way round; None where hardly any is drawn so.

    A loop has no other way round in files that keep a line for each pair of ends: it is never
    among them.

    Lines are compared by polynomial hashes of their vertices, forward and backward, modulo
    2^64: chances are one in 10^7 that two of a million lines are mistaken for twins.
    """
    sizes = np.diff(first)
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(int(sizes.max()), _HASH_BASE, np.uint64))
        mixed = (vertex.astype(np.uint64) + np.uint64(1)) * _HASH_MIX
        mixed ^= mixed >> np.uint64(29)
        step = np.arange(first[-1]) - np.repeat(first[:-1], sizes)
        rest = np.repeat(sizes, sizes) - 1 - step
        ahead = np.add.reduceat(mixed * powers[step], first[:-1])
        back = np.add.reduceat(mixed * powers[rest], first[:-1])
    twin = np.isin(back, ahead)
    loop = vertex[first[:-1]] == vertex[first[1:] - 1]
    return ~(twin | loop) if twin.mean() >= _TWIN_SHARE else None


_HASH_BASE = np.uint64(0x9E37_79B9_7F4A_7C15)  # odd, no pattern in its bits: the golden ratio
_HASH_MIX = np.uint64(0xBF58_476D_1CE4_E5B9)  # as in splitmix64
