"""Which stations may be the nearest, when a position is known only to within a circle.

A phone gives its position with an accuracy. Wherever on a street within that circle one really
stands, one of a few stations is the nearest. They are found exactly, not by trying points: along a
street the distance to the nearest station is the least of a few straight lines (over its start,
over its end, to each station on it), so it is enough to see which line is lowest between their
crossings.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.errors import InputError

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.placement import Placement

MOST_RADIUS_M = 20_000.0
_LEAST_M = 1e-3  # what holds for less street than that is a tie, not an area


@dataclass(frozen=True, slots=True, eq=False)
class Circle:
    """The stations that are nearest somewhere in a circle.

    Parameters
    ----------
    radius_m
        Of the circle.
    index : (n,) int32
        Rows of the registry's snapshot, the one that is nearest on most street first.
    length_m : (n,)
        Metres of street in the circle on which it is the nearest.
    unreachable_m, total_m
        Metres of street in the circle from which no station can be reached; and of all.
    """

    radius_m: float
    index: Ints
    length_m: Floats
    unreachable_m: float
    total_m: float

    @property
    def same(self) -> bool:
        """Whether one station is the nearest wherever one stands."""
        return len(self.index) == 1 and self.unreachable_m < _LEAST_M


class _Parts(NamedTuple):
    """Parts of streets: which, and from where to where in metres."""

    street: Ints
    from_m: Floats
    to_m: Floats


class _Line(NamedTuple):
    """Distance to one station along a street: `slope` * x + `base` for x in [low, high]."""

    low: float
    high: float
    slope: float
    base: float
    row: int


def find_in_circle(
    network: StreetNetwork,
    placement: Placement,
    centre_xy_m: Floats,
    radius_m: float,
    labels: tuple[Floats, Ints],
) -> Circle:
    """The stations that are nearest somewhere on the streets in a circle.

    Parameters
    ----------
    centre_xy_m : (2,) metres, the city's CRS
    labels
        Distance and nearest station of each node, from `locator.sweep.sweep_nearest` with the same
        network and placement.

    Returns
    -------
    Circle
        Empty where the circle holds no street of the mode. Stations that are equally near within
        a millimetre of street are not told apart.

    Raises
    ------
    InputError
        The radius is no length, or larger than a city.

    Notes
    -----
    O(vertices) to find the streets, then O(their parts).
    """
    if not 0 < radius_m <= MOST_RADIUS_M:
        raise InputError(f"accuracy is {radius_m} m, expected more than 0, at most {MOST_RADIUS_M}")
    parts = _streets_in_circle(network, np.asarray(centre_xy_m, np.float64), radius_m)
    held = np.zeros(len(placement))
    busy = np.diff(placement.first)[parts.street] > 0
    plain = _Parts(parts.street[~busy], parts.from_m[~busy], parts.to_m[~busy])
    lost = _share_plain(network, labels, plain, held)
    for part in np.flatnonzero(busy).tolist():
        one = (int(parts.street[part]), float(parts.from_m[part]), float(parts.to_m[part]))
        lost += _share_busy(network, placement, labels, one, held)
    rows = np.flatnonzero(held > _LEAST_M)
    rows = rows[np.lexsort((rows, -np.round(held[rows], 3)))]
    return Circle(
        float(radius_m), frozen(placement.rows[rows]), frozen(held[rows]), lost,
        float((parts.to_m - parts.from_m).sum()),
    )  # fmt: skip


def _streets_in_circle(network: StreetNetwork, centre: Floats, radius: float) -> _Parts:
    """The parts of usable streets in a circle, a straight piece at a time."""
    streets = network.streets
    owner = np.repeat(np.arange(len(streets), dtype=np.int32), np.diff(streets.first))
    same = owner[1:] == owner[:-1]
    xy = streets.xy_m
    low, high = np.minimum(xy[1:], xy[:-1]), np.maximum(xy[1:], xy[:-1])
    near = same & (low <= centre + radius).all(axis=1) & (high >= centre - radius).all(axis=1)
    at = np.flatnonzero(near)
    at = at[network.travel[owner[at]] != 0]
    start, run = xy[at] - centre, xy[at + 1] - xy[at]
    # |start + t run| <= radius: between the roots of a t^2 + 2 b t + c = 0
    a, b = (run * run).sum(axis=1), (start * run).sum(axis=1)
    c = (start * start).sum(axis=1) - radius**2
    root = b * b - a * c
    inside = (a > 0) & (root > 0)
    at, a, b, half = at[inside], a[inside], b[inside], np.sqrt(root[inside])
    enter, leave = np.clip((-b - half) / a, 0.0, 1.0), np.clip((-b + half) / a, 0.0, 1.0)
    begin, length = streets.along_m[at], streets.along_m[at + 1] - streets.along_m[at]
    kept = leave > enter
    return _Parts(owner[at][kept], (begin + enter * length)[kept], (begin + leave * length)[kept])


def _stretched(network: StreetNetwork, street: Ints, metres: Floats) -> Floats:
    """Metres along streets in the network's cost."""
    return metres if network.stretch is None else metres * network.stretch[street]


