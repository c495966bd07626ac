"""The nearest stations of points, by the length of the way along streets.

A question is answered by a search that grows from the point; tables for all nodes at once are in
`locator.sweep`. Answers are exact, whatever else is in the registry: a further station never
changes the distance to another one, and the order of stations never matters.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

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
MOST_ANSWERS = 100_000  # a list nobody reads, and memory for it
Leg = tuple[Ints, Floats, Floats]
"""Street, from and to of each stretch of a way."""

_LEGS = 512  # room for the legs of one way, at first
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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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
    _legs: list[Leg] | None = None

    @override
    def __repr__(self) -> str:
        return f"<Nearest: {len(self)} points, {self.outcome.count(FOUND)} found>"

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def snap_m(self) -> Floats:
        """Straight metres from each point to its street."""
        return self.snapped.snap_m

    def station_snap_m(self, query: int, column: int) -> float:
        """Straight metres from one answer's street to the station itself."""
        row = self._columns(query)[column]
        return float(self.placement.snapped.snap_m[row])

    def routes(self, query: int = 0) -> list[Route | None]:
        """The ways from one point to its k stations; None where there is no station.

        A question about one point keeps its ways; of many points, the search is run once more
        for the one asked, so that thousands of answers need not keep theirs.
        """
        made: list[Route | None] = [None] * self.index.shape[1]
        columns = self._columns(query)
        legs = self._legs if self._legs is not None else self._trace(query, columns)
        if not legs:
            return made
        sizes = [len(leg[0]) for leg in legs]
        street, start, end = (np.concatenate([leg[i] for leg in legs]) for i in range(3))
        line, first = cut_streets(self.network.streets, street, start, end)
        keep = np.ones(len(line), bool)
        keep[first[1:-1]] = False  # each leg begins where the one before ended
        begins = np.concatenate(([0], np.cumsum(sizes)))
        keep[first[begins[:-1]]] = True
        for column, (a, b) in enumerate(pairwise(begins.tolist())):
            part = slice(first[a], first[b])
            station = self.stations_xy_m[self.index[query, column]]
            xy = np.vstack((self.points_xy_m[query], line[part][keep[part]], station))
            made[column] = Route(
                frozen(street[a:b]),
                frozen(start[a:b]),
                frozen(end[a:b]),
                float(self.distance_m[query, column]),
                frozen(xy),
                self._names(street[a:b]),
            )
        return made

    def _columns(self, query: int) -> Ints:
        """Rows of the placement of one point's answers."""
        found = self.index[query][self.index[query] >= 0]
        return np.asarray(np.searchsorted(self.placement.rows, found), np.int32)

    def _trace(self, query: int, columns: Ints) -> list[Leg]:
        """Search again from one point, and follow the ways."""
        if not len(columns):
            return []
        start = _start(self.snapped, query)
        limit = float(self.distance_m[query, len(columns) - 1])
        answer = _search(self.network, self.placement, start, limit, len(columns))
        return _trace_legs(self.network, self.placement, start, answer, columns)

    def _names(self, street: Ints) -> tuple[str, ...]:
        streets = self.network.streets
        codes = streets.name_code[street]
        codes = codes[codes != 0]
        turns = np.ones(len(codes), bool)
        turns[1:] = codes[1:] != codes[:-1]
        return tuple(streets.names[code] for code in codes[turns].tolist())

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
    if not 1 <= k <= MOST_ANSWERS:
        raise InputError(f"k is {k}, expected 1 to {MOST_ANSWERS}")
    if not within_m > 0:
        raise InputError(f"the limit is {within_m} m, expected more than 0")
    points = np.ascontiguousarray(points_xy_m, dtype=np.float64).reshape(-1, 2)
    snapped = network.snap(points, snap_limit_m, allowed=allowed)
    index = np.full((len(points), k), -1, np.int32)
    distance = np.full((len(points), k), np.inf)
    outcome: list[str] = []
    legs: list[Leg] | None = None
    for q in range(len(points)):
        if snapped.street[q] < 0:
            outcome.append(OUTSIDE)
            continue
        start = _start(snapped, q)
        answer = _search(network, placement, start, within_m, k)
        row, metres = _ordered(answer, within_m, k)
        outcome.append(FOUND if len(row) else NONE_WITHIN if len(answer.row) else UNREACHABLE)
        index[q, : len(row)] = placement.rows[row]
        distance[q, : len(row)] = metres
        if len(points) == 1:
            legs = _trace_legs(network, placement, start, answer, row)
    return Nearest(
        network, placement, frozen(points), stations_xy_m, snapped, frozen(index),
        frozen(distance), frozen(distance / network.mode.speed_mps),
        frozen(_straight(points, stations_xy_m, index)), tuple(outcome), legs,
    )  # fmt: skip


