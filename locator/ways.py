"""One search from a point, and the ways that it found: their legs, real metres and time.

A search adds up the cost of its network. What people are told are metres and seconds, and these
come from the way itself: on a network of time the metres of the quickest way, on one of lengths the
time of the shortest; by e-bike what is ridden and what is walked.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.lines import STEPS
from locator.arrays import Floats, Ints, Longs

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.snapping import Snapped

Start = tuple[int, float, float]
"""Street, offset and snap of a point, in the network's cost."""
Leg = tuple[Ints, Floats, Floats]
"""Street, from and to of each stretch of a way, in real metres."""

NEAR_M = 1e-3  # answers are told apart by whole millimetres
_LEGS = 512  # room for the legs of one way, at first
_SPARE = 8  # room for near ties beyond the k that were asked


class Workspace(threading.local):
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


_WORKSPACE = Workspace()


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one search found: rows of the placement, cost, last arcs, and the marks."""

    row: Ints
    cost: Floats
    arc: Longs
    space: Workspace


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One way, from the point's street to the station's.

    Parameters
    ----------
    legs
        As they are gone.
    metres
        From the point itself to the station itself, straight ends included.
    time_m
        Its time, as metres at the mode's speed.
    walked
        How many of the legs, the last ones, are gone on foot after a ride.
    stand
        The stand where the vehicle is left; -1 where none is.
    """

    legs: Leg
    metres: float
    time_m: float
    walked: int = 0
    stand: int = -1


def start_at(network: StreetNetwork, snapped: Snapped, query: int) -> Start:
    """Where one point sets out; its straight way to the street is walked."""
    street = int(snapped.street[query])
    offset = network.to_cost(snapped.street[query : query + 1], snapped.offset_m[query : query + 1])
    return street, float(offset[0]), float(snapped.snap_m[query]) * network.snap_cost


def search_from(
    network: StreetNetwork, placement: Placement, start: Start, limit: float, wanted: int
) -> Answer:
    """Search from a point; at least `wanted` stations where there are so many within the limit."""
    from locator.kernels.search import NEAR_TIE_M, search_stations

    out, nodes = network.out, len(network.streets.node_xy_m)
    space = _WORKSPACE
    wanted = max(1, min(wanted, len(placement)))
    room, pool = wanted + _SPARE, nodes + 2
    while True:
        stamp = space.next_stamp(nodes, network.buckets, pool)
        cost, row = np.empty(room), np.empty(room, np.int32)
        arc = np.empty(room, np.int64)
        found = search_stations(
            out.group, network.group, placement.group, *start, limit, network.bucket_m, wanted,
            stamp, space.group, cost, row, arc,
        )  # fmt: skip
        if found < 0:
            pool *= 2  # many arcs wait at once
        elif found < room or cost[room - 1] > cost[wanted - 1] + NEAR_TIE_M:
            return Answer(row[:found], cost[:found], arc[:found], space)
        else:
            room *= 4  # more ties than room: a car park full of stations


def needs_ways(network: StreetNetwork, placement: Placement) -> bool:
    """Whether metres or time of an answer can only be told from its way."""
    return network.cost is not None or network.has_stairs or placement.stands is not None


def measure_ways(
    network: StreetNetwork, placement: Placement, start: Start, answer: Answer, rows: Ints
) -> tuple[Floats, Floats]:
    """Metres and time (as `Way` has them) of the ways to `rows`, right after the search.

    Where only stairs make a way slower than it is long, their metres are added up without
    following each way leg by leg: that takes longer than the search itself.
    """
    if network.cost is not None or placement.stands is not None:
        ways = trace_ways(network, placement, start, answer, rows)
        return np.array([way.metres for way in ways]), np.array([way.time_m for way in ways])
    from locator.kernels.search import measure_marked

    place = {row: i for i, row in enumerate(answer.row.tolist())}
    found = np.array([place[row] for row in rows.tolist()], np.int64)
    cost, climbed = answer.cost[found], np.empty(len(found))
    measure_marked(
        network.out.group, network.group, placement.group, network.streets.flags, STEPS,
        answer.arc[found], answer.row[found], start[0], start[1], answer.space.via, climbed,
    )  # fmt: skip
    return cost, cost + _slower(network) * climbed


