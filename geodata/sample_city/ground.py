"""The ground a sample stands on: land and water in metres, and how dense it is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.projection import Projection
from geodata.sample_city.bend import UNIT_M, Bend, draw_bend

if TYPE_CHECKING:
    from geodata.sample_city.plan import Plan, Ring, River

Floats = NDArray[np.float64]

_CELL = 20  # units: 200 m, the grain of density
_MARGIN_M = 4000.0
_SHORE_M = 60.0  # streets end that far from the sea and the great river
_BANK_M = 12.0  # and that far from a canal
_NOWHERE_M = 1e9
_CROWD_REACH = 2.2  # in radii
_SETTLED = 0.8  # share of the places for a village that have one


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Land, water, density and the bend of the grid; shapes in metres of the plan's CRS.

    Parameters
    ----------
    cells
        Extent of the grid in units.
    boundary, mainland, islands
        The whole area with its share of water; what is land in it.
    open_water
        Sea and great river, also beyond the boundary.
    rivers
        Water of each river of the plan, in its order; `banks` are the same with their banks.
    inner
        Mainland and islands without shores, rivers included: what bridges may cross.
    land
        `inner` without banks: where streets lie.
    block_sizes_m
        How large blocks are, by cells of the grid; vast where there is no land.
    """

    plan: Plan
    projection: Projection
    bend: Bend
    cells: tuple[int, int]
    boundary: shapely.Polygon
    mainland: shapely.Polygon
    islands: tuple[shapely.Polygon, ...]
    open_water: shapely.Geometry
    rivers: tuple[shapely.Geometry, ...]
    banks: tuple[shapely.Geometry, ...]
    inner: shapely.Geometry
    land: shapely.Geometry
    block_sizes_m: NDArray[np.float32]

    def block_m(self, x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.float32]:
        """How large blocks are at points of the grid."""
        columns, rows = self.block_sizes_m.shape
        found: NDArray[np.float32] = self.block_sizes_m[
            np.clip(x // _CELL, 0, columns - 1), np.clip(y // _CELL, 0, rows - 1)
        ]
        return found


def lay_ground(plan: Plan, rng: np.random.Generator) -> Ground:
    """Bring the plan to metres; draw the bend of the grid and the villages."""
    projection = Projection(plan.crs)

    def smooth(ring: Ring) -> Floats:
        course = projection.to_xy(np.array(ring))
        return _cut_corners(_cut_corners(course))

    border = projection.to_xy(np.array(plan.land_border))
    last, first = plan.land_border[-1:], plan.land_border[:1]
    mainland, boundary = (
        shapely.Polygon(np.vstack((border[1:-1], smooth(last + rim + first))))
        for rim in (plan.shoreline, plan.water_border)
    )
    islands = tuple(shapely.Polygon(smooth(ring + ring[:1])) for ring in plan.islands.values())
    beyond = shapely.union(shapely.Polygon(smooth(plan.beyond + plan.beyond[:1])), boundary)
    open_water = shapely.difference(beyond, shapely.union_all([mainland, *islands]))
    rivers = tuple(shapely.intersection(_bed(river, projection), mainland) for river in plan.rivers)
    banks = tuple(shapely.buffer(bed, _BANK_M, quad_segs=3) for bed in rivers)
    inner = shapely.buffer(shapely.union_all([mainland, *islands]), -_SHORE_M, quad_segs=3)
    land = shapely.difference(inner, shapely.union_all(banks))
    west, south, east, north = boundary.bounds
    origin_m = np.floor(np.array([west, south]) / 1000) * 1000 - _MARGIN_M
    columns, rows = ((np.array([east, north]) + _MARGIN_M - origin_m) / UNIT_M).astype(int)
    bend = draw_bend(
        origin_m,
        projection.to_xy([(place.lon_deg, place.lat_deg) for place in plan.places]),
        np.array([place.radius_m for place in plan.places]),
        np.array([place.turn_deg for place in plan.places]),
        rng,
    )
    cells = (int(columns), int(rows))
    sizes = _rate_blocks(plan, bend, cells, inner, rng)
    for shape in (inner, land):
        shapely.prepare(shape)
    return Ground(
        plan=plan,
        projection=projection,
        bend=bend,
        cells=cells,
        boundary=boundary,
        mainland=mainland,
        islands=islands,
        open_water=open_water,
        rivers=rivers,
        banks=banks,
        inner=inner,
        land=land,
        block_sizes_m=sizes,
    )


def _bed(river: River, projection: Projection) -> shapely.Geometry:
    """Water of a river: discs along its smoothed courses, hulled pair by pair."""
    parts = []
    for path in river.paths:
        course = np.array(path)
        course[:, :2] = projection.to_xy(course[:, :2])
        for _ in range(3):
            course = _cut_corners(course)
        discs = shapely.buffer(shapely.points(course[:, :2]), course[:, 2] / 2, quad_segs=6)
        both = shapely.multipolygons(np.stack((discs[:-1], discs[1:]), axis=1))
        parts.append(shapely.union_all(shapely.convex_hull(both)))
    return shapely.simplify(shapely.union_all(parts), 0.5)


def _cut_corners(course: Floats) -> Floats:
    """Chaikin's rule; the ends of an open course stay, a closed one stays closed."""
    near, far = 0.75 * course[:-1] + 0.25 * course[1:], 0.25 * course[:-1] + 0.75 * course[1:]
    cut = np.stack((near, far), axis=1).reshape(-1, course.shape[1])
    if (course[0] == course[-1]).all():
        return np.vstack((cut, cut[0]))
    return np.vstack((course[0], cut[1:-1], course[-1]))


def _rate_blocks(
    plan: Plan,
    bend: Bend,
    cells: tuple[int, int],
    inner: shapely.Geometry,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Block sizes by cells: small in towns and villages, large in the country."""
    columns, rows = (count // _CELL + 1 for count in cells)
    x, y = np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij")
    grid = (np.column_stack((x.ravel(), y.ravel())).astype(np.float64) + 1 / 2) * _CELL
    xy = bend.to_xy(grid).reshape(columns, rows, 2)
    sizes = plan.rural_block_m * (1 + 0.3 * np.sin(xy[..., 0] / 5200) * np.sin(xy[..., 1] / 4100))
    towns = [(place.radius_m, place.block_m) for place in plan.places]
    crowds = np.vstack(
        (np.column_stack((bend.places[:, :2], towns)), _draw_villages(plan, inner, rng))
    )
    centres = bend.to_grid(crowds[:, :2]) / _CELL
    for (x, y, radius_m, block_m), (column, row) in zip(crowds, centres, strict=True):
        reach = int(1.5 * _CROWD_REACH * radius_m / (_CELL * UNIT_M)) + 2
        window = (
            slice(max(int(column) - reach, 0), int(column) + reach),
            slice(max(int(row) - reach, 0), int(row) + reach),
        )
        away = np.hypot(xy[window][..., 0] - x, xy[window][..., 1] - y) / radius_m
        sizes[window] = np.minimum(sizes[window], block_m * np.exp(1.1 * away**1.5))
    near = shapely.buffer(inner, 1.5 * _CELL * UNIT_M, quad_segs=2)
    shapely.prepare(near)
    sizes[~shapely.contains_xy(near, xy[..., 0], xy[..., 1])] = _NOWHERE_M
    return sizes.astype(np.float32)


def _draw_villages(plan: Plan, inner: shapely.Geometry, rng: np.random.Generator) -> Floats:
    """Villages on a loose lattice: x, y, radius and block size in metres."""
    spacing = plan.village_spacing_m
    if not spacing:
        return np.empty((0, 4))
    west, south, east, north = inner.bounds
    x, y = np.meshgrid(np.arange(west, east, spacing), np.arange(south, north, spacing))
    xy = np.column_stack((x.ravel(), y.ravel()))
    xy += rng.uniform(-0.42, 0.42, xy.shape) * spacing
    xy = xy[rng.random(len(xy)) < _SETTLED]
    sizes = np.column_stack((rng.uniform(200, 430, len(xy)), rng.uniform(120, 200, len(xy))))
    return np.hstack((xy, sizes))
