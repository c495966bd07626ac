"""What can be seen of a city's ground from where stations stand, and how often stations see it.

A `Sight` is one kind of evidence on whether positions are where they should be. It measures any
positions, and tells how such a measure is spread for stations that stand where they say they do.
How it is spread for stations that do not is no model: it is counted, by moving the stations.

The models are our estimates, and wide on purpose. Distances fall off exponentially, with a share of
strays that stand anywhere: a shop stands within a carriageway and a pavement of its street, the
street of an address runs within a block of its door. Codes of districts are mistyped, borders are
drawn roughly, and a pier is water on some maps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from locator.arrays import Bools, Floats, Longs, frozen

if TYPE_CHECKING:
    from locator.ground import Ground

STREETS, NAMED, WATER, DISTRICT = "streets", "named", "water", "district"
SNAP_CAP_M, NAMED_CAP_M = 200.0, 2000.0

_SNAP_EDGES_M = frozen([*range(4, 60, 4), 60, 70, 80, 100, 120, 150, SNAP_CAP_M], np.float64)
_NAMED_EDGES_M = frozen(
    [15, 30, 45, 60, 80, 100, 150, 200, 300, 400, 600, 900, 1300, NAMED_CAP_M], np.float64
)
_YES = frozen([0.5])  # what is yes or no is 1 or 0
_SNAP_SCALE_M, _NAMED_SCALE_M = 20.0, 60.0
_SNAP_STRAYS, _NAMED_STRAYS, _WATER_STRAYS, _DISTRICT_STRAYS = 0.15, 0.25, 0.05, 0.1
_IN_WATER, _OUT_OF_DISTRICT = 0.002, 0.05
_MAX_NAMED = 300  # addresses looked at: the shapes of their streets are long


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One kind of thing seen from places.

    Parameters
    ----------
    name
        "streets", "named", "water" or "district".
    rows : (m,)
        The places it can be seen from.
    edges : (b - 1,)
        Ascending; they part what is measured into b classes, each worse than the one before.
    expected : (b,)
        Share of stations in each class, strays apart.
    strays
        Share of stations that stand like random points.
    measure
        Metres, or 1 for yes and 0 for no, from positions of `rows`: (k, m, 2) metres to (k, m).
    """

    name: str
    rows: Longs
    edges: Floats
    expected: Floats
    strays: float
    measure: Callable[[Floats], Floats]

    def classify(self, measured: Floats) -> Longs:
        """Class of each measure."""
        return np.searchsorted(self.edges, measured, side="right")

    def weigh(self, common: Floats) -> tuple[Floats, float]:
        """Log-likelihood ratio of each class, and what `rows` are expected to score together.

        Parameters
        ----------
        common : (b,)
            Share of each class among random positions; none is 0.
        """
        usual = self.strays * common + (1 - self.strays) * self.expected
        # A class farther on never speaks better for a place than one before it, even where random
        # positions are seldom so far.
        ratio = np.minimum.accumulate(np.log(usual / common))
        return ratio, len(self.rows) * float(usual @ ratio)


def find_sights(
    xy_m: Floats, ground: Ground, addresses: Sequence[str], codes: Sequence[str], *, reach_m: float
) -> list[Sight]:
    """Everything that can be seen from places and says something.

    Parameters
    ----------
    xy_m : (n, 2)
    addresses, codes
        Address and district code of each place, or none at all.
    reach_m
        Places will be moved by up to this much.
    """
    found = [_see_streets(len(xy_m), ground)]
    if len(ground.water):
        found.append(_see_water(len(xy_m), ground))
    if addresses:
        found.append(_see_named_streets(ground, addresses))
    if codes and ground.districts:
        found.append(_see_districts(xy_m, ground, codes, reach_m))
    return [sight for sight in found if len(sight.rows)]


def snap_any(ground: Ground, xy_m: Floats, limit_m: float) -> Floats:
    """Distance of each point to the nearest street of any kind, at most a limit."""
    if ground.network is None:
        return np.full(len(xy_m), limit_m)
    everything: Bools = np.ones(len(ground.network.streets), bool)
    return np.minimum(ground.network.grid.snap(xy_m, everything, limit_m).snap_m, limit_m)


def _falling(edges_m: Floats, scale_m: float) -> Floats:
    """Shares of an exponential law between edges, the rest beyond the last."""
    below = 1 - np.exp(-edges_m / scale_m)
    return np.diff(np.concatenate(([0.0], below, [1.0])))


def _see_streets(count: int, ground: Ground) -> Sight:
    def measure(xy_m: Floats) -> Floats:
        return snap_any(ground, xy_m.reshape(-1, 2), SNAP_CAP_M).reshape(xy_m.shape[:2])

    expected = _falling(_SNAP_EDGES_M, _SNAP_SCALE_M)
    return Sight(STREETS, np.arange(count), _SNAP_EDGES_M, expected, _SNAP_STRAYS, measure)


def _see_water(count: int, ground: Ground) -> Sight:
    def measure(xy_m: Floats) -> Floats:
        held = ground.water_at(xy_m.reshape(-1, 2)) >= 0
        return held.reshape(xy_m.shape[:2]).astype(np.float64)

    expected = np.array([1 - _IN_WATER, _IN_WATER])
    return Sight(WATER, np.arange(count), _YES, expected, _WATER_STRAYS, measure)


def _see_named_streets(ground: Ground, addresses: Sequence[str]) -> Sight:
    rows: list[int] = []
    shapes: list[Any] = []
    names = ground.street_names
    for row, address in enumerate(addresses):
        codes = names.find(address) if names and len(rows) < _MAX_NAMED else ()
        if names and codes:
            rows.append(row)
            shapes.append(names.shape(codes))
    streets = np.array(shapes, object)

    def measure(xy_m: Floats) -> Floats:
        away_m: Floats = shapely.distance(streets, shapely.points(xy_m))
        return np.minimum(away_m, NAMED_CAP_M)

    expected = _falling(_NAMED_EDGES_M, _NAMED_SCALE_M)
    index = np.array(rows, np.int64)
    return Sight(NAMED, index, _NAMED_EDGES_M, expected, _NAMED_STRAYS, measure)


def _see_districts(xy_m: Floats, ground: Ground, codes: Sequence[str], reach_m: float) -> Sight:
    """Own districts of places near their border: far from it nothing changes by a move."""
    rows: list[int] = []
    shapes: list[Any] = []
    for row, code in enumerate(codes):
        district = ground.districts.get(ground.in_use(code)) if code else None
        if district is not None:
            rows.append(row)
            shapes.append(district.shape)
    index, owned = np.array(rows, np.int64), np.array(shapes, object)
    border_m = shapely.distance(shapely.boundary(owned), shapely.points(xy_m[index]))
    index, owned = index[border_m <= reach_m], owned[border_m <= reach_m]

    def measure(xy_m: Floats) -> Floats:
        inside: Bools = shapely.contains_xy(owned, xy_m[..., 0], xy_m[..., 1])
        return (~inside).astype(np.float64)

    expected = np.array([1 - _OUT_OF_DISTRICT, _OUT_OF_DISTRICT])
    return Sight(DISTRICT, index, _YES, expected, _DISTRICT_STRAYS, measure)
