"""Areas read from files: boundaries and districts as polygons in WGS-84.

GeoJSON is read with the standard library, other formats with GDAL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.datum import to_wgs84
from geodata.errors import DataError, InputError
from geodata.projection import reproject

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_POLYGONS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, slots=True)
class Area:
    """One polygon or multipolygon in WGS-84, with the properties it came with."""

    shape: BaseGeometry
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One feature of a file of areas, used or not.

    Parameters
    ----------
    number
        Its place in the file, from 1.
    area
        None where it is none.
    note
        Why it is no area, or what was mended; "" where all is well.
    """

    number: int
    area: Area | None
    note: str = ""


def read_areas(path: Path, *, datum: str = "wgs84") -> list[Area]:
    """All areas of a file, in file order; broken ones are mended, other features left out.

    Parameters
    ----------
    datum
        Datum of the coordinates; a file in a projected CRS is brought to WGS-84 by its CRS.

    Raises
    ------
    InputError
        No such file, not a file of areas, no area in it, or coordinates that are not degrees.
    """
    areas = [row.area for row in read_area_rows(path, datum=datum) if row.area is not None]
    if not areas:
        raise InputError(f"{path} holds no area: expected Polygon or MultiPolygon features")
    return areas


def read_area_rows(path: Path, *, datum: str = "wgs84") -> list[AreaRow]:
    """Every feature of a file with what became of it; parameters and errors as in `read_areas`."""
    return [
        _area_row(number, shape, properties, datum)
        for number, (shape, properties) in enumerate(read_features(path), start=1)
    ]


def read_features(path: Path) -> list[tuple[BaseGeometry | None, Mapping[str, Any]]]:
    """Every feature of a file, of any shape, in degrees of the file's datum, with its properties.

    Raises
    ------
    InputError
        No such file, or one without features.
    """
    if not path.is_file():
        raise InputError(f"{path} is not a file: give a GeoJSON, GeoPackage or Shapefile")
    return _read_geojson(path) if _looks_json(path) else _read_gdal(path)


def _area_row(
    number: int, shape: BaseGeometry | None, properties: Mapping[str, Any], datum: str
) -> AreaRow:
    if shape is None or shape.is_empty:
        return AreaRow(number, None, "it has no geometry")
    if shape.geom_type not in _POLYGONS:
        return AreaRow(number, None, f"it is a {shape.geom_type}, expected a polygon")
    moved = shapely.transform(shapely.force_2d(shape), lambda xy: to_wgs84(xy, datum))
    if moved.is_valid:
        return AreaRow(number, Area(moved, properties))
    why = shapely.is_valid_reason(moved).partition("[")[0].lower()
    mended = _repaired(moved)
    if mended.is_empty:
        return AreaRow(number, None, f"its rings enclose nothing ({why})")
    return AreaRow(number, Area(mended, properties), f"mended: {why}")


def unite(areas: list[Area]) -> BaseGeometry:
    """One shape that holds all areas."""
    return shapely.union_all([area.shape for area in areas])


def to_geojson(areas: list[Area]) -> str:
    """The areas as a GeoJSON text."""
    features = [
        {
            "type": "Feature",
            "properties": dict(area.properties),
            "geometry": json.loads(shapely.to_geojson(area.shape)),
        }
        for area in areas
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def _looks_json(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _repaired(shape: BaseGeometry) -> BaseGeometry:
    """The areal part of a shape whose rings cross or touch themselves."""
    parts = shapely.get_parts(shapely.make_valid(shape))
    return shapely.union_all([p for p in parts if p.geom_type in _POLYGONS])


def _read_geojson(path: Path) -> list[tuple[BaseGeometry | None, Mapping[str, Any]]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        features = data.get("features") if data.get("type") == "FeatureCollection" else [data]
        rows: list[tuple[BaseGeometry | None, Mapping[str, Any]]] = []
        for feature in features:
            geometry = feature.get("geometry", feature if "coordinates" in feature else None)
            shape = shapely.from_geojson(json.dumps(geometry)) if geometry else None
            rows.append((shape, dict(feature.get("properties") or {})))
    except (
        ValueError,
        AttributeError,
        TypeError,
        RecursionError,
        shapely.errors.ShapelyError,
    ) as problem:
        raise InputError(f"{path} is not valid GeoJSON: {problem}") from problem
    return rows


def _read_gdal(path: Path) -> list[tuple[BaseGeometry | None, Mapping[str, Any]]]:
    import pyogrio.raw

    try:
        meta, _, geometry, fields = pyogrio.raw.read(path)
    except Exception as problem:
        raise InputError(f"{path} cannot be read as a file of areas: {problem}") from problem
    if geometry is None:
        raise DataError(f"{path} has no geometry column")
    shapes = shapely.from_wkb(geometry)
    crs = meta.get("crs")
    if crs:
        shapes = [_to_degrees(shape, crs) for shape in shapes]
    names = [str(name) for name in meta["fields"]]
    columns = [np.asarray(column, dtype=object) for column in fields]
    return [
        (shape, {name: column[i] for name, column in zip(names, columns, strict=True)})
        for i, shape in enumerate(shapes)
    ]


def _to_degrees(shape: BaseGeometry | None, crs: str) -> BaseGeometry | None:
    if shape is None or shape.is_empty:
        return shape
    return shapely.transform(shapely.force_2d(shape), lambda xy: reproject(xy, crs))
