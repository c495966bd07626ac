"""GeoPackages: the layer of places, its geometries' representative points and its CRS."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.cells import is_blank
from geodata.columns import find_datum
from geodata.documents import degrees_crs
from geodata.errors import InputError
from geodata.guarding import unescape_text
from geodata.headings import Listing, Record

GEOMETRY = "geometry"


def read_geopackage(path: Path) -> Listing:
    """Records of a GeoPackage, numbered from 1; the geometry is GeoJSON or a shape in a cell.

    Raises
    ------
    InputError
        It is damaged or cut off, holds no layer with geometries, or several of places.
    """
    import pyogrio
    from pyogrio.errors import DataSourceError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of GDAL, about values that it had to mend
            layer = _pick_layer(path)
            meta, _, shapes, columns = pyogrio.raw.read(
                path, layer=layer, force_2d=True, datetime_as_string=True
            )
    except (DataSourceError, UnicodeDecodeError, ValueError, OSError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        reason = str(error).split("\n", maxsplit=1)[0]
        raise InputError(f"{path.name} is a damaged or cut off GeoPackage ({reason})") from error
    names = [str(name) for name in meta["fields"]]
    headings = [*names, GEOMETRY if GEOMETRY not in names else "geom"]
    cells = [[_cell(value) for value in column] for column in columns]
    cells.append(list(shapely.from_wkb(shapes, on_invalid="ignore")))
    records = [
        Record(number, dict(zip(headings, row, strict=True)))
        for number, row in enumerate(zip(*cells, strict=True), start=1)
    ]
    crs = meta["crs"] or ""
    return Listing(records, headings, "" if degrees_crs(crs) else crs, find_datum(layer))


def _pick_layer(path: Path) -> str:
    """The only layer with geometries, or of several the only one of points."""
    import pyogrio

    layers = [(str(name), str(kind)) for name, kind in pyogrio.list_layers(path) if kind]
    points = [name for name, kind in layers if "Point" in kind]
    found = points if len(points) == 1 else [name for name, _ in layers]
    if not found:
        raise InputError(
            f"{path.name} holds no layer with positions; expected a GeoPackage of points"
        )
    if len(found) > 1:
        raise InputError(
            f"{path.name} holds several layers ({', '.join(found)}); "
            "save the stations to a file of their own"
        )
    return found[0]


def _cell(value: Any) -> Any:
    """Value of a cell as Python has it; None for blank."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bytes):
        return None if not value else value.hex()
    if isinstance(value, str):
        return None if is_blank(value) else unescape_text(value)
    return value
