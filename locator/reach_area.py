"""Reach as areas, for display: never over water, never beyond the limit, never over what is missed.

A reached street is drawn as the ground within a stated width of it. Three rules keep the picture
honest. Who stands beside a street walks to it first, so only places that have `width` to spare
widen. Who stands between two streets is taken to the nearer one, so ground within `width` of any
place without it to spare is left out, however near a reached street runs: the other bank, the
street under a bridge, the last metres of the limit. So from every point of the area a station is
within the limit, the walk to the nearest street included. And water is cut away. What that takes
from a reached street is still drawn as a line; lengths and shares are never taken from areas.

Widening is Minkowski's sum with one regular polygon (the hull of a segment's two copies of it), not
a buffer with corners where a line happens to begin: so a larger limit gives an area that holds the
smaller one's exactly.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from locator.arrays import LIMIT_TOLERANCE_M, Floats, Ints
from locator.counted import count_length
from locator.errors import InputError
from locator.modes import find_mode
from locator.pieces import cut_streets
from locator.reach import cut_bits

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.reach import Reach

Geometries = NDArray[Any]

WIDTH_M = 25.0
WATER_LINE_M = 5.0  # half the width of a river of which only the line is known
_CORNERS = 16
_ROUND = 1.0 / np.cos(np.pi / _CORNERS)  # of a polygon that holds the circle, not the reverse
_WALK = "walk"
_AREAS, _LINES = (3, 6), (1, 5)  # GEOS types


@dataclass(frozen=True, slots=True, eq=False)
class ReachArea:
    """The ground from which a station is within the limit, as far as it is drawn.

    Parameters
    ----------
    shape
        A (multi)polygon in the city's CRS; empty where the limit is used up by the width.
    limit
        In the network's cost.
    width_m
        How far reached streets are widened, and how far the area keeps from all others.
    """

    shape: shapely.Geometry
    limit: float
    width_m: float

    def to_geojson(self, to_lonlat: Callable[[Floats], Floats]) -> dict[str, Any]:
        """The area as one GeoJSON feature in degrees, its width stated."""
        shape = shapely.transform(self.shape, to_lonlat)
        return {
            "type": "Feature",
            "properties": {"limit_m": self.limit, "width_m": self.width_m},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }


def draw_area(
    reach: Reach,
    limit: float,
    *,
    depth: int = 1,
    width_m: float = WIDTH_M,
    water: shapely.Geometry | None = None,
) -> ReachArea:
    """Draw what is within a limit of at least `depth` stations.

    Parameters
    ----------
    reach
        Its table; `limit` is in its network's cost.
    width_m
        Metres to either side of a reached street. Walked straight, so they are spent from the
        limit at a walk's speed.
    water
        In the city's CRS.

    Notes
    -----
    O(segments log segments); nested: a larger limit's area holds a smaller one's.

    Raises
    ------
    InputError
        The width is not above zero.
    """
    if not width_m > 0.0:
        raise InputError(f"width {width_m} m: expected more than 0")
    network = reach.network
    # On wheels the same time goes farther: the walk beside the street costs that much more.
    slower = max(1.0, network.mode.speed_mps / find_mode(_WALK).speed_mps)
    spare = limit - width_m * slower
    reached = _parts(reach, depth, spare, inside=True)
    missed = _parts(reach, depth, spare, inside=False)
    shape = shapely.union_all(_hulls(_segments(network, reached), width_m))
    shape = _without(shape, network, missed, width_m * _ROUND)
    if water is not None:
        shape = shapely.difference(shape, water)
    return ReachArea(_polygons(shape), float(limit), float(width_m))


def read_water(path: Path, to_xy: Callable[[Floats], Floats]) -> shapely.Geometry:
    """Lakes and rivers of one import as one shape in the city's CRS; lines count as 10 m wide."""
    if not path.is_file():
        return shapely.Polygon()
    found = json.loads(path.read_text(encoding="utf-8"))["features"]
    shapes = np.atleast_1d(shapely.from_geojson([json.dumps(f["geometry"]) for f in found]))
    shapes = shapely.transform(shapes, to_xy)
    kind = shapely.get_type_id(shapes)
    areas = shapely.make_valid(shapes[np.isin(kind, _AREAS)])
    lines = shapely.buffer(shapes[np.isin(kind, _LINES)], WATER_LINE_M)
    return shapely.union_all(np.concatenate((areas, lines)))