def _share_plain(
    network: StreetNetwork, labels: tuple[Floats, Ints], parts: _Parts, held: Floats
) -> float:
    """Share parts of streets without stations between both ways out; returns metres lost."""
    cost, row = labels
    ends, length, travel = network.group
    street = parts.street
    u, v = ends[2 * street], ends[2 * street + 1]
    back = np.where(travel[street] & 2 != 0, cost[u], np.inf)
    ahead = np.where(travel[street] & 1 != 0, cost[v] + length[street], np.inf)
    start, end = _stretched(network, street, parts.from_m), _stretched(network, street, parts.to_m)
    none = np.isinf(back) & np.isinf(ahead)
    with np.errstate(invalid="ignore"):
        middle = np.clip(np.where(none, start, (ahead - back) / 2), start, end)
    scale = (parts.to_m - parts.from_m) / np.where(end > start, end - start, 1.0)
    first, rest = (middle - start) * scale, (end - middle) * scale
    there = ~none
    np.add.at(held, row[u[there & (first > 0)]], first[there & (first > 0)])
    np.add.at(held, row[v[there & (rest > 0)]], rest[there & (rest > 0)])
    return float((parts.to_m - parts.from_m)[none].sum())


def _share_busy(
    network: StreetNetwork,
    placement: Placement,
    labels: tuple[Floats, Ints],
    part: tuple[int, float, float],
    held: Floats,
) -> float:
    """Share one part of a street on which stations stand; returns metres lost."""
    street = part[0]
    scale = 1.0 if network.stretch is None else float(network.stretch[street])
    start, end = part[1] * scale, part[2] * scale
    lines = _lines_of(network, placement, labels, street)
    cuts = {start, end}
    for line in lines:
        cuts |= {line.low, line.high}
        cuts |= {
            (other.base - line.base) / (line.slope - other.slope)
            for other in lines
            if other.slope != line.slope
        }
    places = sorted(cut for cut in cuts if start <= cut <= end)
    lost = 0.0
    for a, b in pairwise(places):
        x = (a + b) / 2
        offers = [
            (line.slope * x + line.base, line.row) for line in lines if line.low <= x <= line.high
        ]
        if offers:
            held[min(offers)[1]] += (b - a) / scale
        else:
            lost += (b - a) / scale
    return lost


def _lines_of(
    network: StreetNetwork, placement: Placement, labels: tuple[Floats, Ints], street: int
) -> list[_Line]:
    """All ways to a nearest station from places on one street."""
    cost, row = labels
    ends, length, travel = network.group
    u, v = int(ends[2 * street]), int(ends[2 * street + 1])
    run, way = float(length[street]), int(travel[street])
    lines = []
    if way & 2 and np.isfinite(cost[u]):
        lines.append(_Line(0.0, run, 1.0, float(cost[u]), int(row[u])))
    if way & 1 and np.isfinite(cost[v]):
        lines.append(_Line(0.0, run, -1.0, float(cost[v]) + run, int(row[v])))
    for i in range(int(placement.first[street]), int(placement.first[street + 1])):
        y, snap = float(placement.offset_m[i]), float(placement.snap_m[i])
        if way & 1:
            lines.append(_Line(0.0, y, -1.0, y + snap, int(placement.row[i])))
        if way & 2:
            lines.append(_Line(y, run, 1.0, snap - y, int(placement.row[i])))
    return lines
