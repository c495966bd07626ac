"""Layers of areas: districts, key areas, streets' offices; imported, kept and opened again.

A layer is a GeoJSON file of the city folder in WGS-84. Its areas are ordered by code, which settles
who gets a place that two of them hold: the lowest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.areas import Area, AreaRow, read_area_rows, read_areas, to_geojson
from geodata.cells import cell_text
from geodata.districts import current_code, find_district
from locator.areas_on_streets import locate_points
from locator.errors import DataError, InputError, NotFoundError
from locator.spans import checked_area
from locator.workspace import DISTRICTS, replace_text

if TYPE_CHECKING:
    from geodata.projection import Projection
    from locator.arrays import Floats, Ints
    from locator.workspace import Workspace

_NAME = re.compile(r"[^\W_][\w-]{0,39}")
_CODES = (
    "code", "adcode", "district_code", "区划代码", "行政区划代码", "区划码", "代码", "编码", "pac",
    "gb", "id",
)  # fmt: skip
_NAMES = ("name", "名称", "区名", "街道", "name_zh", "zh", "title", "fullname")
_SHIFTED = frozenset({"acroutes", "childrennum"})  # property names of a source that is in GCJ-02
_OVERLAP_TOLD = 1e-3  # share of all areas


@dataclass(frozen=True, slots=True, eq=False)
class AreaLayer:
    """Areas of one layer in the city's CRS, ascending by code.

    Parameters
    ----------
    codes, names
        One each for every area; codes are distinct.
    shapes
        Valid shapely Polygons and MultiPolygons, metres.
    hash
        Of the file.
    """

    name: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    shapes: tuple[Any, ...]
    hash: str

    def __len__(self) -> int:
        return len(self.codes)

    def locate(self, xy_m: Floats) -> Ints:
        """(q,) the first area that holds each point of the city's CRS; -1 for none."""
        return locate_points(np.asarray(xy_m, np.float64).reshape(-1, 2), self.shapes)


@dataclass(frozen=True, slots=True)
class LayerReport:
    """What became of the features of a file.

    Parameters
    ----------
    rejected, mended
        (number in the file, reason).
    came, went
        Codes that the layer did not have before, and those that it had and has no longer; () for
        a layer that is new.
    """

    layer: str
    read: int
    added: int
    rejected: tuple[tuple[int, str], ...]
    mended: tuple[tuple[int, str], ...]
    warnings: tuple[str, ...]
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON document."""
        return {
            "read": self.read,
            "added": self.added,
            "rejected": [{"row": row, "reason": reason} for row, reason in self.rejected],
            "mended": [{"row": row, "reason": reason} for row, reason in self.mended],
            "layer": self.layer,
            "warnings": list(self.warnings),
            "came": list(self.came),
            "went": list(self.went),
        }


def import_areas(
    workspace: Workspace,
    path: Path,
    *,
    layer: str = DISTRICTS,
    datum: str = "wgs84",
    extent_deg: Sequence[float] | None = None,
) -> LayerReport:
    """Replace a layer by the areas of a file.

    Codes that were given up become those in use; areas of one code become one area.

    Parameters
    ----------
    datum
        Datum of the file's coordinates.
    extent_deg
        West, south, east, north of the city, where known: areas that lie elsewhere are warned of.

    Raises
    ------
    InputError
        The file cannot be used, holds no area, or the layer's name is none.
    DataError
        The city folder cannot be written.
    """
    place = workspace.area_path(checked_name(layer))
    rows = read_area_rows(path, datum=datum)
    used = [row for row in rows if row.area is not None]
    if not used:
        why = f": {rows[0].note}" if rows else ""
        raise InputError(f"{path} holds no area that can be used{why}; expected polygons")
    areas = _settle(used)
    codes = {str(area.properties["code"]) for area in areas}
    before = set(area_names(workspace, layer)) if place.is_file() else codes
    _make_folder(place.parent)
    replace_text(place, to_geojson(areas))
    return LayerReport(
        layer,
        len(rows),
        len(areas),
        tuple((row.number, row.note) for row in rows if row.area is None),
        tuple((row.number, row.note) for row in used if row.note),
        tuple(_warnings(used, areas, datum, extent_deg)),
        tuple(sorted(codes - before)),
        tuple(sorted(before - codes)),
    )


def open_layer(workspace: Workspace, name: str, projection: Projection) -> AreaLayer:
    """A layer in the city's CRS.

    Raises
    ------
    NotFoundError
        The city has no such layer; the message lists those it has.
    """
    path, areas = _read_layer(workspace, name)
    shapes = (checked_area(shapely.transform(area.shape, projection.to_xy)) for area in areas)
    return AreaLayer(
        name,
        tuple(str(area.properties["code"]) for area in areas),
        tuple(str(area.properties["name"]) for area in areas),
        tuple(shapes),
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def area_names(workspace: Workspace, name: str) -> dict[str, str]:
    """Codes of a layer's areas to their names; NotFoundError where there is no such layer."""
    _, areas = _read_layer(workspace, name)
    return {str(area.properties["code"]): str(area.properties["name"]) for area in areas}


