"""The best point on a street: between its ends a new station may gain more than at any crossing.

A station at x on a street from u to v of length L is reached from a node n in min(D_u(n) + x,
D_v(n) + L - x). So what it covers of any other street ends at places that move by one metre with
each metre of x, and what it gains along its street is piecewise linear: it bends only where an end
of what it covers meets a node, the end of what counts, the end of what is covered already or the
other end of what it covers there, where the way turns from u to v, or (on its own street) where it
passes such a place itself. All bends are computed, so the best point is exact and nothing is
sampled. What a point of a street covers, its ends cover or the street holds: that bounds a street
from above, and streets whose bound is no better than the best point found need no look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M, Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.siting.candidate_worth import find_worth, measure_gains

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.coverage import Coverage
    from locator.network import StreetNetwork
    from locator.siting.candidate_worth import Worth

WORTHWHILE_M = 1.0
"""How much more than at both ends a point must gain to be worth a candidate of its own."""
_KEPT = 200  # rows of distances kept, one number a crossing
_STEP = 1.25  # lengths of streets are rounded up to powers of it for a bound
_AHEAD, _BACK = 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class EdgePoints:
    """Points between crossings that gain more than the ends of their street.

    Parameters
    ----------
    street, offset_m, gain : (e,)
        The best point of each such street, the largest gain first; in metres, or what they are
        worth.
    looked_at
        How many streets were looked at along their length.
    most
        No point of any street gains more than this, whether looked at or not.
    """

    street: Ints
    offset_m: Floats
    gain: Floats
    looked_at: int
    most: float

    def __len__(self) -> int:
        return len(self.street)


def find_edge_points(
    cover: Coverage, counted: Counted, *, most_streets: int = 300, inside: bool = True
) -> EdgePoints:
    """Find the streets whose best point gains more than both their ends.

    Streets that may hold a better point than the best crossing are looked at, up to
    `most_streets`, the most promising first; `most` says what then is proved of all.

    Parameters
    ----------
    cover
        What is covered now, on a network whose cost is metres.
    counted
        What counts; a station gains what it newly covers of that.
    inside
        Only points in the city's part of a street: a station is built in the city.

    Raises
    ------
    InputError
        The network is timed, or the number is below zero.

    Notes
    -----
    One search within the limit for each crossing, and O(b log b) for a street that is looked at,
    b places where something ends within the limit.
    """
    if cover.network.stretch is not None:
        raise InputError("points on streets: expected a limit in metres, got one in minutes")
    if most_streets < 0:
        raise InputError(f"most_streets: expected zero or more, got {most_streets}")
    return _Search(cover, find_worth(cover, counted), inside=inside).run(most_streets)


class _Search:
    """Streets in the order of their bounds."""

    def __init__(self, cover: Coverage, worth: Worth, *, inside: bool) -> None:
        self.network, self.limit, self.worth = cover.network, cover.within_m, worth
        self.inside = inside
        self.into = _arcs_into(self.network)
        self._known: dict[int, Floats] = {}
        streets = self.network.streets
        self.run_m = streets.length_m
        self.first = np.searchsorted(worth.street, np.arange(len(streets) + 1))
        self.own = worth.before(np.arange(len(streets)), self.run_m) - worth.before(
            np.arange(len(streets)), np.zeros(len(streets))
        )

    def run(self, most_streets: int) -> EdgePoints:
        at_node, streets = self._gain_at_nodes(), self.network.streets
        best = float(at_node[self._buildable_nodes()].max(initial=0.0))
        usable, bound = self._bound_streets(at_node, best)
        order = np.lexsort((usable, -bound))
        found: list[tuple[float, int, float]] = []
        rest = bound[order[most_streets:]]
        for place in order[:most_streets].tolist():
            street = int(usable[place])
            offset, gain = self._best_on(street)
            best = max(best, gain)
            if gain > at_node[streets.ends[street]].max() + WORTHWHILE_M:
                found.append((-gain, street, offset))
        columns = list(zip(*sorted(found), strict=True)) if found else [(), (), ()]
        return EdgePoints(
            frozen(columns[1], np.int32), frozen(columns[2], np.float64),
            frozen([-g for g in columns[0]], np.float64), min(len(order), most_streets),
            max(best, float(rest.max(initial=0.0))),
        )  # fmt: skip

    def _buildable_nodes(self) -> Bools:
        """Crossings at which a station may be built."""
        streets = self.network.streets
        there = np.zeros(len(streets.node_xy_m), bool)
        owner = np.repeat(np.arange(len(streets)), np.diff(streets.span_first))
        usable = self.network.travel[owner] != 0
        if not self.inside:
            there[streets.ends[self.network.travel != 0]] = True
        for end, reached in (
            (0, streets.span_m[:, 0] <= 0.0), (1, streets.span_m[:, 1] >= self.run_m[owner])
        ):  # fmt: skip
            there[streets.ends[owner[reached & usable], end]] = True
        return there

    def _gain_at_nodes(self) -> Floats:
        """What a station on each crossing would gain; zero where the mode has no street."""
        streets = self.network.streets
        gain = np.zeros(len(streets.node_xy_m))
        usable = np.flatnonzero(self.network.travel != 0)
        node, first = np.unique(streets.ends[usable], return_index=True)
        street, at_end = usable[first // 2], first % 2 == 1
        offset = np.where(at_end, self.run_m[street], 0.0)
        gain[node] = measure_gains(self.network, self.worth, self.limit, street, offset)
        return gain

    def _bound_streets(self, at_node: Floats, best: float) -> tuple[Longs, Floats]:
        """Streets that may hold a better point than `best`, and what their points gain at most.

        What is covered from a place of a street open both ways, x from its nearer end, lies within
        the limit and x of that end.
        """
        travel, ends = self.network.travel, self.network.streets.ends
        usable = np.flatnonzero((travel != 0) & (self.run_m > 0))
        bound = at_node[ends[usable]].sum(axis=1) + self.own[usable]
        kept = bound > best + LIMIT_TOLERANCE_M
        usable, bound = usable[kept], bound[kept]
        half = np.where(travel[usable] == _AHEAD | _BACK, self.run_m[usable] / 2, np.inf)
        level = np.ceil(np.log(np.maximum(half, 1.0)) / np.log(_STEP))
        for number in np.unique(level[half <= self.limit / 2]).tolist():
            mine = np.flatnonzero(level == number)
            street = np.repeat(usable[mine], 2)
            offset = np.stack((np.zeros(len(mine)), self.run_m[usable[mine]]), axis=1).ravel()
            farther = self.limit + _STEP**number
            gains = measure_gains(self.network, self.worth, farther, street, offset)
            bound[mine] = np.minimum(bound[mine], gains.reshape(-1, 2).max(axis=1))
        return usable, bound

    def _covered(self, street: Longs, over_start: Floats, over_end: Floats) -> Floats:
        """What two ends reach of each street."""
        run, before = self.run_m[street], self.worth.before
        head, tail = np.clip(over_start, 0.0, run), np.clip(over_end, 0.0, run)
        zero = np.zeros(len(run))
        whole = before(street, run) - before(street, zero)
        apart = before(street, head) - before(street, zero)
        apart = apart + before(street, run) - before(street, run - tail)
        return np.where(head + tail >= run, whole, apart)

    def _best_on(self, street: int) -> tuple[float, float]:
        """The best place between the ends of a street, and its gain; ties to the lower place."""
        line = _Line(self, street)
        place, gain = line.trace()
        fits = self._allowed(street, place)
        if not fits.any():
            return 0.0, 0.0
        gain = np.where(fits, gain, -np.inf)
        best = int(np.flatnonzero(gain >= gain.max() - LIMIT_TOLERANCE_M)[0])
        return float(place[best]), float(gain[best])

    def _allowed(self, street: int, place: Floats) -> Bools:
        if not self.inside:
            return np.ones(len(place), bool)
        streets = self.network.streets
        spans = streets.span_m[streets.span_first[street] : streets.span_first[street + 1]]
        within = (place[:, None] >= spans[:, 0]) & (place[:, None] <= spans[:, 1])
        return np.asarray(within.any(axis=1))

    def distances_of(self, street: int) -> Floats:
        """(2, nodes): the way to the start and to the end of a street."""
        return np.stack([self._row(n) for n in self.network.streets.ends[street].tolist()])

    def _row(self, node: int) -> Floats:
        """The way from every node to this one, inf beyond the limit."""
        from scipy.sparse.csgraph import dijkstra

        if node not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found: Any = dijkstra(self.into, indices=node, limit=self.limit + LIMIT_TOLERANCE_M)
            self._known[node] = np.asarray(found, np.float64)
        return self._known[node]


class _Line:
    """What a station gains along one street."""

    def __init__(self, search: _Search, street: int) -> None:
        self.search, self.street = search, street
        network = search.network
        self.length = float(search.run_m[street])
        cost = search.distances_of(street)
        travel = int(network.travel[street])
        # From the start of the street one walks ahead to the station, from its end back.
        if not travel & _AHEAD:
            cost[0] = np.inf
        if not travel & _BACK:
            cost[1] = np.inf
        self.travel, self.limit = travel, search.limit
        ends = network.streets.ends
        usable = np.flatnonzero(network.travel != 0)
        near = np.isfinite(cost[:, ends[usable]]).any(axis=(0, 2))
        self.near = usable[near & (search.own[usable] > 0) & (usable != street)]
        self.cost = cost

    def trace(self) -> tuple[Floats, Floats]:
        """Every place where the gain bends, the ends among them, and the gain there."""
        row, place = self._bends(self.near)
        order = np.lexsort((place, row))
        row, place = row[order], place[order]
        fresh = np.ones(len(row), bool)
        fresh[1:] = (np.diff(row) != 0) | (np.diff(place) != 0)
        row, place = row[fresh], place[fresh]
        value = self.search._covered(self.near[row], *self._left(self.near[row], place))
        own_place, own_value = self._trace_own()
        row = np.append(row, np.full(len(own_place), len(self.near)))
        return _add_lines(row, np.append(place, own_place), np.append(value, own_value))

    def _left(self, street: Longs, place: Floats) -> tuple[Floats, Floats]:
        """Metres of each street in reach over its two ends, of a station here; below 0 for none."""
        network = self.search.network
        travel, ends = network.travel[street], network.streets.ends[street]
        way = np.minimum(self.cost[0][ends].T + place, self.cost[1][ends].T + self.length - place)
        over_start = np.where(travel & _BACK != 0, self.limit - way[0], -np.inf)
        over_end = np.where(travel & _AHEAD != 0, self.limit - way[1], -np.inf)
        return over_start, over_end

    def _bends(self, near: Longs) -> tuple[Longs, Floats]:
        """Rows of `near` and the places at which what is covered of them bends; with both ends."""
        run, ends = self.search.run_m[near], self.search.network.streets.ends[near]
        rows = np.arange(len(near))
        row, level = self._levels(near)
        found = [(rows, np.zeros(len(near))), (rows, np.full(len(near), self.length))]
        over = self.limit - self.cost[:, ends]  # (by start or end, street, its two ends)
        for end in range(2):
            # An end of what is covered meets a place where something ends.
            from_end = level if end == 0 else run[row] - level
            found.append((row, over[0, row, end] - from_end))
            found.append((row, self.length - (over[1, row, end] - from_end)))
            # The way turns from one end of the street to the other.
            with np.errstate(invalid="ignore"):  # there is no turn where one way is missing
                turn = (self.length + over[0, :, end] - over[1, :, end]) / 2
            found.append((rows, turn))
        # Both ends of what is covered meet.
        found.append((rows, (over[0].sum(axis=1) - run) / 2))
        found.append((rows, self.length - (over[1].sum(axis=1) - run) / 2))
        row, place = (np.concatenate(part) for part in zip(*found, strict=True))
        kept = np.isfinite(place) & (place >= 0) & (place <= self.length)
        return row[kept], place[kept]

    def _levels(self, near: Longs) -> tuple[Longs, Floats]:
        """Places of each street where something to gain begins or ends, its ends among them."""
        first, worth = self.search.first, self.search.worth
        count = first[near + 1] - first[near]
        row = np.repeat(np.arange(len(near)), count)
        at = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[near][row]
        rows = np.arange(len(near))
        place = (worth.low_m[at], worth.high_m[at], np.zeros(len(near)), self.search.run_m[near])
        return np.concatenate((row, row, rows, rows)), np.concatenate(place)

    def _trace_own(self) -> tuple[Floats, Floats]:
        """The same of the street itself, where the station is also reached directly."""
        own, limit, length = np.array([self.street]), self.limit, self.length
        _, place = self._bends(own)
        _, level = self._levels(own)
        over = limit - self.cost[:, self.search.network.streets.ends[self.street]]
        more = np.concatenate((
            level, level + limit, level - limit,
            [(limit + over[0, 0]) / 2, (2 * length - limit - over[1, 1]) / 2,
             over[0, 0] / 2, length - over[1, 1] / 2],
        ))  # fmt: skip
        more = more[np.isfinite(more) & (more >= 0) & (more <= length)]
        place = np.unique(np.concatenate((place, more)))
        return place, self._own_gain(place)

    def _own_gain(self, place: Floats) -> Floats:
        """What a station covers of its own street: directly, and around over either end."""
        street = np.full(len(place), self.street)
        head, tail = (np.clip(part, 0.0, self.length) for part in self._left(street, place))
        low = place - (self.limit if self.travel & _AHEAD else 0.0)
        high = place + (self.limit if self.travel & _BACK else 0.0)
        low, high = np.clip(low, 0.0, self.length), np.clip(high, 0.0, self.length)
        ends = np.full(len(place), self.length)
        back = ends - tail  # from here on the street is reached over its end
        met = back <= high
        first = np.maximum(head, np.where(met, np.minimum(low, back), low))
        parts = (
            (np.zeros(len(place)), head),
            (first, np.where(met, ends, high)),
            (np.where(met, ends, np.maximum(back, head)), ends),
        )
        before = self.search.worth.before
        gains = [np.maximum(before(street, b) - before(street, a), 0.0) for a, b in parts]
        return np.asarray(np.sum(gains, axis=0))


def _add_lines(row: Longs, place: Floats, value: Floats) -> tuple[Floats, Floats]:
    """The sum of functions that are linear between their places; each has the same two ends."""
    order = np.lexsort((place, row))
    row, place, value = row[order], place[order], value[order]
    same = row[1:] == row[:-1]
    run = np.diff(place)
    slope = np.divide(np.diff(value), run, out=np.zeros(len(run)), where=same & (run > 0))
    turn = np.zeros(len(row))
    turn[:-1] += np.where(same, slope, 0.0)
    turn[1:] -= np.where(same, slope, 0.0)
    begins = np.append(True, ~same)
    start, at = float(value[begins].sum()), np.argsort(place, kind="stable")
    place, turn = place[at], np.cumsum(turn[at])
    total = start + np.append(0.0, np.cumsum(turn[:-1] * np.diff(place)))
    kept = np.append(np.diff(place) > 0, True)
    return place[kept], total[kept]


def _arcs_into(network: StreetNetwork) -> Any:
    """The arcs into each node as a sparse matrix, the shorter of two between the same nodes."""
    from scipy.sparse import csr_array

    arcs, nodes = network.into, len(network.streets.node_xy_m)
    owner = np.repeat(np.arange(nodes), np.diff(arcs.first))
    order = np.lexsort((arcs.length_m, arcs.node, owner))
    owner, node, cost = owner[order], arcs.node[order], arcs.length_m[order]
    fresh = np.ones(len(owner), bool)
    fresh[1:] = (np.diff(owner) != 0) | (np.diff(node) != 0)
    return csr_array((cost[fresh], (owner[fresh], node[fresh])), shape=(nodes, nodes))
