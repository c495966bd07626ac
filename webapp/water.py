"""Rivers and lakes under the streets: shapes alone, simplified, as one small GeoJSON.

They show why the way to a station on the other bank is long. A basemap with everything on it is
not meant by this.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from locator.view import CityView

TOLERANCE_DEG = 5e-5  # some 5 m: less than what a map of a city shows
MOST_POINTS = 40_000  # about 600 KB; the largest waters come first
_LINES = frozenset({"river", "canal"})


def water_geojson(view: CityView) -> str:
    """A GeoJSON FeatureCollection of two features at most: areas, and lines.

    Names and ids stay behind: nothing of it is text that a page could show.
    """
    return _read(view.store.water_path)


@lru_cache(maxsize=2)
def _read(path: Path) -> str:
    """Shapes of one import of streets; its folder never changes."""
    if not path.is_file():
        return _collection([], [])
    found = json.loads(path.read_text(encoding="utf-8"))["features"]
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in found])
    shapes = np.atleast_1d(shapely.simplify(shapes, TOLERANCE_DEG))
    kinds = [feature["properties"].get("kind") for feature in found]
    is_area = np.isin(shapely.get_type_id(shapes), [3, 6])
    wanted = is_area | np.array([kind in _LINES for kind in kinds], np.bool_)
    # Largest first, a line as if it were 20 m wide.
    size = np.where(is_area, shapely.area(shapes), shapely.length(shapes) * 2e-4)
    order = np.argsort(-size, kind="stable")
    order = order[wanted[order]]
    points = np.cumsum(shapely.get_num_coordinates(shapes[order]))
    order = order[points <= MOST_POINTS]
    areas, lines = shapes[order[is_area[order]]], shapes[order[~is_area[order]]]
    return _collection(shapely.get_parts(areas).tolist(), shapely.get_parts(lines).tolist())


def _collection(areas: list[shapely.Geometry], lines: list[shapely.Geometry]) -> str:
    whole = (shapely.MultiPolygon(areas), shapely.MultiLineString(lines))
    features = [
        {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))}
        for shape in whole
        if not shape.is_empty
    ]
    rounded = json.loads(
        json.dumps({"type": "FeatureCollection", "features": features}),
        parse_float=lambda text: round(float(text), 5),
    )
    return json.dumps(rounded, separators=(",", ":"))
