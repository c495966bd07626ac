"""Demand put on streets: spread over the streets of an area or cell, or at a point of a street.

Workers are on streets, so amounts of an area are shared by the streets on which people may walk, in
proportion to their length. A point is put on its nearest such street and not spread: it stands in
the answer as a millimetre of street, the grain of every distance, with its exact place beside it.
What finds no street is counted as unplaced, and what falls on streets beyond the city as beyond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from locator.areas_on_streets import Split, split_streets
from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.counted import OUTSIDE, Counted
from locator.demand import CLASSES, GRID, HEXAGONS, Demand
from locator.overlay import NOWHERE, overlay_pieces

if TYPE_CHECKING:
    from geodata.projection import Projection
    from locator.snapping import Snapped
    from locator.streets import Streets

POINT_M = 1e-3
"""Length of street that stands for a point; points nearer together are one."""
_M_PER_KM = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class StreetDemand:
    """Demand on streets, ascending by street and place.

    Parameters
    ----------
    street, low_m, high_m, weight : (p,)
        Each metre of a piece is worth `weight`.
    at_m : (p,)
        Exact place of a point; nan for what is spread.
    unplaced
        What found no street.
    unplaced_rows : (u,)
        Rows of the demand that it belongs to.
    """

    demand: Demand
    street: Ints
    low_m: Floats
    high_m: Floats
    weight: Floats
    at_m: Floats
    unplaced: float
    unplaced_rows: Longs

    @property
    def placed(self) -> float:
        """What found a street, in the city or beyond it."""
        return float((self.weight * (self.high_m - self.low_m)).sum())


def cell_shapes(demand: Demand, projection: Projection) -> list[Any]:
    """Polygons of a demand's cells in the city's CRS: hexagons, or squares around positions."""
    if demand.form == HEXAGONS:
        import h3

        rings = [np.array(h3.cell_to_boundary(key))[:, ::-1] for key in demand.keys]
        return [shapely.Polygon(projection.to_xy(ring)) for ring in rings]
    middle, half = projection.to_xy(demand.lonlat_deg), demand.cell_m / 2
    low, high = middle - half, middle + half
    return list(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))


def spread_amounts(demand: Demand, split: Split, walkable: Bools, rows: Longs) -> StreetDemand:
    """Share the amount of each area among its streets by their length.

    Parameters
    ----------
    split
        Streets by the areas that amounts belong to.
    walkable : (s,) bool
        Streets that take part.
    rows : (a,)
        Row of the demand for each area of the split; -1 for areas without an amount.
    """
    street = split.street
    row = np.where(split.area == OUTSIDE, OUTSIDE, np.append(rows, OUTSIDE)[split.area])
    taken = (row != OUTSIDE) & walkable[street] & (split.length_m > 0)
    street, row, span = street[taken], row[taken], split.span_m[taken]
    length = np.bincount(row, weights=split.length_m[taken], minlength=len(demand))
    bare = np.flatnonzero(length == 0)
    density = np.divide(demand.amount, length, out=np.zeros(len(demand)), where=length > 0)
    return _on_streets(demand, street, span, density[row], np.full(len(row), np.nan), bare)


def weigh_classes(demand: Demand, streets: Streets) -> StreetDemand:
    """Give each metre of a class of street its share of the amount for a kilometre."""
    per_m = dict(zip(demand.keys, (demand.amount / _M_PER_KM).tolist(), strict=True))
    by_code = np.array([per_m.get(name, 0.0) for name in streets.classes] or [0.0])
    owner = np.repeat(np.arange(len(streets), dtype=np.int32), np.diff(streets.span_first))
    weight = by_code[streets.class_code[owner]]
    taken = weight > 0
    absent = [i for i, key in enumerate(demand.keys) if key not in streets.classes]
    return _on_streets(
        demand, owner[taken], streets.span_m[taken], weight[taken],
        np.full(int(taken.sum()), np.nan), np.array(absent, np.int64),
    )  # fmt: skip


def place_points(demand: Demand, snapped: Snapped, streets: Streets) -> StreetDemand:
    """Put points where they stand; those within a millimetre of each other are one."""
    on = np.flatnonzero(snapped.found & (demand.amount > 0))
    order = on[np.lexsort((snapped.offset_m[on], snapped.street[on]))]
    street, at = snapped.street[order], snapped.offset_m[order]
    heads = _apart(street, at)
    own = np.cumsum(heads) - 1
    amount = np.bincount(own, weights=demand.amount[order], minlength=int(heads.sum()))
    street, at = street[heads], at[heads]
    low = np.maximum(at - POINT_M / 2, 0.0)
    high = np.minimum(at + POINT_M / 2, streets.length_m[street])
    return _on_streets(
        demand, street, np.column_stack((low, high)), amount / (high - low), at,
        np.flatnonzero(~snapped.found),
    )  # fmt: skip


def _apart(street: Ints, at: Floats) -> Bools:
    """Which of the sorted points begin a millimetre of their own."""
    heads = np.ones(len(at), bool)
    last = 0
    for i in range(1, len(at)):
        heads[i] = street[i] != street[last] or at[i] - at[last] > POINT_M
        if heads[i]:
            last = i
    return heads


def _on_streets(
    demand: Demand, street: Ints, span: Floats, weight: Floats, at: Floats, bare: Longs
) -> StreetDemand:
    lost = 0.0 if demand.form == CLASSES else float(demand.amount[bare].sum())
    return StreetDemand(
        demand, frozen(street, np.int32), frozen(span[:, 0]), frozen(span[:, 1]), frozen(weight),
        frozen(at), lost, frozen(bare),
    )  # fmt: skip


def split_cells(demand: Demand, streets: Streets, projection: Projection) -> Split:
    """Whole streets split by the cells of a demand: a cell on the rim of the city keeps its own."""
    if demand.form not in (HEXAGONS, GRID):
        raise ValueError(f"{demand.form} has no cells")
    return split_streets(streets, cell_shapes(demand, projection), whole=True)


def count_demand(split: Split, areas: tuple[str, ...], put: StreetDemand) -> Counted:
    """What counts in the city: demand on its streets, by area.

    Parameters
    ----------
    split
        The streets in the city, by area; -1 everywhere where nothing is split.

    Notes
    -----
    A point lies in the one part that holds its place, the first area's on a border.
    """
    spread = np.isnan(put.at_m)
    parts = (split.street, split.span_m[:, 0], split.span_m[:, 1])
    bits = overlay_pieces(parts, (put.street[spread], put.low_m[spread], put.high_m[spread]))
    inside = (bits.one != NOWHERE) & (bits.other != NOWHERE)
    part, own = bits.one[inside], np.flatnonzero(spread)[bits.other[inside]]
    bounds = np.column_stack((bits.from_m[inside], bits.to_m[inside]))
    weight = put.weight[own]
    held, point = _hold_points(split, put, np.flatnonzero(~spread))
    low = np.maximum(put.low_m[point], split.span_m[held, 0])
    high = np.minimum(put.high_m[point], split.span_m[held, 1])
    amount = put.weight[point] * (put.high_m[point] - put.low_m[point])
    street = np.concatenate((bits.street[inside], put.street[point]))
    bounds = np.concatenate((bounds, np.column_stack((low, high))))
    order = np.lexsort((bounds[:, 0], street))
    first = np.zeros(len(split.first), np.int64)
    np.cumsum(np.bincount(street, minlength=len(split.first) - 1), out=first[1:])
    return Counted(
        frozen(first),
        frozen(bounds[order]),
        frozen(split.area[np.concatenate((part, held))][order], np.int32),
        frozen(np.concatenate((weight, amount / (high - low)))[order]),
        areas,
        put.demand.unit,
        frozen(np.concatenate((np.full(len(own), np.nan), put.at_m[point]))[order]),
    )


def _hold_points(split: Split, put: StreetDemand, points: Longs) -> tuple[Longs, Longs]:
    """The part that holds each point, and the points that lie in one."""
    street, at = put.street[points], put.at_m[points]
    best = np.full(len(points), NOWHERE, np.int64)
    last = _last_before(split, street, at)
    for part in (last, last - 1):
        real = np.maximum(part, 0)
        fits = (part >= 0) & (split.street[real] == street)
        fits &= (at >= split.span_m[real, 0]) & (at <= split.span_m[real, 1])
        # On a border the lower area goes first, and any area before none.
        rank = np.where(split.area[real] == OUTSIDE, np.iinfo(np.int32).max, split.area[real])
        known = np.where(split.area[best] == OUTSIDE, np.iinfo(np.int32).max, split.area[best])
        best = np.where(fits & ((best == NOWHERE) | (rank < known)), real, best)
    found = best != NOWHERE
    return best[found], points[found]


def _last_before(split: Split, street: Ints, at: Floats) -> Longs:
    """The last part that begins at or before each place; may be of an earlier street."""
    streets = np.concatenate((split.street, street))
    places = np.concatenate((split.span_m[:, 0], at))
    is_point = np.repeat(np.array([0, 1]), (len(split.area), len(at)))
    order = np.lexsort((is_point, places, streets))
    count = np.cumsum(is_point[order] == 0) - 1
    last = np.empty(len(order), np.int64)
    last[order] = count
    return last[len(split.area) :]
