"""The nearest stations of points, by the length of the way along streets.

A question is answered by a search that grows from the point; tables for all nodes at once are in
`locator.sweep`. Answers are exact, whatever else is in the registry: a further station never
changes the distance to another one, and the order of stations never matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from locator.arrays import LIMIT_TOLERANCE_M, Bools, Floats, Ints, frozen
from locator.errors import InputError
from locator.pieces import cut_streets
from locator.ways import (
    NEAR_M,
    Answer,
    Way,
    measure_ways,
    needs_ways,
    search_from,
    start_at,
    trace_ways,
    walk_on,
)

if TYPE_CHECKING:
    import geopandas

    from locator.arrival import Arrivals
    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.snapping import Snapped

FOUND, NONE_WITHIN, UNREACHABLE, OUTSIDE = "found", "none_within", "unreachable", "outside"
PERSON_SNAP_LIMIT_M = 250.0
MOST_ANSWERS = 100_000  # a list nobody reads, and memory for it


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
    walked
        How many of the legs, the last ones, are gone on foot after a ride.
    """

    street: Ints
    from_m: Floats
    to_m: Floats
    length_m: float
    xy_m: Floats
    names: tuple[str, ...]
    walked: int = 0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Nearest:
    """The k nearest stations of q points; always (q, k), filled with -1 and inf.

    Parameters
    ----------
    index : (q, k) int32
        Rows of the registry's snapshot, by (distance in whole millimetres, code); -1 none. Where a
        visit is asked for (`locator.open_nearest`): open ones first, then unknown, then closed.
    distance_m, time_s, straight_m : (q, k)
        Along streets, both straight ends included; the time of that way; as the crow flies. On a
        network of time the way is the quickest, else the shortest.
    snap_m : (q,)
        Straight metres from each point to its street; inf where the outcome is `outside`.
    outcome : q of found, none_within, unreachable, outside
        Whether and why there is no answer: none within the limit; no way to any selected
        station; no usable street within the snap limit of a person.
    arrivals : (q, k)
        What is found at the doors on arrival, where that was asked; closed where index is -1.
    ways
        The ways of a single point's answers, where they were followed already.
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
    arrivals: Arrivals | None = None
    ways: tuple[Way, ...] | None = None

    @override
    def __repr__(self) -> str:
        return f"<Nearest: {len(self)} points, {self.outcome.count(FOUND)} found>"

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def snap_m(self) -> Floats:
        """Straight metres from each point to its street."""
        return self.snapped.snap_m

    @property
    def cost(self) -> Floats:
        """(q, k) what the order goes by: metres, or metres at the mode's speed."""
        return self.time_s * self.network.mode.speed_mps if self.network.timed else self.distance_m

    def stations_snap_m(self, query: int = 0) -> Floats:
        """Straight metres from the street to the station itself, of each of one point's answers."""
        return np.asarray(self.placement.snapped.snap_m[self._columns(query)])

    def routes(self, query: int = 0) -> list[Route | None]:
        """The ways from one point to its k stations; None where there is no station.

        A question about one point keeps its ways; of many points, the search is run once more for
        the one asked, so that thousands of answers need not keep theirs.
        """
        made: list[Route | None] = [None] * self.index.shape[1]
        found = self._trace(query, self._columns(query)) if self.ways is None else self.ways
        ways = [walk_on(self.placement, way) for way in found]
        if not ways:
            return made
        legs = [way.legs for way in ways]
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
                ways[column].walked,
            )
        return made

    def _columns(self, query: int) -> Ints:
        """Rows of the placement of one point's answers."""
        found = self.index[query][self.index[query] >= 0]
        return np.asarray(np.searchsorted(self.placement.rows, found), np.int32)

    def _trace(self, query: int, columns: Ints) -> list[Way]:
        """Search again from one point, and follow the ways."""
        if not len(columns):
            return []
        start = start_at(self.network, self.snapped, query)
        count = len(columns)
        limit = float(self.cost[query, :count].max()) + NEAR_M
        # open ones go before nearer ones that are shut: then no number of stations is enough
        wanted = count if self.arrivals is None else len(self.placement)
        answer = search_from(self.network, self.placement, start, limit, wanted)
        return trace_ways(self.network, self.placement, start, answer, columns)

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