def _parts(reach: Reach, depth: int, limit: float, *, inside: bool) -> tuple[Ints, Floats, Floats]:
    """The parts of streets within the limit and the city, or all parts beyond it."""
    level, network = reach.level(depth), reach.network
    piece, low, high = np.arange(len(level)), level.low, level.high
    if inside:
        bits = cut_bits(level, count_length(network.streets), network)
        piece, low, high = bits.piece, bits.low, bits.high
    cost, slope = level.cost[piece], level.slope[piece]
    rising = slope >= 0
    with np.errstate(invalid="ignore"):
        turn = level.low[piece] + slope * (limit - cost)
    turn = np.where(np.isfinite(cost), turn, -np.inf)
    # A rising piece is within the limit before the turn, a falling one after it.
    before = rising == inside
    low = np.where(before, low, np.maximum(low, turn))
    high = np.where(before, np.minimum(high, turn), high)
    keep = high > low + (0.0 if inside else LIMIT_TOLERANCE_M)
    street = level.street[piece[keep]]
    stretch = network.stretch
    scale = 1.0 if stretch is None else stretch[street]
    return street, low[keep] / scale, high[keep] / scale


def _segments(network: StreetNetwork, parts: tuple[Ints, Floats, Floats]) -> Floats:
    """(n, 2, 2) both ends of all segments of some parts of streets."""
    xy, first = cut_streets(network.streets, *parts)
    ahead = np.ones(len(xy), bool)
    ahead[first[1:] - 1] = False
    begin = np.flatnonzero(ahead)
    return np.stack((xy[begin], xy[begin + 1]), axis=1)


def _hulls(segments: Floats, width_m: float) -> Geometries:
    """For each segment the hull of one regular polygon put on both its ends.

    Its corners, counter-clockwise: from the one farthest to the right of the segment to the one
    farthest to the left around the segment's end, and on around its beginning.
    """
    angle = 2.0 * np.pi * np.arange(2 * _CORNERS) / _CORNERS
    corners = width_m * np.column_stack((np.cos(angle), np.sin(angle)))
    along = segments[:, 1] - segments[:, 0]
    heading = np.arctan2(along[:, 1], along[:, 0])
    right = np.rint((heading / (2.0 * np.pi) - 0.25) * _CORNERS).astype(int) % _CORNERS
    half = _CORNERS // 2
    end = corners[right[:, None] + np.arange(half + 1)] + segments[:, 1:]
    begin = corners[(right[:, None] + half + np.arange(half + 1)) % _CORNERS] + segments[:, :1]
    return np.asarray(shapely.polygons(np.concatenate((end, begin, end[:, :1]), axis=1)))


def _without(
    shape: shapely.Geometry,
    network: StreetNetwork,
    parts: tuple[Ints, Floats, Floats],
    radius_m: float,
) -> shapely.Geometry:
    """The shape without the ground within a radius, and hardly more, of some parts of streets."""
    segments = _segments(network, parts)
    if shape.is_empty or not len(segments):
        return shape
    tree = shapely.STRtree(shapely.linestrings(segments))
    near = np.unique(
        tree.query(shapely.get_parts(shape), predicate="dwithin", distance=radius_m)[1]
    )
    return shapely.difference(shape, shapely.union_all(_hulls(segments[near], radius_m)))


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a shape: what is left as bare lines or points is no ground."""
    parts = shapely.get_parts(shape)
    return shapely.MultiPolygon(parts[shapely.get_type_id(parts) == _AREAS[0]].tolist())
