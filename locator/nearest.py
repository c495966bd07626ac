"""The nearest stations of points, by the length of the way along streets.

A question is answered by a search that grows from the point; tables for all nodes at once are in
`locator.sweep`. Answers are exact, whatever else is in the registry: a further station never
changes the distance to another one, and the order of stations never matters.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M, Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.pieces import cut_streets

if TYPE_CHECKING:
    import geopandas

    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.snapping import Snapped

FOUND, NONE_WITHIN, UNREACHABLE, OUTSIDE = "found", "none_within", "unreachable", "outside"
PERSON_SNAP_LIMIT_M = 250.0
_SPARE = 8  # room for near ties beyond the k that were asked


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One way from a point to a station, legs in walking order.

    Parameters
    ----------
    street, from_m, to_m : (n,)
        Streets walked, and from where to where on each.
    length_m
        Metres along streets plus both straight ends.
    xy_m : (p, 2)
        The line in the city's CRS, from the point itself to the station itself.
    names
        Street names in walking order, without repeats and without the nameless.
    """

    street: Ints
    from_m: Floats
    to_m: Floats
    length_m: float
    xy_m: Floats
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The k nearest stations of q points; always (q, k), filled with -1 and inf.

    Parameters
    ----------
    index : (q, k) int32
        Rows of the registry's snapshot, by (distance in whole millimetres, code); -1 none.
    distance_m, time_s, straight_m : (q, k)
        Along streets, both straight ends included; the same in time; as the crow flies.
    snap_m : (q,)
        Straight metres from each point to its street; inf where the outcome is `outside`.
    outcome : q of found, none_within, unreachable, outside
        Whether and why there is no answer: none within the limit; no way to any selected
        station; no usable street within the snap limit of a person.
    """

    network: StreetNetwork
    placement: Placement
    points_xy_m: Floats
    stations_xy_m: Floats
    snapped: Snapped
    index: Ints
    distance_m: Floats
    time_s: Floats
    straight_m: Floats
    outcome: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def snap_m(self) -> Floats:
        """Straight metres from each point to its street."""
        return self.snapped.snap_m

    def routes(self, query: int = 0) -> list[Route | None]:
        """The ways from one point to its k stations; None where there is no station.

        The search is run once more for that point, so that thousands of answers need not keep
        their ways: about as long as the question itself.
        """
        from locator.kernels.search import trace_path

        found = int(np.count_nonzero(self.index[query] >= 0))
        empty: list[Route | None] = [None] * self.index.shape[1]
        if found == 0:
            return empty
        street, offset = int(self.snapped.street[query]), float(self.snapped.offset_m[query])
        limit = float(self.distance_m[query, found - 1])
        answer = _search(
            self.network, self.placement, (street, offset, self.snap_m[query]), limit, found
        )
        by_row = dict(zip(answer.row.tolist(), answer.arc.tolist(), strict=True))
        out, placed = self.network.out, self.placement
        for column in range(found):
            row = int(np.searchsorted(placed.rows, self.index[query, column]))
            room = 256
            while True:
                leg_street = np.empty(room, np.int32)
                leg_from, leg_to = np.empty(room), np.empty(room)
                count = trace_path(
                    out.group, self.network.group, placed.group, by_row[row], row, street, offset,
                    answer.space.via, leg_street, leg_from, leg_to,
                )  # fmt: skip
                if count >= 0:
                    break
                room *= 4
            legs = tuple(a[:count][::-1] for a in (leg_street, leg_from, leg_to))
            empty[column] = self._route(query, column, legs)
        return empty

    def _route(self, query: int, column: int, legs: tuple[Any, ...]) -> Route:
        street, start, end = legs
        walked = np.abs(end - start) > 0
        walked[0] |= not walked.any()
        street, start, end = street[walked], start[walked], end[walked]
        streets = self.network.streets
        line, first = cut_streets(streets, street, start, end)
        keep = np.ones(len(line), bool)
        keep[first[1:-1]] = False  # each leg begins where the one before ended
        station = self.stations_xy_m[self.index[query, column]]
        xy = np.vstack((self.points_xy_m[query], line[keep], station))
        names = [streets.names[code] for code in streets.name_code[street].tolist()]
        named = [n for i, n in enumerate(names) if n and (i == 0 or n != names[i - 1])]
        distance = float(self.distance_m[query, column])
        return Route(frozen(street), frozen(start), frozen(end), distance, frozen(xy), tuple(named))

    def to_frame(self) -> geopandas.GeoDataFrame:
        """One row per answer: query, rank, station row, distances; geometry is the station."""
        import geopandas

        query, rank = np.nonzero(self.index >= 0)
        index = self.index[query, rank]
        columns = {
            "query": query,
            "rank": rank + 1,
            "station": index,
            "distance_m": self.distance_m[query, rank],
            "time_s": self.time_s[query, rank],
            "straight_m": self.straight_m[query, rank],
            "snap_m": self.snap_m[query],
        }
        points = geopandas.points_from_xy(*self.stations_xy_m[index].T)
        return geopandas.GeoDataFrame(columns, geometry=points, crs=self.network.streets.crs)


def find_nearest(
    network: StreetNetwork,
    placement: Placement,
    points_xy_m: Floats,
    *,
    stations_xy_m: Floats,
    k: int = 1,
    within_m: float = np.inf,
    snap_limit_m: float = PERSON_SNAP_LIMIT_M,
    allowed: Bools | None = None,
) -> Nearest:
    """The k stations with the shortest way from each point.

    Parameters
    ----------
    points_xy_m : (q, 2) metres, the city's CRS
    stations_xy_m : (all, 2)
        All stations of the snapshot that `placement.rows` counts in.
    within_m
        Farther stations are left out; inclusive.
    snap_limit_m
        A point farther from any usable street is `outside`.
    allowed : (s,) bool
        Put the points on these streets only, where given.

    Returns
    -------
    Nearest
        Ordered by (distance in whole millimetres, station row). O(q * neighbourhood).
    """
    if k < 1:
        raise InputError(f"k is {k}, expected 1 or more")
    if not within_m > 0:
        raise InputError(f"the limit is {within_m} m, expected more than 0")
    points = np.ascontiguousarray(points_xy_m, dtype=np.float64).reshape(-1, 2)
    snapped = network.snap(points, snap_limit_m, allowed=allowed)
    count = len(points)
    index = np.full((count, k), -1, np.int32)
    distance = np.full((count, k), np.inf)
    outcome = []
    for q in range(count):
        if snapped.street[q] < 0:
            outcome.append(OUTSIDE)
            continue
        start = (int(snapped.street[q]), float(snapped.offset_m[q]), float(snapped.snap_m[q]))
        answer = _search(network, placement, start, within_m, k)
        near = answer.metres <= within_m + LIMIT_TOLERANCE_M
        if not near.any():
            outcome.append(NONE_WITHIN if len(answer.row) else UNREACHABLE)
            continue
        outcome.append(FOUND)
        row, metres = answer.row[near], answer.metres[near]
        order = np.lexsort((row, np.round(metres, 3)))[:k]
        index[q, : len(order)] = placement.rows[row[order]]
        distance[q, : len(order)] = metres[order]
    straight = np.full((count, k), np.inf)
    there = index >= 0
    gap = points[:, None, :] - stations_xy_m[np.maximum(index, 0)] if there.any() else None
    if gap is not None:
        straight = np.where(there, np.hypot(gap[..., 0], gap[..., 1]), np.inf)
    return Nearest(
        network, placement, frozen(points), stations_xy_m, snapped, frozen(index),
        frozen(distance), frozen(distance / network.mode.speed_mps), frozen(straight),
        tuple(outcome),
    )  # fmt: skip


class _Workspace(threading.local):
    """Node marks of one thread, kept between questions so that nothing need be cleared."""

    def __init__(self) -> None:
        self.stamp = 0
        self.seen: Ints = np.zeros(0, np.int32)
        self.cost: Floats = np.empty(0)
        self.via: Longs = np.empty(0, np.int64)
        self.heap_cost: Floats = np.empty(0)
        self.heap_node: Ints = np.empty(0, np.int32)

    @property
    def group(self) -> tuple[Ints, Floats, Longs, Floats, Ints]:
        """The arrays in the order that kernels take them."""
        return self.seen, self.cost, self.via, self.heap_cost, self.heap_node

    def next_stamp(self, nodes: int, arcs: int) -> int:
        """Make room for a network of that size and return a mark no node carries."""
        if len(self.seen) < nodes or self.stamp >= np.iinfo(np.int32).max - 1:
            self.seen = np.zeros(nodes, np.int32)
            self.cost, self.via = np.empty(nodes), np.empty(nodes, np.int64)
            self.stamp = 0
        if len(self.heap_cost) < arcs + 2:
            self.heap_cost, self.heap_node = np.empty(arcs + 2), np.empty(arcs + 2, np.int32)
        self.stamp += 1
        return self.stamp


_WORKSPACE = _Workspace()


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """What one search found: rows of the placement, metres, last arcs, and the marks."""

    row: Ints
    metres: Floats
    arc: Longs
    space: _Workspace


def _search(
    network: StreetNetwork,
    placement: Placement,
    start: tuple[int, float, float],
    limit_m: float,
    wanted: int,
) -> _Answer:
    """Search from (street, offset, snap); at least `wanted` stations where there are so many."""
    from locator.kernels.search import NEAR_TIE_M, search_stations

    out, nodes = network.out, len(network.streets.node_xy_m)
    space = _WORKSPACE
    wanted = max(1, min(wanted, len(placement)))
    room = wanted + _SPARE
    while True:
        stamp = space.next_stamp(nodes, len(out))
        metres, row = np.empty(room), np.empty(room, np.int32)
        arc = np.empty(room, np.int64)
        found = search_stations(
            out.group, network.group, placement.group, *start, limit_m, wanted, stamp,
            space.group, metres, row, arc,
        )  # fmt: skip
        if found < room or metres[room - 1] > metres[wanted - 1] + NEAR_TIE_M:
            return _Answer(row[:found], metres[:found], arc[:found], space)
        room *= 4  # more ties than room: a car park full of stations
