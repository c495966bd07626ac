"""Which parts of the streets lie in the city: exact intervals along each street.

Streets beyond the city's boundary carry people into it but never count, so every total runs
over these intervals. They are planar like all lengths: boundary and streets in the city's CRS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from locator.errors import InputError

if TYPE_CHECKING:
    from locator.arrays import Bools, Floats, Longs

_METRES_A_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km
_NARROWEST = 1e-3  # cosine near the poles
_TOUCH_M = 1e-9  # parts that close are one; shorter ones are rounding


def whole_spans(length_m: Floats) -> tuple[Longs, Floats]:
    """One interval for each street, from end to end: where there is no boundary.

    Returns
    -------
    first : (s + 1,) int64
    span_m : (s, 2) float64
    """
    return np.arange(len(length_m) + 1), np.column_stack((np.zeros(len(length_m)), length_m))


def checked_area(boundary: Any) -> Any:
    """The area of a boundary, mended where its rings cross.

    Raises
    ------
    InputError
        It is no Polygon or MultiPolygon, or an empty one.
    """
    if not shapely.is_valid(boundary):
        boundary = shapely.make_valid(boundary, method="structure")
    if boundary.geom_type not in ("Polygon", "MultiPolygon") or boundary.is_empty:
        raise InputError(
            f"the boundary is an empty or open {boundary.geom_type}; expected the city's area"
        )
    return boundary


def boxes_near(lonlat_deg: Floats, first: Longs, boundary: Any, within_m: float) -> Bools:
    """Whether the box of each line comes near an area's box: a coarse sieve, never too fine.

    Parameters
    ----------
    lonlat_deg : (p, 2) degrees
    first : (n + 1,)
        Line i is lonlat_deg[first[i]:first[i + 1]].
    boundary
        shapely geometry, degrees.
    """
    west, south, east, north = boundary.bounds
    high_m = 2 * within_m / _METRES_A_DEGREE
    wide = high_m / max(np.cos(np.radians(max(abs(south), abs(north)))), _NARROWEST)
    return _boxes_meet(
        lonlat_deg, first, (west - wide, south - high_m, east + wide, north + high_m)
    )


def _boxes_meet(points: Floats, first: Longs, box: tuple[float, ...]) -> Bools:
    """Whether the box of each run of points meets a box."""
    west, south, east, north = box
    if len(first) <= 1:
        return np.zeros(0, bool)
    low = np.minimum.reduceat(points, first[:-1])
    high = np.maximum.reduceat(points, first[:-1])
    meet: Bools = (
        (high[:, 0] >= west) & (low[:, 0] <= east) & (high[:, 1] >= south) & (low[:, 1] <= north)
    )
    return meet


def near_boundary(xy_m: Floats, first: Longs, boundary: Any, within_m: float) -> Bools:
    """Whether each street comes within some distance of an area, or into it.

    Parameters
    ----------
    xy_m : (p, 2) metres
    first : (s + 1,)
        Street i is xy_m[first[i]:first[i + 1]].
    boundary
        shapely Polygon or MultiPolygon, metres.
    """
    box = boundary.bounds
    margin = (-within_m, -within_m, within_m, within_m)
    near = _boxes_meet(xy_m, first, tuple(np.add(box, margin)))
    rows = np.flatnonzero(near)
    shapely.prepare(boundary)
    near[rows] = shapely.dwithin(boundary, _street_shapes(xy_m, first, rows), within_m)
    return near


def city_spans(
    xy_m: Floats, along_m: Floats, first: Longs, *, boundary: Any
) -> tuple[Longs, Floats]:
    """Intervals of each street that lie in an area; its rim counts as inside.

    Parameters
    ----------
    xy_m : (p, 2) metres
    along_m : (p,) metres
        Distance of each vertex along its street.
    first : (s + 1,)
    boundary
        shapely Polygon or MultiPolygon, metres.

    Returns
    -------
    first : (s + 1,) int64
        Street i has the intervals first[i] .. first[i + 1]; none where it only passes by.
    span_m : (z, 2) float64
        From, to; ascending and apart.

    Notes
    -----
    Streets wholly inside or outside are told by a prepared geometry; only segments of the
    others are cut.
    """
    shapely.prepare(boundary)
    count = len(first) - 1
    shapes = _street_shapes(xy_m, first, np.arange(count))
    inside = shapely.covers(boundary, shapes)
    crossing = np.flatnonzero(~inside & shapely.intersects(boundary, shapes))
    street, span_m = _cut_streets(xy_m, along_m, first, crossing, boundary)
    whole = np.flatnonzero(inside)
    street = np.concatenate((whole, street))
    ends_m = np.column_stack((np.zeros(len(whole)), along_m[first[1:][whole] - 1]))
    span_m = np.concatenate((ends_m, span_m))
    order = np.argsort(street, kind="stable")
    counts = np.bincount(street, minlength=count)
    return np.concatenate(([0], np.cumsum(counts))), span_m[order]


def _street_shapes(xy_m: Floats, first: Longs, rows: Longs) -> Any:
    """Shapely lines of some streets."""
    sizes = np.diff(first)[rows]
    owner = np.repeat(np.arange(len(rows)), sizes)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return shapely.linestrings(xy_m[first[:-1][rows][owner] + within], indices=owner)


def _cut_streets(
    xy_m: Floats, along_m: Floats, first: Longs, rows: Longs, boundary: Any
) -> tuple[Longs, Floats]:
    """Street and interval of each part of some streets in the area, segment by segment."""
    sizes = np.diff(first)[rows] - 1
    street = np.repeat(rows, sizes)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    tail = first[street] + within
    shapes = shapely.linestrings(np.stack((xy_m[tail], xy_m[tail + 1]), axis=1))
    parts, segment = shapely.get_parts(shapely.intersection(shapes, boundary), return_index=True)
    # not where a segment stays outside, or only touches in a point
    lines = np.isin(shapely.get_type_id(parts), (1, 2)) & ~shapely.is_empty(parts)
    parts, segment = parts[lines], segment[lines]
    coordinates, part = shapely.get_coordinates(parts, return_index=True)
    if not len(part):
        return np.zeros(0, np.int64), np.zeros((0, 2))
    begin = tail[segment[part]]
    away = coordinates - xy_m[begin]
    distance_m = along_m[begin] + np.hypot(away[:, 0], away[:, 1])
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    low = np.minimum.reduceat(distance_m, starts)
    high = np.minimum(np.maximum.reduceat(distance_m, starts), along_m[tail[segment] + 1])
    return _joined(street[segment], low, high)


def _joined(street: Longs, low: Floats, high: Floats) -> tuple[Longs, Floats]:
    """Put together the parts that touch, and drop those without length."""
    real = high - low > _TOUCH_M
    street, low, high = street[real], low[real], high[real]
    order = np.lexsort((low, street))
    street, low, high = street[order], low[order], high[order]
    fresh = np.ones(len(street), bool)
    fresh[1:] = (street[1:] != street[:-1]) | (low[1:] - high[:-1] > _TOUCH_M)
    starts = np.flatnonzero(fresh)
    if not len(starts):
        return street, np.zeros((0, 2))
    return street[starts], np.column_stack((low[starts], np.maximum.reduceat(high, starts)))