def layer_names(workspace: Workspace) -> list[str]:
    """Names of the layers that a city has, districts first."""
    own = [DISTRICTS] if workspace.area_path(DISTRICTS).is_file() else []
    return own + sorted(path.stem for path in workspace.areas_folder.glob("*.geojson"))


def checked_name(name: str) -> str:
    """A name that may be part of a path.

    Raises
    ------
    InputError
        It has other signs than letters, digits, - and _, or is too long.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a layer: expected up to 40 letters, digits, - and _"
        )
    return name


def _read_layer(workspace: Workspace, name: str) -> tuple[Path, list[Area]]:
    """File and areas of a layer, by code."""
    path = workspace.area_path(checked_name(name))
    if not path.is_file():
        known = ", ".join(layer_names(workspace)) or "none"
        raise NotFoundError(
            f"there is no layer of areas {name!r} in this city; it has {known}: import one with "
            "`locator districts import FILE`"
        )
    rows = [AreaRow(number, area) for number, area in enumerate(read_areas(path), start=1)]
    return path, _settle(rows)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as problem:
        raise DataError(f"cannot make the folder {folder}: {problem.strerror}") from problem


def _settle(rows: Iterable[AreaRow]) -> list[Area]:
    """One area for each code, by code."""
    parts: dict[str, list[Area]] = {}
    for row in rows:
        if row.area is not None:
            code, name = _identity(row.area.properties, row.number)
            facts = {**row.area.properties, "code": code, "name": name}
            parts.setdefault(code, []).append(Area(row.area.shape, facts))
    return [_joined(parts[code]) for code in sorted(parts)]


def _joined(areas: list[Area]) -> Area:
    if len(areas) == 1:
        return areas[0]
    return Area(shapely.union_all([area.shape for area in areas]), areas[0].properties)


def _identity(properties: Mapping[str, Any], number: int) -> tuple[str, str]:
    """Code and name of an area; the one stands for the other where it is missing."""
    texts = {str(key).strip().casefold(): cell_text(value) for key, value in properties.items()}
    code = next((texts[key] for key in _CODES if texts.get(key)), "")
    name = next((texts[key] for key in _NAMES if texts.get(key)), "")
    if not code and name:
        district = find_district(name)
        code = district.code if district else name
    code = current_code(code or str(number))
    return code, name or code


def _warnings(
    rows: list[AreaRow], areas: list[Area], datum: str, extent_deg: Sequence[float] | None
) -> list[str]:
    texts = []
    if len(areas) < len(rows):
        texts.append(f"{len(rows)} areas have {len(areas)} codes: areas of one code became one")
    keys = {str(key).casefold() for row in rows if row.area for key in row.area.properties}
    if datum == "wgs84" and keys >= _SHIFTED:
        texts.append(
            "the file looks like one in GCJ-02, some 500 m off: if so import it with --datum gcj02"
        )
    shapes = np.array([area.shape for area in areas], dtype=object)
    whole = float(shapely.area(shapes).sum())
    doubled = whole - float(shapely.area(shapely.union_all(shapes)))
    if doubled > _OVERLAP_TOLD * whole:
        texts.append(
            f"areas overlap ({doubled / whole:.1%} of their ground): the lowest code gets it"
        )
    if extent_deg is not None:
        apart = int((~shapely.intersects(shapes, shapely.box(*extent_deg))).sum())
        if apart:
            texts.append(f"{apart} of {len(areas)} areas lie outside the city")
    return texts