def _start(snapped: Snapped, query: int) -> tuple[int, float, float]:
    """Street, offset and snap of one point."""
    at = snapped
    return int(at.street[query]), float(at.offset_m[query]), float(at.snap_m[query])


def _ordered(answer: _Answer, within_m: float, k: int) -> tuple[Ints, Floats]:
    """The first k answers within the limit, by whole millimetres, then by row."""
    near = answer.metres <= within_m + LIMIT_TOLERANCE_M
    row, metres = answer.row[near], answer.metres[near]
    order = np.lexsort((row, np.round(metres, 3)))[:k]
    return row[order], metres[order]


def _straight(points_xy_m: Floats, stations_xy_m: Floats, index: Ints) -> Floats:
    """Metres as the crow flies; inf where there is no station."""
    if not len(stations_xy_m):
        return np.full(index.shape, np.inf)
    gap = points_xy_m[:, None, :] - stations_xy_m[np.maximum(index, 0)]
    return np.where(index >= 0, np.hypot(gap[..., 0], gap[..., 1]), np.inf)


def _trace_legs(
    network: StreetNetwork,
    placement: Placement,
    start: tuple[int, float, float],
    answer: _Answer,
    rows: Ints,
) -> list[Leg]:
    """Legs (street, from, to) of the ways to `rows`, in walking order, right after the search."""
    from locator.kernels.search import trace_path

    arcs = dict(zip(answer.row.tolist(), answer.arc.tolist(), strict=True))
    legs = []
    for row in rows.tolist():
        room = _LEGS
        while True:
            leg = (np.empty(room, np.int32), np.empty(room), np.empty(room))
            count = trace_path(
                network.out.group, network.group, placement.group, arcs[row], row,
                start[0], start[1], answer.space.via, *leg,
            )  # fmt: skip
            if count >= 0:
                break
            room *= 4
        street, begin, end = (column[:count][::-1] for column in leg)
        walked = begin != end
        walked[0] |= not walked.any()  # a station right here still has a place
        legs.append((street[walked], begin[walked], end[walked]))
    return legs


class _Workspace(threading.local):
    """Node marks and queue of one thread, kept between questions: nothing need be cleared."""

    def __init__(self) -> None:
        self.stamp = 0
        self.seen: Ints = np.zeros(0, np.int32)
        self.cost: Floats = np.empty(0)
        self.via: Longs = np.empty(0, np.int64)
        self.head: Ints = np.empty(0, np.int32)
        self.pool_node: Ints = np.empty(0, np.int32)
        self.pool_cost: Floats = np.empty(0)
        self.pool_next: Ints = np.empty(0, np.int32)

    @property
    def group(self) -> tuple[Ints, Floats, Longs, Ints, Ints, Floats, Ints]:
        """The arrays in the order that kernels take them."""
        pool = (self.pool_node, self.pool_cost, self.pool_next)
        return (self.seen, self.cost, self.via, self.head, *pool)

    def next_stamp(self, nodes: int, buckets: int, pool: int) -> int:
        """Make room for a network of that size and return a mark no node carries."""
        if len(self.seen) < nodes or self.stamp >= np.iinfo(np.int32).max - 1:
            self.seen = np.zeros(nodes, np.int32)
            self.cost, self.via = np.empty(nodes), np.empty(nodes, np.int64)
            self.stamp = 0
        if len(self.head) != buckets:
            self.head = np.empty(buckets, np.int32)
        if len(self.pool_node) < pool:
            self.pool_node, self.pool_next = np.empty(pool, np.int32), np.empty(pool, np.int32)
            self.pool_cost = np.empty(pool)
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
    room, pool = wanted + _SPARE, nodes + 2
    while True:
        stamp = space.next_stamp(nodes, network.buckets, pool)
        metres, row = np.empty(room), np.empty(room, np.int32)
        arc = np.empty(room, np.int64)
        found = search_stations(
            out.group, network.group, placement.group, *start, limit_m, network.bucket_m, wanted,
            stamp, space.group, metres, row, arc,
        )  # fmt: skip
        if found < 0:
            pool *= 2  # many arcs wait at once
        elif found < room or metres[room - 1] > metres[wanted - 1] + NEAR_TIE_M:
            return _Answer(row[:found], metres[:found], arc[:found], space)
        else:
            room *= 4  # more ties than room: a car park full of stations
