"""The best point on a street: between its ends a new station may gain more than at any crossing.

What a station gains along a street is known exactly (`street_gain`), so nothing is sampled. What a
point of a street covers, its ends cover or the street holds: that bounds a street from above, and
streets whose bound is no better than the best point found need no look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M, Bools, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.siting.candidate_worth import find_worth, measure_gains
from locator.siting.street_gain import StreetGain

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.coverage import Coverage
    from locator.network import StreetNetwork
    from locator.siting.candidate_worth import Worth

WORTHWHILE_M = 1.0
"""How much more than at both ends a point must gain to be worth a candidate of its own."""
_KEPT = 200  # rows of distances kept, one number a crossing
_STEP = 1.25  # lengths of streets are rounded up to powers of it for a bound
_BOTH_WAYS = 3


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
        self.run_m = self.network.streets.length_m

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
        bound = at_node[ends[usable]].sum(axis=1) + self.worth.own[usable]
        kept = bound > best + LIMIT_TOLERANCE_M
        usable, bound = usable[kept], bound[kept]
        half = np.where(travel[usable] == _BOTH_WAYS, self.run_m[usable] / 2, np.inf)
        level = np.ceil(np.log(np.maximum(half, 1.0)) / np.log(_STEP))
        for number in np.unique(level[half <= self.limit / 2]).tolist():
            mine = np.flatnonzero(level == number)
            street = np.repeat(usable[mine], 2)
            offset = np.stack((np.zeros(len(mine)), self.run_m[usable[mine]]), axis=1).ravel()
            farther = self.limit + _STEP**number
            gains = measure_gains(self.network, self.worth, farther, street, offset)
            bound[mine] = np.minimum(bound[mine], gains.reshape(-1, 2).max(axis=1))
        return usable, bound

    def _best_on(self, street: int) -> tuple[float, float]:
        """The best place between the ends of a street, and its gain; ties to the lower place."""
        cost = np.stack([self._row(n) for n in self.network.streets.ends[street].tolist()])
        place, gain = StreetGain(self.network, self.worth, self.limit, street, cost).trace()
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

    def _row(self, node: int) -> Floats:
        """The way from every node to this one, inf beyond the limit."""
        from scipy.sparse.csgraph import dijkstra

        if node not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found: Any = dijkstra(self.into, indices=node, limit=self.limit + LIMIT_TOLERANCE_M)
            self._known[node] = np.asarray(found, np.float64)
        return self._known[node]


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