def trace_ways(
    network: StreetNetwork, placement: Placement, start: Start, answer: Answer, rows: Ints
) -> list[Way]:
    """The ways to `rows` of the placement, right after the search."""
    place = {row: i for i, row in enumerate(answer.row.tolist())}
    ways = []
    for row in rows.tolist():
        legs = _trace_legs(network, placement, start, answer, place[row])
        ways.append(_measure(network, placement, start, row, legs, float(answer.cost[place[row]])))
    return ways


def walk_on(placement: Placement, way: Way) -> Way:
    """A way with the last stretch on foot, where the ride ends at a stand."""
    stands = placement.stands
    if stands is None:
        return way
    row, node = int(stands.row[way.stand]), int(stands.node[way.stand])
    walk, doors = stands.walk, stands.doors
    streets = walk.streets
    touching = np.concatenate(
        [arcs.street[arcs.first[node] : arcs.first[node + 1]] for arcs in (walk.out, walk.into)]
    )
    street = int(touching.min())
    offset = 0.0 if streets.ends[street, 0] == node else float(streets.length_m[street])
    start = (street, offset, 0.0)
    door = int(placement.rows[row])
    answer = search_from(walk, doors, start, float(stands.walk_m[way.stand]) + NEAR_M, len(doors))
    place = answer.row.tolist().index(door)
    on_foot = _trace_legs(walk, doors, start, answer, place)
    legs = (
        np.concatenate((way.legs[0], on_foot[0])),
        np.concatenate((way.legs[1], on_foot[1])),
        np.concatenate((way.legs[2], on_foot[2])),
    )
    return Way(legs, way.metres, way.time_m, len(on_foot[0]), way.stand)


def _trace_legs(
    network: StreetNetwork, placement: Placement, start: Start, answer: Answer, place: int
) -> Leg:
    """Street, from and to of the way to one answer, as it is gone."""
    from locator.kernels.search import trace_path

    room = _LEGS
    while True:
        leg = (np.empty(room, np.int32), np.empty(room), np.empty(room))
        count = trace_path(
            network.out.group, network.group, placement.group, answer.arc[place],
            answer.row[place], start[0], start[1], answer.space.via, *leg,
        )  # fmt: skip
        if count >= 0:
            break
        room *= 4
    street, begin, end = (column[:count][::-1] for column in leg)
    walked = begin != end
    walked[0] |= not walked.any()  # a station right here still has a place
    street = street[walked]
    return street, network.to_metres(street, begin[walked]), network.to_metres(street, end[walked])


def _measure(
    network: StreetNetwork, placement: Placement, start: Start, row: int, legs: Leg, cost: float
) -> Way:
    """A way with its metres and its time."""
    street, begin, end = legs
    along = np.abs(end - begin)
    snap_m = start[2] / network.snap_cost
    if placement.stands is not None:
        stand = _find_stand(network, placement, row, legs)
        metres = snap_m + float(along.sum()) + float(placement.stands.walk_m[stand])
        return Way(legs, metres, cost, stand=stand)
    if network.timed:
        metres = snap_m + float(along.sum()) + float(placement.snapped.snap_m[row])
        return Way(legs, metres, cost)
    stairs = network.streets.flags[street] & STEPS != 0
    return Way(legs, cost, cost + _slower(network) * float(along[stairs].sum()))


def _slower(network: StreetNetwork) -> float:
    """How much longer than its metres a metre of stairs takes, where the mode has a word on it."""
    return network.mode.stairs - 1.0 if network.mode.stairs else 0.0


def _find_stand(network: StreetNetwork, placement: Placement, row: int, legs: Leg) -> int:
    """The stand at which a ride ends."""
    stands, streets = placement.stands, network.streets
    if stands is None:
        return -1
    street, stop = int(legs[0][-1]), float(legs[2][-1])
    # Both ends of a street without length are one place: the better one is meant.
    ends = [stop <= 0.0, stop >= float(streets.length_m[street])]
    nodes = streets.ends[street][ends].tolist()
    found = [at for at in (stands.find(row, node) for node in nodes) if at >= 0]
    return min(found, key=lambda at: float(stands.cost[at]))