def find_nearest(  # noqa: PLR0913  (each is a word of the question)
    network: StreetNetwork,
    placement: Placement,
    points_xy_m: Floats,
    *,
    stations_xy_m: Floats,
    k: int = 1,
    within_m: float = np.inf,
    snap_limit_m: float = PERSON_SNAP_LIMIT_M,
    allowed: Bools | None = None,
    keep_ways: bool = False,
) -> Nearest:
    """The k stations with the shortest way from each point.

    Parameters
    ----------
    points_xy_m : (q, 2) metres, the city's CRS
    stations_xy_m : (all, 2)
        All stations of the snapshot that `placement.rows` counts in.
    within_m
        Farther stations are left out; inclusive, in the network's cost.
    snap_limit_m
        A point farther from any usable street is `outside`.
    allowed : (s,) bool
        Put the points on these streets only, where given.
    keep_ways
        Follow the ways at once; for a single point.

    Returns
    -------
    Nearest
        Ordered by (cost in whole millimetres, station row). O(q * neighbourhood).
    """
    if not 1 <= k <= MOST_ANSWERS:
        raise InputError(f"k is {k}, expected 1 to {MOST_ANSWERS}")
    if not within_m > 0:
        raise InputError(f"the limit is {within_m} m, expected more than 0")
    points = np.ascontiguousarray(points_xy_m, dtype=np.float64).reshape(-1, 2)
    snapped = network.snap(points, snap_limit_m, allowed=allowed)
    index = np.full((len(points), k), -1, np.int32)
    distance = np.full((len(points), k), np.inf)
    time_m = np.full((len(points), k), np.inf)
    outcome: list[str] = []
    from_ways = needs_ways(network, placement)
    ways: list[Way] = []
    for q in range(len(points)):
        if snapped.street[q] < 0:
            outcome.append(OUTSIDE)
            continue
        start = start_at(network, snapped, q)
        answer = search_from(network, placement, start, within_m, k)
        row, cost = _ordered(answer, within_m, k)
        outcome.append(FOUND if len(row) else NONE_WITHIN if len(answer.row) else UNREACHABLE)
        index[q, : len(row)] = placement.rows[row]
        distance[q, : len(row)] = time_m[q, : len(row)] = cost
        if keep_ways:
            ways = trace_ways(network, placement, start, answer, row)
            distance[q, : len(row)] = [way.metres for way in ways]
            time_m[q, : len(row)] = [way.time_m for way in ways]
        elif from_ways:
            told = measure_ways(network, placement, start, answer, row)
            distance[q, : len(row)], time_m[q, : len(row)] = told
    return Nearest(
        network, placement, frozen(points), stations_xy_m, snapped, frozen(index),
        frozen(distance), frozen(time_m / network.mode.speed_mps),
        frozen(_straight(points, stations_xy_m, index)), tuple(outcome),
        ways=tuple(ways) if keep_ways else None,
    )  # fmt: skip


def _ordered(answer: Answer, within_m: float, k: int) -> tuple[Ints, Floats]:
    """The first k answers within the limit, by whole millimetres, then by row."""
    near = answer.cost <= within_m + LIMIT_TOLERANCE_M
    row, cost = answer.row[near], answer.cost[near]
    order = np.lexsort((row, np.round(cost, 3)))[:k]
    return row[order], cost[order]


def _straight(points_xy_m: Floats, stations_xy_m: Floats, index: Ints) -> Floats:
    """Metres as the crow flies; inf where there is no station."""
    if not len(stations_xy_m):
        return np.full(index.shape, np.inf)
    gap = points_xy_m[:, None, :] - stations_xy_m[np.maximum(index, 0)]
    return np.where(index >= 0, np.hypot(gap[..., 0], gap[..., 1]), np.inf)
