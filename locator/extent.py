"""Where a city lies: whether a position can be in it at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from geodata.projection import pick_projection

if TYPE_CHECKING:
    from locator.registry.row_places import Check

_POLE_DEG = 90.0


def check_extent(shape: Any, buffer_m: float) -> Check:
    """Tells why a position is not within some metres of a city's shape.

    Parameters
    ----------
    shape
        shapely Polygon or MultiPolygon in WGS-84.
    """
    west, south, east, north = shapely.bounds(shape).tolist()
    projection = pick_projection((west + east) / 2, (south + north) / 2)
    zone = shapely.buffer(shapely.transform(shape, projection.to_xy), buffer_m, quad_segs=4)
    shapely.prepare(zone)

    def check(lon_deg: float, lat_deg: float) -> str | None:
        if shapely.contains_xy(zone, *projection.to_xy([lon_deg, lat_deg])):
            return None
        if abs(lon_deg) <= _POLE_DEG and shapely.contains_xy(
            zone, *projection.to_xy([lat_deg, lon_deg])
        ):
            return "longitude and latitude are swapped"
        return "the position is outside the city"

    return check
