"""Where barriers meet streets: the places at which a street is cut, and the stretches closed.

A point shuts the nearest street of the modes that it stops, within 10 m: on a crossing, all that
meet there. A line shuts streets wherever it meets them, also where it only touches one. In an area
they are closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from locator.arrays import LIMIT_TOLERANCE_M, Bools, Floats
from locator.modes import find_mode, modes
from locator.snapping import SnapGrid, at_node

if TYPE_CHECKING:
    from geodata.projection import Projection
    from locator.barriers import Barrier
    from locator.streets import Streets

MET_M = 10.0
"""A barrier drawn as a point shuts the street it stands on: the nearest one within this."""


class Events:
    """What barriers do to each street they meet.

    `cuts` holds places in metres along the street, `closed` stretches (from, to), both with the
    bits of the modes that are stopped.
    """

    def __init__(self) -> None:
        self.cuts: dict[int, list[tuple[float, int]]] = defaultdict(list)
        self.closed: dict[int, list[tuple[float, float, int]]] = defaultdict(list)

    @property
    def streets(self) -> list[int]:
        """The streets that are met, ascending."""
        return sorted({*self.cuts, *self.closed})


class Cut(NamedTuple):
    """How one street is cut: ends of its parts, who is stopped at each, and who between them."""

    places: list[float]
    shut: list[int]
    closed: list[int]


def find_events(
    streets: Streets, grid: SnapGrid, projection: Projection, barriers: Sequence[Barrier]
) -> tuple[Events, tuple[int, ...]]:
    """What barriers do to streets, and which of them meet none of a mode that they stop.

    O(segments) for each line or area.
    """
    events = Events()
    usable = {code: find_mode(code).travel(streets.access, streets.flags) != 0 for code in modes()}
    unmet = []
    for place, barrier in enumerate(barriers):
        bits = _united(mode_bit(code) for code in barrier.modes)
        there = np.logical_or.reduce([usable[code] for code in barrier.modes])
        parts = shapely.get_parts(shapely.transform(barrier.shape, projection.to_xy))
        met = [_meet(streets, grid, part, there, bits, events) for part in parts]
        if not any(met):
            unmet.append(place)
    return events, tuple(unmet)


def mode_bit(mode: str) -> int:
    """The bit that stands for a mode where several are stopped."""
    return 1 << list(modes()).index(mode)


def _meet(
    streets: Streets, grid: SnapGrid, shape: Any, usable: Bools, bits: int, events: Events
) -> bool:
    """Note what one point, line or area does; whether it meets a street."""
    if shape.geom_type == "Point":
        return _meet_point(streets, grid, shape, usable, bits, events)
    runs: list[tuple[int, float, float]] = []
    cuts = 0
    for street, start_m, start_xy, common in _common(streets, shape, usable):
        for part in shapely.get_parts(common):
            steps = shapely.get_coordinates(part) - start_xy
            along = start_m + np.hypot(steps[:, 0], steps[:, 1])
            if shape.geom_type != "Polygon":
                events.cuts[street] += [(place, bits) for place in along.tolist()]
                cuts += 1
            elif part.geom_type == "LineString":  # an area that only touches closes nothing
                runs.append((street, float(along.min()), float(along.max())))
    closed = [run for run in _joined(runs) if run[2] - run[1] > LIMIT_TOLERANCE_M]
    for street, low, high in closed:
        events.closed[street].append((low, high, bits))
    return bool(cuts or closed)


def _common(
    streets: Streets, shape: Any, usable: Bools
) -> Iterator[tuple[int, float, Floats, Any]]:
    """What segments of usable streets share with a shape: street, where it starts, and what."""
    west, south, east, north = shapely.bounds(shape)
    x, y = streets.xy_m.T
    low, high = np.minimum(x[:-1], x[1:]) <= east, np.maximum(x[:-1], x[1:]) >= west
    near = low & high & (np.minimum(y[:-1], y[1:]) <= north) & (np.maximum(y[:-1], y[1:]) >= south)
    rows = np.flatnonzero(near)
    owner = np.searchsorted(streets.first, rows, side="right") - 1
    own = (rows + 1 < streets.first[owner + 1]) & usable[owner]  # within one street
    rows, owner = rows[own], owner[own]
    lines = shapely.linestrings(np.stack((streets.xy_m[rows], streets.xy_m[rows + 1]), axis=1))
    common = shapely.intersection(lines, shape)
    for i in np.flatnonzero(~shapely.is_empty(common)).tolist():
        at = rows[i]
        yield int(owner[i]), float(streets.along_m[at]), streets.xy_m[at], common[i]


def _joined(runs: list[tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """Stretches of streets, those that touch made one."""
    joined: list[tuple[int, float, float]] = []
    for street, low, high in sorted(runs):
        if joined and joined[-1][0] == street and low <= joined[-1][2] + LIMIT_TOLERANCE_M:
            joined[-1] = (street, joined[-1][1], max(high, joined[-1][2]))
        else:
            joined.append((street, low, high))
    return joined


def _meet_point(
    streets: Streets, grid: SnapGrid, shape: Any, usable: Bools, bits: int, events: Events
) -> bool:
    found = grid.snap(np.array([[shape.x, shape.y]]), usable, MET_M)
    if not found.found[0]:
        return False
    node = int(at_node(streets, found)[0])
    if node < 0:
        events.cuts[int(found.street[0])].append((float(found.offset_m[0]), bits))
        return True
    for end in range(2):
        for street in np.flatnonzero((streets.ends[:, end] == node) & usable).tolist():
            place = float(streets.length_m[street]) if end else 0.0
            events.cuts[street].append((place, bits))
    return True


def cut_street(length_m: float, events: Events, street: int) -> Cut:
    """Where one street is cut, and for whom."""
    cuts, closed = events.cuts.get(street, []), events.closed.get(street, [])
    wanted = sorted([place for place, _ in cuts] + [end for run in closed for end in run[:2]])
    places = [0.0]
    for place in wanted:
        if places[-1] + LIMIT_TOLERANCE_M < place < length_m - LIMIT_TOLERANCE_M:
            places.append(place)
    places.append(length_m)
    shut_parts = []
    for low, high in pairwise(places):
        middle = (low + high) / 2
        shut_parts.append(_united(bits for a, b, bits in closed if a <= middle <= b))
    shut = []
    for i, place in enumerate(places):
        here = _united(bits for at, bits in cuts if abs(at - place) <= 2 * LIMIT_TOLERANCE_M)
        shut.append(here | _united(shut_parts[max(i - 1, 0) : i + 1]))
    return Cut(places, shut, shut_parts)


def _united(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)
